"""The verification's side of SQLite: which values are certainly right, and which to judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...contract import VersionRow
from ..shapes import ColumnShape, TableShape
from ..zones import is_utc
from .sqlite import Database, literal, quote
from .sqlite_ddl import QUARANTINE, row_key

__all__ = [
    "ColumnCounts",
    "count_columns",
    "has_index_on",
    "has_version",
    "implausible",
    "orphans",
    "sure_expression",
    "unlisted",
    "unsure_rows",
]

_AS_TEXT = "datetime({m}/1000,'unixepoch')"
_WITH_FRACTION = tuple("?" * 19 + "." + "[0-9]" * digits for digits in (6, 3))


@dataclass(frozen=True, slots=True)
class ColumnCounts:
    """What one pass over a table counted for one column."""

    legacy: int
    epoch: int
    unconverted: int
    unsure: int


def count_columns(
    database: Database, table: TableShape, valid_range: tuple[int, int]
) -> tuple[int, tuple[ColumnCounts, ...]]:
    """Count rows, and for each column its values and those that are not certainly right.

    Args:
        database: an open database.
        table: the table.
        valid_range: first and last plausible epoch milliseconds.

    Returns:
        The number of rows, and the counts in the order of the columns.
    """
    counts = ", ".join(
        f"count({quote(c.legacy)}), count({quote(c.epoch)}),"
        f" total({quote(c.legacy)} IS NOT NULL AND {quote(c.epoch)} IS NULL),"
        f" total(NOT {sure_expression(c, valid_range)})"
        for c in table.columns
    )
    row = database.run(
        f"SELECT count(*), {counts} FROM {database.qualified(table.name)}"
    ).fetchone()
    numbers = [int(number) for number in row]
    groups = zip(*(iter(numbers[1:]),) * 4, strict=True)
    return numbers[0], tuple(ColumnCounts(*group) for group in groups)


def unsure_rows(
    database: Database, table: TableShape, valid_range: tuple[int, int]
) -> Iterator[tuple[Any, ...]]:
    """Yield the row key, and both values of every column, where a value is not certainly right."""
    columns = ", ".join(f"{quote(c.legacy)}, {quote(c.epoch)}" for c in table.columns)
    unsure = " OR ".join(f"NOT {sure_expression(c, valid_range)}" for c in table.columns)
    yield from database.run(
        f"SELECT {row_key(table)}, {columns} FROM {database.qualified(table.name)} WHERE {unsure}"
    )


def sure_expression(column: ColumnShape, valid_range: tuple[int, int]) -> str:
    """SQL that is 1 if the epoch value, turned back into a text, gives the stored one.

    It never says 1 for a wrong value; where it says 0, Python judges.
    """
    c, m = quote(column.legacy), quote(column.epoch)
    as_text = _AS_TEXT.format(m=m)
    proofs = []
    if is_utc(column.reading.timezone):
        proofs.append(f"{c}={as_text} AND {m}%1000=0")
    if column.reading.storage in ("auto", "seconds"):
        # As whole seconds, and large enough for seconds where nothing is declared.
        proofs.append(f"{c}={m}/1000 AND {m}%1000=0 AND typeof({c})='integer' AND {c}>=100000000")
    if is_utc(column.reading.timezone):
        patterns = " OR ".join(f"{c} GLOB '{pattern}'" for pattern in _WITH_FRACTION)
        proofs.append(
            f"({patterns}) AND CAST(substr({c},21,3) AS INTEGER)={m}%1000"
            f" AND replace(substr({c},1,19),'T',' ')={as_text}"
        )
    first, last = max(valid_range[0], 0), valid_range[1]
    shown = " OR ".join(proofs) or "0"
    return (
        f"coalesce(CASE WHEN {m} IS NULL THEN {c} IS NULL"
        f" ELSE {m} BETWEEN {first} AND {last} AND {m}=CAST({m} AS INTEGER) AND ({shown}) END,0)"
    )


def unlisted(database: Database, table: TableShape, column: ColumnShape) -> tuple[int, list[str]]:
    """Return how many rows without an instant the quarantine lacks, and the keys of some."""
    where = f"{quote(column.epoch)} IS NULL AND {quote(column.legacy)} IS NOT NULL"
    rows = database.run(
        f"SELECT key FROM (SELECT {row_key(table)} AS key FROM {database.qualified(table.name)}"
        f" WHERE {where}) WHERE key NOT IN ({_listed(database, table, column)})"
    ).fetchall()
    return len(rows), [key for (key,) in rows[:20]]


def orphans(database: Database, table: TableShape, column: ColumnShape) -> list[str]:
    """Return the row keys in the quarantine to which no unconverted value belongs."""
    where = f"{quote(column.epoch)} IS NULL AND {quote(column.legacy)} IS NOT NULL"
    rows = database.run(
        f"{_listed(database, table, column)} EXCEPT SELECT {row_key(table)}"
        f" FROM {database.qualified(table.name)} WHERE {where}"
    )
    return [key for (key,) in rows]


def _listed(database: Database, table: TableShape, column: ColumnShape) -> str:
    return (
        f"SELECT row_key FROM {database.qualified(QUARANTINE)}"
        f" WHERE table_name = {literal(table.name)} AND column_name = {literal(column.legacy)}"
    )


def implausible(database: Database, table: str, epoch: str, valid_range: tuple[int, int]) -> int:
    """Return how many values are no integers of the valid range."""
    ms = quote(epoch)
    count: int = database.value(
        f"SELECT count(*) FROM {database.qualified(table)} WHERE {ms} IS NOT NULL"
        f" AND NOT (typeof({ms})='integer' AND {ms} BETWEEN {valid_range[0]} AND {valid_range[1]})"
    )
    return count


def has_index_on(database: Database, table: str, epoch: str) -> bool:
    """Return whether some index of the table begins with the epoch column."""
    schema = quote(database.schema)
    for row in database.run(f"PRAGMA {schema}.index_list({quote(table)})").fetchall():
        first = database.run(f"PRAGMA {schema}.index_info({quote(row[1])})").fetchone()
        if first is not None and first[2] is not None and first[2].lower() == epoch.lower():
            return True
    return False


def has_version(database: Database, version: VersionRow) -> bool:
    """Return whether the version row is there."""
    return bool(
        database.value(
            f"SELECT count(*) FROM {database.qualified(version.table)}"
            f" WHERE {quote(version.column)} = ?",
            version.value,
        )
    )
