"""What a migration would do, as data: the steps that are left, and what stands in their way.

Nothing here reads a database: `survey` does, and hands over what it found as `Facts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ..contract import Contract, index_name
from .engines.answers import FiredTrigger, FormCount
from .engines.choose import engine_named
from .forms import FORMS
from .notices import Notice, contract_notices, table_notices, trigger_notices
from .pairs import ColumnPair, PairedTable
from .schema import DatabaseInfo
from .state import Options, State
from .steps import (
    AddColumn,
    BuildIndex,
    BuildSuccessor,
    CreateState,
    InstallConversion,
    InstallSync,
    InstallZone,
    RecordTable,
    Step,
    WriteVersion,
    ordered_steps,
)

__all__ = ["ColumnPlan", "Facts", "Plan", "TablePlan", "make_plan"]

# Measured on SQLite 3.40 (benchmarks/README.md): bytes that a value takes in the row, and in an
# index.
_ROW_BYTES: Final = 10
_INDEX_BYTES: Final = 20


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One column: its pair and the storage forms in it, empty if they were not counted."""

    pair: ColumnPair
    forms: tuple[FormCount, ...] = ()

    @property
    def unconvertible(self) -> int:
        """How many values will be listed in the quarantine."""
        return sum(count.rows for count in self.forms if FORMS[count.form].reason is not None)

    @property
    def outside(self) -> int:
        """How many instants lie outside the contract's valid range."""
        return sum(count.outside for count in self.forms)


@dataclass(frozen=True, slots=True)
class TablePlan:
    """One table of the contract that the database has.

    Attributes:
        paired: the table.
        rows: how many rows it has.
        columns: its columns.
        sample: by how many rows their forms are estimated; None if all were counted.
    """

    paired: PairedTable
    rows: int
    columns: tuple[ColumnPlan, ...]
    sample: int | None = None

    @property
    def estimated(self) -> str:
        """What stands before a count, where it is an estimate."""
        return "" if self.sample is None else "about "


@dataclass(frozen=True, slots=True)
class Plan:
    """What a migration would do.

    Attributes:
        contract: name of the contract.
        engine: name of the database's engine.
        database: name of the database.
        tables: the tables that are there.
        missing: optional tables that are not.
        steps: what is left to do, in order.
        notices: what a person should know.
        sync: whether sync triggers are installed.
        growth: bytes that the database will grow by, about.
        seconds: how long it will take online, about; None if the forms were not counted.
        seconds_offline: how long it will take in one pass.
    """

    contract: str
    engine: str
    database: str
    tables: tuple[TablePlan, ...]
    missing: tuple[str, ...]
    steps: tuple[Step, ...]
    notices: tuple[Notice, ...]
    sync: bool
    growth: int
    seconds: float | None = None
    seconds_offline: float | None = None

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why nothing can be done as things are."""
        return tuple(n.message for n in self.notices if n.kind == "refusal")

    def sql(self, step: Step) -> tuple[str, ...]:
        """Return the statements that do one of the steps."""
        return engine_named(self.engine).ddl.do(step)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found in a database, before it is judged.

    Attributes:
        engine: name of its engine.
        database: its name.
        info: what it has.
        state: what an earlier run left.
        options: what is wanted, or what the migration was started with.
        tables: the tables of the contract with those of their pairs that are not finalized.
        unfilled: names of those whose backfill is not done, or did not see some values.
        fired: the application's triggers that those of ours will fire, by their tables.
        missing: what is on record and is not there any more, a line each.
    """

    engine: str
    database: str
    info: DatabaseInfo
    state: State
    options: Options
    tables: tuple[PairedTable, ...]
    unfilled: frozenset[str]
    fired: Mapping[str, tuple[FiredTrigger, ...]]
    missing: tuple[str, ...] = ()


def make_plan(contract: Contract, facts: Facts) -> Plan:
    """Build the plan from what was found; reads nothing and changes nothing.

    Args:
        contract: which columns.
        facts: what the database has.
    """
    info, tables = facts.info, facts.tables
    notices = tuple(_notices(contract, facts))
    is_refused = any(notice.kind == "refusal" for notice in notices)
    steps = () if is_refused or not tables else tuple(_steps_left(contract, facts))
    return Plan(
        contract=contract.name,
        engine=facts.engine,
        database=facts.database,
        tables=tuple(_table_plan(table, info) for table in tables),
        missing=tuple(table.name for table in contract.tables if info.table(table.name) is None),
        steps=steps,
        notices=notices,
        sync=facts.options.sync,
        growth=_growth(steps, info),
    )


def _notices(contract: Contract, facts: Facts) -> Iterator[Notice]:
    info, state = facts.info, facts.state
    found = [Notice("refusal", message) for message in facts.missing]
    found += contract_notices(contract, info, state)
    for table in facts.tables:
        found += table_notices(table, info, state)
        inspected = info.table(table.name)
        synced = inspected is not None and inspected.synced
        found += trigger_notices(table, facts.fired.get(table.name, ()), synced=synced)
    found += [
        Notice("note", f"table {table.name} is not there; it is optional and skipped")
        for table in contract.tables
        if table.optional and info.table(table.name) is None
    ]
    yield from found
    if info.tables and not facts.tables and not found:
        yield Notice("note", "the database is finalized; nothing is left to do")


def _steps_left(contract: Contract, facts: Facts) -> Iterator[Step]:
    """Yield the steps that the database does not show as done."""
    synced = {table.name for table in facts.info.tables if table.synced}
    wanted = {table.name for table in facts.tables} if facts.options.sync else set()
    unsynced = wanted - synced
    # What was written before the triggers were there, the backfill has to see.
    to_fill = facts.unfilled | unsynced
    filled = tuple(table for table in facts.tables if table.name in to_fill)
    valid_range = contract.plausible_range if facts.options.check_range else None
    for step in ordered_steps(contract, facts.tables, filled=filled, valid_range=valid_range):
        if not _is_done(step, facts, unsynced):
            yield step


def _is_done(step: Step, facts: Facts, unsynced: set[str]) -> bool:
    info, state = facts.info, facts.state
    match step:
        case CreateState():
            return state.fingerprint is not None
        case RecordTable(table=table):
            return state.table(table.name) is not None
        case AddColumn(table=name):
            return state.table(name) is not None
        case InstallZone():
            return info.has_zones
        case InstallConversion(reading=reading):
            return not unsynced or reading.way in info.conversions
        case InstallSync(table=table):
            return table.name not in unsynced
        case BuildIndex(table=name, epoch=epoch):
            return info.has(index_name(name, epoch))
        case BuildSuccessor(table=name, index=index):
            return engine_named(facts.engine).indexes.is_built(info, name, index)
        case WriteVersion():
            return state.has_recorded_version
        case _:
            return False


def _table_plan(table: PairedTable, info: DatabaseInfo) -> TablePlan:
    found = info.table(table.name)
    rows = found.rows if found is not None else 0
    return TablePlan(table, rows, tuple(ColumnPlan(pair) for pair in table.columns))


def _growth(steps: tuple[Step, ...], info: DatabaseInfo) -> int:
    rows = {table.name: table.rows for table in info.tables}
    growth = 0
    for step in steps:
        match step:
            case AddColumn(table=table):
                growth += rows[table] * _ROW_BYTES
            case BuildIndex(table=table) | BuildSuccessor(table=table):
                growth += rows[table] * _INDEX_BYTES
    return growth
