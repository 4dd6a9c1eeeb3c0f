"""Taking columns out of a table, with the indexes on them."""

from __future__ import annotations

from collections.abc import Collection

from ...schema import DatabaseInfo
from ..answers import DependentIndex, Dropped
from ..base import Session
from .columns import checks_on, drop_columns, prepared
from .create_text import names
from .dependents import broken, dependents

__all__ = ["broken", "dependent_indexes", "dependents", "drop", "prepared"]


def dependent_indexes(
    info: DatabaseInfo, table: str, columns: Collection[str]
) -> list[DependentIndex]:
    """Return the application's indexes on a table that name any of some columns."""
    found = []
    for index in info.objects:
        if index.kind == "index" and index.sql and index.table.lower() == table.lower():
            named = [column for column in columns if names(index.sql, column)]
            if named:
                is_unique = index.sql.split(None, 2)[1].upper() == "UNIQUE"
                found.append(DependentIndex(index.name, is_unique, named[0]))
    return found


def drop(
    session: Session,
    table: str,
    successors: dict[str, str],
    indexes: Collection[DependentIndex],
) -> Dropped:
    """Drop columns with what is on them, by a rebuild of the table where there is no other way.

    Args:
        session: a database in a transaction, prepared for it.
        table: the table.
        successors: the column that takes over, by each column to drop.
        indexes: those that go with them.

    Raises:
        Refused: something of the table itself depends on a column; the message names it.
    """
    for index in indexes:
        session.run(f"DROP INDEX {session.qualified(index.name)}")
    checks = checks_on(session, table, successors)
    return Dropped(checks, rebuilt=drop_columns(session, table, successors))
