"""The foreign keys of a database: who refers to which columns, and which of them are violated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from ....contract import Contract
from ...errors import Failed
from ...pairs import ColumnPair
from ..base import Session
from .names import quote

__all__ = ["ForeignKey", "foreign_keys", "ties", "uncarried", "violations"]

Going = Mapping[str, Mapping[str, ColumnPair]]
"""The columns that go, by table and column in lower case."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """One foreign key.

    Attributes:
        child: the table that has it.
        parent: the table that it refers to.
        columns: the child's columns, each with the parent's that it refers to.
    """

    child: str
    parent: str
    columns: tuple[tuple[str, str], ...]

    @property
    def places(self) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
        """Table and column of each child, and of its parent, in lower case."""
        for child, parent in self.columns:
            yield (
                (self.child.lower(), child.lower()),
                (self.parent.lower(), parent.lower()),
            )

    def __str__(self) -> str:
        ours = ", ".join(column for column, _ in self.columns)
        theirs = ", ".join(column for _, column in self.columns)
        return f"{self.child} ({ours}) references {self.parent} ({theirs})"


def foreign_keys(session: Session) -> list[ForeignKey]:
    """Return every foreign key of every table; what is left out means the parent's key."""
    schema = quote(session.schema)
    found = []
    tables = session.run(
        f"SELECT name FROM {schema}.sqlite_schema"
        " WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
    ).fetchall()
    for (child,) in tables:
        rows = session.run(f"PRAGMA {schema}.foreign_key_list({quote(child)})").fetchall()
        for _, group in groupby(sorted(rows, key=lambda row: row[:2]), lambda row: row[0]):
            columns = list(group)
            parent = columns[0][2]
            keys = _primary_key(session, parent)
            found.append(
                ForeignKey(
                    child,
                    parent,
                    tuple(
                        (row[3], row[4] or (keys[row[1]] if row[1] < len(keys) else ""))
                        for row in columns
                    ),
                )
            )
    return found


def _primary_key(session: Session, table: str) -> list[str]:
    rows = session.run(f"PRAGMA {quote(session.schema)}.table_info({quote(table)})").fetchall()
    return [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]


def uncarried(key: ForeignKey, going: Going) -> tuple[str, str] | None:
    """Return table and column that speak against carrying a key over; None if nothing does.

    Both sides have to go, each column with the one that it refers to, and both have to be read in
    the same way; a key without a column that goes is left as it is.
    """
    children = going.get(key.child.lower(), {})
    parents = going.get(key.parent.lower(), {})
    for child, parent in key.columns:
        ours, theirs = children.get(child.lower()), parents.get(parent.lower())
        if theirs is not None and (ours is None or ours.reading != theirs.reading):
            return key.parent, theirs.legacy
        if ours is not None and theirs is None:
            return key.child, ours.legacy
    return None


def ties(session: Session, part: Contract, rest: Contract) -> list[str]:
    """Return the foreign keys that have legacy columns of a part of a contract and of its rest."""
    ours, theirs = _legacy_columns(part), _legacy_columns(rest)
    return [
        str(key)
        for key in foreign_keys(session)
        if any(
            (child in ours and parent in theirs) or (child in theirs and parent in ours)
            for child, parent in key.places
        )
    ]


def _legacy_columns(contract: Contract) -> set[tuple[str, str]]:
    return {(t.name.lower(), column.legacy.lower()) for t, column in contract.columns()}


def violations(session: Session) -> dict[str, set[tuple[object, ...]]]:
    """Return what violates foreign keys, by the table that has them.

    A key that refers to what is not unique cannot be checked; then the error stands there.
    """
    schema = quote(session.schema)
    found: dict[str, set[tuple[object, ...]]] = {}
    for table in dict.fromkeys(key.child for key in foreign_keys(session)):
        try:
            rows = session.run(f"PRAGMA {schema}.foreign_key_check({quote(table)})").fetchall()
            found[table] = {tuple(row) for row in rows}
        except Failed as error:
            found[table] = {(str(error),)}
    return found
