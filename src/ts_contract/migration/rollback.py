"""Removes everything that the migration added, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..contract import Contract, TableContract
from ..progress import Progress, ProgressCallback, silent
from .dropping import Removal, backed_up, drop_successors, remove, taking_out, undo
from .engines.base import Session, Target
from .engines.choose import opened
from .errors import Refused
from .forms import convert
from .pairing import pair_table
from .pairs import ColumnPair, PairedTable
from .state import State, has_state, read_state
from .steps import WriteVersion
from .whereabouts import Whereabouts, whereabouts

__all__ = ["RollbackReport", "rollback"]


@dataclass(frozen=True, slots=True)
class RollbackReport:
    """What a rollback took out.

    Attributes:
        session: name of the database.
        columns: the epoch columns that were dropped, as `table.column`.
        finalized: the tables that stay as they are, because finalize had them already.
    """

    database: str
    columns: tuple[str, ...]
    finalized: tuple[str, ...] = ()


def rollback(
    db: Target,
    contract: Contract | None = None,
    *,
    discard: bool = False,
    backup: Path | None = None,
    progress: ProgressCallback = silent,
    schema: str | None = None,
) -> RollbackReport:
    """Remove everything that the migration added; the schema text is then as it was.

    What to take out is read from the database, so it works from every phase before finalize,
    for a run that was killed as well. All of it is one transaction.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: the contract that the database was migrated by, which the database knows itself;
            of use only where version 0.1.0 began the migration, and to tell what is finalized.
        discard: lose the instants that only an epoch column holds.
        backup: where to write a verified copy beforehand; not kept if this is refused.
        progress: told of each table.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Returns:
        What was taken out; nothing where there was no migration.

    Raises:
        Refused: the legacy columns are gone, an epoch column holds instants that its legacy column
            does not, another run is at work, or a view, trigger or unique index of the application
            needs an epoch column.
        Failed: the database refused something; nothing was changed.
    """
    with (
        opened(db, write=True, schema=schema) as session,
        backed_up(session, backup, progress),
    ):
        if not has_state(session):
            if contract is not None:
                _refuse_finalized(session, contract)
            return RollbackReport(session.name, ())
        with taking_out(session):
            state = read_state(session)
            recorded = _recorded(session, contract, state, discard=discard)
            version = None if recorded is None else recorded.version
            if version is not None and state.has_own_version:
                undo(session, WriteVersion(version))
            standing = whereabouts(session, state)
            if not discard:
                _refuse_untraced(session, standing)
                if recorded is not None:
                    _refuse_losses(session, recorded, state, standing, progress)
            removals = [each for table in standing if (each := _removal(table)) is not None]
            today = {t.recorded.name.lower(): t.name or "" for t in standing}
            drop_successors(session, [(today[t.lower()], i) for t, i in state.successors])
            _refuse_unique(session, removals)
            removed = remove(session, state, removals, phase="rollback", progress=progress)
        return RollbackReport(session.name, removed.columns, state.finalized)


def _refuse_unique(session: Session, removals: list[Removal]) -> None:
    """Refuse to drop what keeps rows apart by an epoch column, and is not ours."""
    info = session.engine.inspection.inspect(session, ())
    for removal in removals:
        for index in session.engine.removal.dependent_indexes(
            info, removal.table, removal.successors
        ):
            if index.unique:
                raise Refused(
                    f"{session.name}: unique index {index.name} needs {removal.table}."
                    f"{index.column}; drop it first, nothing was dropped"
                )


def _refuse_finalized(session: Session, contract: Contract) -> None:
    info = session.engine.inspection.inspect(session, contract.table_names)
    for table in contract.tables:
        found = info.table(table.name)
        for column in table.columns:
            if found is None or found.column(column.epoch) is None:
                continue
            if found.column(column.legacy) is None:
                raise Refused(
                    f"{session.name}: {table.name}.{column.legacy} was dropped by finalize; "
                    "restore a backup to go back"
                )


def _recorded(
    session: Session, contract: Contract | None, state: State, *, discard: bool
) -> Contract | None:
    """Return the contract that the database was migrated by; None if nothing was begun.

    Raises:
        Refused: it is not on record, and the one that was given is another.
    """
    if state.contract is None:
        return None
    if state.contract.contract is not None:
        return state.contract.contract
    if contract is not None and contract.fingerprint() == state.fingerprint:
        return contract
    if discard and not state.has_own_version:
        return None
    raise Refused(
        f"{session.name}: was migrated by another contract ({state.contract.name}), by a version "
        "that did not record it; roll back with that one"
    )


def _removal(table: Whereabouts) -> Removal | None:
    """Return what of ours goes out of a table; None if nothing is there."""
    if table.name is None or not table.epochs:
        return None
    present = {epoch.lower() for epoch in table.epochs}
    return Removal(
        table.name,
        {p.epoch: p.legacy for p in table.recorded.columns if p.epoch.lower() in present},
    )


# --- what would be lost ----------------------------------------------------------------------


def _refuse_untraced(session: Session, standing: tuple[Whereabouts, ...]) -> None:
    """Refuse to leave behind what is ours in a table that nobody can find."""
    gone = [table.recorded.name for table in standing if table.name is None]
    if gone:
        raise Refused(
            f"{session.name}: table {', '.join(gone)} is not in the database although it was not "
            "finalized; rename it back, or if it was dropped: "
            f"`ts-contract rollback --discard {session.name}`; nothing was changed"
        )


def _refuse_losses(
    session: Session,
    contract: Contract,
    state: State,
    standing: tuple[Whereabouts, ...],
    progress: ProgressCallback,
) -> None:
    """Refuse to lose instants that no legacy column holds."""
    losses = [
        f"{rows:,} {'row' if rows == 1 else 'rows'} of {table.name}"
        for table in _tables_standing(session, contract, state, standing)
        if (rows := _rows_ahead(session, table, progress))
    ]
    if losses:
        raise Refused(
            f"{session.name}: {', '.join(losses)} would lose an instant that only an epoch column "
            "holds; write it into the legacy column, or lose it by "
            f"`ts-contract rollback --discard {session.name}`; nothing was changed"
        )


def _tables_standing(
    session: Session, contract: Contract, state: State, standing: tuple[Whereabouts, ...]
) -> Iterator[PairedTable]:
    """Yield the tables as they are called today, with the pairs that have their epoch column."""
    info = session.engine.inspection.inspect(session, tuple(t.name for t in standing if t.name))
    for table in standing:
        declared = contract.table(table.recorded.name)
        found = None if table.name is None else info.table(table.name)
        if declared is None or found is None:
            continue
        templates = state.templates.get(table.recorded.name.lower(), {})
        recorded = {
            (today or legacy).lower(): templates[legacy.lower()]
            for legacy, today in table.legacy.items()
            if legacy.lower() in templates
        }
        paired = pair_table(session, contract, _called(declared, table), found, recorded)
        pairs = tuple(p for p in paired.columns if found.column(p.epoch) is not None)
        if pairs:
            yield replace(paired, columns=pairs)


def _called(declared: TableContract, table: Whereabouts) -> TableContract:
    """Return a table of the contract with the names that its legacy columns have today."""
    today = {legacy.lower(): now for legacy, now in table.legacy.items()}
    columns = tuple(
        replace(column, legacy=today.get(column.legacy.lower()) or column.legacy)
        for column in declared.columns
    )
    return replace(declared, columns=columns)


def _rows_ahead(session: Session, table: PairedTable, progress: ProgressCallback) -> int:
    """Count the rows in which an epoch column holds what its legacy column does not."""
    progress(Progress("rollback", table.name, 0, 1))
    rows = session.engine.proof.doubtful_epochs(session, table)
    return sum(any(map(_is_ahead, table.columns, row[::2], row[1::2])) for row in rows)


def _is_ahead(pair: ColumnPair, legacy: object, epoch: object) -> bool:
    """Return whether an epoch value is of another instant than its legacy value, or of one more."""
    if epoch is None:
        return False
    expected = convert(legacy, pair.reading).ms
    if not isinstance(epoch, int) or expected is None:
        return True
    return not pair.holds(legacy, epoch, expected)
