"""The watch matrix: what is a legacy read, through whatever statement, connection and library."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime

import aiosqlite
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from ts_contract.contract import ColumnContract, Contract, TableContract
from ts_contract.testing import assert_no_legacy_reads
from ts_contract.testing.engines.sqlite import connections
from ts_contract.testing.watching import Watch

CONTRACT = Contract(
    "watched", (TableContract("tasks", (ColumnContract("created_at", "created_at_ms"),)),)
)
SCHEMA = """
CREATE TABLE tasks(
    id INTEGER PRIMARY KEY, title TEXT, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    created_at_ms INTEGER
);
CREATE TABLE notes(id INTEGER PRIMARY KEY, created_at TIMESTAMP);
CREATE TABLE log(line TEXT);
CREATE VIEW listed AS SELECT id, title, created_at FROM tasks;
CREATE VIEW aged AS SELECT id, created_at AS born FROM tasks;
CREATE VIEW latest AS SELECT max(created_at) AS last FROM tasks;
CREATE VIEW nested AS SELECT listed.id, born FROM listed JOIN aged ON aged.id = listed.id;
CREATE TRIGGER _ts_contract_tasks_ins AFTER INSERT ON tasks
    WHEN new.created_at IS NOT NULL AND new.created_at_ms IS NULL
    BEGIN UPDATE tasks SET created_at_ms = 1 WHERE id = new.id; END;
INSERT INTO tasks(id, title, created_at) VALUES (1, 'a', '2024-01-15 12:00:00');
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(SCHEMA)
    return path


@pytest.fixture
def watch(path):
    with Watch(CONTRACT) as watch:
        yield watch


@pytest.fixture
def db(path, watch):
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def columns(watch):
    return [f"{read.table}.{read.column}" for read in watch.take().reads]


# --- statements ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT created_at FROM tasks",
        "SELECT * FROM tasks",
        "SELECT id FROM tasks ORDER BY created_at DESC",
        "SELECT id FROM tasks WHERE created_at > '2024'",
        "SELECT count(*) FROM tasks GROUP BY date(created_at)",
        "SELECT max(created_at) FROM tasks",
        "SELECT id FROM tasks WHERE created_at IS NULL",
        'SELECT "CREATED_AT" FROM [Tasks]',
        "SELECT t.created_at FROM notes n JOIN tasks t ON t.id = n.id",
        "SELECT id FROM notes WHERE id IN (SELECT id FROM tasks WHERE created_at > 1)",
        "SELECT id FROM (SELECT id, created_at FROM tasks)",
        "WITH recent AS (SELECT id, created_at FROM tasks) SELECT id FROM recent",
        "WITH listed AS (SELECT id, created_at FROM tasks) SELECT id FROM listed",
        "WITH n AS (SELECT created_at x FROM tasks UNION SELECT x FROM n) SELECT x FROM n",
        "SELECT row_number() OVER (ORDER BY created_at) FROM tasks",
        "SELECT created_at FROM listed",
        "SELECT * FROM listed",
        "SELECT born FROM aged",
        "SELECT born FROM nested",
        "SELECT last FROM latest",
        "INSERT INTO tasks(title) VALUES ('x') RETURNING created_at",
        "INSERT INTO log SELECT created_at FROM tasks",
        "INSERT INTO tasks(id) VALUES (1) ON CONFLICT(id) DO UPDATE SET title = created_at",
        "UPDATE tasks SET title = created_at",
        "UPDATE tasks SET title = 'x' WHERE created_at < '2000'",
        "DELETE FROM tasks WHERE created_at < '2000'",
        "CREATE TABLE copied AS SELECT created_at FROM tasks",
        "CREATE INDEX by_age ON tasks(created_at)",
        "EXPLAIN SELECT created_at FROM tasks",
    ],
)
def test_a_statement_that_reads_a_legacy_column_is_seen(db, watch, sql):
    db.execute(sql)
    assert columns(watch) == ["tasks.created_at"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM tasks",
        "SELECT created_at_ms FROM tasks ORDER BY created_at_ms",
        "SELECT created_at FROM notes",
        "SELECT * FROM notes",
        "SELECT id FROM listed",
        "SELECT id, title FROM listed ORDER BY title",
        "SELECT id FROM nested",
        "INSERT INTO tasks(title, created_at) VALUES ('x', '2024-01-15 12:00:00')",
        "UPDATE tasks SET created_at = '2024-01-15 12:00:00'",
        "DELETE FROM tasks WHERE id = 1",
        "SELECT 'created_at' FROM tasks",
    ],
)
def test_a_statement_that_reads_none_is_not(db, watch, sql):
    db.execute(sql)
    assert columns(watch) == []


def test_the_place_is_the_line_and_function_that_executes_the_statement(db, watch):
    class Store:
        def newest(self):
            return db.execute("SELECT created_at FROM tasks").fetchone()

    Store().newest()
    [read] = watch.take().reads
    code = Store.newest.__code__
    assert read.site.path == __file__
    assert read.site.line == code.co_firstlineno + 1
    assert read.site.function.endswith("<locals>.Store.newest")
    assert (read.epoch, read.through) == ("created_at_ms", "")


def test_the_view_through_which_it_is_read_is_told(db, watch):
    db.execute("SELECT born FROM aged")
    assert [read.through for read in watch.take().reads] == ["aged"]


def test_a_trigger_of_the_application_counts_and_our_own_does_not(db, watch):
    db.execute("INSERT INTO tasks(title) VALUES ('x')")
    assert columns(watch) == []
    db.execute(
        "CREATE TRIGGER audit AFTER INSERT ON tasks "
        "BEGIN INSERT INTO log SELECT new.created_at; END"
    )
    db.execute("INSERT INTO tasks(title) VALUES ('y')")
    assert [(read.column, read.through) for read in watch.take().reads] == [("created_at", "audit")]


def test_executemany_and_executescript_are_seen(db, watch):
    db.executemany("UPDATE tasks SET title = ? WHERE created_at > 1", [("a",), ("b",)])
    assert columns(watch) == ["tasks.created_at"]
    db.executescript("SELECT id FROM tasks; SELECT created_at FROM tasks;")
    assert columns(watch) == ["tasks.created_at"]


def test_a_cached_statement_is_seen_again_after_rearming(db, watch):
    def read():
        db.execute("SELECT created_at FROM tasks").fetchall()

    read()
    assert columns(watch) == ["tasks.created_at"]
    read()
    assert columns(watch) == []
    watch.rearm()
    read()
    assert columns(watch) == ["tasks.created_at"]


def test_rearming_does_not_disturb_a_statement_that_is_running(db, watch):
    db.executemany("INSERT INTO notes(id) VALUES (?)", [(n,) for n in range(500)])
    rows = db.execute("SELECT id FROM notes")
    first = rows.fetchone()
    watch.rearm()
    assert [first, *rows.fetchall()] == [(n,) for n in range(500)]


def test_the_number_of_connections_in_which_it_was_read_is_counted(path, watch):
    def read():
        with closing(sqlite3.connect(path)) as db:
            db.execute("SELECT created_at FROM tasks ORDER BY created_at")

    for _ in range(3):
        read()
    assert list(watch.take().reads.values()) == [3]


def test_an_attached_database_is_watched(watch, path):
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("ATTACH ? AS other", (str(path),))
        db.execute("SELECT created_at FROM other.tasks")
    assert columns(watch) == ["tasks.created_at"]


def test_a_database_on_the_legacy_schema_is_left_out(path, watch, tmp_path):
    (tmp_path / "link.db").symlink_to(path)
    watch.exempt_paths.add(str(path.resolve()))
    for name in (path, str(path), tmp_path / "link.db"):
        with closing(sqlite3.connect(name)) as db:
            db.execute("SELECT created_at FROM tasks")
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == []
    assert (watch.exempt, watch.watched) == (4, 4)


def test_this_package_itself_may_read_legacy_columns(db, watch):
    from ts_contract.testing import assert_ms_matches

    db.execute("UPDATE tasks SET created_at_ms = 1705320000000")
    assert_ms_matches(db, "tasks", contract=CONTRACT)
    assert columns(watch) == []


# --- connections -----------------------------------------------------------------------------


def test_without_a_watch_connect_is_the_original():
    original = sqlite3.connect
    assert type(original).__name__ == "builtin_function_or_method"
    with Watch(CONTRACT):
        assert sqlite3.connect is sqlite3.dbapi2.connect is not original
    assert sqlite3.connect is sqlite3.dbapi2.connect is original


def test_the_adapter_for_datetimes_is_taken_back():
    before = dict(sqlite3.adapters)
    with Watch(CONTRACT):
        assert sqlite3.adapters != before
    assert sqlite3.adapters == before


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
def test_a_connection_is_watched_however_it_is_opened(path, watch, opened):
    with closing(opened(path)) as db:
        db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == ["tasks.created_at"]
    assert (watch.watched, watch.opened) == (1, 1)


def test_a_factory_is_respected(path, watch):
    with closing(sqlite3.connect(path, factory=OwnConnection)) as db:
        assert type(db) is OwnConnection
    with closing(sqlite3.connect(path)) as db:
        assert isinstance(db, sqlite3.Connection)


def test_a_connection_made_past_connect_is_counted_as_not_watched(path, watch):
    with closing(sqlite3.Connection(str(path))) as db:
        db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == []
    assert (watch.watched, watch.opened) == (0, 1)


def test_a_connection_that_cannot_be_opened_is_not_counted(tmp_path, watch):
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        sqlite3.connect(tmp_path / "missing" / "store.db")
    assert (watch.watched, watch.opened) == (0, 0)


def test_connections_of_this_package_are_not_counted(path, watch):
    with connections.unobserved(), closing(sqlite3.connect(path)) as db:
        db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == []
    assert (watch.watched, watch.opened) == (0, 0)


def test_the_authorizer_of_the_application_still_decides(db, watch):
    def deny_notes(action, table, column, base, source):
        denied = action == sqlite3.SQLITE_READ and table == "notes"
        return sqlite3.SQLITE_DENY if denied else sqlite3.SQLITE_OK

    db.set_authorizer(deny_notes)
    with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
        db.execute("SELECT created_at FROM notes")
    db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == ["tasks.created_at"]
    watch.rearm()
    with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
        db.execute("SELECT id FROM notes")


def test_the_authorizer_of_the_application_outlives_the_watch(path):
    with Watch(CONTRACT):
        db = sqlite3.connect(path)
        db.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
    with closing(db), pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        db.execute("SELECT id FROM tasks")


def test_a_connection_is_not_kept_alive(path, watch):
    before = connections.live()
    sqlite3.connect(path).close()
    assert connections.live() == before


def test_another_threads_connection_is_watched_and_rearming_leaves_it_alone(path, watch):
    def work(ready, go):
        with closing(sqlite3.connect(path)) as db:
            db.execute("SELECT created_at FROM tasks")
            ready.set()
            go.wait(10)

    ready, go = threading.Event(), threading.Event()
    thread = threading.Thread(target=work, args=(ready, go))
    thread.start()
    ready.wait(10)
    watch.rearm()
    go.set()
    thread.join()
    [read] = watch.take().reads
    assert read.site.function.endswith("<locals>.work")


def test_work_given_to_a_pool_is_told_at_the_line_that_waits_for_it(path, watch):
    with (
        closing(sqlite3.connect(path, check_same_thread=False)) as db,
        ThreadPoolExecutor() as pool,
    ):
        pool.submit(db.execute, "SELECT created_at FROM tasks").result()
    [read] = watch.take().reads
    assert read.site.path == __file__
    assert (
        read.site.function
        == test_work_given_to_a_pool_is_told_at_the_line_that_waits_for_it.__name__
    )


def test_two_watches_see_the_same(db, watch):
    with Watch(CONTRACT) as second:
        db.execute("SELECT created_at FROM tasks")
        assert columns(second) == ["tasks.created_at"]
    assert columns(watch) == ["tasks.created_at"]


def test_what_no_watch_took_note_of_is_seen_by_the_next_watch(db, watch):
    db.execute("SELECT created_at FROM notes").fetchone()
    other = Contract("notes", (TableContract("notes", (ColumnContract("created_at", "ms"),)),))
    with Watch(other) as second:
        db.execute("SELECT id, created_at FROM notes").fetchone()
        assert columns(second) == ["notes.created_at"]
    assert columns(watch) == []


def test_what_a_watch_took_no_note_of_is_seen_once_it_looks_for_it(path):
    with Watch(Contract("none")) as watch, closing(sqlite3.connect(path)) as db:
        db.execute("SELECT created_at FROM tasks").fetchone()
        assert columns(watch) == []
        watch.look_for(CONTRACT)
        db.execute("SELECT id, created_at FROM tasks").fetchone()
        assert columns(watch) == ["tasks.created_at"]


def test_a_table_in_one_database_may_be_a_view_in_the_next(db, watch):
    with closing(sqlite3.connect(":memory:")) as other:
        other.execute("CREATE TABLE listed(id)")
        other.execute("SELECT id FROM listed").fetchone()
    db.execute("SELECT id FROM listed").fetchone()
    assert columns(watch) == []
    db.execute("SELECT created_at FROM listed").fetchone()
    assert columns(watch) == ["tasks.created_at"]


def test_an_error_of_the_watch_is_raised_by_the_watch_and_not_by_the_statement(db, watch):
    watch._columns = None
    assert db.execute("SELECT created_at FROM tasks").fetchall()
    with pytest.raises(TypeError):
        watch.take()


# --- libraries -------------------------------------------------------------------------------


def test_sqlalchemy_is_told_at_the_line_of_its_caller(path, watch):
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")

    def newest():
        with engine.connect() as connection:
            return connection.execute(sqlalchemy.text("SELECT created_at FROM tasks")).all()

    newest()
    engine.dispose()
    [read] = watch.take().reads
    assert read.site.path == __file__
    assert read.site.line == newest.__code__.co_firstlineno + 2
    assert watch.watched == watch.opened > 0


DJANGO = """
import sys
import django
from django.conf import settings
from ts_contract.loading import parse_contract
from ts_contract.testing.watching import Watch

database = {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}
settings.configure(DATABASES={"default": database})
django.setup()
from django.db import models

class Task(models.Model):
    created_at = models.DateTimeField(null=True)
    class Meta:
        app_label, db_table = "app", "tasks"

with Watch(parse_contract({"tables": {"tasks": ["created_at"]}})) as watch:
    Task.objects.order_by("created_at").values("id").first()
    [read] = watch.take().reads
print(read.site.path, read.site.line, read.column)
"""


def test_django_is_told_at_the_line_of_its_caller(path, tmp_path):
    script = tmp_path / "app.py"
    script.write_text(DJANGO)
    command = [sys.executable, script, path]
    output = subprocess.check_output(command, text=True, stderr=subprocess.STDOUT)
    line = 1 + DJANGO.splitlines().index(
        '    Task.objects.order_by("created_at").values("id").first()'
    )
    assert output.split() == [str(script), str(line), "created_at"]


def test_aiosqlite_is_told_at_the_line_that_awaits_it(path, watch):
    async def newest():
        async with aiosqlite.connect(path) as db:
            cursor = await db.execute("SELECT created_at FROM tasks")
            return await cursor.fetchall()

    asyncio.run(newest())
    [read] = watch.take().reads
    assert read.site.path == __file__
    assert read.site.line == newest.__code__.co_firstlineno + 2
    assert read.site.function.endswith("<locals>.newest")


def test_sqlalchemy_over_aiosqlite_is_told_at_the_line_that_awaits_it(path, watch):
    async def newest():
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        async with engine.connect() as connection:
            await connection.execute(sqlalchemy.text("SELECT created_at FROM tasks"))
        await engine.dispose()

    asyncio.run(newest())
    [read] = watch.take().reads
    assert read.site.path == __file__
    assert read.site.line == newest.__code__.co_firstlineno + 3


# --- naive datetimes -------------------------------------------------------------------------

NOON = datetime(2024, 1, 15, 12)
pytestmark = pytest.mark.filterwarnings("ignore:The default datetime adapter:DeprecationWarning")


def test_a_naive_datetime_bound_as_a_parameter_is_told_at_its_line(db, watch):
    def save():
        db.execute("INSERT INTO notes(created_at) VALUES (?)", (NOON,))

    save()
    [(site, count)] = watch.take().naive.items()
    assert (site.path, site.line) == (__file__, save.__code__.co_firstlineno + 1)
    assert count == 1
    assert db.execute("SELECT created_at FROM notes").fetchone() == ("2024-01-15 12:00:00",)


def test_an_aware_datetime_is_not(db, watch):
    db.execute("INSERT INTO notes(created_at) VALUES (?)", (NOON.replace(tzinfo=UTC),))
    assert not watch.take().naive
    stored = db.execute("SELECT created_at FROM notes").fetchone()
    assert stored == ("2024-01-15 12:00:00+00:00",)


def test_an_adapter_of_the_application_goes_on_to_adapt(path):
    before = sqlite3.adapters.get((datetime, sqlite3.PrepareProtocol))
    sqlite3.register_adapter(datetime, lambda value: f"at {value.year}")
    try:
        with Watch(CONTRACT) as watch, closing(sqlite3.connect(path)) as db:
            assert db.execute("SELECT ?", (NOON,)).fetchone() == ("at 2024",)
            assert watch.take().naive
    finally:
        sqlite3.register_adapter(datetime, before)


def test_a_warning_of_the_adapter_names_the_callers_line(path):
    def warn(value):
        warnings.warn("deprecated", DeprecationWarning, stacklevel=2)
        return value.isoformat()

    before = sqlite3.adapters.get((datetime, sqlite3.PrepareProtocol))
    sqlite3.register_adapter(datetime, warn)
    try:
        with (
            Watch(CONTRACT),
            closing(sqlite3.connect(path)) as db,
            pytest.warns(DeprecationWarning, match="deprecated") as caught,
        ):
            db.execute("SELECT ?", (NOON,))
    finally:
        sqlite3.register_adapter(datetime, before)
    assert [warning.filename for warning in caught] == [__file__]


# --- assert_no_legacy_reads ------------------------------------------------------------------


def test_the_assertion_names_each_place(path):
    with (
        pytest.raises(AssertionError) as failure,
        assert_no_legacy_reads(contract=CONTRACT),
        closing(sqlite3.connect(path)) as db,
    ):
        db.execute("SELECT created_at FROM tasks")
    assert str(failure.value).startswith(f"tasks.created_at is read at {__file__}:")
    assert str(failure.value).endswith("; read created_at_ms")


def test_the_assertion_passes_where_nothing_legacy_is_read(path):
    with assert_no_legacy_reads(contract=CONTRACT), closing(sqlite3.connect(path)) as db:
        db.execute("SELECT created_at_ms FROM tasks")


def test_the_assertion_watches_a_connection_that_was_open_before(path):
    with closing(sqlite3.connect(path)) as db:
        with (
            pytest.raises(AssertionError, match=r"tasks\.created_at is read"),
            assert_no_legacy_reads(db, contract=CONTRACT),
        ):
            db.execute("SELECT created_at FROM tasks")
        db.execute("SELECT created_at FROM tasks")


def test_an_error_of_the_block_is_not_hidden_by_the_assertion(path):
    with pytest.raises(RuntimeError, match="mine"), assert_no_legacy_reads(contract=CONTRACT):
        raise RuntimeError("mine")
