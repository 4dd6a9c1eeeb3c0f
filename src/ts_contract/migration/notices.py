"""What a person should know before migrating: refusals, warnings, notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..contract import Contract, TableContract, index_name
from .changes import Change, way_out
from .engines.answers import FiredTrigger
from .pairs import PairedTable
from .schema import ColumnInfo, DatabaseInfo, TableInfo
from .state import Options, State

__all__ = [
    "Notice",
    "change_notices",
    "contract_notices",
    "option_notices",
    "table_notices",
    "trigger_notices",
]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know before migrating.

    Attributes:
        kind: `refusal` if nothing can be done as things are, `warning`, or `note`.
        message: what was found, where, and what to do.
        table: the table that it is about; None if it is about none alone.
        column: its legacy column that it is about.
        name: the index, trigger, view or constraint that it is about.
    """

    kind: Literal["refusal", "warning", "note"]
    message: str
    table: str | None = None
    column: str | None = None
    name: str | None = None


def change_notices(changes: Iterable[Change], database: str) -> list[Notice]:
    """Return what a contract that has changed midway means for a migration."""
    return [
        _refused_change(change, database)
        if change.is_refused
        else Notice("note", f"{change}; migrate takes it over", change.table, change.column)
        for change in changes
    ]


def _refused_change(change: Change, database: str) -> Notice:
    message = f"the database is in migration by another contract: {change}; {way_out(database)}"
    return Notice("refusal", message, change.table, change.column)


def contract_notices(contract: Contract, info: DatabaseInfo, state: State) -> list[Notice]:
    """Return why the contract as a whole does not fit the database."""
    notices = []
    if not contract.tables:
        notices.append("the contract has no tables; add them under [tool.ts-contract.tables]")
    for table in contract.tables:
        found = info.table(table.name)
        if found is None and not table.optional and state.table(table.name) is None:
            notices.append(
                f"table {table.name} is not in the database; check the path, take the table out "
                "of the contract, or name it in optional-tables"
            )
        if found is not None:
            notices += _structure_refusals(table, found)
    version = contract.version
    if version is not None and not info.has(version.table):
        notices.append(
            f"table {version.table}, which receives the version row, is not in the database; "
            "create it, or take [version] out of the contract"
        )
    return [Notice("refusal", message) for message in notices]


def _structure_refusals(table: TableContract, found: TableInfo) -> list[str]:
    if found.kind != "table":
        return [f"{table.name} is a {found.kind}, not a table; take it out of the contract"]
    refusals = [
        f"{table.name}.{column.legacy} is not in the database; correct the contract"
        for column in table.columns
        if found.column(column.legacy) is None and found.column(column.epoch) is None
    ]
    refusals += [
        f"{table.name}.{column.legacy} is the INTEGER PRIMARY KEY, which numbers the rows; take it "
        "out of the contract"
        for column in table.columns
        if found.row_number is not None and column.legacy.lower() == found.row_number.lower()
    ]
    if not found.key:
        refusals.append(
            f"table {table.name} has columns called rowid, _rowid_ and oid and no key; "
            "rename one of them"
        )
    return refusals


def option_notices(
    contract: Contract, wanted: Options, state: State, *, is_finalized: bool
) -> list[Notice]:
    """Return what options ask for that cannot be had, or no more.

    Args:
        contract: which range is valid.
        wanted: the options; those of a migration that has begun are in the state.
        state: what an earlier run left.
        is_finalized: whether no legacy column is left.
    """
    begun, found = state.options, []
    if is_finalized and (wanted.check_range or not wanted.sync):
        found.append("the database is finalized; leave --check-range and --no-sync out")
    elif wanted.check_range and begun is not None and not begun.check_range:
        found.append(
            "the migration was begun without --check-range, and a CHECK comes with its column; "
            "leave it out, or `ts-contract rollback` and migrate again"
        )
    elif wanted.check_range and begun is None and contract.valid_range is None:
        found.append(
            "--check-range needs a range; set valid-range in the contract, for example "
            '["2020-01-01", "2030-01-01"]'
        )
    if not is_finalized and not wanted.sync and begun is not None and begun.sync:
        found.append(
            "the migration was begun with sync triggers, without which the columns would part; "
            "leave --no-sync out, or `ts-contract rollback` and migrate again"
        )
    return [Notice("refusal", message) for message in found]


def table_notices(table: PairedTable, info: DatabaseInfo, state: State) -> list[Notice]:
    """Return what stands in the way of one table, and what to know about it."""
    found = info.table(table.name)
    assert found is not None
    recorded = state.table(table.name)
    ours = {pair.epoch.lower() for pair in recorded.columns} if recorded else set()
    notices = []
    for pair in table.columns:
        place = f"{table.name}.{pair.epoch}"
        if found.column(pair.epoch) is not None and pair.epoch.lower() not in ours:
            notices.append(
                Notice(
                    "refusal",
                    f"{place} is there already, and not by this tool; `ts-contract verify` tells "
                    "whether it is right; drop the column, or name another one in the contract",
                )
            )
        index = index_name(table.name, pair.epoch)
        if pair.index and _is_taken(index, info, recorded):
            notices.append(
                Notice("refusal", f"the name {index} is taken; rename what has it, or drop it")
            )
        legacy = found.column(pair.legacy)
        if legacy is not None and found.strict and not _takes(legacy, pair.example):
            notices.append(
                Notice(
                    "refusal",
                    f"{table.name}.{pair.legacy} is {legacy.type} of a STRICT table, which refuses "
                    f"what would be written, {pair.example!r}; correct written-as in the contract",
                    table.name,
                    column=pair.legacy,
                )
            )
        if legacy is not None and legacy.not_null and legacy.default is None:
            notices.append(
                Notice(
                    "note",
                    f"{table.name}.{pair.legacy} is NOT NULL without a default: new code has to "
                    "go on writing it until finalize",
                )
            )
    built = {index.name.lower() for _, index in state.successors}
    notices += [
        Notice(
            "refusal",
            f"the name {index.name}, of the successor of {index.source} of {table.name}, is taken; "
            "rename what has it, or drop it",
            table.name,
            name=index.name,
        )
        for index in table.indexes
        if info.has(index.name) and index.name.lower() not in built
    ]
    notices += [
        Notice(
            "note",
            f"index {name} needs the stored form of a legacy column of {table.name}, so the epoch "
            "column gets none like it, and finalize will refuse it; make one, and drop this one",
            table.name,
            name=name,
        )
        for name in table.unsaid
    ]
    return notices


def _takes(legacy: ColumnInfo, value: object) -> bool:
    """Return whether a column that checks types takes a value."""
    if legacy.is_integer:
        return isinstance(value, int)
    return isinstance(value, int | float) or not legacy.is_real


def _is_taken(index: str, info: DatabaseInfo, recorded: PairedTable | None) -> bool:
    """Return whether the name of an index of ours belongs to something else."""
    is_on_table = recorded is not None and any(
        o.name.lower() == index.lower() for o in info.indexes_on(recorded.name)
    )
    return info.has(index) and not is_on_table


def trigger_notices(
    table: PairedTable, fired: tuple[FiredTrigger, ...], *, synced: bool
) -> list[Notice]:
    """Tell what the application's triggers do that a write of ours during sync will fire.

    Args:
        table: the table.
        fired: its triggers.
        synced: whether the sync triggers are there already.
    """
    if not fired:
        return []
    notices = [
        Notice(
            "warning",
            f"triggers on {table.name} ({', '.join(t.name for t in fired)}) do not fire during the "
            "backfill; while sync triggers are there, a row that old or new code writes fires them "
            "once more",
            table.name,
        )
    ]
    for trigger in fired:
        if trigger.reason is not None:
            is_refusal = trigger.is_always and not synced
            notices.append(
                Notice(
                    "refusal" if is_refusal else "warning",
                    f"trigger {trigger.name} on {table.name} fires when a sync trigger updates a "
                    f"row that was inserted, and {'' if is_refusal else 'for some rows '}"
                    f"{trigger.reason}; migrate with --no-sync, or change it",
                    table.name,
                    name=trigger.name,
                )
            )
    return notices
