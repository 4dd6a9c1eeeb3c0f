"""The storage forms: what one stored legacy value looks like, and which instant it stands for.

`convert` is the reference, in Python. The dialects say the same in SQL, for bulk work and for
triggers; `verify` judges their results by this module and by the inverse of their conversion.
What is ambiguous or impossible is refused with a reason and never guessed.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ..contract import ColumnContract, Contract, OnGap, OnOverlap, Storage
from .zones import LAST_YEAR, is_utc

__all__ = ["FORMS", "MAX_MS", "MIN_MS", "Conversion", "Form", "Reading", "convert", "reading_of"]

MIN_MS: Final = -62_135_596_800_000  # 0001-01-01T00:00:00.000Z
MAX_MS: Final = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - arithmetic on naive UTC
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Form:
    """One storage form.

    Attributes:
        name: what reports call it.
        example: a value of that form.
        reason: why it cannot be converted; None where it can.
    """

    name: str
    example: str
    reason: str | None = None


FORMS: Final = {
    form.name: form
    for form in (
        Form("null", "NULL"),
        Form("datetime", "2024-01-15 12:00:00"),
        Form("iso-local", "2024-01-15T12:00:00"),
        Form("iso-zone", "2024-01-15T12:00:00Z"),
        Form("minutes", "2024-01-15 12:00"),
        Form("date", "2024-01-15"),
        Form("basic", "20240115T120000Z"),
        Form("week", "2024-W03-1"),
        Form("ordinal", "2024-015"),
        Form("rfc-2822", "Mon, 15 Jan 2024 12:00:00 +0000"),
        Form("ctime", "Mon Jan 15 12:00:00 2024"),
        Form("seconds", "1705320000"),
        Form("milliseconds", "1705320000000"),
        Form("microseconds", "1705320000000000"),
        Form("julian-day", "2460325.0"),
        Form("empty", "''", "an empty text"),
        Form("null-word", "'None'", "a word for NULL instead of NULL"),
        Form("now", "'now'", "the word now names no instant"),
        Form("time-only", "12:00:00", "a time without a date"),
        Form("bare-number", "2024", "a number too small for an epoch; declare its storage"),
        Form(
            "digits",
            "20240115120000",
            "either milliseconds or YYYYMMDDHHMMSS; declare its storage",
        ),
        Form("impossible-date", "2024-02-30", "a day that the calendar does not have"),
        Form("impossible-time", "24:00:00", "a time that the clock does not have"),
        Form("overlap", "2024-11-03 01:30:00", "a local time that happened twice; set on-overlap"),
        Form("gap", "2024-03-10 02:30:00", "a local time that never happened; set on-gap"),
        Form("far-future", "2500-01-01 00:00:00", f"the zone's rules after {LAST_YEAR} are open"),
        Form("out-of-range", "10000-01-01", "outside the years 1 to 9999"),
        Form("implausible", "1970-01-20 17:42:00", "outside valid-range, which a CHECK enforces"),
        Form("blob", "x'00'", "a blob"),
        Form("garbage", "'soon'", "no date-time form that is known"),
    )
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of one column are read.

    Attributes:
        storage: unit of numbers; `auto` tells it by magnitude and refuses what is unclear.
        timezone: zone name of texts without a zone.
        on_overlap: which instant a local time that happened twice stands for.
        on_gap: whether a local time that never happened is shifted or refused.
        valid_range: first and last epoch milliseconds that a CHECK lets in; None without one.
    """

    storage: Storage = "auto"
    timezone: str = "UTC"
    on_overlap: OnOverlap = "reject"
    on_gap: OnGap = "reject"
    valid_range: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """What became of one value.

    Attributes:
        form: name of its storage form, a key of `FORMS`.
        ms: epoch milliseconds; None for NULL and for what cannot be converted.
    """

    form: str
    ms: int | None = None

    @property
    def reason(self) -> str | None:
        """Why there is no instant; None if there is one, or if the value was NULL."""
        return FORMS[self.form].reason


def reading_of(contract: Contract, column: ColumnContract) -> Reading:
    """Return how `contract` wants the values of `column` read, without a CHECK on the range."""
    return Reading(column.storage, column.timezone, contract.on_overlap, contract.on_gap)


def convert(value: object, reading: Reading = Reading()) -> Conversion:
    """Recognise one stored value and convert it to epoch milliseconds, rounded down.

    A text without a zone is local time in the column's zone. Numbers are instants: seconds,
    milliseconds or microseconds since 1970, or Julian days. Fractional seconds held in a
    floating-point number are taken to the nearest microsecond first, since that is what their
    writers meant; Julian days to the nearest millisecond, the precision that SQLite gives them.

    Args:
        value: what the database returned: None, int, float, str or bytes.
        reading: how the column is read.

    Returns:
        The form and the instant.

    Example:
        >>> convert("2024-01-15 12:00:00.123999")
        Conversion(form='datetime', ms=1705320000123)
        >>> convert("2024-02-30 00:00:00").reason
        'a day that the calendar does not have'
    """
    if value is None:
        return Conversion("null")
    if isinstance(value, bytes):
        return Conversion("blob")
    if isinstance(value, int | float):
        conversion = _convert_number(value, reading.storage)
    else:
        conversion = _convert_text(str(value), reading)
    if conversion.ms is not None and reading.valid_range is not None:
        first, last = reading.valid_range
        if not first <= conversion.ms <= last:
            return Conversion("implausible")
    return conversion


# --- numbers ---------------------------------------------------------------------------------

_PER_SECOND = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}


def _convert_number(number: float, storage: Storage) -> Conversion:
    form = _magnitude(number) if storage == "auto" else storage
    if form == "julian-day":
        return _in_range(form, _julian_day_to_ms(number))
    if form not in _PER_SECOND:
        return Conversion(form)
    per_second = _PER_SECOND[form]
    if abs(number) >= 260_000_000_000 * per_second:
        return Conversion("out-of-range")
    if number == int(number):
        return _in_range(form, int(number) * 1_000 // per_second)
    return _in_range(form, _half_away(number * (1_000_000 / per_second)) // 1_000)


def _magnitude(number: float) -> str:
    """Tell the unit of an undeclared number: 1973 to 5138 in s, ms and us do not overlap."""
    size = abs(number)
    if size < 1e8:
        return "bare-number"
    if size < 1e11:
        return "seconds"
    if size < 1e14:
        return "digits" if 19e12 <= number < 21e12 else "milliseconds"
    return "microseconds" if size < 1e17 else "out-of-range"


def _julian_day_to_ms(number: float) -> int | None:
    if abs(number) >= 1e8:
        return None
    return _half_away((number - 2_440_587.5) * 86_400_000.0)


def _half_away(number: float) -> int:
    """Round as SQLite's round() does: halves away from zero, in double arithmetic."""
    return math.floor(number + 0.5) if number >= 0 else math.ceil(number - 0.5)


def _in_range(form: str, ms: int | None) -> Conversion:
    if ms is None or not MIN_MS <= ms <= MAX_MS:
        return Conversion("out-of-range")
    return Conversion(form, ms)


# --- texts -----------------------------------------------------------------------------------

_BLANKS = " \t\n\r\v\f"
_NULL_WORDS = frozenset(("null", "none", "nat", "nan", "nil", "undefined"))
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)
_TIME_ONLY = re.compile(r"\d\d:\d\d[^\0]*", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d)"
_ZONE = r"(?:(?P<z>[Zz])| ?(?P<sign>[+-])(?P<oh>\d\d)(?::?(?P<om>\d\d))?)?"
_TAIL = rf"(?:(?P<sep>[Tt ]){_CLOCK}(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{{1,9}}))?)?{_ZONE})?"
_SHAPES = (
    ("extended", re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d){_TAIL}", re.ASCII)),
    (
        "basic",
        re.compile(
            r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)[Tt]"
            rf"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:[.,](?P<fraction>\d{{1,9}}))?{_ZONE}",
            re.ASCII,
        ),
    ),
    ("week", re.compile(rf"(?P<year>\d{{4}})-W(?P<week>\d\d)-(?P<weekday>\d){_TAIL}", re.ASCII)),
    ("ordinal", re.compile(rf"(?P<year>\d{{4}})-(?P<yearday>\d{{3}}){_TAIL}", re.ASCII)),
    (
        "rfc-2822",
        re.compile(
            r"(?:[A-Za-z]{3}, )?(?P<day>\d\d?) (?P<name>[A-Za-z]{3}) (?P<year>\d{4}) "
            rf"{_CLOCK}:(?P<second>\d\d){_ZONE}",
            re.ASCII,
        ),
    ),
    (
        "ctime",
        re.compile(
            r"[A-Za-z]{3} (?P<name>[A-Za-z]{3}) (?P<day>[\d ]\d) "
            rf"{_CLOCK}:(?P<second>\d\d) (?P<year>\d{{4}})",
            re.ASCII,
        ),
    ),
)


def _convert_text(text: str, reading: Reading) -> Conversion:
    text = text.strip(_BLANKS)
    if text[-4:].upper() in (" UTC", " GMT"):
        text = text[:-4].rstrip(_BLANKS) + "Z"
    for shape, pattern in _SHAPES:
        if match := pattern.fullmatch(text):
            return _convert_parts(shape, match.groupdict(), reading)
    if _NUMBER.fullmatch(text):
        number = float(text) if "." in text or len(text) > 18 else int(text)
        return _convert_number(number, reading.storage)
    return Conversion(_hopeless(text))


def _hopeless(text: str) -> str:
    """Name the form of a text that no shape fits."""
    if not text:
        return "empty"
    word = text.lower()
    if word in _NULL_WORDS:
        return "null-word"
    if word == "now":
        return "now"
    return "time-only" if _TIME_ONLY.fullmatch(text) else "garbage"


def _convert_parts(shape: str, parts: dict[str, str | None], reading: Reading) -> Conversion:
    year = int(parts["year"] or 0)
    if year == 0:
        return Conversion("out-of-range")
    try:
        day = _day(shape, year, parts)
    except ValueError:
        return Conversion("impossible-date")
    hour, minute, second = (int(parts.get(key) or 0) for key in ("hour", "minute", "second"))
    offset = _offset_minutes(parts)
    if hour > 23 or minute > 59 or second > 59 or offset == _IMPOSSIBLE:
        return Conversion("impossible-time")
    milli = int(f"{parts.get('fraction') or 0:0<3}"[:3])
    local = datetime(day.year, day.month, day.day, hour, minute, second, milli * 1_000)  # noqa: DTZ001
    form = _form_of(shape, parts, offset)
    if offset is not None:
        return _in_range(form, (local - _EPOCH) // _MS - offset * 60_000)
    return _from_local(form, local, reading)


def _form_of(shape: str, parts: dict[str, str | None], offset: int | None) -> str:
    if shape != "extended":
        return shape
    if parts["sep"] is None:
        return "date"
    if parts["second"] is None:
        return "minutes"
    if offset is not None:
        return "iso-zone"
    return "datetime" if parts["sep"] == " " else "iso-local"


def _day(shape: str, year: int, parts: dict[str, str | None]) -> date:
    """Return the calendar day; ValueError if there is no such day."""
    if shape == "week":
        return date.fromisocalendar(year, int(parts["week"] or 0), int(parts["weekday"] or 0))
    if shape == "ordinal":
        day = date(year, 1, 1) + timedelta(days=int(parts["yearday"] or 0) - 1)
        if day.year != year:
            raise ValueError("no such day of the year")
        return day
    if name := parts.get("name"):
        return date(year, _MONTHS.index(name.lower()) + 1, int(parts["day"] or 0))
    return date(year, int(parts["month"] or 0), int(parts["day"] or 0))


_IMPOSSIBLE: Final = 9_999


def _offset_minutes(parts: dict[str, str | None]) -> int | None:
    """Return minutes east of UTC; None without a zone; `_IMPOSSIBLE` for a zone like +25:70."""
    if parts.get("z"):
        return 0
    if not parts.get("sign"):
        return None
    hours, minutes = int(parts["oh"] or 0), int(parts["om"] or 0)
    if hours > 23 or minutes > 59:
        return _IMPOSSIBLE
    return (hours * 60 + minutes) * (-1 if parts["sign"] == "-" else 1)


def _from_local(form: str, local: datetime, reading: Reading) -> Conversion:
    """Convert a local time of the column's zone, by its policies if not a single instant."""
    if is_utc(reading.timezone):
        return _in_range(form, (local - _EPOCH) // _MS)
    if local.year > LAST_YEAR:
        return Conversion("far-future")
    zone = ZoneInfo(reading.timezone)
    first = local.replace(tzinfo=zone, fold=0).utcoffset()
    second = local.replace(tzinfo=zone, fold=1).utcoffset()
    assert first is not None
    assert second is not None
    if first > second and reading.on_overlap == "reject":
        return Conversion("overlap")
    if first < second and reading.on_gap == "reject":
        return Conversion("gap")
    offset = second if first > second and reading.on_overlap == "second" else first
    return _in_range(form, (local - _EPOCH - offset) // _MS)
