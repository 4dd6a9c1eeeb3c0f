"""Which storage forms a column holds, counted by SQLite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ....contract import NullValue
from ...forms import Reading
from ...numbers import scale_of
from ...pairs import ColumnPair
from ...schema import TableInfo
from ...zones import is_utc
from ..answers import FormCount, Sample
from ..base import Session
from .names import column_in, quote
from .recognise import form_and_ms_expression, ms_expression
from .usual import plain_form_expression, plain_here_expression
from .values import stands_for_null
from .zone_table import ZONE_TABLE, zone_rows

__all__ = [
    "among",
    "count_forms",
    "first_values",
    "has_finer",
    "latest_values",
    "provide_zones",
    "ties",
]

_LATEST = 50
_FIRST = 100
_LONGEST = 200
_FINER = "{value} GLOB '*[.,][0-9][0-9][0-9][0-9]*'"


def count_forms(
    session: Session,
    table: str,
    pair: ColumnPair,
    valid_range: tuple[int, int] | None = None,
    sample: Sample | None = None,
) -> tuple[FormCount, ...]:
    """Count the forms in a column, the most frequent first.

    Args:
        session: an open database.
        table: the table.
        pair: which of its columns.
        valid_range: the first and the last instant that are not counted as outside.
        sample: which of the rows to look at; None for all of them.
    """
    provide_zones(session, pair.reading)
    legacy = column_in(pair.legacy, table)
    source = session.qualified(table)
    if sample is not None:
        source = _sampled(session, table, pair.legacy, sample)
    outside = "0"
    if valid_range is not None:
        outside = f"total(ms NOT BETWEEN {valid_range[0]} AND {valid_range[1]})"
    plain = plain_here_expression(legacy, pair.reading)
    other = form_and_ms_expression("value", pair.reading)
    # A plain shape needs no text of both. LIMIT -1 keeps expressions from being repeated.
    rows = session.run(
        "SELECT form, count(*) AS n, substr(quote(min(value)), 1, 60), min(ms), max(ms),"
        f" CAST({outside} AS INTEGER) FROM"
        f" (SELECT value, CASE WHEN plain IS NOT NULL THEN {plain_form_expression('value')}"
        " ELSE substr(other, 1, instr(other, ' ') - 1) END AS form, CASE WHEN plain IS NOT NULL"
        " THEN plain ELSE CAST(nullif(substr(other, instr(other, ' ') + 1), '') AS INTEGER) END"
        f" AS ms FROM (SELECT value, plain, CASE WHEN plain IS NULL THEN {other} END AS other FROM"
        f" (SELECT {legacy} AS value, {plain} AS plain FROM {source} LIMIT -1)"
        " LIMIT -1) LIMIT -1) GROUP BY form ORDER BY n DESC, form"
    )
    return tuple(FormCount(*row) for row in rows)


def _sampled(session: Session, table: str, legacy: str, sample: Sample) -> str:
    """Return the first and the last rows of a table, as what a SELECT can be from."""
    rows_of = f"{column_in(legacy, table)} AS {quote(legacy)} FROM {session.qualified(table)}"
    ends = []
    for direction, rows in ((" DESC", sample.rows // 2), ("", sample.rows - sample.rows // 2)):
        order = ", ".join(f"{column_in(name, table)}{direction}" for name in sample.key)
        ends.append(f"SELECT * FROM (SELECT {rows_of} ORDER BY {order} LIMIT {rows})")
    return f"({' UNION ALL '.join(ends)}) AS {quote(table)}"


def first_values(session: Session, table: str, column: str) -> list[Any]:
    """Return the first values of a column that are not NULL, shortened."""
    value = column_in(column, table)
    rows = session.run(
        f"SELECT CASE typeof({value}) WHEN 'text' THEN substr({value}, 1, {_LONGEST})"
        f" WHEN 'blob' THEN x'' ELSE {value} END FROM {session.qualified(table)}"
        f" WHERE {value} IS NOT NULL LIMIT {_FIRST}"
    )
    return [value for (value,) in rows]


def among(
    session: Session, table: str, column: str, values: Sequence[NullValue]
) -> tuple[NullValue, ...]:
    """Return which of some values a column holds, as they are stored."""
    value, marks = column_in(column, table), ", ".join("?" for _ in values)
    rows = session.run(
        f"SELECT DISTINCT {value} FROM {session.qualified(table)}"
        f" WHERE {value} COLLATE BINARY IN ({marks}) ORDER BY 1",
        *values,
    )
    return tuple(value for (value,) in rows)


def has_finer(session: Session, table: str, pair: ColumnPair) -> bool:
    """Return whether a legacy column holds more than milliseconds."""
    scale = scale_of(pair.reading.storage)
    if scale is not None and scale.divide > 1:
        return True
    legacy = column_in(pair.legacy, table)
    return bool(
        session.value(
            f"SELECT EXISTS (SELECT 1 FROM {session.qualified(table)} AS {quote(table)}"
            f" WHERE typeof({legacy}) = 'text' AND {_FINER.format(value=legacy)})"
        )
    )


def ties(session: Session, table: str, pair: ColumnPair) -> int:
    """Return how many rows differ from another one by less than a millisecond."""
    legacy = column_in(pair.legacy, table)
    # Two spellings of one instant are not meant: one of the values has to hold more.
    finer = f"typeof(value) <> 'text' OR {_FINER.format(value='value')}"
    count: float = session.value(
        "SELECT total(n) FROM (SELECT count(*) AS n FROM"
        f" (SELECT value, {ms_expression('value', pair.reading)} AS ms FROM"
        f" (SELECT {legacy} AS value FROM {session.qualified(table)} AS {quote(table)} LIMIT -1)"
        " LIMIT -1) WHERE ms IS NOT NULL GROUP BY ms"
        f" HAVING min(value) IS NOT max(value) AND max({finer}))"
    )
    return int(count)


def latest_values(session: Session, table: TableInfo, pair: ColumnPair) -> list[object]:
    """Return the last legacy values that do not stand for NULL, by the key, the last first."""
    if not table.key:
        return []
    order = ", ".join(f"{column_in(name, table.name)} DESC" for name in table.key)
    legacy = column_in(pair.legacy, table.name)
    rows = session.run(
        f"SELECT {legacy} FROM {session.qualified(table.name)}"
        f" WHERE NOT {stands_for_null(legacy, pair.reading)} ORDER BY {order} LIMIT {_LATEST}"
    )
    return [value for (value,) in rows]


def provide_zones(session: Session, reading: Reading) -> None:
    """Let expressions of a named zone work in this connection, whatever the file has.

    The table is temporary, and found before one of the same name in the file; that one is for
    the triggers.
    """
    if is_utc(reading.timezone):
        return
    session.run(
        f"CREATE TEMP TABLE IF NOT EXISTS {ZONE_TABLE} (zone TEXT, clock TEXT, start INTEGER,"
        " utc_offset INTEGER, note TEXT, PRIMARY KEY (zone, clock, start)) WITHOUT ROWID"
    )
    # Whatever is there may be of another contract with other policies. One statement for all
    # rows: outside a transaction each is one of its own.
    session.run(f"DELETE FROM temp.{ZONE_TABLE} WHERE zone = ?", reading.timezone)
    session.run(
        f"INSERT INTO temp.{ZONE_TABLE} SELECT ?, json_extract(value, '$[0]'),"
        " json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]')"
        " FROM json_each(?)",
        reading.timezone,
        json.dumps(zone_rows(reading)),
    )
