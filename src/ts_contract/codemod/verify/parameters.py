"""Values for the parameters of a statement, drawn from the columns that they meet."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from ...contract import ColumnContract, Contract
from ...migration.engines.sqlite.names import quote
from ...source.sql.references import Reference, Statement
from ...source.sql.text import Placeholder
from ..sql.spelling import SCALES
from ..sql.spot import Spot
from ..sql.tokens import StatementTokens
from .statements import Pair

__all__ = ["Parameters", "Value", "draw_parameters"]

Value = str | int | float | bytes | None
Parameters = dict[str, Value]
_FRESH = 9_000_000


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What is bound to a placeholder of the old statement, and its milliseconds, if it has some."""

    key: int | str
    value: Value
    ms: Value = None
    column: ColumnContract | None = None


def draw_parameters(
    database: sqlite3.Connection, pair: Pair, contract: Contract, draw: int
) -> tuple[Parameters, Parameters, Parameters]:
    """Return what is bound to the old statement, the new one, and its form without legacy columns.

    The same instants are bound to all.

    Args:
        database: the migrated one.
        pair: the statements.
        contract: the contract.
        draw: which rows to take values from; of an INSERT each second draw takes new ones.
    """
    tokens = StatementTokens(pair.old.text, contract.dialect)
    drawn = []
    for mark in pair.old.query.placeholders:
        place = tokens.place(mark.first, mark.last)
        spot = Spot(pair.old, tokens, place) if place else None
        drawn.append(
            _Drawn(mark.key, 1) if spot is None else _drawn(database, spot, mark.key, draw)
        )
    old = {f"p{one.key}": one.value for one in drawn}
    alone = pair.new if pair.alone is None else pair.alone
    return old, _bound(pair.new, drawn), _bound(alone, drawn)


def _bound(statement: Statement, drawn: Iterable[_Drawn]) -> Parameters:
    """Return the same values for another form of the statement."""
    named = {one.key: one for one in drawn if isinstance(one.key, str)}
    positional = iter([one for one in drawn if isinstance(one.key, int)])
    by_column = {one.column.epoch: one for one in drawn if one.column is not None}
    bound: Parameters = {}
    for mark in statement.query.placeholders:
        epoch = _epoch_of(statement, mark)
        is_added = epoch is not None and epoch.access == "write" and epoch.dual
        if isinstance(mark.key, str):
            one = named.get(mark.key)
            if one is None and epoch is not None:
                one = by_column.get(epoch.column.epoch)
        elif is_added and epoch is not None:
            one = by_column.get(epoch.column.epoch)
        else:
            one = next(positional, None)
        if one is None:
            bound[f"p{mark.key}"] = 1
            continue
        takes_ms = epoch is not None and epoch.column.storage not in SCALES and one.ms is not None
        bound[f"p{mark.key}"] = one.ms if takes_ms else one.value
    return bound


def _epoch_of(statement: Statement, mark: Placeholder) -> Reference | None:
    """Return the epoch column that a placeholder is compared with, or is a part of the value of."""
    for reference in statement.references:
        for value in reference.values if reference.epoch else ():
            within = value.first <= mark.first and mark.last <= value.last
            if value.placeholder == mark or (within and reference.access == "write"):
                return reference
    return None


def _drawn(database: sqlite3.Connection, spot: Spot, key: int | str, draw: int) -> _Drawn:
    """Return a value out of the column that a placeholder meets, and its milliseconds."""
    first, last = spot.indexes
    for reference in spot.statement.references:
        for value in reference.values if not reference.epoch else ():
            is_met = spot.tokens.place(value.first, value.last) == spot.place
            within = value.first <= first and last <= value.last
            if is_met or (within and reference.access == "write"):
                column = reference.column
                both = f"{quote(column.legacy)}, {quote(column.epoch)}"
                found = _sample(database, reference.table.name, both, draw)
                text, ms = found or (None, None)
                return _Drawn(key, text, ms, column)
    return _Drawn(key, _drawn_elsewhere(database, spot, draw))


def _inserted(database: sqlite3.Connection, spot: Spot, draw: int) -> Value:
    """Return a value for another column of an INSERT; None if the placeholder is not in its list.

    Of one row in the even draws, so that keys meet; a new one in the odd draws.
    """
    tokens = spot.tokens
    if not {"INSERT", "REPLACE"} & set(tokens.words[:1]) or "VALUES" not in tokens.words:
        return None
    items = tokens.list_around(spot.place)
    opening = tokens.words.index("(")
    columns = list(tokens.items(opening))
    if spot.place not in items or len(items) != len(columns):
        return None
    column = tokens.name(columns[items.index(spot.place)].last)
    table = tokens.name(opening - 1)
    found = _sample(database, table, quote(column), draw)
    if draw % 2 == 0 and found:
        return found[0]
    value = _FRESH + draw
    return f"new {value}" if found and isinstance(found[0], str) else value


def _drawn_elsewhere(database: sqlite3.Connection, spot: Spot, draw: int) -> Value:
    """Return a value for a placeholder that does not meet a legacy column."""
    inserted = _inserted(database, spot, draw)
    if inserted is not None:
        return inserted
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
