"""How far a migration is, per column, without changing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..contract import Contract
from .engines.sqlite.connection import Database, Target, opened, transaction
from .engines.sqlite.inspection import introspect
from .engines.sqlite.names import quote
from .engines.sqlite.sync import has_sync
from .schema import DatabaseInfo, TableInfo
from .state import QuarantineRow, State, quarantined, read_state

__all__ = ["ColumnStatus", "Status", "status"]

SchemaName = Literal[
    "missing", "legacy", "expanded", "synced", "backfilled", "verified", "finalized"
]


@dataclass(frozen=True, slots=True)
class ColumnStatus:
    """How far one column is.

    Attributes:
        table: its table.
        legacy: the legacy column.
        epoch: the epoch column.
        phase: the last phase that is complete for it.
        rows: rows of the table.
        converted: legacy values with an epoch value beside them.
        left: legacy values without one that are not in the quarantine.
        quarantined: values listed in the quarantine.
    """

    table: str
    legacy: str
    epoch: str
    phase: SchemaName
    rows: int
    converted: int
    left: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Status:
    """How far a migration is.

    Attributes:
        contract: name of the contract.
        database: name of the database.
        columns: every column of the contract whose table is there.
        missing: tables of the contract that are not there.
        quarantine: every value that has no instant.
        running: process and host of the run at work, if there is one.
        verified_at: when the last change was verified, epoch milliseconds.
    """

    contract: str
    database: str
    columns: tuple[ColumnStatus, ...]
    missing: tuple[str, ...]
    quarantine: tuple[QuarantineRow, ...]
    running: str | None
    verified_at: int | None


def status(db: Target, contract: Contract, *, schema: str = "main") -> Status:
    """Say how far a migration is.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: which columns.
        schema: which of the attached databases of a connection is meant.

    Returns:
        The status.

    Raises:
        Refused: the database cannot be opened.
        Failed: it cannot be read.
    """
    with opened(db, write=False, schema=schema) as database, transaction(database, "BEGIN"):
        info = introspect(database, tuple(table.name for table in contract.tables))
        state = read_state(database)
        quarantine = tuple(quarantined(database))
        lease = state.values.get("lease")
        return Status(
            contract=contract.name,
            database=database.name,
            columns=_columns(database, contract, info, state, quarantine),
            missing=tuple(t.name for t in contract.tables if info.table(t.name) is None),
            quarantine=quarantine,
            running=f"process {lease['pid']} on {lease['host']}" if lease else None,
            verified_at=state.values.get("verified", {}).get("at"),
        )


def _columns(
    database: Database,
    contract: Contract,
    info: DatabaseInfo,
    state: State,
    quarantine: tuple[QuarantineRow, ...],
) -> tuple[ColumnStatus, ...]:
    columns = []
    for table in contract.tables:
        found = info.table(table.name)
        if found is None or found.kind != "table":
            continue
        for column in table.columns:
            listed = sum(
                row.table.lower() == found.name.lower()
                and row.column.lower() == column.legacy.lower()
                for row in quarantine
            )
            values, converted = _counts(database, found, column.legacy, column.epoch)
            columns.append(
                ColumnStatus(
                    table=found.name,
                    legacy=column.legacy,
                    epoch=column.epoch,
                    phase=_phase(found, column.legacy, column.epoch, info, state),
                    rows=found.rows,
                    converted=converted,
                    left=max(values - converted - listed, 0),
                    quarantined=listed,
                )
            )
    return tuple(columns)


def _counts(database: Database, table: TableInfo, legacy: str, epoch: str) -> tuple[int, int]:
    """Return how many legacy values there are, and how many of them have an epoch value."""
    here = table.column(legacy), table.column(epoch)
    if here[0] is None and here[1] is None:
        return 0, 0
    values = quote(epoch if here[0] is None else legacy)
    both = "0" if here[1] is None else f"{values} IS NOT NULL AND {quote(epoch)} IS NOT NULL"
    row = database.run(
        f"SELECT count({values}), total({both}) FROM {database.qualified(table.name)}"
    ).fetchone()
    return int(row[0]), int(row[1])


def _phase(
    table: TableInfo, legacy: str, epoch: str, info: DatabaseInfo, state: State
) -> SchemaName:
    if table.column(epoch) is None:
        return "missing" if table.column(legacy) is None else "legacy"
    if table.column(legacy) is None:
        return "finalized"
    if "verified" in state.values:
        return "verified"
    backfill = state.backfill(table.name)
    if backfill is not None and backfill["done"]:
        return "backfilled"
    triggers = {trigger.name.lower() for trigger in info.triggers_on(table.name)}
    return "synced" if has_sync(table.name, triggers) else "expanded"
