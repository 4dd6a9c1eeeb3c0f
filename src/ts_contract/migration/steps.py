"""The steps of a migration as data: what is done, to what, in which phase.

The statements are an engine's: `engine.ddl.do(step)` and `engine.ddl.undo(step)`. Plan, printed
script and live run are made of the same steps, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from ..contract import Contract, VersionRow
from .forms import Reading
from .pairs import ColumnPair, PairedTable, SuccessorIndex
from .zones import is_utc

__all__ = [
    "PHASES",
    "AddColumn",
    "Backfill",
    "BuildIndex",
    "BuildSuccessor",
    "ClearNullValues",
    "CreateState",
    "FillAnew",
    "InstallConversion",
    "InstallSync",
    "InstallZone",
    "RecordColumns",
    "RecordTable",
    "Step",
    "TakeBack",
    "WriteVersion",
    "ordered_steps",
]

PHASES: Final = ("expand", "sync", "backfill", "index", "version")
"""The phases that have steps, in order."""


class Step(Protocol):
    """What all steps have in common."""

    @property
    def phase(self) -> str:
        """The phase of the migration that the step belongs to."""


@dataclass(frozen=True, slots=True)
class CreateState:
    """Our own tables, and which contract they serve. Undone, all of them are gone."""

    contract: Contract
    phase: str = "expand"


@dataclass(frozen=True, slots=True)
class RecordTable:
    """What the way back has to know of a table: its columns and its CREATE statement.

    There is nothing to undo: it goes with the state.
    """

    table: PairedTable
    phase: str = "expand"


@dataclass(frozen=True, slots=True)
class AddColumn:
    """One epoch column.

    Attributes:
        table: the table that it is added to.
        epoch: its name.
        valid_range: first and last epoch milliseconds that a CHECK lets in; None for no CHECK.
    """

    table: str
    epoch: str
    valid_range: tuple[int, int] | None = None
    phase: str = "expand"


@dataclass(frozen=True, slots=True)
class InstallZone:
    """The offsets of one named zone, as rows that SQL can look up. Undone, those of all zones."""

    reading: Reading
    phase: str = "expand"


@dataclass(frozen=True, slots=True)
class InstallConversion:
    """What sync triggers convert values by that are read in one way. Undone, in whatever way."""

    reading: Reading
    phase: str = "sync"


@dataclass(frozen=True, slots=True)
class InstallSync:
    """The sync triggers of one table."""

    table: PairedTable
    phase: str = "sync"


@dataclass(frozen=True, slots=True)
class Backfill:
    """The epoch values of all rows of some tables, and the quarantine of what has none.

    The statements are those of a script, in one pass; a live run updates the same columns by
    the same conversion in ranges of the key. There is nothing to undo: the values go with their
    columns.
    """

    tables: tuple[PairedTable, ...]
    phase: str = "backfill"


@dataclass(frozen=True, slots=True)
class BuildIndex:
    """The descending index on one epoch column."""

    table: str
    epoch: str
    phase: str = "index"


@dataclass(frozen=True, slots=True)
class BuildSuccessor:
    """An index on epoch columns that the application has on legacy ones.

    A unique one is there as soon as new code can write, so that what is a conflict by the legacy
    columns is one by the epoch columns.
    """

    table: str
    index: SuccessorIndex

    @property
    def phase(self) -> str:
        """The phase that it is built in."""
        return "sync" if self.index.unique else "index"


@dataclass(frozen=True, slots=True)
class WriteVersion:
    """The row that the migration records about itself. Undone only if it was us who wrote it.

    Attributes:
        version: the row.
        columns: the contract columns of its table, which get the time.
    """

    version: VersionRow
    columns: tuple[ColumnPair, ...] = ()
    phase: str = "version"


# --- a contract that has changed midway ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TakeBack:
    """A step that is taken back, before it is done anew or for good."""

    step: Step
    phase: str = "expand"


@dataclass(frozen=True, slots=True)
class RecordColumns:
    """Which columns of a table on record are migrated; its CREATE statement stays on record."""

    table: PairedTable
    phase: str = "expand"


@dataclass(frozen=True, slots=True)
class ClearNullValues:
    """No epoch value beside a legacy value that has come to stand for NULL."""

    table: PairedTable
    column: ColumnPair
    phase: str = "expand"


@dataclass(frozen=True, slots=True)
class FillAnew:
    """The backfill of a table back at its beginning; it fills what has no epoch value."""

    table: PairedTable
    phase: str = "expand"


def ordered_steps(
    contract: Contract,
    tables: tuple[PairedTable, ...],
    *,
    filled: tuple[PairedTable, ...],
    valid_range: tuple[int, int] | None = None,
) -> Iterator[Step]:
    """Yield every step from the legacy to the migrated schema, in order, whatever is done already.

    Args:
        contract: which columns.
        tables: its tables.
        filled: those of them that the backfill has to go through.
        valid_range: first and last epoch milliseconds that a CHECK lets in; None for no CHECK.
    """
    yield CreateState(contract)
    for table in tables:
        yield RecordTable(table)
        yield from (AddColumn(table.name, pair.epoch, valid_range) for pair in table.columns)
    readings = dict.fromkeys(pair.reading for table in tables for pair in table.columns)
    zones = {reading.timezone: reading for reading in readings if not is_utc(reading.timezone)}
    yield from (InstallZone(reading) for reading in zones.values())
    successors = [BuildSuccessor(table.name, each) for table in tables for each in table.indexes]
    yield from (step for step in successors if step.index.unique)
    yield from (InstallConversion(reading) for reading in readings)
    yield from (InstallSync(table) for table in tables)
    if filled:
        yield Backfill(filled)
    for table in tables:
        yield from (BuildIndex(table.name, pair.epoch) for pair in table.columns if pair.index)
    yield from (step for step in successors if not step.index.unique)
    version = contract.version
    if version is not None:
        named = (table.columns for table in tables if table.name.lower() == version.table.lower())
        yield WriteVersion(version, next(named, ()))
