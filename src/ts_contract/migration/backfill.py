"""Fills the epoch columns: in batches while others write, or in one pass while nobody can."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from ..progress import Progress
from .engines.answers import Cursor
from .pairs import PairedTable
from .run import Run
from .state import finish_phase, note_backfill, read_cursor

__all__ = ["Pace", "fill_tables", "let_others_write", "note_start"]

PAUSE_FOR_SCHEMA = 0.005


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast tables are filled.

    Attributes:
        offline: whether each table is taken in one pass under an exclusive lock.
        batch_size: rows in one transaction, if not.
        pause: seconds between two of them, at least.
    """

    offline: bool
    batch_size: int
    pause: float


def fill_tables(run: Run, tables: list[PairedTable], rows: dict[str, int], pace: Pace) -> None:
    """Fill the epoch columns of some tables.

    Args:
        run: the run at work.
        tables: the tables.
        rows: how many rows each of them has, about.
        pace: how fast.
    """
    with run.session.engine.rows.prepared(run.session, tables):
        for table in tables:
            if pace.offline:
                _fill_in_one_pass(run, table, rows[table.name])
            else:
                _fill_in_batches(run, table, rows[table.name], pace)
        with run.transaction():
            finish_phase(run.session, "backfill", rows)


def note_start(run: Run, table: PairedTable, rows: int) -> Cursor:
    """Note that the backfill of a table is at its beginning, in the transaction that is open."""
    cursor = run.session.engine.rows.start(run.session, table, rows)
    note_backfill(run.session, table.name, cursor)
    return cursor


def _fill_in_one_pass(run: Run, table: PairedTable, count: int) -> None:
    """Fill a table while nobody else can write."""
    session, rows = run.session, run.session.engine.rows
    with run.transaction("exclusive"), rows.without_triggers(session, table.name):
        cursor = rows.start(session, table, count)
        # Of the end, at the beginning: for a page that the log holds already, the commit would
        # read all of the log behind it again.
        at_end = replace(cursor, after=cursor.upto, filled=cursor.rows, done=True)
        note_backfill(session, table.name, at_end)
        rows.fill_all(session, table, cursor, run.stop, run.progress)
        rows.prune(session, table)
    run.progress(Progress("backfill", table.name, cursor.rows, cursor.rows))


def _fill_in_batches(run: Run, table: PairedTable, count: int, pace: Pace) -> None:
    session, rows = run.session, run.session.engine.rows
    cursor = read_cursor(session, table.name)
    if cursor is not None:
        cursor = rows.resumed(session, table, cursor)
    if cursor is None or cursor.done:
        with run.transaction():
            cursor = note_start(run, table, count)
    while not cursor.done:
        run.progress(Progress("backfill", table.name, cursor.filled, cursor.rows))
        begin = time.monotonic()
        with run.transaction(), rows.without_triggers(session, table.name) as has_changed_schema:
            cursor = rows.fill(session, table, cursor, pace.batch_size)
            if cursor.done:
                rows.prune(session, table)
            note_backfill(session, table.name, cursor)
        held = time.monotonic() - begin
        let_others_write(held, pace.pause, has_changed_schema=has_changed_schema)
    run.progress(Progress("backfill", table.name, cursor.rows, cursor.rows))


def let_others_write(held: float, pause: float, *, has_changed_schema: bool) -> None:
    """Pause longer than the lock was held.

    SQLite's busy handler looks again after 1, 2, 5, 10, 15, 20, 25 ms: from 8 ms on, no wait is
    more than a quarter longer than all before it together. So who waits for a transaction
    looks again during the pause that follows it, and does not wait for the next one too.
    Who finds another schema then reads it before coming back, which takes some time.
    """
    if pause:
        for_schema = PAUSE_FOR_SCHEMA if has_changed_schema else 0.0
        time.sleep(max(pause, 1.25 * held) + for_schema)
