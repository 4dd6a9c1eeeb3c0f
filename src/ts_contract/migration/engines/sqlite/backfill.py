"""The backfill as a script, which knows the contract and not the database.

The usual shapes are converted in place, table by table. What is left of all tables is gathered
in one temporary table and converted there at once, so that the long conversion stands in the
script once per way of reading and not once per column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ...forms import Reading
from ...own_tables import QUARANTINE
from ...pairs import ColumnPair, PairedTable
from .names import column_in, literal, name_in, quote
from .quarantine import reason
from .recognise import classified_rows
from .usual import plain_expression
from .values import stands_for_null

__all__ = ["backfill_script", "by_reading"]

_REST = "temp._ts_contract_rest"
_Place = tuple[PairedTable, ColumnPair]


def backfill_script(tables: tuple[PairedTable, ...], schema: str) -> tuple[str, ...]:
    """Return the statements that fill the epoch columns of some tables.

    A trigger of the application that touches its own table after an update (`SET updated_at =
    CURRENT_TIMESTAMP`) would rewrite what is being converted. The guard triggers, which stand
    only during the backfill, make SQLite leave out any change of these tables but that of the
    epoch columns.
    """
    rest = (
        f"CREATE TABLE {_REST} (table_name TEXT, column_name TEXT, row_id INTEGER, value,"
        " form TEXT, ms INTEGER, PRIMARY KEY (table_name, column_name, row_id)) WITHOUT ROWID"
    )
    gathered = (
        f"INSERT INTO {_REST} {_converted(places, _unconverted(places, schema), reading)}"
        for reading, places in by_reading(tables).items()
    )
    return (
        *(_guard(table, schema) for table in tables),
        *(_fill_usual(table, schema) for table in tables),
        rest,
        *gathered,
        *(_fill_rest(table, c, schema) for table in tables for c in table.columns),
        _quarantine_rest(schema),
        f"DROP TABLE {_REST}",
        *(f"DROP TRIGGER {_guard_name(table, schema)}" for table in tables),
    )


def by_reading(tables: tuple[PairedTable, ...]) -> dict[Reading, list[_Place]]:
    """Return the columns of some tables, each with its table, by the way of reading them."""
    places: defaultdict[Reading, list[_Place]] = defaultdict(list)
    for table in tables:
        for column in table.columns:
            places[column.reading].append((table, column))
    return places


def _guard_name(table: PairedTable, schema: str) -> str:
    return name_in(f"_ts_contract_{table.name}_guard", schema)


def _guard(table: PairedTable, schema: str) -> str:
    untouched = " AND ".join(f"old.{quote(c.epoch)} IS new.{quote(c.epoch)}" for c in table.columns)
    return (
        f"CREATE TRIGGER {_guard_name(table, schema)} BEFORE UPDATE ON {quote(table.name)}"
        f" WHEN {untouched} BEGIN SELECT RAISE(IGNORE); END"
    )


def _fill_usual(table: PairedTable, schema: str) -> str:
    values = ",\n  ".join(
        f"{quote(c.epoch)} = {plain_expression(column_in(c.legacy, table.name), c.reading)}"
        for c in table.columns
    )
    return f"UPDATE {name_in(table.name, schema)} SET\n  {values}"


def _unconverted(places: list[_Place], schema: str) -> str:
    def rows() -> Iterator[str]:
        for table, column in places:
            legacy = column_in(column.legacy, table.name)
            epoch = column_in(column.epoch, table.name)
            yield (
                f"SELECT {literal(table.name)} AS table_name, {literal(column.legacy)}"
                f" AS column_name, rowid AS row_id, {legacy} AS v"
                f" FROM {name_in(table.name, schema)}"
                f" WHERE NOT {stands_for_null(legacy, column.reading)} AND {epoch} IS NULL"
            )

    return "\n  UNION ALL ".join(rows())


def _converted(places: list[_Place], rows: str, reading: Reading) -> str:
    keep = ("table_name", "column_name", "row_id")
    return (
        f"SELECT {', '.join(keep)}, v, form, ms FROM (\n{classified_rows(rows, keep, reading)}\n)"
    )


def _fill_rest(table: PairedTable, column: ColumnPair, schema: str) -> str:
    here = (
        f"FROM {_REST} WHERE table_name = {literal(table.name)}"
        f" AND column_name = {literal(column.legacy)} AND ms IS NOT NULL"
    )
    name = name_in(table.name, schema)
    return (
        f"UPDATE {name} SET {quote(column.epoch)} ="
        f" (SELECT ms {here} AND row_id = {quote(table.name)}.rowid)"
        f" WHERE rowid IN (SELECT row_id {here})"
    )


def _quarantine_rest(schema: str) -> str:
    # A row is addressed by its INTEGER PRIMARY KEY where it has one, as the live run does.
    key = (
        "SELECT CASE WHEN total(pk > 0) = 1 AND max(CASE WHEN pk > 0 THEN upper(type) END) ="
        " 'INTEGER' THEN max(CASE WHEN pk > 0 THEN name END) ELSE 'rowid' END"
        " FROM pragma_table_info(table_name)"
    )
    return (
        f"INSERT OR REPLACE INTO {name_in(QUARANTINE, schema)} SELECT table_name, column_name,"
        f" json_object(({key}), row_id), value, form,\n  {reason('form')}\n"
        f"  FROM {_REST} WHERE ms IS NULL"
    )
