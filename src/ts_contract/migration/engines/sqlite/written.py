"""What the sync triggers write into a legacy column, as a SQLite expression of the instant."""

from __future__ import annotations

from ....contract import NAMED_TICKS, Storage
from ...forms import Reading
from ...numbers import DAYS_SINCE, Scale, scale_of
from ...zones import is_utc
from .values import floor_divide
from .zone_table import utc_step

__all__ = ["text_expression"]

_DAY = 86_400_000


def text_expression(ms: str, reading: Reading, written_as: str, precision: int) -> str:
    """Return SQL for the legacy value of an instant, in the unit or zone of the column.

    Read back by `ms_expression` it gives the same milliseconds, if the precision is 1.

    Args:
        ms: SQL expression of epoch milliseconds, or NULL.
        reading: how the column is read.
        written_as: the storage form to write; `packed-14` or `packed-text-14` for packed dates of
            so many digits.
        precision: milliseconds that the column can tell apart.
    """
    storage: Storage | None = reading.storage if written_as == "ticks" else _storage(written_as)
    if storage is not None:
        scale = scale_of(storage)
        return _days(ms, storage) if scale is None else _ticks(ms, scale, precision)
    seconds, milli = floor_divide(ms, 1_000), _milli(ms)
    match written_as:
        case "iso-zone":
            return _date_time(seconds, milli, "T", "'Z'")
        case "go":
            digits = f"rtrim(printf('.%03d',{milli}),'.0')"
            return f"(datetime({seconds},'unixepoch')||{digits}||' +0000 UTC')"
        case "iso-local":
            separator = "T"
        case _:
            separator = " "
    local, suffix = seconds, "''"
    if not is_utc(reading.timezone):
        local = f"({seconds}+{utc_step('utc_offset', seconds, reading)})"
        suffix = utc_step("note", seconds, reading)
    if written_as.startswith("packed"):
        digits = _packed(local, milli, written_as)
        if suffix == "''":
            return digits
        # A local time that happened twice cannot be packed: it is written with its zone.
        return (
            f"CASE {suffix} WHEN '' THEN {digits} ELSE {_date_time(local, milli, ' ', suffix)} END"
        )
    return _date_time(local, milli, separator, suffix)


def _storage(written_as: str) -> Storage | None:
    """Return the storage that a form of numbers is named after."""
    return next((s for s in (*NAMED_TICKS, *DAYS_SINCE) if s == written_as), None)


def _date_time(seconds: str, milli: str, separator: str, suffix: str) -> str:
    text = f"datetime({seconds},'unixepoch')"
    if separator == "T":
        text = f"replace({text},' ','T')"
    return f"({text}||CASE {milli} WHEN 0 THEN '' ELSE printf('.%03d',{milli}) END||{suffix})"


def _ticks(ms: str, scale: Scale, precision: int) -> str:
    since = f"({ms}-({scale.epoch_ms}))" if scale.epoch_ms else f"({ms})"
    if scale.multiply == 1:
        return since if scale.divide == 1 else f"({since}*{scale.divide})"
    whole = floor_divide(since, scale.multiply)
    if precision > 1:
        return whole
    return f"CASE WHEN {since}%{scale.multiply}=0 THEN {whole} ELSE {since}/{scale.multiply}.0 END"


def _days(ms: str, storage: Storage) -> str:
    if storage == "julian-day":
        return f"({ms}/{_DAY}.0+{DAYS_SINCE[storage]})"
    # Before day 0 the day has a sign, and the time of the day has not.
    day = f"({floor_divide(ms, _DAY)}+{DAYS_SINCE[storage]:.0f})"
    time = f"(({ms}%{_DAY}+{_DAY})%{_DAY}/{_DAY}.0)"
    return f"CASE WHEN {day}<0 THEN {day}-{time} ELSE {day}+{time} END"


def _packed(local: str, milli: str, written_as: str) -> str:
    length = int(written_as.rpartition("-")[2])
    digits = f"strftime('%Y%m%d%H%M%S',{local},'unixepoch')"
    if length > 14:
        zeros = "0" * (length - 17)
        digits = f"{digits}||printf('%03d{zeros}',{milli})"
    elif length < 14:
        digits = f"substr({digits},1,{length})"
    return f"({digits})" if written_as.startswith("packed-text") else f"CAST({digits} AS INTEGER)"


def _milli(ms: str) -> str:
    return f"(({ms}%1000+1000)%1000)"
