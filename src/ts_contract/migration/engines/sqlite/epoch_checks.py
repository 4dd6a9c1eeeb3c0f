"""CHECK expressions on epoch columns, where they mean there what they meant on legacy columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...pairs import ColumnPair
from .clauses import Edit
from .create_text import Token
from .names import quote

__all__ = ["epoch_check"]

_BEFORE: Final = ("AND", "OR", "NOT", "WHEN", "THEN", "ELSE")
_BEHIND: Final = ("AND", "OR", "WHEN", "THEN", "ELSE", "END")
_COMPARISONS: Final = ("<", ">", "=", "<=", ">=", "==", "<>", "!=", "IS", "IS NOT")


def epoch_check(
    tokens: tuple[Token, ...], pairs: Mapping[str, ColumnPair]
) -> tuple[Edit, ...] | None:
    """Return the edits that put epoch columns into a CHECK; None if it would mean something else.

    Whether there is an instant, and which of two comes first, are the same questions on both
    columns. All else asks for the stored text.

    Args:
        tokens: the expression.
        pairs: the columns that go, by their name in lower case.
    """
    edits: list[Edit] = []
    for place, token in enumerate(tokens):
        if _pair(token, pairs) is None:
            continue
        if any(other.is_word("BETWEEN") for other in tokens):
            return None  # whose AND is none
        if not (_is_null_test(tokens, place) or _is_comparison(tokens, place, pairs)):
            return None
        pair = pairs[token.value.lower()]
        edits.append((token.start, token.end, quote(pair.epoch)))
    return tuple(edits)


def _pair(token: Token, pairs: Mapping[str, ColumnPair]) -> ColumnPair | None:
    return pairs.get(token.value.lower()) if token.kind == "name" else None


def _is_null_test(tokens: tuple[Token, ...], place: int) -> bool:
    words = [token.text.upper() for token in tokens[place + 1 : place + 4]]
    for test in (["ISNULL"], ["NOTNULL"], ["IS", "NULL"], ["NOT", "NULL"], ["IS", "NOT", "NULL"]):
        if words[: len(test)] == test:
            return _stands_alone(tokens, place, place + len(test))
    return False


def _is_comparison(tokens: tuple[Token, ...], place: int, pairs: Mapping[str, ColumnPair]) -> bool:
    """Return whether a column is compared with another one that is read in the same way."""
    for step in (1, -1):
        for length in (1, 2):
            other = place + step * (length + 1)
            first, last = min(place, other), max(place, other)
            if first < 0 or last >= len(tokens):
                continue
            left, right = _pair(tokens[first], pairs), _pair(tokens[last], pairs)
            if left is None or right is None or left.reading != right.reading:
                continue
            between = tokens[first + 1 : last]
            joint = "" if between[0].kind == "other" else " "
            operator = joint.join(token.text.upper() for token in between)
            if operator in _COMPARISONS and _stands_alone(tokens, first, last):
                return True
    return False


def _stands_alone(tokens: tuple[Token, ...], first: int, last: int) -> bool:
    """Return whether no operator before or behind takes a part of a condition for itself."""
    before = tokens[first - 1] if first else None
    behind = tokens[last + 1] if last + 1 < len(tokens) else None
    return (before is None or before.text in "(," or before.is_word(*_BEFORE)) and (
        behind is None or behind.text in ")," or behind.is_word(*_BEHIND)
    )
