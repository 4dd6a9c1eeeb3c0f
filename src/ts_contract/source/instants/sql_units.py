"""The units of what SQL writes into a column or compares with it, read without sqlglot.

The unit rules work where sqlglot is not installed and load nothing of it, so this does not stand on
`sql.tokens`. They need little of a statement: which value stands beside which column, and whether
that value is in seconds. Plain tokens are enough for that; what they do not show stays unknown.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ..file import File
from ..sql.queries import Query
from ..sql.text import StatementText
from .units import named

__all__ = ["ColumnValue", "column_values", "sql_unit"]

_TOKEN = re.compile(
    r"""
    (?P<skip>\s+ | --[^\n]* | /\*.*?\*/)
  | '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[\w+\]
  | [\ue000-\uf8fe]\uf8ff*  # a placeholder or a hole, as `sql.text` writes it
  | \d+(?:\.\d*)?(?:e\d+)? | \w+ | <= | >= | <> | != | == | \|\| | .
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_COMPARISONS = frozenset({"=", "==", "<", ">", "<=", ">=", "<>", "!="})
_END_OF_VALUE = frozenset({
    ",", ")", ";", "AND", "DO", "ELSE", "END", "FROM", "GROUP", "HAVING", "LIMIT", "ON", "OR",
    "ORDER", "RETURNING", "THEN", "UNION", "WHEN", "WHERE", *_COMPARISONS,
})  # fmt: skip


_CLAUSES = frozenset({"FROM", "HAVING", "ON", "RETURNING", "SELECT", "SET", "WHERE"})


@dataclass(frozen=True, slots=True)
class SqlToken:
    """A word, literal or sign of a statement.

    Attributes:
        text: as written.
        first: index of its first character in the statement.
        last: index after its last one.
    """

    text: str
    first: int
    last: int

    @property
    def word(self) -> str:
        """The text in upper case, as keywords are compared."""
        return self.text.upper()

    @property
    def name(self) -> str:
        """The text as a name: without quotes."""
        return self.text.strip('"`[]')


@dataclass(frozen=True, slots=True)
class ColumnValue:
    """A value beside a column: written into it, or compared with it.

    Attributes:
        column: name of the column, without quotes.
        tokens: the value.
        span: offsets of the value in the file.
        bound: the Python expressions bound to it, if it is a placeholder.
        is_written: whether it is written into the column, rather than compared with it.
    """

    column: str
    tokens: tuple[SqlToken, ...]
    span: tuple[int, int]
    bound: tuple[ast.expr, ...]
    is_written: bool


def column_values(query: Query) -> Iterator[ColumnValue]:
    """Yield the values that a query writes into columns or compares with them."""
    for statement in query.statements:
        tokens = [
            SqlToken(match[0], match.start(), match.end())
            for match in _TOKEN.finditer(statement.sql)
            if match["skip"] is None
        ]
        for pair in (*_inserted(tokens), *_defaults(tokens), *_compared(tokens)):
            if pair.value:
                yield _column_value(query, statement, pair)


def _column_value(query: Query, statement: StatementText, pair: _Pair) -> ColumnValue:
    value = pair.value
    first, last = statement.first + value[0].first, statement.first + value[-1].last
    bound: tuple[ast.expr, ...] = ()
    if len(value) == 1:
        keys = [p.key for p in statement.placeholders if p.char == value[0].text[:1]]
        bound = query.bound.get(keys[0], ()) if keys else ()
    span = query.text.span(first, last)
    return ColumnValue(pair.column.name, tuple(value), span, bound, pair.is_written)


# --- which value stands beside which column --------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Pair:
    column: SqlToken
    value: Sequence[SqlToken]
    is_written: bool = True


def _inserted(tokens: Sequence[SqlToken]) -> Iterator[_Pair]:
    """Yield the pairs of `INSERT INTO t (columns) VALUES (values)` and of `... SELECT values`."""
    for at, token in enumerate(tokens):
        if token.word != "INTO":
            continue
        opening = _find(tokens, "(", at + 1, within=4)
        if opening is None:
            continue
        closing = _closing(tokens, opening)
        columns = [part[0] for part in _split(tokens[opening + 1 : closing]) if part]
        after = closing + 1
        if after < len(tokens) and tokens[after].word == "SELECT":
            end = _find(tokens, "FROM", after) or len(tokens)
            yield from _zipped(columns, _split(tokens[after + 1 : end]))
        while after + 1 < len(tokens) and tokens[after].word in {"VALUES", ","}:
            after += 1
            if tokens[after].text != "(":
                break
            closing = _closing(tokens, after)
            yield from _zipped(columns, _split(tokens[after + 1 : closing]))
            after = closing + 1


def _zipped(columns: list[SqlToken], values: list[Sequence[SqlToken]]) -> Iterator[_Pair]:
    if len(columns) == len(values):
        yield from map(_Pair, columns, values)


def _compared(tokens: Sequence[SqlToken]) -> Iterator[_Pair]:
    """Yield the pairs of `column = value`, of other comparisons, and of BETWEEN."""
    clause = ""
    for at, (column, sign) in enumerate(pairwise(tokens)):
        clause = column.word if column.word in _CLAUSES else clause
        if sign.text in _COMPARISONS:
            yield _Pair(column, _value(tokens, at + 2), clause == "SET")
        elif sign.word == "BETWEEN":
            low = _value(tokens, at + 2)
            yield _Pair(column, low, is_written=False)
            yield _Pair(column, _value(tokens, at + 3 + len(low)), is_written=False)


def _defaults(tokens: Sequence[SqlToken]) -> Iterator[_Pair]:
    """Yield the pairs of `column TYPE ... DEFAULT (value)` in a table's definition."""
    for at, token in enumerate(tokens):
        if token.word != "DEFAULT" or at + 1 == len(tokens) or tokens[at + 1].text != "(":
            continue
        start = at
        while start and tokens[start - 1].text not in {",", "("}:
            start -= 1
        added = _find(tokens[:at], "ADD", start)
        if added is not None:  # ALTER TABLE t ADD [COLUMN] name TYPE DEFAULT (value)
            start = added + (2 if tokens[added + 1].word == "COLUMN" else 1)
        if start < at:
            yield _Pair(tokens[start], tokens[at + 1 : _closing(tokens, at + 1) + 1])


def _find(tokens: Sequence[SqlToken], word: str, start: int, within: int = 1000) -> int | None:
    """Return the index of the next token that is `word`, outside of nested parentheses."""
    depth = 0
    for index in range(start, min(len(tokens), start + within)):
        if tokens[index].word == word and not depth:
            return index
        depth += {"(": 1, ")": -1}.get(tokens[index].text, 0)
    return None


def _closing(tokens: Sequence[SqlToken], opening: int) -> int:
    """Return the index of the parenthesis that closes the one at `opening`."""
    depth = 0
    for index in range(opening, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[index].text, 0)
        if not depth:
            return index
    return len(tokens)


def _split(tokens: Sequence[SqlToken]) -> list[Sequence[SqlToken]]:
    """Split at the commas outside of parentheses."""
    parts, start, depth = [], 0, 0
    for index, token in enumerate(tokens):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == "," and not depth:
            parts.append(tokens[start:index])
            start = index + 1
    return [*parts, tokens[start:]]


def _value(tokens: Sequence[SqlToken], start: int) -> Sequence[SqlToken]:
    """Return the tokens of the expression that begins at `start`."""
    at = start
    while at < len(tokens) and tokens[at].word not in _END_OF_VALUE:
        at = _closing(tokens, at) + 1 if tokens[at].text == "(" else at + 1
    return tokens[start:at]


# --- the unit of a value ---------------------------------------------------------------------

SqlUnit = Literal["s", "ms", "number"]

_SECONDS_FORMAT = re.compile(r"'%{1,2}s'")
_SECONDS_FUNCTIONS = frozenset({"UNIXEPOCH", "UNIX_TIMESTAMP"})
_KEEP_UNIT = frozenset({"ABS", "CEIL", "COALESCE", "FLOOR", "IFNULL", "MAX", "MIN", "ROUND"})


def sql_unit(tokens: Sequence[SqlToken], file: File) -> SqlUnit | None:
    """Return the unit of a value in SQL: seconds, milliseconds, a plain number, or None.

    Args:
        tokens: the whole value.
        file: the file, whose contract names epoch columns.
    """
    reader = _Reader(tokens, file)
    found = reader.sum()
    return found if reader.at == len(tokens) else None


class _Reader:
    """Reads an arithmetic expression of SQL by recursive descent, for its unit alone."""

    def __init__(self, tokens: Sequence[SqlToken], file: File) -> None:
        self.tokens = tokens
        self.file = file
        self.at = 0

    def sum(self) -> SqlUnit | None:
        unit = self.product()
        while self.peek() in {"+", "-"}:
            self.at += 1
            other = self.product()
            unit = other if unit == "number" else unit if other in {unit, "number"} else None
        return unit

    def product(self) -> SqlUnit | None:
        first = self.at
        unit = self.factor()
        while self.peek() in {"*", "/"}:
            sign = self.peek()
            self.at += 1
            second = self.at
            other = self.factor()
            unit = self.scaled(unit, other, first, second) if sign == "*" else None
        return unit

    def scaled(
        self, unit: SqlUnit | None, other: SqlUnit | None, first: int, second: int
    ) -> SqlUnit | None:
        if unit == other == "number":
            return "number"
        factor = second if other == "number" else first
        thousand = self.tokens[factor].text.rstrip("0") in {"1", "1."} and factor in {first, second}
        return "ms" if {unit, other} == {"s", "number"} and thousand else None

    def factor(self) -> SqlUnit | None:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        if token is None:
            return None
        self.at += 1
        if token.text == "(":
            return self.inside()
        if token.text in {"-", "+"}:
            return self.factor()
        if token.text[0].isdigit():
            return "number"
        if self.peek() == "(":
            return self.call(token)
        if self.peek() == ".":
            self.at += 2
            token = self.tokens[self.at - 1] if self.at <= len(self.tokens) else token
        held = named(token.name, self.file) if token.text[0] != "'" else None
        return held.unit if held and held.unit in {"s", "ms"} else None

    def call(self, function: SqlToken) -> SqlUnit | None:
        opening = self.at
        closing = _closing(self.tokens, opening)
        arguments = self.tokens[opening + 1 : closing]
        self.at = min(closing + 1, len(self.tokens))
        word = function.word
        if word == "STRFTIME":
            return "s" if arguments and _SECONDS_FORMAT.fullmatch(arguments[0].text) else None
        if word == "EXTRACT":
            return "s" if arguments and arguments[0].word == "EPOCH" else None
        if word in _SECONDS_FUNCTIONS:
            return "s"
        if word == "CAST":
            end = _find(arguments, "AS", 0)
            return sql_unit(arguments[:end], self.file)
        if word in _KEEP_UNIT:
            return sql_unit(_split(arguments)[0], self.file)
        return None

    def inside(self) -> SqlUnit | None:
        unit = self.sum()
        if self.peek() != ")":
            self.at = len(self.tokens) + 1
            return None
        self.at += 1
        return unit

    def peek(self) -> str:
        return self.tokens[self.at].text if self.at < len(self.tokens) else ""
