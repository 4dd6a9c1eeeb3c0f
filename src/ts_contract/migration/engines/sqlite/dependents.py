"""Which views and triggers of the application need a column: SQLite itself is asked.

Each view is selected from and each table with triggers is written to, in statements that are
compiled and never run. The authorizer tells what they read and update. It tells neither what they
name in the column list of an INSERT nor the columns of UPDATE OF, which are read from their text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from itertools import takewhile

from ...own_tables import is_ours
from ...schema import DatabaseInfo
from ..answers import Dependent
from ..base import Session
from .connection import as_sqlite
from .create_text import tokens
from .errors import is_about_statement
from .names import quote

__all__ = ["broken", "dependents", "write_error"]


def dependents(
    session: Session, info: DatabaseInfo, columns: Collection[tuple[str, str]]
) -> list[Dependent]:
    """Return what needs any of some columns.

    Args:
        session: an open database.
        info: its views and triggers.
        columns: tables and columns, in lower case.
    """
    triggers = {o.name for o in info.objects if o.kind == "trigger"}
    found = {*_watching(info, columns), *_inserting(info, columns)}
    for kind, name, sql in _statements(session, info):
        for table, column, inner in _accesses(session, sql):
            place = (table.lower(), column.lower())
            if place not in columns or is_ours(inner or ""):
                continue
            if kind == "view":
                found.add(Dependent("view", name, *place))
            elif inner is not None:  # a statement's own access has no inner name
                trigger = inner if inner in triggers else f"on {name}"
                found.add(Dependent("trigger", trigger, *place))
    return sorted(found)


def _accesses(session: Session, sql: str) -> list[tuple[str, str, str | None]]:
    """Return table, column and innermost trigger or view of each access that a statement makes."""
    seen: list[tuple[str, str, str | None]] = []

    def see(action: int, *details: str | None) -> int:
        table, column, _schema, inner = details
        if action in (sqlite3.SQLITE_READ, sqlite3.SQLITE_UPDATE) and table and column:
            seen.append((table, column, inner))
        return sqlite3.SQLITE_OK

    as_sqlite(session).connection.set_authorizer(see)
    try:
        as_sqlite(session).connection.execute(sql).close()
    except sqlite3.Error as error:
        if not is_about_statement(error):
            raise
        return []  # it was broken before us
    finally:
        as_sqlite(session).connection.set_authorizer(None)
    return seen


def _watching(info: DatabaseInfo, columns: Collection[tuple[str, str]]) -> Iterator[Dependent]:
    """Yield the triggers that fire on an UPDATE OF one of the columns."""
    for trigger in info.objects:
        if not is_ours(trigger.name):
            for column in trigger.update_of or ():
                place = trigger.table.lower(), column
                if place in columns:
                    yield Dependent("trigger", trigger.name, *place)


def _inserting(info: DatabaseInfo, columns: Collection[tuple[str, str]]) -> Iterator[Dependent]:
    """Yield the triggers that name one of the columns in the list of an INSERT."""
    for trigger in info.objects:
        if trigger.kind != "trigger" or is_ours(trigger.name):
            continue
        words = list(tokens(trigger.sql or ""))
        for place, word in enumerate(words[:-4]):
            if word.is_word("INTO"):
                table, *listed = words[place + 1 :]
                if listed[0].text == "(":
                    for column in takewhile(lambda word: word.text != ")", listed):
                        named = table.value.lower(), column.value.strip("'").lower()
                        if named in columns:
                            yield Dependent("trigger", trigger.name, *named)


def broken(session: Session, info: DatabaseInfo) -> dict[tuple[str, str], str]:
    """Return the error of every view, and of every table's triggers, that does not compile."""
    found = {}
    for kind, name, sql in _statements(session, info):
        try:
            as_sqlite(session).connection.execute(sql).close()
        except sqlite3.Error as error:
            if not is_about_statement(error):
                raise
            found[kind, name] = str(error)
    return found


def _statements(session: Session, info: DatabaseInfo) -> Iterator[tuple[str, str, str]]:
    """Yield kind, name and a statement that compiles each view and each trigger."""
    now = session.value("PRAGMA schema_version")
    for view in info.objects:
        if view.kind == "view" and not is_ours(view.name):
            yield (
                "view",
                view.name,
                f"EXPLAIN SELECT * FROM {session.qualified(view.name)} -- {now}",
            )
    written = {o.table for o in info.objects if o.kind == "trigger" and not is_ours(o.name)}
    for table in sorted(written):
        for write in _writes(session, table):
            yield "trigger", table, write


def _writes(session: Session, table: str) -> Iterator[str]:
    """Yield statements that compile each trigger of a table."""
    name, now = session.qualified(table), session.value("PRAGMA schema_version")
    columns = session.run(f"PRAGMA {quote(session.schema)}.table_xinfo({quote(table)})").fetchall()
    same = ", ".join(f"{quote(c[1])} = {quote(c[1])}" for c in columns if c[6] == 0)
    # With a mark of the schema: the module sqlite3 keeps what it compiled, and EXPLAIN alone does
    # not look whether that still holds.
    yield f"EXPLAIN INSERT INTO {name} DEFAULT VALUES -- {now}"
    yield f"EXPLAIN UPDATE {name} SET {same} -- {now}"
    yield f"EXPLAIN DELETE FROM {name} -- {now}"


def write_error(session: Session, table: str) -> str | None:
    """Return why an INSERT, UPDATE or DELETE of a table cannot work; None if each can."""
    for write in _writes(session, table):
        try:
            as_sqlite(session).connection.execute(write).close()
        except sqlite3.Error as error:
            if not is_about_statement(error):
                raise
            return str(error)
    return None
