"""Names the likely cause of a wrong epoch value, from what it is and what it should be."""

from __future__ import annotations

from typing import TypeGuard

from ..timestamps import EPOCH_2020_MS, EPOCH_2030_MS, validate_epoch_ms

__all__ = ["cause_of_difference", "problem_of_value"]

_QUARTER_HOUR = 15 * 60_000
_LARGEST_OFFSET = 14 * 3_600_000  # of all zones of the IANA database


def problem_of_value(
    value: object, first: int = EPOCH_2020_MS, last: int = EPOCH_2030_MS
) -> str | None:
    """Say why a value cannot be an instant of a range, and what it seems to be.

    Args:
        value: what was found in place of epoch milliseconds.
        first: the first instant of the range, in epoch milliseconds.
        last: the last one.

    Returns:
        The problem and its likely cause; None if there is none.

    Example:
        >>> problem_of_value(1705320000)
        'is outside 1577836800000 to 1893456000000: seconds for milliseconds? multiply by 1000'
    """
    if not _is_int(value):
        return f"is {_named_type(value)}"
    if first <= value <= last:
        return None
    for factor, cause in _UNITS:
        if validate_epoch_ms(value * factor[0] // factor[1], first, last):
            return f"is outside {first} to {last}: {cause}"
    return f"is outside {first} to {last}"


_UNITS = (
    ((1000, 1), "seconds for milliseconds? multiply by 1000"),
    ((1, 1000), "microseconds for milliseconds? divide by 1000 with //"),
    ((1, 1_000_000), "nanoseconds for milliseconds? divide by 1_000_000 with //"),
)


def cause_of_difference(found: object, expected: int) -> str:
    """Say by how much a value differs from the instant that it should be, and the likely cause.

    Args:
        found: the value.
        expected: the right instant, in epoch milliseconds.

    Returns:
        The difference and the cause.

    Example:
        >>> cause_of_difference(1705319999999, 1705320000000)
        '-1 ms: rounding? floor in integer arithmetic, as to_epoch_ms does'
        >>> cause_of_difference(1705327200000, 1705320000000)
        '+7200000 ms: a local time at UTC+02:00 read as UTC?'
    """
    if not _is_int(found):
        return _named_type(found)
    difference = found - expected
    for factor, cause in _UNITS:
        if expected and abs(found * factor[0] // factor[1] - expected) < 1000:
            return cause
    for factor, cause in _UNITS:
        if validate_epoch_ms(found * factor[0] // factor[1], EPOCH_2020_MS, EPOCH_2030_MS):
            return cause  # another instant, in another unit
    return f"{difference:+d} ms{_cause(difference, found)}"


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _named_type(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return "a float: time.time() * 1000? use now_ms(), or // on integers"
    if isinstance(value, str):
        return "a text: a datetime or ISO text bound as it is? convert it with to_epoch_ms()"
    return f"a {type(value).__name__}, not an int"


def _cause(difference: int, found: int) -> str:
    if abs(difference) == 1:
        return ": rounding? floor in integer arithmetic, as to_epoch_ms does"
    if -1000 < difference < 0 and found % 1000 == 0:
        return ": the fraction of the second is lost"
    if abs(difference) <= _LARGEST_OFFSET and difference % _QUARTER_HOUR == 0:
        hours, minutes = divmod(abs(difference) // 60_000, 60)
        sign = "+" if difference > 0 else "-"
        return f": a local time at UTC{sign}{hours:02}:{minutes:02} read as UTC?"
    return ""
