"""Columns in pairs, legacy and epoch: what a contract says of them, and what a database adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from ..contract import ColumnContract, Contract, TableContract
from .forms import NUMBERS, Reading, form_of_storage, reading_of
from .numbers import counts_seconds
from .schema import ColumnInfo, TableInfo
from .zones import is_utc

__all__ = [
    "ColumnPair",
    "LatestForm",
    "PairedTable",
    "SuccessorIndex",
    "declared_pair",
    "is_written",
    "paired_table",
]

_WRITTEN: Final = (*(form.name for form in NUMBERS), "datetime", "iso-local", "iso-zone", "go")
_HOUR: Final = 3_600_000
_PRECISION_OF_PACKED: Final = {8: 24 * _HOUR, 10: _HOUR, 12: 60_000, 14: 1_000, 17: 1, 20: 1}

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
        written_as: the storage form in which the sync triggers write the legacy column; of packed
            dates with their length, `packed-14`, or as a text, `packed-text-14`.
        writable: False for a generated legacy column, which nothing can write.
        precision: milliseconds that the legacy column can tell apart: 1, or more where its
            declared type holds whole seconds only, or its packed dates hold no milliseconds.
    """

    legacy: str
    epoch: str
    reading: Reading = field(default_factory=Reading)
    index: bool = True
    written_as: str = "datetime"
    writable: bool = True
    precision: int = 1


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


def is_written(form: object) -> bool:
    """Return whether sync triggers can write in a form.

    Example:
        >>> [is_written(form) for form in ("datetime", "packed-text-14", "packed-3", None)]
        [True, True, False, False]
    """
    if not isinstance(form, str):
        return False
    kind, _, digits = form.rpartition("-")
    lengths = map(str, _PRECISION_OF_PACKED)
    return form in _WRITTEN or (kind in ("packed", "packed-text") and digits in lengths)


def declared_pair(contract: Contract, column: ColumnContract) -> ColumnPair:
    """Return the pair as the contract alone describes it."""
    reading = reading_of(contract, column)
    written_as = _written_by_default(reading) or "datetime"
    return ColumnPair(
        column.legacy,
        column.epoch,
        reading,
        column.index,
        written_as,
        precision=_precision(reading, written_as, is_whole=False),
    )


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
    return replace(
        pair,
        legacy=legacy.name,
        written_as=written_as,
        writable=not legacy.generated,
        precision=_precision(pair.reading, written_as, is_whole=strict and legacy.is_integer),
    )


def _written_as(reading: Reading, legacy: ColumnInfo, latest: str | None) -> str:
    """Decide in which form sync triggers write: as the latest rows do, else by the type."""
    if latest in _WRITTEN or (latest or "").startswith("packed-"):
        form = str(latest)
    else:
        by_type = "seconds" if legacy.is_integer else "datetime"
        form = _written_by_default(reading) or by_type
    return "iso-local" if form == "iso-zone" and not is_utc(reading.timezone) else form


def _written_by_default(reading: Reading) -> str | None:
    """Return the form that a declared storage asks for; None where none is declared."""
    if reading.storage == "auto":
        return None
    return "packed-14" if reading.storage == "packed" else form_of_storage(reading.storage)


def _precision(reading: Reading, written_as: str, *, is_whole: bool) -> int:
    if written_as.startswith("packed-"):
        precision = _PRECISION_OF_PACKED[int(written_as.rpartition("-")[2])]
        is_day = precision > _HOUR and not is_utc(reading.timezone)
        return precision + 2 * _HOUR if is_day else precision  # some days are longer
    if reading.storage == "auto":
        is_seconds = written_as == "seconds"
    else:
        is_seconds = counts_seconds(reading.storage)
    return 1_000 if is_whole and is_seconds else 1
