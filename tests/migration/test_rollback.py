"""rollback takes out what is ours, and nothing that came since."""

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, migrate, rollback

NOON = 1_705_320_000_000
CONTRACT = parse_contract({"tables": {"t": ["c"]}})
PLAIN = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note TEXT);"
ROWS = [(n, f"2024-01-15 12:00:0{n}", f"note {n}") for n in range(6)]


@pytest.fixture
def store(build):
    """A migrated store."""
    store = build(PLAIN, t=ROWS)
    assert migrate(store.url, CONTRACT).ok
    return store


def test_rollback_keeps_what_was_written_meanwhile(store):
    store.run("INSERT INTO t (id, c_ms, note) VALUES (77, ?, 'new')", NOON)
    store.run("CREATE INDEX mine ON t (note)")
    store.run("CREATE TABLE other (x)")

    rollback(store.url, CONTRACT)

    assert store.run("SELECT * FROM t WHERE id = 77") == [(77, "2024-01-15 12:00:00", "new")]
    assert store.names() == {"t", "mine", "other"}


@pytest.mark.parametrize(
    "contract", [None, parse_contract({"timezone": "Asia/Kolkata", "tables": {"t": ["c"]}})]
)
def test_rollback_goes_by_the_contract_on_record(build, contract):
    store = build(PLAIN, t=ROWS)
    before = store.dump()
    assert migrate(store.url, CONTRACT).ok

    rollback(store.url, contract)

    assert store.dump() == before


LOSSES = {
    "no legacy value": ("INSERT INTO t (id, c_ms) VALUES (7, 1705320001000)", 1),
    "another instant": ("UPDATE t SET c_ms = c_ms + 1000 WHERE id < 3", 3),
    "no instant beside it": ("UPDATE t SET c = 'soon' WHERE id < 2", 2),
    "no integer": ("UPDATE t SET c = NULL, c_ms = 'soon' WHERE id = 0", 1),
    "one of each": (
        "UPDATE t SET c = CASE id WHEN 1 THEN NULL WHEN 2 THEN '2024-01-15 12:00:09' ELSE c END",
        2,
    ),
}


@pytest.mark.parametrize(("statement", "rows"), LOSSES.values(), ids=LOSSES)
def test_rollback_refuses_to_lose_an_instant(build, statement, rows):
    store = build(PLAIN, t=ROWS)
    migrate(store.url, CONTRACT, sync=False)
    store.run(statement)
    of = "1 row of t" if rows == 1 else f"{rows} rows of t"

    with store.unchanged(), pytest.raises(Refused, match=f"{of} would lose .*rollback --discard"):
        rollback(store.url)

    assert rollback(store.url, discard=True).columns == ("t.c_ms",)
    assert "c_ms" not in store.value("SELECT sql FROM sqlite_schema WHERE name = 't'")


KEPT = {
    "nothing converted yet": "UPDATE t SET c_ms = NULL",
    "a value without an instant": "UPDATE t SET c = 'soon', c_ms = NULL",
    "digits below the millisecond": "UPDATE t SET c = c || '.123999', c_ms = c_ms + 123",
    "another form": f"UPDATE t SET c = '2024-01-15T13:00:00.000001+01:00', c_ms = {NOON}",
    "both gone": "UPDATE t SET c = NULL, c_ms = NULL",
}


@pytest.mark.parametrize("statement", KEPT.values(), ids=KEPT)
def test_rollback_is_not_held_up_by_what_the_legacy_column_holds(build, statement):
    store = build(PLAIN, t=ROWS)
    migrate(store.url, CONTRACT, sync=False)
    store.run(statement)

    assert rollback(store.url).columns == ("t.c_ms",)


def test_an_instant_written_past_the_triggers_is_not_lost(store):
    store.run_past_triggers("t", "UPDATE t SET c_ms = c_ms + 60000 WHERE id = 1")

    with store.unchanged(), pytest.raises(Refused, match="1 row of t would lose"):
        rollback(store.url)


def test_instants_are_compared_in_the_zone_on_record(build):
    store = build(PLAIN, t=ROWS)
    contract = parse_contract({"timezone": "Asia/Kolkata", "tables": {"t": ["c"]}})
    assert migrate(store.url, contract).ok

    assert rollback(store.url, CONTRACT).columns == ("t.c_ms",)


def test_rollback_where_nothing_was_done_does_nothing(build):
    store = build(PLAIN)

    with store.unchanged():
        assert rollback(store.url, CONTRACT).columns == ()
