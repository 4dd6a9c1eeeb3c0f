"""Takes everything of ours out again, in one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from ..contract import Contract
from .classify import Reading
from .dialects.sqlite import Database, Target, explain, introspect, opened, transaction
from .dialects.sqlite_columns import remove_columns, set_up_rebuild
from .errors import Failed, Refused
from .progress import Progress, ProgressCallback, silent
from .shapes import ColumnShape, TableShape
from .state import Lease, has_state, read_state
from .steps import BuildIndex, CreateState, InstallSync, InstallZone, WriteVersion

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
        Refused: the legacy columns are gone, another contract did it, or another run is at work.
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
    schema = database.schema
    if contract.version is not None and "version" in state.values:
        _run(database, WriteVersion(contract.version, ()).undo(schema))
    tables = list(state.tables())
    shapes = [_shape(name, recorded) for name, recorded in tables]
    for shape in shapes:
        _run(database, InstallSync(shape).undo(schema))
    dropped = []
    for done, (shape, (_, recorded)) in enumerate(zip(shapes, tables, strict=True)):
        progress(Progress("rollback", shape.name, done, len(shapes)))
        for column in shape.columns:
            _run(database, BuildIndex(shape.name, column.epoch).undo(schema))
        epochs = tuple(column.epoch for column in shape.columns)
        remove_columns(database, shape.name, epochs, recorded["sql"])
        dropped += [f"{shape.name}.{epoch}" for epoch in epochs]
    _run(database, InstallZone(Reading()).undo(schema))
    _run(database, CreateState(contract).undo(schema))
    progress(Progress("rollback", "", len(shapes), len(shapes)))
    return RollbackReport(database.name, tuple(dropped))


def _shape(name: str, recorded: dict[str, list[list[str]]]) -> TableShape:
    columns = (ColumnShape(c[0], c[1], Reading()) for c in recorded["columns"])
    return TableShape(name, (), tuple(columns))


def _run(database: Database, statements: tuple[str, ...]) -> None:
    for statement in statements:
        database.run(statement)
