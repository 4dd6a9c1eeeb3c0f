"""The clauses of a CREATE TABLE statement: what it says of each column and of the whole table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .create_text import Item, Token

__all__ = ["Clause", "Edit", "clauses_of", "edited", "groups", "without_parentheses"]

Edit = tuple[int, int, str]
"""Offsets of what goes, and what takes its place."""

_OF_COLUMN: Final = (
    "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED",
    "AS",
)  # fmt: skip
_OF_TABLE: Final = ("PRIMARY", "UNIQUE", "CHECK", "FOREIGN")


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a column, or one constraint of a table.

    Attributes:
        kind: the keyword that it begins with, in capitals: `NOT`, `DEFAULT`, `UNIQUE`, ...
        tokens: all of it, with the name that CONSTRAINT gives it.
        body: what follows the keyword.
    """

    kind: str
    tokens: tuple[Token, ...]
    body: tuple[Token, ...]

    @property
    def start(self) -> int:
        """Offset of its first character."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Offset behind its last character."""
        return self.tokens[-1].end

    def text(self, create: str, edits: Iterable[Edit] = ()) -> str:
        """Return its text, with some edits, in one line."""
        return edited(create, self.start, self.end, edits)


def clauses_of(item: Item) -> list[Clause]:
    """Return the clauses of one entry of a CREATE TABLE list."""
    words = _OF_TABLE if item.is_constraint else _OF_COLUMN
    tokens = item.tokens if item.is_constraint else item.tokens[1:]
    marks: list[tuple[int, int]] = []  # where a clause begins, and where its keyword is
    place, depth = 0, 0
    while place < len(tokens):
        token = tokens[place]
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        first = place
        if depth == 0 and token.is_word("CONSTRAINT") and place + 2 < len(tokens):
            place += 2
            token = tokens[place]
        if depth == 0 and token.is_word(*words) and not _is_inside(tokens, place):
            marks.append((first, place))
            place += _taken(token)
        place += 1
    ends = [*(first for first, _ in marks), len(tokens)][1:]
    return [
        Clause(tokens[keyword].text.upper(), tokens[first:end], tokens[keyword + 1 : end])
        for (first, keyword), end in zip(marks, ends, strict=True)
    ]


def _taken(keyword: Token) -> int:
    """Return how many tokens after a keyword are its own, whatever they look like."""
    return int(keyword.is_word("NOT", "COLLATE", "REFERENCES"))


def _is_inside(tokens: tuple[Token, ...], place: int) -> bool:
    """Return whether a keyword belongs to what stands before it: DEFAULT NULL, ON DELETE SET NULL.

    NOT DEFERRABLE is part of a REFERENCES clause, and GENERATED ALWAYS AS begins with GENERATED.
    """
    before = tokens[place - 1] if place else None
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    if tokens[place].is_word("NOT"):
        return after is None or after.is_word("DEFERRABLE")
    return before is not None and before.is_word("DEFAULT", "SET", "ALWAYS")


def groups(tokens: Iterable[Token]) -> list[tuple[Token, ...]]:
    """Return what stands in each of the outermost parentheses."""
    found: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if token.text == ")":
            depth -= 1
        if depth:
            found[-1].append(token)
        if token.text == "(":
            depth += 1
            if depth == 1:
                found.append([])
    return [tuple(group) for group in found]


def without_parentheses(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Return an expression without the parentheses around all of it."""
    while len(tokens) > 2 and tokens[0].text == "(" and tokens[-1].text == ")":
        (*inner,) = groups(tokens)
        if len(inner) != 1:
            break
        tokens = inner[0]
    return tokens


def edited(text: str, start: int, end: int, edits: Iterable[Edit] = ()) -> str:
    """Return a part of a text, with some edits.

    Example:
        >>> edited("CHECK (at > 0)", 0, 14, [(7, 9, "at_ms")])
        'CHECK (at_ms > 0)'
    """
    for first, last, new in sorted(edits, reverse=True):
        text = text[:first] + new + text[last:]
        end += len(new) - (last - first)
    return text[start:end]
