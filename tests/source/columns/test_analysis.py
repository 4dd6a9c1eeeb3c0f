"""Columns go to their tables as SQLite itself gives them: its authorizer is the judge."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts_contract import Contract
from ts_contract.lint.engine import check
from ts_contract.lint.rules import all_rules
from ts_contract.loading import parse_contract
from ts_contract.source.columns.analysis import find_references, find_stars, find_unsure
from ts_contract.source.file import File, Schema
from ts_contract.source.python.source import Source
from ts_contract.source.sql.schema import schema_of_sql

SCHEMA = """
CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, created_at TEXT, updated_at TEXT);
CREATE TABLE runs (id INTEGER PRIMARY KEY, task INTEGER, started_at TEXT, title TEXT);
CREATE TABLE other (id INTEGER PRIMARY KEY, task INTEGER, created_at TEXT, note TEXT);
"""
CONTRACT = parse_contract(
    {"tables": {"tasks": ["created_at", "updated_at"], "runs": ["started_at"]}}
)
LEGACY = {("tasks", "created_at"), ("tasks", "updated_at"), ("runs", "started_at")}


@pytest.fixture(scope="module")
def database():
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    yield connection
    connection.close()


def judged(database: sqlite3.Connection, sql: str) -> set[tuple[str, str]]:
    """Return the legacy columns that SQLite says a statement reads or updates."""
    seen = set()

    def note(action, table, column, *_):
        if action in {sqlite3.SQLITE_READ, sqlite3.SQLITE_UPDATE}:
            seen.add((table, column))
        return sqlite3.SQLITE_OK

    database.set_authorizer(note)
    try:
        database.execute("EXPLAIN " + sql, (None,) * sql.count("?")).close()
    finally:
        database.set_authorizer(None)
    return seen & LEGACY


def resolved(sql: str, schema: Schema | None) -> set[tuple[str, str]]:
    file = File(Source(f"db.execute({sql!r})"), CONTRACT, schema)
    named = {
        (r.table.name, r.column.legacy)
        for r in file.part(find_references)
        if r.role not in {"insert", "using", "excluded"}
    }
    return named | {
        (star.table.name, column.legacy)
        for star in file.part(find_stars)
        for column in star.table.columns
    }


STATEMENTS = [
    "SELECT created_at FROM tasks",
    "SELECT t.created_at, o.created_at FROM tasks t JOIN other o ON o.task = t.id",
    "SELECT updated_at FROM other JOIN tasks ON other.task = tasks.id",
    "SELECT created_at FROM other WHERE task IN (SELECT id FROM tasks)",
    "SELECT id FROM other o WHERE EXISTS (SELECT 1 FROM tasks WHERE created_at > o.created_at)",
    "SELECT (SELECT max(updated_at) FROM tasks WHERE id = r.task), started_at FROM runs r",
    "SELECT (SELECT updated_at) FROM tasks",
    "WITH tasks AS (SELECT id, created_at FROM other) SELECT created_at FROM tasks",
    "WITH c(at) AS (SELECT created_at FROM tasks) SELECT at FROM c",
    "WITH RECURSIVE n(i, at) AS (SELECT 1, created_at FROM tasks UNION ALL SELECT i + 1, at FROM n"
    " WHERE i < 9) SELECT at FROM n",
    "SELECT id AS created_at FROM tasks ORDER BY created_at",
    "SELECT id AS created_at FROM tasks ORDER BY lower(created_at)",
    "SELECT id AS created_at FROM tasks WHERE created_at > 1",
    "SELECT title AS x FROM tasks GROUP BY x HAVING max(created_at) > 1",
    "SELECT id FROM runs UNION SELECT id FROM tasks WHERE created_at > 1 ORDER BY id",
    "SELECT created_at FROM tasks UNION SELECT started_at FROM runs ORDER BY created_at",
    "SELECT row_number() OVER (PARTITION BY title ORDER BY created_at) FROM tasks",
    "SELECT count(*) OVER w FROM tasks WINDOW w AS (ORDER BY updated_at)",
    "SELECT x.created_at FROM (SELECT * FROM tasks) x",
    "SELECT x.created_at FROM (SELECT created_at FROM tasks) x",
    "SELECT a.created_at FROM (tasks a JOIN runs b ON b.task = a.id)",
    "SELECT j.value FROM tasks, json_each(tasks.created_at) j",
    'SELECT "created_at", [updated_at], `title` FROM main.tasks',
    "UPDATE tasks SET title = created_at",
    "UPDATE tasks SET updated_at = ? WHERE created_at < ?",
    "UPDATE tasks SET title = o.note FROM other o WHERE o.task = tasks.id AND o.created_at > 1",
    "UPDATE other SET created_at = (SELECT updated_at FROM tasks WHERE id = other.task)",
    "DELETE FROM tasks WHERE created_at < (SELECT min(started_at) FROM runs)",
    "DELETE FROM other WHERE created_at < 1",
    "INSERT INTO other (created_at) SELECT created_at FROM tasks",
    "INSERT INTO tasks (id, created_at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE"
    " SET updated_at = excluded.created_at WHERE tasks.updated_at IS NULL",
    "INSERT INTO tasks (id) VALUES (1) RETURNING created_at",
    "REPLACE INTO tasks (title) SELECT created_at FROM other",
    "UPDATE OR IGNORE tasks SET updated_at = 1",
    "SELECT CASE WHEN created_at IS NULL THEN updated_at ELSE 1 END FROM tasks",
    "SELECT tasks.id FROM tasks LEFT JOIN runs ON runs.started_at = tasks.created_at",
    "SELECT old.created_at FROM tasks old JOIN other new ON new.task = old.id",
]


@pytest.mark.parametrize("sql", STATEMENTS)
def test_sqlite_agrees_where_all_tables_are_known(database, sql) -> None:
    assert resolved(sql, schema_of_sql(SCHEMA)) == judged(database, sql)


@pytest.mark.parametrize("sql", STATEMENTS)
def test_without_a_schema_nothing_is_invented(database, sql) -> None:
    assert resolved(sql, None) <= judged(database, sql)


tables = st.sampled_from(["tasks", "runs", "other"])
columns = st.sampled_from(["id", "title", "created_at", "updated_at", "started_at", "note"])


@st.composite
def selects(draw: st.DrawFn, depth: int = 2) -> str:
    """Return a SELECT that may or may not be a valid one."""
    one, two = draw(tables), draw(tables)
    qualified = st.tuples(st.sampled_from(["", "a.", "b."]), columns).map("".join)
    wanted = ", ".join(draw(st.lists(qualified, min_size=1, max_size=3)))
    source = draw(st.sampled_from([f"{one} a", f"{one} a JOIN {two} b ON a.id = b.id"]))
    if depth and draw(st.booleans()):
        source = f"({draw(selects(depth=depth - 1))}) a"
    where = ""
    if depth and draw(st.booleans()):
        where = f" WHERE {draw(qualified)} IN ({draw(selects(depth=depth - 1))})"
    order = draw(st.one_of(st.just(""), qualified.map(" ORDER BY {}".format)))
    return f"SELECT {wanted} FROM {source}{where}{order}"


@given(selects())
def test_sqlite_agrees_on_generated_queries(database, sql) -> None:
    try:
        expected = judged(database, sql)
    except sqlite3.OperationalError:
        return  # ambiguous, or a column that is not there
    assert resolved(sql, schema_of_sql(SCHEMA)) == expected


@given(selects())
def test_without_a_schema_generated_queries_invent_nothing(database, sql) -> None:
    try:
        expected = judged(database, sql)
    except sqlite3.OperationalError:
        return
    assert resolved(sql, None) <= expected


def test_a_table_of_the_schema_settles_what_was_unsure() -> None:
    source = Source('q("SELECT (SELECT created_at FROM elsewhere) FROM tasks")')
    assert File(source, CONTRACT).part(find_unsure)
    known = schema_of_sql("CREATE TABLE elsewhere (created_at TEXT)")
    file = File(source, CONTRACT, known)
    assert (file.part(find_references), file.part(find_unsure)) == ((), ())


# --- once the legacy columns are gone ---------------------------------------------------------

FINALIZED = replace(CONTRACT, phase="finalized")
FINALIZED_SCHEMA = """
CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, created_at_ms, updated_at_ms);
CREATE TABLE runs (id INTEGER PRIMARY KEY, task INTEGER, started_at_ms, title TEXT);
CREATE TABLE other (id INTEGER PRIMARY KEY, task INTEGER, created_at TEXT, note TEXT);
"""


@pytest.fixture(scope="module")
def finalized():
    connection = sqlite3.connect(":memory:")
    connection.executescript(FINALIZED_SCHEMA)
    yield connection
    connection.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT created_at FROM tasks JOIN other ON other.task = tasks.id",
        "SELECT created_at FROM other JOIN tasks ON other.task = tasks.id",
        "SELECT id FROM other WHERE EXISTS (SELECT 1 FROM tasks WHERE created_at > 1)",
        "SELECT created_at FROM (SELECT * FROM tasks) x JOIN other ON other.task = x.id",
        "UPDATE tasks SET title = created_at FROM other WHERE other.task = tasks.id",
    ],
)
def test_a_finalized_table_comes_behind_every_other_that_may_have_a_column(finalized, sql) -> None:
    finalized.execute(f"EXPLAIN {sql}")  # it runs, so the column is another table's
    call = f"db.execute({sql!r})"

    assert codes(call, CONTRACT, None) == ["TSC201"]
    assert codes(call, FINALIZED, None) == ["TSC208"]
    assert codes(call, FINALIZED, schema_of_sql(FINALIZED_SCHEMA)) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT title AS created_at FROM tasks WHERE created_at > 1",
        "SELECT title AS created_at FROM tasks GROUP BY created_at",
        "SELECT created_at FROM tasks, (SELECT note AS created_at FROM other) x",
    ],
)
def test_an_alias_is_what_a_name_means_once_the_column_is_gone(finalized, sql) -> None:
    finalized.execute(f"EXPLAIN {sql}")

    assert codes(f"db.execute({sql!r})", CONTRACT, None) == ["TSC201"]
    assert codes(f"db.execute({sql!r})", FINALIZED, None) == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT created_at FROM tasks WHERE id IN (SELECT task FROM other)",
        "SELECT created_at FROM (SELECT created_at FROM tasks) x, other",
    ],
)
def test_a_finalized_table_that_nothing_else_stands_beside_is_sure(sql) -> None:
    assert codes(f"db.execute({sql!r})", FINALIZED, None) == ["TSC201"]


def codes(call: str, contract: Contract, schema: Schema | None) -> list[str]:
    rules = [rule for rule in all_rules() if rule.code in {"TSC201", "TSC208"}]
    return [finding.code for finding in check(call, "x.py", contract, schema, rules=rules)]


@pytest.mark.parametrize("schema", [None, schema_of_sql(FINALIZED_SCHEMA)], ids=["none", "known"])
@given(sql=selects())
def test_what_runs_on_a_finalized_database_surely_reads_no_legacy_column(
    finalized, schema, sql
) -> None:
    try:
        finalized.execute(f"EXPLAIN {sql}")
    except sqlite3.OperationalError:
        return  # ambiguous, or a column that is not there
    file = File(Source(f"db.execute({sql!r})"), FINALIZED, schema)
    assert [r.name for r in file.part(find_references) if not r.epoch] == []
