"""The short way for what programs usually store, as SQLite expressions.

Each gives the milliseconds of a value of a usual shape, and NULL for any other: the long chain of
`recognise` judges that. The plain shapes, texts in UTC as SQLite and Python write them, come
first; a bulk update has a short way for what drivers and ORMs write, too.

Nothing is bound to a name: a subquery takes SQLite longer than to read a text once more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta

from ....contract import Storage
from ...forms import MAX_MS, MIN_MS, Reading, form_of_storage
from ...numbers import DAYS_SINCE, Scale, scale_of
from ...zones import is_utc
from .numbers import AUTO, days_to_ms, micros_to_ms
from .texts import exact_whole
from .values import case, floor_divide, is_null_value, size
from .zone_table import local_offset

__all__ = [
    "is_plain_expression",
    "plain_expression",
    "plain_form_expression",
    "plain_here_expression",
    "unproved_expression",
    "usual_expression",
    "usual_form_expression",
]

_EPOCH, _DAY = date(1970, 1, 1), 86_400_000

# Milliseconds since 1970 of any text that julianday() reads, fractions cut off: SQLite keeps
# nothing below the millisecond, and the two multiplications are within 8e-5 seconds of the truth.
_WHOLE = "CAST(julianday({text})*86400.0+0.0002 AS INTEGER)*1000-210866760000000"

# The same from SQLite 3.38 on, and faster.
_UNIXEPOCH = "unixepoch({text})*1000"

# What a fraction adds to it; where a usual shape has none, what is in its place makes the number 0.
_MILLI = "+CAST(substr({text},21,3) AS INTEGER)"

# The text that SQLite writes for the instant that it reads in one.
_WRITTEN = "datetime(julianday({text}))"

# How the plain shapes go on behind 'YYYY-MM-DD HH:MM:SS', by their size; the most frequent first.
_TAILS = (
    (26, "*.?????[0-9]"),
    (32, "*.?????[0-9]+00:00"),
    (25, "*+00:00"),
    (20, "*Z"),
    (23, "*.??[0-9]"),
    (24, "*.??[0-9]Z"),
    (27, "*.?????[0-9]Z"),
    (29, "*.??[0-9]+00:00"),
)


# --- the plain shapes ------------------------------------------------------------------------


def plain_expression(value: str, reading: Reading) -> str:
    """Return SQL for the epoch milliseconds of a value of a plain shape; NULL for any other.

    For any SQLite, and short: a script and the triggers have it once for each column.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    if not is_utc(reading.timezone):
        return "NULL"
    return _unless_null_value(value, reading, _plain(value, reading))


def plain_here_expression(value: str, reading: Reading) -> str:
    """Return SQL for the same as `plain_expression`, for this process's own SQLite.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    if not is_utc(reading.timezone):
        return "NULL"
    return _unless_null_value(value, reading, _plain(value, reading, _whole_here()))


def plain_form_expression(value: str) -> str:
    """Return SQL for the form of a value of a plain shape; anything for any other.

    Args:
        value: SQL expression of the value.
    """
    return (
        f"CASE WHEN {size(value)} NOT IN (19,23,26) THEN 'iso-zone'"
        f" WHEN substr({value},11,1)='T' THEN 'iso-local' ELSE 'datetime' END"
    )


def is_plain_expression(value: str, reading: Reading) -> str:
    """Return SQL that is 1 where a value has a plain shape, and else NULL.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    if not is_utc(reading.timezone):
        return "NULL"
    return _unless_null_value(value, reading, _plain(value, reading, "1", ""))


def unproved_expression(value: str) -> str:
    """Return SQL for the epoch milliseconds of a value of a plain shape; anything for any other.

    For this process's own SQLite, of which it uses what it has.

    Args:
        value: SQL expression of the value.
    """
    whole = _whole_here()
    head = _head(value)
    return (
        f"CASE {size(value)} WHEN 19 THEN {whole.format(text=value)}"
        f" ELSE {whole.format(text=head)}{_MILLI.format(text=value)} END"
    )


def _unless_null_value(value: str, reading: Reading, expression: str) -> str:
    if not reading.null_values:
        return expression
    return f"CASE WHEN NOT {is_null_value(value, reading)} THEN {expression} END"


def _whole_here() -> str:
    return _UNIXEPOCH if sqlite3.sqlite_version_info >= (3, 38) else _WHOLE


def _head(value: str) -> str:
    """SQL for a text up to its seconds."""
    return f"substr({value},1,19)"


def _plain(value: str, reading: Reading, whole: str = _WHOLE, milli: str = _MILLI) -> str:
    """SQL for the milliseconds of a plain shape; NULL for all others.

    julianday() rolls over what the calendar does not have (30 February, 24:00), and reads more than
    one way to write an instant. Hence the text has to begin with what SQLite writes for its Julian
    day, and to go on as its size wants it: where the last place of a fraction is a digit,
    julianday() has read all places before it as digits too. Newer versions of SQLite round 59.9995
    up; there the text without its fraction decides.
    """
    head = _head(value)
    milli = milli.format(text=value)
    tails = " ".join(f"WHEN {length} THEN {value} GLOB '{tail}'" for length, tail in _TAILS)
    rounded_up = (
        f"CASE WHEN typeof({value})='text' AND julianday({value})"
        f" AND replace({head},'T',' ')={_WRITTEN.format(text=head)}"
        f" THEN {whole.format(text=head)}{milli} END"
    )
    written, whole = _WRITTEN.format(text=value), whole.format(text=value)
    return (  # 2: nothing behind the seconds; 1: what may be
        f"CASE WHEN {_in_range(value, reading)}"
        f" THEN CASE CASE {size(value)} WHEN 19 THEN 2 {tails} END"
        f" WHEN 2 THEN CASE +{value} WHEN {written} THEN {whole}"
        f" WHEN replace({written},' ','T') THEN {whole} END"
        f" WHEN 1 THEN CASE {head} WHEN {written} THEN {whole}{milli}"
        f" WHEN replace({written},' ','T') THEN {whole}{milli} ELSE {rounded_up} END END END"
    )


def _in_range(value: str, reading: Reading, margin: int = 0) -> str:
    """SQL that a text is of a day that lies in the valid range from midnight to midnight.

    Args:
        value: SQL expression of the text.
        reading: how the column is read.
        margin: days to leave out at both ends, for texts that are not in UTC.
    """
    # The pluses keep SQLite from trying to make a number of the text.
    first, last = reading.valid_range or (MIN_MS, MAX_MS)
    days = min(-(-first // _DAY) + margin, MAX_MS // _DAY), last // _DAY - margin
    begin, end = (_EPOCH + timedelta(days=max(day, MIN_MS // _DAY)) for day in days)
    is_open = reading.valid_range is None and not margin
    return f"+{value}>='{begin}'" + ("" if is_open else f" AND +{value}<'{end}'")


# --- all that programs usually store ---------------------------------------------------------


def usual_expression(value: str, reading: Reading) -> str:
    """Return SQL for the epoch milliseconds of a value of a usual shape; NULL for any other.

    For this process's own SQLite, of which it uses what it has.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    return _usual(value, reading, 1, _whole_here())


def usual_form_expression(value: str, reading: Reading) -> str:
    """Return SQL for the form of a value of a usual shape; NULL for any other.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    return _usual(value, reading, 2, _whole_here())


_Branch = tuple[str, str, str]  # condition, milliseconds, form


def _usual(value: str, reading: Reading, result: int, whole: str) -> str:
    def chosen(branches: Iterator[_Branch]) -> str:
        return case((branch[0], branch[result]) for branch in branches)

    by_type = (
        f"CASE typeof({value})"
        f" WHEN 'text' THEN {chosen(_of_text(value, reading, whole))}"
        f" WHEN 'integer' THEN {chosen(_of_integer(value, reading, whole))}"
        f" WHEN 'real' THEN {chosen(_of_real(value, reading))} END"
    )
    if is_utc(reading.timezone):
        plain = _plain(value, reading, whole)
        if result == 2:
            plain = f"CASE WHEN {plain} IS NOT NULL THEN {plain_form_expression(value)} END"
        by_type = f"coalesce({plain},{by_type})"
    return _unless_null_value(value, reading, by_type)


# --- texts -----------------------------------------------------------------------------------

_IN_UTC = ("Z", "+00:00", " +00:00", "+00", " UTC", "+0000", " +0000", " Z")
_DIGITS = "'0123456789'"
_HOURS = "[0-2][0-9]"
_MINUTES = "[0-5][0-9]"


def _of_text(value: str, reading: Reading, whole: str) -> Iterator[_Branch]:
    head = _head(value)
    is_ascii = f"{size(value)}=length({value})"  # and has no NUL, behind which nothing is looked at
    yield (
        f"{_in_range(value, reading, 2)} AND {_is_written(head)} AND {is_ascii}",
        *_with_zone(value, reading, whole.format(text=head)),
    )
    midnight = whole.format(text=value)
    yield (
        f"{size(value)}=10 AND {_in_range(value, reading, 2)} AND date(julianday({value}))={value}",
        f"{midnight}-{_local(midnight, reading)}*1000",
        "'date'",
    )
    number = f"CAST({value} AS INTEGER)"
    digits = f"{size(value)} BETWEEN 8 AND 19 AND {is_ascii} AND {value} NOT GLOB '*[^0-9]*'"
    few = f"({size(value)}<19 OR {value}<'{2**63 - 1}')"
    if reading.storage == "packed":
        yield from _packed(value, reading, whole, is_ascii)
    elif reading.storage not in DAYS_SINCE:
        for condition, ms, form in _of_integer(number, reading, whole):
            yield f"{digits} AND {few} AND {condition}", ms, form
        yield from _of_decimals(value, reading)


def _is_written(head: str) -> str:
    """SQL for whether a text is a date and time as SQLite would write it, but perhaps with a T."""
    return f"{_WRITTEN.format(text=head)}=replace({head},'T',' ')"


def _with_zone(value: str, reading: Reading, whole: str) -> tuple[str, str]:
    """SQL for the milliseconds and for the form of a text whose date and time are in order.

    What is behind the seconds is NULL if it is out of order.
    """
    has_fraction = f"substr({value},20,1) IN ('.',',') AND substr({value},21,1) BETWEEN '0' AND '9'"
    zone = (
        f"CASE WHEN {has_fraction} THEN ltrim(substr({value},21),{_DIGITS})"
        f" ELSE substr({value},20) END"
    )
    milli = (
        f"CASE WHEN {has_fraction} THEN CAST(('0.'||substr({value},21,3))*1000+0.5 AS INTEGER)"
        " ELSE 0 END"
    )
    in_utc = " ".join(f"WHEN '{known}' THEN 0" for known in _IN_UTC)
    offset = (
        f"CASE {zone} WHEN '' THEN {_local(whole, reading)} {in_utc} WHEN ' +0000 UTC' THEN 0"
        f" ELSE {case(_offsets(value, zone))} END"
    )
    separator = f"CASE substr({value},11,1) WHEN 'T' THEN 'iso-local' ELSE 'datetime' END"
    form = (
        f"CASE WHEN {offset} IS NULL THEN NULL WHEN {zone}='' THEN {separator}"
        f" WHEN {zone} GLOB ' [+-]???? *' THEN 'go' ELSE 'iso-zone' END"
    )
    return f"{whole}+{milli}-{offset}*1000", form


def _offsets(value: str, zone: str) -> Iterator[tuple[str, str]]:
    """Yield conditions of a zone that is written as an offset, and its seconds."""
    colon = _seconds(f"substr({value},-6,1)", f"substr({value},-5,2)", f"substr({value},-2)")
    bare = _seconds(f"substr({value},-5,1)", f"substr({value},-4,2)", f"substr({value},-2)")
    for blank in ("", " "):
        yield (
            f"{zone} GLOB '{blank}[+-]{_HOURS}:{_MINUTES}' AND substr({value},-5,2)<'24'",
            colon,
        )
    for blank in ("", " "):
        yield f"{zone} GLOB '{blank}[+-]{_HOURS}{_MINUTES}' AND substr({value},-4,2)<'24'", bare
    yield f"{value} GLOB '*[+-]???? [A-Za-z]*'", _offset_of_go(zone)


def _offset_of_go(zone: str) -> str:
    """SQL for the offset where Go has written it, with an abbreviation and its monotonic clock.

    `z` is the zone, and `n` what is behind the abbreviation. They are read so often that here
    binding them to names takes less.
    """
    letters = "".join(chr(code) for code in (*range(65, 91), *range(97, 123)))
    seconds = _seconds("substr(z,2,1)", "substr(z,3,2)", "substr(z,5,2)")
    return (
        f"(SELECT CASE WHEN z GLOB ' [+-]{_HOURS}{_MINUTES} [A-Za-z]*' AND substr(z,3,2)<'24'"
        " AND length(z)-length(n)<14 AND (n='' OR n GLOB ' m=[+-][0-9]*'"
        " AND substr(n,5) NOT GLOB '*[^0-9.]*' AND n NOT GLOB '*.*.*' AND n NOT GLOB '*.')"
        f" THEN {seconds} END FROM (SELECT z,ltrim(substr(z,8),'{letters}') AS n FROM"
        f" (SELECT {zone} AS z LIMIT 1) LIMIT 1) LIMIT 1)"
    )


def _seconds(sign: str, hours: str, minutes: str) -> str:
    return f"({hours}*3600+{minutes}*60)*CASE {sign} WHEN '-' THEN -1 ELSE 1 END"


def _local(milliseconds: str, reading: Reading) -> str:
    """SQL for the offset of a local time that is given in milliseconds."""
    return local_offset(f"({milliseconds})/1000", reading)


# --- numbers ---------------------------------------------------------------------------------


def _of_integer(value: str, reading: Reading, whole: str) -> Iterator[_Branch]:
    if reading.storage == "packed":
        yield from _packed(value, reading, whole, f"{value}>0")
    elif reading.storage in DAYS_SINCE:
        yield from _of_days(value, reading)
    elif reading.storage == "auto":
        for storage, (first, last) in zip(AUTO, _MAGNITUDES, strict=True):
            is_packed = _might_be_packed(value, storage)
            condition = f"{value} BETWEEN {first} AND {last} AND NOT ({is_packed})"
            yield _ticks(value, storage, reading, condition)
    else:
        yield _ticks(value, reading.storage, reading, "1")


# From where to where undeclared numbers are of a unit, if they are not packed dates.
_MAGNITUDES = (
    (100_000_000, 99_999_999_999),
    (100_000_000_000, 99_999_999_999_999),
    (100_000_000_000_000, 99_999_999_999_999_999),
)


def _might_be_packed(value: str, storage: Storage) -> str:
    """SQL for whether a number of a unit may be a packed date; it is right whenever it says no."""
    if storage == "seconds":  # with hours: months and days that may be are told from others
        month, day = f"{value}/10000%100", f"{value}/100%100"
        return (
            f"{value} BETWEEN 1900000000 AND 2199999999 AND {month} BETWEEN 1 AND 12"
            f" AND {day} BETWEEN 1 AND 31"
        )
    if storage == "milliseconds":
        return (
            f"{value} BETWEEN 190000000000 AND 219999999999"
            f" OR {value} BETWEEN 19000000000000 AND 21999999999999"
        )
    return f"{value} BETWEEN 19000000000000000 AND 21999999999999999"


def _ticks(value: str, storage: Storage, reading: Reading, condition: str) -> _Branch:
    scale = scale_of(storage)
    assert scale is not None
    ms = f"{floor_divide(value, scale.divide)}*{scale.multiply}+{scale.epoch_ms}"
    return f"{condition} AND {_are_ticks(value, scale, reading)}", ms, _form(storage)


def _are_ticks(value: str, scale: Scale, reading: Reading) -> str:
    """SQL for whether an integer stands for an instant of the valid range."""
    below, above = scale.below, scale.above
    if reading.valid_range is not None:
        first, last = ((ms - scale.epoch_ms) for ms in reading.valid_range)
        below = first // scale.multiply * scale.divide
        above = last // scale.multiply * scale.divide
    alike = "".join(
        f" AND NOT {value} BETWEEN {alike.first} AND {alike.last}" for alike in scale.alike
    )
    return f"{value}>{below} AND {value}<{above}{alike}"


def _form(storage: Storage) -> str:
    return f"'{form_of_storage(storage)}'"


def _of_real(value: str, reading: Reading) -> Iterator[_Branch]:
    if reading.storage in DAYS_SINCE:
        yield from _of_days(value, reading)
        return
    storages = AUTO if reading.storage == "auto" else (reading.storage,)
    for storage in storages:
        scale = scale_of(storage)
        if scale is None:
            continue
        if scale.micros < 1:  # whole numbers alone, by their integer
            integer = f"CAST({value} AS INTEGER)"
            condition, ms, form = _ticks(integer, storage, reading, exact_whole(value))
            yield condition, ms, form
            continue
        # Up to here a whole number times `micros` is exact, so one rule serves it, too.
        exact = int(2**53 / scale.micros)
        condition = f"{value} BETWEEN {-exact} AND {exact}"
        if reading.storage == "auto":
            first, last = _MAGNITUDES[AUTO.index(storage)]
            integer = f"CAST({value} AS INTEGER)"
            is_packed = _might_be_packed(integer, storage)
            condition = f"{value} BETWEEN {first} AND {min(last, exact)} AND NOT ({is_packed})"
        ms = f"{micros_to_ms(value, scale)}+{scale.epoch_ms}"
        yield f"{condition} AND {_are_ticks(value, scale, reading)}", ms, _form(storage)


def _of_decimals(value: str, reading: Reading) -> Iterator[_Branch]:
    """Seconds with a fraction, as a text."""
    if reading.storage not in ("auto", "seconds", "apple-seconds"):
        return
    storage: Storage = "seconds" if reading.storage == "auto" else reading.storage
    scale = scale_of(storage)
    assert scale is not None
    number = f"CAST({value} AS INTEGER)"
    milli = f"CAST(substr(substr({value},instr({value},'.')+1)||'00',1,3) AS INTEGER)"
    condition = (
        f"{value} GLOB '[1-9]*.*' AND {value} NOT GLOB '*[^0-9.]*' AND {value} NOT GLOB '*.*.*'"
        f" AND {size(value)}=length({value}) AND instr({value},'.') BETWEEN 9 AND 12"
        f" AND NOT {number} BETWEEN 1900000000 AND 2199999999"
    )
    if reading.storage == "auto":
        condition += f" AND {number}>={_MAGNITUDES[0][0]}"
    ms = f"{number}*1000+{milli}+{scale.epoch_ms}"
    yield f"{condition} AND {_are_ticks(number, scale, reading)}", ms, _form(storage)


def _of_days(value: str, reading: Reading) -> Iterator[_Branch]:
    ms = days_to_ms(value, reading.storage)
    first, last = reading.valid_range or (MIN_MS, MAX_MS)
    days = [ms / _DAY + DAYS_SINCE[reading.storage] for ms in (first + _DAY, last - _DAY)]
    yield f"{value} BETWEEN {days[0]:.0f} AND {days[1]:.0f}", ms, _form(reading.storage)


def _packed(value: str, reading: Reading, whole: str, condition: str) -> Iterator[_Branch]:
    """Yield packed dates down to the second, and then the shorter ones."""
    first, last = reading.valid_range or (MIN_MS, MAX_MS)
    bounds = (
        _EPOCH + timedelta(days=ms // _DAY + margin) for ms, margin in ((first, 3), (last, -2))
    )
    begin, end = (day.isoformat().replace("-", "") for day in bounds)
    in_range = f"+{value}||''>='{begin}' AND +{value}||''<'{end}'"
    for sizes in (14, 17, 20), (12, 10, 8):
        digits = f"({value}||'000000')" if sizes[0] < 14 else value
        year, *others = (
            f"substr({digits if place > 8 else value},{place},{4 if place == 1 else 2})"
            for place in (1, 5, 7, 9, 11, 13)
        )
        month, day, hour, minute, second = others
        head = f"{year}||'-'||{month}||'-'||{day}||' '||{hour}||':'||{minute}||':'||{second}"
        written = f"strftime('%Y%m%d%H%M%S',julianday({head}))"
        milli = f"CAST(substr({value},15,3) AS INTEGER)" if sizes[0] == 14 else "0"
        local = whole.format(text=head)
        yield (
            f"{condition} AND {size(value)} IN {sizes} AND {value} NOT GLOB '*[^0-9]*'"
            f" AND {in_range} AND {written}=substr({digits},1,14)",
            f"{local}+{milli}-{_local(local, reading)}*1000",
            "'packed'",
        )
