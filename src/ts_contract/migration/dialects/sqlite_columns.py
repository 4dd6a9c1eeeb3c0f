"""Dropping columns in SQLite: by DROP COLUMN where it can, by a rebuild of the table where not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import Failed, Refused
from .sqlite import Database, literal, quote
from .sqlite_text import renamed, without_columns

__all__ = ["drop_columns", "rebuild_table", "remove_columns", "set_up_rebuild"]


@contextmanager
def set_up_rebuild(database: Database) -> Iterator[None]:
    """Set what a rebuild needs, and what cannot be set inside a transaction.

    https://sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes".
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


def remove_columns(
    database: Database, table: str, columns: tuple[str, ...], wanted_sql: str
) -> None:
    """Drop columns so that the table's CREATE statement becomes a given text, byte for byte.

    Args:
        database: a database in a transaction, set up for a rebuild.
        table: the table.
        columns: the columns to drop.
        wanted_sql: the CREATE statement that the table shall have afterwards.
    """
    database.run("SAVEPOINT remove_columns")
    try:
        for column in reversed(columns):
            database.run(f"ALTER TABLE {database.qualified(table)} DROP COLUMN {quote(column)}")
    except sqlite3.OperationalError:
        database.run("ROLLBACK TO remove_columns")  # for example an unrelated broken view
    if _sql_of(database, table) != wanted_sql:
        database.run("ROLLBACK TO remove_columns")
        rebuild_table(database, table, wanted_sql)
    database.run("RELEASE remove_columns")


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
        for column in successors:
            database.run(f"ALTER TABLE {database.qualified(table)} DROP COLUMN {quote(column)}")
    except sqlite3.OperationalError:
        database.run("ROLLBACK TO drop_columns")
    else:
        database.run("RELEASE drop_columns")
        return False
    sql = _sql_of(database, table)
    assert sql is not None
    try:
        rebuild_table(database, table, without_columns(sql, successors))
    except Refused as refusal:
        raise Refused(f"{table}: {refusal}; nothing was dropped") from refusal
    database.run("RELEASE drop_columns")
    return True


def rebuild_table(database: Database, table: str, wanted_sql: str) -> None:
    """Give a table another CREATE statement, keeping the rows of the columns that both have.

    Indexes and triggers of the table are made again, byte for byte and in their order. Views,
    and triggers of other tables, are not touched.

    Args:
        database: a database in a transaction, set up for a rebuild.
        table: the table.
        wanted_sql: its new CREATE statement.
    """
    schema = quote(database.schema)
    attached = database.run(
        f"SELECT sql FROM {schema}.sqlite_schema WHERE tbl_name = {literal(table)} COLLATE NOCASE"
        " AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid"
    ).fetchall()
    sequence = _sequence(database, table)
    interim = f"_ts_contract_new_{table}"
    database.run(renamed(wanted_sql, database.qualified(interim)))
    kept = _writable_columns(database, interim)
    columns = ", ".join(quote(column) for column in kept)
    rowid = _hidden_rowid(database, table)
    if rowid:
        columns = f"{rowid}, {columns}"
    database.run(
        f"INSERT INTO {database.qualified(interim)} ({columns})"
        f" SELECT {columns} FROM {database.qualified(table)}"
    )
    database.run(f"DROP TABLE {database.qualified(table)}")
    database.run(f"ALTER TABLE {database.qualified(interim)} RENAME TO {quote(table)}")
    _restore_text(database, table, wanted_sql)
    if sequence is not None:
        database.run(f"UPDATE {schema}.sqlite_sequence SET seq = ? WHERE name = ?", sequence, table)
    for (sql,) in attached:
        database.run(sql)


def _restore_text(database: Database, table: str, wanted_sql: str) -> None:
    """RENAME quotes the name in the stored text; put the text back as it was."""
    if _sql_of(database, table) == wanted_sql:
        return
    schema = quote(database.schema)
    version = database.value(f"PRAGMA {schema}.schema_version")
    database.run("PRAGMA writable_schema = ON")
    try:
        database.run(
            f"UPDATE {schema}.sqlite_schema SET sql = ? WHERE type = 'table' AND name = ?",
            wanted_sql,
            table,
        )
        database.run(f"PRAGMA {schema}.schema_version = {version + 1}")
    finally:
        database.run("PRAGMA writable_schema = RESET")
    if _sql_of(database, table) != wanted_sql:
        raise Failed(f"{database.name}: the definition of {table} cannot be restored")


def _sql_of(database: Database, table: str) -> str | None:
    sql: str | None = database.value(
        f"SELECT sql FROM {quote(database.schema)}.sqlite_schema WHERE type = 'table'"
        f" AND name = {literal(table)} COLLATE NOCASE"
    )
    return sql


def _writable_columns(database: Database, table: str) -> list[str]:
    rows = database.run(f"PRAGMA {quote(database.schema)}.table_xinfo({quote(table)})").fetchall()
    return [name for _, name, _, _, _, _, hidden in rows if hidden == 0]


def _hidden_rowid(database: Database, table: str) -> str | None:
    """Return a name for the rowid if no column is it; rows keep theirs (an FTS may refer to it)."""
    rows = database.run(f"PRAGMA {quote(database.schema)}.table_xinfo({quote(table)})").fetchall()
    taken = {row[1].lower() for row in rows}
    for name in ("rowid", "_rowid_", "oid"):
        if name not in taken:
            try:
                database.run(f"SELECT {name} FROM {database.qualified(table)} LIMIT 0")
            except sqlite3.OperationalError:
                return None  # WITHOUT ROWID
            primary = [row for row in rows if row[5]]
            if len(primary) == 1 and primary[0][2].upper() == "INTEGER":
                return None  # the primary key is the rowid, and copied as a column
            return name
    return None


def _sequence(database: Database, table: str) -> int | None:
    schema = quote(database.schema)
    has = f"SELECT count(*) FROM {schema}.sqlite_schema WHERE name = 'sqlite_sequence'"
    if not database.value(has):
        return None
    sequence: int | None = database.value(
        f"SELECT seq FROM {schema}.sqlite_sequence WHERE name = ?", table
    )
    return sequence
