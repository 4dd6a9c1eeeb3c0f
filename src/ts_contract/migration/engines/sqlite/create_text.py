"""The text of CREATE statements: its tokens, and small changes to it that keep the rest."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from ...errors import Refused
from ..base import Session
from .names import literal, quote

__all__ = [
    "Item",
    "Token",
    "checks_naming",
    "create_text",
    "in_schema",
    "is_same",
    "items_of",
    "names",
    "tokens",
    "without_columns",
    "without_items",
]

_WORD = r"[A-Za-z_\u0080-\U0010ffff][\w$\u0080-\U0010ffff]*"

# https://sqlite.org/lang.html: blanks and comments, strings, quoted and bare identifiers,
# numbers, and anything else one character at a time.
_TOKEN: Final = re.compile(
    rf"""(?P<blank>\s+|--[^\n]*(?:\n|$)|/\*.*?(?:\*/|$))
      | (?P<string>'(?:[^']|'')*')
      | (?P<name>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|{_WORD})
      | (?P<number>[0-9][\w.]*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token of SQL.

    Attributes:
        kind: `string`, `name`, `number` or `other`; blanks and comments are left out.
        text: as it stands.
        start: offset of its first character.
        end: offset behind its last.
    """

    kind: str
    text: str
    start: int
    end: int

    @property
    def value(self) -> str:
        """The name without its quotes; for other tokens the text."""
        if self.kind == "name" and self.text[0] in '"`[':
            inner = self.text[1:-1]
            return inner if self.text[0] == "[" else inner.replace(self.text[0] * 2, self.text[0])
        return self.text

    def is_word(self, *words: str) -> bool:
        """Return whether it is one of these keywords, which stand without quotes."""
        return self.kind == "name" and self.text.upper() in words


def tokens(sql: str) -> Iterator[Token]:
    """Yield the tokens of a statement, without blanks and comments.

    Example:
        >>> [token.value for token in tokens('SELECT "a b" -- all')]
        ['SELECT', 'a b']
    """
    for match in _TOKEN.finditer(sql):
        if match.lastgroup != "blank":
            yield Token(str(match.lastgroup), match.group(), match.start(), match.end())


def create_text(session: Session, table: str) -> str:
    """Return the CREATE statement of a table, as the database stores it."""
    sql: str = session.value(
        f"SELECT sql FROM {quote(session.schema)}.sqlite_schema WHERE type = 'table'"
        f" AND name = {literal(table)} COLLATE NOCASE"
    )
    return sql


def names(sql: str, name: str) -> bool:
    """Return whether a statement names something, in any case and in any quotes.

    Example:
        >>> names("CREATE INDEX i ON t (lower([Created_At]))", "created_at")
        True
    """
    return any(t.kind == "name" and t.value.lower() == name.lower() for t in tokens(sql))


def is_same(stored: str, wanted: str) -> bool:
    """Return whether a stored text is that of a CREATE statement, but for quotes and blanks.

    SQLite stores a statement without IF NOT EXISTS; renaming to and fro writes other quotes.

    Example:
        >>> is_same("CREATE VIEW v AS SELECT 1", 'CREATE VIEW IF NOT EXISTS "v" AS SELECT 1')
        True
    """
    head, condition, rest = wanted.partition(" IF NOT EXISTS ")
    if condition and '"' not in head:
        wanted = f"{head} {rest}"
    return stored == wanted or _values(stored) == _values(wanted)


def _values(sql: str) -> list[str]:
    return [token.value for token in tokens(sql)]


def in_schema(create: str, schema: str) -> str:
    """Return a CREATE statement, as SQLite stores it, for the database attached as `schema`.

    Example:
        >>> in_schema("CREATE UNIQUE INDEX i ON t (a)", "aux")
        'CREATE UNIQUE INDEX "aux".i ON t (a)'
    """
    kind = next(t for t in tokens(create) if t.is_word("TABLE", "INDEX", "TRIGGER", "VIEW"))
    return f"{create[: kind.end]} {quote(schema)}.{create[kind.end :].lstrip()}"


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a CREATE TABLE list: a column definition or a table constraint.

    Attributes:
        tokens: what it consists of.
        comma: offset of the comma before it; -1 for the first.
    """

    tokens: tuple[Token, ...]
    comma: int

    @property
    def start(self) -> int:
        """Offset of its first character."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Offset behind its last character."""
        return self.tokens[-1].end

    @property
    def is_constraint(self) -> bool:
        """Whether it is a constraint of the table, and not a column."""
        return self.tokens[0].is_word("CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN")

    @property
    def keyword(self) -> str:
        """The word that tells a table constraint; of a column definition its name, lowered."""
        first = self.tokens[0]
        if first.is_word("CONSTRAINT"):
            first = self.tokens[2]
        if first.is_word("CHECK", "UNIQUE", "PRIMARY", "FOREIGN"):
            return first.text.upper()
        return first.value.lower()

    def mentions(self, name: str) -> bool:
        """Return whether it names something, in any case and in any quotes."""
        return any(t.kind == "name" and t.value.lower() == name.lower() for t in self.tokens)


def without_columns(create_table: str, successors: dict[str, str]) -> str:
    """Return a CREATE TABLE statement without some columns.

    A CHECK that names one of them goes with it. A UNIQUE or PRIMARY KEY of the table names the
    successor instead, and a UNIQUE of the column itself moves to the successor, so that what was
    guaranteed stays guaranteed. Nothing else of the text changes.

    Args:
        create_table: the statement.
        successors: the column that takes over, by each column to leave out.

    Raises:
        Refused: something else of the table depends on the column; the message names it.

    Example:
        >>> without_columns("CREATE TABLE t (a, b, b_ms, UNIQUE (a, b))", {"b": "b_ms"})
        'CREATE TABLE t (a, b_ms, UNIQUE (a, "b_ms"))'
    """
    items = items_of(create_table)
    edits: list[tuple[int, int, str]] = []
    kept: list[Item] = []
    unique: set[str] = set()
    for item in items:
        mentioned = [name for name in successors if item.mentions(name)]
        if item.keyword in {name.lower() for name in successors}:
            if _has_words(item, "PRIMARY"):
                raise Refused(f"{item.tokens[0].value} is the primary key; change the key first")
            if _has_words(item, "UNIQUE"):
                unique.add(successors[_key_of(successors, item.keyword)].lower())
        elif item.keyword == "CHECK" and mentioned:
            pass
        else:
            kept.append(item)
            if mentioned:
                edits += _edits(item, successors)
    for item in kept:
        if item.keyword in unique:
            edits.append((item.end, item.end, " UNIQUE"))
    edits += without_items(items, kept)
    for start, end, text in sorted(edits, reverse=True):
        create_table = create_table[:start] + text + create_table[end:]
    return create_table


def checks_naming(create_table: str, columns: Collection[str]) -> tuple[str, ...]:
    """Return the CHECK constraints of a CREATE TABLE statement that name one of some columns.

    Args:
        create_table: the statement.
        columns: names of columns.

    Example:
        >>> checks_naming("CREATE TABLE t (a, b, CHECK (a < b), CHECK (a > 0))", ["b"])
        ('CHECK (a < b)',)
    """
    return tuple(
        create_table[item.start : item.end]
        for item in items_of(create_table)
        if item.keyword == "CHECK" and any(item.mentions(name) for name in columns)
    )


def _key_of(successors: dict[str, str], lowered: str) -> str:
    return next(name for name in successors if name.lower() == lowered)


def items_of(create_table: str) -> list[Item]:
    """Return the entries of the list of a CREATE TABLE statement."""
    depth, comma = 0, -1
    items: list[Item] = []
    current: list[Token] = []
    for token in tokens(create_table):
        if token.text == ")":
            depth -= 1
            if depth == 0:
                break
        if token.text == "," and depth == 1:
            items.append(Item(tuple(current), comma))
            current, comma = [], token.start
        elif depth:
            current.append(token)
        if token.text == "(":
            depth += 1
    return [*items, Item(tuple(current), comma)]


def without_items(items: list[Item], kept: list[Item]) -> list[tuple[int, int, str]]:
    """Cut each item that is not kept, with the comma that parts it from what stays."""
    edits = []
    first = items.index(kept[0])
    for place, item in enumerate(items):
        if place < first:
            edits.append((item.start, items[place + 1].start, ""))
        elif item not in kept:
            edits.append((item.comma, item.end, ""))
    return edits


def _has_words(item: Item, *words: str) -> bool:
    return any(token.is_word(*words) for token in item.tokens)


def _edits(item: Item, successors: dict[str, str]) -> list[tuple[int, int, str]]:
    """Return the edits of an item that stays and names a column that goes."""
    going = {name.lower() for name in successors}
    named = [t for t in item.tokens if t.kind == "name" and t.value.lower() in going]
    if item.keyword in ("UNIQUE", "PRIMARY"):
        return [
            (t.start, t.end, quote(successors[_key_of(successors, t.value.lower())])) for t in named
        ]
    if item.keyword == "FOREIGN":
        raise Refused("a FOREIGN KEY of the table names the column; change it first")
    checks = _check_spans(item)
    in_checks = [t for t in named if any(start <= t.start < end for start, end in checks)]
    if in_checks != named:
        raise Refused(f"column {item.tokens[0].value} is computed from it; change it first")
    return [
        (start, end, "") for start, end in checks if any(start <= t.start < end for t in in_checks)
    ]


def _check_spans(item: Item) -> list[tuple[int, int]]:
    """Return the spans of a column's CHECK clauses, with their CONSTRAINT names."""
    spans = []
    for place, token in enumerate(item.tokens):
        if not token.is_word("CHECK"):
            continue
        first = place
        if place >= 2 and item.tokens[place - 2].is_word("CONSTRAINT"):
            first = place - 2
        depth, last = 0, place
        for last in range(place + 1, len(item.tokens)):
            depth += {"(": 1, ")": -1}.get(item.tokens[last].text, 0)
            if depth == 0:
                break
        spans.append((item.tokens[first].start, item.tokens[last].end))
    return spans
