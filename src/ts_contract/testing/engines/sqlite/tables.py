"""Reads the tables of an open database and their schema, and adds rows to them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ....migration.engines.sqlite import ENGINE
from ....migration.engines.sqlite.connection import SqliteSession
from ....migration.engines.sqlite.inspection import inspect
from ....migration.engines.sqlite.names import quote
from ....migration.schema import DatabaseInfo
from .connections import Connection

__all__ = [
    "Contents",
    "add_row",
    "count_rows",
    "has_rows",
    "index_columns",
    "inspect_tables",
    "plain_rows",
    "read_contents",
    "read_rows",
    "table_names",
    "unconstrained",
]

_OURS = "_ts_contract_"


@contextmanager
def plain_rows(connection: Connection) -> Iterator[None]:
    """Let a connection give tuples meanwhile, and text that need not be UTF-8."""
    before = connection.row_factory, connection.text_factory
    connection.row_factory = None
    connection.text_factory = lambda stored: stored.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        connection.row_factory, connection.text_factory = before


def inspect_tables(connection: Connection, tables: Iterable[str]) -> DatabaseInfo:
    """Return what the database says of some tables."""
    return inspect(SqliteSession(ENGINE, connection, "the connection"), tuple(tables))


def table_names(connection: Connection) -> frozenset[str]:
    """Return the names of all that the schema lists, in lower case."""
    rows = connection.execute("SELECT name FROM sqlite_schema")
    return frozenset(name.lower() for (name,) in rows)


def index_columns(connection: Connection, index: str) -> list[tuple[str, int]]:
    """Return (column, 1 if descending) for each column of an index."""
    return connection.execute(
        'SELECT name, "desc" FROM pragma_index_xinfo(?) WHERE key', (index,)
    ).fetchall()


# --- rows ------------------------------------------------------------------------------------


def read_rows(connection: Connection, table: str, columns: Iterable[str]) -> Iterator[Any]:
    """Yield some columns of each row of a table."""
    names = ", ".join(quote(column) for column in columns)
    yield from connection.execute(f"SELECT {names} FROM {quote(table)}")


def has_rows(connection: Connection, table: str) -> bool:
    """Tell whether a table has rows."""
    return connection.execute(f"SELECT 1 FROM {quote(table)}").fetchone() is not None


def count_rows(connection: Connection, table: str, column: str, value: object) -> int:
    """Return how many rows of a table have a value in a column."""
    sql = f"SELECT count(*) FROM {quote(table)} WHERE {quote(column)} = ?"
    return int(connection.execute(sql, (value,)).fetchone()[0])


def add_row(connection: Connection, table: str, row: Mapping[str, object]) -> str:
    """Add a row to a table; return why the database refuses it, or nothing."""
    names = ", ".join(quote(name) for name in row)
    marks = ", ".join("?" * len(row))
    sql = f"INSERT INTO {quote(table)} ({names}) VALUES ({marks})"
    try:
        connection.execute(sql, tuple(row.values()))
    except sqlite3.Error as error:
        return str(error)
    return ""


@contextmanager
def unconstrained(connection: Connection) -> Iterator[None]:
    """Do without foreign keys and CHECK constraints meanwhile, and commit what was done."""
    (foreign_keys,) = connection.execute("PRAGMA foreign_keys").fetchone()
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    yield
    connection.commit()
    connection.execute("PRAGMA ignore_check_constraints = OFF")
    connection.execute(f"PRAGMA foreign_keys = {foreign_keys}")


# --- all of a database -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Contents:
    """Schema and rows of a database, without the tables that the migration keeps for itself.

    Attributes:
        schema: (type, name) of each entry -> its SQL.
        tables: name -> the columns, and how often each row is there.
    """

    schema: Mapping[tuple[str, str], str | None]
    tables: Mapping[str, tuple[tuple[str, ...], Counter[tuple[Any, ...]]]]


def read_contents(connection: Connection) -> Contents:
    """Read the whole database."""
    objects = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
    schema = {(kind, name): sql for kind, name, sql in objects if not name.startswith(_OURS)}
    tables = {
        name: (columns, Counter(read_rows(connection, name, columns)))
        for kind, name in schema
        if kind == "table" and not name.startswith("sqlite_")
        for columns in [_column_names(connection, name)]
    }
    return Contents(schema, tables)


def _column_names(connection: Connection, table: str) -> tuple[str, ...]:
    rows = connection.execute("SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1", (table,))
    return tuple(name for (name,) in rows)
