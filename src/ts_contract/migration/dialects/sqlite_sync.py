"""The sync triggers of SQLite: both columns stay equal while old and new code write.

They follow one rule: what a writer changed decides; if it changed both columns, the epoch column
does. Every change of a row is one UPDATE for all columns of the table, so that a CHECK over two
of them sees both, and the application's own triggers fire once.

A conversion is long, and every connection parses the whole schema, so it stands in the database
once: a trigger that has a value inserts it into the view `_ts_contract_convert`, whose own
trigger puts the instant, or the form and the reason, into `_ts_contract_converted`. There it is
read and deleted before the statement ends. A nested trigger of the same table replaces what it
finds there, which is why the row's own UPDATE comes last: nothing reads the table after it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..classify import Reading
from ..shapes import ColumnShape, TableShape
from .sqlite import literal, quote
from .sqlite_ddl import QUARANTINE, legacy_value, name_in, reason, row_key
from .sqlite_values import ms_or_form_expression

__all__ = [
    "conversion_name",
    "create_conversion",
    "create_sync",
    "drop_conversions",
    "drop_sync",
    "trigger_name",
]

CONVERT = "_ts_contract_convert"
CONVERTED = "_ts_contract_converted"
_ROWID_NAMES = ("rowid", "_rowid_", "oid")
_EVENTS = ("insert", "update", "delete")


def trigger_name(table: str, event: str) -> str:
    """Return the name of a sync trigger.

    Example:
        >>> trigger_name("tasks", "insert")
        '_ts_contract_tasks_insert'
    """
    return f"_ts_contract_{table}_{event}"


# --- the conversion --------------------------------------------------------------------------


def conversion_name(reading: Reading) -> str:
    """Return the name of the trigger that converts values which are read in one way.

    Example:
        >>> conversion_name(Reading("seconds", "Europe/Paris"))
        '_ts_contract_convert seconds Europe/Paris'
    """
    return f"{CONVERT} {_way(reading)}"


def create_conversion(reading: Reading, schema: str) -> tuple[str, ...]:
    """Return the statements that let triggers convert values which are read in one way."""
    ms_or_form = ms_or_form_expression("new.value", reading)
    return (
        f"CREATE TABLE IF NOT EXISTS {name_in(CONVERTED, schema)} (place TEXT PRIMARY KEY,"
        " ms INTEGER, form TEXT, reason TEXT) WITHOUT ROWID",
        f"CREATE VIEW IF NOT EXISTS {name_in(CONVERT, schema)} AS"
        " SELECT NULL AS place, NULL AS way, NULL AS value",
        f"CREATE TRIGGER {name_in(conversion_name(reading), schema)}"
        f" INSTEAD OF INSERT ON {quote(CONVERT)} WHEN new.way = {literal(_way(reading))} BEGIN"
        f" INSERT OR REPLACE INTO {quote(CONVERTED)} SELECT new.place,"
        " CASE typeof(x) WHEN 'integer' THEN x END, CASE typeof(x) WHEN 'text' THEN x END,"
        f" CASE typeof(x) WHEN 'text' THEN {reason('x')} END"
        f" FROM (SELECT {ms_or_form} AS x LIMIT 1); END",
    )


def drop_conversions(schema: str) -> tuple[str, ...]:
    """Return the statements that drop all of that; the triggers go with their view."""
    return (
        f"DROP VIEW IF EXISTS {name_in(CONVERT, schema)}",
        f"DROP TABLE IF EXISTS {name_in(CONVERTED, schema)}",
    )


def _way(reading: Reading) -> str:
    return f"{reading.storage} {reading.timezone}"


# --- the triggers of a table -----------------------------------------------------------------


def create_sync(table: TableShape, schema: str) -> tuple[str, ...]:
    """Return the statements that create the sync triggers of a table."""
    return (
        _insert_trigger(table, schema),
        _update_trigger(table, schema),
        f"CREATE TRIGGER {name_in(trigger_name(table.name, 'delete'), schema)}"
        f" AFTER DELETE ON {quote(table.name)} BEGIN {_forget(table, 'old')}; END",
    )


def drop_sync(table: TableShape, schema: str) -> tuple[str, ...]:
    """Return the statements that drop them."""
    return tuple(
        f"DROP TRIGGER IF EXISTS {name_in(trigger_name(table.name, event), schema)}"
        for event in _EVENTS
    )


def _insert_trigger(table: TableShape, schema: str) -> str:
    rules = []
    for column in table.columns:
        given = f"new.{quote(column.epoch)} IS NOT NULL"
        lacking = f"new.{quote(column.epoch)} IS NULL AND new.{quote(column.legacy)} IS NOT NULL"
        rules.append(_rule(table, column, epoch_decides=given, legacy_decides=lacking))
    # REPLACE deletes the old row without a DELETE trigger: its quarantine goes here.
    listed = f"SELECT 1 FROM {quote(QUARANTINE)} WHERE table_name = {literal(table.name)}"
    return (
        f"CREATE TRIGGER {name_in(trigger_name(table.name, 'insert'), schema)}"
        f" AFTER INSERT ON {quote(table.name)}"
        f" WHEN {_any_decides(rules)} OR EXISTS ({listed}) BEGIN"
        f" {_forget(table, 'new')}; {_equalise(table, rules)} END"
    )


def _update_trigger(table: TableShape, schema: str) -> str:
    rules = []
    for column in table.columns:
        legacy, epoch = quote(column.legacy), quote(column.epoch)
        changed = f"new.{epoch} IS NOT old.{epoch}"
        # The last condition is for a row without an instant that changes its key.
        kept = (
            f"new.{epoch} IS old.{epoch} AND (new.{legacy} IS NOT old.{legacy}"
            f" OR new.{epoch} IS NULL AND new.{legacy} IS NOT NULL)"
        )
        rules.append(_rule(table, column, epoch_decides=changed, legacy_decides=kept))
    columns = [quote(name) for c in table.columns for name in (c.legacy, c.epoch)]
    columns += [quote(name) for name in table.key if name.lower() not in _ROWID_NAMES]
    watched = ", ".join(dict.fromkeys(columns))
    forget = " ".join(
        f"{_forget(table, 'old')} AND column_name = {literal(rule.column.legacy)}"
        f" AND {rule.decides};"
        for rule in rules
    )
    return (
        f"CREATE TRIGGER {name_in(trigger_name(table.name, 'update'), schema)}"
        f" AFTER UPDATE OF {watched} ON {quote(table.name)} WHEN {_any_decides(rules)} BEGIN"
        f" {forget} {_equalise(table, rules)} END"
    )


# --- what they do ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """When which column of a pair decides, as SQL over `new` and `old`."""

    column: ColumnShape
    place: str
    epoch_decides: str
    legacy_decides: str

    @property
    def decides(self) -> str:
        """When one of the two was written, and so has to be converted and compared."""
        return f"({self.epoch_decides} OR {self.legacy_decides})"


def _rule(
    table: TableShape, column: ColumnShape, *, epoch_decides: str, legacy_decides: str
) -> _Rule:
    """Return the rule of a column; a generated legacy column cannot be written, so it decides."""
    place = literal(f"{table.name}.{column.legacy}")
    if column.writable:
        return _Rule(column, place, epoch_decides, legacy_decides)
    return _Rule(column, place, "0", f"({epoch_decides} OR {legacy_decides})")


def _any_decides(rules: list[_Rule]) -> str:
    return " OR ".join(rule.decides for rule in rules)


def _equalise(table: TableShape, rules: list[_Rule]) -> str:
    """Convert what was written, list what has no instant, and write the column that is behind."""
    convert = " ".join(
        f"INSERT INTO {quote(CONVERT)} SELECT {rule.place}, {literal(_way(rule.column.reading))},"
        f" new.{quote(rule.column.legacy)} WHERE {rule.decides};"
        for rule in rules
    )
    listing = " ".join(
        f"INSERT OR REPLACE INTO {quote(QUARANTINE)} SELECT {literal(table.name)},"
        f" {literal(rule.column.legacy)}, {row_key(table, 'new.')},"
        f" new.{quote(rule.column.legacy)}, form, reason FROM {quote(CONVERTED)}"
        f" WHERE place = {rule.place} AND form <> 'null' AND {rule.legacy_decides};"
        for rule in rules
    )
    places = ", ".join(rule.place for rule in rules)
    clear = f"DELETE FROM {quote(CONVERTED)} WHERE place IN ({places});"
    return f"{convert} {listing} {_update(table, rules)} {clear}"


def _update(table: TableShape, rules: list[_Rule]) -> str:
    values, needed = [], []
    for rule in rules:
        column, here = rule.column, f"FROM {quote(CONVERTED)} WHERE place = {rule.place}"
        legacy, epoch = quote(column.legacy), quote(column.epoch)
        ms = f"(SELECT ms {here})"
        agrees = (
            f"(SELECT ms IS {_to_precision(column)} AND (ms IS NOT NULL OR form IS 'null') {here})"
        )
        epoch_behind = f"{rule.legacy_decides} AND {ms} IS NOT new.{epoch}"
        if column.precision > 1:
            epoch_behind += f" AND NOT {agrees}"
        values.append(f"{epoch} = CASE WHEN {epoch_behind} THEN {ms} ELSE {epoch} END")
        needed.append(epoch_behind)
        if column.writable:
            legacy_behind = f"{rule.epoch_decides} AND NOT {agrees}"
            written = legacy_value(f"new.{epoch}", column)
            values.append(f"{legacy} = CASE WHEN {legacy_behind} THEN {written} ELSE {legacy} END")
            needed.append(legacy_behind)
    same_row = " AND ".join(f"{quote(column)} = new.{quote(column)}" for column in table.key)
    return (
        f"UPDATE {quote(table.name)} SET {', '.join(values)}"
        f" WHERE {same_row} AND ({' OR '.join(needed)});"
    )


def _to_precision(column: ColumnShape) -> str:
    """SQL for the new epoch value as exactly as the legacy column can hold it."""
    ms, step = f"new.{quote(column.epoch)}", column.precision
    return ms if step == 1 else f"({ms}-(({ms}%{step}+{step})%{step}))"


def _forget(table: TableShape, row: str) -> str:
    return (
        f"DELETE FROM {quote(QUARANTINE)} WHERE table_name = {literal(table.name)}"
        f" AND row_key = {row_key(table, row + '.')}"
    )
