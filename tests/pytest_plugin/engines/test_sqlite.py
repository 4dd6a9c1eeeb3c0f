"""A SQLite database that becomes a template: built, brought into one file, copied, removed."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from ts_contract.pytest_plugin.engines.sqlite import copy_database, open_unsynced, remove, settle


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def writer(path):
    """A connection of somebody else, which has left its rows in the log."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (id)")
        db.execute("INSERT INTO t VALUES (1)")
        yield db


def rows(path) -> list[tuple[int]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT id FROM t").fetchall()


def test_what_is_built_waits_for_no_disk(path):
    with open_unsynced(path) as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (0,)


def test_a_settled_database_is_whole_in_its_one_file(path, writer, tmp_path):
    writer.close()

    assert settle(path)

    assert [entry.name for entry in tmp_path.iterdir()] == ["store.db"]
    alone = shutil.copyfile(path, tmp_path / "alone.db")
    assert rows(alone) == [(1,)]
    with closing(sqlite3.connect(alone)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_database_that_somebody_has_open_is_not_settled(path, writer):
    assert not settle(path)


def test_a_database_without_a_log_is_settled_already(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (id)")

    assert settle(path)


def test_a_copy_has_what_is_in_the_log_and_leaves_the_original_alone(path, writer, tmp_path):
    before = path.read_bytes()

    copy_database(path, tmp_path / "copy.db")

    assert rows(tmp_path / "copy.db") == [(1,)]
    assert path.read_bytes() == before


def test_removed_with_all_that_stands_beside_it(path, writer, tmp_path):
    assert len(list(tmp_path.iterdir())) == 3

    remove(path)

    assert list(tmp_path.iterdir()) == []
    remove(path)
