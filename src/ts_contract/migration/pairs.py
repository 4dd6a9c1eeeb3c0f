"""Tables and columns as the migration treats them: what a contract and a database give together."""

from __future__ import annotations

from dataclasses import dataclass

from .forms import Reading

__all__ = ["ColumnPair", "PairedTable"]


@dataclass(frozen=True, slots=True)
class ColumnPair:
    """One column as the migration treats it.

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
    reading: Reading
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
