"""What a migration would do, as data: the steps that are left, and what stands in their way.

Nothing here reads a database: `survey` does, and hands over what it found as `Facts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ..contract import Contract
from .engines.answers import FormCount, Lack
from .engines.choose import engine_named
from .forms import FORMS
from .notices import (
    Notice,
    change_notices,
    contract_notices,
    option_notices,
    table_notices,
    trigger_notices,
)
from .pairs import ColumnPair, PairedTable
from .remaining import Facts, Remaining, remaining
from .schema import DatabaseInfo
from .selection import of_others
from .space import Space, space_notices
from .steps import AddColumn, Backfill, BuildIndex, BuildSuccessor, Step

__all__ = ["ColumnPlan", "Plan", "TablePlan", "make_plan"]

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
        lost: what an earlier run made, and is missing or is something else now.
        notices: what a person should know.
        sync: whether sync triggers are installed.
        growth: bytes that the database will grow by, about.
        space: bytes that are needed and that are there.
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
    space: Space
    seconds: float | None = None
    seconds_offline: float | None = None
    lost: tuple[Lack, ...] = ()

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why nothing can be done as things are."""
        return tuple(n.message for n in self.notices if n.kind == "refusal")

    def sql(self, step: Step) -> tuple[str, ...]:
        """Return the statements that do one of the steps."""
        return engine_named(self.engine).ddl.do(step)


def make_plan(contract: Contract, facts: Facts) -> Plan:
    """Build the plan from what was found; reads nothing and changes nothing.

    Args:
        contract: which columns.
        facts: what the database has.
    """
    info, state, tables = facts.info, facts.state, facts.tables
    notices = tuple(_notices(contract, facts))
    left = Remaining() if _is_refused(notices) or not tables else remaining(contract, facts)
    space = _space(left.steps, facts)
    if left.steps or state.has_begun:
        notices += tuple(space_notices(space, _growth(left.steps, info)))
    if _is_refused(notices):
        left = Remaining()
    return Plan(
        contract=contract.name,
        engine=facts.engine,
        database=facts.database,
        tables=tuple(_table_plan(table, info) for table in tables),
        missing=tuple(table.name for table in contract.tables if info.table(table.name) is None),
        steps=left.steps,
        notices=(*notices, *_losses(left)),
        sync=facts.options.sync,
        growth=_growth(left.steps, info),
        space=space,
        lost=left.lost,
    )


def _is_refused(notices: tuple[Notice, ...]) -> bool:
    return any(notice.kind == "refusal" for notice in notices)


def _notices(contract: Contract, facts: Facts) -> Iterator[Notice]:
    info, state = facts.info, facts.state
    strangers = engine_named(facts.engine).trace.strangers(info, [t.name for t in state.tables])
    found = [Notice("refusal", message) for message in (*facts.missing, *strangers)]
    found += change_notices(facts.changes, facts.database)
    found += (
        Notice("refusal", f"{change}; run `ts-contract migrate` for all tables, without --table")
        for change in of_others(facts.changes, contract, state)
    )
    found += contract_notices(contract, info, state)
    is_finalized = bool(info.tables) and not facts.tables
    found += option_notices(contract, facts.wanted, state, is_finalized=is_finalized)
    for table in facts.tables:
        found += table_notices(table, info, state)
        found += _firing(table, facts)
        inspected = info.table(table.name)
        synced = inspected is not None and inspected.synced
        found += trigger_notices(table, facts.fired.get(table.name, ()), synced=synced)
    found += [
        Notice("note", f"table {table.name} is not there; it is optional and skipped")
        for table in contract.tables
        if table.optional and info.table(table.name) is None
    ]
    if any(state.table(table.name) is None for table in facts.tables):
        found.append(
            Notice(
                "note",
                "statements that count columns fail once the epoch columns are there: INSERT INTO "
                "t VALUES (...), INSERT INTO t SELECT *, rows of SELECT * by position; "
                "`ts-contract lint` names them (TSC209)",
            )
        )
    yield from found
    if is_finalized and not found:
        yield Notice("note", "the database is finalized; nothing is left to do")


def _firing(table: PairedTable, facts: Facts) -> Iterator[Notice]:
    """Refuse triggers that no backfill can hold off, because they are the connection's own."""
    found = facts.info.table(table.name)
    if found is not None and table.name in facts.unfilled:
        for trigger in found.temporary_triggers:
            yield Notice(
                "refusal",
                f"the temporary trigger {trigger} on {table.name} would fire for each row of the "
                "backfill; drop it, or migrate by another connection",
                table=table.name,
                name=trigger,
            )


def _losses(left: Remaining) -> Iterator[Notice]:
    """Name what was there, and is missing or is something else now."""
    for lack in left.lost:
        yield Notice("warning", f"{lack}; migrate makes it anew", name=lack.name)


def _table_plan(table: PairedTable, info: DatabaseInfo) -> TablePlan:
    found = info.table(table.name)
    rows = found.rows if found is not None else 0
    return TablePlan(table, rows, tuple(ColumnPlan(pair) for pair in table.columns))


def _growth(steps: Iterable[Step], info: DatabaseInfo) -> int:
    """Return the bytes that some steps take for good."""
    return sum(_bytes_of(step, info) for step in steps)


def _bytes_of(step: Step, info: DatabaseInfo) -> int:
    match step:
        case AddColumn(table=name):
            each = _ROW_BYTES
        case BuildIndex(table=name) | BuildSuccessor(table=name):
            each = _INDEX_BYTES
        case _:
            return 0
    table = info.table(name)
    return 0 if table is None else table.rows * each


def _space(steps: tuple[Step, ...], facts: Facts) -> Space:
    growth = _growth(steps, facts.info)
    indexes = (_bytes_of(s, facts.info) for s in steps if not isinstance(s, AddColumn))
    filled = (
        facts.sizes.get(t.name, 0) for s in steps if isinstance(s, Backfill) for t in s.tables
    )
    one_index, one_table = max(indexes, default=0), max(filled, default=0)
    return Space(
        facts.room,
        online=growth + one_index,
        offline=growth + max(one_table, one_index),
        rollback=sum(facts.sizes.values()) + growth,
    )
