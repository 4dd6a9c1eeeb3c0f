"""The tokens of a statement, with their nesting: where its parts begin and end.

sqlglot's tree says what a name means, and not where an expression begins and ends; its tokens do.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Sequence
from functools import cached_property

from sqlglot import Token, TokenType

__all__ = ["CLOSING", "OPENING", "Tokens"]

OPENING = frozenset({TokenType.L_PAREN, TokenType.CASE, TokenType.L_BRACKET})
CLOSING = frozenset({TokenType.R_PAREN, TokenType.END, TokenType.R_BRACKET})


class Tokens:
    """The tokens of one statement. Each is meant by its index.

    Args:
        tokens: the tokens, as sqlglot gives them.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens

    def __len__(self) -> int:
        return len(self._tokens)

    def __getitem__(self, index: int) -> Token:
        return self._tokens[index]

    def kind(self, index: int) -> TokenType | None:
        """Return a token's type; None outside of the statement."""
        return self._tokens[index].token_type if 0 <= index < len(self._tokens) else None

    def starting(self, at: int) -> int | None:
        """Return the token that begins at an index of the text, its opening quote left out or not.

        Args:
            at: index of the first character in the statement's text.
        """
        return self._by_start.get(at, self._by_start.get(at - 1))

    @cached_property
    def _by_start(self) -> dict[int, int]:
        return {token.start: index for index, token in enumerate(self._tokens)}

    def within(self, first: int, last: int) -> list[Token]:
        """Return the tokens that stand between two indexes of the text."""
        begin = bisect_left(self._tokens, first, key=lambda token: token.start)
        end = bisect_left(self._tokens, last, lo=begin, key=lambda token: token.end)
        return list(self._tokens[begin:end])

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return the indexes of the text from a token's first character to after another's last."""
        return self._tokens[first].start, self._tokens[last].end + 1

    # --- nesting -----------------------------------------------------------------------------

    @property
    def closings(self) -> dict[int, int]:
        """The token that closes what each opening token opens, if one does."""
        return self._nesting[0]

    @property
    def holders(self) -> list[int]:
        """The opening token around each token; -1 at the top of the statement."""
        return self._nesting[1]

    @cached_property
    def _nesting(self) -> tuple[dict[int, int], list[int]]:
        closings: dict[int, int] = {}
        holders: list[int] = []
        stack: list[int] = []
        for index, token in enumerate(self._tokens):
            if token.token_type in CLOSING and stack:
                closings[stack.pop()] = index
            holders.append(stack[-1] if stack else -1)
            if token.token_type in OPENING:
                stack.append(index)
        return closings, holders

    def closing(self, opening: int) -> int:
        """Return the token that closes what a token opens; the last one if none does."""
        return self.closings.get(opening, len(self._tokens) - 1)

    def end(self, at: int, ends: Container[TokenType | None]) -> int:
        """Return the first token from `at` on, on the level of `at`, that is not part of it.

        Args:
            at: where to begin.
            ends: the types that end it, besides what closes the level.
        """
        while at < len(self._tokens):
            kind = self._tokens[at].token_type
            if kind in ends or kind in CLOSING:
                break
            at = self.closing(at) + 1 if kind in OPENING else at + 1
        return at
