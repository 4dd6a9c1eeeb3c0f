"""How far a migration is, per column, without changing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..contract import Contract
from .changes import changes
from .engines.base import Session, Target
from .engines.choose import opened
from .forms import reading_of
from .lease import read_holder
from .schema import DatabaseInfo, TableInfo
from .state import (
    QuarantineRow,
    State,
    has_state,
    quarantine_counts,
    quarantined,
    read_state,
)

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
        null_values: legacy values that stand for NULL by the contract.
    """

    table: str
    legacy: str
    epoch: str
    phase: SchemaName
    rows: int
    converted: int
    left: int
    quarantined: int
    null_values: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """How far a migration is.

    Attributes:
        contract: name of the contract.
        session: name of the database.
        columns: every column of the contract whose table is there.
        missing: tables of the contract that are not there.
        quarantine: the values that have no instant, or the first of them.
        running: process and host of the run at work, if there is one.
        verified_at: when the last change was verified, epoch milliseconds.
        quarantined: how many values have no instant.
        changes: what of the contract is not as on record, a line each.
    """

    contract: str
    database: str
    columns: tuple[ColumnStatus, ...]
    missing: tuple[str, ...]
    quarantine: tuple[QuarantineRow, ...]
    running: str | None
    verified_at: int | None
    quarantined: int = 0
    changes: tuple[str, ...] = ()


def status(
    db: Target, contract: Contract, *, listed: int | None = None, schema: str | None = None
) -> Status:
    """Say how far a migration is.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: which columns.
        listed: how many values of the quarantine to read; None for all of them.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Returns:
        The status.

    Raises:
        Refused: the database cannot be opened.
        Failed: it cannot be read.
    """
    with opened(db, write=False, schema=schema) as session, session.transaction("read"):
        info = session.engine.inspection.inspect(session, contract.table_names)
        state = read_state(session)
        counts = quarantine_counts(session)
        holder = read_holder(session) if has_state(session) else None
        return Status(
            contract=contract.name,
            database=session.name,
            columns=_columns(session, contract, info, state, counts),
            missing=tuple(t.name for t in contract.tables if info.table(t.name) is None),
            quarantine=tuple(quarantined(session, listed)),
            running=None if holder is None else holder.description,
            verified_at=state.verified_at,
            changes=tuple(map(str, changes(state, contract))),
            quarantined=sum(counts.values()),
        )


def _columns(
    session: Session,
    contract: Contract,
    info: DatabaseInfo,
    state: State,
    counts: Mapping[tuple[str, str], int],
) -> tuple[ColumnStatus, ...]:
    columns = []
    for table in contract.tables:
        found = info.table(table.name)
        if found is None or found.kind != "table":
            continue
        for column in table.columns:
            listed = counts.get((found.name.lower(), column.legacy.lower()), 0)
            values, converted, null_values = session.engine.proof.count_filled(
                session,
                found.name,
                column.legacy if found.column(column.legacy) is not None else None,
                column.epoch if found.column(column.epoch) is not None else None,
                reading_of(contract, column),
            )
            columns.append(
                ColumnStatus(
                    table=found.name,
                    legacy=column.legacy,
                    epoch=column.epoch,
                    phase=_phase(found, column.legacy, column.epoch, state),
                    rows=found.rows,
                    converted=converted,
                    left=max(values - converted - listed - null_values, 0),
                    quarantined=listed,
                    null_values=null_values,
                )
            )
    return tuple(columns)


def _phase(table: TableInfo, legacy: str, epoch: str, state: State) -> SchemaName:
    if table.column(epoch) is None:
        return "missing" if table.column(legacy) is None else "legacy"
    if table.column(legacy) is None:
        return "missing" if _is_recorded(state, table.name, legacy) else "finalized"
    if state.is_verified(table.name):
        return "verified"
    cursor = state.cursor(table.name)
    if cursor is not None and cursor.done:
        return "backfilled"
    return "synced" if table.synced else "expanded"


def _is_recorded(state: State, table: str, legacy: str) -> bool:
    """Return whether a column was migrated and not finalized."""
    recorded = state.table(table)
    return recorded is not None and recorded.pair(legacy) is not None
