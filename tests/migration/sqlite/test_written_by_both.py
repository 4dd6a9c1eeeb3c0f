"""The application's triggers write the same row as the sync triggers, before or after them."""

import sqlite3
from contextlib import closing

import pytest

from ts_contract import to_epoch_ms
from ts_contract.loading import parse_contract
from ts_contract.migration import migrate

CONTRACT = parse_contract({"tables": {"t": ["c", "u"]}})
TOUCH = (
    "CREATE TRIGGER touch AFTER UPDATE ON t WHEN new.title IS NOT NULL BEGIN"
    " UPDATE t SET u = '2024-05-05 05:05:05' WHERE id = new.id; END"
)
TOUCHED = to_epoch_ms("2024-05-05 05:05:05")
WRITES = {
    "legacy": "UPDATE t SET c = '2024-01-16 12:00:00', u = '2024-01-17 12:00:00'",
    "epoch": "UPDATE t SET c_ms = 1705320000123, u_ms = 1704412800001",
    "both": "UPDATE t SET c = '2024-01-16 12:00:00', c_ms = 1705320000123, u_ms = 1704412800001",
    "one of each": "UPDATE t SET c = '2024-01-16 12:00:00', u_ms = 1704412800001",
    "neither": "UPDATE t SET title = 'other'",
    "upsert": "INSERT INTO t (id, u_ms) VALUES (1, 1704412800001)"
    " ON CONFLICT DO UPDATE SET u_ms = excluded.u_ms, c = '2024-01-16 12:00:00'",
}


@pytest.mark.parametrize("is_older", [True, False], ids=["older trigger", "newer trigger"])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_both_columns_agree_with_what_the_application_wrote_last(write, is_older):
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT, c TIMESTAMP, u TIMESTAMP)")
        db.execute("INSERT INTO t VALUES (1, 'x', '2024-01-15 12:00:00.5', NULL)")
        if is_older:
            db.execute(TOUCH)
        migrate(db, CONTRACT)
        if not is_older:
            db.execute(TOUCH)
        db.execute(write)
        c, c_ms, u, u_ms = db.execute("SELECT c, c_ms, u, u_ms FROM t").fetchone()
    assert (u, u_ms) == ("2024-05-05 05:05:05", TOUCHED)
    assert to_epoch_ms(c) == c_ms


@pytest.mark.parametrize("policy", ["ABORT", "IGNORE", "REPLACE"])
def test_the_conflict_clause_of_an_insert_changes_nothing(policy):
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT, c TIMESTAMP, u TIMESTAMP)")
        db.execute(TOUCH)
        migrate(db, CONTRACT)
        db.execute(
            f"INSERT OR {policy} INTO t (id, title, c_ms, u_ms, u)"
            " VALUES (1, 'x', 1705320000123, 1704412800001, '')"
        )
        c, c_ms, u, u_ms = db.execute("SELECT c, c_ms, u, u_ms FROM t").fetchone()
    assert (to_epoch_ms(c), to_epoch_ms(u)) == (c_ms, u_ms)
    assert c_ms == 1705320000123


def test_what_a_newer_trigger_wrote_into_the_same_column_stays():
    """SQLite fires the newer trigger first, so the sync trigger sees a row of another's making."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, title TEXT, c TIMESTAMP, u TIMESTAMP)")
        db.execute("INSERT INTO t VALUES (1, 'x', '2024-01-15 12:00:00.5', NULL)")
        migrate(db, CONTRACT)
        db.execute(
            "CREATE TRIGGER stamp AFTER UPDATE OF title ON t BEGIN"
            " UPDATE t SET c_ms = 1704412800001 WHERE id = new.id; END"
        )
        db.execute("UPDATE t SET title = 'y', c_ms = 1705320000123")
        assert db.execute("SELECT c, c_ms FROM t").fetchone() == (
            "2024-01-05 00:00:00.001",
            1704412800001,
        )
