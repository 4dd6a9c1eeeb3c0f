"""What the facets of an engine answer, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = [
    "ColumnCounts",
    "Cursor",
    "Dependent",
    "DependentIndex",
    "Dropped",
    "FiredTrigger",
    "FormCount",
    "Lack",
    "Room",
    "Sample",
    "Succession",
    "UnsureRow",
]


@dataclass(frozen=True, slots=True)
class FormCount:
    """How many values of one column have one form.

    Attributes:
        form: name of the form.
        rows: how many values.
        example: one of them, as a SQL literal, shortened.
        first: the first of their instants, epoch milliseconds; None where they have none.
        last: the last one.
        outside: how many of the instants lie outside the range that was asked about.
    """

    form: str
    rows: int
    example: str
    first: int | None = None
    last: int | None = None
    outside: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """How much room there is for a database to grow.

    Attributes:
        free: bytes that are free on its file system; None if that is not known.
        has_log: whether what is written stands in a log that readers can keep from being cut.
    """

    free: int | None
    has_log: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows of a table: as many of the first as of the last by its key.

    Attributes:
        key: the columns that address a row.
        rows: how many rows, in all.
    """

    key: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the backfill of a table is. The keys are the engine's, as JSON can hold them.

    Attributes:
        after: key of the last row that is filled; None before the first.
        upto: key of the last row to fill; None for an empty table.
        density: how many rows there are for each number that could be a key; None if the keys are
            not whole numbers, or lie too far apart to be counted instead of rows.
        done: whether all is filled.
        filled: how many rows are, about.
        rows: how many there are to fill, about.
    """

    after: Any
    upto: Any
    density: float | None
    done: bool
    filled: int
    rows: int


@dataclass(frozen=True, slots=True)
class ColumnCounts:
    """What one pass over a table counted for one column.

    Attributes:
        legacy: its legacy values.
        unconverted: those of them without an epoch value, but for `null_values`.
        null_values: those without one that stand for NULL.
        unsure: rows in which the pair is not certainly right.
    """

    legacy: int
    unconverted: int
    null_values: int
    unsure: int


@dataclass(frozen=True, slots=True, order=True)
class Dependent:
    """A view or trigger that needs a column; table and column in lower case."""

    kind: str
    name: str
    table: str
    column: str


@dataclass(frozen=True, slots=True)
class DependentIndex:
    """An index of the application that names a column.

    Attributes:
        name: its name.
        unique: whether it keeps rows apart.
        column: the first of the columns that it names.
        create: its CREATE statement.
    """

    name: str
    unique: bool
    column: str
    create: str


@dataclass(frozen=True, slots=True)
class FiredTrigger:
    """A trigger of the application that the sync triggers of its table fire.

    Attributes:
        name: its name.
        reason: why a row that was tried is not stored as it was written; None if all were.
        is_always: whether none of those that were tried is.
    """

    name: str
    reason: str | None = None
    is_always: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """What went with the columns of a table.

    Attributes:
        checks: the CHECK constraints that did.
        rebuilt: whether the table had to be rebuilt.
    """

    checks: tuple[str, ...]
    rebuilt: bool


@dataclass(frozen=True, slots=True)
class Lack:
    """What a database lacks of a step.

    Attributes:
        kind: `column`, `table`, `view`, `trigger` or `index`, or `zone` for the rows of one.
        name: its name.
        is_altered: whether something else stands in its place.
    """

    kind: str
    name: str
    is_altered: bool = False

    def __str__(self) -> str:
        """Say it."""
        how = "is not as ts-contract makes it" if self.is_altered else "is missing"
        return f"{self.kind} {self.name} {how}"


@dataclass(frozen=True, slots=True)
class Succession:
    """What becomes of a table when its legacy columns go.

    Attributes:
        create: its CREATE statement then.
        carried: the clauses that the epoch columns take over, as `NOT NULL of orders.placed_at`.
        refusals: what they cannot take over, with what to do about it.
        is_rebuild: whether the statement differs by more than the columns that go.
    """

    create: str
    carried: tuple[str, ...]
    refusals: tuple[str, ...]
    is_rebuild: bool


@dataclass(frozen=True, slots=True)
class UnsureRow:
    """A row in which a pair is not certainly right: its key, and both values of every pair."""

    key: tuple[Any, ...]
    values: tuple[Any, ...]
