"""Parses one SQL statement with sqlglot, in a contract's dialect.

Whoever imports this module loads sqlglot: what runs before a candidate string is found must not.
"""

from __future__ import annotations

import logging

from sqlglot import Dialect, exp
from sqlglot.errors import SqlglotError

from .tokens import Tokens

__all__ = ["parse", "tokenise"]

_LOGGER = logging.getLogger("sqlglot")
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}


def tokenise(sql: str, dialect: str) -> Tokens:
    """Return the tokens of a statement.

    Args:
        sql: the statement; its offsets are those of the tokens.
        dialect: a contract's dialect.

    Raises:
        SqlglotError: the text holds what is not a token, such as an open quote.
    """
    return Tokens(Dialect.get_or_raise(_DIALECTS[dialect]).tokenize(sql))


def parse(sql: str, dialect: str) -> tuple[exp.Expr | None, Tokens]:
    """Parse one statement, silently.

    Args:
        sql: the statement; its offsets are those of the tree.
        dialect: a contract's dialect.

    Returns:
        The tree, or None where sqlglot cannot parse it, and the tokens.
    """
    engine = Dialect.get_or_raise(_DIALECTS[dialect])
    was_disabled, _LOGGER.disabled = _LOGGER.disabled, True
    tokens = Tokens(())
    try:
        plain = engine.tokenize(sql)
        tokens = Tokens(plain)
        trees = engine.parser().parse(plain, sql)
    except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, IndexError):
        return None, tokens  # whatever its parser stumbles over is a statement not understood
    finally:
        _LOGGER.disabled = was_disabled
    tree = trees[0] if len(trees) == 1 else None
    return tree, tokens
