"""Keeping a table's triggers from firing during a backfill, in SQLite."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..base import Session
from .connection import as_sqlite
from .create_text import in_schema
from .names import literal, quote
from .sync import trigger_name

__all__ = ["without_triggers"]


@contextmanager
def without_triggers(session: Session, table: str) -> Iterator[bool]:
    """Run a block in which no UPDATE of a table fires a trigger.

    Where they cannot be switched off, the triggers are dropped and created again inside the
    caller's transaction, byte for byte and in their order, so that no other connection and no
    crash ever sees the table without them.

    Args:
        session: a database; in a transaction, unless triggers can be switched off.
        table: the table.

    Yields:
        Whether the schema is changed by it, which every other connection has to read anew then.
    """
    if sys.version_info >= (3, 12):  # which can tell SQLite to fire none, for one connection
        connection, switch = as_sqlite(session).connection, sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER
        before = connection.getconfig(switch)
        connection.setconfig(switch, False)
        try:
            yield False
        finally:
            connection.setconfig(switch, before)
    else:
        triggers = _drop_triggers(session, table)
        yield bool(triggers)
        for sql in triggers:
            session.run(in_schema(sql, session.schema))


def _drop_triggers(session: Session, table: str) -> list[str]:
    # Those of ours that no UPDATE fires may stay: creating one takes longer than 100 rows.
    ours = ", ".join(literal(trigger_name(table, event)) for event in ("insert", "delete"))
    triggers = session.run(
        f"SELECT name, sql FROM {quote(session.schema)}.sqlite_schema WHERE type = 'trigger'"
        f" AND tbl_name = {literal(table)} COLLATE NOCASE"
        f" AND name COLLATE NOCASE NOT IN ({ours}) ORDER BY rowid"
    ).fetchall()
    for name, _ in triggers:
        session.run(f"DROP TRIGGER {session.qualified(name)}")
    return [sql for _, sql in triggers]
