"""UTC epoch milliseconds: the clock, and every conversion to and from them.

An *instant* here is an ``int``: the milliseconds since 1970-01-01T00:00:00Z, floored, leap seconds
not counted (POSIX time). Everything is integer arithmetic, so that Python agrees bit for bit with
the SQL of the migration, before 1970 too. A naive value means UTC.

``None`` stands for SQL's NULL: conversions hand it on as ``None``; the text for people is empty.

Nothing that costs time is imported before it is needed: production code pays for ``datetime``
alone.
"""

from __future__ import annotations

import time
from _thread import allocate_lock  # threading imports for milliseconds, and gives the same lock
from datetime import UTC, date, datetime, timedelta, tzinfo

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol, TypeGuard, overload

    class _Clock(Protocol):
        @property
        def time_ns(self) -> Callable[[], int]: ...


__all__ = [
    "EPOCH_2020_MS",
    "EPOCH_2030_MS",
    "epoch_ms_to_sqlite_timestamp",
    "format_iso_z",
    "format_timestamp",
    "from_epoch_ms",
    "is_recent",
    "now_ms",
    "sqlite_timestamp_to_epoch_ms",
    "time_ago",
    "to_epoch_ms",
    "use_clock",
    "utc_now",
    "validate_epoch_ms",
]

EPOCH_2020_MS = 1_577_836_800_000
"""2020-01-01T00:00:00Z, the default lower end of `validate_epoch_ms`."""

EPOCH_2030_MS = 1_893_456_000_000
"""2030-01-01T00:00:00Z, the default upper end of `validate_epoch_ms`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (the naive datetimes it is taken from mean UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MIN_MS = -62_135_596_800_000  # 0001-01-01T00:00:00Z
_MAX_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z

# The module, and not its function: freezegun looks for names of the function in every module, and
# would replace ours over a `use_clock`, and take it back after one.
_clock: _Clock = time
_replacements: list[use_clock] = []
_replacing = allocate_lock()


class use_clock:  # noqa: N801  (reads as a statement, like contextlib.suppress)
    """Replace the clock of this module while a ``with`` block runs, in every thread.

    `now_ms`, `utc_now`, `is_recent` and `time_ago` follow it; ``time`` and ``datetime`` stay as
    they are. Blocks may nest, and may end in any order: the latest one that is open counts, also
    before freezegun and time-machine, which the functions follow otherwise.

    Args:
        time_ns: Called without arguments for each reading; returns nanoseconds since the epoch,
            as `time.time_ns` does.

    Example:
        >>> with use_clock(lambda: 1_705_320_000_000_999_999):
        ...     now_ms()
        1705320000000
    """

    __slots__ = ("time_ns",)

    def __init__(self, time_ns: Callable[[], int]) -> None:
        self.time_ns = time_ns

    def __enter__(self) -> use_clock:
        with _replacing:
            _replacements.append(self)
            _set_clock()
        return self

    def __exit__(self, *exc_info: object) -> None:
        with _replacing:
            _replacements.remove(self)
            _set_clock()


def _set_clock() -> None:
    global _clock  # noqa: PLW0603  (a module global is the cheapest clock to read)
    _clock = _replacements[-1] if _replacements else time


def now_ms() -> int:
    """Return the current instant.

    Returns:
        Epoch milliseconds, floored.

    Example:
        >>> EPOCH_2020_MS < now_ms()
        True
    """
    return _clock.time_ns() // 1_000_000


def utc_now() -> datetime:
    """Return the current time as an aware datetime.

    Returns:
        A datetime in UTC, floored to the microsecond.

    Example:
        >>> utc_now().tzinfo
        datetime.timezone.utc
    """
    return _EPOCH + timedelta(microseconds=_clock.time_ns() // 1_000)


if TYPE_CHECKING:

    @overload
    def to_epoch_ms(value: None) -> None: ...
    @overload
    def to_epoch_ms(value: date | str) -> int: ...


def to_epoch_ms(value: date | str | None) -> int | None:
    """Convert a datetime or ISO 8601 text to epoch milliseconds.

    Text is ``YYYY-MM-DD``, then ``T`` or a blank, ``HH:MM`` or ``HH:MM:SS``, after the seconds a
    point or comma with digits, and at last the zone: ``Z``, ``z``, ``+05:30``, ``+0530``, ``+05``,
    ``+05:30:15``, with or without a blank before it, or `` UTC``. A date alone, as text or as
    `datetime.date`, is its midnight in UTC, as it is for SQLite and for the migration: a query
    that is bound to a date finds the same rows before and after. The other texts that the
    migration converts are read, too: RFC 2822, RFC 9557, what JavaScript, Go and Java print, weeks,
    dates with slashes. Numbers are not: nothing says their unit.

    Args:
        value: An aware datetime; a naive one, or text without a zone, which means UTC; or None.

    Returns:
        Epoch milliseconds, floored, or None for None.

    Raises:
        TypeError: It is something else. For a number, the message names the unit that it seems to
            be in.
        ValueError: It is not a text of that form, a date or time that does not exist (``02-30``,
            ``24:00:00``, ``23:59:60``), or an instant outside the years 1 to 9999.

    Example:
        >>> to_epoch_ms("2024-01-15 12:00:00")
        1705320000000
        >>> to_epoch_ms("2024-01-15T17:30:00.123999+05:30")
        1705320000123
        >>> to_epoch_ms(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))
        -1
    """
    if isinstance(value, str):
        return _text_to_epoch_ms(value)
    if value is None:
        return None
    if not isinstance(value, date):
        raise TypeError(
            f"expected a datetime, ISO 8601 text or None, not {_quoted(value)}{_unit_hint(value)}"
        )
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    epoch = _NAIVE_EPOCH if value.utcoffset() is None else _EPOCH
    return _in_range((value - epoch) // _MILLISECOND, value)


if TYPE_CHECKING:

    @overload
    def sqlite_timestamp_to_epoch_ms(text: None) -> None: ...
    @overload
    def sqlite_timestamp_to_epoch_ms(text: str) -> int: ...


def sqlite_timestamp_to_epoch_ms(text: str | None) -> int | None:
    """Convert the text of a SQLite TIMESTAMP column to epoch milliseconds.

    Args:
        text: What CURRENT_TIMESTAMP or Python's sqlite3 stored, in any form that `to_epoch_ms`
            reads; without a zone it means UTC. None for NULL.

    Returns:
        Epoch milliseconds, floored, or None for None.

    Raises:
        TypeError: It is not a text.
        ValueError: It is not a date-time, or one outside the years 1 to 9999.

    Example:
        >>> sqlite_timestamp_to_epoch_ms("2024-01-15 12:00:00")
        1705320000000
    """
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError(
            f"expected the text of a TIMESTAMP column or None, not {_quoted(text)}"
            f"{_unit_hint(text)}"
        )
    return _text_to_epoch_ms(text)


def _text_to_epoch_ms(text: str) -> int:
    try:
        ms, offset = _parse(text)
    except ValueError:
        ms, offset = _parse_other(text)
    return _in_range(ms - offset, text) if offset else ms


def _parse_other(text: str) -> tuple[int, int]:
    """Read text of the less usual forms, as the migration does."""
    from .text_forms import read_text  # noqa: PLC0415

    _, ms, offset = read_text(text)
    if ms is None:
        raise ValueError(
            f"{_quoted(text)} is not a date-time: expected ISO 8601 such as '2024-01-15 12:00:00', "
            f"'2024-01-15T12:00:00.123Z' or '2024-01-15T17:30:00+05:30'{_unit_hint(text)}"
        )
    return _in_range(ms, text), (offset or 0) * 1000


_DATE, _MINUTES, _SECONDS = len("YYYY-MM-DD"), len("YYYY-MM-DD HH:MM"), len("YYYY-MM-DD HH:MM:SS")


def _parse(text: str) -> tuple[int, int]:
    """Read text as milliseconds by its own clock, and that clock's offset from UTC."""
    # datetime.fromisoformat alone is too lenient: it takes '12:00:00.1234567x+01:00' and '+05:99',
    # reads '12:00.5' as half a second, and since Python 3.14 lets 24:00 pass. So it is given
    # nothing but a date and a time with the right separators, and judges whether they exist.
    if len(text) == _DATE:
        text += " 00:00"
    end = _SECONDS if text[16:17] == ":" else _MINUTES
    if text[4:14:3] not in {"--T:", "-- :"} or text[11:13] == "24":
        raise ValueError
    moment = datetime.fromisoformat(text[:end])
    if moment.tzinfo is not None:  # it takes '12:Z' too
        raise ValueError
    passed = moment - _NAIVE_EPOCH
    ms = (passed.days * 86_400 + passed.seconds) * 1000  # three times as fast as // _MILLISECOND
    if len(text) == end:
        return ms, 0
    zone = text[end:].lstrip("0123456789.,")
    if fraction := text[end : len(text) - len(zone)]:
        if end != _SECONDS:
            raise ValueError
        ms += _parse_fraction(fraction)
    return ms, _parse_offset(zone) if zone else 0


def _parse_fraction(text: str) -> int:
    """Read '.1' to '.123456789', of which only digits and '.,' are left, as milliseconds."""
    digits = text[1:]
    if text[0] not in ".," or not digits.isdigit() or len(digits) > 9:
        raise ValueError
    return int(digits[:3].ljust(3, "0"))


def _parse_offset(zone: str) -> int:
    """Read 'Z', '+05:30', '+0530' or '+05', perhaps after a blank, as milliseconds."""
    zone = zone.removeprefix(" ")
    if zone in {"Z", "z"}:
        return 0
    hours, minutes = zone[1:3], zone[3:] or "00"
    if len(minutes) == 3 and minutes[0] == ":":
        minutes = minutes[1:]
    digits = hours + minutes
    if zone[:1] not in {"+", "-"} or len(digits) != 4 or not digits.isascii():
        raise ValueError
    if not digits.isdigit() or hours > "23" or minutes > "59":
        raise ValueError
    offset = (int(hours) * 60 + int(minutes)) * 60_000
    return -offset if zone[0] == "-" else offset


if TYPE_CHECKING:

    @overload
    def from_epoch_ms(ms: None, tz: tzinfo | str = UTC) -> None: ...
    @overload
    def from_epoch_ms(ms: int, tz: tzinfo | str = UTC) -> datetime: ...


def from_epoch_ms(ms: int | None, tz: tzinfo | str = UTC) -> datetime | None:
    """Convert epoch milliseconds to an aware datetime.

    Args:
        ms: Epoch milliseconds, or None.
        tz: The zone of the result: any tzinfo, or the name of an IANA zone.

    Returns:
        The same instant in that zone, exact to the millisecond, or None for None.

    Raises:
        TypeError: `ms` is not an int, or `tz` neither a tzinfo nor a name.
        ValueError: The instant lies outside the years 1 to 9999, or there is no such zone.

    Example:
        >>> from_epoch_ms(1705320000123).isoformat()
        '2024-01-15T12:00:00.123000+00:00'
        >>> from_epoch_ms(1705320000123, "Asia/Kolkata").isoformat()
        '2024-01-15T17:30:00.123000+05:30'
    """
    if ms is None:
        return None
    moment = _utc(ms)
    if tz is UTC or tz == "UTC":  # which needs no zone files
        return moment
    try:
        return moment.astimezone(_zone(tz))
    except OverflowError:
        raise _out_of_range(ms, tz) from None


def format_timestamp(ms: int | None, fmt: str = "%Y-%m-%d %H:%M:%S UTC") -> str:
    """Format an instant for people, in UTC.

    Args:
        ms: Epoch milliseconds, or None.
        fmt: A format of `datetime.strftime`.

    Returns:
        The text; empty for None.

    Raises:
        TypeError: `ms` is not an int.
        ValueError: The instant lies outside the years 1 to 9999.

    Example:
        >>> format_timestamp(1705320000000)
        '2024-01-15 12:00:00 UTC'
        >>> format_timestamp(None)
        ''
    """
    return "" if ms is None else _utc(ms).strftime(fmt)


if TYPE_CHECKING:

    @overload
    def format_iso_z(ms: None) -> None: ...
    @overload
    def format_iso_z(ms: int) -> str: ...


def format_iso_z(ms: int | None) -> str | None:
    """Format an instant as ISO 8601 with milliseconds and ``Z``, as JavaScript's toISOString does.

    Such texts always have 24 characters, and sort as their instants do.

    Args:
        ms: Epoch milliseconds, or None.

    Returns:
        The text, or None for None (JSON's null).

    Raises:
        TypeError: `ms` is not an int.
        ValueError: The instant lies outside the years 1 to 9999.

    Example:
        >>> format_iso_z(1705320000000)
        '2024-01-15T12:00:00.000Z'
    """
    if ms is None:
        return None
    return _utc(ms).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


if TYPE_CHECKING:

    @overload
    def epoch_ms_to_sqlite_timestamp(ms: None) -> None: ...
    @overload
    def epoch_ms_to_sqlite_timestamp(ms: int) -> str: ...


def epoch_ms_to_sqlite_timestamp(ms: int | None) -> str | None:
    """Format an instant as SQLite's CURRENT_TIMESTAMP does, floored to the second.

    Args:
        ms: Epoch milliseconds, or None.

    Returns:
        The text, in UTC, or None for None (NULL).

    Raises:
        TypeError: `ms` is not an int.
        ValueError: The instant lies outside the years 1 to 9999.

    Example:
        >>> epoch_ms_to_sqlite_timestamp(1705320000999)
        '2024-01-15 12:00:00'
    """
    if ms is None:
        return None
    return _utc(ms).replace(tzinfo=None).isoformat(" ", timespec="seconds")


def _utc(ms: int) -> datetime:
    _check_ms(ms)
    try:
        return _EPOCH + timedelta(milliseconds=ms)
    except OverflowError:
        raise _out_of_range(ms) from None


def _zone(tz: tzinfo | str) -> tzinfo:
    if isinstance(tz, tzinfo):
        return tz
    if not isinstance(tz, str):
        raise TypeError(f"expected a tzinfo or the name of a time zone, not {_quoted(tz)}")
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError):  # not found; no relative path; a directory
        raise ValueError(
            f"unknown time zone {_quoted(tz)}: expected an IANA name such as 'Europe/Berlin' "
            "(where the system has no zones, install the package tzdata)"
        ) from None


def is_recent(ms: int | None, seconds_ago: float = 3600) -> bool:
    """Tell whether an instant is at most so many seconds old.

    The future counts as recent: the clocks of two machines differ, and what another one has just
    written must not look old.

    Args:
        ms: Epoch milliseconds, or None.
        seconds_ago: The greatest age, in seconds.

    Returns:
        False for None.

    Raises:
        TypeError: `ms` is not an int.

    Example:
        >>> is_recent(now_ms() - 60_000)
        True
        >>> is_recent(now_ms() - 60_000, seconds_ago=30)
        False
    """
    if ms is None:
        return False
    _check_ms(ms)
    return now_ms() - ms <= seconds_ago * 1000


_AGES_MS = (
    ("year", 360 * 86_400_000),
    ("month", 30 * 86_400_000),
    ("day", 86_400_000),
    ("hour", 3_600_000),
    ("minute", 60_000),
)


def time_ago(ms: int | None) -> str:
    """Say how long ago an instant was, in the largest whole unit.

    Args:
        ms: Epoch milliseconds, or None.

    Returns:
        "never" for None, "in the future", or for example "1 minute ago"; a month has 30 days, a
        year 12 such months.

    Raises:
        TypeError: `ms` is not an int.

    Example:
        >>> time_ago(now_ms() - 2 * 3_600_000)
        '2 hours ago'
    """
    if ms is None:
        return "never"
    _check_ms(ms)
    age = now_ms() - ms
    if age < 0:
        return "in the future"
    unit, size = next((item for item in _AGES_MS if age >= item[1]), ("second", 1000))
    count = age // size
    return f"{count} {unit}{'' if count == 1 else 's'} ago"


def validate_epoch_ms(ms: object, min_ms: int = EPOCH_2020_MS, max_ms: int = EPOCH_2030_MS) -> bool:
    """Tell whether a stored value is an instant within a range.

    Args:
        ms: What the column holds. NULL, that is None, is valid.
        min_ms: The first valid instant, in epoch milliseconds.
        max_ms: The last valid instant, in epoch milliseconds.

    Returns:
        False for what is outside, which epoch seconds are, and for everything but an int.

    Example:
        >>> validate_epoch_ms(1705320000000)
        True
        >>> validate_epoch_ms(946684800000)
        False
    """
    return ms is None or (_is_int(ms) and min_ms <= ms <= max_ms)


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _check_ms(value: object) -> None:
    if not _is_int(value):
        raise TypeError(f"expected epoch milliseconds as an int, not {_quoted(value)}")


def _in_range(ms: int, value: object) -> int:
    if _MIN_MS <= ms <= _MAX_MS:
        return ms
    raise _out_of_range(value)


def _out_of_range(value: object, tz: tzinfo | str = UTC) -> ValueError:
    return ValueError(f"{_quoted(value)} is outside the years 1 to 9999 in {tz}{_unit_hint(value)}")


# The size of a number tells its unit, for instants of the years 1973 to 5138 in each of them.
_UNITS = (
    (10**8, "seconds: milliseconds are value * 1000"),
    (10**11, "milliseconds already"),
    (10**14, "microseconds: milliseconds are value // 1000"),
    (10**17, "nanoseconds: milliseconds are value // 1_000_000"),
)


def _unit_hint(value: object) -> str:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, (int, float)):
        for least, unit in _UNITS:
            if least <= abs(value) < least * 1000:
                return f"; it looks like epoch {unit}"
    return ""


def _quoted(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # sys.get_int_max_str_digits
        return f"an {type(value).__name__} of more digits than Python prints"
    return text if len(text) <= 120 else f"{text[:80]}...{text[-37:]}"
