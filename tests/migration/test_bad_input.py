"""Whatever is wrong with the input: one line that says what to do, and a file that is unharmed."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

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
from ts_contract.timestamps import now_ms

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


@contextmanager
def unchanged(path: Path):
    before = path.read_bytes(), path.stat().st_mode, sorted(path.parent.iterdir())
    yield
    assert (path.read_bytes(), path.stat().st_mode, sorted(path.parent.iterdir())) == before


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
def test_a_file_that_is_no_database(call, content, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)

    with unchanged(path), pytest.raises((Refused, Failed)) as error:
        call(path, CONTRACT)

    assert str(path) in one_line(error)


def test_an_empty_file_is_an_empty_database(tmp_path):
    path = tmp_path / "empty.db"
    path.touch()

    with unchanged(path), pytest.raises(Refused, match="table t is not in the database"):
        migrate(path, CONTRACT)


@pytest.mark.parametrize("url", ["postgresql://host/db", "mysql://x", "http://x/y.db"])
def test_another_engine(url):
    with pytest.raises(Refused, match="only SQLite"):
        plan(url, CONTRACT)


def test_a_url_is_a_path(store):
    assert migrate(f"sqlite:///{store}", CONTRACT).ok


def test_a_path_with_what_a_url_would_need_quoted(build):
    path = build(STORE, name="my store?mode=ro#1 %41.db", t=ROWS[:3])

    assert migrate(path, CONTRACT).ok
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


# --- a contract that does not fit ----------------------------------------------------------------

MISFITS = {
    "no table": ({"u": ["c"]}, "table u is not in the database; check the path"),
    "no column": ({"t": ["d"]}, "t.d is not in the database; correct the contract"),
    "a view": ({"v": ["c"]}, "v is a view, not a table"),
    "a virtual table": ({"f": ["c"]}, "f is a virtual, not a table"),
    "there already": ({"w": ["c"]}, "w.c_ms is there already, and not by this tool"),
    "the index's name": ({"x": ["c"]}, "the name idx_x_c_ms is taken"),
    "no name for the rowid": ({"y": ["c"]}, "rowid, _rowid_ and oid"),
}


@pytest.mark.parametrize(("tables", "message"), MISFITS.values(), ids=MISFITS)
def test_a_contract_that_does_not_fit_is_refused_before_anything_is_done(build, tables, message):
    path = build(
        STORE
        + """
        CREATE VIEW v AS SELECT c FROM t;
        CREATE VIRTUAL TABLE f USING fts5 (c);
        CREATE TABLE w (c, c_ms);
        CREATE TABLE x (c); CREATE INDEX idx_x_c_ms ON x (c);
        CREATE TABLE y (rowid, _rowid_, oid, c);
        """
    )
    contract = parse_contract({"tables": {"t": ["c"], **tables}})

    with unchanged(path), pytest.raises(Refused) as error:
        migrate(path, contract)

    assert message in one_line(error)
    assert any(message in refusal for refusal in plan(path, contract).refusals)


def test_all_that_does_not_fit_is_said_at_once(store):
    contract = parse_contract({"tables": {"t": ["d"], "u": ["c"], "w": ["c"]}})

    with pytest.raises(Refused) as error:
        migrate(store, contract)

    assert all(name in one_line(error) for name in ("t.d", "table u", "table w"))


def test_an_optional_table_that_is_missing_is_skipped_and_named(store):
    contract = parse_contract({"tables": {"t": ["c"], "u": ["c"]}, "optional-tables": ["u"]})

    assert any("table u is not there" in f.message for f in plan(store, contract).notices)
    report = migrate(store, contract)

    assert (report.ok, report.missing) == (True, ("u",))
    assert status(store, contract).missing == ("u",)


def test_a_missing_version_table_is_refused(store):
    contract = parse_contract({"tables": {"t": ["c"]}, "version": {"table": "v", "value": "1"}})

    with unchanged(store), pytest.raises(Refused, match="table v, which receives the version row"):
        migrate(store, contract)


def test_another_contracts_migration_is_not_gone_on_with(store):
    migrate(store, CONTRACT)
    other = parse_contract({"tables": {"t": {"c": "c_epoch"}}})

    with unchanged(store), pytest.raises(Refused, match="in migration by another contract"):
        migrate(store, other)


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"pause": -1}])
def test_options_that_make_no_sense(store, options):
    with unchanged(store), pytest.raises(Refused, match="correct the options"):
        migrate(store, CONTRACT, **options)


# --- a database that cannot be written -----------------------------------------------------------


@pytest.mark.parametrize("call", WRITING)
@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_writer_that_does_not_end(store, call, begin):
    if call is not migrate:
        migrate(store, CONTRACT)
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute(begin)
        with pytest.raises((Refused, Failed), match="is locked by another connection"):
            call(store, CONTRACT)
        other.execute("ROLLBACK")

    if call is migrate:
        assert [row.phase for row in status(store, CONTRACT).columns] == ["legacy"]
    call(store, CONTRACT)


def test_readers_do_not_wait_for_a_writer_that_has_not_committed(store):
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert [row.phase for row in status(store, CONTRACT).columns] == ["legacy"]


def test_a_wal_database_stays_one_and_is_read_beside_a_writer(store):
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO t VALUES (1000, '2024-01-15', NULL)")

        assert migrate(store, CONTRACT, batch_size=100, pause=0).ok
        other.execute("BEGIN IMMEDIATE")
        assert verify(store, CONTRACT).ok
        other.execute("ROLLBACK")

        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        row = other.execute("SELECT c_ms FROM t WHERE id = 1000").fetchone()
        assert row == (1_705_276_800_000,)


@pytest.mark.parametrize("options", ["mode=ro", "immutable=1"])
@pytest.mark.parametrize("call", WRITING)
def test_a_connection_that_is_read_only(store, call, options):
    with (
        unchanged(store),
        closing(sqlite3.connect(f"file:{store}?{options}", uri=True)) as db,
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
    store.chmod(0o444)

    with unchanged(store), pytest.raises((Refused, Failed), match="cannot be written"):
        migrate(store, CONTRACT)


def test_a_connection_in_a_transaction(store):
    with closing(sqlite3.connect(store)) as db:
        db.execute("INSERT INTO t VALUES (1000, NULL, NULL)")

        with pytest.raises(Refused, match="commit it or roll it back first"):
            migrate(db, CONTRACT)

        assert db.in_transaction


@pytest.mark.parametrize("pages", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("options", [{"batch_size": 50, "pause": 0}, {"offline": True}])
def test_a_disk_that_is_full_loses_nothing_and_the_next_run_goes_on(build, pages, options, look):
    path = build(STORE, t=ROWS)
    columns = {"t": ("id", "c", "note")}
    before = look(path, columns).rows["t"]
    with closing(sqlite3.connect(path)) as db:
        size = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {size + pages}")
        with pytest.raises((Refused, Failed), match="no space is left; free some"):
            migrate(db, CONTRACT, **options)
        assert not db.in_transaction

    assert look(path, columns).rows["t"] == before
    onwards = Path(shutil.copy(path, path.with_name("onwards.db")))
    assert migrate(onwards, CONTRACT, **options).ok
    rollback(path, CONTRACT)
    assert look(path).rows == {"t": look(path).rows["t"]}
    assert look(path, columns).rows["t"] == before


def test_a_page_that_is_damaged(build):
    path = build(STORE, t=[(n, "2024-01-15 12:00:00", "x" * 900) for n in range(200)])
    with closing(sqlite3.connect(path)) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[30 * size : 31 * size] = b"\xa5" * size
    path.write_bytes(content)

    for call in (plan, migrate):
        with pytest.raises(Failed, match="is damaged; restore a backup") as error:
            call(path, CONTRACT)
        one_line(error)


# --- another run ---------------------------------------------------------------------------------


def put_lease(path: Path, pid: int, host: str, age_ms: int) -> None:
    lease = {"token": "theirs", "pid": pid, "host": host, "at": now_ms() - age_ms}
    with closing(sqlite3.connect(path)) as db:
        db.execute(
            "INSERT OR REPLACE INTO _ts_contract_state VALUES ('lease', ?)", (json.dumps(lease),)
        )
        db.execute("DELETE FROM _ts_contract_state WHERE name LIKE 'backfill:%'")
        db.commit()


def dead_pid() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.mark.parametrize("call", WRITING)
def test_a_run_that_is_alive_is_waited_for(store, call):
    migrate(store, CONTRACT)
    import socket

    put_lease(store, os.getppid(), socket.gethostname(), age_ms=0)

    with unchanged(store), pytest.raises(Refused, match="another run is at work") as error:
        call(store, CONTRACT)

    assert f"process {os.getppid()} on" in one_line(error)
    assert str(os.getppid()) in status(store, CONTRACT).running


@pytest.mark.parametrize(
    ("pid", "host", "age_ms"),
    [(None, None, 0), (1, "another host", 60_001)],
    ids=["dead process", "no sign of life"],
)
def test_a_run_that_died_is_taken_over_from(store, pid, host, age_ms):
    import socket

    migrate(store, CONTRACT)
    put_lease(store, pid or dead_pid(), host or socket.gethostname(), age_ms)

    assert migrate(store, CONTRACT).ok
    assert status(store, CONTRACT).running is None


def test_discover_says_what_is_wrong_too(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("hello " * 1_000)

    with unchanged(path), pytest.raises(Refused, match="is not a SQLite database"):
        discover(path)
