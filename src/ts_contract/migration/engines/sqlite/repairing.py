"""Writing one column of a pair by the other, row by row, in ranges of the key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...forms import MAX_MS, MIN_MS
from ...pairs import ColumnPair, PairedTable
from ..answers import UnsureRow
from ..base import Session
from . import updates
from .names import column_in, quote
from .proof import sure_expression
from .ranges import greatest_key, key_condition, range_condition, ranges
from .sync import legacy_value

__all__ = ["batches", "list_unconverted", "unsure_rows", "write_epoch", "write_legacy"]

Bound = Any
"""A key as `ranges` has it."""


def batches(
    session: Session, table: PairedTable, size: int
) -> Iterator[tuple[Bound | None, Bound]]:
    """Yield ranges of keys, of so many rows each, for all that a table holds now."""
    upto = greatest_key(session, table)
    if upto is not None:
        yield from ranges(session, table, None, upto, size, dense=False)


def unsure_rows(
    session: Session, table: PairedTable, after: Bound | None, upto: Bound
) -> list[UnsureRow]:
    """Return the rows of a range in which a pair is not certainly right."""
    where, values = range_condition(table, after, upto)
    names = [*table.key, *(name for c in table.columns for name in (c.legacy, c.epoch))]
    columns = ", ".join(column_in(name, table.name) for name in names)
    unsure = " OR ".join(
        f"NOT {sure_expression(c, (MIN_MS, MAX_MS), table.name)}" for c in table.columns
    )
    rows = session.run(
        f"SELECT {columns} FROM {session.qualified(table.name)} WHERE {where} AND ({unsure})",
        *values,
    )
    width = len(table.key)
    return [UnsureRow(row[:width], row[width:]) for row in rows]


def write_epoch(
    session: Session, table: PairedTable, pair: ColumnPair, key: tuple[Any, ...], ms: int | None
) -> None:
    """Write an epoch value."""
    where, values = key_condition(table, key)
    name = session.qualified(table.name)
    session.run(f"UPDATE {name} SET {quote(pair.epoch)} = ? WHERE {where}", ms, *values)


def write_legacy(
    session: Session, table: PairedTable, pair: ColumnPair, key: tuple[Any, ...]
) -> None:
    """Write a legacy value by the epoch value, as the sync triggers do, if there is one for it."""
    where, values = key_condition(table, key)
    written = legacy_value(column_in(pair.epoch, table.name), pair)
    name, legacy = session.qualified(table.name), column_in(pair.legacy, table.name)
    session.run(
        f"UPDATE {name} SET {quote(pair.legacy)} = coalesce({written}, {legacy}) WHERE {where}",
        *values,
    )


def list_unconverted(
    session: Session, table: PairedTable, after: Bound | None, upto: Bound
) -> None:
    """List in the quarantine what has no instant in a range of rows."""
    where, values = range_condition(table, after, upto)
    for pair in table.columns:
        session.run(updates.quarantine(table, pair, where, session.schema), *values)
