"""The sync triggers of SQLite: both columns stay equal while old and new code write.

They follow one rule: what a writer changed decides; if it changed both columns, the epoch column
does. Every change of a row is one UPDATE for all columns of the table, so that a CHECK over two
of them sees both, and the application's own triggers fire once.

A conversion is long, and every connection parses the whole schema, so it stands in the database
once: a trigger inserts the value that was written into the view `_ts_contract_convert`, whose own
trigger puts the instant, or the form and the reason, into `_ts_contract_converted`. What is to be
written is read from there, and deleted before the statement ends. The plain shapes are converted
there at once. All others go on to the view `_ts_contract_convert_other`, so that a plain value does
not pay for the registers of the long program.

The application's triggers may write the same row before or after ours, or because of ours:

- A trigger leaves a column alone that does not hold any more what its own event wrote; the later
  event has a trigger of its own.
- Our own UPDATE is an event too, but what it writes is known to agree, and fires nothing.
- SQLite does not fire a trigger within itself, unless recursive_triggers is on. For what the
  application writes because of our UPDATE there is `update_nested`, which fires only then.

No statement here says OR REPLACE: SQLite puts the conflict clause of the statement that fired a
trigger in its place, https://sqlite.org/lang_createtrigger.html.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ....contract import ROWID_NAMES
from ...forms import WITHOUT, Reading
from ...own_tables import QUARANTINE
from ...pairs import ColumnPair, PairedTable
from .left_out import refuse_left_out, take_left_out
from .names import literal, name_in, quote
from .quarantine import record_reasons, recorded_reason, row_key
from .recognise import classified
from .usual import plain_expression
from .written import written_expression

__all__ = [
    "EVENTS",
    "WITHOUT_INSTANT",
    "conversion_name",
    "conversion_of",
    "create_conversion",
    "create_sync",
    "drop_conversions",
    "drop_sync",
    "has_conversions",
    "has_sync",
    "legacy_value",
    "trigger_name",
]

CONVERT = "_ts_contract_convert"
CONVERT_OTHER = "_ts_contract_convert_other"
CONVERTED = "_ts_contract_converted"
EVENTS = ("insert", "update", "update_nested", "delete")
WITHOUT_INSTANT = ", ".join(literal(form.name) for form in WITHOUT)


def trigger_name(table: str, event: str) -> str:
    """Return the name of a sync trigger.

    Example:
        >>> trigger_name("tasks", "insert")
        '_ts_contract_tasks_insert'
    """
    return f"_ts_contract_{table}_{event}"


def has_sync(table: str, triggers: Collection[str]) -> bool:
    """Return whether all sync triggers of a table are among some triggers, given in lower case."""
    return all(trigger_name(table, event).lower() in triggers for event in EVENTS)


# --- the conversion --------------------------------------------------------------------------


def conversion_name(reading: Reading) -> str:
    """Return the name of the trigger that converts values which are read in one way.

    Example:
        >>> conversion_name(Reading("seconds", "Europe/Paris"))
        '_ts_contract_convert seconds Europe/Paris'
    """
    return f"{CONVERT} {reading.way}"


def conversion_of(trigger: str) -> str | None:
    """Return the way of reading by which a trigger converts values, if that is its work.

    Example:
        >>> conversion_of("_ts_contract_convert seconds Europe/Paris")
        'seconds Europe/Paris'
    """
    head, _, way = trigger.partition(" ")
    return way if head == CONVERT and way else None


def create_conversion(reading: Reading, schema: str) -> tuple[str, ...]:
    """Return the statements that let triggers convert values which are read in one way."""
    converted, other = quote(CONVERTED), quote(CONVERT_OTHER)
    is_way = f"WHEN new.way = {literal(reading.way)}"
    plain = plain_expression("new.value", reading)
    views = (
        f"CREATE VIEW IF NOT EXISTS {name_in(view, schema)} AS"
        " SELECT NULL AS place, NULL AS way, NULL AS value, NULL AS decider"
        for view in (CONVERT, CONVERT_OTHER)
    )
    return (
        record_reasons(schema),
        f"CREATE TABLE IF NOT EXISTS {name_in(CONVERTED, schema)} (place TEXT PRIMARY KEY,"
        " value, ms INTEGER, form TEXT, reason TEXT, decider TEXT) WITHOUT ROWID",
        *views,
        f"CREATE TRIGGER {name_in(conversion_name(reading), schema)}"
        f" INSTEAD OF INSERT ON {quote(CONVERT)} {is_way} BEGIN"
        f" DELETE FROM {converted} WHERE place = new.place;"
        f" INSERT INTO {converted} SELECT new.place, new.value, ms,"
        " CASE WHEN new.value IS NULL THEN 'null' END, NULL, new.decider"
        f" FROM (SELECT {plain} AS ms LIMIT 1) WHERE ms IS NOT NULL OR new.value IS NULL;"
        f" INSERT INTO {other} SELECT new.place, new.way, new.value, new.decider"
        " WHERE changes() = 0; END",
        f"CREATE TRIGGER {name_in(f'{CONVERT_OTHER} {reading.way}', schema)}"
        f" INSTEAD OF INSERT ON {other} {is_way} BEGIN"
        f" INSERT INTO {converted} SELECT new.place, new.value, ms,"
        f" CASE WHEN ms IS NULL THEN form END,"
        f" CASE WHEN ms IS NULL THEN {recorded_reason('form')} END, new.decider"
        f" FROM ({classified('new.value', reading)}); END",
    )


def drop_conversions(schema: str) -> tuple[str, ...]:
    """Return the statements that drop all of that; the triggers go with their view."""
    return (
        f"DROP VIEW IF EXISTS {name_in(CONVERT_OTHER, schema)}",
        f"DROP VIEW IF EXISTS {name_in(CONVERT, schema)}",
        f"DROP TABLE IF EXISTS {name_in(CONVERTED, schema)}",
    )


def has_conversions() -> str:
    """Return SQL for whether the view is there that converts."""
    return f"EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'view' AND name = {literal(CONVERT)})"


# --- the triggers of a table -----------------------------------------------------------------


def create_sync(table: PairedTable, schema: str) -> tuple[str, ...]:
    """Return the statements that create the sync triggers of a table, whichever are there."""
    return (
        *drop_sync(table, schema),
        _insert_trigger(table, schema),
        _update_trigger(table, schema),
        _nested_update_trigger(table, schema),
        f"CREATE TRIGGER {name_in(trigger_name(table.name, 'delete'), schema)}"
        f" AFTER DELETE ON {quote(table.name)} BEGIN {_forget(table, 'old')}; END",
    )


def drop_sync(table: PairedTable, schema: str) -> tuple[str, ...]:
    """Return the statements that drop them."""
    return tuple(
        f"DROP TRIGGER IF EXISTS {name_in(trigger_name(table.name, event), schema)}"
        for event in EVENTS
    )


def _insert_trigger(table: PairedTable, schema: str) -> str:
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
        f" WHEN {' OR '.join(rule.decides for rule in rules)} OR EXISTS ({listed}) BEGIN"
        f" {_convert(table, rules)} {_forget(table, 'new')}; {_equalise(table, rules)}"
        f" {take_left_out(table, _conversions(rules))}{_clear(table)} END"
    )


def _update_trigger(table: PairedTable, schema: str) -> str:
    rules = _update_rules(table)
    return (
        f"CREATE TRIGGER {name_in(trigger_name(table.name, 'update'), schema)}"
        f" {_after_update(table)} WHEN {_any_open(rules)} BEGIN"
        f" {_follow_update(table, rules)} {refuse_left_out(table, _conversions(rules))}"
        f"{_clear(table)} END"
    )


def _nested_update_trigger(table: PairedTable, schema: str) -> str:
    rules = _update_rules(table)
    at_work = f"EXISTS (SELECT 1 FROM {quote(CONVERTED)} WHERE {_any_place(table)})"
    return (
        f"CREATE TRIGGER {name_in(trigger_name(table.name, 'update_nested'), schema)}"
        f" {_after_update(table)} WHEN {at_work} AND ({_any_open(rules)}) BEGIN"
        f" {_follow_update(table, rules)} END"
    )


def _update_rules(table: PairedTable) -> list[_Rule]:
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
    return rules


def _after_update(table: PairedTable) -> str:
    if not all(column.writable for column in table.columns):
        # UPDATE OF does not see a generated column change with what it is computed from.
        return f"AFTER UPDATE ON {quote(table.name)}"
    columns = [quote(name) for c in table.columns for name in (c.legacy, c.epoch)]
    columns += [quote(name) for name in table.key if name.lower() not in ROWID_NAMES]
    return f"AFTER UPDATE OF {', '.join(dict.fromkeys(columns))} ON {quote(table.name)}"


def _any_open(rules: list[_Rule]) -> str:
    return " OR ".join(rule.is_open for rule in rules)


def _follow_update(table: PairedTable, rules: list[_Rule]) -> str:
    forget = " ".join(
        f"{_forget(table, 'old', 'new')} AND column_name = {literal(rule.column.legacy)}"
        f" AND EXISTS (SELECT 1 {rule.converted});"
        for rule in rules
    )
    return f"{_convert(table, rules)} {forget} {_equalise(table, rules)}"


# --- what they do ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """When which column of a pair decides, as SQL over `new` and `old`."""

    column: ColumnPair
    place: str
    epoch_decides: str
    legacy_decides: str

    @property
    def decides(self) -> str:
        """When one of the two was written, and so has to be converted and compared."""
        return f"({self.epoch_decides} OR {self.legacy_decides})"

    @property
    def is_open(self) -> str:
        """The same, unless the two are just being written by us, and known to agree."""
        known = (
            f"SELECT 1 {self.converted} AND ms IS {_to_precision(self.column)} AND"
            f" CAST(value AS TEXT) IS CAST(new.{quote(self.column.legacy)} AS TEXT)"
        )
        return f"{self.decides} AND NOT EXISTS ({known})"

    @property
    def converted(self) -> str:
        """What finds the conversion of the column."""
        return f"FROM {quote(CONVERTED)} WHERE place = {self.place}"


def _conversions(rules: list[_Rule]) -> dict[str, str]:
    """Return what finds the conversion of each epoch column."""
    return {rule.column.epoch: rule.converted for rule in rules}


def _rule(
    table: PairedTable, column: ColumnPair, *, epoch_decides: str, legacy_decides: str
) -> _Rule:
    """Return the rule of a column; a generated legacy column cannot be written, so it decides."""
    place = _place(table, column)
    if column.writable:
        return _Rule(column, place, epoch_decides, legacy_decides)
    return _Rule(column, place, "0", f"({epoch_decides} OR {legacy_decides})")


def _place(table: PairedTable, column: ColumnPair) -> str:
    return literal(f"{quote(table.name)}.{column.legacy}")


def _any_place(table: PairedTable) -> str:
    """The condition of all places of a table: a range, because SQLite makes a table for an IN."""
    first, after = (literal(quote(table.name) + mark) for mark in "./")
    return f"place > {first} AND place < {after}"


def _convert(table: PairedTable, rules: list[_Rule]) -> str:
    """Convert what was written, and is there still."""
    inserts = (
        f"INSERT INTO {quote(CONVERT)} VALUES ({rule.place},"
        f" (SELECT {literal(rule.column.reading.way)} FROM {quote(table.name)}"
        f" WHERE {_same_row(table)} AND {rule.decides}"
        f" AND {legacy} IS new.{legacy} AND {epoch} IS new.{epoch}),"
        f" new.{legacy}, CASE WHEN {rule.epoch_decides} THEN 'epoch' ELSE 'legacy' END);"
        for rule in rules
        for legacy, epoch in [(quote(rule.column.legacy), quote(rule.column.epoch))]
    )
    # What a trigger further up has converted is of no use any more, but shows that it is at work.
    used = f"UPDATE {quote(CONVERTED)} SET decider = NULL WHERE {_any_place(table)};"
    return f"{used} {' '.join(inserts)}"


def _clear(table: PairedTable) -> str:
    return f"DELETE FROM {quote(CONVERTED)} WHERE {_any_place(table)};"


def _equalise(table: PairedTable, rules: list[_Rule]) -> str:
    """List what has no instant, and write the column that is behind."""
    listing = (
        f"INSERT INTO {quote(QUARANTINE)} SELECT {literal(table.name)},"
        f" {literal(rule.column.legacy)}, {row_key(table, 'new.')}, value, form, reason"
        f" {rule.converted} AND decider = 'legacy' AND form NOT IN ({WITHOUT_INSTANT});"
        for rule in rules
    )
    legacy_values = (_legacy_value(rule) for rule in rules if rule.column.writable)
    return " ".join((*listing, *legacy_values, _update(table, rules)))


def legacy_value(ms: str, column: ColumnPair) -> str:
    """Return SQL for what is written into a legacy column for an instant in milliseconds."""
    return written_expression(ms, column.template, column.reading)


def _legacy_value(rule: _Rule) -> str:
    """Where the epoch column decides and the legacy one is behind, put down what it is to be.

    What is not an integer has no instant: it costs the legacy value nothing, and verify reports it.
    """
    ms = _to_precision(rule.column)
    value = legacy_value(f"new.{quote(rule.column.epoch)}", rule.column)
    return (
        f"UPDATE {quote(CONVERTED)} SET value = {value}, ms = {ms}, decider = 'behind'"
        f" WHERE place = {rule.place} AND decider = 'epoch'"
        f" AND typeof(new.{quote(rule.column.epoch)}) IN ('integer', 'null')"
        f" AND NOT ({_agrees(rule.column)} AND (ms IS NOT NULL OR form IN ({WITHOUT_INSTANT})));"
    )


def _update(table: PairedTable, rules: list[_Rule]) -> str:
    values, needed = [], []
    for rule in rules:
        legacy, epoch = quote(rule.column.legacy), quote(rule.column.epoch)
        decider = f"(SELECT decider {rule.converted})"
        values.append(
            f"{epoch} = CASE {decider} WHEN 'legacy'"
            f" THEN (SELECT ms {rule.converted}) ELSE {epoch} END"
        )
        if rule.column.writable:
            values.append(
                f"{legacy} = CASE {decider} WHEN 'behind'"
                f" THEN (SELECT value {rule.converted}) ELSE {legacy} END"
            )
        needed.append(
            f"EXISTS (SELECT 1 {rule.converted} AND (decider = 'behind'"
            f" OR decider = 'legacy' AND NOT {_agrees(rule.column)}))"
        )
    return (
        f"UPDATE {quote(table.name)} SET {', '.join(values)}"
        f" WHERE {_same_row(table)} AND ({' OR '.join(needed)});"
    )


def _same_row(table: PairedTable) -> str:
    return " AND ".join(f"{quote(column)} = new.{quote(column)}" for column in table.key)


def _to_precision(column: ColumnPair) -> str:
    """SQL for the new epoch value as exactly as the legacy column can hold it."""
    ms, step = f"new.{quote(column.epoch)}", column.precision
    return ms if step == 1 else f"({ms}-(({ms}%{step}+{step})%{step}))"


def _agrees(column: ColumnPair) -> str:
    """SQL for whether the instant of the legacy value, `ms`, is as near as it can be."""
    epoch = f"new.{quote(column.epoch)}"
    if column.precision == 1:
        return f"ms IS {epoch}"
    return f"(ms IS {epoch} OR new.{quote(column.legacy)} IS {legacy_value(epoch, column)})"


def _forget(table: PairedTable, *rows: str) -> str:
    keys = " OR ".join(f"row_key = {row_key(table, f'{row}.')}" for row in rows)
    return (
        f"DELETE FROM {quote(QUARANTINE)} WHERE table_name = {literal(table.name)}"
        f" AND ({keys})"
        # It is empty nearly always, which is found out before the key is made.
        f" AND EXISTS (SELECT 1 FROM {quote(QUARANTINE)})"
    )
