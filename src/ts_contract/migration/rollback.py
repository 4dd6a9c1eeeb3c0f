"""Removes everything that the migration added, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract import Contract
from ..progress import ProgressCallback, silent
from .dropping import Removal, remove, taking_out, undo
from .engines.base import Session, Target
from .engines.choose import opened
from .errors import Refused
from .state import State, has_state, read_state
from .steps import WriteVersion

__all__ = ["RollbackReport", "rollback"]


@dataclass(frozen=True, slots=True)
class RollbackReport:
    """What a rollback took out.

    Attributes:
        session: name of the database.
        columns: the epoch columns that were dropped, as `table.column`.
    """

    database: str
    columns: tuple[str, ...]


def rollback(
    db: Target,
    contract: Contract,
    *,
    progress: ProgressCallback = silent,
    schema: str | None = None,
) -> RollbackReport:
    """Remove everything that the migration added; the schema text is then as it was.

    What to take out is read from the database, so it works from every phase before finalize,
    for a run that was killed as well. All of it is one transaction.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: the contract that the database was migrated by.
        progress: told of each table.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Returns:
        What was taken out; nothing where there was no migration.

    Raises:
        Refused: the legacy columns are gone, another contract did it, another run is at work, or
            a view, trigger or unique index of the application needs an epoch column.
        Failed: the database refused something; nothing was changed.
    """
    with opened(db, write=True, schema=schema) as session:
        if not has_state(session):
            _refuse_finalized(session, contract)
            return RollbackReport(session.name, ())
        with taking_out(session):
            state = read_state(session)
            _refuse_another_contract(session, contract, state)
            if contract.version is not None and state.has_own_version:
                undo(session, WriteVersion(contract.version))
            removals = [
                Removal(table.name, {pair.epoch: pair.legacy for pair in table.columns})
                for table in state.tables
            ]
            removed = remove(
                session, contract, state, removals, phase="rollback", progress=progress
            )
        return RollbackReport(session.name, removed.columns)


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


def _refuse_another_contract(session: Session, contract: Contract, state: State) -> None:
    if state.contract is not None and state.fingerprint != contract.fingerprint():
        raise Refused(
            f"{session.name}: was migrated by another contract "
            f"({state.contract.name}); roll back with that one"
        )
