"""Taking columns out of a table, with the indexes on them."""

from __future__ import annotations

from collections.abc import Collection

from ...errors import Failed
from ..answers import DependentIndex, Dropped, Succession
from ..base import Session
from .columns import checks_on, drop_columns, prepared, reraise_unless_refused
from .dependents import broken, dependents
from .foreign_keys import ties, violations
from .indexes import dependent_indexes
from .names import quote
from .successions import successions

__all__ = [
    "broken",
    "dependent_indexes",
    "dependents",
    "drop",
    "prepared",
    "successions",
    "ties",
    "unsound",
    "violations",
]


def drop(
    session: Session,
    table: str,
    successors: dict[str, str],
    indexes: Collection[DependentIndex],
    succession: Succession | None = None,
) -> Dropped:
    """Drop columns with what is on them, by a rebuild of the table where there is no other way.

    Args:
        session: a database in a transaction, prepared for it.
        table: the table.
        successors: the column that takes over, by each column to drop.
        indexes: those that go with them.
        succession: what the table is to be; None for all but what names the columns.

    Raises:
        Refused: something of the table itself depends on a column; the message names it.
    """
    for index in indexes:
        session.run(f"DROP INDEX {session.qualified(index.name)}")
    checks = () if succession else checks_on(session, table, successors)
    return Dropped(checks, rebuilt=drop_columns(session, table, successors, succession))


def unsound(session: Session, table: str) -> str | None:
    """Return what is wrong in a table and its indexes, as the database tells it; None if nothing.

    What cannot be asked, as an index by a collation that the application registers, is passed.
    """
    try:
        rows = session.run(
            f"PRAGMA {quote(session.schema)}.integrity_check({quote(table)})"
        ).fetchall()
    except Failed as error:
        reraise_unless_refused(error)
        return None
    return None if rows == [("ok",)] else str(rows[0][0])
