"""The rows of a SELECT before and after its rewrite, with values drawn from its own columns."""

from __future__ import annotations

import sqlite3
import time

from ...contract import Contract
from ...migration.engines.sqlite.names import quote
from ...migration.forms import convert
from ...source.sql.references import Statement
from ..sql.spot import Spot
from ..sql.tokens import StatementTokens
from .statements import Pair, runnable

__all__ = ["difference"]

_ROWS = 1_000
_DRAWS = 3
_SECONDS = 2.0

Value = str | int | float | bytes | None
Parameters = dict[str, Value]


def difference(database: sqlite3.Connection, pair: Pair, contract: Contract) -> str | None:
    """Run a SELECT old and new; return how the rows differ, or None."""
    for draw in range(_DRAWS):
        old, new = _parameters(database, pair, contract, draw)
        before = _rows(database, pair.old, old, contract)
        after = _rows(database, pair.new, new, contract)
        if before is None or after is None:
            continue  # it takes too long, or the values drawn do not suit it
        if len(before) != len(after):
            return f"{len(before)} rows before, {len(after)} after, with {old}"
        if not _same_rows(before, after):
            return f"gives other rows, with {old}"
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


def _same_row(before: tuple[Value, ...], after: tuple[Value, ...]) -> bool:
    return len(before) == len(after) and all(map(_same_value, before, after))


def _same_value(before: Value, after: Value) -> bool:
    return before == after or (before is not None and _ms(before) == _ms(after) is not None)


def _ms(value: Value) -> int | None:
    return value if isinstance(value, int) and value > 10**11 else convert(value).ms


def _parameters(
    database: sqlite3.Connection, pair: Pair, contract: Contract, draw: int
) -> tuple[Parameters, Parameters]:
    """Return what is bound to the old and to the new statement: the same instants."""
    old: Parameters = {}
    new: Parameters = {}
    converted = {
        value.placeholder.key
        for reference in pair.new.references
        if reference.epoch
        for value in reference.values
        if value.placeholder is not None
    }
    tokens = StatementTokens(pair.old.text, contract.dialect)
    for mark in pair.old.query.placeholders:
        name = f"p{mark.key}"
        place = tokens.place(mark.first, mark.last)
        text, ms = _drawn(database, Spot(pair.old, tokens, place), draw) if place else (1, None)
        old[name] = text
        new[name] = ms if mark.key in converted and ms is not None else text
    return old, new


def _drawn(database: sqlite3.Connection, spot: Spot, draw: int) -> tuple[Value, Value]:
    """Return a value out of the column that a placeholder meets, and its milliseconds."""
    for reference in spot.statement.references:
        for value in reference.values:
            is_met = spot.tokens.place(value.first, value.last) == spot.place
            if is_met and not reference.epoch:
                column = reference.column
                both = f"{quote(column.legacy)}, {quote(column.epoch)}"
                found = _sample(database, reference.table.name, both, draw)
                return (found[0], found[1]) if found else (None, None)
    return _drawn_elsewhere(database, spot, draw), None


def _drawn_elsewhere(database: sqlite3.Connection, spot: Spot, draw: int) -> Value:
    """Return a value for a placeholder that does not meet a legacy column."""
    try:
        usage = spot.usage
    except IndexError:
        return 1
    if spot.tokens.clause(spot.place) == "limit":
        return 10
    sql = spot.statement.text.sql.lower()
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for operand in usage.operands:
        name = spot.tokens.name(operand.last)
        for (table,) in tables:
            found = _sample(database, table, quote(name), draw) if table.lower() in sql else None
            if found and found[0] != name:  # SQLite takes a name that it does not know for a text
                return found[0]
    return 1


def _sample(
    database: sqlite3.Connection, table: str, columns: str, draw: int
) -> tuple[Value, ...] | None:
    """Return one row's values, another for each draw."""
    first = columns.partition(",")[0]
    sql = (
        f"SELECT {columns} FROM {quote(table)} WHERE {first} IS NOT NULL"
        f" LIMIT 1 OFFSET ? % max(1, (SELECT count(*) FROM {quote(table)}))"
    )
    try:
        row: tuple[Value, ...] | None = database.execute(sql, (draw * 7,)).fetchone()
    except sqlite3.Error:
        return None
    return row
