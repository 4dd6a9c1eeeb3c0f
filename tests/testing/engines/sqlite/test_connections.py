"""Which connections are seen, however they are opened, and what is left of it afterwards."""

import pickle
import sqlite3
import threading
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
        assert isinstance(db, OwnConnection)
        assert (type(db).__name__, type(db).__module__) == ("OwnConnection", __name__)
    with closing(sqlite3.connect(path)) as db:
        assert isinstance(db, sqlite3.Connection)
        assert (type(db).__name__, type(db).__module__) == ("Connection", "sqlite3")
        assert [n for n in dir(db) if n not in dir(sqlite3.Connection) and n[0] != "_"] == []


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


class Slim(sqlite3.Connection):
    __slots__ = ()


class Slotted(sqlite3.Connection):
    __slots__ = ("purpose",)


class Unhashable(sqlite3.Connection):
    __hash__ = None

    def __eq__(self, other):
        return True


class Counting(type):
    classes = 0

    def __init__(cls, name, bases, names):
        super().__init__(name, bases, names)
        Counting.classes += 1

    def __hash__(cls):
        raise TypeError("a class that will not be hashed")


class WithMetaclass(sqlite3.Connection, metaclass=Counting):
    subclasses = 0

    def __init_subclass__(cls, **kwargs):
        raise TypeError("it will have no heirs")


class Prepared(sqlite3.Connection):
    def __init__(self, *args, **kwargs):
        sqlite3.Connection.__init__(self, *args, **kwargs)
        self.authorizer = "the application's own"

    def __setattr__(self, name, value):
        if name not in {"authorizer", "row_factory"}:
            raise AttributeError(name)
        super().__setattr__(name, value)


FACTORIES = [sqlite3.Connection, Slim, Slotted, Unhashable, OwnConnection, Prepared]


@pytest.mark.filterwarnings("ignore:Passing more than 1 positional argument:DeprecationWarning")
@pytest.mark.parametrize("position", ["keyword", "positional"])
@pytest.mark.parametrize("factory", FACTORIES)
def test_a_connection_of_any_class_is_armed_again(path, watch, columns, factory, position):
    if position == "keyword":
        opened = sqlite3.connect(path, factory=factory)
    else:
        opened = sqlite3.connect(path, 5.0, 0, "", True, factory)
    with closing(opened) as db:
        assert isinstance(db, factory)
        for _ in range(3):
            watch.rearm()
            db.execute("SELECT created_at FROM tasks")
            assert columns(watch) == ["tasks.created_at"]
    assert (watch.watched, watch.opened) == (1, 1)
    assert not watch.take_unarmed()


def test_a_class_hears_nothing_of_its_heir(path, watch, columns):
    before = Counting.classes
    with closing(sqlite3.connect(path, factory=WithMetaclass)) as db:
        db.execute("SELECT created_at FROM tasks")
    assert Counting.classes == before
    assert columns(watch) == ["tasks.created_at"]


def test_what_the_constructor_of_a_factory_reads_is_seen(path, watch):
    class Reads(sqlite3.Connection):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.execute("SELECT created_at FROM tasks")

    sqlite3.connect(path, factory=Reads).close()
    [read] = watch.take().reads
    assert read.site.function.endswith("Reads.__init__")


@pytest.mark.parametrize("module", [sqlite3, sqlite3.dbapi2], ids=["sqlite3", "dbapi2"])
@pytest.mark.parametrize("way", ["assigned", "imported", "made", "inherited"])
def test_connect_in_the_body_of_a_class_is_not_bound(path, watch, columns, module, way):
    class Assigned:
        connect = module.connect

    class Imported:
        if module is sqlite3:
            from sqlite3 import connect
        else:
            from sqlite3.dbapi2 import connect

    class Inherited(Assigned):
        pass

    made = type("Made", (), {"connect": module.connect})
    ways = {"assigned": Assigned, "imported": Imported, "made": made, "inherited": Inherited}
    with closing(ways[way]().connect(path)) as db:
        db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == ["tasks.created_at"]


def test_connect_is_pickled_and_described_as_the_original(path, watch):
    assert pickle.loads(pickle.dumps(sqlite3.connect)) is sqlite3.connect
    assert sqlite3.connect.__name__ == "connect"
    assert "database" in sqlite3.connect.__doc__


class Proxy:
    def __init__(self, *args, **kwargs):
        self._wrapped = sqlite3.Connection(*args, **kwargs)

    def __getattr__(self, name):
        return getattr(self._wrapped, name)


class Pretender(Proxy):
    @property
    def __class__(self):
        return sqlite3.Connection


@pytest.mark.parametrize("factory", [Proxy, Pretender])
def test_a_factory_that_returns_something_else_is_counted_as_not_watched(path, watch, factory):
    with closing(sqlite3.connect(path, factory=factory)) as db:
        assert db.execute("SELECT id FROM tasks").fetchall() == [(1,)]
        watch.rearm()
        assert db.execute("SELECT id FROM tasks").fetchall() == [(1,)]
    assert (watch.watched, watch.opened) == (0, 1)
    assert watch.take().reads == {}


def test_a_proxy_around_an_observed_connection_is_watched_once(path, watch, columns):
    def factory(*args, **_):
        return sqlite3.connect(*args)

    with closing(sqlite3.connect(path, factory=factory)) as db:
        db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == ["tasks.created_at"]
    assert (watch.watched, watch.opened) == (1, 1)


def test_a_connection_of_another_thread_is_told_while_both_live(path, watch):
    def work():
        with closing(sqlite3.connect(path)):
            ready.set()
            go.wait(10)

    ready, go = threading.Event(), threading.Event()
    thread = threading.Thread(target=work)
    thread.start()
    ready.wait(10)
    watch.rearm()
    assert not watch.take_unarmed()
    watch.rearm()
    assert [site.function.rpartition(".")[2] for site in watch.take_unarmed()] == ["work"]
    go.set()
    thread.join()
    watch.rearm()
    assert not watch.take_unarmed()


def test_a_plain_connection_of_a_function_is_told(path, watch):
    with closing(sqlite3.connect(path, factory=lambda *args, **_: sqlite3.Connection(*args))):
        assert [site.path for site in watch.take_unarmed()] == [__file__]
