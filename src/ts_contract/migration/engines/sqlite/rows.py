"""Filling the epoch columns of a table, in batches or all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Final

from ....progress import Progress, ProgressCallback
from ...own_tables import QUARANTINE
from ...pairs import PairedTable
from ...stopping import StopFlag
from ..answers import Cursor
from ..base import Session
from . import updates
from .connection import (
    as_sqlite,
    has_write_ahead_log,
    not_waiting_for_the_disk,
    sorting_in_parallel,
)
from .names import column_in
from .offline import ProvedRanges, checkpointing_aside, fill_unproved, proving_aside
from .proof import left_over_keys
from .quiet import without_triggers
from .ranges import Key, batch_end, density, greatest_key, keeps_keys, range_condition, ranges
from .survey import provide_zones

__all__ = [
    "alone",
    "fill",
    "fill_all",
    "indexing",
    "prepared",
    "prune",
    "resumed",
    "start",
    "without_triggers",
]

ROWS_OF_ONE_STATEMENT = 100_000

_UNUSUAL: Final = "_ts_contract_unusual"


@contextmanager
def prepared(session: Session, tables: Sequence[PairedTable]) -> Iterator[None]:
    """Let a session fill some tables in the block."""
    # Noticing an unusual value spares a second look at every row. The function stays in the
    # connection: sqlite3 has no way to take one back.
    own = as_sqlite(session)
    own.connection.create_function(_UNUSUAL, 1, own.noticed.append)
    with not_waiting_for_the_disk(session):
        for table in tables:
            for pair in table.columns:
                provide_zones(session, pair.reading)
        yield


def alone(session: Session) -> AbstractContextManager[None]:
    """Let a migration that takes each table in one pass be quick in the block."""
    return nullcontext() if as_sqlite(session).is_lent else checkpointing_aside(session)


def indexing(session: Session) -> AbstractContextManager[None]:
    """Let an index that is built in the block hold others up for a short time only."""
    return sorting_in_parallel(session)


def start(session: Session, table: PairedTable, rows: int) -> Cursor:
    """Return the cursor at the beginning of a table that has so many rows, about."""
    upto = greatest_key(session, table)
    share = None if upto is None else density(session, table, upto, rows)
    return Cursor(after=None, upto=upto, density=share, done=False, filled=0, rows=rows)


def resumed(session: Session, table: PairedTable, cursor: Cursor) -> Cursor | None:
    """Return an earlier run's cursor as this one goes on from it; None if it cannot.

    It ends at the greatest key of today: no batch has to pass the numbers up to one that is gone.
    """
    keys = [key for key in (cursor.after, cursor.upto) if key is not None]
    if not keeps_keys(table) or any(len(key) != len(table.key) for key in keys):
        return None
    if cursor.density is None or cursor.upto is None:
        return cursor
    match greatest_key(session, table):
        case [int(greatest)]:
            return replace(cursor, upto=[min(cursor.upto[0], greatest)])
        case _:
            return None


def fill(session: Session, table: PairedTable, cursor: Cursor, size: int) -> Cursor:
    """Fill the next rows of a table, and return the cursor behind them."""
    end = None
    _require_columns(session, table)
    if cursor.upto is not None:
        is_dense = cursor.density is not None
        end = batch_end(session, table, cursor.after, cursor.upto, size, dense=is_dense)
        _fill_range(session, table, cursor.after, end or cursor.upto)
    return replace(
        cursor,
        after=end or cursor.upto,
        filled=min(cursor.filled + int(size * (cursor.density or 1)), cursor.rows),
        done=end is None,
    )


def fill_all(
    session: Session,
    table: PairedTable,
    cursor: Cursor,
    stop: StopFlag,
    progress: ProgressCallback,
) -> None:
    """Fill all of a table, in a transaction that keeps everybody else out."""
    _require_columns(session, table)
    if cursor.upto is None:
        return
    size = ROWS_OF_ONE_STATEMENT
    step = int(size * (cursor.density or 1))
    walk = partial(
        ranges,
        table=table,
        after=None,
        upto=cursor.upto,
        size=size,
        dense=cursor.density is not None,
    )
    proving: AbstractContextManager[ProvedRanges] = nullcontext(ProvedRanges())
    if cursor.rows > size and _may_prove_aside(session, table):
        proving = proving_aside(session, table, walk)
    with proving as proofs:
        for number, (after, upto) in enumerate(walk(session)):
            stop.check()
            done = min(number * step, cursor.rows)
            progress(Progress("backfill", table.name, done, cursor.rows))
            if proofs.take(number):
                fill_unproved(session, table, after, upto)
            else:
                _fill_range(session, table, after, upto)


def _require_columns(session: Session, table: PairedTable) -> None:
    """Fail if a column is gone since the plan: a quoted name would be a string constant then."""
    names = ", ".join(
        column_in(name, table.name) for pair in table.columns for name in (pair.legacy, pair.epoch)
    )
    session.run(f"SELECT {names} FROM {session.qualified(table.name)} LIMIT 0")


def _may_prove_aside(session: Session, table: PairedTable) -> bool:
    """Return whether a thread may read the file beside us, and could prove something."""
    return (
        not as_sqlite(session).is_lent
        and has_write_ahead_log(session)
        and all(map(updates.can_be_plain, table.columns))
    )


def _fill_range(session: Session, table: PairedTable, after: Key | None, upto: Key) -> None:
    """Fill the epoch columns of a range of rows, and list what has no instant.

    Args:
        session: a database in a transaction, the table's triggers held off.
        table: the table.
        after: key of the last row before the range; None for the beginning.
        upto: key of the last row in the range.
    """
    where, values = range_condition(table, after, upto)
    noticed = as_sqlite(session).noticed
    # The longer conversions take SQLite longer to compile than a batch of plain values to convert.
    for backfill in updates.short_backfills(table):
        noticed.clear()
        session.run(backfill(table, where, session.schema, f"{_UNUSUAL}(1)"), *values)
        if not noticed:
            return
    session.run(updates.backfill(table, where, session.schema), *values)
    for pair in table.columns:
        session.run(updates.quarantine(table, pair, where, session.schema), *values)


def prune(session: Session, table: PairedTable) -> None:
    """Delete the entries of the quarantine that belong to no unconverted value any more.

    A row may have been corrected or deleted while no sync trigger was there, or VACUUM may have
    numbered the rows of a table without INTEGER PRIMARY KEY anew.
    """
    for column in table.columns:
        session.run(
            f"DELETE FROM {session.qualified(QUARANTINE)}"
            " WHERE table_name = ? AND column_name = ?"
            f" AND row_key IN ({left_over_keys(session, table, column)})",
            table.name,
            column.legacy,
        )
