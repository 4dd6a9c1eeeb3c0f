"""What is left to do, asked of the database: the steps that it does not show as done.

The state alone would not do. A table may have been rebuilt since, without our column; a trigger
may be lost, or be another one by now. What is missing is done again, and its rows are filled again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..contract import Contract
from .changes import Change
from .engines.answers import FiredTrigger, Lack, Room
from .engines.choose import engine_named
from .pairs import PairedTable
from .schema import DatabaseInfo
from .state import Options, State
from .steps import (
    AddColumn,
    Backfill,
    BuildIndex,
    BuildSuccessor,
    ClearNullValues,
    CreateState,
    FillAnew,
    InstallConversion,
    InstallSync,
    InstallZone,
    RecordColumns,
    RecordTable,
    Step,
    TakeBack,
    WriteVersion,
    ordered_steps,
)

__all__ = ["Facts", "Remaining", "remaining"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found in a database, before it is judged.

    Attributes:
        engine: name of its engine.
        database: its name.
        info: what it has.
        state: what an earlier run left.
        options: what the migration was started with, else what is wanted.
        wanted: what is wanted.
        tables: the tables of the contract with those of their pairs that are not finalized.
        unfilled: names of those whose backfill is not done, or did not see some values.
        fired: the application's triggers that those of ours will fire, by their tables.
        missing: what is on record and is not there any more, a line each.
        room: how much room there is.
        sizes: bytes that the rows of the tables take, about, by their names.
        whole: the contract, of which some tables alone may be meant.
        others: the tables on record that are not meant.
        changes: what of it is not as on record.
    """

    engine: str
    database: str
    info: DatabaseInfo
    state: State
    options: Options
    wanted: Options
    tables: tuple[PairedTable, ...]
    unfilled: frozenset[str]
    fired: Mapping[str, tuple[FiredTrigger, ...]]
    missing: tuple[str, ...]
    room: Room
    sizes: Mapping[str, int]
    whole: Contract
    others: tuple[PairedTable, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def again(self) -> set[str]:
        """The tables on record whose values a change of the contract concerns."""
        again = {name.lower() for change in self.changes for name in change.again}
        return {table.name for table in self.tables if table.name.lower() in again}


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left to do.

    Attributes:
        steps: the steps, in order.
        lost: what was there, and is missing or is something else now.
    """

    steps: tuple[Step, ...] = ()
    lost: tuple[Lack, ...] = ()


def remaining(contract: Contract, facts: Facts) -> Remaining:
    """Return what is left to do.

    Args:
        contract: which columns.
        facts: what the database has.
    """
    valid_range = contract.plausible_range if facts.options.check_range else None
    all_tables = (*facts.tables, *facts.others)
    ordered = ordered_steps(contract, all_tables, filled=facts.tables, valid_range=valid_range)
    every = tuple(_of_chosen(ordered, facts))
    missing = engine_named(facts.engine).trace.missing(every, facts.info)
    undone, lost = [], []
    for step, lacks in zip(every, missing, strict=True):
        if not _is_done(step, lacks, facts):
            undone.append(step)
            lost += [lack for lack in lacks if lack.is_altered or _was_there(step, facts.state)]
    if facts.changes:  # what is of the contract on record is not of this one: nothing is lost
        return Remaining((*_taking_over(facts), *_completed(every, undone, facts)))
    return Remaining(tuple(_completed(every, undone, facts)), tuple(lost))


def _of_chosen(steps: Iterator[Step], facts: Facts) -> Iterator[Step]:
    """Leave out what is of other tables alone; what they share with the chosen ones is needed."""
    others = {table.name for table in facts.others}
    for step in steps:
        match step:
            case CreateState():
                yield replace(step, contract=facts.whole)
            case RecordTable(table=table) | InstallSync(table=table):
                if table.name not in others:
                    yield step
            case AddColumn(table=name) | BuildIndex(table=name) | BuildSuccessor(table=name):
                if name not in others:
                    yield step
            case _:
                yield step


def _taking_over(facts: Facts) -> Iterator[Step]:
    """Yield what a changed contract asks of what is migrated already, besides what lacks."""
    for table in facts.tables:
        recorded = facts.state.table(table.name)
        if recorded is None:
            continue
        yield RecordColumns(table)
        for pair in table.columns:
            before = recorded.pair(pair.legacy)
            if before is not None and before.index and not pair.index:
                yield TakeBack(BuildIndex(table.name, pair.epoch))
            if before is not None and table.name in facts.again and pair.reading.null_values:
                yield ClearNullValues(table, pair)
        if table.name in facts.again:
            yield FillAnew(table)


def _is_done(step: Step, lacks: tuple[Lack, ...], facts: Facts) -> bool:
    match step:
        case CreateState():
            return not lacks and facts.state.fingerprint is not None and not facts.changes
        case RecordTable(table=table):
            return facts.state.table(table.name) is not None
        case InstallConversion() | InstallSync():
            return not lacks or not facts.options.sync
        case Backfill():
            return not facts.unfilled
        case WriteVersion():
            return facts.state.has_recorded_version
        case _:
            return not lacks


def _was_there(step: Step, state: State) -> bool:
    """Return whether the state says that a step was done."""
    match step:
        case CreateState() | InstallZone():
            return state.fingerprint is not None
        case AddColumn(table=table):
            return state.table(table) is not None
        case InstallConversion():
            return bool(state.cursors)
        case InstallSync(table=table):
            return state.cursor(table.name) is not None
        case BuildSuccessor(index=index):
            return any(built.name == index.name for _, built in state.successors)
        case _:
            return state.verified_at is not None


def _completed(every: tuple[Step, ...], undone: list[Step], facts: Facts) -> Iterator[Step]:
    """Yield the undone steps, with those that have to be done again because of them."""
    left = set(map(id, undone))
    anew = _to_fill_anew(undone, facts) | facts.again
    filled = tuple(t for t in facts.tables if t.name in anew or t.name in facts.unfilled)
    converts = any(isinstance(step, InstallConversion) for step in undone)
    for step in every:
        match step:
            case Backfill():
                if filled:
                    yield replace(step, tables=filled)
            case InstallConversion():
                if converts:  # all of them stand on the same views
                    yield step
            case InstallSync(table=table) if facts.options.sync and table.name in anew:
                yield step  # which sets the backfill of the table back
            case _:
                if id(step) in left:
                    yield step


def _to_fill_anew(undone: list[Step], facts: Facts) -> set[str]:
    """Return the tables in which values may have been written that nothing converted."""
    tables = {step.table for step in undone if isinstance(step, AddColumn)}
    if facts.options.sync:
        tables |= {step.table.name for step in undone if isinstance(step, InstallSync)}
        ways = {step.reading.way for step in undone if isinstance(step, InstallConversion)}
        zones = {step.reading.timezone for step in undone if isinstance(step, InstallZone)}
        tables |= {
            table.name
            for table in facts.tables
            for pair in table.columns
            if pair.reading.way in ways or pair.reading.timezone in zones
        }
    return tables
