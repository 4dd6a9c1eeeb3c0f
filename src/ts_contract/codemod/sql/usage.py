"""How an SQL expression is used: compared, passed on, ordered by, selected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlglot import TokenType

from ...source.sql.tokens import CLOSING, OPENING
from .tokens import (
    AFTER_ITEM,
    BEFORE_ITEM,
    COMPARISONS,
    ENDS,
    NO_FUNCTION,
    Place,
    StatementTokens,
)

__all__ = ["Usage", "usage_of"]

Kind = Literal[
    "item",  # of a clause's list, or a whole condition
    "argument",  # of a function
    "case",  # what a CASE gives
    "compare",
    "null-test",
    "between",
    "in",
    "subquery",  # the only item of a scalar subquery
    "other",
]


_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


_FUNCTION_NAMES = {
    kind
    for kind in TokenType
    if kind
    not in {
        TokenType.STRING,
        TokenType.NUMBER,
        TokenType.COMMA,
        TokenType.L_PAREN,
        TokenType.EQ,
        TokenType.PLUS,
        TokenType.DASH,
    }
}


@dataclass(frozen=True, slots=True)
class Usage:
    """What a place is to what stands around it.

    Attributes:
        kind: see `Kind`.
        clause: for an item, the clause: `select`, `where`, `order`, `group`, `set`, ...
        holder: for an argument, a case or a subquery: the whole call, CASE or parenthesis.
        name: for an argument, the function, in upper case; for a comparison, the operator as it
            reads with the place on its left.
        index: for an argument, which one, from 0.
        operands: what the place is compared with.
        arguments: all arguments of the function.
    """

    kind: Kind
    clause: str = ""
    holder: Place | None = None
    name: str = ""
    index: int = 0
    operands: tuple[Place, ...] = ()
    arguments: tuple[Place, ...] = ()


def usage_of(tokens: StatementTokens, place: Place) -> Usage:
    """Return what a place is to what stands around it."""
    place = _unwrapped(tokens, place)
    before, after = tokens.word(place.first - 1), tokens.word(place.last + 1)
    compared = _comparison(tokens, place, before, after)
    if compared is not None:
        return compared
    if not _is_item(tokens, place, before, after):
        return Usage("other")
    holder = tokens.holder(place.first)
    if holder < 0:
        return Usage("item", tokens.clause(place))
    if tokens.kind(holder) is TokenType.CASE:
        whole = Place(holder, tokens.closing(holder))
        given = tokens.case_values(whole) or []
        return Usage("case", holder=whole) if place in given else Usage("other")
    return _in_parentheses(tokens, place, holder)


def _unwrapped(tokens: StatementTokens, place: Place) -> Place:
    """Return a place with the parentheses that hold nothing else."""
    while (
        tokens.kind(place.first - 1) is TokenType.L_PAREN
        and tokens.is_closed(place.first - 1, place.last + 1)
        and tokens.word(place.first - 2) in NO_FUNCTION | BEFORE_ITEM | COMPARISONS | {"("}
        and tokens.word(place.first - 2) not in {"IN", "VALUES", "OVER", "USING"}
    ):
        place = Place(place.first - 1, place.last + 1)
    return place


def _comparison(tokens: StatementTokens, place: Place, before: str, after: str) -> Usage | None:
    at = place.last + 1
    if after in {"ISNULL", "NOTNULL"}:
        return Usage("null-test")
    if after == "IS":
        at += 2 if tokens.word(at + 1) == "NOT" else 1
        if tokens.word(at) == "NULL":
            return Usage("null-test")
        return Usage("compare", name="=", operands=(tokens.operand(at),))
    if after == "NOT" and tokens.word(at + 1) == "NULL":
        return Usage("null-test")
    if after in COMPARISONS:
        return Usage("compare", name=after, operands=(tokens.operand(at + 1),))
    if before in COMPARISONS and tokens.clause(place) != "set":
        left = tokens.operand_before(place.first - 2)
        return Usage("compare", name=_MIRRORED.get(before, before), operands=(left,))
    at += after == "NOT"
    if tokens.word(at) == "BETWEEN":
        low = tokens.operand(at + 1)
        return Usage("between", operands=(low, tokens.operand(low.last + 2)))
    if tokens.word(at) == "IN" and tokens.kind(at + 1) is TokenType.L_PAREN:
        if tokens.word(at + 2) in {"SELECT", "WITH", "VALUES"}:
            return Usage("other")
        return Usage("in", operands=tuple(tokens.items(at + 1)))
    return None


def _is_item(tokens: StatementTokens, place: Place, before: str, after: str) -> bool:
    begins = before in BEFORE_ITEM or not before or _opens(tokens, place.first - 1)
    begins = begins or (before == "=" and tokens.clause(place) == "set")
    if _is_between(tokens, place.first - 1) or _is_between(tokens, place.last + 1):
        return False
    ends = (
        after in AFTER_ITEM
        or not after
        or tokens.kind(place.last + 1) in CLOSING
        or after == "COLLATE"
        or _is_alias(tokens, place.last + 1)
    )
    return begins and ends


def _is_between(tokens: StatementTokens, at: int) -> bool:
    """Tell whether an AND is the one of a BETWEEN."""
    if tokens.word(at) != "AND":
        return False
    holder = tokens.holder(at)
    for index in range(at - 1, holder, -1):
        if tokens.holder(index) != holder:
            continue
        if tokens.words[index] == "BETWEEN":
            return True
        if tokens.words[index] in {"AND", "OR", *ENDS}:
            return False
    return False


def _opens(tokens: StatementTokens, at: int) -> bool:
    return tokens.kind(at) in OPENING


def _is_alias(tokens: StatementTokens, at: int) -> bool:
    """Tell whether a token is an alias without AS."""
    after = tokens.word(at + 1)
    return tokens.kind(at) in {TokenType.VAR, TokenType.IDENTIFIER} and (
        after in {",", "", *ENDS} or tokens.kind(at + 1) in CLOSING
    )


def _in_parentheses(tokens: StatementTokens, place: Place, opening: int) -> Usage:
    whole = Place(opening, tokens.closing(opening))
    if tokens.word(opening + 1) in {"SELECT", "WITH", "VALUES"}:
        return Usage("item", tokens.clause(place), holder=whole)
    name = tokens.word(opening - 1)
    if name == "OVER":
        return Usage("item", tokens.clause(place))
    if name in NO_FUNCTION or tokens.kind(opening - 1) not in _FUNCTION_NAMES:
        return Usage("item", "list" if name in {"VALUES", ","} else tokens.clause(whole))
    call = Place(opening - 1, _with_window(tokens, whole.last))
    arguments = tuple(tokens.items(opening))
    for index, item in enumerate(arguments):
        if item.first <= place.first and place.last <= item.last:
            if item != place and tokens.word(item.first) != "DISTINCT":
                return Usage("other")
            return Usage("argument", "", call, name, index, arguments=arguments)
    return Usage("other")


def _with_window(tokens: StatementTokens, last: int) -> int:
    """Return the last token of a call with its FILTER and OVER."""
    while tokens.word(last + 1) in {"FILTER", "OVER"}:
        opens = tokens.kind(last + 2) is TokenType.L_PAREN
        last = tokens.closing(last + 2) if opens else last + 2
    return last
