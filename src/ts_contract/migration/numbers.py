"""What a stored number means: ticks of a unit since an epoch, days, or the digits of a date.

Everything is integer arithmetic; a scale says in integers how a number becomes milliseconds, for
Python and for the SQL of each engine. Only what a floating-point column holds is rounded, to the
microsecond that its writer meant, and days, to the millisecond that a double of days tells apart.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final, NamedTuple

from ..contract import NAMED_TICKS, Storage, Ticks, Unit

__all__ = [
    "DAYS_SINCE",
    "MAX_MS",
    "MIN_MS",
    "PACKED_SIZES",
    "Decimal",
    "LookAlike",
    "Scale",
    "counts_seconds",
    "decimal_of",
    "is_packed_date",
    "ms_to_number",
    "number_to_ms",
    "packed_text",
    "scale_of",
    "undeclared",
]

MIN_MS: Final = -62_135_596_800_000  # 0001-01-01T00:00:00.000Z
MAX_MS: Final = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z

DAYS_SINCE: Final[Mapping[Storage, float]] = {"julian-day": 2_440_587.5, "ole-days": 25_569.0}
"""What 1970-01-01 is in days, by storage."""

PACKED_SIZES: Final = (8, 10, 12, 14, 17, 20)
"""How many digits YYYYMMDD has, with HH, MM, SS, three and six more digits."""

_PER_SECOND: Final[dict[Unit, int]] = {
    "s": 1,
    "ms": 1_000,
    "us": 1_000_000,
    "100ns": 10_000_000,
    "ns": 1_000_000_000,
}
_EPOCH = date(1970, 1, 1)
_MOST = 2**63 - 1
_MOST_WHOLE = 9.2e18  # doubles up to it are numbers of 64 bits, once they are whole
_MOST_HALVES = 2.0**52  # doubles from it on are whole
_MOST_EXACT = 2.0**53  # doubles up to it have every digit
_OUTSIDE = 9.25e18  # no number of 64 bits is as large


# --- scales ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Numbers that are of a coarser unit than the declared one, by all appearance.

    Attributes:
        form: the storage form that says so.
        first: the first such number.
        last: the last one.
    """

    form: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Scale:
    """How ticks become epoch milliseconds: `ticks * multiply // divide + epoch_ms`.

    One of the two factors is 1.

    Attributes:
        multiply: milliseconds of a tick, where it has some.
        divide: ticks of a millisecond, where it has more than one.
        epoch_ms: tick 0.
        below: ticks have to be greater than it, to lie in the years 1 to 9999.
        above: ticks have to be less than it.
        alike: what is refused, because it looks like a coarser unit.
    """

    multiply: int
    divide: int
    epoch_ms: int
    below: int | float
    above: int | float
    alike: tuple[LookAlike, ...] = ()

    @property
    def micros(self) -> float:
        """Microseconds of a tick."""
        return self.multiply * 1_000 / self.divide


@cache
def scale_of(storage: Storage) -> Scale | None:
    """Return the scale of a storage; None for one that is not ticks.

    Example:
        >>> scale_of("filetime").divide
        10000
    """
    ticks = storage if isinstance(storage, Ticks) else NAMED_TICKS.get(storage)
    if ticks is None:
        return None
    multiply = max(1_000 // _PER_SECOND[ticks.unit], 1)
    divide = max(_PER_SECOND[ticks.unit] // 1_000, 1)
    epoch_ms = (ticks.epoch - _EPOCH) // timedelta(milliseconds=1)
    first = -((epoch_ms - MIN_MS) * divide // multiply)
    last = ((MAX_MS - epoch_ms + 1) * divide - 1) // multiply
    return Scale(
        multiply,
        divide,
        epoch_ms,
        below=first - 1 if first > -_MOST else -_OUTSIDE,
        above=last + 1 if last < _MOST else _OUTSIDE,
        # Who writes out unit and epoch means them.
        alike=() if isinstance(storage, Ticks) else _look_alikes(ticks),
    )


def _look_alikes(ticks: Ticks) -> tuple[LookAlike, ...]:
    """Return what is of 2001 to 2065 in a coarser unit, and in this one next to its epoch."""
    epoch = (ticks.epoch - _EPOCH).days * 86_400
    first, last = max(1_000_000_000 - epoch, 5 * 365 * 86_400), 3_000_000_000 - epoch
    coarser = (("seconds", 1), ("milliseconds", 1_000), ("microseconds", 1_000_000))
    return tuple(
        LookAlike(f"like-{name}", first * per_second, last * per_second - 1)
        for name, per_second in coarser
        if per_second < _PER_SECOND[ticks.unit]
    )


def counts_seconds(storage: Storage) -> bool:
    """Return whether a storage counts seconds, so that its whole numbers hold no milliseconds."""
    scale = scale_of(storage)
    return scale is not None and scale.multiply == 1_000


# --- texts of numbers ------------------------------------------------------------------------


class Decimal(NamedTuple):
    """A number as its text writes it.

    Attributes:
        whole: its whole part with its sign, rounded towards zero; None if 64 bits do not hold it.
        digits: the digits of the whole part, without zeros before them.
        fraction: the digits behind the point, without zeros behind them.
        negative: whether it has a minus.
    """

    whole: int | None
    digits: str
    fraction: str
    negative: bool

    @property
    def floor(self) -> int | None:
        """The number rounded down."""
        return self.whole - self._is_cut if self.whole is not None else None

    @property
    def _is_cut(self) -> bool:
        return self.negative and bool(self.fraction)


_PLAIN = re.compile(r"([+-]?)(\d+)(?:\.(\d*))?", re.ASCII)
# As Java and SQLite write a double: the point stands behind the first digit.
_SCIENTIFIC = re.compile(r"([+-]?)(\d)\.(\d+)[eE]\+?(\d\d?)", re.ASCII)
_ZEROS = "0" * 20


def decimal_of(text: str) -> Decimal | None:
    """Read a text as a number by its digits; None if it is not one.

    Example:
        >>> decimal_of("1.619952697527E12")
        Decimal(whole=1619952697527, digits='1619952697527', fraction='', negative=False)
    """
    if match := _PLAIN.fullmatch(text):
        sign, digits, fraction = match[1], match[2], match[3] or ""
    elif match := _SCIENTIFIC.fullmatch(text):
        sign, point = match[1], 1 + int(match[4])
        digits, fraction = match[2] + match[3], match[2] + match[3]
        digits, fraction = (digits + _ZEROS)[:point], fraction[point:]
    else:
        return None
    digits, fraction = digits.lstrip("0"), fraction.rstrip("0")
    whole = int(digits or 0) if len(digits) < 20 else None
    if whole is not None and whole > _MOST:
        whole = None
    if whole is not None and sign == "-":
        whole = -whole
    return Decimal(whole, digits, fraction, sign == "-")


# --- what an undeclared number is ------------------------------------------------------------


def undeclared(number: int | float | Decimal) -> str:
    """Tell the unit of an undeclared number: 1973 to 5138 in s, ms and us do not overlap.

    Args:
        number: what is stored; of a text, its digits.

    Returns:
        The name of a storage, or the form of what is unclear.
    """
    if is_packed_date(_digits_of(number)):
        return "digits"
    value = number.whole if isinstance(number, Decimal) else number
    if value is None or abs(value) >= 1e17:
        return "out-of-range"
    if abs(value) < 1e8:
        return "bare-number"
    if abs(value) < 1e11:
        return "seconds"
    if abs(value) < 1e14:
        return "digits" if 19e12 <= value < 21e12 else "milliseconds"
    return "microseconds"


def _digits_of(number: int | float | Decimal) -> str:
    """Return the digits of a whole number; none where it is negative or has a fraction."""
    if isinstance(number, Decimal):
        return "" if number.negative or number.fraction else number.digits
    if isinstance(number, float) and not (abs(number) < _MOST_WHOLE and number == int(number)):
        return ""
    return str(int(number)) if number > 0 else ""


def is_packed_date(digits: str) -> bool:
    """Return whether digits are a date, perhaps with a time, of the years 1900 to 2199.

    Example:
        >>> is_packed_date("20210502105137"), is_packed_date("20210230105137")
        (True, False)
    """
    if len(digits) not in PACKED_SIZES or not "1900" <= digits[:4] < "2200":
        return False
    if digits[8:10] > "23" or digits[10:12] > "59" or digits[12:14] > "59":
        return False
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def packed_text(number: int | float | str) -> str | None:
    """Return a packed date as a text YYYY-MM-DD HH:MM:SS.

    Args:
        number: what is stored.

    Returns:
        The text, of a day that the calendar need not have; None if the digits are not as many as
        those of a packed date, or if a double does not hold them all.

    Example:
        >>> packed_text(202105021051)
        '2021-05-02 10:51:00'
    """
    if isinstance(number, float):
        if not (abs(number) < _MOST_EXACT and number == int(number)):
            return None
        number = int(number)
    digits = str(number)
    if len(digits) not in PACKED_SIZES or not (digits.isascii() and digits.isdigit()):
        return None
    year, rest = digits[:4], digits[4:].ljust(10, "0")
    month, day, hour, minute, second = (rest[place : place + 2] for place in range(0, 10, 2))
    fraction = rest[10:] and f".{rest[10:]}"
    return f"{year}-{month}-{day} {hour}:{minute}:{second}{fraction}"


# --- conversion ------------------------------------------------------------------------------


def number_to_ms(number: int | float | Decimal, storage: Storage) -> int | str:
    """Convert a number of a declared storage, rounded down to the millisecond.

    Args:
        number: what is stored; of a text, its digits.
        storage: what the number is: ticks or days.

    Returns:
        Epoch milliseconds, of any year; or the form of what has none.
    """
    if storage in DAYS_SINCE:
        return _days_to_ms(number, storage)
    scale = scale_of(storage)
    assert scale is not None
    if isinstance(number, float) and abs(number) < _MOST_WHOLE and number == int(number):
        number = int(number)
    whole = number.whole if isinstance(number, Decimal) else number
    if whole is None or not scale.below < whole < scale.above:
        return "out-of-range"
    for alike in scale.alike:
        if alike.first <= whole <= alike.last:
            return alike.form
    if isinstance(number, float):
        return _half_away(number * scale.micros) // 1_000 + scale.epoch_ms
    if isinstance(number, Decimal):
        return _decimal_to_ms(number, scale) + scale.epoch_ms
    return number * scale.multiply // scale.divide + scale.epoch_ms


def _decimal_to_ms(number: Decimal, scale: Scale) -> int:
    assert number.whole is not None
    assert number.floor is not None
    if scale.multiply == 1:
        return number.floor // scale.divide
    milli = int(f"{number.fraction:0<3}"[:3])
    if not number.negative:
        return number.whole * 1_000 + milli
    return number.whole * 1_000 - milli - (len(number.fraction) > 3)


def _days_to_ms(number: int | float | Decimal, storage: Storage) -> int | str:
    assert isinstance(number, int | float)
    if abs(number) >= 1e8:
        return "out-of-range"
    if storage == "ole-days" and number < 0:  # the day has a sign, the time of the day has not
        number = 2 * int(number) - number
    return _half_away((number - DAYS_SINCE[storage]) * 86_400_000.0)


def _half_away(number: float) -> int:
    """Round as SQLite's round() does: halves away from zero, in double arithmetic.

    A large double is whole, and half of one added to it would be rounded to the next even number.
    """
    if abs(number) >= _MOST_HALVES:
        return int(number)
    return math.floor(number + 0.5) if number >= 0 else math.ceil(number - 0.5)


def ms_to_number(ms: int, storage: Storage) -> int | float:
    """Return the number that stands for an instant: a whole one where its unit allows it.

    Args:
        ms: epoch milliseconds.
        storage: what the number is to be: ticks or days.

    Example:
        >>> ms_to_number(1_619_952_697_527, "filetime")
        132644262975270000
    """
    if storage == "julian-day":
        return ms / 86_400_000 + DAYS_SINCE[storage]
    if storage == "ole-days":
        day, time = divmod(ms, 86_400_000)
        day += int(DAYS_SINCE[storage])
        return day - time / 86_400_000 if day < 0 else day + time / 86_400_000
    scale = scale_of(storage)
    assert scale is not None
    ticks, rest = divmod((ms - scale.epoch_ms) * scale.divide, scale.multiply)
    return (ms - scale.epoch_ms) / scale.multiply if rest else ticks
