"""Dropping columns in SQLite: by DROP COLUMN where it can, by a rebuild of the table where not."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from ....contract import ROWID_NAMES
from ...errors import Refused
from .connection import Database
from .create_text import checks_naming, in_schema, without_columns
from .names import literal, quote

__all__ = ["checks_on", "drop_columns", "set_up_rebuild"]


@contextmanager
def set_up_rebuild(database: Database) -> Iterator[None]:
    """Set what a rebuild needs, and what cannot be set inside a transaction.

    With legacy_alter_table a rename changes no other text of the schema, and an unrelated broken
    view does not make it fail: https://sqlite.org/pragma.html#pragma_legacy_alter_table.
    """
    foreign_keys = database.value("PRAGMA foreign_keys")
    legacy_alter = database.value("PRAGMA legacy_alter_table")
    database.run("PRAGMA foreign_keys = OFF")
    database.run("PRAGMA legacy_alter_table = ON")
    try:
        yield
    finally:
        database.run(f"PRAGMA legacy_alter_table = {legacy_alter}")
        database.run(f"PRAGMA foreign_keys = {foreign_keys}")


def drop_columns(database: Database, table: str, successors: dict[str, str]) -> bool:
    """Drop columns, by a rebuild where SQLite cannot drop one of them.

    Args:
        database: a database in a transaction, set up for a rebuild.
        table: the table.
        successors: the column that takes over, by each column to drop.

    Returns:
        Whether the table was rebuilt.

    Raises:
        Refused: something of the table itself depends on a column; the message names it.
    """
    database.run("SAVEPOINT drop_columns")
    try:
        for column in reversed(successors):
            database.run(f"ALTER TABLE {database.qualified(table)} DROP COLUMN {quote(column)}")
    except sqlite3.OperationalError:
        database.run("ROLLBACK TO drop_columns")
        _rebuild_without(database, table, successors)
        rebuilt = True
    else:
        rebuilt = False
    database.run("RELEASE drop_columns")
    return rebuilt


def checks_on(database: Database, table: str, columns: Collection[str]) -> tuple[str, ...]:
    """Return the CHECK constraints of a table that name one of some columns."""
    return checks_naming(_sql_of(database, table), columns)


def _rebuild_without(database: Database, table: str, successors: dict[str, str]) -> None:
    """Give a table a CREATE statement without some columns, and keep everything else of it.

    The old table steps aside under another name and the new one is created by its own text, so
    that the text is stored as it is. Indexes and triggers of the table are made again, byte for
    byte and in their order. Views, and triggers of other tables, are not touched.
    """
    schema = quote(database.schema)
    aside = f"_ts_contract_old_{table}"
    try:
        wanted = without_columns(_sql_of(database, table), successors)
    except Refused as refusal:
        raise Refused(f"{table}: {refusal}; nothing was dropped") from refusal
    attached = database.run(
        f"SELECT type, name, sql FROM {schema}.sqlite_schema WHERE tbl_name = {literal(table)}"
        " COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid"
    ).fetchall()
    for kind, name, _ in attached:
        database.run(f"DROP {kind} {database.qualified(name)}")
    sequence = _sequence(database, table)
    database.run(f"ALTER TABLE {database.qualified(table)} RENAME TO {quote(aside)}")
    database.run(in_schema(wanted, database.schema))
    columns = ", ".join(_stored_columns(database, table))
    database.run(
        f"INSERT INTO {database.qualified(table)} ({columns})"
        f" SELECT {columns} FROM {database.qualified(aside)}"
    )
    database.run(f"DROP TABLE {database.qualified(aside)}")
    if sequence is not None:
        database.run(f"DELETE FROM {schema}.sqlite_sequence WHERE name = ?", table)
        database.run(f"INSERT INTO {schema}.sqlite_sequence VALUES (?, ?)", table, sequence)
    for _, _, sql in attached:
        database.run(in_schema(sql, database.schema))


def _sql_of(database: Database, table: str) -> str:
    sql: str = database.value(
        f"SELECT sql FROM {quote(database.schema)}.sqlite_schema WHERE type = 'table'"
        f" AND name = {literal(table)} COLLATE NOCASE"
    )
    return sql


def _stored_columns(database: Database, table: str) -> list[str]:
    """Return the quoted names of what an INSERT fills, the rowid among them where it is hidden.

    Rows keep their rowids, which an external-content FTS table may refer to.
    """
    rows = database.run(f"PRAGMA {quote(database.schema)}.table_xinfo({quote(table)})").fetchall()
    columns = [quote(name) for _, name, _, _, _, _, hidden in rows if hidden == 0]
    taken = {row[1].lower() for row in rows}
    keyed = any(row[5] and row[2].upper() == "INTEGER" for row in rows)
    free = [name for name in ROWID_NAMES if name not in taken]
    if keyed or not free:
        return columns
    try:
        database.run(f"SELECT {free[0]} FROM {database.qualified(table)} LIMIT 0")
    except sqlite3.OperationalError:
        return columns  # WITHOUT ROWID
    return [free[0], *columns]


def _sequence(database: Database, table: str) -> int | None:
    schema = quote(database.schema)
    has = f"SELECT count(*) FROM {schema}.sqlite_schema WHERE name = 'sqlite_sequence'"
    if not database.value(has):
        return None
    sequence: int | None = database.value(
        f"SELECT seq FROM {schema}.sqlite_sequence WHERE name = ?", table
    )
    return sequence
