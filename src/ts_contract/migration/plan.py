"""Contract and database give a plan: the steps that are left, and what stands in their way.

`make_plan` is pure. `plan` reads a database, counts the storage forms, and calls it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final

from ..contract import ColumnContract, Contract, TableContract, index_name
from ..progress import Progress, ProgressCallback, silent
from .engines.base import Session, Target
from .engines.choose import opened
from .engines.sqlite.rows import has_stale_quarantine
from .engines.sqlite.survey import FormCount, count_forms, latest_form
from .forms import FORMS, Reading, reading_of
from .notices import Notice, contract_notices, table_notices
from .pairs import ColumnPair, PairedTable
from .schema import ColumnInfo, DatabaseInfo, TableInfo
from .state import State, read_state
from .steps import (
    AddColumn,
    Backfill,
    BuildIndex,
    CreateState,
    InstallConversion,
    InstallSync,
    InstallZone,
    RecordTable,
    Step,
    WriteVersion,
)
from .zones import is_utc

__all__ = ["ColumnPlan", "Notice", "Plan", "TablePlan", "make_plan", "plan"]

# Measured on SQLite 3.40 (benchmarks/README.md): bytes that a value takes in the row, and in
# an index; how much longer the writing takes than the survey of the same values.
_ROW_BYTES: Final = 10
_INDEX_BYTES: Final = 20
_WRITE_FACTOR: Final = 3.0


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One column: its pair and the storage forms in it, empty if they were not counted."""

    pair: ColumnPair
    forms: tuple[FormCount, ...] = ()

    @property
    def unconvertible(self) -> int:
        """How many values will be listed in the quarantine."""
        return sum(count.rows for count in self.forms if FORMS[count.form].reason is not None)


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table of the contract that the database has."""

    paired: PairedTable
    rows: int
    columns: tuple[ColumnPlan, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a migration would do.

    Attributes:
        contract: name of the contract.
        session: name of the database.
        tables: the tables that are there.
        missing: optional tables that are not.
        steps: what is left to do, in order.
        notices: what a person should know.
        sync: whether sync triggers are installed.
        growth: bytes that the database will grow by, about.
        seconds: how long it will take, about; None if the forms were not counted.
    """

    contract: str
    database: str
    tables: tuple[TablePlan, ...]
    missing: tuple[str, ...]
    steps: tuple[Step, ...]
    notices: tuple[Notice, ...]
    sync: bool
    growth: int
    seconds: float | None = None

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why nothing can be done as things are."""
        return tuple(f.message for f in self.notices if f.kind == "refusal")


def plan(
    db: Target,
    contract: Contract,
    *,
    sync: bool = True,
    check_range: bool = False,
    progress: ProgressCallback = silent,
    schema: str | None = None,
) -> Plan:
    """Say what `migrate` would do, and read only.

    Args:
        db: path, `sqlite:///path`, or an open connection.
        contract: which columns.
        sync: whether sync triggers are wanted.
        check_range: whether a CHECK on the epoch columns is wanted.
        progress: told of each table that is surveyed.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Returns:
        The plan, with the storage forms of every column counted.

    Raises:
        Refused: the database cannot be opened.
        Failed: it cannot be read.
    """
    with opened(db, write=False, schema=schema) as session:
        bare = plan_open(session, contract, sync=sync, check_range=check_range)
        return _with_forms(session, bare, progress)


def plan_open(session: Session, contract: Contract, *, sync: bool, check_range: bool) -> Plan:
    """Plan for an open database, without counting the storage forms."""
    info = session.engine.inspection.inspect(
        session, tuple(table.name for table in contract.tables)
    )
    state = read_state(session)
    options = state.values.get("options")
    if options is not None:  # what was begun is ended as it was begun
        sync, check_range = options["sync"], options["check_range"]
    shapes, unfilled = [], set()
    for table in contract.tables:
        found = info.table(table.name)
        if found is not None and found.kind == "table":
            shape = _shape(session, contract, table, found, check_range=check_range)
            if not shape.columns:  # finalized
                continue
            shapes.append(shape)
            backfill = state.backfill(shape.name)
            if backfill is None or not backfill["done"] or has_stale_quarantine(session, shape):
                unfilled.add(shape.name)
    return make_plan(
        contract,
        info,
        state,
        tuple(shapes),
        frozenset(unfilled),
        name=session.name,
        sync=sync,
        check_range=check_range,
    )


def _shape(
    session: Session,
    contract: Contract,
    table: TableContract,
    found: TableInfo,
    *,
    check_range: bool,
) -> PairedTable:
    columns = []
    for column in table.columns:
        legacy = found.column(column.legacy)
        if legacy is not None:
            reading = reading_of(contract, column)
            if check_range:
                reading = replace(reading, valid_range=contract.valid_range)
            latest = latest_form(session, found, legacy.name, reading)
            columns.append(_column_shape(column, legacy, reading, latest, strict=found.strict))
    return PairedTable(found.name, found.key, tuple(columns))


_NUMBERS = ("seconds", "milliseconds", "microseconds", "julian-day")
_WRITTEN = (*_NUMBERS, "datetime", "iso-local", "iso-zone")


def _column_shape(
    column: ColumnContract,
    legacy: ColumnInfo,
    reading: Reading,
    latest: str | None,
    *,
    strict: bool,
) -> ColumnPair:
    """Decide in which form sync triggers write: as the latest rows do, else by the type."""
    whole_numbers = legacy.is_integer
    written_as = latest if latest in _WRITTEN else "seconds" if whole_numbers else "datetime"
    if reading.storage != "auto" and latest not in _WRITTEN:
        written_as = reading.storage
    if written_as == "iso-zone" and not is_utc(reading.timezone):
        written_as = "iso-local"
    return ColumnPair(
        legacy=legacy.name,
        epoch=column.epoch,
        reading=reading,
        index=column.index,
        written_as=written_as,
        writable=not legacy.generated,
        precision=1_000 if strict and whole_numbers and written_as == "seconds" else 1,
    )


def make_plan(
    contract: Contract,
    info: DatabaseInfo,
    state: State,
    shapes: tuple[PairedTable, ...],
    unfilled: frozenset[str],
    *,
    name: str,
    sync: bool,
    check_range: bool,
) -> Plan:
    """Build the plan from what is there; reads nothing and changes nothing.

    Args:
        contract: which columns.
        info: what the database has.
        state: what an earlier run left.
        shapes: the tables that are there.
        unfilled: those of them whose backfill is not done, or did not see some values.
        name: name of the database.
        sync: whether sync triggers are wanted.
        check_range: whether a CHECK on the epoch columns is wanted.
    """
    notices = [
        *contract_notices(contract, info, state),
        *(notice for shape in shapes for notice in table_notices(shape, info, state, sync=sync)),
    ]
    missing = tuple(t.name for t in contract.tables if info.table(t.name) is None)
    optional = {table.name for table in contract.tables if table.optional}
    notices += [
        Notice("note", f"table {table} is not there; it is optional and skipped")
        for table in missing
        if table in optional
    ]
    if info.tables and not shapes and not notices:
        notices.append(Notice("note", "the database is finalized; nothing is left to do"))
    steps: list[Step] = []
    if shapes and not any(notice.kind == "refusal" for notice in notices):
        steps += _expand_steps(contract, state, shapes, check_range=check_range)
        steps += _zone_steps(info, shapes)
        syncs = _sync_steps(info, shapes) if sync else []
        if syncs:
            steps += _conversion_steps(info, shapes)
        steps += syncs
        # What was written before the triggers were there, the backfill has to see.
        to_fill = unfilled | {step.table.name for step in syncs}
        if to_fill:
            steps.append(Backfill(tuple(shape for shape in shapes if shape.name in to_fill)))
        steps += _index_steps(info, shapes)
        if contract.version is not None and "phase:version" not in state.values:
            steps.append(WriteVersion(contract.version, _version_columns(contract, shapes)))
    return Plan(
        contract=contract.name,
        database=name,
        tables=tuple(_table_plan(shape, info) for shape in shapes),
        missing=missing,
        steps=tuple(steps),
        notices=tuple(notices),
        sync=sync,
        growth=_growth(steps, info),
    )


def _table_plan(shape: PairedTable, info: DatabaseInfo) -> TablePlan:
    found = info.table(shape.name)
    rows = found.rows if found is not None else 0
    return TablePlan(shape, rows, tuple(ColumnPlan(column) for column in shape.columns))


# --- steps: what is left to do; the database itself tells what is done ------------------------


def _expand_steps(
    contract: Contract, state: State, shapes: tuple[PairedTable, ...], *, check_range: bool
) -> list[Step]:
    steps: list[Step] = [CreateState(contract)] if state.fingerprint is None else []
    valid_range = contract.valid_range if check_range else None
    for shape in shapes:
        if state.table(shape.name) is None:
            steps.append(RecordTable(shape))
            steps += [AddColumn(shape.name, c.epoch, valid_range) for c in shape.columns]
    return steps


def _sync_steps(info: DatabaseInfo, shapes: tuple[PairedTable, ...]) -> list[InstallSync]:
    synced = {table.name for table in info.tables if table.synced}
    return [InstallSync(shape) for shape in shapes if shape.name not in synced]


def _conversion_steps(info: DatabaseInfo, shapes: tuple[PairedTable, ...]) -> list[Step]:
    readings = dict.fromkeys(column.reading for shape in shapes for column in shape.columns)
    there = info.conversions
    return [InstallConversion(r) for r in readings if (r.storage, r.timezone) not in there]


def _index_steps(info: DatabaseInfo, shapes: tuple[PairedTable, ...]) -> list[Step]:
    return [
        BuildIndex(shape.name, column.epoch)
        for shape in shapes
        for column in shape.columns
        if column.index and not info.has(index_name(shape.name, column.epoch))
    ]


def _zone_steps(info: DatabaseInfo, shapes: tuple[PairedTable, ...]) -> list[Step]:
    if info.has_zones:
        return []
    zones = {
        column.reading.timezone: InstallZone(column.reading)
        for shape in shapes
        for column in shape.columns
        if not is_utc(column.reading.timezone)
    }
    return list(zones.values())


def _version_columns(contract: Contract, shapes: tuple[PairedTable, ...]) -> tuple[ColumnPair, ...]:
    version = contract.version
    assert version is not None
    named = (shape for shape in shapes if shape.name.lower() == version.table.lower())
    return next((shape.columns for shape in named), ())


def _growth(steps: list[Step], info: DatabaseInfo) -> int:
    rows = {table.name: table.rows for table in info.tables}
    growth = 0
    for step in steps:
        match step:
            case AddColumn(table=table):
                growth += rows[table] * _ROW_BYTES
            case BuildIndex(table=table):
                growth += rows[table] * _INDEX_BYTES
    return growth


# --- the survey ------------------------------------------------------------------------------


def _with_forms(session: Session, bare: Plan, progress: ProgressCallback) -> Plan:
    began = time.perf_counter()
    tables = []
    for table in bare.tables:
        progress(Progress("survey", table.paired.name, 0, table.rows))
        columns = tuple(
            ColumnPlan(column, count_forms(session, table.paired.name, column))
            for column in table.paired.columns
        )
        tables.append(replace(table, columns=columns))
        progress(Progress("survey", table.paired.name, table.rows, table.rows))
    seconds = (time.perf_counter() - began) * _WRITE_FACTOR if bare.steps else 0.0
    notices = [*bare.notices, *_form_notices(tables)]
    return replace(bare, tables=tuple(tables), notices=tuple(notices), seconds=seconds)


def _form_notices(tables: list[TablePlan]) -> list[Notice]:
    notices = []
    for table in tables:
        for column in table.columns:
            for count in column.forms:
                reason = FORMS[count.form].reason
                if reason is not None:
                    notices.append(
                        Notice(
                            "warning",
                            f"{table.paired.name}.{column.pair.legacy}: {_values(count.rows)} like "
                            f"{count.example} go to the quarantine: {reason}",
                        )
                    )
    return notices


def _values(count: int) -> str:
    return "1 value" if count == 1 else f"{count:,} values"
