"""Progress messages of long-running work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Progress", "ProgressCallback", "silent"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One message of long-running work.

    Attributes:
        phase: what is being done: `survey`, `backup`, `backfill`, `index`, `verify`, `lint`, ...
        table: the table, or another name for the piece of work.
        done: rows, pages or pieces done so far.
        total: how many there are; an estimate where rows are inserted meanwhile.
    """

    phase: str
    table: str
    done: int
    total: int


ProgressCallback = Callable[[Progress], None]


def silent(_: Progress) -> None:
    """Ignore progress."""
