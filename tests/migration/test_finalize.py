"""finalize refuses what is not migrated as it should be, and leaves nothing to do."""

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, finalize, migrate, plan, rollback, verify

CONTRACT = parse_contract({"tables": {"t": ["c"]}})
PLAIN = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note TEXT);"
ROWS = [(n, f"2024-01-15 12:00:0{n}", f"note {n}") for n in range(6)]


@pytest.fixture
def store(build):
    """A migrated store."""
    store = build(PLAIN, t=ROWS)
    assert migrate(store.url, CONTRACT).ok
    return store


def test_not_before_it_was_migrated(build):
    store = build(PLAIN)

    with (
        store.unchanged(),
        pytest.raises(Refused, match=r"t\.c is not migrated; run `ts-contract migrate` first"),
    ):
        finalize(store.url, CONTRACT)


def test_not_with_values_in_the_quarantine(build):
    store = build(PLAIN, t=[(1, "soon", "x")])
    migrate(store.url, CONTRACT)

    with store.unchanged(), pytest.raises(Refused, match="1 value"):
        finalize(store.url, CONTRACT)


def test_not_with_a_difference(store):
    store.run_past_triggers("t", "UPDATE t SET c_ms = 5 WHERE id = 3")

    with store.unchanged(), pytest.raises(Refused):
        finalize(store.url, CONTRACT)


def test_not_by_another_contract(store):
    with pytest.raises(Refused, match="was not migrated by this contract"):
        finalize(store.url, parse_contract({"timezone": "Asia/Kolkata", "tables": {"t": ["c"]}}))


def test_a_finalized_store_is_left_alone_by_everything_else(store):
    finalize(store.url, CONTRACT)
    before = store.content()

    assert plan(store.url, CONTRACT).steps == ()
    assert verify(store.url, CONTRACT).ok
    assert migrate(store.url, CONTRACT).ok
    with pytest.raises(Refused, match="was dropped by finalize"):
        rollback(store.url, CONTRACT)

    assert store.content() == before
