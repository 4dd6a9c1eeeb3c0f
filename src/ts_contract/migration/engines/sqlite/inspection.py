"""What a SQLite database has: tables, keys, indexes, triggers, views."""

from __future__ import annotations

import sqlite3

from ....contract import ROWID_NAMES
from ...schema import ColumnInfo, DatabaseInfo, SchemaObject, TableInfo
from .connection import Database
from .names import quote

__all__ = ["introspect"]


def introspect(db: Database, tables: tuple[str, ...]) -> DatabaseInfo:
    """Return what the database has, with the details of some tables.

    Args:
        db: an open database.
        tables: the tables whose columns, key and size are wanted.
    """
    schema = quote(db.schema)
    rows = db.run(f"SELECT type, name, tbl_name, sql FROM {schema}.sqlite_schema ORDER BY rowid")
    entries = rows.fetchall()
    wanted = {name.lower() for name in tables}
    pages = db.value(f"PRAGMA {schema}.page_count")
    return DatabaseInfo(
        tables=tuple(
            _table(db, name, kind, sql)
            for kind, name, _, sql in entries
            if kind in ("table", "view") and name.lower() in wanted
        ),
        objects=tuple(
            SchemaObject(kind, name, table, sql)
            for kind, name, table, sql in entries
            if kind in ("index", "trigger", "view")
        ),
        names=frozenset(name.lower() for kind, name, _, _ in entries if kind != "trigger"),
        size=pages * db.value(f"PRAGMA {schema}.page_size"),
    )


def _table(db: Database, name: str, kind: str, sql: str) -> TableInfo:
    info = db.run(f"PRAGMA {quote(db.schema)}.table_xinfo({quote(name)})").fetchall()
    columns = tuple(
        ColumnInfo(column, declared.upper(), bool(not_null), default, hidden in (2, 3))
        for _, column, declared, not_null, default, _, hidden in info
        if hidden != 1
    )
    if kind == "table" and sql.split(None, 2)[1].upper() == "VIRTUAL":
        kind = "virtual"
    keyed = kind == "table"
    primary = tuple(row[1] for row in sorted(info, key=lambda row: row[5]) if row[5])
    return TableInfo(
        name=name,
        kind=kind,
        sql=sql,
        columns=columns,
        key=_key(db, name, columns, primary) if keyed else (),
        strict=_is_strict(db, name),
        rows=db.value(f"SELECT count(*) FROM {db.qualified(name)}") if keyed else 0,
    )


def _key(
    db: Database, table: str, columns: tuple[ColumnInfo, ...], primary: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the columns that address a row: rowid by a name that means it, or the primary key."""
    if _has_rowid(db, table):
        if len(primary) == 1:
            declared = next(c for c in columns if c.name == primary[0])
            if declared.type == "INTEGER" and _is_rowid_alias(db, table, declared.name):
                return (declared.name,)
        taken = {c.name.lower() for c in columns}
        free = [name for name in ROWID_NAMES if name not in taken]
        return (free[0],) if free else ()
    return primary


def _has_rowid(db: Database, table: str) -> bool:
    """A WITHOUT ROWID table is the one whose primary-key index has no entry of its own."""
    indexes = db.run(f"PRAGMA {quote(db.schema)}.index_list({quote(table)})").fetchall()
    for _, index, _, origin, _ in indexes:
        if origin == "pk":
            listed = db.value(
                f"SELECT count(*) FROM {quote(db.schema)}.sqlite_schema WHERE name = ?", index
            )
            return bool(listed)
    return True


def _is_rowid_alias(db: Database, table: str, column: str) -> bool:
    """INTEGER PRIMARY KEY is the rowid, unless it was declared DESC in the column itself."""
    indexes = db.run(f"PRAGMA {quote(db.schema)}.index_list({quote(table)})").fetchall()
    return not any(origin == "pk" for _, _, _, origin, _ in indexes)


def _is_strict(db: Database, table: str) -> bool:
    if sqlite3.sqlite_version_info < (3, 37, 0):
        return False
    return bool(
        db.value(
            "SELECT strict FROM pragma_table_list WHERE schema = ? AND lower(name) = lower(?)",
            db.schema,
            table,
        )
    )
