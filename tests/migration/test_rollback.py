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


def test_rollback_refuses_another_contract(store):
    with store.unchanged(), pytest.raises(Refused, match="another contract"):
        rollback(store.url, parse_contract({"timezone": "Asia/Kolkata", "tables": {"t": ["c"]}}))


def test_rollback_where_nothing_was_done_does_nothing(build):
    store = build(PLAIN)

    with store.unchanged():
        assert rollback(store.url, CONTRACT).columns == ()
