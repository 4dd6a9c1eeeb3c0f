"""The rows of a SELECT before and after its rewrite, with values drawn from its own columns."""

from __future__ import annotations

import sqlite3
import time
from itertools import groupby

from ...contract import Contract
from ...migration.forms import convert
from ...source.sql.references import Statement
from .order import with_order_keys
from .parameters import Parameters, Value, draw_parameters
from .statements import Pair, runnable

__all__ = ["difference", "same_value"]

_ROWS = 1_000
_DRAWS = 3
_SECONDS = 2.0


def difference(database: sqlite3.Connection, pair: Pair, contract: Contract) -> str | None:
    """Run a SELECT old and new; return how the rows differ, or None."""
    for draw in range(_DRAWS):
        old, new, _ = draw_parameters(database, pair, contract, draw)
        before = _rows(database, pair.old, old, contract)
        after = _rows(database, pair.new, new, contract)
        if before is None or after is None:
            continue  # it takes too long, or the values drawn do not suit it
        if len(before) != len(after):
            return f"{len(before)} rows before, {len(after)} after, with {old}"
        if not _same_rows(before, after):
            return f"gives other rows, with {old}"
        if not _same_order(database, before, pair, new, contract):
            return f"gives the rows in another order, with {old}"
    return None


def _rows(
    database: sqlite3.Connection, statement: Statement, parameters: Parameters, contract: Contract
) -> list[tuple[Value, ...]] | None:
    """Return the first rows of a SELECT; None where it takes too long or the values do not suit.

    What the migration itself adds to a `*` is left out.
    """
    stop = time.monotonic() + _SECONDS
    database.set_progress_handler(lambda: time.monotonic() > stop, 10_000)
    try:
        cursor = database.execute(runnable(statement), parameters)
        rows: list[tuple[Value, ...]] = cursor.fetchmany(_ROWS)
    except sqlite3.Error:
        return None
    finally:
        database.set_progress_handler(None, 0)
    if not any(output.is_star for output in statement.outputs or ()):
        return rows
    epochs = {column.epoch.lower() for _, column in contract.columns()}
    kept = [i for i, (name, *_) in enumerate(cursor.description) if name.lower() not in epochs]
    return [tuple(row[i] for i in kept) for row in rows]


def _same_rows(before: list[tuple[Value, ...]], after: list[tuple[Value, ...]]) -> bool:
    """Tell whether rows are the same, times as texts or milliseconds; equal keys in any order."""
    if all(map(_same_row, before, after)):
        return True
    left = list(after)
    for row in before:
        found = next((other for other in left if _same_row(row, other)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _same_order(
    database: sqlite3.Connection,
    before: list[tuple[Value, ...]],
    pair: Pair,
    parameters: Parameters,
    contract: Contract,
) -> bool:
    """Tell whether the rows come in the order of before; those whose keys are equal in any.

    What the new statement orders by is selected with its rows. The rows of equal keys at the end
    may be others, where a LIMIT cuts them off.
    """
    keyed = with_order_keys(pair.new, contract.dialect)
    if keyed is None or any(output.is_star for output in pair.new.outputs or ()):
        return True
    try:
        after = database.execute(keyed, parameters).fetchmany(_ROWS)
    except sqlite3.Error:
        return True
    width = len(before[0]) if before else 0
    groups = [list(group) for _, group in groupby(after, key=lambda row: row[width:])]
    at = 0
    for group in groups[:-1]:
        rows = [tuple(row[:width]) for row in group]
        if not _same_rows(before[at : at + len(rows)], rows):
            return False
        at += len(rows)
    return True


def _same_row(before: tuple[Value, ...], after: tuple[Value, ...]) -> bool:
    return len(before) == len(after) and all(map(same_value, before, after))


def same_value(before: Value, after: Value) -> bool:
    """Tell whether two values are the same, or a text and milliseconds of one instant."""
    return before == after or (before is not None and _ms(before) == _ms(after) is not None)


def _ms(value: Value) -> int | None:
    return value if isinstance(value, int) and value > 10**11 else convert(value).ms
