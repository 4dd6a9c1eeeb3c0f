"""What a place of a statement is to what stands around it: compared, handed on, ordered by, ..."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlglot import TokenType

from .tokens import (
    AFTER_ITEM,
    BEFORE_ITEM,
    CLOSING,
    COMPARISONS,
    ENDS,
    NO_FUNCTION,
    OPENING,
    Clauses,
    Place,
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


def usage_of(clauses: Clauses, place: Place) -> Usage:
    """Return what a place is to what stands around it."""
    place = _unwrapped(clauses, place)
    before, after = clauses.word(place.first - 1), clauses.word(place.last + 1)
    compared = _comparison(clauses, place, before, after)
    if compared is not None:
        return compared
    if not _is_item(clauses, place, before, after):
        return Usage("other")
    holder = clauses.holder(place.first)
    if holder < 0:
        return Usage("item", clauses.clause(place))
    if clauses.kind(holder) is TokenType.CASE:
        whole = Place(holder, clauses.closing(holder))
        given = clauses.case_values(whole) or []
        return Usage("case", holder=whole) if place in given else Usage("other")
    return _in_parentheses(clauses, place, holder)


def _unwrapped(clauses: Clauses, place: Place) -> Place:
    """Return a place with the parentheses that hold nothing else."""
    while (
        clauses.kind(place.first - 1) is TokenType.L_PAREN
        and clauses.is_closed(place.first - 1, place.last + 1)
        and clauses.word(place.first - 2) in NO_FUNCTION | BEFORE_ITEM | COMPARISONS | {"("}
        and clauses.word(place.first - 2) not in {"IN", "VALUES", "OVER", "USING"}
    ):
        place = Place(place.first - 1, place.last + 1)
    return place


def _comparison(clauses: Clauses, place: Place, before: str, after: str) -> Usage | None:
    at = place.last + 1
    if after in {"ISNULL", "NOTNULL"}:
        return Usage("null-test")
    if after == "IS":
        at += 2 if clauses.word(at + 1) == "NOT" else 1
        if clauses.word(at) == "NULL":
            return Usage("null-test")
        return Usage("compare", name="=", operands=(clauses.operand(at),))
    if after == "NOT" and clauses.word(at + 1) == "NULL":
        return Usage("null-test")
    if after in COMPARISONS:
        return Usage("compare", name=after, operands=(clauses.operand(at + 1),))
    if before in COMPARISONS and clauses.clause(place) != "set":
        left = clauses.operand_before(place.first - 2)
        return Usage("compare", name=_MIRRORED.get(before, before), operands=(left,))
    at += after == "NOT"
    if clauses.word(at) == "BETWEEN":
        low = clauses.operand(at + 1)
        return Usage("between", operands=(low, clauses.operand(low.last + 2)))
    if clauses.word(at) == "IN" and clauses.kind(at + 1) is TokenType.L_PAREN:
        if clauses.word(at + 2) in {"SELECT", "WITH", "VALUES"}:
            return Usage("other")
        return Usage("in", operands=tuple(clauses.items(at + 1)))
    return None


def _is_item(clauses: Clauses, place: Place, before: str, after: str) -> bool:
    begins = before in BEFORE_ITEM or not before or _opens(clauses, place.first - 1)
    begins = begins or (before == "=" and clauses.clause(place) == "set")
    if _is_between(clauses, place.first - 1) or _is_between(clauses, place.last + 1):
        return False
    ends = (
        after in AFTER_ITEM
        or not after
        or clauses.kind(place.last + 1) in CLOSING
        or after == "COLLATE"
        or _is_alias(clauses, place.last + 1)
    )
    return begins and ends


def _is_between(clauses: Clauses, at: int) -> bool:
    """Tell whether an AND is the one of a BETWEEN."""
    if clauses.word(at) != "AND":
        return False
    holder = clauses.holder(at)
    for index in range(at - 1, holder, -1):
        if clauses.holder(index) != holder:
            continue
        if clauses.words[index] == "BETWEEN":
            return True
        if clauses.words[index] in {"AND", "OR", *ENDS}:
            return False
    return False


def _opens(clauses: Clauses, at: int) -> bool:
    return clauses.kind(at) in OPENING


def _is_alias(clauses: Clauses, at: int) -> bool:
    """Tell whether a token is an alias without AS."""
    after = clauses.word(at + 1)
    return clauses.kind(at) in {TokenType.VAR, TokenType.IDENTIFIER} and (
        after in {",", "", *ENDS} or clauses.kind(at + 1) in CLOSING
    )


def _in_parentheses(clauses: Clauses, place: Place, opening: int) -> Usage:
    whole = Place(opening, clauses.closing(opening))
    if clauses.word(opening + 1) in {"SELECT", "WITH", "VALUES"}:
        return Usage("item", clauses.clause(place), holder=whole)
    name = clauses.word(opening - 1)
    if name == "OVER":
        return Usage("item", clauses.clause(place))
    if name in NO_FUNCTION or clauses.kind(opening - 1) not in _FUNCTION_NAMES:
        return Usage("item", "list" if name in {"VALUES", ","} else clauses.clause(whole))
    call = Place(opening - 1, _with_window(clauses, whole.last))
    arguments = tuple(clauses.items(opening))
    for index, item in enumerate(arguments):
        if item.first <= place.first and place.last <= item.last:
            if item != place and clauses.word(item.first) != "DISTINCT":
                return Usage("other")
            return Usage("argument", "", call, name, index, arguments=arguments)
    return Usage("other")


def _with_window(clauses: Clauses, last: int) -> int:
    """Return the last token of a call with its FILTER and OVER."""
    while clauses.word(last + 1) in {"FILTER", "OVER"}:
        opens = clauses.kind(last + 2) is TokenType.L_PAREN
        last = clauses.closing(last + 2) if opens else last + 2
    return last
