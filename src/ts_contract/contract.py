"""The contract: which legacy columns become which epoch columns, and how both are read.

A contract is written once, as TOML, and read by all four parts. This module holds its model;
`loading` reads the TOML, and `checking` builds the model of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from .timestamps import EPOCH_2020_MS, EPOCH_2030_MS

__all__ = [
    "NAMED_TICKS",
    "ROWID_NAMES",
    "ColumnContract",
    "Contract",
    "ContractError",
    "NullValue",
    "Storage",
    "StorageName",
    "TableContract",
    "Ticks",
    "Unit",
    "VersionRow",
    "WrittenAs",
    "index_name",
    "is_utc",
]

Phase = Literal["migrate", "enforce", "finalized"]
StorageName = Literal[
    "auto",
    "seconds",
    "milliseconds",
    "microseconds",
    "nanoseconds",
    "apple-seconds",
    "apple-nanoseconds",
    "webkit-microseconds",
    "filetime",
    "dotnet-ticks",
    "julian-day",
    "ole-days",
    "packed",
]
Unit = Literal["s", "ms", "us", "100ns", "ns"]
NullValue = str | int | float
WrittenAs = str | int | float
Dialect = Literal["sqlite", "postgresql"]
OnOverlap = Literal["first", "second", "reject"]
OnGap = Literal["shift", "reject"]

ROWID_NAMES: Final = ("rowid", "_rowid_", "oid")
"""The key of a row, where no column is called so: https://sqlite.org/rowidtable.html."""

_UTC_NAMES = frozenset(
    prefix + name
    for prefix in ("", "etc/")
    for name in ("utc", "uct", "universal", "zulu", "gmt", "gmt0", "gmt+0", "gmt-0", "greenwich")
)


@dataclass(frozen=True, slots=True)
class Ticks:
    """Numbers that count units of one length since midnight UTC of a day.

    Attributes:
        unit: the length of one tick.
        epoch: the day of tick 0.

    Example:
        >>> print(Ticks("100ns", date(1601, 1, 1)))
        100ns since 1601-01-01
    """

    unit: Unit
    epoch: date

    def __str__(self) -> str:
        return f"{self.unit} since {self.epoch}"


Storage = StorageName | Ticks
"""What the numbers of a legacy column are: by a name, or by their unit and epoch."""

NAMED_TICKS: Final[Mapping[Storage, Ticks]] = {
    "seconds": Ticks("s", date(1970, 1, 1)),
    "milliseconds": Ticks("ms", date(1970, 1, 1)),
    "microseconds": Ticks("us", date(1970, 1, 1)),
    "nanoseconds": Ticks("ns", date(1970, 1, 1)),
    "apple-seconds": Ticks("s", date(2001, 1, 1)),
    "apple-nanoseconds": Ticks("ns", date(2001, 1, 1)),
    "webkit-microseconds": Ticks("us", date(1601, 1, 1)),
    "filetime": Ticks("100ns", date(1601, 1, 1)),
    "dotnet-ticks": Ticks("100ns", date(1, 1, 1)),
}
"""What the names of storages stand for that count ticks."""


class ContractError(ValueError):
    """A mistake in a contract, or no contract where one is needed.

    The message names the file, the key, what was found and what to write instead.
    """


@dataclass(frozen=True, slots=True)
class ColumnContract:
    """One legacy column and its epoch column.

    Attributes:
        legacy: name of the naive column, as in the database.
        epoch: name of its successor in epoch milliseconds.
        index: whether the epoch column is indexed (descending).
        storage: what the numbers in the legacy column are; `auto` tells their unit by magnitude.
        timezone: zone name of legacy values without a zone.
        null_values: stored values that stand for NULL, as they are stored.
        written_as: a value of the shape in which the sync triggers write the legacy column; None
            for that of its latest rows.
    """

    legacy: str
    epoch: str
    index: bool = True
    storage: Storage = "auto"
    timezone: str = "UTC"
    null_values: tuple[NullValue, ...] = ()
    written_as: WrittenAs | None = None


@dataclass(frozen=True, slots=True)
class TableContract:
    """The columns of one table.

    Attributes:
        name: name of the table, as in the database.
        columns: its legacy columns, in the order of the contract.
        optional: whether the table may be missing from a database.
    """

    name: str
    columns: tuple[ColumnContract, ...]
    optional: bool = False

    def column(self, legacy: str) -> ColumnContract | None:
        """Return the column whose legacy name is `legacy` (case does not count), or None."""
        return next((c for c in self.columns if c.legacy.lower() == legacy.lower()), None)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """The row that a migration records about itself.

    Attributes:
        table: table that receives the row.
        value: version to write.
        column: column that receives the version. Contract columns of the table get the time.
    """

    table: str
    value: str
    column: str = "version"


@dataclass(frozen=True, slots=True)
class Contract:
    """The declared set of legacy columns and their epoch columns, per table.

    Attributes:
        name: what messages and reports call it.
        tables: the tables, in the order of the file.
        phase: how far the code base is: `migrate`, `enforce` or `finalized`.
        on_overlap: which instant a local time that happened twice stands for.
        on_gap: whether a local time that never happened is shifted or rejected.
        valid_range: first and last valid instant, epoch milliseconds, both included; None if every
            instant is valid.
        clock: module that the codemod imports the epoch-millisecond functions from.
        schema: SQL files, directories or databases, relative to `root`, that describe all tables.
        dialect: SQL dialect of the code base.
        exclude: glob patterns, relative to `root`, that lint and codemod leave out.
        helpers: dotted names of project functions that make a naive clock right.
        models: ORM class to table, for classes whose table is not visible, as sorted pairs.
        version: the row that a migration records, if any.
        root: directory of the configuration file; None for a shipped contract.

    Example:
        >>> runs = TableContract("runs", (ColumnContract("lease_until", "lease_until_ms"),))
        >>> Contract("mine", tables=(runs,)).table("runs").column("lease_until").epoch
        'lease_until_ms'
    """

    name: str
    tables: tuple[TableContract, ...] = ()
    phase: Phase = "migrate"
    on_overlap: OnOverlap = "reject"
    on_gap: OnGap = "reject"
    valid_range: tuple[int, int] | None = None
    clock: str = "ts_contract"
    schema: tuple[str, ...] = ()
    dialect: Dialect = "sqlite"
    exclude: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    models: tuple[tuple[str, str], ...] = ()
    version: VersionRow | None = None
    root: Path | None = field(default=None, compare=False)

    @property
    def plausible_range(self) -> tuple[int, int]:
        """The valid range, or where there is none, that in which seconds and microseconds are not.

        It is for guesses about code and for a CHECK; an instant outside is valid all the same.
        """
        return self.valid_range or (EPOCH_2020_MS, EPOCH_2030_MS)

    @property
    def table_names(self) -> tuple[str, ...]:
        """The names of its tables."""
        return tuple(table.name for table in self.tables)

    def table(self, name: str) -> TableContract | None:
        """Return the contract of table `name` (case does not count), or None."""
        return next((t for t in self.tables if t.name.lower() == name.lower()), None)

    def columns(self) -> Iterator[tuple[TableContract, ColumnContract]]:
        """Yield every column with its table, in the order of the contract."""
        for table in self.tables:
            for column in table.columns:
                yield table, column

    def fingerprint(self) -> str:
        """Return a hash (64 hex digits) of everything that decides what a migration does.

        Two contracts that migrate a database in the same way have the same fingerprint,
        whatever their names, and whatever they tell the linter.
        """
        # Without a range version 0.1.0 took the plausible one; what it began has to go on.
        decisive = {**self.decisive(), "range": self.plausible_range}
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()

    def decisive(self) -> dict[str, Any]:
        """Return everything that decides what a migration does, as JSON can hold it."""
        return {
            "tables": [_decisive(table) for table in self.tables],
            "on": [self.on_overlap, self.on_gap],
            "range": self.valid_range,
            "version": None if self.version is None else asdict(self.version),
        }

    @classmethod
    def of_decisive(cls, name: str, decisive: Mapping[str, Any]) -> Contract:
        """Return the contract that `decisive` was returned by, as far as it decides.

        Args:
            name: what messages and reports call it.
            decisive: what was returned, perhaps by way of JSON.
        """
        on_overlap, on_gap = decisive["on"]
        version = decisive["version"]
        return cls(
            name,
            tables=tuple(_table_of(table) for table in decisive["tables"]),
            on_overlap=on_overlap,
            on_gap=on_gap,
            valid_range=None if decisive["range"] is None else tuple(decisive["range"]),
            version=None if version is None else VersionRow(**version),
        )


def _decisive(table: TableContract) -> dict[str, Any]:
    """Return a table as JSON can hold it; what a column had no key for in 0.1.0 is left out."""
    described = asdict(table)
    for column, stored in zip(table.columns, described["columns"], strict=True):
        if isinstance(column.storage, Ticks):
            stored["storage"] = {"unit": column.storage.unit, "epoch": str(column.storage.epoch)}
        if not column.null_values:
            del stored["null_values"]
        if column.written_as is None:
            del stored["written_as"]
    return described


def _table_of(stored: Mapping[str, Any]) -> TableContract:
    columns = tuple(_column_of(**column) for column in stored["columns"])
    return TableContract(stored["name"], columns, stored["optional"])


def _column_of(*, storage: Any, null_values: Any = (), **stored: Any) -> ColumnContract:
    if isinstance(storage, dict):
        storage = Ticks(storage["unit"], date.fromisoformat(storage["epoch"]))
    return ColumnContract(**stored, storage=storage, null_values=tuple(null_values))


def index_name(table: str, epoch: str) -> str:
    """Return the name of our index on an epoch column.

    Example:
        >>> index_name("tasks", "created_at_ms")
        'idx_tasks_created_at_ms'
    """
    return f"idx_{table}_{epoch}"


def is_utc(timezone: str) -> bool:
    """Return whether a zone name is one of those that mean UTC, and always did.

    Example:
        >>> is_utc("Etc/UTC"), is_utc("Zulu"), is_utc("Europe/London")
        (True, True, False)
    """
    return timezone.lower() in _UTC_NAMES
