"""The verification's side of SQLite: which values are certainly right, and which to judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....contract import VersionRow
from ...forms import MAX_MS, Reading
from ...own_tables import QUARANTINE
from ...pairs import ColumnPair, PairedTable
from ..answers import ColumnCounts
from ..base import Session
from .dependents import write_error
from .inverse import proofs
from .names import column_in, literal, quote
from .quarantine import KEY_ORDER, row_key
from .survey import provide_zones
from .values import is_null_value, stands_for_null

__all__ = [
    "KEY_ORDER",
    "count_columns",
    "count_filled",
    "doubtful_epochs",
    "has_version",
    "implausible",
    "left_over",
    "left_over_keys",
    "sure_expression",
    "unlisted",
    "unsure_rows",
    "write_error",
]


def count_columns(
    session: Session, table: PairedTable, valid_range: tuple[int, int]
) -> tuple[int, tuple[ColumnCounts, ...]]:
    """Count rows, and for each column its values and those that are not certainly right.

    Args:
        session: an open database.
        table: the table.
        valid_range: first and last plausible epoch milliseconds.

    Returns:
        The number of rows, and the counts in the order of the columns.
    """
    for column in table.columns:
        provide_zones(session, column.reading)
    counts = ", ".join(
        f"count({c}), count(CASE WHEN {m} IS NULL THEN {c} END), {null_values},"
        f" count(*) - total({sure_expression(column, valid_range, table.name)})"
        for column in table.columns
        for c, m in [_columns(table, column)]
        for null_values in [_count_null_values(table, column)]
    )
    row = session.run(f"SELECT count(*), {counts} FROM {session.qualified(table.name)}").fetchone()
    numbers = [int(number) for number in row]
    groups = zip(*(iter(numbers[1:]),) * 4, strict=True)
    return numbers[0], tuple(
        ColumnCounts(legacy, lacking - null_values, null_values, unsure)
        for legacy, lacking, null_values, unsure in groups
    )


def _columns(table: PairedTable, column: ColumnPair) -> tuple[str, str]:
    """Return both columns of a pair with their table, so that one that is missing is an error."""
    return column_in(column.legacy, table.name), column_in(column.epoch, table.name)


def _count_null_values(table: PairedTable, column: ColumnPair) -> str:
    if not column.reading.null_values:
        return "0"
    legacy, epoch = _columns(table, column)
    is_listed = is_null_value(legacy, column.reading)
    return f"count(CASE WHEN {epoch} IS NULL AND {is_listed} THEN 1 END)"


def count_filled(
    session: Session, table: str, legacy: str | None, epoch: str | None, reading: Reading
) -> tuple[int, int, int]:
    """Return how many values there are, that have an epoch value, and that stand for NULL.

    Args:
        session: an open database.
        table: the table.
        legacy: the legacy column; None if it is gone, and the epoch column's values count.
        epoch: the epoch column; None if it is not there yet.
        reading: how legacy values are read.
    """
    column = epoch if legacy is None else legacy
    if column is None:
        return 0, 0, 0
    values = column_in(column, table)
    ms = None if epoch is None else column_in(epoch, table)
    both = "0" if ms is None else f"{values} IS NOT NULL AND {ms} IS NOT NULL"
    null_values = "0" if legacy is None else is_null_value(values, reading)
    if ms is not None:
        null_values = f"{ms} IS NULL AND {null_values}"
    row = session.run(
        f"SELECT count({values}), total({both}), total({null_values})"
        f" FROM {session.qualified(table)}"
    ).fetchone()
    return int(row[0]), int(row[1]), int(row[2])


def unsure_rows(
    session: Session, table: PairedTable, valid_range: tuple[int, int]
) -> Iterator[tuple[Any, ...]]:
    """Yield the row key, and both values of every column, where a value is not certainly right."""
    columns = ", ".join(name for c in table.columns for name in _columns(table, c))
    unsure = " OR ".join(
        f"NOT {sure_expression(c, valid_range, table.name)}" for c in table.columns
    )
    yield from session.run(
        f"SELECT {row_key(table)}, {columns} FROM {session.qualified(table.name)} WHERE {unsure}"
    )


def doubtful_epochs(session: Session, table: PairedTable) -> Iterator[tuple[Any, ...]]:
    """Yield both values of every column, where an epoch value is there and not certainly right."""
    columns = ", ".join(name for c in table.columns for name in _columns(table, c))
    doubtful = " OR ".join(
        f"{column_in(c.epoch, table.name)} IS NOT NULL"
        f" AND NOT {sure_expression(c, (0, MAX_MS), table.name)}"
        for c in table.columns
    )
    yield from session.run(
        f"SELECT {columns} FROM {session.qualified(table.name)} WHERE {doubtful}"
    )


def sure_expression(
    column: ColumnPair, valid_range: tuple[int, int], table: str | None = None
) -> str:
    """SQL that is 1 if the epoch value, turned back into a text, gives the stored one, else 0.

    It never says 1 for a wrong value; where it says 0, Python judges. Only the conditions of a
    CASE end with the first that fails, so all of it is conditions, the cheap ones first.

    Args:
        column: the pair.
        valid_range: first and last plausible epoch milliseconds.
        table: its table; None where a subquery has columns of the same names.
    """
    c, m = quote(column.legacy), quote(column.epoch)
    if table is not None:
        c, m = column_in(column.legacy, table), column_in(column.epoch, table)
    first, last = max(valid_range[0], 0), valid_range[1]
    is_listed = ""
    if column.reading.null_values:
        is_listed = f" WHEN {is_null_value(c, column.reading)} THEN 0"
    proved = " ".join(f"WHEN {proof} THEN 1" for proof in proofs(column, c, m))
    proved = f"CASE {proved} ELSE 0 END"
    return (
        f"CASE WHEN {m} IS NULL THEN {stands_for_null(c, column.reading)}{is_listed}"
        f" WHEN {m} BETWEEN {first} AND {last} AND {m}=CAST({m} AS INTEGER) THEN {proved}"
        " ELSE 0 END"
    )


def unlisted(session: Session, table: PairedTable, column: ColumnPair) -> tuple[int, list[str]]:
    """Return how many rows without an instant the quarantine lacks, and the keys of some."""
    where = _lacks_instant(table, column)
    rows = session.run(
        f"SELECT key FROM (SELECT {row_key(table)} AS key FROM {session.qualified(table.name)}"
        f" WHERE {where}) WHERE key NOT IN ({_listed(session, table, column)})"
    ).fetchall()
    return len(rows), [key for (key,) in rows[:20]]


def left_over(session: Session, table: PairedTable, column: ColumnPair) -> list[str]:
    """Return the row keys in the quarantine to which no unconverted value belongs."""
    return [key for (key,) in session.run(left_over_keys(session, table, column))]


def left_over_keys(session: Session, table: PairedTable, column: ColumnPair) -> str:
    """Return the SELECT of those keys; it looks at the table only if any are listed."""
    where = _lacks_instant(table, column)
    return (
        f"{_listed(session, table, column)} AND row_key NOT IN (SELECT {row_key(table)}"
        f" FROM {session.qualified(table.name)} WHERE {where})"
    )


def _lacks_instant(table: PairedTable, column: ColumnPair) -> str:
    legacy, epoch = _columns(table, column)
    return f"{epoch} IS NULL AND NOT {stands_for_null(legacy, column.reading)}"


def _listed(session: Session, table: PairedTable, column: ColumnPair) -> str:
    return (
        f"SELECT row_key FROM {session.qualified(QUARANTINE)}"
        f" WHERE table_name = {literal(table.name)} AND column_name = {literal(column.legacy)}"
    )


def implausible(session: Session, table: str, epoch: str, valid_range: tuple[int, int]) -> int:
    """Return how many values are not integers of the valid range."""
    ms = column_in(epoch, table)
    count: int = session.value(
        f"SELECT count(*) FROM {session.qualified(table)} WHERE {ms} IS NOT NULL"
        f" AND NOT (typeof({ms})='integer' AND {ms} BETWEEN {valid_range[0]} AND {valid_range[1]})"
    )
    return count


def has_version(session: Session, version: VersionRow) -> bool:
    """Return whether the version row is there."""
    return bool(
        session.value(
            f"SELECT count(*) FROM {session.qualified(version.table)}"
            f" WHERE {column_in(version.column, version.table)} = ?",
            version.value,
        )
    )
