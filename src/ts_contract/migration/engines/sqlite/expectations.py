"""What a database shows before a step and behind it, as conditions in SQL.

Each of them compiles whatever tables there are, or is false where it does not: a script notes a
condition that holds, and counts the notes.
"""

from __future__ import annotations

from functools import singledispatch

from ....contract import VersionRow, index_name
from ...own_tables import QUARANTINE, STATE
from ...pairs import PairedTable
from ...steps import (
    AddColumn,
    Backfill,
    BuildIndex,
    BuildSuccessor,
    CreateState,
    InstallConversion,
    InstallSync,
    InstallZone,
    RecordTable,
    Step,
    WriteVersion,
)
from .names import column_in, literal, quote
from .sync import EVENTS, conversion_name, has_conversions, trigger_name
from .values import stands_for_null
from .zone_table import ZONE_TABLE

__all__ = [
    "done",
    "has_columns",
    "has_trigger",
    "is_indexed",
    "ready",
    "undoable",
    "undone",
]


def ready(step: Step) -> str:
    """Return what has to be true before a step is done; a script does no step twice."""
    match step:
        case AddColumn(table=table, epoch=epoch):
            return f"NOT {_has_column(table, epoch)}"
        case InstallConversion(reading=reading):
            return f"NOT {has_trigger(conversion_name(reading))}"
        case BuildIndex(table=table, epoch=epoch):
            return f"NOT {_has('index', index_name(table, epoch))}"
        case _:
            return "1"


def undoable(step: Step) -> str:
    """Return what has to be true before a step is taken back."""
    return _has_column(step.table, step.epoch) if isinstance(step, AddColumn) else "1"


@singledispatch
def done(step: Step) -> str:
    """Return what is true behind a step."""
    raise NotImplementedError(f"{type(step).__name__} in a script")


@done.register
def _(_step: CreateState) -> str:
    return f"{_has('table', STATE)} AND {_has('table', QUARANTINE)}"


@done.register
def _(step: RecordTable) -> str:
    entry = literal(f"table:{step.table.name}")
    return f"EXISTS (SELECT 1 FROM {quote(STATE)} WHERE name = {entry} COLLATE NOCASE)"


@done.register
def _(step: AddColumn) -> str:
    return _has_column(step.table, step.epoch)


@done.register
def _(step: InstallZone) -> str:
    zone = literal(step.reading.timezone)
    return f"EXISTS (SELECT 1 FROM {quote(ZONE_TABLE)} WHERE zone = {zone})"


@done.register
def _(step: InstallConversion) -> str:
    return f"{has_conversions()} AND {has_trigger(conversion_name(step.reading))}"


@done.register
def _(step: InstallSync) -> str:
    return " AND ".join(has_trigger(trigger_name(step.table.name, event)) for event in EVENTS)


@done.register
def _(step: Backfill) -> str:
    """No value is left that is neither converted nor listed."""
    return " AND ".join(
        f"(SELECT count(*) FROM {quote(table.name)}"
        f" WHERE {column_in(column.epoch, table.name)} IS NULL"
        f" AND NOT {stands_for_null(column_in(column.legacy, table.name), column.reading)})"
        f" <= (SELECT count(*) FROM {quote(QUARANTINE)} WHERE table_name = {literal(table.name)}"
        f" AND column_name = {literal(column.legacy)})"
        for table in step.tables
        for column in table.columns
    )


@done.register
def _(step: BuildIndex) -> str:
    return is_indexed(step.table, step.epoch)


@done.register
def _(step: BuildSuccessor) -> str:
    return _has("index", step.index.name)


@done.register
def _(step: WriteVersion) -> str:
    return f"EXISTS ({_version(step.version)})"


def undone(step: Step) -> str:
    """Return what is true once a step is taken back."""
    match step:
        case CreateState():
            return f"NOT {_has('table', STATE)} AND NOT {_has('table', QUARANTINE)}"
        case AddColumn(table=table, epoch=epoch):
            return f"NOT {_has_column(table, epoch)}"
        case InstallZone():
            return f"NOT {_has('table', ZONE_TABLE)}"
        case InstallConversion():
            return f"NOT {has_conversions()}"
        case InstallSync(table=table):
            names = (trigger_name(table.name, event) for event in EVENTS)
            return " AND ".join(f"NOT {has_trigger(name)}" for name in names)
        case BuildIndex(table=table, epoch=epoch):
            return f"NOT {_has('index', index_name(table, epoch))}"
        case BuildSuccessor(index=index):
            return f"NOT {_has('index', index.name)}"
        case WriteVersion(version=version):
            ours = f"SELECT 1 FROM {quote(STATE)} WHERE name = 'version'"
            return f"NOT (EXISTS ({ours}) AND EXISTS ({_version(version)}))"
        case _:
            return "1"


# --- what they look for ----------------------------------------------------------------------


def has_columns(table: PairedTable, expanded: bool) -> str:
    """Return whether a table has its legacy columns, and the epoch columns if it is expanded."""
    names = [c.legacy for c in table.columns]
    names += [c.epoch for c in table.columns if expanded]
    return " AND ".join(_has_column(table.name, name) for name in names)


def has_trigger(name: str) -> str:
    """Return whether there is a trigger."""
    return _has("trigger", name)


def is_indexed(table: str, epoch: str) -> str:
    """Return whether our index on an epoch column is there, and is on the column."""
    index = literal(index_name(table, epoch))
    return f"EXISTS (SELECT 1 FROM pragma_index_info({index}) WHERE {_is('name', epoch)})"


def _has(kind: str, name: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM sqlite_schema WHERE type = {literal(kind)} AND {_is('name', name)})"
    )


def _has_column(table: str, column: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM pragma_table_xinfo({literal(table)}) WHERE {_is('name', column)})"
    )


def _is(column: str, name: str) -> str:
    return f"{column} = {literal(name)} COLLATE NOCASE"


def _version(version: VersionRow) -> str:
    column = column_in(version.column, version.table)
    return f"SELECT 1 FROM {quote(version.table)} WHERE {column} = {literal(version.value)}"
