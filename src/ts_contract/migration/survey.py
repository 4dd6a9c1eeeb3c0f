"""Reads a database for a plan: what it has, what an earlier run left, which forms values have."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from ..contract import Contract
from ..progress import ProgressCallback, silent
from .changes import changes
from .engines.base import Session, Target
from .engines.choose import opened
from .notices import Notice
from .pairing import pair_table
from .pairs import PairedTable
from .plan import Plan, make_plan
from .remaining import Facts
from .schema import DatabaseInfo
from .selection import left_out, part_of, refuse_ties, state_of
from .state import Options, State, read_state
from .state_rows import has_quarantine
from .steps import Backfill, BuildSuccessor
from .value_survey import with_values
from .whereabouts import missing

__all__ = ["plan", "plan_open", "with_collisions"]


def plan(
    db: Target,
    contract: Contract,
    *,
    sync: bool = True,
    check_range: bool = False,
    sample: int | None = None,
    progress: ProgressCallback = silent,
    schema: str | None = None,
) -> Plan:
    """Tell what `migrate` would do, without changing anything.

    Args:
        db: path, `sqlite:///path`, or an open connection.
        contract: which columns.
        sync: whether sync triggers are wanted.
        check_range: whether a CHECK on the epoch columns is wanted.
        sample: how many rows of each table to look at, so that counts are estimates; None for all.
        progress: told of each table that is surveyed.
        schema: which of the attached databases of a connection is meant.

    Returns:
        The plan, with the storage forms of every column counted.

    Raises:
        Refused: the database cannot be opened.
        Failed: it cannot be read.
    """
    with opened(db, write=False, schema=schema) as session:
        bare = plan_open(session, contract, Options(sync=sync, check_range=check_range))
        bare = with_collisions(session, bare)
        return with_values(session, bare, contract, sample, progress)


def plan_open(
    session: Session,
    contract: Contract,
    options: Options,
    chosen: Collection[str] | None = None,
) -> Plan:
    """Plan for an open database, without counting the storage forms.

    Args:
        session: the database.
        contract: which columns.
        options: what is wanted; a migration keeps the options it was started with.
        chosen: the tables of the contract that are meant; None for all.
    """
    whole, contract = contract, part_of(session, contract, chosen)
    info = session.engine.inspection.inspect(session, whole.table_names)
    state = read_state(session)
    unmigrated = [t for t in left_out(whole, contract).tables if state.table(t.name) is None]
    refuse_ties(session, contract, replace(whole, tables=tuple(unmigrated)))
    begun = state.options or options
    tables = tuple(_pairs_left(session, contract, info, state, check_range=begun.check_range))
    rest = _pairs_left(
        session, left_out(whole, contract), info, state, check_range=begun.check_range
    )
    trial, synced = session.engine.trial, tables if begun.sync else ()
    listed = has_quarantine(session)
    unfilled = (
        table.name for table in tables if not (listed and _is_filled(session, table, info, state))
    )
    facts = Facts(
        engine=session.engine.name,
        database=session.name,
        info=info,
        state=state,
        options=begun,
        wanted=options,
        tables=tables,
        unfilled=frozenset(unfilled),
        missing=missing(session, state_of(state, contract)),
        fired={table.name: trial.fired_triggers(session, info, table) for table in synced},
        room=session.engine.room.room(session),
        sizes={table.name: _size(session, table, info) for table in tables},
        changes=changes(state, whole),
        whole=whole,
        others=tuple(table for table in rest if state.table(table.name) is not None),
    )
    return make_plan(contract, facts)


def _size(session: Session, table: PairedTable, info: DatabaseInfo) -> int:
    found = info.table(table.name)
    return 0 if found is None else session.engine.room.bytes_of(session, table, found.rows)


def with_collisions(session: Session, bare: Plan) -> Plan:
    """Add to a plan the refusals that values are which a unique successor would not let in."""
    unbuilt = {step.table for step in bare.steps if isinstance(step, BuildSuccessor)}
    unfilled = {t.name for step in bare.steps if isinstance(step, Backfill) for t in step.tables}
    notices = [
        Notice(
            "refusal",
            f"{index.source} of {table.name}: {_groups(count)} of one instant to the "
            "millisecond, which the epoch column cannot keep apart; correct them first",
            table.name,
            name=index.source,
        )
        for table in (each.paired for each in bare.tables)
        for index in table.indexes
        if index.unique and table.name in unbuilt | unfilled
        if (count := session.engine.indexes.collisions(session, table, index))
    ]
    return replace(bare, notices=(*bare.notices, *notices), steps=()) if notices else bare


def _groups(count: int) -> str:
    return "1 group of rows is" if count == 1 else f"{count:,} groups of rows are"


def _pairs_left(
    session: Session, contract: Contract, info: DatabaseInfo, state: State, *, check_range: bool
) -> Iterator[PairedTable]:
    """Yield the tables of the contract that are there, with the pairs that are not finalized."""
    for declared in contract.tables:
        found = info.table(declared.name)
        if found is not None and found.kind == "table":
            table = pair_table(
                session,
                contract,
                declared,
                found,
                state.templates_of(found),
                check_range=check_range,
            )
            if table.columns:
                yield session.engine.indexes.with_successors(session, info, table)


def _is_filled(session: Session, table: PairedTable, info: DatabaseInfo, state: State) -> bool:
    """Return whether the backfill is done, and the quarantine lists what has no instant, no more.

    A row may have come or gone while no sync trigger was there.
    """
    cursor = state.cursor(table.name)
    if cursor is None or not cursor.done:
        return False
    found = info.table(table.name)
    if found is None or any(found.column(pair.epoch) is None for pair in table.columns):
        return False
    proof = session.engine.proof
    return not any(
        proof.unlisted(session, table, pair)[0] or proof.left_over(session, table, pair)
        for pair in table.columns
    )
