"""Proving in a thread, while another fills a table, which of its ranges are in no doubt.

A good part of what a conversion costs is the proof that a text is of an instant at all. While
nobody can write, it can be given ahead of the one who fills.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

from ...errors import MigrationError
from ...pairs import TableShape
from .inspection import Database, file_of, opened
from .rows import Key, is_in_doubt

__all__ = ["Proofs", "proving_aside"]

Ranges = Callable[[Database], Iterator[tuple[Key | None, Key]]]


@dataclass(slots=True)
class Proofs:
    """What the thread has proved so far; it stays ahead of the range that was taken last."""

    proved: set[int] = field(default_factory=set)
    taken: int = 0

    def take(self, number: int) -> bool:
        """Return whether a range is in no doubt, and prove it no more if that is not known yet."""
        self.taken = number
        return number in self.proved


@contextmanager
def proving_aside(database: Database, table: TableShape, ranges: Ranges) -> Iterator[Proofs]:
    """Let a thread prove range after range, while the block fills them.

    Args:
        database: a database in WAL mode, in a transaction that has written nothing into the table
            yet and lets nobody else write: what the thread reads stays true in the block.
        table: the table.
        ranges: yields its ranges.

    Yields:
        What is proved; without an error of its own: what cannot be read is in doubt.
    """
    proofs, done = Proofs(), Event()
    thread = Thread(target=_prove, args=(file_of(database), table, ranges, proofs, done))
    thread.start()
    try:
        yield proofs
    finally:
        done.set()
        thread.join()


def _prove(file: str, table: TableShape, ranges: Ranges, proofs: Proofs, done: Event) -> None:
    with suppress(MigrationError), opened(file, write=False) as database:
        for number, (after, upto) in enumerate(ranges(database)):
            if done.is_set():
                return
            if number > proofs.taken and not is_in_doubt(database, table, after, upto):
                proofs.proved.add(number)
