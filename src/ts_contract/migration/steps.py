"""The steps of a migration: each knows the SQL that does it and the SQL that takes it back.

Plan, printed script and live run are made of the same objects, so they cannot disagree. What a
step needs of an engine's language it asks of the dialect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ..contract import Contract, VersionRow
from .engines.sqlite import ddl as dialect
from .engines.sqlite import script as sqlite_script
from .engines.sqlite import sync as sqlite_sync
from .forms import Reading
from .pairs import ColumnPair, PairedTable

__all__ = [
    "AddColumn",
    "Backfill",
    "BuildIndex",
    "CreateState",
    "InstallConversion",
    "InstallSync",
    "InstallZone",
    "RecordTable",
    "Step",
    "WriteVersion",
]


class Step(Protocol):
    """What all steps have in common."""

    @property
    def phase(self) -> str:
        """The phase of the migration that the step belongs to."""

    def sql(self, schema: str = "") -> tuple[str, ...]:
        """The statements that do it, names qualified by `schema` if one is given."""

    def undo(self, schema: str = "") -> tuple[str, ...]:
        """The statements that take it back."""


@dataclass(frozen=True, slots=True)
class CreateState:
    """Our own tables, and which contract they serve."""

    contract: Contract
    phase: str = "expand"

    @staticmethod
    def tables(schema: str = "") -> tuple[str, ...]:
        """The statements that create the tables alone, where they are not there yet."""
        return dialect.create_state(schema)

    def sql(self, schema: str = "") -> tuple[str, ...]:
        """Create the tables."""
        return (*self.tables(schema), dialect.record_contract(self.contract, schema))

    def undo(self, schema: str = "") -> tuple[str, ...]:
        """Drop them."""
        return dialect.drop_state(schema)


@dataclass(frozen=True, slots=True)
class RecordTable:
    """What the way back has to know of a table: its columns and its CREATE statement."""

    table: PairedTable
    phase: str = "expand"

    def sql(self, schema: str = "") -> tuple[str, ...]:
        """Remember it."""
        return (dialect.record_table(self.table, schema),)

    def undo(self, schema: str = "") -> tuple[str, ...]:
        """Nothing: it goes with the state."""
        return ()


@dataclass(frozen=True, slots=True)
class AddColumn:
    """One epoch column.

    Attributes:
        valid_range: first and last epoch milliseconds that a CHECK lets in; None for no CHECK.
    """

    table: str
    epoch: str
    valid_range: tuple[int, int] | None = None
    phase: str = "expand"

    def sql(self, schema: str = "") -> tuple[str, ...]:
        """Add the column."""
        return (dialect.add_column(self.table, self.epoch, self.valid_range, schema),)

    def undo(self, schema: str = "") -> tuple[str, ...]:
        """Drop the column."""
        return (dialect.drop_column(self.table, self.epoch, schema),)


@dataclass(frozen=True, slots=True)
class InstallZone:
    """The offsets of one named zone, as rows that SQL can look up."""

    reading: Reading
    phase: str = "expand"

    def sql(self, schema: str = "") -> tuple[str, ...]:
        """Create the table of zones if need be, and fill in this one."""
        return dialect.install_zone(self.reading, schema)

    def undo(self, schema: str = "") -> tuple[str, ...]:
        """Drop the table; no other step needs it then."""
        return dialect.drop_zones(schema)


@dataclass(frozen=True, slots=True)
class InstallConversion:
    """What sync triggers convert values by that are read in one way."""

    reading: Reading
    phase: str = "sync"

    def sql(self, schema: str = "") -> tuple[str, ...]:
        """Create the view to insert values into, and the trigger that converts them."""
        return sqlite_sync.create_conversion(self.reading, schema)

    def undo(self, schema: str = "") -> tuple[str, ...]:
        """Drop all such triggers with their view; no sync trigger needs them then."""
        return sqlite_sync.drop_conversions(schema)


@dataclass(frozen=True, slots=True)
class InstallSync:
    """The sync triggers of one table."""

    table: PairedTable
    phase: str = "sync"

    def sql(self, schema: str = "") -> tuple[str, ...]:
        """Create the triggers."""
        return sqlite_sync.create_sync(self.table, schema)

    def undo(self, schema: str = "") -> tuple[str, ...]:
        """Drop them."""
        return sqlite_sync.drop_sync(self.table, schema)


@dataclass(frozen=True, slots=True)
class Backfill:
    """The epoch values of all rows of some tables, and the quarantine of what has none.

    The statements are those of a script, in one pass; a live run updates the same columns by
    the same conversion in ranges of the key.
    """

    tables: tuple[PairedTable, ...]
    phase: str = "backfill"

    def sql(self, schema: str = "") -> tuple[str, ...]:
        """Fill every epoch column in one pass, with triggers on the tables held off."""
        return sqlite_script.backfill_script(self.tables, schema)

    def undo(self, schema: str = "") -> tuple[str, ...]:
        """Nothing: the values go with their columns."""
        return ()


@dataclass(frozen=True, slots=True)
class BuildIndex:
    """The descending index on one epoch column."""

    table: str
    epoch: str
    phase: str = "index"

    def sql(self, schema: str = "") -> tuple[str, ...]:
        """Create the index."""
        return (dialect.create_index(self.table, self.epoch, schema),)

    def undo(self, schema: str = "") -> tuple[str, ...]:
        """Drop it."""
        return (dialect.drop_index(self.table, self.epoch, schema),)


@dataclass(frozen=True, slots=True)
class WriteVersion:
    """The row that the migration records about itself."""

    version: VersionRow
    columns: tuple[ColumnPair, ...]
    phase: str = "version"

    def sql(self, schema: str = "") -> tuple[str, ...]:
        """Insert the row unless it is there, and remember that it was us."""
        return dialect.write_version(self.version, self.columns, schema)

    def undo(self, schema: str = "") -> tuple[str, ...]:
        """Delete the row if it was us who wrote it."""
        return dialect.delete_version(self.version, schema)
