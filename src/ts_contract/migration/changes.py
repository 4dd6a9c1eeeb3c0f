"""How a contract differs from the one that a database is in migration by, key by key.

Some changes a migration takes over on its way, others would make wrong what it has done already:
those are refused by their key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Final

from ..contract import ColumnContract, Contract, TableContract, is_utc
from ..timestamps import from_epoch_ms
from .state import State

__all__ = ["Change", "changes", "way_out"]

_TAKEN_OVER: Final = {"index", "null_values", "written_as"}
"""What of a recorded column may change; an index says nothing of values, and so of triggers."""


@dataclass(frozen=True, slots=True)
class Change:
    """One key of the contract that is not as it is on record.

    Attributes:
        key: the key as the contract's file has it.
        old: its value on record, as a person reads it.
        new: its value now.
        table: the table that it is of; None for the whole contract.
        column: the legacy column that it is of.
        again: tables whose triggers are made anew and whose values are looked at again.
        is_refused: whether the migration cannot take it over.
    """

    key: str
    old: str
    new: str
    table: str | None = None
    column: str | None = None
    again: tuple[str, ...] = ()
    is_refused: bool = False

    def __str__(self) -> str:
        place = ".".join(filter(None, (self.table, self.column)))
        where = f" of {place}" if place else ""
        return f"{self.key}{where} is {self.new} and was {self.old} when the migration began"


def way_out(database: str) -> str:
    """Return what to do about a change that a migration cannot take over."""
    return (
        f"change it back, or begin anew: `ts-contract rollback {database}`, "
        f"`ts-contract migrate {database}`"
    )


def changes(state: State, contract: Contract) -> tuple[Change, ...]:
    """Return what of a contract is not as on record; nothing where no migration was begun."""
    if state.contract is None:
        return ()
    recorded = state.contract.contract
    if recorded is None:  # version 0.1.0 recorded the fingerprint alone
        if state.fingerprint == contract.fingerprint():
            return ()
        return (Change("contract", state.contract.name, "another one", is_refused=True),)
    return (
        *_of_policies(state, recorded, contract),
        *_of_range(state, recorded, contract),
        *_of_version(state, recorded, contract),
        *_of_tables(state, recorded, contract),
    )


def _of_policies(state: State, old: Contract, new: Contract) -> Iterator[Change]:
    """A local time that is not one instant was in the quarantine, or was decided already."""
    zoned = tuple(
        table.name
        for table in old.tables
        if state.table(table.name) is not None
        and not all(is_utc(column.timezone) for column in table.columns)
    )
    for name in ("on_overlap", "on_gap"):
        before, now = getattr(old, name), getattr(new, name)
        if before != now:
            is_refused = bool(zoned) and before != "reject"
            yield _change(name, before, now, again=zoned, is_refused=is_refused)


def _of_range(state: State, old: Contract, new: Contract) -> Iterator[Change]:
    if old.valid_range != new.valid_range:
        has_check = state.options is not None and state.options.check_range
        yield _change(
            "valid_range",
            _days(old.valid_range),
            _days(new.valid_range),
            is_refused=has_check and bool(state.tables),
        )


def _of_version(state: State, old: Contract, new: Contract) -> Iterator[Change]:
    if old.version != new.version:
        is_refused = old.version is not None and state.has_recorded_version
        yield _change("version", _row(old), _row(new), is_refused=is_refused)


def _of_tables(state: State, old: Contract, new: Contract) -> Iterator[Change]:
    for table in old.tables:
        now = new.table(table.name)
        if now is None:
            is_refused = state.table(table.name) is not None
            yield _change("tables", table.name, None, is_refused=is_refused)
        else:
            if table.optional != now.optional:
                yield _change("optional_tables", table.optional, now.optional, table.name)
            yield from _of_columns(state, table, now)
    for table in new.tables:
        if old.table(table.name) is None:
            yield _change("tables", None, table.name)


def _of_columns(state: State, old: TableContract, new: TableContract) -> Iterator[Change]:
    recorded = state.table(old.name)
    again = () if recorded is None else (old.name,)
    for column in old.columns:
        now = new.column(column.legacy)
        is_ours = recorded is not None and recorded.pair(column.legacy) is not None
        if now is None:
            yield _change("columns", column.legacy, None, old.name, is_refused=is_ours)
        else:
            yield from _of_keys(old.name, column, now, again, is_ours=is_ours)
    for column in new.columns:
        if old.column(column.legacy) is None:
            yield _change("columns", None, column.legacy, old.name, again=again)


def _of_keys(
    table: str, old: ColumnContract, new: ColumnContract, again: tuple[str, ...], *, is_ours: bool
) -> Iterator[Change]:
    for field in fields(ColumnContract):
        before, now = getattr(old, field.name), getattr(new, field.name)
        is_name = field.name in ("legacy", "epoch")
        if before == now or (is_name and before.lower() == now.lower()):
            continue
        yield _change(
            field.name,
            before,
            now,
            table,
            old.legacy,
            again=() if field.name == "index" else again,
            is_refused=is_ours and field.name not in _TAKEN_OVER,
        )


def _change(
    name: str,
    old: Any,
    new: Any,
    table: str | None = None,
    column: str | None = None,
    *,
    again: tuple[str, ...] = (),
    is_refused: bool = False,
) -> Change:
    key = name.replace("_", "-")
    return Change(key, _shown(old), _shown(new), table, column, again, is_refused)


def _row(contract: Contract) -> str | None:
    version = contract.version
    return None if version is None else f"{version.value} in {version.table}.{version.column}"


def _days(valid_range: tuple[int, int] | None) -> str | None:
    if valid_range is None:
        return None
    return " to ".join(str(from_epoch_ms(ms).date()) for ms in valid_range)


def _shown(value: Any) -> str:
    """Return a value in one line, as a contract's file has it."""
    match value:
        case None | ():
            return "not set"
        case bool():
            return str(value).lower()
        case tuple():
            return f"[{', '.join(map(repr, value))}]"
        case _:
            return repr(str(value))
