"""What a database shows of our steps, and what only has a name like ours.

Objects are compared by the text that a step gives them, as SQLite stores it: a trigger that does
something else is not done, whatever its name. A name of ours in another place is not ours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ....contract import Contract
from ...forms import Reading
from ...own_tables import QUARANTINE, STATE, is_ours
from ...schema import DatabaseInfo, SchemaObject
from ...steps import (
    AddColumn,
    Backfill,
    CreateState,
    InstallConversion,
    InstallZone,
    RecordTable,
    Step,
    WriteVersion,
)
from ..answers import Lack
from . import ddl
from .create_text import is_same, tokens
from .sync import CONVERT, CONVERT_OTHER, CONVERTED, EVENTS, trigger_name
from .zone_table import create_zone_table, zone_rows

__all__ = ["missing", "strangers"]

_HEADS: Final = ("TABLE", "VIEW", "TRIGGER", "INDEX", "UNIQUE INDEX")
_CONVERSIONS: Final = (CONVERT, CONVERT_OTHER)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An object as a step creates it."""

    kind: str
    name: str
    sql: str


# --- what is missing -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """What a database has, to be looked up: objects by kind and name, columns by table."""

    objects: dict[tuple[str, str], SchemaObject]
    columns: dict[str, set[str]]
    zones: dict[str, list[tuple[str, int, int | None, str]]]


def missing(steps: Iterable[Step], info: DatabaseInfo) -> list[tuple[Lack, ...]]:
    """Return for each step what a database lacks of it, or has otherwise than the step makes it.

    A step that leaves nothing but rows of the application's tables, or of the state, lacks nothing.
    """
    found = _Found(
        {(o.kind, o.name.lower()): o for o in info.objects},
        {table.name.lower(): {c.name.lower() for c in table.columns} for table in info.tables},
        defaultdict(list),
    )
    for zone, clock, start, offset, note in info.zones:
        found.zones[zone].append((clock, start, offset, note))
    return [tuple(_missing(step, found)) for step in steps]


def _missing(step: Step, found: _Found) -> Iterator[Lack]:
    match step:
        case RecordTable() | Backfill() | WriteVersion():
            pass
        case AddColumn(table=table, epoch=epoch):
            if epoch.lower() not in found.columns.get(table.lower(), ()):
                yield Lack("column", f"{table}.{epoch}")
        case InstallZone(reading=reading):
            stored = found.zones.get(reading.timezone)
            if stored != zone_rows(reading):
                yield Lack("zone", reading.timezone, is_altered=stored is not None)
        case _:
            yield from _compared(ddl.do(step), found.objects)


def _compared(
    statements: tuple[str, ...], objects: dict[tuple[str, str], SchemaObject]
) -> Iterator[Lack]:
    for wanted in _created(statements):
        stored = objects.get((wanted.kind, wanted.name.lower()))
        if stored is None:
            yield Lack(wanted.kind, wanted.name)
        elif not is_same(stored.sql or "", wanted.sql):
            yield Lack(wanted.kind, wanted.name, is_altered=True)


def _created(statements: tuple[str, ...]) -> Iterator[_Wanted]:
    """Yield what statements of ours create."""
    for sql in statements:
        for head in _HEADS:
            rest = sql.removeprefix(f"CREATE {head} ")
            if rest != sql:
                name = next(tokens(rest.removeprefix("IF NOT EXISTS "))).value
                yield _Wanted(head.split()[-1].lower(), name, sql)


# --- what is not ours ------------------------------------------------------------------------


def strangers(info: DatabaseInfo, tables: Collection[str]) -> tuple[str, ...]:
    """Return what has a name like ours and cannot be ours, each with what to do about it.

    Args:
        info: what the database has.
        tables: the names of the tables that are on record; none before a migration.
    """
    own = _own_tables()
    begun = any(o.kind == "table" and o.name == STATE for o in info.objects)
    recorded = {
        (trigger_name(table, event).lower(), table.lower()) for table in tables for event in EVENTS
    }
    return tuple(
        _as_stranger(o.kind, o.name)
        for o in info.objects
        if o.kind != "index" and is_ours(o.name) and not (begun and _may_be_ours(o, own, recorded))
    )


def _may_be_ours(found: SchemaObject, own: dict[str, str], recorded: set[tuple[str, str]]) -> bool:
    if found.kind == "table":
        return is_same(found.sql or "", own.get(found.name, ""))
    if found.kind == "view":
        return found.name in _CONVERSIONS
    # A trigger goes with its table when that is renamed, and keeps its name.
    return (
        found.table in _CONVERSIONS
        or (found.name.lower(), found.table.lower()) in recorded
        or any(name in (found.sql or "") for name in (QUARANTINE, CONVERTED))
    )


def _own_tables() -> dict[str, str]:
    """Return the CREATE statements of our own tables, by their names."""
    statements = (
        *ddl.do(CreateState(Contract(""))),
        *ddl.do(InstallConversion(Reading())),
        create_zone_table(),
    )
    return {each.name: each.sql for each in _created(statements) if each.kind == "table"}


def _as_stranger(kind: str, name: str) -> str:
    return (
        f"{kind} {name} has a name like those of ts-contract, which has not made it; rename it, "
        "or drop it"
    )
