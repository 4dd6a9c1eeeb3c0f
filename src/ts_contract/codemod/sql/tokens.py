"""Where a value stands in a statement: the operand, call, list item or clause around it.

sqlglot's tree says what a name means, its tokens say where everything begins and ends. A `Place`
is a range of tokens; the questions asked here are which tokens are an operand, a list item or a
call, and which clause holds them. How the expression there is used: `usage`.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import TokenType

from ...source.sql.parse import tokenise
from ...source.sql.text import PADDING, Placeholder, StatementText
from ...source.sql.tokens import CLOSING

__all__ = [
    "AFTER_ITEM",
    "BEFORE_ITEM",
    "COMPARISONS",
    "ENDS",
    "NO_FUNCTION",
    "Place",
    "StatementTokens",
]

COMPARISONS = {"=", "==", "<", ">", "<=", ">=", "<>", "!="}
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
ENDS = {
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
AFTER_ITEM = {",", "AS", "ASC", "DESC", "NULLS", "AND", "OR", "THEN", "ELSE", "WHEN", *ENDS}
BEFORE_ITEM = {",", "DISTINCT", "ALL", "AND", "OR", "NOT", "THEN", "ELSE", "WHEN", *ENDS}
NO_FUNCTION = {
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


@dataclass(frozen=True, slots=True)
class Place:
    """Some tokens of a statement that follow each other.

    Attributes:
        first: index of the first token.
        last: index of the last one.
    """

    first: int
    last: int


class StatementTokens:
    """The tokens of one statement, with their nesting.

    Args:
        statement: the statement.
        dialect: a contract's dialect.
    """

    def __init__(self, statement: StatementText, dialect: str) -> None:
        self.statement = statement
        self._tokens = tokenise(statement.sql, dialect)
        self.words = [self._word(index) for index in range(len(self._tokens))]
        self._select_items: dict[int, list[Place]] = {}

    def _word(self, index: int) -> str:
        raw = self.statement.sql[slice(*self._tokens.span(index, index))]
        if self._tokens.kind(index) in {TokenType.STRING, TokenType.IDENTIFIER}:
            return raw
        return " ".join(raw.upper().split())

    def word(self, index: int) -> str:
        """Return a token's text in upper case; empty outside of the statement."""
        return self.words[index] if 0 <= index < len(self.words) else ""

    def kind(self, index: int) -> TokenType | None:
        """Return a token's type; None outside of the statement."""
        return self._tokens.kind(index)

    def name(self, index: int) -> str:
        """Return a token's text in lower case, without quotes."""
        return self._tokens[index].text.lower()

    # --- places ------------------------------------------------------------------------------

    def place(self, first: int, last: int) -> Place | None:
        """Return the place of some indexes of the query's text; None if it cuts a token."""
        begin, end = first - self.statement.first, last - self.statement.first
        start = self._tokens.starting(begin)
        if start is None:
            return None
        stop = start
        while stop + 1 < len(self._tokens) and self._tokens[stop + 1].start < end:
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
        first, last = self._tokens.span(place.first, place.last)
        return self.statement.first + first, self.statement.first + last

    def text(self, place: Place) -> str:
        """Return the SQL of a place."""
        return self.statement.sql[slice(*self._tokens.span(place.first, place.last))]

    def placeholder(self, place: Place) -> Placeholder | None:
        """Return the placeholder that is a whole place."""
        text = self.text(place).rstrip(PADDING)
        marks = self.statement.marks_in(text) if len(text) == 1 else []
        return marks[0] if marks else None

    def is_string(self, place: Place) -> bool:
        """Tell whether a place is a single text."""
        return place.first == place.last and self.kind(place.first) is TokenType.STRING

    def call(self, place: Place) -> tuple[str, list[Place]] | None:
        """Return the function and arguments of a place that is one call."""
        opening = place.first + 1
        if self.kind(opening) is not TokenType.L_PAREN:
            return None
        if (
            self._tokens.closings.get(opening) != place.last
            or self.word(place.first) in NO_FUNCTION
        ):
            return None
        return self.word(place.first), list(self.items(opening))

    def inside(self, place: Place) -> Place:
        """Return a place without the parentheses around it."""
        while (
            self.kind(place.first) is TokenType.L_PAREN
            and self._tokens.closings.get(place.first) == place.last
            and place.last - place.first > 1
        ):
            place = Place(place.first + 1, place.last - 1)
        return place

    def items(self, opening: int) -> Iterator[Place]:
        """Yield the items of the list in the parentheses that open at a token."""
        end = self._tokens.closings.get(opening, len(self._tokens))
        first = opening + 1
        for index in range(first, end + 1):
            if index == end or (
                self.words[index] == "," and self._tokens.holders[index] == opening
            ):
                if first < index:
                    yield Place(first, index - 1)
                first = index + 1

    def case_values(self, place: Place) -> list[Place] | None:
        """Return what a CASE may give, if a place is one."""
        if self.kind(place.first) is not TokenType.CASE:
            return None
        if self._tokens.closings.get(place.first) != place.last:
            return None
        marks = [
            index
            for index in range(place.first, place.last + 1)
            if self._tokens.holders[index] == place.first or index == place.last
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

    @property
    def is_compound(self) -> bool:
        """Whether the statement is a UNION or the like of several."""
        return not self.top_words.isdisjoint({"UNION", "EXCEPT", "INTERSECT"})

    @cached_property
    def top_words(self) -> frozenset[str]:
        """The words at the top of the statement, in no parentheses."""
        holders = self._tokens.holders
        return frozenset(
            word for word, holder in zip(self.words, holders, strict=True) if holder < 0
        )

    @cached_property
    def selects_all(self) -> bool:
        """Whether a star stands for columns anywhere in the statement."""
        return any(
            word == "*" and self.word(index - 1) in {"SELECT", ",", "."}
            for index, word in enumerate(self.words)
        )

    def called(self, name: str) -> Sequence[int]:
        """Return the tokens of a name, which is given in lower case and without quotes."""
        return self._by_name.get(name, ())

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index in range(len(self._tokens)):
            found.setdefault(self.name(index), []).append(index)
        return found

    # --- what holds a place ------------------------------------------------------------------

    def clause(self, place: Place) -> str:
        """Return the clause that a place stands in, on its own level."""
        head = self._clause_heads[place.first]
        return _CLAUSE_HEADS[self.words[head]] if head >= 0 else ""

    @cached_property
    def _clause_heads(self) -> list[int]:
        return self._last_before(_CLAUSE_HEADS)

    def select_of(self, place: Place) -> int:
        """Return the token SELECT (or RETURNING) whose list a place stands in; -1 if none."""
        return self._selects[place.first]

    @cached_property
    def _selects(self) -> list[int]:
        return self._last_before({"SELECT", "RETURNING"})

    def _last_before(self, heads: Container[str]) -> list[int]:
        """Return for each token the last of some words before it on its own level; -1 if none."""
        last: dict[int, int] = {}
        found = []
        for index, holder in enumerate(self._tokens.holders):
            found.append(last.get(holder, -1))
            if self.words[index] in heads:
                last[holder] = index
        return found

    def select_items(self, select: int) -> list[Place]:
        """Return the items of the list of a SELECT."""
        if select not in self._select_items:
            self._select_items[select] = self._items_of_select(select)
        return self._select_items[select]

    def _items_of_select(self, select: int) -> list[Place]:
        holder = self._tokens.holders[select]
        end = self.closing(holder) if holder >= 0 else len(self._tokens)
        first = select + 1 + (self.word(select + 1) in {"DISTINCT", "ALL"})
        items = []
        for index in range(first, end):
            if self._tokens.holders[index] != holder:
                continue
            if self.words[index] in ENDS:
                end = index
                break
            if self.words[index] == ",":
                items.append(Place(first, index - 1))
                first = index + 1
        return [*items, Place(first, end - 1)] if first < end else items

    def list_around(self, place: Place) -> list[Place]:
        """Return the items of the list that a place is an item of: in parentheses, or of a SET."""
        holder = self._tokens.holders[place.first]
        if holder >= 0 and self.word(holder + 1) != "SELECT":
            return list(self.items(holder))
        for index in range(place.first - 1, holder, -1):
            if self._tokens.holders[index] == holder and self.words[index] in {"SELECT", "SET"}:
                return self.select_items(index)
        return []

    def closing(self, opening: int) -> int:
        """Return the token that closes what opens at a token."""
        return self._tokens.closing(opening)

    def is_closed(self, opening: int, at: int) -> bool:
        """Tell whether a token closes what opens at another."""
        return self._tokens.closings.get(opening) == at

    def holder(self, index: int) -> int:
        """Return the opening token around a token; -1 at the top of the statement."""
        return self._tokens.holders[index]

    # --- operands ----------------------------------------------------------------------------

    def operand(self, at: int) -> Place:
        """Return the operand that begins at a token."""
        index = at
        holder = self._tokens.holders[at] if at < len(self._tokens) else -1
        while index < len(self._tokens):
            if self._tokens.holders[index] == holder and self._ends_operand(index):
                break
            if index == self._tokens.closings.get(holder, -1):
                break
            index += 1
        return Place(at, max(at, index - 1))

    def _ends_operand(self, index: int) -> bool:
        word = self.words[index]
        return (
            word in AFTER_ITEM
            or word in COMPARISONS
            or word in {"IS", "NOT", "BETWEEN", "IN", "LIKE", "COLLATE", "ISNULL", "NOTNULL"}
        )

    def operand_before(self, at: int) -> Place:
        """Return the operand that ends at a token."""
        index = at
        holder = self._tokens.holders[at]
        if self.kind(at) in CLOSING:
            opening = next((o for o, c in self._tokens.closings.items() if c == at), at)
            holder = self._tokens.holders[opening]
        while index > holder:
            at_level = self._tokens.holders[index] == holder and self.kind(index) not in CLOSING
            if at_level and (
                self.words[index] in BEFORE_ITEM
                or self.words[index] in COMPARISONS
                or self.words[index] in {"BETWEEN", "IN", "LIKE", "IS"}
            ):
                break
            index -= 1
        return Place(index + 1, at)

    # --- aliases -----------------------------------------------------------------------------

    def split_alias(self, item: Place) -> tuple[Place, str]:
        """Return an item of a select list without its alias, and the alias; empty for none."""
        if self.word(item.last - 1) == "AS" and item.last - 1 > item.first:
            return Place(item.first, item.last - 2), self.name(item.last)
        if (
            item.last > item.first
            and self.kind(item.last) in {TokenType.VAR, TokenType.IDENTIFIER}
            and self.word(item.last - 1) != "."
        ):
            return Place(item.first, item.last - 1), self.name(item.last)
        return item, ""
