"""The statements that do and undo each step, in SQLite."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import singledispatch

from ....contract import index_name
from ...own_tables import FORMAT, QUARANTINE, STATE
from ...pairs import PairedTable
from ...steps import (
    AddColumn,
    Backfill,
    BuildIndex,
    BuildSuccessor,
    ClearNullValues,
    CreateState,
    FillAnew,
    InstallConversion,
    InstallSync,
    InstallZone,
    RecordColumns,
    RecordTable,
    Step,
    TakeBack,
    WriteVersion,
)
from ...template_records import to_record
from .backfill import backfill_script
from .create_index import create_index
from .names import column_in, literal, name_in, quote, quote_for_index
from .sync import create_conversion, create_sync, drop_conversions, drop_sync, legacy_value
from .values import is_null_value
from .zone_table import ZONE_TABLE, create_zone_table, zone_rows

__all__ = ["create_state", "do", "undo"]


@singledispatch
def do(step: Step, schema: str = "") -> tuple[str, ...]:
    """Return the statements that do a step, names qualified by `schema` if one is given."""
    raise NotImplementedError(f"{type(step).__name__} in SQLite")


@singledispatch
def undo(step: Step, schema: str = "") -> tuple[str, ...]:
    """Return the statements that take a step back."""
    raise NotImplementedError(f"{type(step).__name__} in SQLite")


# --- our own tables --------------------------------------------------------------------------


def create_state(schema: str = "") -> tuple[str, ...]:
    """Return the statements that create the state and the quarantine."""
    return (
        f"CREATE TABLE IF NOT EXISTS {name_in(STATE, schema)} (name TEXT PRIMARY KEY,"
        " value TEXT NOT NULL) WITHOUT ROWID",
        f"CREATE TABLE IF NOT EXISTS {name_in(QUARANTINE, schema)} (table_name TEXT NOT NULL,"
        " column_name TEXT NOT NULL, row_key TEXT NOT NULL, value, form TEXT NOT NULL,"
        " reason TEXT NOT NULL, PRIMARY KEY (table_name, row_key, column_name)) WITHOUT ROWID",
    )


@do.register
def _create_state(step: CreateState, schema: str = "") -> tuple[str, ...]:
    contract = step.contract
    described = {
        "name": contract.name,
        "fingerprint": contract.fingerprint(),
        "decisive": contract.decisive(),
    }
    return (
        *create_state(schema),
        f"INSERT OR REPLACE INTO {name_in(STATE, schema)}"
        f" VALUES ('contract', {literal(json.dumps(described))}), ('format', '{FORMAT}')",
    )


@undo.register
def _drop_state(_step: CreateState, schema: str = "") -> tuple[str, ...]:
    return (
        f"DROP TABLE IF EXISTS {name_in(QUARANTINE, schema)}",
        f"DROP TABLE IF EXISTS {name_in(STATE, schema)}",
    )


@do.register
def _record_table(step: RecordTable, schema: str = "") -> tuple[str, ...]:
    columns = json.dumps([[c.legacy, c.epoch, c.index] for c in step.table.columns])
    return (
        f"INSERT INTO {name_in(STATE, schema)} SELECT 'table:' || name,"
        f" json_object('sql', sql, 'columns', json({literal(columns)}))"
        f" FROM {_catalog(schema)}"
        f" WHERE type = 'table' AND name = {literal(step.table.name)} COLLATE NOCASE",
    )


@undo.register
def _forget_table(_step: RecordTable, schema: str = "") -> tuple[str, ...]:
    return ()


@do.register
def _install_zone(step: InstallZone, schema: str = "") -> tuple[str, ...]:
    zone, table = literal(step.reading.timezone), name_in(ZONE_TABLE, schema)
    rows = ",\n  ".join(
        f"({zone}, '{clock}', {start}, {'NULL' if offset is None else offset}, {literal(note)})"
        for clock, start, offset, note in zone_rows(step.reading)
    )
    return (
        create_zone_table(schema),
        f"DELETE FROM {table} WHERE zone = {zone}",
        f"INSERT INTO {table} VALUES\n  {rows}",
    )


@undo.register
def _drop_zones(_step: InstallZone, schema: str = "") -> tuple[str, ...]:
    return (f"DROP TABLE IF EXISTS {name_in(ZONE_TABLE, schema)}",)


# --- columns, triggers, values, indexes ------------------------------------------------------


@do.register
def _add_column(step: AddColumn, schema: str = "") -> tuple[str, ...]:
    name, check = quote(step.epoch), ""
    if step.valid_range is not None:  # it refuses seconds, floats and text
        first, last = step.valid_range
        check = (
            f" CHECK ({name} IS NULL OR typeof({name}) = 'integer'"
            f" AND {name} BETWEEN {first} AND {last})"
        )
    return (f"ALTER TABLE {name_in(step.table, schema)} ADD COLUMN {name} INTEGER{check}",)


@undo.register
def _drop_column(step: AddColumn, schema: str = "") -> tuple[str, ...]:
    return (f"ALTER TABLE {name_in(step.table, schema)} DROP COLUMN {quote(step.epoch)}",)


@do.register
def _install_conversion(step: InstallConversion, schema: str = "") -> tuple[str, ...]:
    return create_conversion(step.reading, schema)


@undo.register
def _drop_conversions(_step: InstallConversion, schema: str = "") -> tuple[str, ...]:
    return drop_conversions(schema)


@do.register
def _install_sync(step: InstallSync, schema: str = "") -> tuple[str, ...]:
    return (*create_sync(step.table, schema), _record_writing(step.table, schema))


def _record_writing(table: PairedTable, schema: str) -> str:
    """The statement that records how the triggers write, which later rows do not tell."""
    templates = json.dumps({c.legacy: to_record(c.template) for c in table.columns})
    return (
        f"UPDATE {name_in(STATE, schema)}"
        f" SET value = json_set(value, '$.templates', json({literal(templates)}))"
        f" WHERE name = {literal(f'table:{table.name}')} COLLATE NOCASE"
    )


@undo.register
def _drop_sync(step: InstallSync, schema: str = "") -> tuple[str, ...]:
    return drop_sync(step.table, schema)


@do.register
def _backfill(step: Backfill, schema: str = "") -> tuple[str, ...]:
    return backfill_script(step.tables, schema)


@undo.register
def _forget_values(_step: Backfill, schema: str = "") -> tuple[str, ...]:
    return ()


@do.register
def _build_index(step: BuildIndex, schema: str = "") -> tuple[str, ...]:
    index = name_in(index_name(step.table, step.epoch), schema)
    column = quote_for_index(step.epoch)
    return (f"CREATE INDEX {index} ON {quote(step.table)} ({column} DESC)",)


@undo.register
def _drop_index(step: BuildIndex, schema: str = "") -> tuple[str, ...]:
    return (f"DROP INDEX IF EXISTS {name_in(index_name(step.table, step.epoch), schema)}",)


@do.register
def _build_successor(step: BuildSuccessor, schema: str = "") -> tuple[str, ...]:
    """Build one, and record it: what is not on record is the application's own."""
    recorded = json.dumps({"table": step.table, **asdict(step.index)})
    return (
        *undo(step, schema),
        create_index(step.table, step.index, schema),
        f"INSERT OR REPLACE INTO {name_in(STATE, schema)}"
        f" VALUES ({literal(f'successor:{step.index.name}')}, {literal(recorded)})",
    )


@undo.register
def _drop_successor(step: BuildSuccessor, schema: str = "") -> tuple[str, ...]:
    return (f"DROP INDEX IF EXISTS {name_in(step.index.name, schema)}",)


# --- a contract that has changed midway ------------------------------------------------------


@do.register
def _take_back(step: TakeBack, schema: str = "") -> tuple[str, ...]:
    return undo(step.step, schema)


@do.register
def _record_columns(step: RecordColumns, schema: str = "") -> tuple[str, ...]:
    columns = json.dumps([[c.legacy, c.epoch, c.index] for c in step.table.columns])
    return (
        f"UPDATE {name_in(STATE, schema)} SET"
        f" value = json_set(value, '$.columns', json({literal(columns)}))"
        f" WHERE lower(name) = lower({literal(f'table:{step.table.name}')})",
    )


@do.register
def _clear_null_values(step: ClearNullValues, schema: str = "") -> tuple[str, ...]:
    legacy = column_in(step.column.legacy, step.table.name)
    return (
        f"UPDATE {name_in(step.table.name, schema)} SET {quote(step.column.epoch)} = NULL"
        f" WHERE {column_in(step.column.epoch, step.table.name)} IS NOT NULL"
        f" AND {is_null_value(legacy, step.column.reading)}",
    )


@do.register
def _fill_anew(step: FillAnew, schema: str = "") -> tuple[str, ...]:
    return (
        f"DELETE FROM {name_in(STATE, schema)}"
        f" WHERE lower(name) = lower({literal(f'backfill:{step.table.name}')})",
    )


@undo.register(TakeBack)
@undo.register(RecordColumns)
@undo.register(ClearNullValues)
@undo.register(FillAnew)
def _nothing(_step: Step, schema: str = "") -> tuple[str, ...]:
    return ()


# --- the version row -------------------------------------------------------------------------


@do.register
def _write_version(step: WriteVersion, schema: str = "") -> tuple[str, ...]:
    """Insert the version with the present second in the table's contract columns."""
    version = step.version
    now = "CAST(strftime('%s','now') AS INTEGER)*1000"
    names = [quote(version.column)]
    values = [literal(version.value)]
    for column in step.columns:
        if column.writable:
            names.append(quote(column.legacy))
            values.append(legacy_value(now, column))
        names.append(quote(column.epoch))
        values.append(now)
    table = name_in(version.table, schema)
    own = column_in(version.column, version.table)
    present = f"SELECT 1 FROM {table} WHERE {own} = {literal(version.value)}"
    return (
        f"INSERT INTO {name_in(STATE, schema)} SELECT 'version', '{{}}'"
        f" WHERE NOT EXISTS ({present})",
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
        f" WHERE NOT EXISTS ({present})",
    )


@undo.register
def _delete_version(step: WriteVersion, schema: str = "") -> tuple[str, ...]:
    version = step.version
    ours = f"SELECT 1 FROM {name_in(STATE, schema)} WHERE name = 'version'"
    return (
        f"DELETE FROM {name_in(version.table, schema)}"
        f" WHERE {column_in(version.column, version.table)} = {literal(version.value)}"
        f" AND EXISTS ({ours})",
    )


def _catalog(schema: str) -> str:
    return f"{quote(schema)}.sqlite_schema" if schema else "sqlite_schema"
