"""What a verification found, as data."""

from __future__ import annotations

from dataclasses import dataclass

from .messages import named_range

__all__ = ["ColumnReport", "Difference", "TableReport", "VerifyReport"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not as it should be.

    Attributes:
        table: the table.
        column: the legacy column.
        row_key: the row's key as JSON.
        legacy: the legacy value.
        epoch: the epoch value that is there.
        expected: the epoch value that should be there.
        kind: `value`, `null`, `type` or `range`.
    """

    table: str
    column: str
    row_key: str
    legacy: object
    epoch: object
    expected: int | None
    kind: str


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """One column: what was counted, and the first of its differences.

    Attributes:
        legacy: the legacy column.
        epoch: the epoch column.
        rows: rows of the table.
        converted: legacy values with an epoch value.
        nulls: rows without a legacy value.
        quarantined: legacy values that have no instant.
        differences: values that are not as they should be.
        examples: the first of them.
        null_values: legacy values that stand for NULL by the contract.
    """

    legacy: str
    epoch: str
    rows: int
    converted: int
    nulls: int
    quarantined: int
    differences: int
    examples: tuple[Difference, ...] = ()
    null_values: int = 0


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table of the contract that the database has."""

    name: str
    rows: int
    columns: tuple[ColumnReport, ...]


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What a verification found.

    Attributes:
        contract: name of the contract.
        session: name of the database.
        tables: the tables that are there.
        missing: optional tables that are not.
        problems: what is wrong apart from single values: a missing index, trigger, version row.
        valid_range: first and last valid epoch milliseconds; None if every instant is valid.
        healed: what the run before it made anew, as it was missing or was something else.
    """

    contract: str
    database: str
    tables: tuple[TableReport, ...]
    missing: tuple[str, ...]
    problems: tuple[str, ...]
    valid_range: tuple[int, int] | None = None
    healed: tuple[str, ...] = ()

    @property
    def differences(self) -> int:
        """How many values are not as they should be."""
        return sum(column.differences for table in self.tables for column in table.columns)

    @property
    def quarantined(self) -> int:
        """How many values have no instant and are listed in the quarantine."""
        return sum(column.quarantined for table in self.tables for column in table.columns)

    @property
    def examples(self) -> tuple[Difference, ...]:
        """The first differences of each column."""
        return tuple(e for table in self.tables for c in table.columns for e in c.examples)

    def described(self, difference: Difference) -> str:
        """Return in words where a value is, and what is wrong with it."""
        place = f"{difference.table}.{difference.column} of row {difference.row_key}"
        if difference.kind == "range" and self.valid_range is not None:
            return (
                f"{place}: {difference.legacy} is outside {named_range(self.valid_range)}; "
                "widen it, correct the row, or list the value in null-values"
            )
        values = f"{difference.legacy!r} is {difference.epoch!r}, not {difference.expected!r}"
        return f"{place}: {values} ({difference.kind})"

    @property
    def correct(self) -> bool:
        """Whether everything that can be converted was, rightly."""
        return not self.differences and not self.problems

    @property
    def ok(self) -> bool:
        """Whether it is correct and the quarantine is empty."""
        return self.correct and not self.quarantined
