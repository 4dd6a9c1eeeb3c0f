"""The storage forms: what one stored legacy value looks like, and which instant it stands for.

`convert` is the reference, in Python. The dialects say the same in SQL, for bulk work and for
triggers; `verify` judges their results by this module and by the inverse of their conversion.
What is ambiguous or impossible is refused with a reason and never guessed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from ..contract import ColumnContract, Contract, NullValue, OnGap, OnOverlap, Storage
from ..text_forms import BLANKS, TextReading, read_text
from .numbers import (
    DAYS_SINCE,
    MAX_MS,
    MIN_MS,
    Decimal,
    decimal_of,
    number_to_ms,
    packed_text,
    undeclared,
)
from .zones import LAST_YEAR, is_utc

__all__ = [
    "DATED",
    "FORMS",
    "MAX_MS",
    "MIN_MS",
    "NUMBERS",
    "WITHOUT",
    "Conversion",
    "Form",
    "Reading",
    "convert",
    "form_of_storage",
    "reading_of",
]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - arithmetic on naive UTC


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


DATED: Final = (
    Form("datetime", "2024-01-15 12:00:00"),
    Form("iso-local", "2024-01-15T12:00:00"),
    Form("iso-zone", "2024-01-15T12:00:00Z"),
    Form("minutes", "2024-01-15 12:00"),
    Form("date", "2024-01-15"),
    Form("basic", "20240115T120000Z"),
    Form("ldap", "20240115120000Z"),
    Form("week", "2024-W03-1"),
    Form("ordinal", "2024-015"),
    Form("slashes", "2024/01/15 12:00:00"),
    Form("exif", "2024:01:15 12:00:00"),
    Form("db2", "2024-01-15-12.00.00.000000"),
    Form("go", "2024-01-15 12:00:00 +0000 UTC"),
    Form("rfc-9557", "2024-01-15T13:00:00+01:00[Europe/Paris]"),
    Form("rfc-2822", "Mon, 15 Jan 2024 12:00:00 +0000"),
    Form("ctime", "Mon Jan 15 12:00:00 2024"),
    Form("unix-date", "Mon Jan 15 12:00:00 UTC 2024"),
    Form("ruby-date", "Mon Jan 15 12:00:00 +0000 2024"),
    Form("javascript", "Mon Jan 15 2024 12:00:00 GMT+0000 (Coordinated Universal Time)"),
    Form("json", '"2024-01-15T12:00:00.000Z"'),
    Form("asp-net", "/Date(1705320000000)/"),
)
"""The forms of texts that stand for an instant."""

NUMBERS: Final = (
    Form("seconds", "1705320000"),
    Form("milliseconds", "1705320000000"),
    Form("microseconds", "1705320000000000"),
    Form("nanoseconds", "1705320000000000000"),
    Form("apple-seconds", "727012800"),
    Form("apple-nanoseconds", "727012800000000000"),
    Form("webkit-microseconds", "13349793600000000"),
    Form("filetime", "133497936000000000"),
    Form("dotnet-ticks", "638409168000000000"),
    Form("ticks", "3788164800"),
    Form("julian-day", "2460325.0"),
    Form("ole-days", "45306.5"),
    Form("packed", "20240115120000"),
)
"""The forms of numbers that stand for an instant; `ticks` are those of a unit and an epoch."""

_REFUSED = (
    Form("empty", "''", "an empty text"),
    Form("null-word", "'None'", "a word for NULL instead of NULL"),
    Form("now", "'now'", "the word now names no instant"),
    Form("infinity", "'infinity'", "infinity is not an instant; list it in null-values"),
    Form("time-only", "12:00:00", "a time without a date"),
    Form(
        "zone-name",
        "2024-01-15 07:00:00 EST",
        "the abbreviation or name of a zone does not tell the offset; write the offset",
    ),
    Form("day-month", "01/02/2024", "the order of day and month is not told; write 2024-02-01"),
    Form("century", "15-JAN-24", "the century is not told; write the year with four digits"),
    Form("id", "01HM6C1QG0...", "an id, not a timestamp"),
    Form(
        "bare-number",
        "2024",
        "a number too small for an epoch in 1970; declare its storage: seconds, apple-seconds, "
        "julian-day, ole-days, or a unit and an epoch",
    ),
    Form(
        "digits",
        "20240115120000",
        "either an epoch or a packed date like YYYYMMDDHHMMSS; declare its storage: packed, "
        "seconds, milliseconds or microseconds",
    ),
    Form(
        "unpacked", "2024011", "not the digits of a packed date, YYYYMMDD to YYYYMMDDHHMMSSffffff"
    ),
    *(
        Form(
            f"like-{unit}",
            example,
            f"looks like {unit}, but another storage is declared; correct it, or declare unit and "
            "epoch instead of a name",
        )
        for unit, example in (
            ("seconds", "1705320000"),
            ("milliseconds", "1705320000000"),
            ("microseconds", "1705320000000000"),
        )
    ),
    Form("impossible-date", "2024-02-30", "a day that the calendar does not have"),
    Form("impossible-time", "24:00:00", "a time that the clock does not have"),
    Form("overlap", "2024-11-03 01:30:00", "a local time that happened twice; set on-overlap"),
    Form("gap", "2024-03-10 02:30:00", "a local time that never happened; set on-gap"),
    Form("far-future", "2500-01-01 00:00:00", f"the zone's rules after {LAST_YEAR} are open"),
    Form(
        "out-of-range",
        "10000-01-01",
        "outside the years 1 to 9999; declare the storage of a number of 17 to 19 digits: "
        "nanoseconds, apple-nanoseconds, webkit-microseconds, filetime or dotnet-ticks",
    ),
    Form("implausible", "1970-01-20 17:42:00", "outside valid-range, which a CHECK enforces"),
    Form("text-blob", "x'32303234'", "a blob that holds text; CAST it to TEXT"),
    Form("blob", "x'00'", "a blob"),
    Form("garbage", "'soon'", "no date-time form that is known"),
)

WITHOUT: Final = (
    Form("null", "NULL"),
    Form("null-value", "one of null-values"),
)
"""The forms of what stands for NULL."""

FORMS: Final = {form.name: form for form in (*WITHOUT, *DATED, *NUMBERS, *_REFUSED)}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the values of one column are read.

    Attributes:
        storage: what numbers are; `auto` tells it by magnitude and refuses what is unclear.
        timezone: zone name of texts without a zone.
        on_overlap: which instant a local time that happened twice stands for.
        on_gap: whether a local time that never happened is shifted or refused.
        valid_range: first and last epoch milliseconds that a CHECK lets in; None without one.
        null_values: stored values that stand for NULL.
    """

    storage: Storage = "auto"
    timezone: str = "UTC"
    on_overlap: OnOverlap = "reject"
    on_gap: OnGap = "reject"
    valid_range: tuple[int, int] | None = None
    null_values: tuple[NullValue, ...] = ()

    @property
    def way(self) -> str:
        """What tells it from the other readings of a contract, as a text."""
        null_values = f" {json.dumps(self.null_values)}" if self.null_values else ""
        return f"{self.storage} {self.timezone}{null_values}"


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
    return Reading(
        column.storage,
        column.timezone,
        contract.on_overlap,
        contract.on_gap,
        null_values=column.null_values,
    )


def form_of_storage(storage: Storage) -> str:
    """Return the form that numbers of a declared storage have.

    Example:
        >>> form_of_storage("filetime")
        'filetime'
    """
    return storage if isinstance(storage, str) else "ticks"


def convert(value: object, reading: Reading = Reading()) -> Conversion:
    """Recognise one stored value and convert it to epoch milliseconds, rounded down.

    A text without a zone is local time in the column's zone, and so is a packed date. Other
    numbers are instants: ticks since an epoch, or days. Fractional ticks held in a floating-point
    number are taken to the nearest microsecond first, since that is what their writers meant;
    days to the nearest millisecond, the precision that SQLite gives them. A text of a number is
    rounded down by its digits.

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
    if _is_null_value(value, reading):
        return Conversion("null-value")
    if isinstance(value, bytes):
        return Conversion("text-blob" if _holds_text(value) else "blob")
    if isinstance(value, int | float):
        conversion = _convert_number(value, reading)
    else:
        conversion = _convert_text(str(value), reading)
    if conversion.ms is not None and reading.valid_range is not None:
        first, last = reading.valid_range
        if not first <= conversion.ms <= last:
            return Conversion("implausible")
    return conversion


def _is_null_value(value: object, reading: Reading) -> bool:
    """Texts are told from numbers, and 0 is 0.0."""
    return any(
        isinstance(value, str) == isinstance(n, str) and value == n for n in reading.null_values
    )


def _holds_text(blob: bytes) -> bool:
    return bool(blob) and all(32 <= byte < 127 for byte in blob)


def _convert_text(text: str, reading: Reading) -> Conversion:
    bare = text.strip(BLANKS)
    if (number := decimal_of(bare)) is None:
        return _convert_reading(read_text(text), reading)
    if reading.storage == "packed":
        return _convert_packed(bare, reading)
    return _convert_number(float(bare) if reading.storage in DAYS_SINCE else number, reading)


def _convert_number(number: int | float | Decimal, reading: Reading) -> Conversion:
    if reading.storage == "packed":
        assert isinstance(number, int | float)
        return _convert_packed(number, reading)
    if reading.storage != "auto":
        return _convert_declared(number, reading.storage)
    match undeclared(number):
        case ("seconds" | "milliseconds" | "microseconds") as storage:
            return _convert_declared(number, storage)
        case refused:
            return Conversion(refused)


def _convert_declared(number: int | float | Decimal, storage: Storage) -> Conversion:
    ms = number_to_ms(number, storage)
    return _in_range(form_of_storage(storage), ms) if isinstance(ms, int) else Conversion(ms)


def _convert_packed(number: int | float | str, reading: Reading) -> Conversion:
    text = packed_text(number)
    if text is None:
        return Conversion("unpacked")
    read = read_text(text)
    return _convert_reading(
        read if read.local_ms is None else read._replace(form="packed"), reading
    )


def _convert_reading(read: TextReading, reading: Reading) -> Conversion:
    """Convert what a text says, by the zone that it names or by that of its column."""
    if read.local_ms is None:
        return Conversion(read.form)
    if read.offset is not None:
        return _in_range(read.form, read.local_ms - read.offset * 1_000)
    return _from_local(read.form, read.local_ms, reading)


def _in_range(form: str, ms: int) -> Conversion:
    return Conversion(form, ms) if MIN_MS <= ms <= MAX_MS else Conversion("out-of-range")


def _from_local(form: str, local_ms: int, reading: Reading) -> Conversion:
    """Convert a local time of the column's zone, by its policies where it is no single instant."""
    if is_utc(reading.timezone):
        return _in_range(form, local_ms)
    local = _EPOCH + timedelta(milliseconds=local_ms)
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
    return _in_range(form, local_ms - offset // timedelta(milliseconds=1))
