"""Drops the legacy columns, when nothing needs them any more."""

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
from .steps import CreateState
from .verify import verify_within

__all__ = ["FinalizeReport", "finalize"]


@dataclass(frozen=True, slots=True)
class FinalizeReport:
    """What finalize did.

    Attributes:
        database: name of the database.
        columns: the legacy columns that were dropped, as `table.column`.
        indexes: the application's indexes that went with them.
        checks: its CHECK constraints that did, as `CHECK (...) of table`.
        rebuilt: the tables that had to be rebuilt.
    """

    database: str
    columns: tuple[str, ...]
    indexes: tuple[str, ...]
    checks: tuple[str, ...]
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
    return FinalizeReport(database.name, (), (), (), ())


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
    tables = recorded_tables(read_state(database))
    removals = [Removal(t.name, {c.legacy: c.epoch for c in t.columns}) for t in tables]
    removed = remove(database, tables, removals, "finalize", progress)
    run(database, CreateState(contract).undo(database.schema))
    return FinalizeReport(
        database.name, removed.columns, removed.indexes, removed.checks, removed.rebuilt
    )
