"""Tells the columns that a definition names from those that a statement reads.

An index, a CHECK and a generated column name columns, and SQLite tells of them as of reads. They
stand between the word that something is created and the one that it is entered in the schema; a
VACUUM creates everything anew in a database of its own. What SQLite refuses half way has no end.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field
from typing import Literal

from ...sites import Site
from ..base import Listener

__all__ = ["BEGINS", "Asked", "Definition", "begun"]

Asked = tuple[int, str | None, str | None, str | None, str | None]
"""As the authorizer tells it."""

_INDEXES = {sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_CREATE_TEMP_INDEX}
_TABLES = {sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_CREATE_TEMP_TABLE}
BEGINS = frozenset(_INDEXES | _TABLES)

_SCHEMA = {"sqlite_master", "sqlite_temp_master"}


@dataclass(slots=True)
class Definition:
    """A definition that SQLite has begun to read.

    Attributes:
        on: the table whose columns it names, and the database of that.
        is_index: whether it is of an index, and not of a table.
        held: what it has read so far: who is to be told, the place that prepares the statement,
            table, column, and the place in the user's code.
    """

    on: tuple[str | None, str | None]
    is_index: bool
    held: list[tuple[Listener, tuple[int, int], str, str, Site]] = field(default_factory=list)

    def next(self, event: Asked) -> Literal["read", "accepted", "ended", "refused"]:
        """Say what the next event is: a part, a word that it is accepted, or another statement.

        Args:
            event: what SQLite asks about next in the same connection.
        """
        action, name, column, base, source = event
        if action == sqlite3.SQLITE_FUNCTION:
            return "read"
        if action == sqlite3.SQLITE_READ and (name, base) == self.on and source is None:
            return "read"
        if name in _SCHEMA and action == sqlite3.SQLITE_INSERT:
            return "ended" if self.is_index else "accepted"
        if name in _SCHEMA and action == sqlite3.SQLITE_UPDATE:
            return "ended"
        if action in _INDEXES and (column, base) == self.on and not self.is_index:
            return "accepted"  # of a PRIMARY KEY or UNIQUE
        return "refused"


def begun(event: Asked) -> Definition:
    """Return the definition that an event begins."""
    action, name, column, base, _ = event
    return Definition((column if action in _INDEXES else name, base), action in _INDEXES)
