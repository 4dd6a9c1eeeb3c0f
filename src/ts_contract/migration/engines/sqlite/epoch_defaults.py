"""The DEFAULT of an epoch column: the instant that the one of the legacy column stands for."""

from __future__ import annotations

from typing import Final

from ...errors import Failed, Refused
from ...forms import Reading, convert
from ...zones import is_utc
from ..base import Session
from .clauses import Edit, edited, without_parentheses
from .create_text import Token
from .names import literal

__all__ = ["NOW", "epoch_default"]

NOW: Final = (
    "(CAST(strftime('%s','now') AS INTEGER) * 1000"
    " + CAST(substr(strftime('%f','now'), 4) AS INTEGER))"
)
"""The present millisecond, on every SQLite since 3.35: without unixepoch, subsec or rounding."""

_CLOCKS: Final = ("CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME")
_FUNCTIONS: Final = (
    "DATETIME", "STRFTIME", "UNIXEPOCH", "JULIANDAY", "DATE", "TIME", "CAST", "SUBSTR", "ROUND",
)  # fmt: skip
_DATE_FUNCTIONS: Final = ("DATETIME", "UNIXEPOCH", "JULIANDAY", "DATE", "TIME")
_WORDS: Final = ("AS", "INTEGER", "INT", "TEXT", "REAL", "TRUE", "FALSE", "X")
# What a clock would show at these moments tells what it is a clock of.
_MOMENTS: Final = (
    ("2024-02-29 12:34:56.789", 1_709_210_096_789),
    ("1999-12-31 23:59:59.001", 946_684_799_001),
    ("2031-07-01 00:00:00.500", 1_940_630_400_500),
)


def epoch_default(
    session: Session, create: str, tokens: tuple[Token, ...], reading: Reading
) -> str:
    """Return the default of an epoch column, as it stands behind DEFAULT.

    A clock becomes the present millisecond, a constant the instant that it is converted to.

    Args:
        session: a database, which computes what the expression would give.
        create: the CREATE TABLE statement.
        tokens: the legacy column's default in it.
        reading: how values of the legacy column are read.

    Raises:
        Refused: it is no instant, or nothing that is known to be one; the message says why.
    """
    bare = without_parentheses(tokens)
    words = [token for token in bare if token.kind == "name"]
    if len(bare) == 1 and bare[0].is_word("NULL"):
        return "NULL"
    if len(bare) == 1 and words and not bare[0].is_word(*_CLOCKS, "TRUE", "FALSE"):
        return _constant(bare[0].value, reading)  # a word without quotes is a text there
    _refuse_unknown(bare)
    if not _clocks(bare, ""):
        if any(word.is_word(*_FUNCTIONS) for word in words):
            raise Refused("an expression that is not known to give an instant")
        return _constant(_value(session, create, bare), reading)
    for moment, ms in _MOMENTS:
        shown = convert(_value(session, create, bare, _clocks(bare, moment)), reading).ms
        if shown not in (ms, ms // 1_000 * 1_000):
            if not is_utc(reading.timezone):
                raise Refused(f"a clock in UTC, while the contract says {reading.timezone}")
            raise Refused("an expression that does not give the present instant")
    return NOW


def _constant(value: object, reading: Reading) -> str:
    conversion = convert(value, reading)
    if conversion.reason is not None:
        raise Refused(f"no instant: {conversion.reason}")
    return "NULL" if conversion.ms is None else str(conversion.ms)


def _refuse_unknown(tokens: tuple[Token, ...]) -> None:
    for place, token in enumerate(tokens):
        is_called = place + 1 < len(tokens) and tokens[place + 1].text == "("
        if token.kind == "name":
            known = _FUNCTIONS if is_called else (*_WORDS, *_CLOCKS)
            if not token.is_word(*known):
                raise Refused("an expression that is not known to give an instant")
        if token.kind == "string" and token.text.lower() in ("'localtime'", "'utc'"):
            raise Refused("an expression that depends on the time zone of the computer")


def _clocks(tokens: tuple[Token, ...], moment: str) -> list[Edit]:
    """Return the edits that stop each clock of an expression at a moment."""
    edits: list[Edit] = []
    stopped = literal(moment)
    for place, token in enumerate(tokens):
        following = "".join(token.text for token in tokens[place + 1 : place + 3])
        if token.is_word(*_CLOCKS):
            function = {"CURRENT_DATE": "date", "CURRENT_TIME": "time"}
            name = function.get(token.text.upper(), "datetime")
            edits.append((token.start, token.end, f"{name}({stopped})"))
        elif token.kind == "string" and token.text.lower() == "'now'":
            edits.append((token.start, token.end, stopped))
        elif token.is_word(*_DATE_FUNCTIONS) and following == "()":
            edits.append((tokens[place + 1].end, tokens[place + 1].end, stopped))
    return edits


def _value(
    session: Session, create: str, tokens: tuple[Token, ...], edits: list[Edit] | None = None
) -> object:
    expression = edited(create, tokens[0].start, tokens[-1].end, edits or ())
    try:
        value: object = session.value(f"SELECT {expression}")
    except Failed as error:
        raise Refused("an expression that this SQLite cannot compute") from error
    return value
