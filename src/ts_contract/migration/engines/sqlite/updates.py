"""The statements that fill the epoch columns of a range of rows, and list what has no instant.

Columns stand with their table: one that is renamed meanwhile is an error, and no string constant.
"""

from __future__ import annotations

from collections.abc import Callable

from ...forms import Reading
from ...own_tables import QUARANTINE
from ...pairs import ColumnPair, PairedTable
from ...zones import is_utc
from .names import column_in, literal, name_in, quote
from .quarantine import reason, row_key
from .recognise import ms_expression, ms_or_form_expression
from .usual import is_plain_expression, plain_here_expression, unproved_expression, usual_expression
from .values import stands_for_null

__all__ = [
    "backfill",
    "backfill_plain",
    "backfill_unproved",
    "backfill_usual",
    "can_be_plain",
    "in_doubt",
    "quarantine",
    "short_backfills",
]


def short_backfills(table: PairedTable) -> tuple[Callable[[PairedTable, str, str, str], str], ...]:
    """Return what makes the UPDATEs to try before the long one, the shortest first."""
    is_plain = any(map(can_be_plain, table.columns))
    return (backfill_plain, backfill_usual) if is_plain else (backfill_usual,)


def backfill_plain(table: PairedTable, where: str, schema: str, unusual: str) -> str:
    """Return the UPDATE that fills the epoch columns of the plain shapes.

    Args:
        table: the table.
        where: a condition that chooses the rows.
        schema: qualifies the table's name.
        unusual: SQL that is NULL, and notices that a value has another shape.
    """
    return _backfill(table, where, schema, _noticing(plain_here_expression, unusual))


def backfill_usual(table: PairedTable, where: str, schema: str, unusual: str) -> str:
    """Return the UPDATE that fills the epoch columns of the usual shapes.

    Args:
        table: the table.
        where: a condition that chooses the rows.
        schema: qualifies the table's name.
        unusual: SQL that is NULL, and notices that a value has no usual shape.
    """
    return _backfill(table, where, schema, _noticing(usual_expression, unusual))


def _noticing(
    convert: Callable[[str, Reading], str], unusual: str
) -> Callable[[str, Reading], str]:
    def convert_or_notice(legacy: str, reading: Reading) -> str:
        rest = f"CASE WHEN NOT {stands_for_null(legacy, reading)} THEN {unusual} END"
        return f"{convert(legacy, reading)}, {rest}"

    return convert_or_notice


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
        f"{_lacks(table, c)}"
        f" AND {is_plain_expression(column_in(c.legacy, table.name), c.reading)} IS NULL"
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
        f"{quote(c.epoch)} = coalesce({column_in(c.epoch, table.name)},"
        f" {convert(column_in(c.legacy, table.name), c.reading)})"
        for c in table.columns
    )
    lacking = " OR ".join(_lacks(table, column) for column in table.columns)
    return f"UPDATE {name_in(table.name, schema)} SET {values} WHERE {where} AND ({lacking})"


def can_be_plain(column: ColumnPair) -> bool:
    """Return whether a column can hold the plain shapes of text in UTC."""
    return is_utc(column.reading.timezone) and column.reading.storage == "auto"


def _lacks(table: PairedTable, column: ColumnPair) -> str:
    legacy = column_in(column.legacy, table.name)
    has_value = f"NOT {stands_for_null(legacy, column.reading)}"
    return f"{column_in(column.epoch, table.name)} IS NULL AND {has_value}"


def quarantine(table: PairedTable, column: ColumnPair, where: str, schema: str = "") -> str:
    """Return the INSERT that lists every value without an instant.

    Args:
        table: the table.
        column: which of its columns.
        where: a condition that chooses the rows.
        schema: qualifies the names.
    """
    legacy, epoch = (column_in(name, table.name) for name in (column.legacy, column.epoch))
    form = ms_or_form_expression(legacy, column.reading)
    return (
        f"INSERT OR REPLACE INTO {name_in(QUARANTINE, schema)}"
        f" SELECT {literal(table.name)}, {literal(column.legacy)}, key, value, form,"
        f" {reason('form')} FROM (SELECT {row_key(table)} AS key, {legacy} AS value,"
        f" {form} AS form FROM {name_in(table.name, schema)}"
        f" WHERE {where} AND {epoch} IS NULL AND NOT {stands_for_null(legacy, column.reading)}"
        " LIMIT -1)"
    )
