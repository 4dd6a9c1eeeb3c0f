"""Drops the legacy columns, when nothing needs them any more."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..contract import Contract
from ..progress import ProgressCallback, silent
from .changes import changes, way_out
from .dropping import Removal, backed_up, drop_successors, remove, taking_out
from .engines.answers import Succession
from .engines.base import Session, Target
from .engines.choose import opened
from .errors import Failed, Refused
from .losses import losses_of, recorded_tables
from .notices import Notice
from .pairing import pair_table
from .pairs import PairedTable
from .selection import left_out, part_of, refuse_ties, state_of
from .space import lack_for_dropping
from .state import State, note_finalized, read_state
from .state_rows import has_state
from .verify import verify_within

__all__ = ["FinalizeReport", "columns_to_drop", "finalize", "plan_finalize"]


@dataclass(frozen=True, slots=True)
class FinalizeReport:
    """What finalize did.

    Attributes:
        session: name of the database.
        columns: the legacy columns that were dropped, as `table.column`.
        indexes: the application's indexes that went with them.
        carried: the clauses that the epoch columns took over, as `NOT NULL of table.column`.
        rebuilt: the tables that had to be rebuilt.
    """

    database: str
    columns: tuple[str, ...]
    indexes: tuple[str, ...]
    carried: tuple[str, ...]
    rebuilt: tuple[str, ...]


def finalize(
    db: Target,
    contract: Contract,
    *,
    backup: Path | None = None,
    tables: Collection[str] | None = None,
    progress: ProgressCallback = silent,
    schema: str | None = None,
) -> FinalizeReport:
    """Drop the legacy columns, our triggers and our tables, in one transaction.

    Everything is verified once more inside that transaction, so no write can come between.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: the contract that the database was migrated by.
        backup: where to write a verified copy beforehand; not kept if this is refused.
        tables: the tables of the contract to finalize; None for all.
        progress: told of each table.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Returns:
        What was dropped; nothing on a database that is finalized already.

    Raises:
        Refused: no verify since the last change, values in the quarantine, a difference, or
            something of the application that needs a legacy column: a view, a trigger, a unique
            index, a foreign key, or a clause that has no equal on the epoch column.
        Failed: the database refused something; nothing was changed.
    """
    with (
        opened(db, write=True, schema=schema) as session,
        backed_up(session, backup, progress),
    ):
        part = part_of(session, contract, tables)
        if not has_state(session):
            return _nothing_left(session, part)
        with taking_out(session):
            state = read_state(session)
            _check_state(session, contract, state, tables)
            refuse_ties(session, part, left_out(contract, part))
            going = _with_unsaid(session, recorded_tables(part, state_of(state, part)))
            successions = session.engine.removal.successions(session, going)
            _refuse_losses(session, going, successions)
            lack = _lack(session, going, successions)
            if lack is not None:
                raise Refused(f"{session.name}: {lack}; nothing was dropped")
            violated = session.engine.removal.violations(session)
            removals = [
                Removal(
                    table.name,
                    {pair.legacy: pair.epoch for pair in table.columns},
                    successions[table.name],
                )
                for table in going
            ]
            staying = [t.name for t in state.tables if part.table(t.name) is None]
            # A constraint of the table takes their place.
            drop_successors(
                session,
                (
                    (table, index)
                    for table, index in state.successors
                    if index.of_constraint and part.table(table) is not None
                ),
            )
            removed = remove(
                session, state, removals, phase="finalize", progress=progress, staying=staying
            )
            if staying:
                note_finalized(session, going)
            _check_sound(session, going, violated)
        return FinalizeReport(
            database=session.name,
            columns=removed.columns,
            indexes=removed.indexes,
            carried=tuple(each for table in successions.values() for each in table.carried),
            rebuilt=removed.rebuilt,
        )


def plan_finalize(
    db: Target, contract: Contract, *, schema: str | None = None
) -> tuple[Notice, ...]:
    """Tell what `finalize` would refuse, drop and carry over; before `migrate` as well.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: which columns.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Raises:
        Refused: the database cannot be opened.
        Failed: it cannot be read.
    """
    with opened(db, write=False, schema=schema) as session, session.transaction("read"):
        state = read_state(session)
        tables = _tables_found(session, contract, state)
        successions = session.engine.removal.successions(session, tables)
        notices = losses_of(session, tables, successions)
        lack = _lack(session, tables, successions)
        if lack is not None:
            notices.append(Notice("refusal", lack))
        if state.tables:
            try:
                _check_state(session, contract, state)
            except Refused as refusal:
                notices.insert(0, Notice("refusal", str(refusal)))
        elif tables:
            notices.insert(0, Notice("note", f"{session.name} is not migrated yet"))
        return tuple(notices)


def _lack(
    session: Session, tables: tuple[PairedTable, ...], successions: Mapping[str, Succession]
) -> str | None:
    """Return that there is not enough room for finalize; None if there is."""
    rebuilt = {name for name, succession in successions.items() if succession.is_rebuild}
    return lack_for_dropping(session, tables, rebuilt)


def _tables_found(session: Session, contract: Contract, state: State) -> tuple[PairedTable, ...]:
    """Return the tables of the contract that are there, with the legacy columns that they have."""
    info = session.engine.inspection.inspect(session, contract.table_names)
    found = ((table, info.table(table.name)) for table in contract.tables)
    paired = (
        pair_table(session, contract, declared, table, state.templates_of(table))
        for declared, table in found
        if table is not None and table.kind == "table"
    )
    indexes = session.engine.indexes
    return tuple(indexes.with_successors(session, info, table) for table in paired if table.columns)


def _with_unsaid(session: Session, tables: tuple[PairedTable, ...]) -> tuple[PairedTable, ...]:
    """Return recorded tables with the names of the indexes that have no equal.

    Raises:
        Refused: one could have a successor that was not built, as after a script.
    """
    info = session.engine.inspection.inspect(session, ())
    found = []
    for table in tables:
        wanted = session.engine.indexes.with_successors(session, info, table)
        built = {index.source for index in table.indexes}
        for index in wanted.indexes:
            if not index.of_constraint and index.source not in built:
                raise Refused(
                    f"{session.name}: {index.source} of {table.name} has no successor "
                    f"{index.name}; run `ts-contract migrate` first"
                )
        found.append(replace(table, unsaid=wanted.unsaid))
    return tuple(found)


def columns_to_drop(
    db: Target, *, tables: Collection[str] | None = None, schema: str | None = None
) -> tuple[str, ...]:
    """Return the legacy columns that `finalize` would drop, as `table.column`; changes nothing.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        tables: the tables that are meant; None for all.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Raises:
        Refused: the database cannot be opened.
        Failed: it cannot be read.
    """
    wanted = None if tables is None else {name.lower() for name in tables}
    with opened(db, write=False, schema=schema) as session:
        return tuple(
            f"{table.name}.{pair.legacy}"
            for table in read_state(session).tables
            if wanted is None or table.name.lower() in wanted
            for pair in table.columns
        )


def _nothing_left(session: Session, contract: Contract) -> FinalizeReport:
    """On a database without our state there is either nothing left to do, or all of it."""
    info = session.engine.inspection.inspect(session, contract.table_names)
    for table in contract.tables:
        found = info.table(table.name)
        for column in table.columns:
            if found is not None and found.column(column.legacy) is not None:
                raise Refused(
                    f"{session.name}: {found.name}.{column.legacy} is not migrated; "
                    "run `ts-contract migrate` first"
                )
    return FinalizeReport(session.name, (), (), (), ())


def _check_state(
    session: Session, contract: Contract, state: State, chosen: Collection[str] | None = None
) -> None:
    for change in changes(state, contract):
        remedy = way_out(session.name) if change.is_refused else "run `ts-contract migrate` first"
        raise Refused(f"{session.name}: was not migrated by this contract: {change}; {remedy}")
    report = verify_within(session, contract, chosen=chosen)
    if report.quarantined:
        raise Refused(
            f"{session.name}: {report.quarantined:,} values are in the quarantine; correct them "
            "in the legacy columns, then verify (`ts-contract status` lists them)"
        )
    if not report.correct:
        first = (report.problems or (f"{report.differences:,} values differ",))[0]
        raise Refused(f"{session.name}: {first}; `ts-contract verify` lists what is wrong")
    meant = state_of(state, part_of(session, contract, chosen)).tables
    if state.verified_at is None or not all(state.is_verified(table.name) for table in meant):
        raise Refused(
            f"{session.name}: was not verified since its last change; "
            "run `ts-contract verify` first"
        )


def _refuse_losses(
    session: Session, tables: tuple[PairedTable, ...], successions: Mapping[str, Succession]
) -> None:
    losses = [n.message for n in losses_of(session, tables, successions) if n.kind == "refusal"]
    if losses:
        raise Refused(f"{session.name}: {'; '.join(losses)}; nothing was dropped")


def _check_sound(
    session: Session,
    tables: tuple[PairedTable, ...],
    violated: Mapping[str, set[tuple[object, ...]]],
) -> None:
    """Refuse if a foreign key is violated that was not before, or a table is not sound."""
    for table, rows in session.engine.removal.violations(session).items():
        new = rows - violated.get(table, set())
        if new:
            raise Refused(
                f"{session.name}: foreign keys of {table} would be violated "
                f"({', '.join(map(str, min(new, key=str)))}); nothing was dropped"
            )
    for each in tables:
        wrong = session.engine.removal.unsound(session, each.name)
        if wrong is not None:
            raise Failed(f"{session.name}: {each.name} is not sound ({wrong})")
