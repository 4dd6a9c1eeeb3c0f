"""Small pieces of SQL that every conversion is built of, for SQLite 3.35 and newer."""

from __future__ import annotations

from collections.abc import Iterable

from ....contract import NullValue
from ...forms import Reading
from .names import literal

__all__ = ["case", "floor_divide", "is_null_value", "size", "stands_for_null"]


def case(branches: Iterable[tuple[str, str]]) -> str:
    """Return the CASE of conditions and results; NULL where there are none.

    Example:
        >>> case([("x>0", "1")])
        'CASE WHEN x>0 THEN 1 END'
    """
    whens = " ".join(f"WHEN {condition} THEN {result}" for condition, result in branches)
    return f"CASE {whens} END" if whens else "NULL"


def floor_divide(number: str, divisor: int) -> str:
    """Return SQL to divide an integer and round down; SQLite itself rounds towards zero.

    It does not overflow, whatever the integer.
    """
    return number if divisor == 1 else f"({number}/{divisor}-({number}%{divisor}<0))"


def size(value: str) -> str:
    """Return SQL for the bytes of a value; length() counts characters, and ends at a NUL."""
    return f"length(CAST({value} AS BLOB))"


def is_null_value(value: str, reading: Reading) -> str:
    """Return SQL for whether a value is one of those that stand for NULL.

    Texts are told from numbers, whatever the affinity and the collation of the column.
    """
    texts = [n for n in reading.null_values if isinstance(n, str)]
    numbers = [n for n in reading.null_values if not isinstance(n, str)]
    conditions = []
    if texts:
        listed = ",".join(map(literal, texts))
        conditions.append(f"typeof({value})='text' AND +{value} COLLATE BINARY IN ({listed})")
    if numbers:
        listed = ",".join(map(_number, numbers))
        conditions.append(f"typeof({value}) IN ('integer','real') AND +{value} IN ({listed})")
    return f"({' OR '.join(conditions)})" if conditions else "0"


def stands_for_null(value: str, reading: Reading) -> str:
    """Return SQL for whether a value stands for NULL, be it NULL itself or one of null-values."""
    if not reading.null_values:
        return f"({value} IS NULL)"
    return f"({value} IS NULL OR {is_null_value(value, reading)})"


def _number(number: NullValue) -> str:
    """Return a number as SQL writes it; it has no word for the infinite."""
    return repr(number).replace("inf", "9e999")
