"""Walking and filling a table in ranges of its key, in SQLite."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from ....contract import ROWID_NAMES
from ...pairs import ColumnPair, PairedTable
from ...zones import is_utc
from ..base import Session
from . import ddl as sqlite_ddl
from .connection import driver_of
from .names import quote
from .proof import orphan_keys, orphans, unlisted

__all__ = [
    "batch_end",
    "density",
    "fill",
    "fill_unproved",
    "greatest_key",
    "has_stale_quarantine",
    "is_in_doubt",
    "is_usual",
    "may_be_numbered_anew",
    "noticing_unusual",
    "prune",
    "ranges",
]

Key = list[Any]
Noticed = deque[int]

_UNUSUAL: Final = "_ts_contract_unusual"
_DENSE: Final = 0.5


def greatest_key(session: Session, table: PairedTable) -> Key | None:
    """Return the greatest key of a table; None if it is empty."""
    return _outermost_key(session, table, "DESC")


def _outermost_key(session: Session, table: PairedTable, direction: str) -> Key | None:
    order = ", ".join(f"{quote(name)} {direction}" for name in table.key)
    row = session.run(
        f"SELECT {_columns(table)} FROM {session.qualified(table.name)} ORDER BY {order} LIMIT 1"
    ).fetchone()
    return None if row is None else [_to_json(value) for value in row]


def may_be_numbered_anew(table: PairedTable) -> bool:
    """Return whether VACUUM may change the keys of a table, so that no cursor outlasts a run.

    https://sqlite.org/lang_vacuum.html: the rowids of a table without INTEGER PRIMARY KEY.
    """
    return table.key[0].lower() in ROWID_NAMES


def density(session: Session, table: PairedTable, greatest: Key, rows: int) -> float | None:
    """Return how many rows there are for each number that could be a key.

    Args:
        session: a database.
        table: the table.
        greatest: its greatest key.
        rows: how many rows it has, about.

    Returns:
        More than half, at most 1; None if fewer numbers are keys, or the keys are no whole numbers.
    """
    least = _outermost_key(session, table, "ASC")
    if least is None or [type(value) for value in (*least, *greatest)] != [int, int]:
        return None
    share = rows / (greatest[0] - least[0] + 1)
    return min(share, 1.0) if share > _DENSE else None


def batch_end(
    session: Session, table: PairedTable, after: Key | None, upto: Key, size: int, *, dense: bool
) -> Key | None:
    """Return the key that ends the next batch; None if it is the last.

    Args:
        session: a database.
        table: the table.
        after: key of the last row before the batch; None for the beginning.
        upto: key of the last row of all.
        size: how many rows a batch has at most.
        dense: whether to count keys instead of rows, which spares reading what is in between.
    """
    if dense and after is not None:
        return [after[0] + size] if after[0] + size < upto[0] else None
    where, values = _range(table, after, upto)
    row = session.run(
        f"SELECT {_columns(table)} FROM {session.qualified(table.name)} WHERE {where}"
        f" ORDER BY {_columns(table)} LIMIT 1 OFFSET ?",
        *values,
        size - 1,
    ).fetchone()
    return None if row is None else [_to_json(value) for value in row]


def ranges(
    session: Session, table: PairedTable, after: Key | None, upto: Key, size: int, *, dense: bool
) -> Iterator[tuple[Key | None, Key]]:
    """Yield the ranges of keys that the batches of a table take, as `batch_end` ends them."""
    while (end := batch_end(session, table, after, upto, size, dense=dense)) is not None:
        yield after, end
        after = end
    yield after, upto


def noticing_unusual(session: Session) -> Noticed:
    """Let SQL say that it met an unusual value, which spares a second look at every row.

    The function stays in the connection: sqlite3 has no way to take one back.
    """
    noticed: Noticed = deque(maxlen=1)
    driver_of(session).create_function(_UNUSUAL, 1, noticed.append)
    return noticed


def fill(
    session: Session, table: PairedTable, after: Key | None, upto: Key | None, noticed: Noticed
) -> None:
    """Fill the epoch columns of a range of rows, and list what has no instant.

    Args:
        session: a database in a transaction, the table's triggers held off.
        table: the table.
        after: key of the last row before the range; None for the beginning.
        upto: key of the last row in the range; None for the end.
        noticed: what `noticing_unusual` returned for this database.
    """
    where, values = _range(table, after, upto)
    if any(is_usual(column) for column in table.columns):
        noticed.clear()
        usual = sqlite_ddl.backfill_usual(table, where, session.schema, f"{_UNUSUAL}(1)")
        session.run(usual, *values)
        if not noticed:
            return
    # The long conversion takes SQLite longer to compile than a batch of usual values to convert.
    session.run(sqlite_ddl.backfill(table, where, session.schema), *values)
    for column in table.columns:
        session.run(sqlite_ddl.quarantine(table, column, where, session.schema), *values)


def is_in_doubt(session: Session, table: PairedTable, after: Key | None, upto: Key | None) -> bool:
    """Return whether a range of rows has a value that `fill_unproved` might get wrong."""
    where, values = _range(table, after, upto)
    return session.value(sqlite_ddl.in_doubt(table, where, session.schema), *values) is not None


def fill_unproved(
    session: Session, table: PairedTable, after: Key | None, upto: Key | None
) -> None:
    """Fill the epoch columns of a range of rows that is not in doubt."""
    where, values = _range(table, after, upto)
    session.run(sqlite_ddl.backfill_unproved(table, where, session.schema), *values)


def is_usual(column: ColumnPair) -> bool:
    """Return whether a column can hold the usual shapes of text in UTC."""
    return is_utc(column.reading.timezone) and column.reading.storage == "auto"


def has_stale_quarantine(session: Session, table: PairedTable) -> bool:
    """Return whether the quarantine lacks a value without an instant, or lists one too many."""
    return any(
        unlisted(session, table, column)[0] or orphans(session, table, column)
        for column in table.columns
    )


def prune(session: Session, table: PairedTable) -> None:
    """Delete the entries of the quarantine that belong to no unconverted value any more.

    A row may have been corrected or deleted while no sync trigger was there, or VACUUM may have
    numbered the rows of a table anew that has no INTEGER PRIMARY KEY.
    """
    for column in table.columns:
        session.run(
            f"DELETE FROM {session.qualified(sqlite_ddl.QUARANTINE)}"
            " WHERE table_name = ? AND column_name = ?"
            f" AND row_key IN ({orphan_keys(session, table, column)})",
            table.name,
            column.legacy,
        )


def _columns(table: PairedTable) -> str:
    return ", ".join(quote(name) for name in table.key)


def _range(table: PairedTable, after: Key | None, upto: Key | None) -> tuple[str, list[Any]]:
    """Return the condition for a range of keys, and its values."""
    columns = _columns(table)
    conditions, values = [], []
    for operator, bound in ((">", after), ("<=", upto)):
        if bound is not None:
            marks = ", ".join(_mark(value) for value in bound)
            conditions.append(f"({columns}) {operator} ({marks})")
            values += [_from_json(value) for value in bound]
    return " AND ".join(conditions) or "1", values


def _to_json(value: Any) -> Any:
    """A key value as JSON can hold it, in a checkpoint."""
    if isinstance(value, bytes):
        return {"blob": value.hex()}
    if isinstance(value, str) and not value.isascii():  # it need not be UTF-8
        return {"text": value.encode("utf-8", "surrogateescape").hex()}
    return value


def _from_json(value: Any) -> Any:
    return bytes.fromhex(*value.values()) if isinstance(value, dict) else value


def _mark(value: Any) -> str:
    """The place of a value in SQL; the + keeps a cast from lending its type to the comparison."""
    return "+CAST(? AS TEXT)" if isinstance(value, dict) and "text" in value else "?"
