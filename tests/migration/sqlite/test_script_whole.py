"""A script is done as a whole or not at all, and a wrong name in it is an error, not a constant."""

import shutil
import sqlite3
import subprocess
from contextlib import suppress

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import script

STORE = """
CREATE TABLE orders (id INTEGER PRIMARY KEY, placed_at TIMESTAMP);
CREATE TABLE "a`b [c]" (id INTEGER PRIMARY KEY, "select" TIMESTAMP);
"""
ROWS = [(1, "2024-01-15 12:00:00"), (2, "soon")]
RIGHT = {"orders": ["placed_at"]}
WRONG = {"orders": ["place_at"]}
LACKING = {"orders": ["placed_at"], "gone": ["at"]}
HOSTILE = {"a`b [c]": ["select"]}

UNDOABLE = [
    pytest.param("all", WRONG, id="all, a wrong name"),
    pytest.param("expand", WRONG, id="expand, a wrong name"),
    pytest.param("sync", WRONG, id="sync, a wrong name"),
    pytest.param("sync", RIGHT, id="sync before expand"),
    pytest.param("backfill", WRONG, id="backfill, a wrong name"),
    pytest.param("backfill", RIGHT, id="backfill before expand"),
    pytest.param("index", RIGHT, id="index before expand"),
    pytest.param("all", LACKING, id="all, the second table is missing"),
    pytest.param("expand", LACKING, id="expand, the second table is missing"),
]


def in_shell(path, sql):
    """Run a script as the shell does, which goes on behind an error."""
    if shutil.which("sqlite3") is None:
        pytest.skip("there is no sqlite3 shell")
    return subprocess.run(["sqlite3", path], input=sql, capture_output=True, text=True, check=False)


def in_python(path, sql):
    db = sqlite3.connect(path)
    try:
        db.executescript(sql)
    finally:
        db.close()


@pytest.fixture
def store(build):
    store = build(STORE, orders=ROWS)
    store.run_many('INSERT INTO "a`b [c]" VALUES (?, ?)', ROWS)
    return store


def text(phase, tables):
    return script(parse_contract({"tables": tables}), phase)


@pytest.mark.parametrize(("phase", "tables"), UNDOABLE)
class TestWhatCannotBeDone:
    def test_leaves_all_as_it_was_in_the_shell(self, store, phase, tables):
        before = store.look()

        ended = in_shell(store.path, text(phase, tables))

        assert ended.returncode != 0
        assert store.look() == before

    def test_leaves_all_as_it_was_in_python(self, store, phase, tables):
        before = store.look()

        with pytest.raises(sqlite3.OperationalError, match="no such"):
            in_python(store.path, text(phase, tables))

        assert store.look() == before


@pytest.mark.parametrize("tables", [RIGHT, HOSTILE], ids=["plain names", "hostile names"])
@pytest.mark.parametrize("run", [in_shell, in_python])
def test_what_can_be_done_is_done(store, run, tables):
    run(store.path, text("all", tables))

    ((table, (column,)),) = tables.items()
    assert store.rows(table, f"{column}_ms") == [(1705320000000,), (None,)]
    assert store.rows("_ts_contract_quarantine", "row_key", "value") == [('{"id":2}', "soon")]


@pytest.mark.parametrize("run", [in_shell, in_python])
def test_what_stands_for_null_counts_as_done(store, run):
    store.run("INSERT INTO orders VALUES (3, '0001-01-01 00:00:00')")
    tables = {"orders": {"placed_at": {"null-values": ["0001-01-01 00:00:00"]}}}

    run(store.path, text("all", tables))

    assert store.rows("orders", "placed_at_ms") == [(1705320000000,), (None,), (None,)]
    assert store.rows("_ts_contract_quarantine", "row_key", "value") == [('{"id":2}', "soon")]
    assert in_shell(store.path, text("verify", tables)).stdout == ""


class TestVerify:
    @pytest.fixture
    def migrated(self, store):
        in_python(store.path, text("all", RIGHT))
        return store

    def found(self, store, tables=RIGHT):
        ended = in_shell(store.path, text("verify", tables))
        return ended.returncode, ended.stdout.splitlines()

    def test_says_nothing_where_nothing_is_wrong(self, migrated):
        assert self.found(migrated) == (0, [])

    def test_finds_a_value_that_is_neither_converted_nor_listed(self, migrated):
        migrated.run("DELETE FROM _ts_contract_quarantine")
        assert self.found(migrated) == (0, ["orders.placed_at|1"])

    def test_finds_an_index_that_is_missing(self, migrated):
        migrated.run("DROP INDEX idx_orders_placed_at_ms")
        assert self.found(migrated) == (0, ["idx_orders_placed_at_ms|index is missing"])

    def test_finds_a_trigger_that_is_missing(self, migrated):
        in_python(migrated.path, text("sync", RIGHT))
        assert self.found(migrated) == (0, [])
        migrated.run("DROP TRIGGER _ts_contract_orders_insert")
        assert self.found(migrated) == (0, ["_ts_contract_orders_insert|trigger is missing"])

    def test_says_that_a_name_is_wrong(self, migrated):
        code, _ = self.found(migrated, WRONG)
        assert code != 0


@pytest.mark.parametrize("phase", ["expand", "sync", "backfill", "index", "all"])
def test_a_lock_leaves_all_as_it_was_and_is_told(store, phase):
    if phase not in {"expand", "all"}:
        in_python(store.path, text("expand", RIGHT))
    before = store.look()
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        ended = in_shell(store.path, text(phase, RIGHT))
    finally:
        with suppress(sqlite3.Error):
            other.execute("ROLLBACK")
        other.close()
    assert ended.returncode != 0
    assert store.look() == before
