"""The verification's side of SQLite: which values are certainly right, and which to judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ....contract import VersionRow
from ...forms import MAX_MS
from ...own_tables import QUARANTINE
from ...pairs import ColumnPair, PairedTable
from ...zones import is_utc
from ..answers import ColumnCounts
from ..base import Session
from .names import literal, quote
from .quarantine import row_key

__all__ = [
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
]

# How a text goes on behind 'YYYY-MM-DD HH:MM:SS', by its size in bytes. Where there is no fraction,
# the three bytes that would be its milliseconds make the number 0.
_DIGITS = "[0-9][0-9][0-9]"
_TAILS = (
    (26, f"*.{_DIGITS}{_DIGITS}"),
    (19, "*"),
    (32, f"*.{_DIGITS}{_DIGITS}+00:00"),
    (25, "*+00:00"),
    (20, "*Z"),
    (23, f"*.{_DIGITS}"),
    (24, f"*.{_DIGITS}Z"),
    (27, f"*.{_DIGITS}{_DIGITS}Z"),
    (29, f"*.{_DIGITS}+00:00"),
)


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
    counts = ", ".join(
        f"count({c}), count(CASE WHEN {m} IS NULL THEN {c} END),"
        f" count(*) - total({sure_expression(column, valid_range)})"
        for column in table.columns
        for c, m in [(quote(column.legacy), quote(column.epoch))]
    )
    row = session.run(f"SELECT count(*), {counts} FROM {session.qualified(table.name)}").fetchone()
    numbers = [int(number) for number in row]
    groups = zip(*(iter(numbers[1:]),) * 3, strict=True)
    return numbers[0], tuple(ColumnCounts(*group) for group in groups)


def count_filled(
    session: Session, table: str, legacy: str | None, epoch: str | None
) -> tuple[int, int]:
    """Return how many values there are, and how many of them have an epoch value.

    Args:
        session: an open database.
        table: the table.
        legacy: the legacy column; None if it is gone, and the epoch column's values count.
        epoch: the epoch column; None if it is not there yet.
    """
    column = epoch if legacy is None else legacy
    if column is None:
        return 0, 0
    values = quote(column)
    both = "0" if epoch is None else f"{values} IS NOT NULL AND {quote(epoch)} IS NOT NULL"
    row = session.run(
        f"SELECT count({values}), total({both}) FROM {session.qualified(table)}"
    ).fetchone()
    return int(row[0]), int(row[1])


def unsure_rows(
    session: Session, table: PairedTable, valid_range: tuple[int, int]
) -> Iterator[tuple[Any, ...]]:
    """Yield the row key, and both values of every column, where a value is not certainly right."""
    columns = ", ".join(f"{quote(c.legacy)}, {quote(c.epoch)}" for c in table.columns)
    unsure = " OR ".join(f"NOT {sure_expression(c, valid_range)}" for c in table.columns)
    yield from session.run(
        f"SELECT {row_key(table)}, {columns} FROM {session.qualified(table.name)} WHERE {unsure}"
    )


def doubtful_epochs(session: Session, table: PairedTable) -> Iterator[tuple[Any, ...]]:
    """Yield both values of every column, where an epoch value is there and not certainly right."""
    columns = ", ".join(f"{quote(c.legacy)}, {quote(c.epoch)}" for c in table.columns)
    doubtful = " OR ".join(
        f"{quote(c.epoch)} IS NOT NULL AND NOT {sure_expression(c, (0, MAX_MS))}"
        for c in table.columns
    )
    yield from session.run(
        f"SELECT {columns} FROM {session.qualified(table.name)} WHERE {doubtful}"
    )


def sure_expression(column: ColumnPair, valid_range: tuple[int, int]) -> str:
    """SQL that is 1 if the epoch value, turned back into a text, gives the stored one, else 0.

    It never says 1 for a wrong value; where it says 0, Python judges. Only the conditions of a
    CASE end with the first that fails, so all of it is conditions, the cheap ones first.
    """
    c, m = quote(column.legacy), quote(column.epoch)
    first, last = max(valid_range[0], 0), valid_range[1]
    proofs = " ".join(f"WHEN {proof} THEN 1" for proof in _proofs(column))
    proved = f"CASE {proofs} ELSE 0 END" if proofs else "0"
    return (
        f"CASE WHEN {m} IS NULL THEN {c} IS NULL"
        f" WHEN {m} BETWEEN {first} AND {last} AND {m}=CAST({m} AS INTEGER) THEN {proved}"
        " ELSE 0 END"
    )


def _proofs(column: ColumnPair) -> Iterator[str]:
    c, m = quote(column.legacy), quote(column.epoch)
    if is_utc(column.reading.timezone):
        # A plus before the column keeps SQLite from trying to make a number of its text.
        text = f"datetime({m}/1000,'unixepoch')"
        yield f"{m}%1000=0 AND {text}=+{c}"
        tails = " ".join(f"WHEN {size} THEN {c} GLOB '{tail}'" for size, tail in _TAILS)
        head = f"substr({c},1,19)"
        yield (
            f"CASE length(CAST({c} AS BLOB)) {tails} END"
            f" AND CAST(substr({c},21,3) AS INTEGER)={m}%1000"
            f" AND ({text}={head} OR {text}=replace({head},'T',' '))"
        )
    # Whole numbers, and where nothing is declared, of a size that tells their unit.
    if column.reading.storage in ("auto", "seconds"):
        size = f"{c} BETWEEN 100000000 AND 99999999999"
        yield f"{m}%1000=0 AND {c}={m}/1000 AND typeof({c})='integer' AND {size}"
    if column.reading.storage in ("auto", "milliseconds"):
        size = f"{c} BETWEEN 100000000000 AND 18999999999999"
        yield f"{c}={m} AND typeof({c})='integer' AND {size}"


def unlisted(session: Session, table: PairedTable, column: ColumnPair) -> tuple[int, list[str]]:
    """Return how many rows without an instant the quarantine lacks, and the keys of some."""
    where = f"{quote(column.epoch)} IS NULL AND {quote(column.legacy)} IS NOT NULL"
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
    where = f"{quote(column.epoch)} IS NULL AND {quote(column.legacy)} IS NOT NULL"
    return (
        f"{_listed(session, table, column)} AND row_key NOT IN (SELECT {row_key(table)}"
        f" FROM {session.qualified(table.name)} WHERE {where})"
    )


def _listed(session: Session, table: PairedTable, column: ColumnPair) -> str:
    return (
        f"SELECT row_key FROM {session.qualified(QUARANTINE)}"
        f" WHERE table_name = {literal(table.name)} AND column_name = {literal(column.legacy)}"
    )


def implausible(session: Session, table: str, epoch: str, valid_range: tuple[int, int]) -> int:
    """Return how many values are not integers of the valid range."""
    ms = quote(epoch)
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
            f" WHERE {quote(version.column)} = ?",
            version.value,
        )
    )
