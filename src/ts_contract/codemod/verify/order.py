"""Selects what a query orders by, so that the order of its rows can be told."""

from __future__ import annotations

from collections.abc import Iterator

from ...source.sql.references import Statement
from ..sql.tokens import Place, StatementTokens
from .statements import runnable

__all__ = ["with_order_keys"]

_END = frozenset({"LIMIT", "OFFSET", "FETCH", ";"})
_DIRECTIONS = frozenset({"ASC", "DESC", "NULLS", "FIRST", "LAST"})
_GROUPING = frozenset({"DISTINCT", "GROUP BY", "UNION", "EXCEPT", "INTERSECT"})


def with_order_keys(statement: Statement, dialect: str) -> str | None:
    """Return a SELECT that gives what it orders by behind its columns; None where it cannot.

    Args:
        statement: the statement.
        dialect: a contract's dialect.
    """
    tokens = StatementTokens(statement.text, dialect)
    words = tokens.words
    top = [index for index in range(len(words)) if tokens.holder(index) < 0]
    selects = [index for index in top if words[index] == "SELECT"]
    orders = [index for index in top if words[index] == "ORDER BY"]
    if len(selects) != 1 or len(orders) != 1 or _GROUPING & {words[index] for index in top}:
        return None
    items = tokens.select_items(selects[0])
    keys = [tokens.text(key) for key in _keys(tokens, orders[0], top)]
    if not items or not keys or any(key.isdigit() or "?" in key for key in keys):
        return None
    _, end = tokens.indexes(items[-1])
    return runnable(statement, {end: "".join(f", {key}" for key in keys)})


def _keys(tokens: StatementTokens, order: int, top: list[int]) -> Iterator[Place]:
    """Yield the expressions behind ORDER BY."""
    first = order + 1
    for index in range(first, len(tokens.words) + 1):
        word = tokens.words[index] if index < len(tokens.words) else ";"
        if index < len(tokens.words) and index not in top:
            continue
        if word == "," or word in _END:
            last = index - 1
            while last > first and tokens.words[last] in _DIRECTIONS:
                last -= 1
            if last >= first:
                yield Place(first, last)
            first = index + 1
            if word in _END:
                return
