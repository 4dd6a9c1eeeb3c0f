"""Walking a table in ranges of its key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from ....contract import ROWID_NAMES
from ...pairs import PairedTable
from ..base import Session
from .names import column_in

__all__ = [
    "Key",
    "batch_end",
    "density",
    "greatest_key",
    "keeps_keys",
    "key_condition",
    "range_condition",
    "ranges",
]

Key = list[Any]
"""A key, as JSON can hold it in a cursor."""

_DENSE: Final = 0.5


def greatest_key(session: Session, table: PairedTable) -> Key | None:
    """Return the greatest key of a table; None if it is empty."""
    return _outermost_key(session, table, "DESC")


def _outermost_key(session: Session, table: PairedTable, direction: str) -> Key | None:
    order = ", ".join(f"{column_in(name, table.name)} {direction}" for name in table.key)
    row = session.run(
        f"SELECT {_columns(table)} FROM {session.qualified(table.name)} ORDER BY {order} LIMIT 1"
    ).fetchone()
    return None if row is None else [_to_json(value) for value in row]


def keeps_keys(table: PairedTable) -> bool:
    """Return whether a row keeps its key from one run to the next.

    VACUUM may change the rowids of a table without INTEGER PRIMARY KEY, so that no cursor
    outlasts a run. https://sqlite.org/lang_vacuum.html
    """
    return table.key[0].lower() not in ROWID_NAMES


def density(session: Session, table: PairedTable, greatest: Key, rows: int) -> float | None:
    """Return how many rows there are for each number that could be a key.

    Args:
        session: a database.
        table: the table.
        greatest: its greatest key.
        rows: how many rows it has, about.

    Returns:
        More than half, at most 1; None if fewer numbers are keys, or keys are not whole numbers.
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
    where, values = range_condition(table, after, upto)
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


def range_condition(
    table: PairedTable, after: Key | None, upto: Key | None
) -> tuple[str, list[Any]]:
    """Return the condition for a range of keys, and its values."""
    columns = _columns(table)
    conditions, values = [], []
    for operator, bound in ((">", after), ("<=", upto)):
        if bound is not None:
            marks = ", ".join(_mark(value) for value in bound)
            conditions.append(f"({columns}) {operator} ({marks})")
            values += [_from_json(value) for value in bound]
    return " AND ".join(conditions) or "1", values


def key_condition(table: PairedTable, key: Sequence[Any]) -> tuple[str, list[Any]]:
    """Return the condition for one row by its key, and its values."""
    bound = [_to_json(value) for value in key]
    marks = ", ".join(map(_mark, bound))
    return f"({_columns(table)}) = ({marks})", [_from_json(value) for value in bound]


def _columns(table: PairedTable) -> str:
    return ", ".join(column_in(name, table.name) for name in table.key)


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
