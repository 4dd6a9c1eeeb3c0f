"""The SQL of each step, for SQLite."""

from __future__ import annotations

import json

from ...contract import Contract, VersionRow, index_name
from ..classify import FORMS, Reading
from ..shapes import ColumnShape, TableShape
from ..zones import zone_steps
from .sqlite import literal, quote
from .sqlite_values import ZONE_TABLE, ms_expression, ms_or_form_expression, text_expression

STATE = "_ts_contract_state"
QUARANTINE = "_ts_contract_quarantine"


def _name(name: str, schema: str) -> str:
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)


# --- our own tables --------------------------------------------------------------------------


def create_state(schema: str) -> tuple[str, ...]:
    """Create the state and the quarantine."""
    return (
        f"CREATE TABLE IF NOT EXISTS {_name(STATE, schema)} (name TEXT PRIMARY KEY,"
        " value TEXT NOT NULL) WITHOUT ROWID",
        f"CREATE TABLE IF NOT EXISTS {_name(QUARANTINE, schema)} (table_name TEXT NOT NULL,"
        " column_name TEXT NOT NULL, row_key TEXT NOT NULL, value, form TEXT NOT NULL,"
        " reason TEXT NOT NULL, PRIMARY KEY (table_name, row_key, column_name)) WITHOUT ROWID",
    )


def record_contract(contract: Contract, schema: str) -> str:
    """Remember which contract, so that another one is noticed."""
    described = json.dumps({"name": contract.name, "fingerprint": contract.fingerprint()})
    return (
        f"INSERT OR REPLACE INTO {_name(STATE, schema)} VALUES ('contract', {literal(described)})"
    )


def record_table(table: TableShape, schema: str) -> str:
    """Remember the columns of a table and its CREATE statement, for the way back."""
    columns = json.dumps([[c.legacy, c.epoch, c.index] for c in table.columns])
    master = f"{quote(schema)}.sqlite_schema" if schema else "sqlite_schema"
    return (
        f"INSERT INTO {_name(STATE, schema)} SELECT 'table:' || name,"
        f" json_object('sql', sql, 'columns', json({literal(columns)})) FROM {master}"
        f" WHERE type = 'table' AND name = {literal(table.name)} COLLATE NOCASE"
    )


def drop_state(schema: str) -> tuple[str, ...]:
    """Drop the state and the quarantine."""
    return (
        f"DROP TABLE IF EXISTS {_name(QUARANTINE, schema)}",
        f"DROP TABLE IF EXISTS {_name(STATE, schema)}",
    )


def install_zone(reading: Reading, schema: str) -> tuple[str, ...]:
    """Fill the steps of one zone into the table of zones, which is made if need be."""
    zone = literal(reading.timezone)
    rows = ",\n  ".join(
        f"({zone}, '{step.clock}', {step.start},"
        f" {'NULL' if step.offset is None else step.offset}, {literal(step.note)})"
        for step in zone_steps(reading.timezone, reading.on_overlap, reading.on_gap)
    )
    return (
        f"CREATE TABLE IF NOT EXISTS {_name(ZONE_TABLE, schema)} (zone TEXT NOT NULL,"
        " clock TEXT NOT NULL, start INTEGER NOT NULL, utc_offset INTEGER, note TEXT NOT NULL,"
        " PRIMARY KEY (zone, clock, start)) WITHOUT ROWID",
        f"INSERT OR IGNORE INTO {_name(ZONE_TABLE, schema)} VALUES\n  {rows}",
    )


def drop_zones(schema: str) -> tuple[str, ...]:
    """Drop the table of zones."""
    return (f"DROP TABLE IF EXISTS {_name(ZONE_TABLE, schema)}",)


# --- columns and indexes ---------------------------------------------------------------------


def add_column(table: str, epoch: str, valid_range: tuple[int, int] | None, schema: str) -> str:
    """Add an epoch column, with a CHECK that refuses seconds, floats and text if wanted."""
    check = ""
    if valid_range is not None:
        name = quote(epoch)
        check = (
            f" CHECK ({name} IS NULL OR typeof({name}) = 'integer'"
            f" AND {name} BETWEEN {valid_range[0]} AND {valid_range[1]})"
        )
    return f"ALTER TABLE {_name(table, schema)} ADD COLUMN {quote(epoch)} INTEGER{check}"


def drop_column(table: str, column: str, schema: str) -> str:
    """Drop a column."""
    return f"ALTER TABLE {_name(table, schema)} DROP COLUMN {quote(column)}"


def create_index(table: str, epoch: str, schema: str) -> str:
    """Create the descending index on an epoch column."""
    index = _name(index_name(table, epoch), schema)
    return f"CREATE INDEX {index} ON {quote(table)} ({quote(epoch)} DESC)"


def drop_index(table: str, epoch: str, schema: str) -> str:
    """Drop that index."""
    return f"DROP INDEX IF EXISTS {_name(index_name(table, epoch), schema)}"


# --- the backfill ----------------------------------------------------------------------------


def backfill(table: TableShape, where: str, schema: str = "") -> str:
    """Return the UPDATE that fills every epoch column that is still empty.

    Args:
        table: the table.
        where: a condition that chooses the rows.
        schema: qualifies the table's name.
    """
    values = ", ".join(
        f"{epoch} = coalesce({epoch}, {ms_expression(quote(c.legacy), c.reading)})"
        for c in table.columns
        for epoch in [quote(c.epoch)]
    )
    return f"UPDATE {_name(table.name, schema)} SET {values} WHERE {where} AND ({_unfilled(table)})"


def _unfilled(table: TableShape) -> str:
    return " OR ".join(
        f"{quote(c.epoch)} IS NULL AND {quote(c.legacy)} IS NOT NULL" for c in table.columns
    )


def quarantine(table: TableShape, column: ColumnShape, where: str, schema: str = "") -> str:
    """Return the INSERT that lists every value without an instant.

    Args:
        table: the table.
        column: which of its columns.
        where: a condition that chooses the rows.
        schema: qualifies the names.
    """
    legacy, epoch = quote(column.legacy), quote(column.epoch)
    form = ms_or_form_expression(legacy, column.reading)
    return (
        f"INSERT OR REPLACE INTO {_name(QUARANTINE, schema)}"
        f" SELECT {literal(table.name)}, {literal(column.legacy)}, key, value, form,"
        f" {reason('form')} FROM (SELECT {row_key(table)} AS key, {legacy} AS value,"
        f" {form} AS form FROM {_name(table.name, schema)}"
        f" WHERE {where} AND {epoch} IS NULL AND {legacy} IS NOT NULL LIMIT -1)"
    )


def row_key(table: TableShape, row: str = "") -> str:
    """Return SQL for the key of a row as a JSON object.

    Args:
        table: the table.
        row: what stands before a column, for example `new.`.
    """
    members = ", ".join(
        f"{literal(column)}, {_json_safe(row + quote(column))}" for column in table.key
    )
    return f"json_object({members})"


def _json_safe(value: str) -> str:
    return f"CASE typeof({value}) WHEN 'blob' THEN hex({value}) ELSE {value} END"


def reason(form: str) -> str:
    """Return SQL for the reason that goes with the name of a form."""
    cases = " ".join(
        f"WHEN {literal(known.name)} THEN {literal(known.reason)}"
        for known in FORMS.values()
        if known.reason is not None
    )
    return f"CASE {form} {cases} ELSE 'not converted' END"


def backfill_script(table: TableShape, schema: str) -> tuple[str, ...]:
    """Fill all rows in one pass, in a script that cannot know the table's other triggers.

    A trigger of the application that touches its own table after an update (`SET updated_at =
    CURRENT_TIMESTAMP`) would rewrite what is being converted. Ours, which stands only during
    the pass, makes SQLite leave out any change of the table but that of the epoch columns.
    """
    guard = _name(f"_ts_contract_{table.name}_guard", schema)
    untouched = " AND ".join(f"old.{quote(c.epoch)} IS new.{quote(c.epoch)}" for c in table.columns)
    return (
        f"CREATE TRIGGER {guard} BEFORE UPDATE ON {quote(table.name)}"
        f" WHEN {untouched} BEGIN SELECT RAISE(IGNORE); END",
        backfill(table, "1", schema),
        f"DROP TRIGGER {guard}",
        *(quarantine(table, column, "1", schema) for column in table.columns),
    )


# --- the version row -------------------------------------------------------------------------


def write_version(
    version: VersionRow, columns: tuple[ColumnShape, ...], schema: str
) -> tuple[str, ...]:
    """Insert the version with the present second in the table's contract columns."""
    now = "CAST(strftime('%s','now') AS INTEGER)*1000"
    names = [quote(version.column)]
    values = [literal(version.value)]
    for column in columns:
        if column.writable:
            names.append(quote(column.legacy))
            values.append(legacy_value(now, column))
        names.append(quote(column.epoch))
        values.append(now)
    table = _name(version.table, schema)
    present = f"SELECT 1 FROM {table} WHERE {quote(version.column)} = {literal(version.value)}"
    return (
        f"INSERT INTO {_name(STATE, schema)} SELECT 'version', '{{}}' WHERE NOT EXISTS ({present})",
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
        f" WHERE NOT EXISTS ({present})",
    )


def delete_version(version: VersionRow, schema: str) -> tuple[str, ...]:
    """Delete the version row if the state says that it was ours."""
    ours = f"SELECT 1 FROM {_name(STATE, schema)} WHERE name = 'version'"
    return (
        f"DELETE FROM {_name(version.table, schema)}"
        f" WHERE {quote(version.column)} = {literal(version.value)} AND EXISTS ({ours})",
    )


def legacy_value(ms: str, column: ColumnShape) -> str:
    """Return SQL for what a sync trigger writes into a legacy column."""
    return text_expression(ms, column.reading, column.written_as, column.precision)


# --- sync ------------------------------------------------------------------------------------


def sync_view(table: str) -> str:
    """Return the name of the view that shows each row's legacy values as instants."""
    return f"_ts_contract_{table}"


def create_sync(table: TableShape, schema: str) -> tuple[str, ...]:
    """Create the view and the triggers that keep both columns equal.

    The view holds the long conversion once per column, so that the triggers stay short: it
    shows each legacy value of a row as epoch milliseconds, or as the name of its form where
    there is no instant.
    """
    values = ", ".join(
        f"{ms_or_form_expression(quote(c.legacy), c.reading)} AS {quote(c.legacy)}"
        for c in table.columns
    )
    keys = ", ".join(f"{quote(column)} AS {_key(i)}" for i, column in enumerate(table.key))
    view = _name(sync_view(table.name), schema)
    return (
        f"CREATE VIEW {view} AS SELECT {keys}, {values} FROM {quote(table.name)}",
        _insert_trigger(table, schema),
        *(_epoch_insert_trigger(table, c, schema) for c in table.columns if c.writable),
        *(_update_trigger(table, c, schema) for c in table.columns),
        _delete_trigger(table, schema),
    )


def drop_sync(table: TableShape, schema: str) -> tuple[str, ...]:
    """Drop the triggers and the view."""
    triggers = ["insert", "delete"]
    triggers += [f"{kind}_{c.legacy}" for c in table.columns for kind in ("insert", "update")]
    return (
        *(f"DROP TRIGGER IF EXISTS {_trigger(table, name, schema)}" for name in triggers),
        f"DROP VIEW IF EXISTS {_name(sync_view(table.name), schema)}",
    )


def _trigger(table: TableShape, name: str, schema: str) -> str:
    return _name(f"_ts_contract_{table.name}_{name}", schema)


def _key(position: int) -> str:
    return f'"_key{position}"'


def _same_row(table: TableShape, row: str) -> str:
    return " AND ".join(f"{quote(column)} = {row}.{quote(column)}" for column in table.key)


def _shown(table: TableShape, column: ColumnShape) -> str:
    """SQL for what the view shows for the new row: milliseconds, or a form."""
    here = " AND ".join(f"{_key(i)} = new.{quote(name)}" for i, name in enumerate(table.key))
    return f"(SELECT {quote(column.legacy)} FROM {quote(sync_view(table.name))} WHERE {here})"


def _shown_ms(table: TableShape, column: ColumnShape) -> str:
    """The same, NULL for a form; LIMIT keeps the conversion from being done twice."""
    shown = _shown(table, column)
    return f"(SELECT ms FROM (SELECT {shown} AS ms LIMIT 1) WHERE typeof(ms) = 'integer')"


def _agrees(column: ColumnShape, shown: str) -> str:
    """SQL for whether the legacy value stands for the new epoch value."""
    ms = f"new.{quote(column.epoch)}"
    if column.precision > 1:
        ms = f"({ms}-(({ms}%{column.precision}+{column.precision})%{column.precision}))"
    return f"{shown} IS coalesce({ms}, 'null')"


def _insert_trigger(table: TableShape, schema: str) -> str:
    """An old-style writer left the epoch columns empty."""
    lacking = " OR ".join(
        f"new.{quote(c.legacy)} IS NOT NULL AND new.{quote(c.epoch)} IS NULL" for c in table.columns
    )
    values = ", ".join(
        f"{quote(c.epoch)} = coalesce({quote(c.epoch)}, {_shown_ms(table, c)})"
        for c in table.columns
    )
    # REPLACE deletes the old row without a DELETE trigger: its quarantine goes here.
    listed = f"SELECT 1 FROM {quote(QUARANTINE)} WHERE table_name = {literal(table.name)}"
    return (
        f"CREATE TRIGGER {_trigger(table, 'insert', schema)} AFTER INSERT ON {quote(table.name)}"
        f" WHEN {lacking} OR EXISTS ({listed}) BEGIN"
        f" UPDATE {quote(table.name)} SET {values} WHERE {_same_row(table, 'new')}"
        f" AND ({_unfilled(table)});"
        f" {_forget(table, 'new')}"
        f" {' '.join(_list(table, c) for c in table.columns)} END"
    )


def _epoch_insert_trigger(table: TableShape, column: ColumnShape, schema: str) -> str:
    """A new-style writer left the legacy column to its default; the epoch value wins."""
    name = _trigger(table, f"insert_{column.legacy}", schema)
    return (
        f"CREATE TRIGGER {name} AFTER INSERT ON {quote(table.name)}"
        f" WHEN new.{quote(column.epoch)} IS NOT NULL BEGIN"
        f" {_write_legacy(table, column, '1')} END"
    )


def _update_trigger(table: TableShape, column: ColumnShape, schema: str) -> str:
    """One of the two columns changed: it decides; if both did, the epoch column does."""
    legacy, epoch = quote(column.legacy), quote(column.epoch)
    keys = [quote(k) for k in table.key if k.lower() not in ("rowid", "_rowid_", "oid")]
    watched = ", ".join(dict.fromkeys([legacy, epoch, *keys]))
    epoch_kept = f"new.{epoch} IS old.{epoch}"
    shown = _shown_ms(table, column)
    write_epoch = (
        f"UPDATE {quote(table.name)} SET {epoch} = {shown} WHERE {_same_row(table, 'new')}"
        f" AND {epoch_kept if column.writable else '1'}"
        f" AND NOT ({_agrees(column, _shown(table, column))}) AND {epoch} IS NOT {shown};"
    )
    write_legacy = _write_legacy(table, column, f"NOT ({epoch_kept})") if column.writable else ""
    return (
        f"CREATE TRIGGER {_trigger(table, f'update_{column.legacy}', schema)}"
        f" AFTER UPDATE OF {watched} ON {quote(table.name)}"
        f" WHEN new.{legacy} IS NOT old.{legacy} OR new.{epoch} IS NOT old.{epoch}"
        f" OR new.{epoch} IS NULL AND new.{legacy} IS NOT NULL BEGIN"
        f" {write_epoch} {write_legacy} {_forget(table, 'old', column)}"
        f" {_list(table, column)} END"
    )


def _delete_trigger(table: TableShape, schema: str) -> str:
    return (
        f"CREATE TRIGGER {_trigger(table, 'delete', schema)} AFTER DELETE ON {quote(table.name)}"
        f" BEGIN {_forget(table, 'old')} END"
    )


def _write_legacy(table: TableShape, column: ColumnShape, condition: str) -> str:
    """Write the legacy column from the new epoch value, unless it says that already."""
    value = legacy_value(f"new.{quote(column.epoch)}", column)
    return (
        f"UPDATE {quote(table.name)} SET {quote(column.legacy)} = {value}"
        f" WHERE {_same_row(table, 'new')} AND {condition}"
        f" AND NOT ({_agrees(column, _shown(table, column))});"
    )


def _forget(table: TableShape, row: str, column: ColumnShape | None = None) -> str:
    only = f" AND column_name = {literal(column.legacy)}" if column else ""
    return (
        f"DELETE FROM {quote(QUARANTINE)} WHERE table_name = {literal(table.name)}"
        f" AND row_key = {row_key(table, row + '.')}{only};"
    )


def _list(table: TableShape, column: ColumnShape) -> str:
    """List the new row's value in the quarantine if it has no instant."""
    return (
        f"INSERT OR REPLACE INTO {quote(QUARANTINE)} SELECT {literal(table.name)},"
        f" {literal(column.legacy)}, {row_key(table, 'new.')}, value, form, {reason('form')}"
        f" FROM (SELECT {quote(column.legacy)} AS value, {_shown(table, column)} AS form"
        f" FROM {quote(table.name)} WHERE {_same_row(table, 'new')}"
        f" AND {quote(column.epoch)} IS NULL AND {quote(column.legacy)} IS NOT NULL LIMIT 1);"
    )
