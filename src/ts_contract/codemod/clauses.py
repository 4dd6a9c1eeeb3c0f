"""Where a value stands in a statement: the operand, call, list item or clause around it.

sqlglot's tree says what a name means, its tokens say where everything begins and ends. A `Place`
is a range of tokens; the questions asked here are which tokens are an operand, what stands beside
it, and what holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlglot import Dialect, Token, TokenType

from ..lint.sqltext import PADDING, Placeholder, Statement

__all__ = ["Clauses", "Context", "Place"]

_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}
_OPENING = {TokenType.L_PAREN, TokenType.CASE, TokenType.L_BRACKET}
_CLOSING = {TokenType.R_PAREN, TokenType.END, TokenType.R_BRACKET}
_COMPARISONS = {"=", "==", "<", ">", "<=", ">=", "<>", "!="}
_CLAUSE_HEADS = {
    "SELECT": "select",
    "WHERE": "where",
    "ORDER BY": "order",
    "GROUP BY": "group",
    "PARTITION BY": "group",
    "HAVING": "where",
    "ON": "where",
    "SET": "set",
    "VALUES": "values",
    "RETURNING": "returning",
    "FROM": "from",
    "LIMIT": "limit",
}
_ENDS = {
    *_CLAUSE_HEADS,
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "OFFSET",
    "WINDOW",
    "JOIN",
    "LEFT",
    "INNER",
    "CROSS",
    "DO",
    "ROWS",
    "RANGE",
    "GROUPS",
    ";",
}
_AFTER_ITEM = {",", "AS", "ASC", "DESC", "NULLS", "AND", "OR", "THEN", "ELSE", "WHEN", *_ENDS}
_BEFORE_ITEM = {",", "DISTINCT", "ALL", "AND", "OR", "NOT", "THEN", "ELSE", "WHEN", *_ENDS}
_NO_FUNCTION = {
    "IN",
    "AND",
    "OR",
    "NOT",
    "WHERE",
    "ON",
    "VALUES",
    "OVER",
    "SELECT",
    "BY",
    "AS",
    "FROM",
    "SET",
    "EXISTS",
    "HAVING",
    "FILTER",
    "THEN",
    "ELSE",
    "WHEN",
    "BETWEEN",
    "USING",
    "ORDER BY",
    "GROUP BY",
    "PARTITION BY",
    "DISTINCT",
    "",
}

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


@dataclass(frozen=True, slots=True)
class Place:
    """Some tokens of a statement that follow each other.

    Attributes:
        first: index of the first token.
        last: index of the last one.
    """

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Context:
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


_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


class Clauses:
    """The tokens of one statement, with their nesting.

    Args:
        statement: the statement.
        dialect: a contract's dialect.
    """

    def __init__(self, statement: Statement, dialect: str) -> None:
        self.statement = statement
        self.tokens: list[Token] = list(
            Dialect.get_or_raise(_DIALECTS[dialect]).tokenize(statement.sql)
        )
        self.words = [self._word(token) for token in self.tokens]
        self._closing: dict[int, int] = {}
        self._holder: list[int] = []  # the opening token around each token; -1 at the top
        stack: list[int] = []
        for index, token in enumerate(self.tokens):
            if token.token_type in _CLOSING and stack:
                self._closing[stack[-1]] = index
                stack.pop()
            self._holder.append(stack[-1] if stack else -1)
            if token.token_type in _OPENING:
                stack.append(index)
        self._by_start = {token.start: index for index, token in enumerate(self.tokens)}

    def _word(self, token: Token) -> str:
        raw = self.statement.sql[token.start : token.end + 1]
        if token.token_type in {TokenType.STRING, TokenType.IDENTIFIER}:
            return raw
        return " ".join(raw.upper().split())

    def word(self, index: int) -> str:
        """Return a token's text in upper case; empty outside of the statement."""
        return self.words[index] if 0 <= index < len(self.words) else ""

    def kind(self, index: int) -> TokenType | None:
        """Return a token's type; None outside of the statement."""
        return self.tokens[index].token_type if 0 <= index < len(self.tokens) else None

    # --- places ------------------------------------------------------------------------------

    def place(self, first: int, last: int) -> Place | None:
        """Return the place of some indexes of the query's text; None if it cuts a token."""
        begin, end = first - self.statement.first, last - self.statement.first
        start = self._by_start.get(begin, self._by_start.get(begin - 1))  # quotes are the token's
        if start is None:
            return None
        stop = start
        while stop + 1 < len(self.tokens) and self.tokens[stop + 1].start < end:
            stop += 1
        return Place(start, stop)

    def column(self, first: int, last: int) -> Place | None:
        """Return the place of a column, its qualifiers included."""
        place = self.place(first, last)
        if place is None or place.first != place.last:
            return None
        start = place.first
        while self.word(start - 1) == "." and start >= 2:
            start -= 2
        return Place(start, place.last)

    def indexes(self, place: Place) -> tuple[int, int]:
        """Return a place as indexes of the query's text, from the first to after the last."""
        return (
            self.statement.first + self.tokens[place.first].start,
            self.statement.first + self.tokens[place.last].end + 1,
        )

    def text(self, place: Place) -> str:
        """Return the SQL of a place."""
        start, end = self.tokens[place.first].start, self.tokens[place.last].end + 1
        return self.statement.sql[start:end]

    def placeholder(self, place: Place) -> Placeholder | None:
        """Return the placeholder that is a whole place."""
        text = self.text(place).rstrip(PADDING)
        return next((mark for mark in self.statement.placeholders if mark.char == text), None)

    def is_string(self, place: Place) -> bool:
        """Tell whether a place is a single text."""
        return place.first == place.last and self.kind(place.first) is TokenType.STRING

    def call(self, place: Place) -> tuple[str, list[Place]] | None:
        """Return the function and arguments of a place that is one call."""
        opening = place.first + 1
        if self.kind(opening) is not TokenType.L_PAREN:
            return None
        if self._closing.get(opening) != place.last or self.word(place.first) in _NO_FUNCTION:
            return None
        return self.word(place.first), list(self.items(opening))

    def inside(self, place: Place) -> Place:
        """Return a place without the parentheses around it."""
        while (
            self.kind(place.first) is TokenType.L_PAREN
            and self._closing.get(place.first) == place.last
            and place.last - place.first > 1
        ):
            place = Place(place.first + 1, place.last - 1)
        return place

    def items(self, opening: int) -> Iterator[Place]:
        """Yield the items of the list in the parentheses that open at a token."""
        end = self._closing.get(opening, len(self.tokens))
        first = opening + 1
        for index in range(first, end + 1):
            if index == end or (self.words[index] == "," and self._holder[index] == opening):
                if first < index:
                    yield Place(first, index - 1)
                first = index + 1

    def case_values(self, place: Place) -> list[Place] | None:
        """Return what a CASE may give, if a place is one."""
        if self.kind(place.first) is not TokenType.CASE:
            return None
        if self._closing.get(place.first) != place.last:
            return None
        marks = [
            index
            for index in range(place.first, place.last + 1)
            if self._holder[index] == place.first or index == place.last
        ]
        values, start = [], -1
        for index in marks:
            word = self.word(index)
            if start >= 0 and (word in {"WHEN", "ELSE"} or index == place.last):
                values.append(Place(start, index - 1))
                start = -1
            if word in {"THEN", "ELSE"}:
                start = index + 1
        return values

    # --- what stands around ------------------------------------------------------------------

    def context(self, place: Place) -> Context:
        """Return what a place is to what stands around it."""
        place = self._unwrapped(place)
        before, after = self.word(place.first - 1), self.word(place.last + 1)
        compared = self._comparison(place, before, after)
        if compared is not None:
            return compared
        if not self._is_item(place, before, after):
            return Context("other")
        holder = self._holder[place.first]
        if holder < 0:
            return Context("item", self.clause(place))
        if self.kind(holder) is TokenType.CASE:
            whole = Place(holder, self._closing.get(holder, holder))
            given = self.case_values(whole) or []
            return Context("case", holder=whole) if place in given else Context("other")
        return self._in_parentheses(place, holder)

    def _unwrapped(self, place: Place) -> Place:
        """Return a place with the parentheses that hold nothing else."""
        while (
            self.kind(place.first - 1) is TokenType.L_PAREN
            and self._closing.get(place.first - 1) == place.last + 1
            and self.word(place.first - 2) in _NO_FUNCTION | _BEFORE_ITEM | _COMPARISONS | {"("}
            and self.word(place.first - 2) not in {"IN", "VALUES", "OVER", "USING"}
        ):
            place = Place(place.first - 1, place.last + 1)
        return place

    def _comparison(self, place: Place, before: str, after: str) -> Context | None:
        at = place.last + 1
        if after in {"ISNULL", "NOTNULL"}:
            return Context("null-test")
        if after == "IS":
            at += 2 if self.word(at + 1) == "NOT" else 1
            if self.word(at) == "NULL":
                return Context("null-test")
            return Context("compare", name="=", operands=(self.operand(at),))
        if after == "NOT" and self.word(at + 1) == "NULL":
            return Context("null-test")
        if after in _COMPARISONS:
            return Context("compare", name=after, operands=(self.operand(at + 1),))
        if before in _COMPARISONS and self.clause(place) != "set":
            left = self.operand_before(place.first - 2)
            return Context("compare", name=_MIRRORED.get(before, before), operands=(left,))
        at += after == "NOT"
        if self.word(at) == "BETWEEN":
            low = self.operand(at + 1)
            return Context("between", operands=(low, self.operand(low.last + 2)))
        if self.word(at) == "IN" and self.kind(at + 1) is TokenType.L_PAREN:
            if self.word(at + 2) in {"SELECT", "WITH", "VALUES"}:
                return Context("other")
            return Context("in", operands=tuple(self.items(at + 1)))
        return None

    def _is_item(self, place: Place, before: str, after: str) -> bool:
        begins = before in _BEFORE_ITEM or not before or self._opens(place.first - 1)
        begins = begins or (before == "=" and self.clause(place) == "set")
        if self._is_between(place.first - 1) or self._is_between(place.last + 1):
            return False
        ends = (
            after in _AFTER_ITEM
            or not after
            or self.kind(place.last + 1) in _CLOSING
            or after == "COLLATE"
            or self._is_alias(place.last + 1)
        )
        return begins and ends

    def _is_between(self, at: int) -> bool:
        """Tell whether an AND is the one of a BETWEEN."""
        if self.word(at) != "AND":
            return False
        holder = self._holder[at]
        for index in range(at - 1, holder, -1):
            if self._holder[index] != holder:
                continue
            if self.words[index] == "BETWEEN":
                return True
            if self.words[index] in {"AND", "OR", *_ENDS}:
                return False
        return False

    def _opens(self, at: int) -> bool:
        return self.kind(at) in _OPENING

    def _is_alias(self, at: int) -> bool:
        """Tell whether a token is an alias without AS."""
        after = self.word(at + 1)
        return self.kind(at) in {TokenType.VAR, TokenType.IDENTIFIER} and (
            after in {",", "", *_ENDS} or self.kind(at + 1) in _CLOSING
        )

    def _in_parentheses(self, place: Place, opening: int) -> Context:
        whole = Place(opening, self._closing.get(opening, opening))
        if self.word(opening + 1) in {"SELECT", "WITH", "VALUES"}:
            return Context("item", self.clause(place), holder=whole)
        name = self.word(opening - 1)
        if name == "OVER":
            return Context("item", self.clause(place))
        if name in _NO_FUNCTION or self.kind(opening - 1) not in _FUNCTION_NAMES:
            return Context("item", "list" if name in {"VALUES", ","} else self.clause(whole))
        call = Place(opening - 1, self._with_window(whole.last))
        arguments = tuple(self.items(opening))
        for index, item in enumerate(arguments):
            if item.first <= place.first and place.last <= item.last:
                if item != place and self.word(item.first) != "DISTINCT":
                    return Context("other")
                return Context("argument", "", call, name, index, arguments=arguments)
        return Context("other")

    def _with_window(self, last: int) -> int:
        """Return the last token of a call with its FILTER and OVER."""
        while self.word(last + 1) in {"FILTER", "OVER"}:
            opens = self.kind(last + 2) is TokenType.L_PAREN
            last = self.closing(last + 2) if opens else last + 2
        return last

    def clause(self, place: Place) -> str:
        """Return the clause that a place stands in, on its own level."""
        holder = self._holder[place.first]
        for index in range(place.first - 1, holder, -1):
            if self._holder[index] == holder and self.words[index] in _CLAUSE_HEADS:
                return _CLAUSE_HEADS[self.words[index]]
        return ""

    def select_of(self, place: Place) -> int:
        """Return the token SELECT (or RETURNING) whose list a place stands in; -1 if none."""
        holder = self._holder[place.first]
        for index in range(place.first - 1, holder, -1):
            if self._holder[index] == holder and self.words[index] in {"SELECT", "RETURNING"}:
                return index
        return -1

    def select_items(self, select: int) -> list[Place]:
        """Return the items of the list of a SELECT."""
        holder = self._holder[select]
        end = self.closing(holder) if holder >= 0 else len(self.tokens)
        first = select + 1 + (self.word(select + 1) in {"DISTINCT", "ALL"})
        items = []
        for index in range(first, end):
            if self._holder[index] != holder:
                continue
            if self.words[index] in _ENDS:
                end = index
                break
            if self.words[index] == ",":
                items.append(Place(first, index - 1))
                first = index + 1
        return [*items, Place(first, end - 1)] if first < end else items

    def list_around(self, place: Place) -> list[Place]:
        """Return the items of the list that a place is an item of: in parentheses, or of a SET."""
        holder = self._holder[place.first]
        if holder >= 0 and self.word(holder + 1) != "SELECT":
            return list(self.items(holder))
        for index in range(place.first - 1, holder, -1):
            if self._holder[index] == holder and self.words[index] in {"SELECT", "SET"}:
                return self.select_items(index)
        return []

    def closing(self, opening: int) -> int:
        """Return the token that closes what opens at a token."""
        return self._closing.get(opening, len(self.tokens) - 1)

    def depth(self, place: Place) -> int:
        """Return the opening token around a place; -1 at the top of the statement."""
        return self._holder[place.first]

    # --- operands ----------------------------------------------------------------------------

    def operand(self, at: int) -> Place:
        """Return the operand that begins at a token."""
        index = at
        holder = self._holder[at] if at < len(self.tokens) else -1
        while index < len(self.tokens):
            if self._holder[index] == holder and self._ends_operand(index):
                break
            if index == self._closing.get(holder, -1):
                break
            index += 1
        return Place(at, max(at, index - 1))

    def _ends_operand(self, index: int) -> bool:
        word = self.words[index]
        return (
            word in _AFTER_ITEM
            or word in _COMPARISONS
            or word in {"IS", "NOT", "BETWEEN", "IN", "LIKE", "COLLATE", "ISNULL", "NOTNULL"}
        )

    def operand_before(self, at: int) -> Place:
        """Return the operand that ends at a token."""
        index = at
        holder = self._holder[at]
        if self.kind(at) in _CLOSING:
            opening = next((o for o, c in self._closing.items() if c == at), at)
            holder = self._holder[opening]
        while index > holder:
            at_level = self._holder[index] == holder and self.kind(index) not in _CLOSING
            if at_level and (
                self.words[index] in _BEFORE_ITEM
                or self.words[index] in _COMPARISONS
                or self.words[index] in {"BETWEEN", "IN", "LIKE", "IS"}
            ):
                break
            index -= 1
        return Place(index + 1, at)

    # --- aliases -----------------------------------------------------------------------------

    def split_alias(self, item: Place) -> tuple[Place, str]:
        """Return an item of a select list without its alias, and the alias; empty for none."""
        if self.word(item.last - 1) == "AS" and item.last - 1 > item.first:
            return Place(item.first, item.last - 2), self._name(item.last)
        if (
            item.last > item.first
            and self.kind(item.last) in {TokenType.VAR, TokenType.IDENTIFIER}
            and self.word(item.last - 1) != "."
        ):
            return Place(item.first, item.last - 1), self._name(item.last)
        return item, ""

    def _name(self, index: int) -> str:
        return self.tokens[index].text.lower()


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
