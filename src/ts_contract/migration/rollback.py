"""Takes everything of ours out again, in one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from ..contract import Contract
from ..progress import ProgressCallback, silent
from .dropping import Removal, recorded_tables, remove, run
from .engines.sqlite.columns import set_up_rebuild
from .engines.sqlite.connection import Database, Target, opened, transaction
from .engines.sqlite.errors import explain
from .engines.sqlite.inspection import introspect
from .errors import Failed, Refused
from .state import Lease, has_state, read_state
from .steps import CreateState, WriteVersion

__all__ = ["RollbackReport", "rollback"]


@dataclass(frozen=True, slots=True)
class RollbackReport:
    """What a rollback took out.

    Attributes:
        database: name of the database.
        columns: the epoch columns that were dropped, as `table.column`.
    """

    database: str
    columns: tuple[str, ...]


def rollback(
    db: Target,
    contract: Contract,
    *,
    progress: ProgressCallback = silent,
    schema: str = "main",
) -> RollbackReport:
    """Take everything of ours out of a database; its schema text is then as it was.

    What to take out is read from the database, so it works from every phase before finalize,
    for a run that was killed as well. All of it is one transaction.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: the contract that the database was migrated by.
        progress: told of each table.
        schema: which of the attached databases of a connection is meant.

    Returns:
        What was taken out; nothing where there was no migration.

    Raises:
        Refused: the legacy columns are gone, another contract did it, another run is at work, or
            a view, trigger or unique index of the application needs an epoch column.
        Failed: SQLite refused something; nothing was changed.
    """
    with opened(db, write=True, schema=schema) as database:
        if not has_state(database):
            _refuse_finalized(database, contract)
            return RollbackReport(database.name, ())
        lease = Lease()
        with set_up_rebuild(database):
            try:
                with transaction(database):
                    lease.take(database)
                    return _take_out(database, contract, progress)
            except sqlite3.Error as error:
                raise Failed(f"{explain(error, database.name)}; nothing was changed") from error


def _refuse_finalized(database: Database, contract: Contract) -> None:
    info = introspect(database, tuple(table.name for table in contract.tables))
    for table in contract.tables:
        found = info.table(table.name)
        for column in table.columns:
            if found is None or found.column(column.epoch) is None:
                continue
            if found.column(column.legacy) is None:
                raise Refused(
                    f"{database.name}: {table.name}.{column.legacy} was dropped by finalize; "
                    "restore a backup to go back"
                )


def _take_out(database: Database, contract: Contract, progress: ProgressCallback) -> RollbackReport:
    state = read_state(database)
    if state.fingerprint not in (None, contract.fingerprint()):
        raise Refused(
            f"{database.name}: was migrated by another contract "
            f"({state.values['contract']['name']}); roll back with that one"
        )
    tables = recorded_tables(state)
    removals = [Removal(t.name, {c.epoch: c.legacy for c in t.columns}) for t in tables]
    if contract.version is not None and "version" in state.values:
        run(database, WriteVersion(contract.version, ()).undo(database.schema))
    removed = remove(database, tables, removals, "rollback", progress)
    run(database, CreateState(contract).undo(database.schema))
    return RollbackReport(database.name, removed.columns)
