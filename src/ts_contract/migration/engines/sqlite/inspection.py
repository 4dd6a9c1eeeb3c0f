"""What a SQLite database has: tables, keys, indexes, triggers, views, and what of it is ours."""

from __future__ import annotations

import sqlite3
from itertools import islice

from ....contract import ROWID_NAMES, index_name
from ...own_tables import is_ours
from ...pairs import PairedTable
from ...schema import ColumnInfo, DatabaseInfo, SchemaObject, TableInfo
from ..base import Session
from .create_text import is_same, items_of, tokens
from .create_trigger import update_event
from .names import literal, quote
from .sync import EVENTS, has_sync, trigger_name
from .zone_table import ZONE_TABLE, create_zone_table

__all__ = ["column_names", "columns_of", "followed", "has_table", "inspect", "table_names"]

_Index = tuple[str, str]  # name and origin: `c` for CREATE INDEX, `u` or `pk` for a constraint


def inspect(session: Session, tables: tuple[str, ...]) -> DatabaseInfo:
    """Return what the database has, with the details of some tables.

    Args:
        session: an open database.
        tables: the tables whose columns, key and size are wanted.
    """
    schema = quote(session.schema)
    entries = session.run(
        f"SELECT type, name, tbl_name, sql FROM {schema}.sqlite_schema ORDER BY rowid"
    ).fetchall()
    wanted = {name.lower() for name in tables}
    triggers: dict[str, set[str]] = {}
    for kind, name, table, _ in entries:
        if kind == "trigger":
            triggers.setdefault(table.lower(), set()).add(name.lower())
    strict = _strict_tables(session)
    temporary = _temporary_triggers(session)
    names = frozenset(name.lower() for kind, name, _, _ in entries if kind != "trigger")
    return DatabaseInfo(
        tables=tuple(
            _table(
                session,
                name,
                kind,
                sql,
                strict=name in strict,
                temporary=temporary.get(name.lower(), ()),
                triggers=triggers.get(name.lower(), set()),
            )
            for kind, name, _, sql in entries
            if kind in ("table", "view") and name.lower() in wanted
        ),
        objects=tuple(
            SchemaObject(kind, name, table, sql, update_event(sql) if kind == "trigger" else None)
            for kind, name, table, sql in entries
            if kind in ("index", "trigger", "view") or is_ours(name)
        ),
        names=names,
        zones=_zones(session, {name: sql for kind, name, _, sql in entries if kind == "table"}),
    )


def _zones(
    session: Session, tables: dict[str, str]
) -> tuple[tuple[str, str, int, int | None, str], ...]:
    """Return the rows of our table of zones; none of another one that has its name."""
    if not is_same(tables.get(ZONE_TABLE, ""), create_zone_table()):
        return ()
    rows = session.run(
        "SELECT zone, clock, start, utc_offset, note"
        f" FROM {session.qualified(ZONE_TABLE)} ORDER BY zone, clock, start"
    )
    return tuple(rows)


def table_names(session: Session) -> tuple[str, ...]:
    """Return the ordinary tables: none of SQLite's, of ours, or of a virtual table's shadows."""
    rows = session.run(
        f"SELECT name, sql FROM {quote(session.schema)}.sqlite_schema WHERE type = 'table'"
    ).fetchall()
    virtual = {name for name, sql in rows if sql.upper().startswith("CREATE VIRTUAL")}
    hidden = ("sqlite_", "_ts_contract_", *(f"{name}_" for name in virtual))
    return tuple(name for name, _ in rows if name not in virtual and not name.startswith(hidden))


def has_table(session: Session, name: str) -> bool:
    """Return whether there is a table of exactly that name."""
    # No count: the table is found before the triggers, which are most of a large schema.
    found = f"SELECT 1 FROM {quote(session.schema)}.sqlite_schema"
    return bool(session.value(f"{found} WHERE type = 'table' AND name = ? LIMIT 1", name))


def column_names(session: Session, table: str) -> tuple[str, ...]:
    """Return the columns of a table, generated ones too; none if there is no such table."""
    rows = session.run(f"PRAGMA {quote(session.schema)}.table_xinfo({quote(table)})")
    return tuple(row[1] for row in rows)


def columns_of(create_table: str) -> tuple[str, ...]:
    """Return the columns of a CREATE TABLE statement in lower case; none of any other text."""
    if not any(token.is_word("TABLE") for token in islice(tokens(create_table), 3)):
        return ()
    items = (item for item in items_of(create_table) if item.tokens)
    return tuple(item.tokens[0].value.lower() for item in items if not item.is_constraint)


def followed(session: Session, table: PairedTable) -> str | None:
    """Return the table on which our triggers or indexes for a table stand; None if none do."""
    ours = [trigger_name(table.name, event) for event in EVENTS]
    ours += [index_name(table.name, pair.epoch) for pair in table.columns if pair.index]
    names = ", ".join(literal(name) for name in ours)
    standing = session.run(
        f"SELECT DISTINCT tbl_name FROM {quote(session.schema)}.sqlite_schema"
        f" WHERE type IN ('index', 'trigger') AND name COLLATE NOCASE IN ({names})"
    ).fetchall()
    epochs = {pair.epoch.lower() for pair in table.columns}
    return next(
        (name for (name,) in standing if epochs & set(map(str.lower, column_names(session, name)))),
        None,
    )


def _is_real(declared: str) -> bool:
    """Return whether a declared type gives a column REAL affinity (sqlite.org/datatype3.html)."""
    earlier = ("INT", "CHAR", "CLOB", "TEXT", "BLOB")
    return any(word in declared for word in ("REAL", "FLOA", "DOUB")) and not any(
        word in declared for word in earlier
    )


def _table(
    session: Session,
    name: str,
    kind: str,
    sql: str,
    *,
    strict: bool,
    triggers: set[str],
    temporary: tuple[str, ...],
) -> TableInfo:
    info = session.run(f"PRAGMA {quote(session.schema)}.table_xinfo({quote(name)})").fetchall()
    columns = tuple(
        ColumnInfo(
            name=column,
            type=declared.upper(),
            not_null=bool(not_null),
            default=default,
            generated=hidden in (2, 3),
            is_integer="INT" in declared.upper(),
            is_real=_is_real(declared.upper()),
        )
        for _, column, declared, not_null, default, _, hidden in info
        if hidden != 1
    )
    if kind == "table" and sql.split(None, 2)[1].upper() == "VIRTUAL":
        kind = "virtual"
    if kind != "table":
        return TableInfo(name, kind, columns, strict=strict)
    indexes = _indexes(session, name)
    primary = tuple(row[1] for row in sorted(info, key=lambda row: row[5]) if row[5])
    return TableInfo(
        name=name,
        kind=kind,
        columns=columns,
        key=_key(session, indexes, columns, primary),
        strict=strict,
        rows=session.value(f"SELECT count(*) FROM {session.qualified(name)}"),
        index_heads=_heads(session, indexes),
        synced=has_sync(name, triggers),
        row_number=_row_number(indexes, columns, primary),
        temporary_triggers=temporary,
        create=sql,
    )


def _indexes(session: Session, table: str) -> list[_Index]:
    rows = session.run(f"PRAGMA {quote(session.schema)}.index_list({quote(table)})").fetchall()
    return [(name, origin) for _, name, _, origin, _ in rows]


def _heads(session: Session, indexes: list[_Index]) -> frozenset[str]:
    """Return the columns, in lower case, that an index begins with."""
    schema = quote(session.schema)
    firsts = [
        session.run(f"PRAGMA {schema}.index_info({quote(name)})").fetchone() for name, _ in indexes
    ]
    # The name is None where an index begins with an expression.
    return frozenset(row[2].lower() for row in firsts if row is not None and row[2] is not None)


def _key(
    session: Session,
    indexes: list[_Index],
    columns: tuple[ColumnInfo, ...],
    primary: tuple[str, ...],
) -> tuple[str, ...]:
    """Return the columns that address a row: rowid by a name that means it, or the primary key."""
    of_key = next((name for name, origin in indexes if origin == "pk"), None)
    if of_key is not None and not _is_listed(session, of_key):
        return primary  # WITHOUT ROWID: the index of the key has no entry of its own
    number = _row_number(indexes, columns, primary)
    if number is not None:
        return (number,)
    taken = {c.name.lower() for c in columns}
    return next(((name,) for name in ROWID_NAMES if name not in taken), ())


def _row_number(
    indexes: list[_Index], columns: tuple[ColumnInfo, ...], primary: tuple[str, ...]
) -> str | None:
    """Return the INTEGER PRIMARY KEY, which is the rowid, unless declared DESC in the column."""
    if len(primary) != 1 or any(origin == "pk" for _, origin in indexes):
        return None
    declared = next(c for c in columns if c.name == primary[0])
    return declared.name if declared.type == "INTEGER" else None


def _is_listed(session: Session, index: str) -> bool:
    found = f"SELECT count(*) FROM {quote(session.schema)}.sqlite_schema WHERE name = ?"
    return bool(session.value(found, index))


def _strict_tables(session: Session) -> set[str]:
    if sqlite3.sqlite_version_info < (3, 37, 0):
        return set()
    listed = "SELECT name FROM pragma_table_list WHERE schema = ? COLLATE NOCASE AND strict"
    return {name for (name,) in session.run(listed, session.schema)}


def _temporary_triggers(session: Session) -> dict[str, tuple[str, ...]]:
    """Return the triggers that this connection alone has on tables of files, by table."""
    found: dict[str, tuple[str, ...]] = {}
    for name, table in session.run(
        "SELECT name, tbl_name FROM temp.sqlite_schema WHERE type = 'trigger' AND lower(tbl_name)"
        " NOT IN (SELECT lower(name) FROM temp.sqlite_schema WHERE type <> 'trigger')"
    ):
        found[table.lower()] = (*found.get(table.lower(), ()), name)
    return found
