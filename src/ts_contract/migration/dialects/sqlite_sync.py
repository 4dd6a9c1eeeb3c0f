"""The sync triggers of SQLite: both columns stay equal while old and new code write.

A view shows each row's legacy values as epoch milliseconds, or as the name of their form where
there is no instant. It holds the long conversion once per column, so that the triggers stay
short. The triggers read it for the row that was written, and follow one rule: what a writer
changed decides; if it changed both columns, the epoch column does.

Every change of a row is one UPDATE for all columns of the table, so that a CHECK over two of
them sees both, and the application's own triggers fire once.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..shapes import ColumnShape, TableShape
from .sqlite import literal, quote
from .sqlite_ddl import QUARANTINE, legacy_value, name_in, reason, row_key
from .sqlite_values import ms_or_form_expression

__all__ = ["create_sync", "drop_sync", "trigger_name"]

_ROWID_NAMES = ("rowid", "_rowid_", "oid")
_EVENTS = ("insert", "update", "delete")


def trigger_name(table: str, event: str) -> str:
    """Return the name of a sync trigger.

    Example:
        >>> trigger_name("tasks", "insert")
        '_ts_contract_tasks_insert'
    """
    return f"_ts_contract_{table}_{event}"


def create_sync(table: TableShape, schema: str) -> tuple[str, ...]:
    """Return the statements that create the view and the triggers of a table."""
    keys = ", ".join(f"{quote(column)} AS {_key(i)}" for i, column in enumerate(table.key))
    values = ", ".join(
        f"{ms_or_form_expression(quote(c.legacy), c.reading)} AS {quote(c.legacy)}"
        for c in table.columns
    )
    view = name_in(_view(table), schema)
    return (
        f"CREATE VIEW {view} AS SELECT {keys}, {values} FROM {quote(table.name)}",
        _insert_trigger(table, schema),
        _update_trigger(table, schema),
        _delete_trigger(table, schema),
    )


def drop_sync(table: TableShape, schema: str) -> tuple[str, ...]:
    """Return the statements that drop them."""
    return (
        *(
            f"DROP TRIGGER IF EXISTS {name_in(trigger_name(table.name, event), schema)}"
            for event in _EVENTS
        ),
        f"DROP VIEW IF EXISTS {name_in(_view(table), schema)}",
    )


# --- the triggers ----------------------------------------------------------------------------


def _insert_trigger(table: TableShape, schema: str) -> str:
    rules = []
    for column in table.columns:
        given = f"new.{quote(column.epoch)} IS NOT NULL"
        lacking = f"new.{quote(column.epoch)} IS NULL AND new.{quote(column.legacy)} IS NOT NULL"
        rules.append(_rule(column, epoch_decides=given, legacy_decides=lacking))
    # REPLACE deletes the old row without a DELETE trigger: its quarantine goes here.
    listed = f"SELECT 1 FROM {quote(QUARANTINE)} WHERE table_name = {literal(table.name)}"
    when = " OR ".join(f"{rule.epoch_decides} OR {rule.legacy_decides}" for rule in rules)
    return (
        f"CREATE TRIGGER {name_in(trigger_name(table.name, 'insert'), schema)}"
        f" AFTER INSERT ON {quote(table.name)} WHEN {when} OR EXISTS ({listed}) BEGIN"
        f" {_equalise(table, rules)} {_forget(table, 'new')} {_list_all(table)} END"
    )


def _update_trigger(table: TableShape, schema: str) -> str:
    rules = []
    for column in table.columns:
        legacy, epoch = quote(column.legacy), quote(column.epoch)
        changed = f"new.{epoch} IS NOT old.{epoch}"
        # The last condition is for a row that is not filled yet and changes its key.
        kept = (
            f"new.{epoch} IS old.{epoch} AND (new.{legacy} IS NOT old.{legacy}"
            f" OR new.{epoch} IS NULL AND new.{legacy} IS NOT NULL)"
        )
        rules.append(_rule(column, epoch_decides=changed, legacy_decides=kept))
    columns = [quote(name) for c in table.columns for name in (c.legacy, c.epoch)]
    columns += [quote(name) for name in table.key if name.lower() not in _ROWID_NAMES]
    watched = ", ".join(dict.fromkeys(columns))
    when = " OR ".join(f"{rule.epoch_decides} OR {rule.legacy_decides}" for rule in rules)
    return (
        f"CREATE TRIGGER {name_in(trigger_name(table.name, 'update'), schema)}"
        f" AFTER UPDATE OF {watched} ON {quote(table.name)} WHEN {when} BEGIN"
        f" {_equalise(table, rules)} {_forget(table, 'old')} {_list_all(table)} END"
    )


def _delete_trigger(table: TableShape, schema: str) -> str:
    return (
        f"CREATE TRIGGER {name_in(trigger_name(table.name, 'delete'), schema)}"
        f" AFTER DELETE ON {quote(table.name)} BEGIN {_forget(table, 'old')} END"
    )


# --- what they do ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """When which column of a pair decides, as SQL over `new` and `old`."""

    column: ColumnShape
    epoch_decides: str
    legacy_decides: str


def _rule(column: ColumnShape, *, epoch_decides: str, legacy_decides: str) -> _Rule:
    """Return the rule of a column; a generated legacy column cannot be written, so it decides."""
    if column.writable:
        return _Rule(column, epoch_decides, legacy_decides)
    return _Rule(column, "0", f"({epoch_decides} OR {legacy_decides})")


def _equalise(table: TableShape, rules: list[_Rule]) -> str:
    """Write whichever column does not decide, where it does not agree."""
    values, needed = [], []
    for rule in rules:
        legacy, epoch = quote(rule.column.legacy), quote(rule.column.epoch)
        shown, agrees = _shown_ms(table, rule.column), _agrees(table, rule.column)
        values.append(
            f"{epoch} = CASE WHEN {rule.legacy_decides} AND NOT {agrees}"
            f" THEN {shown} ELSE {epoch} END"
        )
        needed.append(f"{rule.legacy_decides} AND NOT {agrees} AND {epoch} IS NOT {shown}")
        if rule.column.writable:
            value = legacy_value(f"new.{epoch}", rule.column)
            values.append(
                f"{legacy} = CASE WHEN {rule.epoch_decides} AND NOT {agrees}"
                f" THEN {value} ELSE {legacy} END"
            )
            needed.append(f"{rule.epoch_decides} AND NOT {agrees}")
    return (
        f"UPDATE {quote(table.name)} SET {', '.join(values)}"
        f" WHERE {_same_row(table)} AND ({' OR '.join(needed)});"
    )


def _agrees(table: TableShape, column: ColumnShape) -> str:
    """SQL for whether the row's legacy value stands for its new epoch value."""
    ms = f"new.{quote(column.epoch)}"
    if column.precision > 1:
        ms = f"({ms}-(({ms}%{column.precision}+{column.precision})%{column.precision}))"
    return f"({_shown(table, column)} IS coalesce({ms}, 'null'))"


def _shown(table: TableShape, column: ColumnShape) -> str:
    """SQL for what the view shows for the new row: milliseconds, or a form."""
    here = " AND ".join(f"{_key(i)} = new.{quote(name)}" for i, name in enumerate(table.key))
    return f"(SELECT {quote(column.legacy)} FROM {quote(_view(table))} WHERE {here})"


def _shown_ms(table: TableShape, column: ColumnShape) -> str:
    """The same, NULL for a form; LIMIT keeps the conversion from being done twice."""
    shown = _shown(table, column)
    return f"(SELECT ms FROM (SELECT {shown} AS ms LIMIT 1) WHERE typeof(ms) = 'integer')"


def _forget(table: TableShape, row: str) -> str:
    return (
        f"DELETE FROM {quote(QUARANTINE)} WHERE table_name = {literal(table.name)}"
        f" AND row_key = {row_key(table, row + '.')};"
    )


def _list_all(table: TableShape) -> str:
    """List the new row's values that have no instant."""
    return " ".join(
        f"INSERT OR REPLACE INTO {quote(QUARANTINE)} SELECT {literal(table.name)},"
        f" {literal(column.legacy)}, {row_key(table, 'new.')}, value, form, {reason('form')}"
        f" FROM (SELECT {quote(column.legacy)} AS value, {_shown(table, column)} AS form"
        f" FROM {quote(table.name)} WHERE {_same_row(table)}"
        f" AND {quote(column.epoch)} IS NULL AND {quote(column.legacy)} IS NOT NULL LIMIT 1);"
        for column in table.columns
    )


def _same_row(table: TableShape) -> str:
    return " AND ".join(f"{quote(column)} = new.{quote(column)}" for column in table.key)


def _view(table: TableShape) -> str:
    return f"_ts_contract_{table.name}"


def _key(position: int) -> str:
    return f'"_key{position}"'
