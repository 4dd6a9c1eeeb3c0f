"""Finds what a statement writes into each column or compares with it, and the SQL clocks in that.

A value reaches to the next comma on its own level, or to the clause that follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import TokenType

from .sql_clock import clock_in
from .tokens import CLOSING, OPENING, Tokens

__all__ = ["Places", "Values"]

Places = tuple[tuple[int, int], ...]
"""First index and index after the last one of each value, one a row."""

_FOLLOWING = {
    TokenType.FROM,
    TokenType.WHERE,
    TokenType.RETURNING,
    TokenType.ORDER_BY,
    TokenType.LIMIT,
    TokenType.SEMICOLON,
    TokenType.UNION,
    TokenType.GROUP_BY,
    TokenType.ON,
}
_COMPARISONS = {
    TokenType.EQ,
    TokenType.NEQ,
    TokenType.GT,
    TokenType.GTE,
    TokenType.LT,
    TokenType.LTE,
    TokenType.IS,
}
_AFTER_OPERAND = {
    TokenType.AND,
    TokenType.OR,
    TokenType.COMMA,
    TokenType.THEN,
    TokenType.ELSE,
    TokenType.WHEN,
    TokenType.HAVING,
    TokenType.ALIAS,
    *_COMPARISONS,
}
_BEFORE_OPERAND = _AFTER_OPERAND | {TokenType.NOT, TokenType.SELECT, TokenType.SET}
_ENDS_ITEM = {TokenType.COMMA, *_FOLLOWING}
_ENDS_OPERAND = _AFTER_OPERAND | _FOLLOWING
_BEGINS_OPERAND = _BEFORE_OPERAND | _FOLLOWING


class Values:
    """Finds the values of a statement among its tokens.

    Args:
        tokens: the statement's tokens.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def assigned(self, start: int) -> Places:
        """Return the value right of the `=` behind the name at index `start`."""
        at = self._tokens.starting(start)
        if at is None or self._tokens.kind(at + 1) is not TokenType.EQ:
            return ()
        return self._places([self._item(at + 2)])

    def inserted(self, last_name: int, position: int) -> Places:
        """Return the values of one column of an INSERT.

        Args:
            last_name: index in the text where the last name of the column list begins.
            position: which column, from 0.
        """
        at = self._tokens.starting(last_name)
        if at is None:
            return ()
        at += 2  # behind the closing parenthesis
        while self._tokens.kind(at) not in {None, TokenType.VALUES, TokenType.SELECT}:
            at += 1
        if self._tokens.kind(at) is TokenType.SELECT:
            rows = [list(self._items(at + 1))]
        else:
            rows = [list(self._items(row + 1)) for row in self._rows(at + 1)]
        return self._places([row[position] for row in rows if position < len(row)])

    def default(self, start: int) -> Places:
        """Return the DEFAULT of the column definition whose name is at index `start`."""
        at = self._tokens.starting(start)
        if at is None:
            return ()
        first, last = self._item(at)
        for index in range(first, last):
            if self._tokens.kind(index) is TokenType.DEFAULT:
                return self._places([(index + 1, self._operand_end(index + 1, last))])
        return ()

    def compared(self, start: int) -> Places:
        """Return the values that the column at index `start` is compared with, either side."""
        at = self._tokens.starting(start)
        if at is None:
            return ()
        kind = self._tokens.kind(at + 1)
        if kind in _COMPARISONS:
            return self._places([self._operand(at + 2)])
        if kind is TokenType.BETWEEN:
            low = self._operand(at + 2)
            return self._places([low, self._operand(low[1] + 1)])
        if kind is TokenType.IN and self._tokens.kind(at + 2) is TokenType.L_PAREN:
            return self._places(list(self._items(at + 3)))
        if self._tokens.kind(at - 1) is TokenType.DOT:
            at -= 2
        if at > 1 and self._tokens.kind(at - 1) in _COMPARISONS:
            return self._places([self._operand_before(at - 2)])
        return ()

    def _operand(self, at: int) -> tuple[int, int]:
        """Return the token indexes of the operand that begins at `at`."""
        return at, self._tokens.end(at, _ENDS_OPERAND)

    def _operand_before(self, at: int) -> tuple[int, int]:
        """Return the token indexes of the operand that ends at `at`."""
        last, depth = at + 1, 0
        while at >= 0:
            kind = self._tokens.kind(at)
            if not depth and (kind in _BEGINS_OPERAND or kind in OPENING):
                break
            depth += (kind in CLOSING) - (kind in OPENING)
            at -= 1
        return at + 1, last

    def _operand_end(self, at: int, last: int) -> int:
        """Return the index after one operand: a literal, a name, a call or a parenthesis."""
        if self._tokens.kind(at) is TokenType.DASH:
            at += 1
        if self._tokens.kind(at) is TokenType.L_PAREN:
            return self._tokens.closing(at) + 1
        if at + 1 < last and self._tokens.kind(at + 1) is TokenType.L_PAREN:
            return self._tokens.closing(at + 1) + 1
        return at + 1

    def _rows(self, at: int) -> Iterator[int]:
        while self._tokens.kind(at) is TokenType.L_PAREN:
            yield at
            at = self._tokens.closing(at) + 1
            if self._tokens.kind(at) is TokenType.COMMA:
                at += 1

    def _items(self, at: int) -> Iterator[tuple[int, int]]:
        while True:
            first, last = self._item(at)
            if first < last:
                yield first, last
            if self._tokens.kind(last) is not TokenType.COMMA:
                return
            at = last + 1

    def _item(self, at: int) -> tuple[int, int]:
        """Return the token indexes of the list item that begins at `at`."""
        return at, self._tokens.end(at, _ENDS_ITEM)

    def _places(self, items: Sequence[tuple[int, int]]) -> Places:
        return tuple(self._tokens.span(first, last - 1) for first, last in items if first < last)

    def clock(self, place: tuple[int, int]) -> tuple[int, int] | None:
        """Return the place of the SQL clock that a value is, or falls back to."""
        return clock_in(self._tokens.within(*place))
