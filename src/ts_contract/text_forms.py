"""Date-time texts: every spelling that is read, and what it says.

`to_epoch_ms` and the migration both read texts by this module, so that a program and its database
take the same texts for the same instants. What a text does not say itself, its zone, it is given
by whoever asks. Nothing is guessed: a text that could be two instants has a form of its own, for
which there is a reason and no instant.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final, NamedTuple

__all__ = [
    "BLANKS",
    "NULL_WORDS",
    "Spelling",
    "TextReading",
    "read_text",
    "spelling_of",
    "zero_zone",
]

BLANKS: Final = " \t\n\r\v\f"
NULL_WORDS: Final = ("null", "none", "nat", "nan", "nil", "undefined")

_EPOCH = date(1970, 1, 1)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class TextReading(NamedTuple):
    """What a text says.

    Attributes:
        form: name of its storage form.
        local_ms: the date and time as if they were UTC, in epoch milliseconds, rounded down; None
            if the text stands for no instant.
        offset: seconds east of UTC that the text names; None if it names no zone.
    """

    form: str
    local_ms: int | None = None
    offset: int | None = None


def read_text(text: str) -> TextReading:
    """Recognise a text and read what it says.

    Args:
        text: any text. Blanks around it do not count.

    Returns:
        The form, the date and time, and the offset.

    Example:
        >>> read_text("2024-01-15T17:30:00.123999+05:30")
        TextReading(form='iso-zone', local_ms=1705339800123, offset=19800)
        >>> read_text("15/01/2024")
        TextReading(form='day-month', local_ms=None, offset=None)
    """
    if "\0" in text:
        return TextReading("garbage")
    text = text.strip(BLANKS)
    if wrapped := _unwrapped(text):
        return _read_wrapped(*wrapped)
    text = _without_words(text)
    for shape, pattern in _SHAPES:
        if match := pattern.fullmatch(text):
            return _read_parts(shape, match.groupdict())
    return TextReading(_hopeless(text))


# --- what stands around a text ---------------------------------------------------------------

_MS = r"(?P<ms>-?\d{1,18})"
_WRAPPINGS = (
    ("json", re.compile(r'"(?P<text>.*)"', re.DOTALL)),
    ("json", re.compile(r'\{"\$date":"(?P<text>.*)"\}', re.DOTALL)),
    ("json", re.compile(rf'\{{"\$date":{_MS}\}}', re.ASCII)),
    ("json", re.compile(rf'\{{"\$date":\{{"\$numberLong":"{_MS}"\}}\}}', re.ASCII)),
    ("asp-net", re.compile(rf"/Date\({_MS}(?:[+-]\d{{4}})?\)/", re.ASCII)),
)
_COMMENTED = re.compile(r"(.*[+-]\d{4}) \([^()]*\)", re.ASCII | re.DOTALL).fullmatch
_GO_ZONE = re.compile(r".*[+-]\d{4} .{3}", re.ASCII | re.DOTALL)


def _unwrapped(text: str) -> tuple[str, dict[str, str]] | None:
    """Return the form of what stands around a text, and the text or milliseconds in it."""
    if text[:1] not in ('"', "{", "/"):
        return None
    for form, pattern in _WRAPPINGS:
        found = pattern.fullmatch(text.replace(" ", "") if text[0] == "{" else text)
        if found:
            return form, found.groupdict()
    return None


def _read_wrapped(form: str, inner: dict[str, str]) -> TextReading:
    if "ms" in inner:
        return TextReading(form, int(inner["ms"]), 0)
    if match := _EXTENDED.fullmatch(_without_words(inner["text"])):
        reading = _read_parts("extended", match.groupdict())
        return reading if reading.local_ms is None else reading._replace(form=form)
    return TextReading("garbage")


def _without_words(text: str) -> str:
    """Leave out a comment behind an offset, and write Z for the words UTC and GMT."""
    if comment := _COMMENTED(text):
        text = comment[1]
    if text[-4:].upper() in (" UTC", " GMT") and not _GO_ZONE.fullmatch(text):
        return text[:-4].rstrip(BLANKS) + "Z"
    return text


# --- the shapes ------------------------------------------------------------------------------

_YMD = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_MINUTES = r"(?P<hour>\d\d):(?P<minute>\d\d)"
_SECONDS = rf"{_MINUTES}:(?P<second>\d\d)"
_COMPACT = r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
_FRACTION = r"(?:[.,](?P<fraction>\d+))?"
_ZONE = r"(?P<zone> ?(?:[Zz]|[+-]\d\d(?::\d\d(?::\d\d)?|\d\d(?:\d\d)?)?))"
_TIME = rf"(?P<sep>[Tt ]){_MINUTES}(?::(?P<second>\d\d){_FRACTION})?"
_TAIL = rf"(?:{_TIME}{_ZONE}?)?"
_WEEKDAY = r"[A-Za-z]{3} "
_NAME = r"(?P<name>[A-Za-z]{3})"
_PADDED_DAY = r"(?P<day>[\d ]\d)"
_BEHIND_GO = r" (?:[A-Za-z]{1,6}|[+-]\d\d(?:\d\d)?)(?: m=[+-]\d+(?:\.\d+)?)?"

_EXTENDED = re.compile(_YMD + _TAIL, re.ASCII)
_SHAPES = (
    ("extended", _EXTENDED),
    *(
        (shape, re.compile(pattern, re.ASCII))
        for shape, pattern in (
            ("basic", rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)[Tt]{_COMPACT}{_FRACTION}"
                      rf"{_ZONE}?"),
            ("ldap", rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d){_COMPACT}{_FRACTION}{_ZONE}"),
            ("week", rf"(?P<year>\d{{4}})-W(?P<week>\d\d)-(?P<weekday>\d){_TAIL}"),
            ("ordinal", rf"(?P<year>\d{{4}})-(?P<yearday>\d{{3}}){_TAIL}"),
            ("slashes", rf"(?P<year>\d{{4}})/(?P<month>\d\d)/(?P<day>\d\d){_TAIL}"),
            ("exif", rf"(?P<year>\d{{4}}):(?P<month>\d\d):(?P<day>\d\d) {_SECONDS}{_FRACTION}"
                     rf"{_ZONE}?"),
            ("db2", rf"{_YMD}-(?P<hour>\d\d)\.(?P<minute>\d\d)\.(?P<second>\d\d){_FRACTION}"),
            ("go", rf"{_YMD} {_SECONDS}{_FRACTION}(?P<zone> [+-]\d{{4}}){_BEHIND_GO}"),
            ("rfc-9557", rf"{_YMD}{_TIME}{_ZONE}(?:\[[^\[\]]+\])+"),
            ("rfc-2822", rf"(?:[A-Za-z]{{3}}, )?(?P<day>\d\d?) {_NAME} (?P<year>\d{{4}}) {_SECONDS}"
                         rf"{_ZONE}?"),
            ("ctime", rf"{_WEEKDAY}{_NAME} {_PADDED_DAY} {_SECONDS} (?P<year>\d{{4}})"),
            ("unix-date", rf"{_WEEKDAY}{_NAME} {_PADDED_DAY} {_SECONDS} "
                          r"(?P<zone>[Uu][Tt][Cc]|[Gg][Mm][Tt]) (?P<year>\d{4})"),
            ("ruby-date", rf"{_WEEKDAY}{_NAME} {_PADDED_DAY} {_SECONDS} "
                          r"(?P<zone>[+-]\d{4}) (?P<year>\d{4})"),
            ("javascript", rf"{_WEEKDAY}{_NAME} (?P<day>\d\d) (?P<year>\d{{4}}) {_SECONDS} "
                           r"GMT(?P<zone>[+-]\d{4})"),
        )
    ),
)  # fmt: skip


def _read_parts(shape: str, parts: dict[str, str | None]) -> TextReading:
    year = int(parts["year"] or 0)
    if year == 0:
        return TextReading("out-of-range")
    try:
        day = _day(shape, year, parts)
    except ValueError:
        return TextReading("impossible-date")
    hour, minute, second = (int(parts.get(key) or 0) for key in ("hour", "minute", "second"))
    zone = parts.get("zone")
    try:
        offset = None if zone is None else _offset(zone)
    except ValueError:
        return TextReading("impossible-time")
    if hour > 23 or minute > 59 or second > 59:
        return TextReading("impossible-time")
    milli = int(f"{parts.get('fraction') or 0:0<3}"[:3])
    seconds = (day - _EPOCH).days * 86_400 + hour * 3_600 + minute * 60 + second
    return TextReading(_form_of(shape, parts), seconds * 1_000 + milli, offset)


def _form_of(shape: str, parts: dict[str, str | None]) -> str:
    if shape != "extended":
        return shape
    if parts["sep"] is None:
        return "date"
    if parts["second"] is None:
        return "minutes"
    if parts["zone"] is not None:
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


def _offset(zone: str) -> int:
    """Return seconds east of UTC; ValueError for an offset like +25:70."""
    zone = zone.strip(" ").replace(":", "")
    if zone[0] not in "+-":  # Z, UTC, GMT
        return 0
    hours, minutes, seconds = (int(zone[place : place + 2] or 0) for place in (1, 3, 5))
    if hours > 23 or minutes > 59 or seconds > 59:
        raise ValueError("no such offset")
    return (hours * 3_600 + minutes * 60 + seconds) * (-1 if zone[0] == "-" else 1)


# --- how it is spelled -----------------------------------------------------------------------


class Spelling(NamedTuple):
    """How a text spells what it says.

    Attributes:
        format: the text with directives of strftime in place of what it says, and with `%f` for a
            fraction with its point, `%z` for a zone, and `%Q` for epoch milliseconds.
        day: how a day before the 10th is padded, `%d`, `%e` or `%-d`; empty where that is not told.
        point: what stands before the fraction; empty without one.
        fraction: its digits.
        zone: the zone; empty if the text names none.
    """

    format: str
    day: str = ""
    point: str = ""
    fraction: str = ""
    zone: str = ""

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC by the zone; None if the text names none."""
        if "%Q" in self.format:
            return 0
        return _offset(self.zone) if self.zone else None


_DIRECTIVES = {
    "year": "%Y",
    "month": "%m",
    "name": "%b",
    "day": "%d",
    "yearday": "%j",
    "week": "%V",
    "weekday": "%u",
    "hour": "%H",
    "minute": "%M",
    "second": "%S",
    "zone": "%z",
}


def spelling_of(text: str) -> Spelling | None:
    """Tell how a text is spelled; None for one that stands for no instant.

    What names a zone by a word, as Go, JavaScript and RFC 9557 do, is spelled as in UTC.

    Example:
        >>> spelling_of("2024-01-15T17:30:00.123+05:30")
        Spelling(format='%Y-%m-%dT%H:%M:%S%f%z', day='', point='.', fraction='123', zone='+05:30')
        >>> spelling_of("Mon, 5 Feb 2024 12:00:00 GMT").format
        '%a, %d %b %Y %H:%M:%S%z'
    """
    if read_text(text).local_ms is None:
        return None
    text = text.strip(BLANKS)
    if wrapped := _unwrapped(text):
        inner = wrapped[1]
        if "ms" in inner:
            before, _, after = text.partition(inner["ms"])
            return Spelling(f"{_plain(before)}%Q{_plain(re.sub('^[+-][0-9]+', '', after))}")
        before, _, after = text.partition(inner["text"])
        return _around(spelling_of(inner["text"]), before, after)
    if comment := _COMMENTED(text):
        return _around(_in_utc(spelling_of(comment[1])), "", " (Coordinated Universal Time)")
    bare = _without_words(text)
    for shape, pattern in _SHAPES:
        if match := pattern.fullmatch(bare):
            spelling = _spelling(shape, match)
            # The word UTC or GMT was read as a Z.
            return spelling if bare == text else spelling._replace(zone=text[len(bare) - 1 :])
    return None


def _around(spelling: Spelling | None, before: str, after: str) -> Spelling | None:
    if spelling is None:
        return None
    return spelling._replace(format=f"{_plain(before)}{spelling.format}{_plain(after)}")


def _in_utc(spelling: Spelling | None) -> Spelling | None:
    return spelling and spelling._replace(zone=zero_zone(spelling.zone))


def zero_zone(zone: str) -> str:
    """Return UTC in the spelling of a zone.

    Example:
        >>> zero_zone(" -05:30"), zero_zone("Z")
        (' +00:00', 'Z')
    """
    return re.sub(r"[0-9]", "0", zone).replace("-", "+")


def _spelling(shape: str, match: re.Match[str]) -> Spelling:
    text, parts = match.string, match.groupdict()
    pieces, end = [], 0
    for name in sorted((n for n in _DIRECTIVES if parts.get(n)), key=match.start):
        directive = "%G" if name == "year" and shape == "week" else _DIRECTIVES[name]
        pieces += [_plain(text[end : match.start(name)]), directive]
        end = match.end(name)
        if name == "second" and "fraction" in parts:
            pieces.append("%f")
            end = max(end, match.end("fraction"))
    head, *_ = pieces
    pieces[0] = re.sub(r"^[A-Za-z]{3}", "%a", head)
    zone, after = parts.get("zone") or "", text[end:]
    if shape in ("go", "rfc-9557"):
        zone, after = zero_zone(zone), " UTC" if shape == "go" else "[UTC]"
    fraction = parts.get("fraction") or ""
    point = text[match.start("fraction") - 1] if fraction else ""
    day = _padding(parts.get("day") or "")
    return Spelling("".join(pieces) + _plain(after), day, point, fraction, zone)


def _padding(day: str) -> str:
    """Return the directive of a day before the 10th; empty for another."""
    if len(day) == 1:
        return "%-d"
    return {"0": "%d", " ": "%e"}.get(day[:1], "")


def _plain(text: str) -> str:
    return text.replace("%", "%%")


# --- what no shape fits ----------------------------------------------------------------------

_HOPELESS = tuple(
    (form, re.compile(pattern, re.ASCII | re.DOTALL).fullmatch)
    for form, pattern in (
        ("time-only", r"\d\d:\d\d.*"),
        ("out-of-range", r"(?:-\d{4,}|\+?0*[1-9]\d{4,})-\d\d-\d\d(?:[Tt ].*)?"),
        ("zone-name", r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*[\d ][A-Za-z]{3,5}"),
        ("zone-name", r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d[^\[]*+\[.+\]"),
        ("zone-name", r".* \d{4} \d\d:\d\d:\d\d [A-Za-z]{3,5}"),
        ("zone-name", r"[A-Za-z]{3} [A-Za-z]{3} [\d ]\d \d\d:\d\d:\d\d [A-Za-z]{3,5} \d{4}"),
        ("day-month", r"\d{1,2}[/.-]\d{1,2}[/.-]\d\d.*"),
        ("century", r"[A-Za-z, ]*\d{1,2}-[A-Za-z]{3}-\d\d(?:\D.*)?"),
        ("id", r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
        ("id", r"[0-9A-Fa-f]{24}"),
        ("id", r"[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}"),
    )
)


def _hopeless(text: str) -> str:
    """Name the form of a text that no shape fits."""
    if not text:
        return "empty"
    word = text.lower()
    if word in NULL_WORDS:
        return "null-word"
    if word == "now":
        return "now"
    if word in ("infinity", "-infinity"):
        return "infinity"
    return next((form for form, fits in _HOPELESS if fits(text)), "garbage")
