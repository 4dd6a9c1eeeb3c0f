"""Drops the legacy columns, when nothing needs them any more."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from ..contract import Contract
from .classify import Reading
from .dialects.sqlite import Database, Target, explain, introspect, opened, transaction
from .dialects.sqlite_columns import drop_columns, set_up_rebuild
from .dialects.sqlite_dependents import dependents, failures
from .dialects.sqlite_text import names
from .errors import Failed, Refused
from .introspect import DatabaseInfo, SchemaObject
from .progress import Progress, ProgressCallback, silent
from .shapes import ColumnShape, TableShape
from .state import Lease, has_state, read_state
from .steps import CreateState, InstallSync, InstallZone
from .verify import verify_within

__all__ = ["FinalizeReport", "finalize"]


@dataclass(frozen=True, slots=True)
class FinalizeReport:
    """What finalize did.

    Attributes:
        database: name of the database.
        columns: the legacy columns that were dropped, as `table.column`.
        indexes: the application's indexes that went with them.
        rebuilt: the tables that had to be rebuilt.
    """

    database: str
    columns: tuple[str, ...]
    indexes: tuple[str, ...]
    rebuilt: tuple[str, ...]


def finalize(
    db: Target,
    contract: Contract,
    *,
    progress: ProgressCallback = silent,
    schema: str = "main",
) -> FinalizeReport:
    """Drop the legacy columns, our triggers and our tables, in one transaction.

    Everything is verified once more inside that transaction, so no write can come between.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: the contract that the database was migrated by.
        progress: told of each table.
        schema: which of the attached databases of a connection is meant.

    Returns:
        What was dropped; nothing on a database that is finalized already.

    Raises:
        Refused: no verify since the last change, values in the quarantine, a difference, or a
            view, trigger or unique index of the application that needs a legacy column.
        Failed: SQLite refused something; nothing was changed.
    """
    with opened(db, write=True, schema=schema) as database:
        if not has_state(database):
            return _nothing_left(database, contract)
        with set_up_rebuild(database):
            try:
                with transaction(database):
                    Lease().take(database)
                    _check_state(database, contract)
                    return _finalize(database, contract, progress)
            except sqlite3.Error as error:
                raise Failed(f"{explain(error, database.name)}; nothing was changed") from error


def _nothing_left(database: Database, contract: Contract) -> FinalizeReport:
    """On a database without our state there is either nothing left to do, or all of it."""
    info = introspect(database, tuple(table.name for table in contract.tables))
    for table in contract.tables:
        found = info.table(table.name)
        for column in table.columns:
            if found is not None and found.column(column.legacy) is not None:
                raise Refused(
                    f"{database.name}: {found.name}.{column.legacy} is not migrated; "
                    "run `ts-contract migrate` first"
                )
    return FinalizeReport(database.name, (), (), ())


def _check_state(database: Database, contract: Contract) -> None:
    state = read_state(database)
    if state.fingerprint != contract.fingerprint():
        raise Refused(f"{database.name}: was not migrated by this contract; use the one that did")
    report = verify_within(database, contract)
    if report.quarantined:
        raise Refused(
            f"{database.name}: {report.quarantined:,} values are in the quarantine; correct them "
            "in the legacy columns, then verify (`ts-contract status` lists them)"
        )
    if not report.correct:
        first = (report.problems or (f"{report.differences:,} values differ",))[0]
        raise Refused(f"{database.name}: {first}; `ts-contract verify` lists what is wrong")
    if "verified" not in state.values:
        raise Refused(
            f"{database.name}: was not verified since its last change; "
            "run `ts-contract verify` first"
        )


def _finalize(database: Database, contract: Contract, progress: ProgressCallback) -> FinalizeReport:
    shapes = [_shape(name, recorded) for name, recorded in read_state(database).tables()]
    for shape in shapes:
        _run(database, InstallSync(shape).undo(database.schema))
    info = introspect(database, tuple(table.name for table in contract.tables))
    broken = failures(database, info)
    _refuse_dependents(database, info, shapes)
    dropped, indexes, rebuilt = [], [], []
    for done, shape in enumerate(shapes):
        progress(Progress("finalize", shape.name, done, len(shapes)))
        for index in _indexes_on(info, shape):
            database.run(f"DROP INDEX {database.qualified(index.name)}")
            indexes.append(index.name)
        successors = {column.legacy: column.epoch for column in shape.columns}
        if drop_columns(database, shape.name, successors):
            rebuilt.append(shape.name)
        dropped += [f"{shape.name}.{legacy}" for legacy in successors]
    _run(database, InstallZone(Reading()).undo(database.schema))
    _run(database, CreateState(contract).undo(database.schema))
    _refuse_broken(database, info, broken)
    progress(Progress("finalize", "", len(shapes), len(shapes)))
    return FinalizeReport(database.name, tuple(dropped), tuple(indexes), tuple(rebuilt))


def _shape(name: str, recorded: dict[str, list[list[str]]]) -> TableShape:
    columns = (ColumnShape(c[0], c[1], Reading()) for c in recorded["columns"])
    return TableShape(name, (), tuple(columns))


def _refuse_dependents(database: Database, info: DatabaseInfo, shapes: list[TableShape]) -> None:
    columns = {
        (shape.name.lower(), column.legacy.lower()): f"{shape.name}.{column.legacy}"
        for shape in shapes
        for column in shape.columns
    }
    needed = dependents(database, info, columns)
    if needed:
        listed = "; ".join(f"{d.kind} {d.name} needs {columns[d.table, d.column]}" for d in needed)
        raise Refused(f"{database.name}: {listed}; change these first, nothing was dropped")


def _indexes_on(info: DatabaseInfo, shape: TableShape) -> list[SchemaObject]:
    """Return the application's indexes that name a legacy column; refuse a unique one."""
    found = []
    for index in info.objects:
        if index.kind != "index" or index.sql is None or index.table.lower() != shape.name.lower():
            continue
        named = [c.legacy for c in shape.columns if names(index.sql, c.legacy)]
        if named and index.sql.split(None, 2)[1].upper() == "UNIQUE":
            raise Refused(
                f"unique index {index.name} needs {shape.name}.{named[0]}; make one on the epoch "
                "column and drop this one first, nothing was dropped"
            )
        if named:
            found.append(index)
    return found


def _refuse_broken(
    database: Database, info: DatabaseInfo, before: dict[tuple[str, str], str]
) -> None:
    """Refuse if something no longer compiles that did before; the transaction is rolled back."""
    for (kind, name), error in failures(database, info).items():
        if (kind, name) not in before:
            what = f"view {name}" if kind == "view" else f"a trigger on {name}"
            raise Refused(
                f"{database.name}: {what} needs a legacy column ({error}); change it first, "
                "nothing was dropped"
            )


def _run(database: Database, statements: tuple[str, ...]) -> None:
    for statement in statements:
        database.run(statement)
