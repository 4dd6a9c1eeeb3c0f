"""Conditions on epoch columns, where they mean there what they meant on legacy columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ...forms import convert
from ...pairs import ColumnPair
from .clauses import Edit
from .create_text import Token
from .names import quote

__all__ = ["epoch_check", "epoch_condition"]

_BEFORE: Final = ("AND", "OR", "NOT", "WHEN", "THEN", "ELSE")
_BEHIND: Final = ("AND", "OR", "WHEN", "THEN", "ELSE", "END")
_COMPARISONS: Final = ("<", ">", "=", "<=", ">=", "==", "<>", "!=", "IS", "IS NOT")
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "==": "=="}
# A day compares as a text that all texts of its instants begin with: none of them is equal to it.
_WITH_DAY: Final = {"<": "<", "<=": "<", ">": ">=", ">=": ">="}
_BEGINNING_WITH_DAY: Final = ("datetime", "iso-local", "iso-zone", "minutes")


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
    return _edits(tokens, pairs, with_constants=False)


def epoch_condition(
    tokens: tuple[Token, ...], pairs: Mapping[str, ColumnPair]
) -> tuple[Edit, ...] | None:
    """Return the same for the condition of an index, which may compare with a constant.

    The constant has to be written as the column is, or to be a day.

    Args:
        tokens: the expression.
        pairs: the columns that go, by their name in lower case.
    """
    return _edits(tokens, pairs, with_constants=True)


def _edits(
    tokens: tuple[Token, ...], pairs: Mapping[str, ColumnPair], *, with_constants: bool
) -> tuple[Edit, ...] | None:
    edits: list[Edit] = []
    for place, token in enumerate(tokens):
        pair = _pair(token, pairs)
        if pair is None:
            continue
        if any(other.is_word("BETWEEN") for other in tokens):
            return None  # whose AND is none
        if not (_is_null_test(tokens, place) or _is_comparison(tokens, place, pairs)):
            constant = _with_constant(tokens, place, pair) if with_constants else None
            if constant is None:
                return None
            edits += constant
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
    ours = pairs[tokens[place].value.lower()]
    others = (_pair(tokens[other], pairs) for other, _ in _comparisons(tokens, place))
    return any(other is not None and other.reading == ours.reading for other in others)


def _with_constant(tokens: tuple[Token, ...], place: int, pair: ColumnPair) -> list[Edit] | None:
    """Return the edits of the constant that a column is compared with, and of the operator."""
    for other, operator in _comparisons(tokens, place):
        constant, is_left = tokens[other], other < place
        compared = _compared(_MIRRORED.get(operator, "") if is_left else operator, constant, pair)
        if compared is not None:
            wanted, ms = compared
            between = tokens[min(place, other) + 1 : max(place, other)]
            return [
                (between[0].start, between[-1].end, _MIRRORED[wanted] if is_left else wanted),
                (constant.start, constant.end, str(ms)),
            ]
    return None


def _comparisons(tokens: tuple[Token, ...], place: int) -> Iterator[tuple[int, str]]:
    """Yield the places that one is compared with, on either side, and the operator between."""
    for step in (1, -1):
        for length in (1, 2):
            other = place + step * (length + 1)
            first, last = min(place, other), max(place, other)
            if first < 0 or last >= len(tokens):
                continue
            between = tokens[first + 1 : last]
            joint = "" if between[0].kind == "other" else " "
            operator = joint.join(token.text.upper() for token in between)
            if operator in _COMPARISONS and _stands_alone(tokens, first, last):
                yield other, operator


def _compared(operator: str, constant: Token, pair: ColumnPair) -> tuple[str, int] | None:
    """Return by which operator and with which instant an epoch column is compared instead."""
    value: str | int
    if constant.kind == "string":
        value = constant.text[1:-1].replace("''", "'")
        value += {4: "-01-01", 7: "-01"}.get(len(value), "")  # a year or a month: its first day
    elif constant.kind == "number" and constant.text.isdecimal():
        value = int(constant.text)
    else:
        return None
    conversion = convert(value, pair.reading)
    if conversion.ms is None or operator not in _MIRRORED:
        return None
    if conversion.form == "date" and pair.form in _BEGINNING_WITH_DAY:
        by_day = _WITH_DAY.get(operator)
        return None if by_day is None else (by_day, conversion.ms)
    return (operator, conversion.ms) if conversion.form == pair.form != "packed" else None


def _stands_alone(tokens: tuple[Token, ...], first: int, last: int) -> bool:
    """Return whether no operator before or behind takes a part of a condition for itself."""
    before = tokens[first - 1] if first else None
    behind = tokens[last + 1] if last + 1 < len(tokens) else None
    return (before is None or before.text in "(," or before.is_word(*_BEFORE)) and (
        behind is None or behind.text in ")," or behind.is_word(*_BEHIND)
    )
