"""Which connections are seen, however they are opened, and what is left of it afterwards."""

import sqlite3
from contextlib import closing

import pytest

from ts_contract.loading import parse_contract
from ts_contract.testing.engines.sqlite import connections
from ts_contract.testing.watching import Watch

CONTRACT = parse_contract({"tables": {"tasks": ["created_at"]}})


def test_without_a_watch_connect_is_the_original():
    original = sqlite3.connect
    assert type(original).__name__ == "builtin_function_or_method"
    with Watch(CONTRACT):
        assert sqlite3.connect is sqlite3.dbapi2.connect is not original
    assert sqlite3.connect is sqlite3.dbapi2.connect is original


class OwnConnection(sqlite3.Connection):
    pass


@pytest.mark.filterwarnings("ignore:Passing more than 1 positional argument:DeprecationWarning")
@pytest.mark.parametrize(
    "opened",
    [
        lambda path: sqlite3.dbapi2.connect(path, timeout=1),
        lambda path: sqlite3.connect(database=str(path), timeout=1),
        lambda path: sqlite3.connect(path, factory=OwnConnection),
        lambda path: sqlite3.connect(path, 5.0, 0, "", True, OwnConnection),
        lambda path: sqlite3.connect(path, factory=lambda *a, **k: sqlite3.Connection(*a)),
    ],
    ids=["dbapi2", "keywords", "factory", "positional factory", "factory function"],
)
def test_a_connection_is_watched_however_it_is_opened(path, watch, opened, columns):
    with closing(opened(path)) as db:
        db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == ["tasks.created_at"]
    assert (watch.watched, watch.opened) == (1, 1)


def test_a_factory_is_respected(path, watch):
    with closing(sqlite3.connect(path, factory=OwnConnection)) as db:
        assert type(db) is OwnConnection
    with closing(sqlite3.connect(path)) as db:
        assert isinstance(db, sqlite3.Connection)


def test_a_connection_made_past_connect_is_counted_as_not_watched(path, watch, columns):
    with closing(sqlite3.Connection(str(path))) as db:
        db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == []
    assert (watch.watched, watch.opened) == (0, 1)


def test_a_connection_that_cannot_be_opened_is_not_counted(tmp_path, watch):
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        sqlite3.connect(tmp_path / "missing" / "store.db")
    assert (watch.watched, watch.opened) == (0, 0)


def test_connections_of_this_package_are_not_counted(path, watch, columns):
    with connections.unobserved(), closing(sqlite3.connect(path)) as db:
        db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == []
    assert (watch.watched, watch.opened) == (0, 0)


def test_a_connection_is_not_kept_alive(path, watch):
    before = connections.live()
    sqlite3.connect(path).close()
    assert connections.live() == before
