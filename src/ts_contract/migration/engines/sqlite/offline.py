"""Threads that help the one who fills a table while nobody else can write (`--offline`).

One proves, ahead of the one who fills, which ranges of the table are in no doubt: a good part of
what a conversion costs is the proof that a text is of an instant at all. The other moves what is
committed from the log into the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

from ...errors import MigrationError
from ...pairs import PairedTable
from ..base import Session
from .connection import file_of, has_write_ahead_log, opened
from .ranges import Key, range_condition
from .updates import backfill_unproved, in_doubt

__all__ = ["ProvedRanges", "checkpointing_aside", "fill_unproved", "proving_aside"]

Ranges = Callable[[Session], Iterator[tuple[Key | None, Key]]]


@dataclass(slots=True)
class ProvedRanges:
    """What the thread has proved so far; it stays ahead of the range that was taken last."""

    proved: set[int] = field(default_factory=set)
    taken: int = 0

    def take(self, number: int) -> bool:
        """Return whether a range is in no doubt, and prove it no more if that is not known yet."""
        self.taken = number
        return number in self.proved


@contextmanager
def proving_aside(session: Session, table: PairedTable, ranges: Ranges) -> Iterator[ProvedRanges]:
    """Let a thread prove range after range, while the block fills them.

    Args:
        session: a database in WAL mode, in a transaction that has written nothing into the table
            yet and lets nobody else write: what the thread reads stays true in the block.
        table: the table.
        ranges: yields its ranges.

    Yields:
        What is proved; without an error of its own: what cannot be read is in doubt.
    """
    proofs, done = ProvedRanges(), Event()
    aside = opened(session.engine, file_of(session), write=False, schema=None)
    thread = Thread(target=_prove, args=(aside, table, ranges, proofs, done))
    thread.start()
    try:
        yield proofs
    finally:
        done.set()
        thread.join()


def _prove(
    aside: AbstractContextManager[Session],
    table: PairedTable,
    ranges: Ranges,
    proofs: ProvedRanges,
    done: Event,
) -> None:
    with suppress(MigrationError), aside as session:
        for number, (after, upto) in enumerate(ranges(session)):
            if done.is_set():
                return
            if number > proofs.taken and not _is_in_doubt(session, table, after, upto):
                proofs.proved.add(number)


def _is_in_doubt(session: Session, table: PairedTable, after: Key | None, upto: Key) -> bool:
    """Return whether a range of rows has a value that `fill_unproved` might get wrong."""
    where, values = range_condition(table, after, upto)
    return session.value(in_doubt(table, where, session.schema), *values) is not None


def fill_unproved(session: Session, table: PairedTable, after: Key | None, upto: Key) -> None:
    """Fill the epoch columns of a range of rows that is not in doubt."""
    where, values = range_condition(table, after, upto)
    session.run(backfill_unproved(table, where, session.schema), *values)


@contextmanager
def checkpointing_aside(session: Session) -> Iterator[None]:
    """Let a thread move what is committed into the database file, while the block goes on.

    In WAL mode only, for few large transactions: between many small ones it would never come to
    the log's end, without which the log cannot begin anew. https://sqlite.org/wal.html#ckpt
    """
    if not has_write_ahead_log(session):
        yield
        return
    before = session.value("PRAGMA wal_autocheckpoint")
    done = Event()
    thread = Thread(target=_checkpoint_until, args=(done, file_of(session)))
    thread.start()
    try:
        session.run("PRAGMA wal_autocheckpoint = 0")
        yield
    finally:
        done.set()
        thread.join()
        session.run(f"PRAGMA wal_autocheckpoint = {before}")


def _checkpoint_until(done: Event, file: str) -> None:
    # What it cannot do, the next commit or who closes the database last will try again.
    with suppress(sqlite3.Error), closing(sqlite3.connect(file, isolation_level=None)) as aside:
        while not done.wait(0.05):
            aside.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
