"""The text of CREATE INDEX statements, taken apart and put together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...pairs import SuccessorIndex
from .clauses import groups
from .create_text import Token, tokens
from .names import name_in, quote

__all__ = ["IndexText", "create_index", "index_text", "terms_of", "without_order"]

Term = tuple[Token, ...]
"""What is indexed, with its collation and its order."""


@dataclass(frozen=True, slots=True)
class IndexText:
    """What an index is of.

    Attributes:
        unique: whether it keeps rows apart.
        terms: what is indexed.
        where: the condition of the rows in it; empty for all rows.
    """

    unique: bool
    terms: tuple[Term, ...]
    where: tuple[Token, ...]

    def mentions(self, column: str) -> bool:
        """Return whether it is of a column, in any case and in any quotes."""
        named = (token for part in (*self.terms, self.where) for token in part)
        return any(t.kind == "name" and t.value.lower() == column.lower() for t in named)


def index_text(create: str) -> IndexText:
    """Return what a CREATE INDEX statement says, as SQLite stores it.

    Example:
        >>> text = index_text("CREATE UNIQUE INDEX at ON t (a, b DESC) WHERE c > 0")
        >>> [[token.text for token in term] for term in text.terms], text.mentions("at")
        ([['a'], ['b', 'DESC']], False)
    """
    words = tuple(tokens(create))
    terms = groups(words)[0]
    where = tuple(word for word in words if word.start >= terms[-1].end)[2:]  # behind `) WHERE`
    return IndexText(words[1].is_word("UNIQUE"), terms_of(terms), where)


def terms_of(listed: Iterable[Token]) -> tuple[Term, ...]:
    """Return the terms of a list, which commas part."""
    depth, terms = 0, [list[Token]()]
    for token in listed:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == "," and depth == 0:
            terms.append([])
        else:
            terms[-1].append(token)
    return tuple(map(tuple, terms))


def without_order(term: Term) -> Term:
    """Return a term without its ASC or DESC."""
    return term[:-1] if term[-1].is_word("ASC", "DESC") else term


def create_index(table: str, index: SuccessorIndex, schema: str = "") -> str:
    """Return the statement that creates an index; SQLite stores it so, without the schema."""
    unique = "UNIQUE " if index.unique else ""
    where = f" WHERE {index.where}" if index.where else ""
    return (
        f"CREATE {unique}INDEX {name_in(index.name, schema)}"
        f" ON {quote(table)} ({', '.join(index.terms)}){where}"
    )
