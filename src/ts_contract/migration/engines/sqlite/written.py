"""What is written into a legacy column for an instant, as a SQLite expression of its template."""

from __future__ import annotations

from ...forms import Reading
from ...numbers import DAYS_SINCE, scale_of
from ...templates import (
    PLAIN,
    DateTemplate,
    Fraction,
    NumberTemplate,
    Template,
    precision_of,
)
from ...zones import is_utc
from .names import literal
from .values import floor_divide
from .zone_table import local_offset, utc_step

__all__ = ["written_expression"]

_DAY = 86_400_000

_OF_STRFTIME = ("%Y", "%m", "%d", "%j", "%H", "%M", "%S", "%%")
_AT = "{at},'unixepoch'"
_THURSDAY = f"{_AT},'-3 days','weekday 4'"
"""The Thursday of the week, whose year is that of the week."""
_OTHERS = {
    "%a": f"substr('SunMonTueWedThuFriSat',1+3*strftime('%w',{_AT}),3)",
    "%b": f"substr('JanFebMarAprMayJunJulAugSepOctNovDec',3*strftime('%m',{_AT})-2,3)",
    "%e": f"printf('%2d',strftime('%d',{_AT}))",
    "%-d": f"ltrim(strftime('%d',{_AT}),'0')",
    "%G": f"strftime('%Y',{_THURSDAY})",
    "%V": f"printf('%02d',(strftime('%j',{_THURSDAY})+6)/7)",
    "%u": f"((strftime('%w',{_AT})+6)%7+1)",
}
_FUNCTIONS = {
    "%Y-%m-%d %H:%M:%S": "datetime({at},'unixepoch')",
    "%Y-%m-%d": "date({at},'unixepoch')",
}


def written_expression(ms: str, template: Template, reading: Reading) -> str:
    """Return SQL for the legacy value of an instant; it says what `templates.write` says.

    Args:
        ms: SQL expression of epoch milliseconds, or NULL.
        template: the shape to write in.
        reading: how the column is read.
    """
    if isinstance(template, NumberTemplate):
        return _number(ms, template)
    seconds, milli = floor_divide(ms, 1_000), _milli(ms)
    if template.offset is not None or is_utc(reading.timezone):
        at = f"({seconds}+({template.offset}))" if template.offset else seconds
        return _stored(_dated(at, milli, template, ms), template)
    local = f"({seconds}+{utc_step('utc_offset', seconds, reading)})"
    note = utc_step("note", seconds, reading)
    dated = _dated(local, milli, template, ms)
    if template.takes_zone:
        return f"({dated}||{note})"
    back = _start(local, template)
    back = f"{seconds}-({back}-{local_offset(back, reading)})"
    last = max(precision_of(template, reading) // 1_000, 1) - 1
    plain = _dated(local, milli, PLAIN, ms)
    return (
        f"CASE WHEN {back} BETWEEN 0 AND {last} THEN {_stored(dated, template)}"
        f" ELSE {plain}||{note} END"
    )


# --- date-times ------------------------------------------------------------------------------


def _stored(text: str, template: DateTemplate) -> str:
    return f"CAST({text} AS INTEGER)" if template.kind == "integer" else text


def _start(local: str, template: DateTemplate) -> str:
    """SQL for the beginning of the day, hour, minute or second that a template writes."""
    step = max(template.precision // 1_000, 1)
    return local if step == 1 else f"({local}-({local}%{step}+{step})%{step})"


def _dated(at: str, milli: str, template: DateTemplate, ms: str) -> str:
    """SQL for a text of a time in seconds, on the clock that is to be written."""
    pieces, run = [], ""
    for piece in template.directives:
        if piece in _OF_STRFTIME or not piece.startswith("%"):
            run += piece
            continue
        other = {"%f": _fraction(milli, template.fraction), "%Q": f"({ms})"}.get(piece)
        if other is None:
            other = _OTHERS[piece].format(at=at)
        if other:
            pieces += [_run(run, at), other]
            run = ""
    pieces.append(_run(run, at))
    pieces = [piece for piece in pieces if piece]
    return pieces[0] if len(pieces) == 1 else f"({'||'.join(pieces)})"


def _run(pattern: str, at: str) -> str:
    """SQL for what strftime can write at once."""
    if "%" not in pattern.replace("%%", ""):
        return literal(pattern.replace("%%", "%")) if pattern else ""
    function = _FUNCTIONS.get(pattern, f"strftime({literal(pattern)},{_AT})")
    return function.replace("{at}", at)


def _fraction(milli: str, fraction: Fraction) -> str:
    """SQL for a fraction with its point; empty where there never is one."""
    point, zeros = fraction.point, "0" * (fraction.digits - 3)
    if fraction.zeros == "trimmed":
        trimmed = f"rtrim(printf('{point}%03d',{milli}),'{point}0')"
        if not fraction.digits:
            return trimmed
        least = f"{point}{'0' * fraction.digits}"
        return f"CASE {milli} WHEN 0 THEN '{least}' ELSE {trimmed} END"
    if fraction.digits == 0:
        return ""
    digits = {1: f"'{point}%d',{milli}/100", 2: f"'{point}%02d',{milli}/10"}.get(
        fraction.digits, f"'{point}%03d{zeros}',{milli}"
    )
    if fraction.zeros == "kept":
        return f"printf({digits})"
    return f"CASE {milli} WHEN 0 THEN '' ELSE printf({digits}) END"


def _milli(ms: str) -> str:
    return f"(({ms}%1000+1000)%1000)"


# --- numbers ---------------------------------------------------------------------------------


def _number(ms: str, template: NumberTemplate) -> str:
    if template.storage in DAYS_SINCE:
        return _days(ms, template)
    scale = scale_of(template.storage)
    assert scale is not None
    since = f"({ms}-({scale.epoch_ms}))" if scale.epoch_ms else f"({ms})"
    if scale.multiply > 1:
        return _seconds(since, template)
    ticks = since if scale.divide == 1 else f"({since}*{scale.divide})"
    match template.kind:
        case "text":
            return f"({ticks}||'{template.fraction.text(0)}')"
        case "real":
            return f"CAST({ticks} AS REAL)"
        case "integer":
            return ticks


def _seconds(since: str, template: NumberTemplate) -> str:
    step = template.fraction.precision
    whole = floor_divide(since, 1_000)
    if template.kind == "integer":
        return whole
    if template.kind == "real":
        return f"CAST({whole} AS REAL)" if step == 1_000 else f"({since}/1000.0)"
    if step == 1_000:
        return f"CAST({whole} AS TEXT)"
    if step > 1:
        since = f"({since}-({since}%{step}+{step})%{step})"
    fraction = _fraction(f"(abs({since})%1000)", template.fraction)
    return f"(CASE WHEN {since}<0 THEN '-' ELSE '' END||(abs({since})/1000)||{fraction})"


def _days(ms: str, template: NumberTemplate) -> str:
    first = DAYS_SINCE[template.storage]
    if template.kind == "text":
        at = f"({ms}+{int(first % 1 * _DAY)})"
        time = f"(({at}%{_DAY}+{_DAY})%{_DAY}*1000000000+{_DAY // 2})/{_DAY}"
        return f"(({floor_divide(at, _DAY)}+{int(first)})||printf('.%09d',{time}))"
    if template.storage == "julian-day":
        return f"({ms}/{_DAY}.0+{first})"
    # Before day 0 the day has a sign, and the time of the day has not.
    day = f"({floor_divide(ms, _DAY)}+{first:.0f})"
    time = f"(({ms}%{_DAY}+{_DAY})%{_DAY}/{_DAY}.0)"
    return f"CASE WHEN {day}<0 THEN {day}-{time} ELSE {day}+{time} END"
