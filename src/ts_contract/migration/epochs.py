"""Which epoch numbers count from, told by the one that makes most of them recent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from ..contract import Storage
from ..timestamps import now_ms
from .forms import Reading, convert
from .numbers import decimal_of

__all__ = ["is_number", "likely_storage"]

_UNIX: Final[tuple[Storage, ...]] = ("seconds", "milliseconds", "microseconds", "nanoseconds")
# Ticks of .NET and nanoseconds of Apple have as many digits: of a year both are recent.
_OTHERS: Final[tuple[Storage, ...]] = (
    "apple-seconds",
    "webkit-microseconds",
    "filetime",
    "dotnet-ticks",
    "apple-nanoseconds",
)
_DAYS: Final[tuple[Storage, ...]] = ("ole-days",)
_YEAR_MS: Final = 365 * 86_400_000
_FIRST_UNIX_MS: Final = int(datetime(2000, 5, 29, tzinfo=UTC).timestamp()) * 1_000  # SQLite 1.0
_LAST_UNIX_MS: Final = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp()) * 1_000
_FIRST_OTHER_MS: Final = int(datetime(2005, 1, 1, tzinfo=UTC).timestamp()) * 1_000


def is_number(value: object) -> bool:
    """Return whether a stored value is a number, or the text of one.

    Example:
        >>> is_number("1705320000.5"), is_number("2024-01-15")
        (True, False)
    """
    if isinstance(value, str):
        return decimal_of(value) is not None
    return isinstance(value, int | float)


def likely_storage(numbers: Sequence[object]) -> Storage | None:
    """Return the storage by which most numbers are recent; None if none is.

    What is recent by the epoch of Unix is of that one, and days have fractions.

    Args:
        numbers: stored numbers, or texts of them.

    Example:
        >>> likely_storage([1705320000]), likely_storage([13349793600000000]), likely_storage([7])
        ('seconds', 'webkit-microseconds', None)
    """
    soon = now_ms() + _YEAR_MS
    candidates = [
        *((storage, _FIRST_UNIX_MS, _LAST_UNIX_MS) for storage in _UNIX),
        *((storage, _FIRST_OTHER_MS, soon) for storage in _OTHERS),
    ]
    if _most(numbers, lambda number: float(str(number)) % 1 != 0):
        candidates += [(storage, _FIRST_OTHER_MS, soon) for storage in _DAYS]
    for storage, first, last in candidates:
        if _most(numbers, _is_within(storage, first, last)):
            return storage
    return None


def _is_within(storage: Storage, first: int, last: int) -> Callable[[object], bool]:
    reading = Reading(storage)

    def is_within(number: object) -> bool:
        ms = convert(number, reading).ms
        return ms is not None and first <= ms <= last

    return is_within


def _most(numbers: Sequence[object], holds: Callable[[object], bool]) -> bool:
    return sum(map(holds, numbers)) > len(numbers) / 2
