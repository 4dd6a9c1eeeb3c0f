"""A place in one statement, with the statement and its tokens: what a rewrite looks at."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...source.sql.references import Statement
from .tokens import Place, StatementTokens
from .usage import Usage, usage_of

__all__ = ["Spot"]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in one statement.

    Attributes:
        statement: the statement.
        tokens: its tokens.
        place: which of them.
    """

    statement: Statement
    tokens: StatementTokens
    place: Place

    def at(self, place: Place) -> Spot:
        """Return another place in the same statement."""
        return replace(self, place=place)

    @property
    def inside(self) -> Spot:
        """The same without the parentheses around it."""
        return self.at(self.tokens.inside(self.place))

    @property
    def text(self) -> str:
        """Its SQL."""
        return self.tokens.text(self.place)

    @property
    def indexes(self) -> tuple[int, int]:
        """Where it is in the query's text, from its first index to the one behind it."""
        return self.tokens.indexes(self.place)

    @property
    def usage(self) -> Usage:
        """How it is used by what stands around it."""
        return usage_of(self.tokens, self.place)
