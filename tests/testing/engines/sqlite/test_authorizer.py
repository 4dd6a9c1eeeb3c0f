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
        "CREATE INDEX by_age ON tasks(created_at)",
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
