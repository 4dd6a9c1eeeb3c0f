"""The migration as a SQL script, for another migrator: the same steps, from the contract alone."""

from __future__ import annotations

from itertools import chain
from typing import Final, Literal, get_args

from ..contract import Contract
from .engines.sqlite import ddl as sqlite_ddl
from .engines.sqlite.script import verify_script
from .errors import Refused
from .forms import reading_of
from .pairs import ColumnPair, PairedTable
from .steps import (
    AddColumn,
    Backfill,
    BuildIndex,
    CreateState,
    InstallConversion,
    InstallSync,
    InstallZone,
    RecordTable,
    Step,
    WriteVersion,
)
from .zones import is_utc

__all__ = ["ScriptPhase", "script"]

ScriptPhase = Literal["expand", "sync", "backfill", "index", "version", "verify", "rollback", "all"]
PHASES: Final[tuple[ScriptPhase, ...]] = get_args(ScriptPhase)


def script(contract: Contract, phase: ScriptPhase = "all", *, optional: bool = False) -> str:
    """Return a phase of the migration, or all of it, as a script.

    The sqlite3 shell, `executescript` and other migrators can run it on their own. `all` is one
    transaction without sync triggers: expand, backfill, index, version row. A script knows the
    contract and not the database, so it addresses rows by rowid, and cannot hold off triggers
    that write to *other* tables after an update; `ts-contract migrate` can.

    Args:
        contract: which columns.
        phase: which part.
        optional: whether to take in the optional tables, which must then be there.

    Returns:
        The script, ending in a newline.

    Raises:
        Refused: the contract has no tables.
    """
    tables = _shapes(contract, optional=optional)
    if not tables:
        raise Refused("the contract has no tables; add them under [tool.ts-contract.tables]")
    steps = _steps(contract, tables)
    match phase:
        case "verify":
            return _text(contract, phase, verify_script(tables, contract.valid_range))
        case "rollback":
            undone = chain.from_iterable(step.undo() for step in reversed(steps))
            return _text(contract, phase, _in_transaction(undone))
        case "all":
            chosen = [step for step in steps if step.phase != "sync"]
        case _:
            chosen = [step for step in steps if step.phase == phase]
    statements = chain.from_iterable(step.sql() for step in chosen)
    return _text(contract, phase, _in_transaction(statements))


def _shapes(contract: Contract, *, optional: bool) -> tuple[PairedTable, ...]:
    return tuple(
        PairedTable(
            table.name,
            ("rowid",),
            tuple(
                ColumnPair(c.legacy, c.epoch, reading_of(contract, c), c.index)
                for c in table.columns
            ),
        )
        for table in contract.tables
        if optional or not table.optional
    )


def _steps(contract: Contract, tables: tuple[PairedTable, ...]) -> list[Step]:
    zones = {
        column.reading.timezone: InstallZone(column.reading)
        for table in tables
        for column in table.columns
        if not is_utc(column.reading.timezone)
    }
    steps: list[Step] = [CreateState(contract)]
    for table in tables:
        steps.append(RecordTable(table))
        steps += [AddColumn(table.name, column.epoch) for column in table.columns]
    steps += zones.values()
    readings = dict.fromkeys(column.reading for table in tables for column in table.columns)
    steps += [InstallConversion(reading) for reading in readings]
    steps += [InstallSync(table) for table in tables]
    steps.append(Backfill(tables))
    steps += [
        BuildIndex(table.name, column.epoch)
        for table in tables
        for column in table.columns
        if column.index
    ]
    if contract.version is not None:
        name = contract.version.table.lower()
        columns = next((t.columns for t in tables if t.name.lower() == name), ())
        steps.append(WriteVersion(contract.version, columns))
    return steps


def _in_transaction(statements: chain[str]) -> tuple[str, ...]:
    return ("BEGIN IMMEDIATE", *statements, "COMMIT")


_ABOUT = {
    "expand": "adds the epoch columns.",
    "sync": "installs triggers that keep both columns equal; run expand first.",
    "backfill": "fills the epoch columns; run expand first.",
    "index": "indexes the epoch columns; run backfill first.",
    "version": "records the version; run it last.",
    "verify": "returns the columns with wrong values; no row means that none is wrong.",
    "rollback": "takes all of it out again.",
    "all": "from the legacy to the migrated schema, in one transaction.",
}


def _text(contract: Contract, phase: ScriptPhase, statements: tuple[str, ...]) -> str:
    head = (
        f"-- ts-contract sql {phase} --contract {contract.name}\n"
        f"-- For SQLite 3.35 or newer: {_ABOUT[phase]}\n"
    )
    if phase in ("all", "backfill"):
        head += (
            f"-- Values that cannot be converted are listed in {sqlite_ddl.QUARANTINE}.\n"
            "-- Triggers that change other tables after an update fire once per row: drop them\n"
            "-- before and create them afterwards. Rows are addressed by rowid, which a table\n"
            "-- WITHOUT ROWID has not. `ts-contract migrate` has neither limit.\n"
        )
    return head + "\n" + ";\n\n".join(statements) + ";\n"
