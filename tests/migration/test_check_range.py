"""migrate --check-range: the database itself refuses what is no epoch millisecond."""

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import migrate, rollback, status, verify

NOON = 1_705_320_000_000
CONTRACT = parse_contract({"tables": {"t": ["c"]}, "valid-range": ["2020-01-01", "2030-01-01"]})
STORE = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP);"


@pytest.fixture(params=[True, False], ids=["sync", "no sync"])
def store(request, build):
    store = build(STORE, t=[(1, "2024-01-15 12:00:00")])
    assert migrate(store.url, CONTRACT, check_range=True, sync=request.param).ok
    return store


@pytest.mark.parametrize(
    "value",
    [
        NOON // 1_000,
        NOON * 1_000,
        NOON + 0.5,
        "2024-01-15 12:00:00",
        b"\x00",
        1_577_836_800_000 - 1,
        1_893_456_000_000 + 1,
    ],
)
def test_it_refuses_what_is_no_millisecond_of_the_range(store, value):
    with pytest.raises(store.refusal, match="CHECK"):
        store.run("INSERT INTO t (c_ms) VALUES (?)", value)
    with pytest.raises(store.refusal, match="CHECK"):
        store.run("UPDATE t SET c_ms = ?", value)


@pytest.mark.parametrize("value", [None, NOON, 1_577_836_800_000, 1_893_456_000_000])
def test_it_lets_the_range_in(store, value):
    store.run("INSERT INTO t (id, c_ms) VALUES (2, ?)", value)

    assert store.value("SELECT c_ms FROM t WHERE id = 2") == value


@pytest.mark.parametrize("options", [{"offline": True}, {"batch_size": 1, "pause": 0}])
def test_what_is_out_of_range_goes_to_the_quarantine_with_a_reason(build, options):
    texts = ["1970-01-20 17:42:00", "2019-12-31 23:59:59.999", "2020-01-01 00:00:00"]
    texts += ["2030-01-01 00:00:00", "2030-01-01 00:00:00.001", "2029-12-31T23:59:59.999999Z"]
    store = build(STORE, t=list(enumerate(texts)))

    report = migrate(store.url, CONTRACT, check_range=True, **options)

    assert (report.correct, report.quarantined) == (True, 3)
    listed = {row.value: row.reason for row in status(store.url, CONTRACT).quarantine}
    assert listed.keys() == {texts[0], texts[1], texts[4]}
    assert set(listed.values()) == {"outside valid-range, which a CHECK enforces"}


def test_an_old_writer_out_of_range_is_not_refused_but_listed(build):
    """The sync trigger must not break old code that the CHECK knows nothing of."""
    store = build(STORE)
    migrate(store.url, CONTRACT, check_range=True)
    store.run("INSERT INTO t (c) VALUES ('1999-01-01 00:00:00')")
    store.run("INSERT INTO t (c) VALUES ('2024-01-15 12:00:00')")
    store.run("UPDATE t SET c = '2099-01-01' WHERE id = 2")
    assert store.rows("t", "c_ms") == [(None,), (None,)]

    report = verify(store.url, CONTRACT)

    assert (report.correct, report.quarantined) == (True, 2)


def test_what_was_begun_with_a_check_is_ended_with_it(build):
    store = build(STORE, t=[(1, "1999-01-01 00:00:00")])
    migrate(store.url, CONTRACT, check_range=True)

    report = migrate(store.url, CONTRACT)

    assert (report.correct, report.quarantined) == (True, 1)


def test_rollback_takes_the_check_out(store):
    rollback(store.url, CONTRACT)

    assert store.look().schema == (("table", "t", "t", STORE.rstrip(";")),)
