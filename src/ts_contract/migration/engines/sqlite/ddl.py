"""The SQL of each step, for SQLite."""

from __future__ import annotations

import json
from collections.abc import Callable

from ....contract import Contract, VersionRow, index_name
from ...forms import FORMS, Reading
from ...pairs import ColumnPair, PairedTable
from ...zones import zone_steps
from .names import literal, name_in, quote
from .recognise import (
    ZONE_TABLE,
    is_usual_expression,
    ms_expression,
    ms_or_form_expression,
    text_expression,
    unproved_expression,
    usual_expression,
)

STATE = "_ts_contract_state"
QUARANTINE = "_ts_contract_quarantine"


# --- our own tables --------------------------------------------------------------------------


def create_state(schema: str) -> tuple[str, ...]:
    """Create the state and the quarantine."""
    return (
        f"CREATE TABLE IF NOT EXISTS {name_in(STATE, schema)} (name TEXT PRIMARY KEY,"
        " value TEXT NOT NULL) WITHOUT ROWID",
        f"CREATE TABLE IF NOT EXISTS {name_in(QUARANTINE, schema)} (table_name TEXT NOT NULL,"
        " column_name TEXT NOT NULL, row_key TEXT NOT NULL, value, form TEXT NOT NULL,"
        " reason TEXT NOT NULL, PRIMARY KEY (table_name, row_key, column_name)) WITHOUT ROWID",
    )


def record_contract(contract: Contract, schema: str) -> str:
    """Remember which contract, so that another one is noticed."""
    described = json.dumps({"name": contract.name, "fingerprint": contract.fingerprint()})
    return (
        f"INSERT OR REPLACE INTO {name_in(STATE, schema)} VALUES ('contract', {literal(described)})"
    )


def record_table(table: PairedTable, schema: str) -> str:
    """Remember the columns of a table and its CREATE statement, for the way back."""
    columns = json.dumps([[c.legacy, c.epoch, c.index] for c in table.columns])
    master = f"{quote(schema)}.sqlite_schema" if schema else "sqlite_schema"
    return (
        f"INSERT INTO {name_in(STATE, schema)} SELECT 'table:' || name,"
        f" json_object('sql', sql, 'columns', json({literal(columns)})) FROM {master}"
        f" WHERE type = 'table' AND name = {literal(table.name)} COLLATE NOCASE"
    )


def drop_state(schema: str) -> tuple[str, ...]:
    """Drop the state and the quarantine."""
    return (
        f"DROP TABLE IF EXISTS {name_in(QUARANTINE, schema)}",
        f"DROP TABLE IF EXISTS {name_in(STATE, schema)}",
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
        f"CREATE TABLE IF NOT EXISTS {name_in(ZONE_TABLE, schema)} (zone TEXT NOT NULL,"
        " clock TEXT NOT NULL, start INTEGER NOT NULL, utc_offset INTEGER, note TEXT NOT NULL,"
        " PRIMARY KEY (zone, clock, start)) WITHOUT ROWID",
        f"INSERT OR IGNORE INTO {name_in(ZONE_TABLE, schema)} VALUES\n  {rows}",
    )


def drop_zones(schema: str) -> tuple[str, ...]:
    """Drop the table of zones."""
    return (f"DROP TABLE IF EXISTS {name_in(ZONE_TABLE, schema)}",)


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
    return f"ALTER TABLE {name_in(table, schema)} ADD COLUMN {quote(epoch)} INTEGER{check}"


def drop_column(table: str, column: str, schema: str) -> str:
    """Drop a column."""
    return f"ALTER TABLE {name_in(table, schema)} DROP COLUMN {quote(column)}"


def create_index(table: str, epoch: str, schema: str) -> str:
    """Create the descending index on an epoch column."""
    index = name_in(index_name(table, epoch), schema)
    return f"CREATE INDEX {index} ON {quote(table)} ({quote(epoch)} DESC)"


def drop_index(table: str, epoch: str, schema: str) -> str:
    """Drop that index."""
    return f"DROP INDEX IF EXISTS {name_in(index_name(table, epoch), schema)}"


# --- the backfill ----------------------------------------------------------------------------


def backfill_usual(table: PairedTable, where: str, schema: str, unusual: str) -> str:
    """Return the UPDATE that fills the epoch columns of the usual shapes, in SQL that is short.

    Args:
        table: the table.
        where: a condition that chooses the rows.
        schema: qualifies the table's name.
        unusual: SQL that is NULL, and notices that a value has no usual shape.
    """

    def convert(legacy: str, reading: Reading) -> str:
        rest = f"CASE WHEN {legacy} IS NOT NULL THEN {unusual} END"
        return f"{usual_expression(legacy, reading)}, {rest}"

    return _backfill(table, where, schema, convert)


def backfill_unproved(table: PairedTable, where: str, schema: str) -> str:
    """Return the UPDATE that fills the epoch columns of rows in which nothing is in doubt.

    Args:
        table: the table.
        where: a condition that chooses the rows.
        schema: qualifies the table's name.
    """
    return _backfill(table, where, schema, lambda legacy, _: unproved_expression(legacy))


def in_doubt(table: PairedTable, where: str, schema: str) -> str:
    """Return the SELECT of a row if `backfill_unproved` might get a value wrong.

    Args:
        table: the table.
        where: a condition that chooses the rows.
        schema: qualifies the table's name.
    """
    doubts = " OR ".join(
        f"{_lacks(c)} AND {is_usual_expression(quote(c.legacy), c.reading)} IS NULL"
        for c in table.columns
    )
    return f"SELECT 1 FROM {name_in(table.name, schema)} WHERE {where} AND ({doubts}) LIMIT 1"


def backfill(table: PairedTable, where: str, schema: str = "") -> str:
    """Return the UPDATE that fills every epoch column that is still empty.

    Args:
        table: the table.
        where: a condition that chooses the rows.
        schema: qualifies the table's name.
    """
    return _backfill(table, where, schema, ms_expression)


def _backfill(
    table: PairedTable, where: str, schema: str, convert: Callable[[str, Reading], str]
) -> str:
    values = ", ".join(
        f"{epoch} = coalesce({epoch}, {convert(quote(c.legacy), c.reading)})"
        for c in table.columns
        for epoch in [quote(c.epoch)]
    )
    lacking = " OR ".join(_lacks(column) for column in table.columns)
    return f"UPDATE {name_in(table.name, schema)} SET {values} WHERE {where} AND ({lacking})"


def _lacks(column: ColumnPair) -> str:
    return f"{quote(column.epoch)} IS NULL AND {quote(column.legacy)} IS NOT NULL"


def quarantine(table: PairedTable, column: ColumnPair, where: str, schema: str = "") -> str:
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
        f"INSERT OR REPLACE INTO {name_in(QUARANTINE, schema)}"
        f" SELECT {literal(table.name)}, {literal(column.legacy)}, key, value, form,"
        f" {reason('form')} FROM (SELECT {row_key(table)} AS key, {legacy} AS value,"
        f" {form} AS form FROM {name_in(table.name, schema)}"
        f" WHERE {where} AND {epoch} IS NULL AND {legacy} IS NOT NULL LIMIT -1)"
    )


def row_key(table: PairedTable, row: str = "") -> str:
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
    """JSON has no bytes: they stand as SQL writes them, apart from a text of the same digits."""
    return f"CASE typeof({value}) WHEN 'blob' THEN quote({value}) ELSE {value} END"


def reason(form: str) -> str:
    """Return SQL for the reason that goes with the name of a form."""
    cases = " ".join(
        f"WHEN {literal(known.name)} THEN {literal(known.reason)}"
        for known in FORMS.values()
        if known.reason is not None
    )
    return f"CASE {form} {cases} ELSE 'not converted' END"


# --- the version row -------------------------------------------------------------------------


def write_version(
    version: VersionRow, columns: tuple[ColumnPair, ...], schema: str
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
    table = name_in(version.table, schema)
    present = f"SELECT 1 FROM {table} WHERE {quote(version.column)} = {literal(version.value)}"
    return (
        f"INSERT INTO {name_in(STATE, schema)} SELECT 'version', '{{}}'"
        f" WHERE NOT EXISTS ({present})",
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
        f" WHERE NOT EXISTS ({present})",
    )


def delete_version(version: VersionRow, schema: str) -> tuple[str, ...]:
    """Delete the version row if the state says that it was ours."""
    ours = f"SELECT 1 FROM {name_in(STATE, schema)} WHERE name = 'version'"
    return (
        f"DELETE FROM {name_in(version.table, schema)}"
        f" WHERE {quote(version.column)} = {literal(version.value)} AND EXISTS ({ours})",
    )


def legacy_value(ms: str, column: ColumnPair) -> str:
    """Return SQL for what a sync trigger writes into a legacy column."""
    return text_expression(ms, column.reading, column.written_as, column.precision)
