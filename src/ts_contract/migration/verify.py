"""Proves the result by another computation than the one that produced it.

The backfill turns a text into a number. Here the number is turned back into a text, which is
compared with the stored one; every value for which that is not enough is judged in Python, by
`forms.convert`. So no expression of the backfill judges itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Any, Final

from ..contract import Contract, TableContract
from ..progress import Progress, ProgressCallback, silent
from .changes import Change, changes, way_out
from .engines.answers import ColumnCounts
from .engines.base import Session, Target
from .engines.choose import opened
from .errors import MigrationError
from .forms import MAX_MS, MIN_MS, convert
from .pairing import pair_table
from .pairs import ColumnPair, PairedTable
from .schema import DatabaseInfo, TableInfo
from .selection import part_of, state_of
from .state import Options, State, has_state, note_verified, read_state
from .state_rows import has_quarantine
from .steps import (
    BuildSuccessor,
    CreateState,
    InstallConversion,
    InstallSync,
    InstallZone,
    ordered_steps,
)
from .verify_report import ColumnReport, Difference, TableReport, VerifyReport
from .whereabouts import missing

__all__ = [
    "needs_record",
    "record_verified",
    "verify",
    "verify_open",
    "verify_within",
    "what_differs",
]

EXAMPLES: Final = 20


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


def needs_record(session: Session, chosen: Collection[str] | None = None) -> bool:
    """Return whether tables were migrated whose last change was not verified yet."""
    if not has_state(session):
        return False
    state = read_state(session)
    if chosen is None:
        return state.verified_at is None or not all(map(state.is_verified, _names(state)))
    return not all(map(state.is_verified, chosen))


def _names(state: State) -> list[str]:
    return [table.name for table in state.tables]


def record_verified(session: Session, chosen: Collection[str] | None = None) -> None:
    """Note that the last change of some tables was verified, by default of all."""
    with session.transaction():
        note_verified(session, chosen)


def verify_open(
    session: Session,
    contract: Contract,
    progress: ProgressCallback = silent,
    chosen: Collection[str] | None = None,
) -> VerifyReport:
    """Verify an open database, in one read transaction."""
    with session.transaction("read"):
        return verify_within(session, contract, progress, chosen)


def verify_within(
    session: Session,
    contract: Contract,
    progress: ProgressCallback = silent,
    chosen: Collection[str] | None = None,
) -> VerifyReport:
    """Verify in the transaction that is open, by the contract on record where there is one.

    Args:
        session: a database in a transaction.
        contract: which columns.
        progress: told of each table.
        chosen: the tables of the contract that are meant; None for all.
    """
    state = read_state(session)
    differing = changes(state, contract)
    meant = state if chosen is None else state_of(state, part_of(session, contract, chosen))
    problems = [*missing(session, meant)]
    problems += (_difference(session, change) for change in differing)
    if differing and state.contract is not None:
        contract = state.contract.contract or contract
    contract = part_of(session, contract, chosen)
    info = session.engine.inspection.inspect(session, contract.table_names)
    problems += session.engine.trace.strangers(info, _names(state))
    tables, absent = [], []
    listed = has_quarantine(session)
    sound: list[tuple[TableContract, TableInfo]] = []
    for declared in contract.tables:
        found = info.table(declared.name)
        if found is None:
            absent.append(declared.name)
            if not declared.optional and state.table(declared.name) is None:
                problems.append(f"table {declared.name} is not in the database; check the path")
            continue
        lacking = _lacking(declared, found)
        problems += lacking
        if not lacking:
            progress(Progress("verify", found.name, 0, found.rows))
            report, wrong = _verify_table(
                session, contract, declared, found, state, has_quarantine=listed
            )
            tables.append(report)
            problems += wrong
            problems += _index_problems(declared, found)
            if state.options is not None:  # a script knows no index of the application
                problems += _successor_problems(session, contract, declared, info, state)
            sound.append((declared, found))
            problems += _finalized_problems(session, contract, declared, found)
            progress(Progress("verify", found.name, found.rows, found.rows))
    if state.contract is not None:
        problems += _lost(session, contract, info, state, sound)
    problems += _version_problems(session, contract, info)
    return VerifyReport(
        contract.name,
        session.name,
        tuple(tables),
        tuple(absent),
        tuple(problems),
        contract.valid_range,
    )


def _difference(session: Session, change: Change) -> str:
    remedy = way_out(session.name) if change.is_refused else "run `ts-contract migrate`"
    return f"the contract is not the one on record: {change}; {remedy}"


def _lacking(declared: TableContract, found: TableInfo) -> list[str]:
    if found.kind != "table":
        return [f"{found.name} is a {found.kind}, not a table; take it out of the contract"]
    return [
        f"{found.name}.{column.epoch} is not in the database; run `ts-contract migrate`"
        for column in declared.columns
        if found.column(column.epoch) is None
    ]


# --- values ----------------------------------------------------------------------------------


def _verify_table(
    session: Session,
    contract: Contract,
    declared: TableContract,
    found: TableInfo,
    state: State,
    *,
    has_quarantine: bool,
) -> tuple[TableReport, list[str]]:
    """Compare the pairs whose legacy column is still there."""
    check_range = state.options is not None and state.options.check_range
    table = pair_table(
        session, contract, declared, found, state.templates_of(found), check_range=check_range
    )
    if not table.columns:
        return TableReport(found.name, found.rows, ()), []
    proof, valid_range = session.engine.proof, contract.valid_range or (MIN_MS, MAX_MS)
    rows, counts = proof.count_columns(session, table, valid_range)
    wrong: dict[str, list[Difference]] = {pair.legacy: [] for pair in table.columns}
    totals = dict.fromkeys(wrong, 0)
    if any(count.unsure for count in counts):
        for row in proof.unsure_rows(session, table, valid_range):
            for difference in _judge(table, row, valid_range):
                totals[difference.column] += 1
                if len(wrong[difference.column]) < EXAMPLES:
                    wrong[difference.column].append(difference)
    problems = []
    if has_quarantine:
        for pair, count in zip(table.columns, counts, strict=True):
            problems += _quarantine_problems(session, table, pair, count)
    columns = tuple(
        ColumnReport(
            legacy=pair.legacy,
            epoch=pair.epoch,
            rows=rows,
            converted=count.legacy - count.unconverted - count.null_values,
            nulls=rows - count.legacy,
            quarantined=count.unconverted,
            differences=totals[pair.legacy],
            examples=tuple(wrong[pair.legacy]),
            null_values=count.null_values,
        )
        for pair, count in zip(table.columns, counts, strict=True)
    )
    return TableReport(table.name, rows, columns), problems


def _judge(
    table: PairedTable, row: tuple[Any, ...], valid_range: tuple[int, int]
) -> list[Difference]:
    """Judge one row by the reference conversion; `row` is its key and both values per column."""
    key, *values = row
    differences = []
    for place, pair in enumerate(table.columns):
        legacy, epoch = values[2 * place], values[2 * place + 1]
        expected = convert(legacy, pair.reading).ms
        kind = what_differs(pair, legacy, expected, epoch, valid_range)
        if kind is not None:
            differences.append(
                Difference(table.name, pair.legacy, key, legacy, epoch, expected, kind)
            )
    return differences


def what_differs(
    pair: ColumnPair,
    legacy: object,
    expected: int | None,
    epoch: object,
    valid_range: tuple[int, int],
) -> str | None:
    """Name what is wrong with an epoch value; None if nothing is."""
    if epoch is None:
        return None if expected is None else "null"
    if not isinstance(epoch, int):
        return "type"
    if expected is None:
        return "null"
    if not pair.holds(legacy, epoch, expected):
        return "value"
    return None if valid_range[0] <= epoch <= valid_range[1] else "range"


def _quarantine_problems(
    session: Session, table: PairedTable, pair: ColumnPair, count: ColumnCounts
) -> list[str]:
    proof, place = session.engine.proof, f"{table.name}.{pair.legacy}"
    problems = []
    if count.unconverted:
        lacking, keys = proof.unlisted(session, table, pair)
        if lacking:
            problems.append(
                f"{place}: {lacking:,} unconverted values are not in the quarantine, "
                f"for example row {keys[0]}; run `ts-contract migrate`"
            )
    left_over = proof.left_over(session, table, pair)
    if left_over:
        problems.append(
            f"{place}: {len(left_over):,} entries of the quarantine belong to no unconverted "
            f"value, for example {left_over[0]}; run `ts-contract migrate`"
        )
    return problems


# --- what stands around them -----------------------------------------------------------------


def _finalized_problems(
    session: Session, contract: Contract, declared: TableContract, found: TableInfo
) -> list[str]:
    """Judge epoch columns that stand alone, by what can be said without their legacy column."""
    problems = []
    for column in declared.columns:
        if found.column(column.legacy) is None:
            count = session.engine.proof.implausible(
                session, found.name, column.epoch, contract.valid_range or (MIN_MS, MAX_MS)
            )
            if count:
                problems.append(
                    f"{found.name}.{column.epoch}: {count:,} values are not milliseconds of the "
                    "valid range; correct them, or valid-range in the contract"
                )
    return problems


def _index_problems(declared: TableContract, found: TableInfo) -> list[str]:
    return [
        f"{found.name}.{column.epoch} has no index; run `ts-contract migrate`"
        for column in declared.columns
        if column.index and not found.has_index_on(column.epoch)
    ]


def _lost(
    session: Session,
    contract: Contract,
    info: DatabaseInfo,
    state: State,
    sound: list[tuple[TableContract, TableInfo]],
) -> Iterator[str]:
    """Name what the steps of the migration made, and is missing or is something else now."""
    options = state.options or Options(sync=False)
    tables = []
    for declared, found in sound:
        table = pair_table(
            session,
            contract,
            declared,
            found,
            state.templates_of(found),
            check_range=options.check_range,
        )
        if table.columns:
            tables.append(session.engine.indexes.with_successors(session, info, table))
    steps = tuple(ordered_steps(contract, tuple(tables), filled=()))
    missing = session.engine.trace.missing(steps, info)
    for step, lacks in zip(steps, missing, strict=True):
        if isinstance(step, InstallConversion | InstallSync) and not options.sync:
            continue
        if isinstance(step, BuildSuccessor):
            continue  # told for each index by its source
        absent = [lack.name for lack in lacks if not lack.is_altered]
        if isinstance(step, InstallSync) and absent:
            yield (
                f"{step.table.name} lacks sync triggers ({', '.join(absent)}); "
                "run `ts-contract migrate`"
            )
        is_told = isinstance(step, CreateState | InstallConversion | InstallZone)
        for lack in lacks:
            if lack.is_altered or is_told:
                yield f"{lack}; run `ts-contract migrate`"


def _successor_problems(
    session: Session,
    contract: Contract,
    declared: TableContract,
    info: DatabaseInfo,
    state: State,
) -> list[str]:
    indexes = session.engine.indexes
    found = info.table(declared.name)
    assert found is not None
    table = pair_table(session, contract, declared, found, state.templates_of(found))
    table = indexes.with_successors(session, info, table)
    return [
        f"{index.source} of {table.name} has no successor {index.name}; run `ts-contract migrate`"
        for index in table.indexes
        if not indexes.is_built(info, table.name, index)
    ]


def _version_problems(session: Session, contract: Contract, info: DatabaseInfo) -> list[str]:
    version = contract.version
    if version is None or not info.has(version.table):
        return []
    if session.engine.proof.has_version(session, version):
        return []
    return [
        f"the version row {version.value} is not in {version.table}; "
        "run `ts-contract migrate`, or insert it again if it was deleted"
    ]
