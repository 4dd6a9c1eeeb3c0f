"""Contract and database give a plan: the steps that are left, and what stands in their way.

`make_plan` is pure. `plan` reads a database, counts the storage forms, and calls it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Final, Literal

from ..contract import ColumnContract, Contract, TableContract, index_name
from .classify import FORMS, Reading, reading_of
from .dialects.sqlite import Database, Target, introspect, opened
from .dialects.sqlite_forms import FormCount, count_forms, latest_form
from .dialects.sqlite_sync import trigger_name
from .introspect import ColumnInfo, DatabaseInfo, TableInfo
from .progress import Progress, ProgressCallback, silent
from .shapes import ColumnShape, TableShape
from .state import State, read_state
from .steps import (
    AddColumn,
    Backfill,
    BuildIndex,
    CreateState,
    InstallSync,
    InstallZone,
    RecordTable,
    Step,
    WriteVersion,
)
from .zones import is_utc

__all__ = ["ColumnPlan", "Finding", "Plan", "TablePlan", "make_plan", "plan"]

# Measured on SQLite 3.40 (benchmarks/README.md): bytes that a value takes in the row, and in
# an index; how much longer the writing takes than the survey of the same values.
_ROW_BYTES: Final = 7
_INDEX_BYTES: Final = 15
_WRITE_FACTOR: Final = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should know before migrating.

    Attributes:
        kind: `refusal` if nothing can be done as things are, `warning`, or `note`.
        message: what was found, where, and what to do.
    """

    kind: Literal["refusal", "warning", "note"]
    message: str


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One column: its shape and the storage forms in it, empty if they were not counted."""

    shape: ColumnShape
    forms: tuple[FormCount, ...] = ()

    @property
    def unconvertible(self) -> int:
        """How many values will be listed in the quarantine."""
        return sum(count.rows for count in self.forms if FORMS[count.form].reason is not None)


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table of the contract that the database has."""

    shape: TableShape
    rows: int
    columns: tuple[ColumnPlan, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a migration would do.

    Attributes:
        contract: name of the contract.
        database: name of the database.
        tables: the tables that are there.
        missing: optional tables that are not.
        steps: what is left to do, in order.
        findings: what a person should know.
        sync: whether sync triggers are installed.
        growth: bytes that the database will grow by, about.
        seconds: how long it will take, about; None if the forms were not counted.
    """

    contract: str
    database: str
    tables: tuple[TablePlan, ...]
    missing: tuple[str, ...]
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    sync: bool
    growth: int
    seconds: float | None = None

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why nothing can be done as things are."""
        return tuple(f.message for f in self.findings if f.kind == "refusal")


def plan(
    db: Target,
    contract: Contract,
    *,
    sync: bool = True,
    check_range: bool = False,
    progress: ProgressCallback = silent,
    schema: str = "main",
) -> Plan:
    """Say what `migrate` would do, and read only.

    Args:
        db: path, `sqlite:///path`, or an open connection.
        contract: which columns.
        sync: whether sync triggers are wanted.
        check_range: whether a CHECK on the epoch columns is wanted.
        progress: told of each table that is surveyed.
        schema: which of the attached databases of a connection is meant.

    Returns:
        The plan, with the storage forms of every column counted.

    Raises:
        Refused: the database cannot be opened.
        Failed: it cannot be read.
    """
    with opened(db, write=False, schema=schema) as database:
        bare = plan_open(database, contract, sync=sync, check_range=check_range)
        return _with_forms(database, bare, progress)


def plan_open(database: Database, contract: Contract, *, sync: bool, check_range: bool) -> Plan:
    """Plan for an open database, without counting the storage forms."""
    info = introspect(database, tuple(table.name for table in contract.tables))
    state = read_state(database)
    options = state.values.get("options")
    if options is not None:  # what was begun is ended as it was begun
        sync, check_range = options["sync"], options["check_range"]
    shapes = []
    for table in contract.tables:
        found = info.table(table.name)
        if found is not None and found.kind == "table":
            shapes.append(_shape(database, contract, table, found, check_range=check_range))
    return make_plan(
        contract,
        info,
        state,
        tuple(shapes),
        name=database.name,
        sync=sync,
        check_range=check_range,
    )


def _shape(
    database: Database,
    contract: Contract,
    table: TableContract,
    found: TableInfo,
    *,
    check_range: bool,
) -> TableShape:
    columns = []
    for column in table.columns:
        legacy = found.column(column.legacy)
        if legacy is not None:
            reading = reading_of(contract, column)
            if check_range:
                reading = replace(reading, valid_range=contract.valid_range)
            latest = latest_form(database, found, legacy.name, reading)
            columns.append(_column_shape(column, legacy, reading, latest, strict=found.strict))
    return TableShape(found.name, found.key, tuple(columns))


_NUMBERS = ("seconds", "milliseconds", "microseconds", "julian-day")
_WRITTEN = (*_NUMBERS, "datetime", "iso-local", "iso-zone")


def _column_shape(
    column: ColumnContract,
    legacy: ColumnInfo,
    reading: Reading,
    latest: str | None,
    *,
    strict: bool,
) -> ColumnShape:
    """Decide in which form sync triggers write: as the latest rows do, else by the type."""
    whole_numbers = "INT" in legacy.type
    written_as = latest if latest in _WRITTEN else "seconds" if whole_numbers else "datetime"
    if reading.storage != "auto" and latest not in _WRITTEN:
        written_as = reading.storage
    if written_as == "iso-zone" and not is_utc(reading.timezone):
        written_as = "iso-local"
    return ColumnShape(
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
    shapes: tuple[TableShape, ...],
    *,
    name: str,
    sync: bool,
    check_range: bool,
) -> Plan:
    """Build the plan from what is there; reads nothing and changes nothing."""
    findings = [
        *_findings(contract, info, state),
        *(
            finding
            for shape in shapes
            for finding in _table_findings(shape, info, state, sync=sync)
        ),
    ]
    missing = tuple(t.name for t in contract.tables if info.table(t.name) is None)
    findings += [
        Finding("note", f"table {table} is not there; it is optional and skipped")
        for table in missing
        if (declared := contract.table(table)) is not None and declared.optional
    ]
    refused = any(finding.kind == "refusal" for finding in findings)
    steps = (
        ()
        if refused
        else tuple(_steps(contract, info, state, shapes, sync=sync, check_range=check_range))
    )
    return Plan(
        contract=contract.name,
        database=name,
        tables=tuple(_table_plan(shape, info) for shape in shapes),
        missing=missing,
        steps=steps,
        findings=tuple(findings),
        sync=sync,
        growth=_growth(steps, info),
    )


def _table_plan(shape: TableShape, info: DatabaseInfo) -> TablePlan:
    found = info.table(shape.name)
    rows = found.rows if found is not None else 0
    return TablePlan(shape, rows, tuple(ColumnPlan(column) for column in shape.columns))


# --- findings --------------------------------------------------------------------------------


def _findings(contract: Contract, info: DatabaseInfo, state: State) -> list[Finding]:
    findings = []
    if not contract.tables:
        findings.append("the contract has no tables; add them under [tool.ts-contract.tables]")
    if state.fingerprint not in (None, contract.fingerprint()):
        findings.append(
            f"the database is in migration by another contract ({state.values['contract']['name']}"
            ", or this one before a change); finish or roll back that migration with it first"
        )
    for table in contract.tables:
        found = info.table(table.name)
        if found is None and not table.optional:
            findings.append(
                f"table {table.name} is not in the database; check the path, take the table out "
                "of the contract, or name it in optional-tables"
            )
        if found is not None:
            findings += _shape_refusals(table, found)
    version = contract.version
    if version is not None and version.table.lower() not in info.names:
        findings.append(
            f"table {version.table}, which receives the version row, is not in the database; "
            "create it, or take [version] out of the contract"
        )
    return [Finding("refusal", message) for message in findings]


def _shape_refusals(table: TableContract, found: TableInfo) -> list[str]:
    if found.kind != "table":
        return [f"{table.name} is a {found.kind}, not a table; take it out of the contract"]
    refusals = [
        f"{table.name}.{column.legacy} is not in the database; correct the contract"
        for column in table.columns
        if found.column(column.legacy) is None
    ]
    if not found.key:
        refusals.append(
            f"table {table.name} has columns called rowid, _rowid_ and oid and no key; "
            "rename one of them"
        )
    return refusals


def _table_findings(
    shape: TableShape, info: DatabaseInfo, state: State, *, sync: bool
) -> list[Finding]:
    found = info.table(shape.name)
    assert found is not None
    ours = {c[1].lower() for c in (state.table(shape.name) or {"columns": []})["columns"]}
    findings = []
    for column in shape.columns:
        place = f"{shape.name}.{column.epoch}"
        if found.column(column.epoch) is not None and column.epoch.lower() not in ours:
            findings.append(
                Finding(
                    "refusal",
                    f"{place} is there already, and not by this tool; `ts-contract verify` tells "
                    "whether it is right; drop the column, or name another one in the contract",
                )
            )
        index = index_name(shape.name, column.epoch)
        if column.index and not ours and index.lower() in info.names:
            findings.append(
                Finding("refusal", f"the name {index} is taken; rename what has it, or drop it")
            )
        legacy = found.column(column.legacy)
        if legacy is not None and legacy.not_null and legacy.default is None:
            findings.append(
                Finding(
                    "note",
                    f"{shape.name}.{column.legacy} is NOT NULL without a default: new code has to "
                    "go on writing it until finalize",
                )
            )
    if sync:
        findings += _trigger_findings(shape, info)
    return findings


def _trigger_findings(shape: TableShape, info: DatabaseInfo) -> list[Finding]:
    """Name the application's triggers that a write of ours during sync will fire."""
    fired = [
        trigger.name
        for trigger in info.triggers_on(shape.name)
        if not trigger.name.startswith("_ts_contract_") and _is_on_any_update(trigger.sql or "")
    ]
    if not fired:
        return []
    return [
        Finding(
            "warning",
            f"triggers on {shape.name} ({', '.join(fired)}) do not fire during the backfill; while "
            "sync triggers are there, a row that old or new code writes fires them once more",
        )
    ]


def _is_on_any_update(sql: str) -> bool:
    words = sql.upper().split()
    place = words.index("UPDATE") if "UPDATE" in words else -1
    return 0 < place < len(words) - 1 and words[place + 1] == "ON"


# --- steps -----------------------------------------------------------------------------------


def _steps(
    contract: Contract,
    info: DatabaseInfo,
    state: State,
    shapes: tuple[TableShape, ...],
    *,
    sync: bool,
    check_range: bool,
) -> list[Step]:
    """Return what is left to do: the database itself tells what is done."""
    steps: list[Step] = []
    if state.fingerprint is None:
        steps.append(CreateState(contract))
    valid_range = contract.valid_range if check_range else None
    for shape in shapes:
        if state.table(shape.name) is None:
            steps.append(RecordTable(shape))
            steps += [AddColumn(shape.name, c.epoch, valid_range) for c in shape.columns]
    steps += _zone_steps(info, shapes)
    if sync:
        triggers = {o.name.lower() for o in info.objects if o.kind == "trigger"}
        steps += [
            InstallSync(shape)
            for shape in shapes
            if trigger_name(shape.name, "insert").lower() not in triggers
        ]
    unfilled = tuple(s for s in shapes if not (state.backfill(s.name) or {}).get("done"))
    if unfilled:
        steps.append(Backfill(unfilled))
    steps += [
        BuildIndex(shape.name, column.epoch)
        for shape in shapes
        for column in shape.columns
        if column.index and index_name(shape.name, column.epoch).lower() not in info.names
    ]
    if contract.version is not None and "phase:version" not in state.values:
        steps.append(WriteVersion(contract.version, _version_columns(contract, shapes)))
    return steps


def _zone_steps(info: DatabaseInfo, shapes: tuple[TableShape, ...]) -> list[Step]:
    if "_ts_contract_zone" in info.names:
        return []
    zones = {
        column.reading.timezone: InstallZone(column.reading)
        for shape in shapes
        for column in shape.columns
        if not is_utc(column.reading.timezone)
    }
    return list(zones.values())


def _version_columns(contract: Contract, shapes: tuple[TableShape, ...]) -> tuple[ColumnShape, ...]:
    version = contract.version
    assert version is not None
    named = (shape for shape in shapes if shape.name.lower() == version.table.lower())
    return next((shape.columns for shape in named), ())


def _growth(steps: tuple[Step, ...], info: DatabaseInfo) -> int:
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


def _with_forms(database: Database, bare: Plan, progress: ProgressCallback) -> Plan:
    began = time.perf_counter()
    tables = []
    for table in bare.tables:
        progress(Progress("survey", table.shape.name, 0, table.rows))
        columns = tuple(
            ColumnPlan(column, count_forms(database, table.shape.name, column))
            for column in table.shape.columns
        )
        tables.append(replace(table, columns=columns))
        progress(Progress("survey", table.shape.name, table.rows, table.rows))
    seconds = (time.perf_counter() - began) * _WRITE_FACTOR if bare.steps else 0.0
    findings = [*bare.findings, *_form_findings(tables)]
    return replace(bare, tables=tuple(tables), findings=tuple(findings), seconds=seconds)


def _form_findings(tables: list[TablePlan]) -> list[Finding]:
    findings = []
    for table in tables:
        for column in table.columns:
            for count in column.forms:
                reason = FORMS[count.form].reason
                if reason is not None:
                    findings.append(
                        Finding(
                            "warning",
                            f"{table.shape.name}.{column.shape.legacy}: {count.rows:,} values like "
                            f"{count.example} go to the quarantine: {reason}",
                        )
                    )
    return findings
