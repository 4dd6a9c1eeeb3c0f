"""Whatever is wrong with a file: one line that says what to do, and a file that is unharmed."""

import os
import sqlite3
from contextlib import closing

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import (
    Failed,
    Refused,
    discover,
    finalize,
    migrate,
    plan,
    rollback,
    status,
    verify,
)
from ts_contract.migration.engines.sqlite import connection as sqlite

CONTRACT = parse_contract({"tables": {"t": ["c"]}})
STORE = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note);"
ROWS = [(n, f"2024-01-15 12:00:{n % 60:02}", "x" * 50) for n in range(500)]
WRITING = (migrate, rollback, finalize)
READING = (plan, verify, status)
ALL = [*WRITING, *READING]


@pytest.fixture
def store(build):
    return build(STORE, t=ROWS)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Nobody waits ten seconds for a lock in a test."""
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)


def one_line(error: pytest.ExceptionInfo) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


# --- no database -------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ALL)
def test_a_file_that_is_not_there(call, tmp_path):
    with pytest.raises(Refused) as error:
        call(tmp_path / "none.db", CONTRACT)

    assert one_line(error) == f"{tmp_path / 'none.db'}: No such file or directory; check the path"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", ALL)
def test_a_directory(call, tmp_path):
    with pytest.raises(Refused, match="is not a file"):
        call(tmp_path, CONTRACT)


@pytest.mark.parametrize("call", ALL)
@pytest.mark.parametrize("content", [b"I am a text\n" * 100, b"SQLite format 3\x00" + b"?" * 4080])
def test_a_file_that_is_no_database(call, content, build):
    store = build("", name="notes.txt")
    store.path.write_bytes(content)

    with store.unchanged(), pytest.raises((Refused, Failed)) as error:
        call(store.path, CONTRACT)

    assert str(store.path) in one_line(error)


def test_an_empty_file_is_an_empty_database(build):
    store = build("", name="empty.db")
    assert store.content() == b""

    with store.unchanged(), pytest.raises(Refused, match="table t is not in the database"):
        migrate(store.url, CONTRACT)


@pytest.mark.parametrize("url", ["postgresql://host/db", "mysql://x", "http://x/y.db"])
def test_another_engine(url):
    with pytest.raises(Refused, match="only SQLite"):
        plan(url, CONTRACT)


def test_a_url_is_a_path(store):
    assert migrate(f"sqlite:///{store.path}", CONTRACT).ok


def test_a_path_with_what_a_url_would_need_quoted(build):
    store = build(STORE, name="my store?mode=ro#1 %41.db", t=ROWS[:3])

    assert migrate(store.path, CONTRACT).ok
    assert [entry.name for entry in store.path.parent.iterdir()] == [store.path.name]


def test_a_url_with_what_has_to_be_quoted_in_it(build):
    store = build(STORE, name="my store?mode=ro#1 %41.db", t=ROWS[:3])

    assert migrate(store.url, CONTRACT).ok
    assert [entry.name for entry in store.path.parent.iterdir()] == [store.path.name]


# --- tables of SQLite alone ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "message"),
    [("f", "f is a virtual, not a table"), ("y", "rowid, _rowid_ and oid")],
    ids=["a virtual table", "no name for the rowid"],
)
def test_a_table_that_cannot_be_migrated_is_refused_before_anything_is_done(build, table, message):
    store = build(
        STORE
        + """
        CREATE VIRTUAL TABLE f USING fts5 (c);
        CREATE TABLE y (rowid, _rowid_, oid, c);
        """
    )
    contract = parse_contract({"tables": {"t": ["c"], table: ["c"]}})

    with store.unchanged(), pytest.raises(Refused) as error:
        migrate(store.url, contract)

    assert message in one_line(error)
    assert any(message in refusal for refusal in plan(store.url, contract).refusals)


# --- a database that cannot be written -----------------------------------------------------------


@pytest.mark.parametrize("call", WRITING)
@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_writer_that_does_not_end(store, call, begin):
    if call is not migrate:
        migrate(store.path, CONTRACT)
    with store.opened() as other:
        other.execute(begin)
        with pytest.raises((Refused, Failed), match="is locked by another connection"):
            call(store.path, CONTRACT)
        other.execute("ROLLBACK")

    if call is migrate:
        assert [row.phase for row in status(store.url, CONTRACT).columns] == ["legacy"]
    call(store.path, CONTRACT)


def test_readers_do_not_wait_for_a_writer_that_has_not_committed(store):
    with store.opened() as other:
        other.execute("BEGIN IMMEDIATE")
        assert [row.phase for row in status(store.url, CONTRACT).columns] == ["legacy"]


def test_a_wal_database_stays_one_and_is_read_beside_a_writer(store):
    with store.opened() as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO t VALUES (1000, '2024-01-15', NULL)")

        assert migrate(store.url, CONTRACT, batch_size=100, pause=0).ok
        other.execute("BEGIN IMMEDIATE")
        assert verify(store.url, CONTRACT).ok
        other.execute("ROLLBACK")

        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        row = other.execute("SELECT c_ms FROM t WHERE id = 1000").fetchone()
        assert row == (1_705_276_800_000,)


@pytest.mark.parametrize("options", ["mode=ro", "immutable=1"])
@pytest.mark.parametrize("call", WRITING)
def test_a_connection_that_is_read_only(store, call, options):
    with (
        store.unchanged(),
        closing(sqlite3.connect(f"file:{store.path}?{options}", uri=True)) as db,
    ):
        if call is rollback:
            assert call(db, CONTRACT).columns == ()  # nothing to do is no reason to write
            return
        with pytest.raises((Refused, Failed)) as error:
            call(db, CONTRACT)
    if call is migrate:
        assert "cannot be written; check the rights" in one_line(error)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write all")
def test_a_file_that_may_not_be_written(store):
    store.path.chmod(0o444)

    with store.unchanged(), pytest.raises((Refused, Failed), match="cannot be written"):
        migrate(store.url, CONTRACT)


def test_a_connection_in_a_transaction(store):
    with store.opened(isolation_level="") as db:
        db.execute("INSERT INTO t VALUES (1000, NULL, NULL)")

        with pytest.raises(Refused, match="commit it or roll it back first"):
            migrate(db, CONTRACT)

        assert db.in_transaction


@pytest.mark.parametrize("pages", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("options", [{"batch_size": 50, "pause": 0}, {"offline": True}])
def test_a_disk_that_is_full_loses_nothing_and_the_next_run_goes_on(build, pages, options):
    store = build(STORE, t=ROWS)
    columns = {"t": ("id", "c", "note")}
    before = store.look(columns).rows["t"]
    with store.opened() as db:
        size = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {size + pages}")
        with pytest.raises((Refused, Failed), match="no space is left; free some"):
            migrate(db, CONTRACT, **options)
        assert not db.in_transaction

    assert store.look(columns).rows["t"] == before
    onwards = store.copy("onwards.db")
    assert migrate(onwards.url, CONTRACT, **options).ok
    rollback(store.url, CONTRACT)
    assert store.look().rows == {"t": store.look().rows["t"]}
    assert store.look(columns).rows["t"] == before


def test_a_page_that_is_damaged(build):
    store = build(STORE, t=[(n, "2024-01-15 12:00:00", "x" * 900) for n in range(200)])
    size = store.value("PRAGMA page_size")
    content = bytearray(store.content())
    content[30 * size : 31 * size] = b"\xa5" * size
    store.path.write_bytes(content)

    for call in (plan, migrate):
        with pytest.raises(Failed, match="is damaged; restore a backup") as error:
            call(store.path, CONTRACT)
        one_line(error)


def test_discover_says_what_is_wrong_too(build):
    store = build("", name="notes.txt")
    store.path.write_text("hello " * 1_000)

    with store.unchanged(), pytest.raises(Refused, match="is not a SQLite database"):
        discover(store.url)
