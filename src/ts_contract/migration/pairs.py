"""Columns in pairs, legacy and epoch: what a contract says of them, and what a database adds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from ..contract import ColumnContract, Contract, ContractError, TableContract
from .forms import Reading, convert, reading_of
from .numbers import DAYS_SINCE
from .schema import ColumnInfo, TableInfo
from .telling import template_like, template_of
from .templates import (
    PACKED,
    PLAIN,
    TRIMMED,
    NumberTemplate,
    Template,
    example_of,
    is_read_back,
    precision_of,
    write,
)

__all__ = [
    "ColumnPair",
    "LatestValues",
    "PairedTable",
    "SuccessorIndex",
    "declared_pair",
    "paired_table",
]

LatestValues = Callable[["ColumnPair"], Sequence[object]]
"""Returns the latest values of a legacy column, the latest first."""

EMPTY: Final[Mapping[str, Template]] = {}
TellsTemplate = Literal["contract", "state", "rows", "table", "type"]


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """One legacy column with its epoch column, as the migration treats them.

    Attributes:
        legacy: the legacy column.
        epoch: the epoch column.
        reading: how stored values are read.
        index: whether the epoch column gets an index.
        template: the shape in which the sync triggers write the legacy column.
        told_by: what tells it: the contract, the state of an earlier run, the column's own rows,
            other columns of its table, or its declared type alone; None where the database was
            not asked.
        writable: False for a generated legacy column, which nothing can write.
    """

    legacy: str
    epoch: str
    reading: Reading = field(default_factory=Reading)
    index: bool = True
    template: Template = PLAIN
    told_by: TellsTemplate | None = None
    writable: bool = True

    @property
    def precision(self) -> int:
        """Milliseconds that the legacy column can tell apart."""
        return precision_of(self.template, self.reading)

    @property
    def example(self) -> str | int | float:
        """What the sync triggers write for the noon of 2024-01-15, with a fraction if they can."""
        return example_of(self.template, self.reading)

    @property
    def form(self) -> str:
        """The storage form in which the sync triggers write."""
        return convert(self.example, self.reading).form

    def holds(self, legacy: object, epoch: int, expected: int) -> bool:
        """Return whether a legacy value is of the instant of an epoch value, as near as can be.

        Args:
            legacy: the stored legacy value.
            epoch: the epoch value.
            expected: the instant of the legacy value.
        """
        if epoch == expected or not 0 < epoch - expected < self.precision:
            return epoch == expected
        return legacy == write(epoch, self.template, self.reading)


@dataclass(frozen=True, slots=True)
class SuccessorIndex:
    """An index on epoch columns, for an index or a key of the application on legacy ones.

    Attributes:
        name: its name.
        source: what it takes over from, `index by_day` or `UNIQUE (device, at)`.
        terms: what is indexed, in order, as SQL.
        columns: the epoch columns among it.
        where: the condition of the rows in it, as SQL; empty for all rows.
        unique: whether it keeps rows apart.
        of_constraint: whether a constraint of the table takes its place when finalized.
    """

    name: str
    source: str
    terms: tuple[str, ...]
    columns: tuple[str, ...] = ()
    where: str = ""
    unique: bool = False
    of_constraint: bool = False


@dataclass(frozen=True, slots=True)
class PairedTable:
    """One table as the migration treats it.

    Attributes:
        name: its name.
        key: the columns that address a row, `rowid` among them where it has no better name.
        columns: its contract columns.
        indexes: what the epoch columns get for the application's indexes and keys.
        unsaid: the names of those indexes that have no equal on the epoch columns.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[ColumnPair, ...]
    indexes: tuple[SuccessorIndex, ...] = ()
    unsaid: tuple[str, ...] = ()

    def has_epoch(self, epoch: str) -> bool:
        """Return whether it has an epoch column of that name (case does not count)."""
        return any(pair.epoch.lower() == epoch.lower() for pair in self.columns)

    def pair(self, legacy: str) -> ColumnPair | None:
        """Return the pair whose legacy column is `legacy` (case does not count), or None."""
        return next((p for p in self.columns if p.legacy.lower() == legacy.lower()), None)


def declared_pair(contract: Contract, table: TableContract, column: ColumnContract) -> ColumnPair:
    """Return the pair as the contract alone describes it.

    Raises:
        ContractError: `written-as` is not an example of what the column is read as.
    """
    reading = reading_of(contract, column)
    pair = ColumnPair(column.legacy, column.epoch, reading, column.index)
    if column.written_as is not None:
        template = template_like(column.written_as, reading)
        if template is None or not is_read_back(template, reading):
            raise ContractError(
                f"{contract.name}: tables.{table.name}.{column.legacy}.written-as: "
                f"{column.written_as!r} is not how an instant is written; write one as it is "
                'stored, for example "2024-01-15 12:00:00.000"'
            )
        return replace(pair, template=template, told_by="contract")
    if reading.storage == "auto":
        return pair
    return replace(pair, template=_by_type(reading, None), told_by="contract")


def paired_table(
    contract: Contract,
    declared: TableContract,
    found: TableInfo,
    *,
    check_range: bool,
    recorded: Mapping[str, Template] = EMPTY,
    latest: LatestValues = lambda _pair: (),
) -> PairedTable:
    """Return a table with those of its pairs whose legacy column is there.

    Args:
        contract: which columns.
        declared: the table in the contract.
        found: the table in the database.
        check_range: whether a CHECK lets only milliseconds of the valid range in.
        recorded: the templates that an earlier run has recorded, by the legacy column in lower
            case.
        latest: returns the values that tell how the table's writers write.
    """
    pairs: list[tuple[ColumnPair, ColumnInfo]] = []
    for column in declared.columns:
        legacy = found.column(column.legacy)
        if legacy is not None:
            pair = declared_pair(contract, declared, column)
            if check_range:
                reading = replace(pair.reading, valid_range=contract.plausible_range)
                pair = replace(pair, reading=reading)
            pair = replace(pair, legacy=legacy.name, writable=not legacy.generated)
            if column.written_as is None:
                pair = _as_found(pair, recorded.get(legacy.name.lower()), latest)
            pairs.append((pair, legacy))
    told = [(pair, info) for pair, info in pairs if pair.told_by is not None]
    return PairedTable(
        found.name,
        found.key,
        tuple(
            _as_others(pair, info, told) if pair.told_by is None else pair for pair, info in pairs
        ),
    )


def _as_found(pair: ColumnPair, recorded: Template | None, latest: LatestValues) -> ColumnPair:
    """Let the state or the latest rows tell the template, if one of them can."""
    if recorded is not None:
        return replace(pair, template=recorded, told_by="state")
    template = template_of(latest(pair), pair.reading)
    return pair if template is None else replace(pair, template=template, told_by="rows")


def _as_others(
    pair: ColumnPair, info: ColumnInfo, told: list[tuple[ColumnPair, ColumnInfo]]
) -> ColumnPair:
    """Let the other columns of the table tell, those of the same declared type first."""
    alike = (other for other, its in told if its.type == info.type)
    kind = info.is_integer, info.is_real
    others = (other for other, its in told if (its.is_integer, its.is_real) == kind)
    for other in (*alike, *others):
        if is_read_back(other.template, pair.reading):
            return replace(pair, template=other.template, told_by="table")
    return replace(pair, template=_by_type(pair.reading, info), told_by="type")


def _by_type(reading: Reading, info: ColumnInfo | None) -> Template:
    """Return what is written where no value tells: what is declared, or else fits the type."""
    if reading.storage == "packed":
        return PACKED
    is_real = info is not None and info.is_real
    is_number = is_real or (info is not None and info.is_integer)
    if reading.storage == "auto" and not is_number:
        return PLAIN
    storage = "seconds" if reading.storage == "auto" else reading.storage
    if is_real or storage in DAYS_SINCE:
        return NumberTemplate(storage, "real", TRIMMED)
    return NumberTemplate(storage)
