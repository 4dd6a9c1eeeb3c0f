"""What a watch has seen: of which databases, beside another watch, and until when."""

import sqlite3
from contextlib import closing

import pytest

from ts_contract.contract import ColumnContract, Contract, TableContract
from ts_contract.loading import parse_contract
from ts_contract.testing.watching import Watch

CONTRACT = parse_contract({"tables": {"tasks": ["created_at"]}})


def test_the_number_of_connections_in_which_it_was_read_is_counted(path, watch):
    def read():
        with closing(sqlite3.connect(path)) as db:
            db.execute("SELECT created_at FROM tasks ORDER BY created_at")

    for _ in range(3):
        read()
    assert list(watch.take().reads.values()) == [3]


def test_a_database_on_the_legacy_schema_is_left_out(path, watch, tmp_path, columns):
    (tmp_path / "link.db").symlink_to(path)
    watch.exempt_paths.add(str(path.resolve()))
    for name in (path, str(path), tmp_path / "link.db"):
        with closing(sqlite3.connect(name)) as db:
            db.execute("SELECT created_at FROM tasks")
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == []
    assert (watch.exempt, watch.watched) == (4, 4)


def test_two_watches_see_the_same(db, watch, columns):
    with Watch(CONTRACT) as second:
        db.execute("SELECT created_at FROM tasks")
        assert columns(second) == ["tasks.created_at"]
    assert columns(watch) == ["tasks.created_at"]


def test_what_no_watch_took_note_of_is_seen_by_the_next_watch(db, watch, columns):
    db.execute("SELECT created_at FROM notes").fetchone()
    other = Contract("notes", (TableContract("notes", (ColumnContract("created_at", "ms"),)),))
    with Watch(other) as second:
        db.execute("SELECT id, created_at FROM notes").fetchone()
        assert columns(second) == ["notes.created_at"]
    assert columns(watch) == []


def test_what_a_watch_took_no_note_of_is_seen_once_it_looks_for_it(path, columns):
    with Watch(Contract("none")) as watch, closing(sqlite3.connect(path)) as db:
        db.execute("SELECT created_at FROM tasks").fetchone()
        assert columns(watch) == []
        watch.look_for(CONTRACT)
        db.execute("SELECT id, created_at FROM tasks").fetchone()
        assert columns(watch) == ["tasks.created_at"]


def test_an_error_of_the_watch_is_raised_by_the_watch_and_not_by_the_statement(db, watch):
    watch._columns = None
    assert db.execute("SELECT created_at FROM tasks").fetchall()
    with pytest.raises(TypeError):
        watch.take()
