"""Proves the result by another computation than the one that produced it.

The backfill turns a text into a number. Here the number is turned back into a text, which is
compared with the stored one; every value for which that is not enough is judged in Python, by
`forms.convert`. So no expression of the backfill judges itself.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from ..contract import Contract, TableContract
from ..progress import Progress, ProgressCallback, silent
from ..timestamps import now_ms
from .engines.base import Session, Target
from .engines.choose import opened
from .engines.sqlite.proof import (
    ColumnCounts,
    count_columns,
    has_version,
    implausible,
    orphans,
    unlisted,
    unsure_rows,
)
from .errors import MigrationError
from .forms import convert, reading_of
from .pairs import ColumnPair, PairedTable
from .schema import TableInfo
from .state import State, has_state, read_state, write

__all__ = ["ColumnReport", "Difference", "TableReport", "VerifyReport", "verify"]

EXAMPLES: Final = 20


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
    """One column: what was counted, and the first of its differences."""

    legacy: str
    epoch: str
    rows: int
    converted: int
    nulls: int
    quarantined: int
    differences: int
    examples: tuple[Difference, ...] = ()


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
    """

    contract: str
    database: str
    tables: tuple[TableReport, ...]
    missing: tuple[str, ...]
    problems: tuple[str, ...]

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

    @property
    def correct(self) -> bool:
        """Whether everything that can be converted was, rightly."""
        return not self.differences and not self.problems

    @property
    def ok(self) -> bool:
        """Whether it is correct and the quarantine is empty."""
        return self.correct and not self.quarantined


def verify(
    db: Target,
    contract: Contract,
    *,
    progress: ProgressCallback = silent,
    schema: str | None = None,
) -> VerifyReport:
    """Compare every epoch value with its legacy value, by another computation.

    It also looks for the indexes, the sync triggers, the version row, and for entries of the
    quarantine that belong to no row. It changes nothing but the note that it was done.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: which columns.
        progress: told of each table.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Returns:
        What was found.

    Raises:
        Refused: the database cannot be opened.
        Failed: it cannot be read.
    """
    with opened(db, write=False, schema=schema) as session:
        report = verify_open(session, contract, progress)
        to_record = report.correct and needs_record(session)
    if to_record:
        with suppress(MigrationError), opened(db, write=True, schema=schema) as session:
            record_verified(session)
    return report


def needs_record(session: Session) -> bool:
    """Return whether a migration is there whose last change was not verified yet."""
    return has_state(session) and "verified" not in read_state(session).values


def record_verified(session: Session) -> None:
    """Note that the last change was verified."""
    with session.transaction():
        write(session, "verified", {"at": now_ms()})


def verify_open(
    session: Session, contract: Contract, progress: ProgressCallback = silent
) -> VerifyReport:
    """Verify an open database, in one read transaction."""
    with session.transaction("read"):
        return verify_within(session, contract, progress)


def verify_within(
    session: Session, contract: Contract, progress: ProgressCallback = silent
) -> VerifyReport:
    """Verify in the transaction that is open."""
    info = session.engine.inspection.inspect(
        session, tuple(table.name for table in contract.tables)
    )
    state = read_state(session)
    tables, missing, problems = [], [], []
    for declared in contract.tables:
        found = info.table(declared.name)
        if found is None:
            missing.append(declared.name)
            if not declared.optional:
                problems.append(f"table {declared.name} is not in the database; check the path")
            continue
        lacking = _lacking(declared, found)
        problems += lacking
        if not lacking:
            progress(Progress("verify", found.name, 0, found.rows))
            shape = _shape(contract, declared, found, state)
            report, wrong = _verify_table(session, contract, shape, found, state)
            tables.append(report)
            problems += wrong
            problems += _structure_problems(state, declared, found)
            problems += _finalized_problems(session, contract, declared, found)
            progress(Progress("verify", found.name, found.rows, found.rows))
    version = contract.version
    if version is not None and info.has(version.table) and not has_version(session, version):
        problems.append(
            f"the version row {version.value} is not in {version.table}; "
            "run `ts-contract migrate`, or insert it again if it was deleted"
        )
    return VerifyReport(contract.name, session.name, tuple(tables), tuple(missing), tuple(problems))


def _lacking(declared: TableContract, found: TableInfo) -> list[str]:
    if found.kind != "table":
        return [f"{found.name} is a {found.kind}, not a table; take it out of the contract"]
    return [
        f"{found.name}.{column.epoch} is not in the database; run `ts-contract migrate`"
        for column in declared.columns
        if found.column(column.epoch) is None
    ]


def _shape(
    contract: Contract, declared: TableContract, found: TableInfo, state: State
) -> PairedTable:
    """Return the table with the columns whose legacy column is still there."""
    checked = state.values.get("options", {}).get("check_range", False)
    columns = []
    for column in declared.columns:
        legacy = found.column(column.legacy)
        if legacy is not None:
            reading = reading_of(contract, column)
            if checked:
                reading = replace(reading, valid_range=contract.valid_range)
            whole_seconds = found.strict and legacy.is_integer
            columns.append(
                ColumnPair(
                    legacy.name,
                    column.epoch,
                    reading,
                    column.index,
                    precision=1_000 if whole_seconds else 1,
                )
            )
    return PairedTable(found.name, found.key, tuple(columns))


def _verify_table(
    session: Session,
    contract: Contract,
    table: PairedTable,
    found: TableInfo,
    state: State,
) -> tuple[TableReport, list[str]]:
    if not table.columns:
        return TableReport(found.name, found.rows, ()), []
    rows, counts = count_columns(session, table, contract.valid_range)
    wrong: dict[str, list[Difference]] = {column.legacy: [] for column in table.columns}
    totals = dict.fromkeys(wrong, 0)
    if any(count.unsure for count in counts):
        for row in unsure_rows(session, table, contract.valid_range):
            for difference in _judge(table, row, contract.valid_range):
                totals[difference.column] += 1
                if len(wrong[difference.column]) < EXAMPLES:
                    wrong[difference.column].append(difference)
    problems = []
    if state.values:
        for column, count in zip(table.columns, counts, strict=True):
            problems += _quarantine_problems(session, table, column, count)
    columns = tuple(
        _column_report(column, count, rows, totals[column.legacy], wrong[column.legacy])
        for column, count in zip(table.columns, counts, strict=True)
    )
    return TableReport(table.name, rows, columns), problems


def _column_report(
    column: ColumnPair,
    count: ColumnCounts,
    rows: int,
    differences: int,
    examples: list[Difference],
) -> ColumnReport:
    return ColumnReport(
        legacy=column.legacy,
        epoch=column.epoch,
        rows=rows,
        converted=count.legacy - count.unconverted,
        nulls=rows - count.legacy,
        quarantined=count.unconverted,
        differences=differences,
        examples=tuple(examples),
    )


def _judge(
    table: PairedTable, row: tuple[Any, ...], valid_range: tuple[int, int]
) -> list[Difference]:
    """Judge one row by the reference conversion; `row` is its key and both values per column."""
    key, *values = row
    differences = []
    for place, column in enumerate(table.columns):
        legacy, epoch = values[2 * place], values[2 * place + 1]
        expected = convert(legacy, column.reading).ms
        kind = _kind(expected, epoch, column.precision, valid_range)
        if kind is not None:
            differences.append(
                Difference(table.name, column.legacy, key, legacy, epoch, expected, kind)
            )
    return differences


def _kind(
    expected: int | None, epoch: object, precision: int, valid_range: tuple[int, int]
) -> str | None:
    """Name what is wrong with an epoch value; None if nothing is."""
    if epoch is None:
        return None if expected is None else "null"
    if not isinstance(epoch, int):
        return "type"
    if expected is None:
        return "null"
    if epoch - epoch % precision != expected:
        return "value"
    return None if valid_range[0] <= epoch <= valid_range[1] else "range"


def _quarantine_problems(
    session: Session, table: PairedTable, column: ColumnPair, count: ColumnCounts
) -> list[str]:
    place = f"{table.name}.{column.legacy}"
    problems = []
    if count.unconverted:
        lacking, keys = unlisted(session, table, column)
        if lacking:
            problems.append(
                f"{place}: {lacking:,} unconverted values are not in the quarantine, "
                f"for example row {keys[0]}; run `ts-contract migrate`"
            )
    left_over = orphans(session, table, column)
    if left_over:
        problems.append(
            f"{place}: {len(left_over):,} entries of the quarantine belong to no unconverted "
            f"value, for example {left_over[0]}; run `ts-contract migrate`"
        )
    return problems


def _finalized_problems(
    session: Session, contract: Contract, declared: TableContract, found: TableInfo
) -> list[str]:
    """Judge epoch columns that stand alone, by what can be said without their legacy column."""
    problems = []
    for column in declared.columns:
        if found.column(column.legacy) is None:
            count = implausible(session, found.name, column.epoch, contract.valid_range)
            if count:
                problems.append(
                    f"{found.name}.{column.epoch}: {count:,} values are no milliseconds of the "
                    "valid range; correct them, or valid-range in the contract"
                )
    return problems


def _structure_problems(state: State, declared: TableContract, found: TableInfo) -> list[str]:
    problems = [
        f"{found.name}.{column.epoch} has no index; run `ts-contract migrate`"
        for column in declared.columns
        if column.index and not found.has_index_on(column.epoch)
    ]
    if state.values.get("options", {}).get("sync") and not found.synced:
        problems.append(f"{found.name} lacks sync triggers; run `ts-contract migrate`")
    return problems
