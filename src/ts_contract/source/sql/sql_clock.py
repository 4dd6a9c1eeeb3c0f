"""Finds the database's own clock in a value: `CURRENT_TIMESTAMP`, `now()`, `datetime('now')`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import Token, TokenType

__all__ = ["clock_in"]

_KEYWORD_CLOCKS = {"CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIMESTAMP"}
_CALLED_CLOCKS = {"NOW", "CLOCK_TIMESTAMP", "STATEMENT_TIMESTAMP", "TRANSACTION_TIMESTAMP"}
_CLOCK_IF_NOW = {"DATETIME", "DATE", "TIME", "STRFTIME", "JULIANDAY", "UNIXEPOCH"}
_PASSING = {"COALESCE", "IFNULL", "NULLIF", "MAX", "MIN", "IIF"}
_BESIDE = {
    None,
    TokenType.COMMA,
    TokenType.L_PAREN,
    TokenType.R_PAREN,
    TokenType.THEN,
    TokenType.ELSE,
    TokenType.END,
}


def clock_in(tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Return where the value of `tokens` takes the SQL clock as it is.

    `EXTRACT(EPOCH FROM now())` does not: what becomes of the clock there is a number.
    """
    for index, token in enumerate(tokens):
        last = _clock_end(tokens, index)
        if last is None:
            continue
        before = tokens[index - 1].token_type if index else None
        after = tokens[last + 1].token_type if last + 1 < len(tokens) else None
        if before in _BESIDE and after in _BESIDE and _only_passed(tokens, index):
            return token.start, tokens[last].end + 1
    return None


def _clock_end(tokens: Sequence[Token], at: int) -> int | None:
    """Return the index of the last token of the clock that begins at `at`, if one does."""
    name = tokens[at].text.upper()
    if tokens[at].token_type is TokenType.STRING:
        return None
    called = at + 1 < len(tokens) and tokens[at + 1].token_type is TokenType.L_PAREN
    if not called:
        return at if name in _KEYWORD_CLOCKS else None
    if name not in _KEYWORD_CLOCKS | _CALLED_CLOCKS | _CLOCK_IF_NOW:
        return None
    depth = 0
    for index in range(at + 1, len(tokens)):
        kind = tokens[index].token_type
        depth += (kind is TokenType.L_PAREN) - (kind is TokenType.R_PAREN)
        if not depth:
            inside = tokens[at + 2 : index]
            says_now = any(
                t.token_type is TokenType.STRING and t.text.lower() == "now" for t in inside
            )
            return index if says_now or not inside or name not in _CLOCK_IF_NOW else None
    return None


def _only_passed(tokens: Sequence[Token], at: int) -> bool:
    """Tell whether every call around a token hands its argument on unchanged."""
    depth = 0
    for index in range(at - 1, -1, -1):
        kind = tokens[index].token_type
        depth += (kind is TokenType.R_PAREN) - (kind is TokenType.L_PAREN)
        if depth < 0:
            depth = 0
            named = index and tokens[index - 1].text.upper()
            if named and (
                named[0].isalpha()
                and named not in _PASSING
                and named not in {"THEN", "ELSE", "WHEN"}
            ):
                return False
    return True
