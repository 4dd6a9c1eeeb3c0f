"""Short expressions for the usual shapes of text, which nearly every value has.

They say nothing of a value that has none of these shapes; `recognise` knows every shape.
"""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta

from ...forms import MAX_MS, MIN_MS, Reading
from ...zones import is_utc

__all__ = [
    "is_usual_expression",
    "storable_usual_expression",
    "unproved_expression",
    "usual_expression",
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

# How the usual shapes go on behind 'YYYY-MM-DD HH:MM:SS', by their size; the most frequent first.
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


def storable_usual_expression(value: str, reading: Reading) -> str:
    """Return SQL for the milliseconds of a value of a usual shape in UTC; NULL for any other.

    For what is stored, and runs in whatever version of SQLite from 3.35 on.

    Args:
        value: SQL expression of the value.
        reading: how the column is read, whose zone is UTC.
    """
    return _usual(value, reading, _WHOLE, _MILLI)


def usual_expression(value: str, reading: Reading) -> str:
    """Return SQL for the epoch milliseconds of a value of a usual shape; NULL for any other.

    For this process's own SQLite, of which it uses what it has.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    return _usual(value, reading, _whole_here(), _MILLI) if is_utc(reading.timezone) else "NULL"


def is_usual_expression(value: str, reading: Reading) -> str:
    """Return SQL that is 1 where `usual_expression` gives milliseconds, and else NULL.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    return _usual(value, reading, "1", "") if is_utc(reading.timezone) else "NULL"


def unproved_expression(value: str) -> str:
    """Return SQL for the epoch milliseconds of a value of a usual shape; anything for any other.

    For this process's own SQLite, of which it uses what it has.

    Args:
        value: SQL expression of the value.
    """
    whole = _whole_here()
    head, size = _head_and_size(value)
    return (
        f"CASE {size} WHEN 19 THEN {whole.format(text=value)}"
        f" ELSE {whole.format(text=head)}{_MILLI.format(text=value)} END"
    )


def _whole_here() -> str:
    return _UNIXEPOCH if sqlite3.sqlite_version_info >= (3, 38) else _WHOLE


def _head_and_size(value: str) -> tuple[str, str]:
    """SQL for a text up to its seconds, and for its size in bytes."""
    return f"substr({value},1,19)", f"length(CAST({value} AS BLOB))"


def _usual(value: str, reading: Reading, whole: str, milli: str) -> str:
    """SQL for the milliseconds of a usual shape; NULL for all others.

    julianday() rolls over what the calendar does not have (30 February, 24:00), and reads more than
    one way to write an instant. Hence the text has to begin with what SQLite writes for its Julian
    day, and to go on as its size wants it: where the last place of a fraction is a digit,
    julianday() has read all places before it as digits too. Newer versions of SQLite round 59.9995
    up; there the text without its fraction decides.

    Nothing is bound to a name: a subquery takes SQLite longer than to read a text once more.
    """
    head, size = _head_and_size(value)
    milli = milli.format(text=value)
    tails = " ".join(f"WHEN {length} THEN {value} GLOB '{tail}'" for length, tail in _TAILS)
    rounded_up = (
        f"CASE WHEN typeof({value})='text' AND julianday({value})"
        f" AND replace({head},'T',' ')={_WRITTEN.format(text=head)}"
        f" THEN {whole.format(text=head)}{milli} END"
    )
    written, whole = _WRITTEN.format(text=value), whole.format(text=value)
    return (  # 2: nothing behind the seconds; 1: what may be
        f"CASE WHEN {_in_range(value, reading)} THEN CASE CASE {size} WHEN 19 THEN 2 {tails} END"
        f" WHEN 2 THEN CASE +{value} WHEN {written} THEN {whole}"
        f" WHEN replace({written},' ','T') THEN {whole} END"
        f" WHEN 1 THEN CASE {head} WHEN {written} THEN {whole}{milli}"
        f" WHEN replace({written},' ','T') THEN {whole}{milli} ELSE {rounded_up} END END END"
    )


def _in_range(value: str, reading: Reading) -> str:
    """SQL that a text in UTC is of a day that lies in the valid range from midnight to midnight."""
    # The pluses keep SQLite from trying to make a number of the text.
    first, last = reading.valid_range or (MIN_MS, MAX_MS)
    days = min(-(-first // _DAY), MAX_MS // _DAY), last // _DAY
    begin, end = (_EPOCH + timedelta(days=day) for day in days)
    return f"+{value}>='{begin}'" + (f" AND +{value}<'{end}'" if reading.valid_range else "")
