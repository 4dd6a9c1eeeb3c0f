"""Which statements read a legacy column: the authorizer, at each prepare."""

import sqlite3
from contextlib import closing

import pytest

from ts_contract.loading import parse_contract
from ts_contract.testing.watching import Watch

CONTRACT = parse_contract({"tables": {"tasks": ["created_at"]}})


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
        "EXPLAIN SELECT created_at FROM tasks",
    ],
)
def test_a_statement_that_reads_a_legacy_column_is_seen(db, watch, sql, columns):
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
def test_a_statement_that_reads_none_is_not(db, watch, sql, columns):
    db.execute(sql)
    assert columns(watch) == []


def test_the_view_through_which_it_is_read_is_told(db, watch):
    db.execute("SELECT born FROM aged")
    assert [read.through for read in watch.take().reads] == ["aged"]


def test_a_trigger_of_the_application_counts_and_our_own_does_not(db, watch, columns):
    db.execute("INSERT INTO tasks(title) VALUES ('x')")
    assert columns(watch) == []
    db.execute(
        "CREATE TRIGGER audit AFTER INSERT ON tasks "
        "BEGIN INSERT INTO log SELECT new.created_at; END"
    )
    db.execute("INSERT INTO tasks(title) VALUES ('y')")
    assert [(read.column, read.through) for read in watch.take().reads] == [("created_at", "audit")]


def test_executemany_and_executescript_are_seen(db, watch, columns):
    db.executemany("UPDATE tasks SET title = ? WHERE created_at > 1", [("a",), ("b",)])
    assert columns(watch) == ["tasks.created_at"]
    db.executescript("SELECT id FROM tasks; SELECT created_at FROM tasks;")
    assert columns(watch) == ["tasks.created_at"]


def test_a_cached_statement_is_seen_again_after_rearming(db, watch, columns):
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


def test_an_attached_database_is_watched(watch, path, columns):
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("ATTACH ? AS other", (str(path),))
        db.execute("SELECT created_at FROM other.tasks")
    assert columns(watch) == ["tasks.created_at"]


def test_the_authorizer_of_the_application_still_decides(db, watch, columns):
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


def test_a_table_in_one_database_may_be_a_view_in_the_next(db, watch, columns):
    with closing(sqlite3.connect(":memory:")) as other:
        other.execute("CREATE TABLE listed(id)")
        other.execute("SELECT id FROM listed").fetchone()
    db.execute("SELECT id FROM listed").fetchone()
    assert columns(watch) == []
    db.execute("SELECT created_at FROM listed").fetchone()
    assert columns(watch) == ["tasks.created_at"]


# --- the application's own authorizer --------------------------------------------------------


def decide(verdict):
    def title(action, table, column, base, source):
        return verdict if column == "title" else sqlite3.SQLITE_OK

    return title


class Plain(sqlite3.Connection):
    pass


class SetsItItself(sqlite3.Connection):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.set_authorizer(decide(sqlite3.SQLITE_DENY))


class SetsItPastItsClass(sqlite3.Connection):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        sqlite3.Connection.set_authorizer(self, decide(sqlite3.SQLITE_DENY))


class Overrides(sqlite3.Connection):
    calls = 0

    def set_authorizer(self, authorizer):
        self.calls += 1

        def wrapped(*args):
            return authorizer(*args)

        super().set_authorizer(wrapped)


class OverridesPastItsClass(sqlite3.Connection):
    def set_authorizer(self, authorizer):
        sqlite3.Connection.set_authorizer(self, authorizer)


def refused(db):
    with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
        db.execute("SELECT title FROM tasks").fetchall()
    return True


@pytest.mark.parametrize("factory", [sqlite3.Connection, Plain, Overrides, OverridesPastItsClass])
def test_the_application_goes_on_to_decide_in_every_test_and_afterwards(path, factory):
    with Watch(CONTRACT) as watch:
        db = sqlite3.connect(path, factory=factory)
        db.set_authorizer(decide(sqlite3.SQLITE_DENY))
        for _ in range(3):
            assert refused(db)
            watch.rearm()
    with closing(db):
        assert refused(db)
        db.set_authorizer(decide(sqlite3.SQLITE_OK))
        assert db.execute("SELECT title FROM tasks").fetchall() == [("a",)]


@pytest.mark.parametrize("factory", [SetsItItself, SetsItPastItsClass])
def test_an_authorizer_that_the_constructor_sets_stays(path, factory):
    with Watch(CONTRACT) as watch:
        db = sqlite3.connect(path, factory=factory)
        for _ in range(3):
            assert refused(db)
            watch.rearm()
    with closing(db):
        assert refused(db)


def test_a_connection_whose_authorizer_was_set_past_its_class_is_told(path, watch):
    with closing(sqlite3.connect(path, factory=SetsItPastItsClass)):
        for _ in range(2):
            assert not watch.take_unarmed()
            watch.rearm()
        assert [site.path for site in watch.take_unarmed()] == [__file__]


def test_a_read_can_be_refused_at_its_line(db, watch, columns):
    watch.refuses = lambda read: read.column == "created_at"
    watch.rearm()
    for sql in ("SELECT * FROM tasks", "SELECT created_at FROM listed", "SELECT born FROM nested"):
        with pytest.raises(sqlite3.DatabaseError, match=r"access to .* is prohibited"):
            db.execute(sql)
        assert set(columns(watch)) == {"tasks.created_at"}
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        db.execute("WITH aging AS (SELECT id, created_at FROM tasks) SELECT id FROM aging")
    for sql in (
        "SELECT id, title FROM listed",
        "SELECT id FROM nested",
        "INSERT INTO tasks(title) VALUES ('x')",
        "CREATE INDEX by_age ON tasks(created_at)",
        "VACUUM",
    ):
        db.commit()
        db.execute(sql)


def test_ignoring_is_a_decision_too(db, watch, columns):
    db.set_authorizer(decide(sqlite3.SQLITE_IGNORE))
    for _ in range(2):
        watch.rearm()
        assert db.execute("SELECT title, created_at FROM tasks").fetchone()[0] is None
        assert columns(watch) == ["tasks.created_at"]


def test_the_application_can_take_its_authorizer_away(db, watch, columns):
    db.set_authorizer(decide(sqlite3.SQLITE_DENY))
    db.set_authorizer(None)
    watch.rearm()
    assert db.execute("SELECT title FROM tasks").fetchall() == [("a",)]
    db.execute("SELECT created_at FROM tasks")
    assert columns(watch) == ["tasks.created_at"]


def test_an_overridden_method_is_called_by_the_application_alone(path, watch):
    with closing(sqlite3.connect(path, factory=Overrides)) as db:
        db.set_authorizer(decide(sqlite3.SQLITE_OK))
        watch.rearm()
        assert db.calls == 1


def test_an_attribute_of_the_applications_is_not_its_authorizer(path, watch):
    class Store(sqlite3.Connection):
        def authorizer(self):
            raise AssertionError("nobody asked for it")

    with closing(sqlite3.connect(path, factory=Store)) as db:
        watch.rearm()
        assert db.execute("SELECT title FROM tasks").fetchall() == [("a",)]


# --- definitions -----------------------------------------------------------------------------

DEFINITIONS = [
    "CREATE INDEX by_age ON tasks(created_at)",
    "CREATE UNIQUE INDEX by_age ON tasks(created_at, id)",
    "CREATE INDEX by_age ON tasks(id) WHERE created_at > 1",
    "CREATE INDEX by_age ON tasks(date(created_at))",
    "EXPLAIN CREATE INDEX by_age ON tasks(created_at)",
    "CREATE TEMP TABLE tasks(id, created_at CHECK (created_at > 1), y UNIQUE)",
    "CREATE TEMP TABLE tasks(created_at PRIMARY KEY, late AS (created_at + 1)) WITHOUT ROWID",
]


@pytest.mark.parametrize("sql", DEFINITIONS)
def test_a_definition_is_not_a_read(db, watch, sql):
    db.execute(sql)
    seen = watch.take()
    assert seen.reads == {}
    assert {(read.table, read.column) for read in seen.definitions} == {("tasks", "created_at")}
    assert {read.site.path for read in seen.definitions} == {__file__}


@pytest.mark.parametrize("index", DEFINITIONS[:4])
@pytest.mark.parametrize("vacuum", ["VACUUM", "VACUUM INTO", "REINDEX", "ANALYZE"])
def test_rebuilding_what_is_defined_is_not_a_read(db, watch, tmp_path, index, vacuum):
    db.execute(index)
    db.execute("ALTER TABLE tasks ADD COLUMN late AS (created_at + 1)")
    watch.take()
    db.execute(f"VACUUM INTO '{tmp_path / 'copy.db'}'" if vacuum == "VACUUM INTO" else vacuum)
    assert watch.take().reads == {}


REFUSED = [
    "CREATE INDEX by_age ON tasks(created_at, missing)",
    "CREATE INDEX by_age ON tasks(created_at + 1, missing + 1)",
    "CREATE INDEX by_age ON tasks(created_at) WHERE random() > created_at",
    "CREATE TABLE tasks(created_at)",
    "CREATE TABLE IF NOT EXISTS tasks(created_at)",
    "CREATE INDEX by_age ON missing(created_at)",
]


def execute(db, sql):
    try:
        db.execute(sql)
    except sqlite3.Error:
        return False
    return True


@pytest.mark.parametrize("definition", REFUSED)
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT created_at FROM tasks",
        "UPDATE tasks SET title = created_at",
        "UPDATE tasks SET title = date(created_at) || (SELECT max(id) FROM notes)",
        "DELETE FROM tasks WHERE created_at > 1",
        "INSERT INTO log SELECT created_at FROM tasks",
        "CREATE TABLE copied AS SELECT created_at FROM tasks",
    ],
)
def test_a_refused_definition_hides_nothing(db, watch, columns, definition, sql):
    for statement in (definition, sql):
        execute(db, statement)
    assert set(columns(watch)) == {"tasks.created_at"}


@pytest.mark.parametrize("definition", REFUSED)
def test_a_refused_definition_is_of_its_own_connection(db, path, watch, columns, definition):
    with closing(sqlite3.connect(path)) as other:
        for connection, sql in ((db, definition), (other, "UPDATE tasks SET title = created_at")):
            execute(connection, sql)
    assert columns(watch) == ["tasks.created_at"]


@pytest.mark.parametrize("definition", REFUSED)
@pytest.mark.parametrize("sql", ["SELECT id FROM tasks", "DELETE FROM tasks WHERE id = 1"])
def test_a_refused_definition_is_not_a_read(db, watch, columns, definition, sql):
    for statement in (definition, sql):
        execute(db, statement)
    db.execute("UPDATE tasks SET title = 'x'")
    assert columns(watch) == []


def test_a_script_of_definitions_and_a_query_reads_once(db, watch):
    db.executescript(
        "CREATE INDEX by_age ON tasks(created_at); SELECT created_at FROM tasks; "
        "CREATE TEMP TABLE tasks AS SELECT created_at FROM main.tasks"
    )
    seen = watch.take()
    assert [(read.column, count) for read, count in seen.reads.items()] == [("created_at", 1)]
    assert len(seen.definitions) == 1
