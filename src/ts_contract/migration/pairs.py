"""Columns in pairs, legacy and epoch: what a contract says of them, and what a database adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from ..contract import ColumnContract, Contract, TableContract
from .forms import Reading, reading_of
from .schema import ColumnInfo, TableInfo
from .zones import is_utc

__all__ = ["ColumnPair", "PairedTable", "declared_pair", "paired_table"]

_NUMBERS: Final = ("seconds", "milliseconds", "microseconds", "julian-day")
_WRITTEN: Final = (*_NUMBERS, "datetime", "iso-local", "iso-zone")

LatestForm = Callable[[str, Reading], str | None]
"""Tells the storage form of a legacy column's latest values; None where that is not known."""


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """One legacy column with its epoch column, as the migration treats them.

    Attributes:
        legacy: the legacy column.
        epoch: the epoch column.
        reading: how stored values are read.
        index: whether the epoch column gets an index.
        written_as: the storage form in which the sync triggers write the legacy column.
        writable: False for a generated legacy column, which nothing can write.
        precision: milliseconds that the legacy column can tell apart: 1, or 1000 where its
            declared type holds whole seconds only.
    """

    legacy: str
    epoch: str
    reading: Reading = field(default_factory=Reading)
    index: bool = True
    written_as: str = "datetime"
    writable: bool = True
    precision: int = 1


@dataclass(frozen=True, slots=True)
class PairedTable:
    """One table as the migration treats it.

    Attributes:
        name: its name.
        key: the columns that address a row, `rowid` among them where it has no better name.
        columns: its contract columns.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[ColumnPair, ...]


def declared_pair(contract: Contract, column: ColumnContract) -> ColumnPair:
    """Return the pair as the contract alone describes it."""
    reading = reading_of(contract, column)
    written_as = "datetime" if reading.storage == "auto" else reading.storage
    return ColumnPair(column.legacy, column.epoch, reading, column.index, written_as)


def paired_table(
    contract: Contract,
    declared: TableContract,
    found: TableInfo,
    *,
    check_range: bool,
    latest_form: LatestForm = lambda _legacy, _reading: None,
) -> PairedTable:
    """Return a table with those of its pairs whose legacy column is there.

    Args:
        contract: which columns.
        declared: the table in the contract.
        found: the table in the database.
        check_range: whether a CHECK lets only milliseconds of the valid range in.
        latest_form: tells in which form the table's writers write.
    """
    pairs = []
    for column in declared.columns:
        legacy = found.column(column.legacy)
        if legacy is not None:
            pair = declared_pair(contract, column)
            if check_range:
                reading = replace(pair.reading, valid_range=contract.plausible_range)
                pair = replace(pair, reading=reading)
            latest = latest_form(legacy.name, pair.reading)
            pairs.append(_as_found(pair, legacy, latest, strict=found.strict))
    return PairedTable(found.name, found.key, tuple(pairs))


def _as_found(
    pair: ColumnPair, legacy: ColumnInfo, latest: str | None, *, strict: bool
) -> ColumnPair:
    written_as = _written_as(pair.reading, legacy, latest)
    whole_seconds = strict and legacy.is_integer and written_as == "seconds"
    return replace(
        pair,
        legacy=legacy.name,
        written_as=written_as,
        writable=not legacy.generated,
        precision=1_000 if whole_seconds else 1,
    )


def _written_as(reading: Reading, legacy: ColumnInfo, latest: str | None) -> str:
    """Decide in which form sync triggers write: as the latest rows do, else by the type."""
    if latest in _WRITTEN:
        form = str(latest)
    elif reading.storage != "auto":
        form = reading.storage
    else:
        form = "seconds" if legacy.is_integer else "datetime"
    return "iso-local" if form == "iso-zone" and not is_utc(reading.timezone) else form
