"""Programs that use a store as real code does, for hypothesis to draw.

A program is a module with one function `run(conn, given)` that reads and writes tables of a
contract, and beside them a table outside of it, and returns what it saw. `given` holds a datetime,
the form that the store uses for texts, and the datetime's text in it.

What a program reads again it has written in the store's one form: texts of several forms in one
column do not order like their instants, which is what the migration is for. Other forms are
written at the end, where only the stored instants count.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from ts_contract.contract import ColumnContract, Contract, TableContract

__all__ = ["CONTRACT", "FORMS", "SCHEMA", "Program", "Row", "programs", "rows"]

SCHEMA = """
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, title TEXT, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP
);
CREATE TABLE events (
    id INTEGER PRIMARY KEY, task_id INTEGER, kind TEXT, happened_at TEXT, created_at TEXT
);
CREATE TABLE notes (id INTEGER PRIMARY KEY, task_id INTEGER, created_at TEXT);
"""
CONTRACT = Contract(
    "programs",
    tables=(
        TableContract(
            "tasks",
            (
                ColumnContract("created_at", "created_at_ms"),
                ColumnContract("updated_at", "updated_at_ms"),
            ),
        ),
        TableContract("events", (ColumnContract("happened_at", "happened_ms"),)),
    ),
)
FORMS = {
    "datetime": "%Y-%m-%d %H:%M:%S",
    "iso": "%Y-%m-%dT%H:%M:%SZ",
}

HEAD = """
from datetime import datetime, timedelta, timezone


def run(conn, given):
    seen = []
    since = given["text"]
    moment: datetime = given["moment"]
"""


@dataclass(frozen=True)
class Row:
    """One row to begin with: seconds since 2024, or None for NULL."""

    created: int
    updated: int | None
    happened: int


@dataclass(frozen=True)
class Program:
    """A module's text."""

    source: str


def rows() -> st.SearchStrategy[list[Row]]:
    """Return a few rows, times among them that are equal or missing."""
    seconds = st.integers(0, 40).map(lambda step: step * 21_601)
    row = st.builds(Row, seconds, st.none() | seconds, seconds)
    return st.lists(row, min_size=1, max_size=6)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Draw a program of one to four steps."""
    steps = draw(
        st.lists(st.one_of(reads(), aggregates(), writes(), helpers()), min_size=1, max_size=4)
    )
    steps += draw(st.lists(writes(OTHER_FORMS, (0, 1, 4, 5)), max_size=2))
    body = "".join(f"    {line}\n" for step in steps for line in step)
    return Program(f"{HEAD}{body}    return seen\n")


COLUMNS = {
    "tasks": ("created_at", "updated_at"),
    "events": ("happened_at",),
    "notes": ("created_at",),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str, str]:
    """Draw a table, one of its time columns, and how the query calls the table."""
    table = draw(st.sampled_from(["tasks", "tasks", "events", "events", "notes"]))
    column = draw(st.sampled_from(COLUMNS[table]))
    return table, column, draw(st.sampled_from(["", "x"]))


@st.composite
def conditions(draw: st.DrawFn, column: str) -> tuple[str, list[str]]:
    """Draw a condition on a time column, and the Python expressions that it binds."""
    sign = draw(st.sampled_from(["<", "<=", ">", ">=", "=", "!="]))
    bound = st.sampled_from(["since", "(since)", "since if since else None", "given['text']"])
    return draw(
        st.one_of(
            bound.map(lambda value: (f"{column} {sign} ?", [value])),
            bound.map(lambda value: (f"? {sign} {column}", [value])),
            st.tuples(bound, bound).map(lambda both: (f"{column} BETWEEN ? AND ?", list(both))),
            st.tuples(bound, bound).map(lambda both: (f"{column} IN (?, ?)", list(both))),
            st.just((f"{column} IS NOT NULL", [])),
            st.just((f"NOT {column} IS NULL", [])),
            st.just((f"{column} {sign} (SELECT MAX(created_at) FROM tasks)", [])),
            st.just((f"COALESCE({column}, ?) {sign} ?", ["since", "since"])),
            st.just((f"date({column}) {sign} date(?)", ["since"])),
            st.just((f"strftime('%Y', {column}) = '2024'", [])),
            st.just((f"{column} < datetime('now', '+1 day')", [])),
            st.just((f"substr({column}, 1, 10) {sign} substr(?, 1, 10)", ["since"])),
            st.just((f"{column} LIKE '2024-01%'", [])),
            st.just((f"({column} {sign} ? OR id > 2) AND id < ?", ["since", "9"])),
        )
    )


READERS = (
    "seen.append([row['id'] for row in {rows}])",
    "seen.append([row[0] for row in {rows}])",
    "seen.append([tuple(row) for row in {rows}])",
    "seen.append([row['{name}'] for row in {rows}])",
    "seen.append([(row['id'], row['{name}'] is None) for row in {rows}])",
    "seen.append([row['id'] for row in {rows} if row['{name}']])",
    "seen.append([datetime.fromisoformat(row['{name}']).replace(tzinfo=timezone.utc)"
    " for row in {rows} if row['{name}']])",
    "seen.append([datetime.fromisoformat(row['{name}'].replace('Z', '+00:00')).timestamp()"
    " for row in {rows} if row['{name}'] and 'Z' in since])",
    "seen.append([datetime.fromisoformat(row['{name}']).year for row in {rows} if row['{name}']])",
    "seen.append(sorted((row['id'] for row in {rows}), reverse=True))",
    "seen.append([row['id'] for row in"
    " sorted({rows}.fetchall(), key=lambda row: row['{name}'] or '')])",
    "seen.append([dict(row) for row in {rows}])",
)  # fmt: skip


@st.composite
def reads(draw: st.DrawFn) -> list[str]:
    """Draw a SELECT and what is done with its rows."""
    table, column, alias = draw(tables())
    qualified = f"{alias}.{column}" if alias else column
    condition, values = draw(conditions(qualified))
    star = draw(st.sampled_from([False, False, False, True]))
    name = draw(st.sampled_from([column, column, "moment_of_it"]))
    item = qualified if name == column else f"{qualified} AS {name}"
    columns = "*" if star else f"id, {item}"
    order = draw(
        st.sampled_from([
            f"ORDER BY {qualified}, id",
            f"ORDER BY {qualified} DESC, id",
            f"ORDER BY COALESCE({qualified}, '2024-01-05 00:00:00'), id",
            f"ORDER BY CASE WHEN {qualified} IS NULL THEN 1 ELSE 0 END, {qualified}, id",
            "ORDER BY id",
        ])
    )  # fmt: skip
    limit = draw(st.sampled_from(["", " LIMIT 3"]))
    sql = f"SELECT {columns} FROM {table} {alias} WHERE {condition} {order}{limit}"
    call = f'conn.execute("{sql}", ({"".join(f"{value}, " for value in values)}))'
    reader = draw(st.sampled_from(READERS))
    name = column if star else name
    if draw(st.booleans()):
        return [f"rows = {call}", reader.format(rows="rows", name=name)]
    return [reader.format(rows=call, name=name)]


@st.composite
def aggregates(draw: st.DrawFn) -> list[str]:
    """Draw a query whose result is a number, a group or a moment."""
    table, column, _ = draw(tables())
    condition, values = draw(conditions(column))
    bound = f"({''.join(f'{value}, ' for value in values)})"
    kind = draw(st.integers(0, 5))
    if kind == 0:
        sql = f"SELECT COUNT(*), COUNT({column}) FROM {table} WHERE {condition}"
        return [f'seen.append(tuple(conn.execute("{sql}", {bound}).fetchone()))']
    if kind == 1:
        day = f"date({column})"
        sql = f"SELECT {day}, COUNT(*) FROM {table} WHERE {condition} GROUP BY {day}"
        return [f'seen.append(sorted(map(str, map(tuple, conn.execute("{sql}", {bound})))))']
    if kind == 2:
        sql = f"SELECT MAX({column}) FROM {table}"
        return [
            f'last = conn.execute("{sql}").fetchone()',
            "seen.append(last[0] is None)",
            "if last[0]:",
            "    seen.append(datetime.fromisoformat(last[0]).replace(tzinfo=timezone.utc))",
        ]  # fmt: skip
    if kind == 3:
        sql = (
            "WITH last AS (SELECT task_id, MAX(happened_at) AS at FROM events GROUP BY task_id)"
            " SELECT tasks.id FROM tasks JOIN last ON last.task_id = tasks.id"
            " WHERE last.at >= tasks.created_at ORDER BY last.at DESC, tasks.id"
        )
        return [f'seen.append([row[0] for row in conn.execute("{sql}")])']
    if kind == 4:
        sql = (
            f"SELECT COUNT(DISTINCT {column}) FROM {table}"
            f" GROUP BY {column} HAVING MIN({column}) > ?"
        )
        return [f'seen.append([row[0] for row in conn.execute("{sql}", (since,))])']
    sql = (
        "SELECT t.id, n.created_at FROM tasks t JOIN notes n ON n.task_id = t.id"
        " ORDER BY t.created_at, t.id, n.id"
    )
    return [f'seen.append([tuple(row) for row in conn.execute("{sql}")])']


VALUES = (
    "since",
    "given['text']",
    "moment.strftime(given['form'])",
    "(moment - timedelta(days=1)).strftime(given['form'])",
    "moment.strftime(given['form']) if moment else None",
    "None",
)
OTHER_FORMS = (
    "moment",
    "moment.isoformat()",
    "moment.isoformat(' ')",
    "moment.isoformat(timespec='seconds')",
    "(moment - timedelta(days=1)).isoformat()",
    "moment.isoformat() if moment else None",
    "moment.isoformat().replace('+00:00', 'Z')",
    "datetime.now(timezone.utc).isoformat()",
    "datetime.now(timezone.utc)",
    "datetime.utcnow().isoformat()",
    "datetime.utcfromtimestamp(1705320000).isoformat()",
    "moment.date().isoformat()",
)


@st.composite
def writes(
    draw: st.DrawFn,
    values: tuple[str, ...] = VALUES,
    kinds: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7),
) -> list[str]:
    """Draw an INSERT, UPDATE or DELETE."""
    table, column, _ = draw(tables())
    value = draw(st.sampled_from(values))
    kind = draw(st.sampled_from(kinds))
    if kind in {0, 5} and value == "None":
        value = "since"  # a NULL may become the legacy column's DEFAULT, so it is never safe
    if kind == 0:
        return [
            f'conn.execute("INSERT INTO {table} (id, {column}) VALUES (?, ?)", (70, {value}))'
        ] * 1
    if kind == 1:
        return [f'conn.execute("UPDATE {table} SET {column} = ? WHERE id > ?", ({value}, 2))']
    if kind == 2:
        clock = draw(
            st.sampled_from(["CURRENT_TIMESTAMP", "datetime('now')", "datetime('now', '-1 day')"])
        )
        return [f'conn.execute("UPDATE {table} SET {column} = {clock} WHERE id = 1")']
    if kind == 3:
        condition, given = draw(conditions(column))
        bound = f"({''.join(f'{v}, ' for v in given)})"
        return [
            f'cur = conn.execute("DELETE FROM {table} WHERE {condition}", {bound})',
            "seen.append(cur.rowcount)",
        ]
    if kind == 4:
        return [
            f'conn.executemany("UPDATE {table} SET {column} = :at WHERE id = :id",'
            f" [{{'id': n, 'at': {value}}} for n in (1, 2)])"
        ]
    if kind == 5:
        return [
            f'conn.execute("INSERT INTO {table} (id, {column}) VALUES (1, ?)'
            f' ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}", ({value},))'
        ]
    if kind == 6:
        return [f'conn.execute("UPDATE {table} SET {column} = COALESCE({column}, ?)", ({value},))']
    return [
        'conn.execute("INSERT INTO events (task_id, happened_at)'
        ' SELECT id, created_at FROM tasks ORDER BY id")'
    ]


@st.composite
def helpers(draw: st.DrawFn) -> list[str]:
    """Draw code that builds a query in pieces, or passes a value from one to the next."""
    table, column, _ = draw(tables())
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return [
            f'sql = "SELECT id FROM {table} WHERE id > 0"',
            "if since:",
            f'    sql += " AND {column} IS NOT NULL"',
            f'sql += " ORDER BY {column} DESC, id"',
            "seen.append([row[0] for row in conn.execute(sql)])",
        ]
    if kind == 1:
        return [
            f'first = conn.execute("SELECT {column} FROM {table} ORDER BY id LIMIT 1").fetchone()',
            f'sql = "SELECT id FROM {table} WHERE {column} > ? ORDER BY id"',
            f'page = conn.execute(sql, (first["{column}"],))',
            "seen.append([row['id'] for row in page])",
        ]
    if kind == 2:
        return [
            f'parts = ["SELECT id FROM {table}", "WHERE {column} >= ?"]',
            f'parts.append("ORDER BY {column}, id")',
            'seen.append([row[0] for row in conn.execute(" ".join(parts), (since,))])',
        ]
    return [
        f'for row in conn.execute("SELECT id, {column} FROM {table} ORDER BY id").fetchall():',
        f"    when = row['{column}']",
        "    if when is not None:",
        '        conn.execute("UPDATE tasks SET updated_at = ? WHERE id = ?", (when, row["id"]))',
    ]
