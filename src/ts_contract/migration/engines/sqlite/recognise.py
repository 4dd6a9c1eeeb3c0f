"""SQLite expressions that recognise a stored value and convert it, exactly.

The same expressions serve the bulk update, the sync triggers, the histogram and the printed
script. They use no function that SQLite 3.35 lacks, nothing that must be registered, and only
integer arithmetic once a text has been taken apart, so that they say the same in a trigger that
fires in a connection that knows nothing of us.

Two speeds: the shapes that nearly every value has are converted by a short expression; all
others go through a chain of common table expressions, each of which adds what it found out as
columns of its one row. `LIMIT 1` on each link keeps SQLite from flattening the chain, which
would repeat every expression in every place that uses it.
"""

from __future__ import annotations

from ...forms import MAX_MS, MIN_MS, Reading
from ...zones import is_utc
from .usual import storable_usual_expression

__all__ = [
    "ZONE_TABLE",
    "classified",
    "classified_rows",
    "form_expression",
    "ms_expression",
    "ms_or_form_expression",
    "text_expression",
]

ZONE_TABLE = "_ts_contract_zone"

_BLANKS = "char(9,10,11,12,13,32)"
_NO_DAY = "'0001-99-99'"

# Whole seconds since 1970 of 'YYYY-MM-DD HH:MM:SS'. The Julian day of a whole second is
# within 1e-9 days of the truth, so rounding restores the second in every version of SQLite.
_SECONDS = "CAST(ROUND((julianday({text})-2440587.5)*86400.0) AS INTEGER)"


def ms_expression(value: str, reading: Reading) -> str:
    """Return SQL for the epoch milliseconds of a value; NULL if there is no instant.

    Args:
        value: SQL expression of the value, for example `new."created_at"`.
        reading: how the column is read.
    """
    other = f"(SELECT ms FROM ({classified(value, reading)}))"
    return _usual_or(value, reading, f"CASE WHEN {value} IS NOT NULL THEN {other} END")


def form_expression(value: str, reading: Reading) -> str:
    """Return SQL for the name of a value's storage form.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    other = f"(SELECT form FROM ({classified(value, reading)}))"
    if not is_utc(reading.timezone):
        return other
    usual = storable_usual_expression(value, reading)
    plain = f"length(CAST({value} AS BLOB)) IN (19,23,26) AND {usual} IS NOT NULL"
    return (
        f"CASE WHEN {plain}"
        f" THEN CASE substr({value},11,1) WHEN 'T' THEN 'iso-local' ELSE 'datetime' END"
        f" ELSE {other} END"
    )


def ms_or_form_expression(value: str, reading: Reading) -> str:
    """Return SQL for the epoch milliseconds of a value, or for its form if there is no instant.

    The first is an integer and the second a text, so one expression tells both.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    return _usual_or(
        value, reading, f"(SELECT coalesce(ms,form) FROM ({classified(value, reading)}))"
    )


def _usual_or(value: str, reading: Reading, other: str) -> str:
    """Convert the usual shapes at once, and leave all others to another expression."""
    if not is_utc(reading.timezone):
        return other
    return f"coalesce({storable_usual_expression(value, reading)},{other})"


def classified(value: str, reading: Reading) -> str:
    """Return a SELECT of one row with the columns `v`, `form` and `ms` for a value.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    links = _links({"v": value, **_trimmed(value)}, reading)
    return _chain(links, keep=(), source="", limit=1, separator=",")


def classified_rows(rows: str, keep: tuple[str, ...], reading: Reading) -> str:
    """Return a SELECT of many rows with `form` and `ms`, one link of the chain a line.

    Args:
        rows: a SELECT of the columns to keep and of `v`, the values.
        keep: the columns to hand through.
        reading: how the values are read.
    """
    links = _links({"v": "v", **_trimmed("v")}, reading)
    return _chain(links, keep=keep, source=f" FROM ({rows})", limit=-1, separator=",\n")


def text_expression(ms: str, reading: Reading, written_as: str, precision: int) -> str:
    """Return SQL for the legacy value of an instant, in the unit or zone of the column.

    Read back by `ms_expression` it gives the same milliseconds, if the precision is 1.

    Args:
        ms: SQL expression of epoch milliseconds, or NULL.
        reading: how the column is read.
        written_as: the storage form to write.
        precision: milliseconds that the column can tell apart, 1 or 1000.
    """
    seconds, milli = _floor_divide(ms), _floor_modulo(ms)
    match written_as:
        case "julian-day":
            return f"({ms}/86400000.0+2440587.5)"
        case "microseconds":
            return f"({ms}*1000)"
        case "milliseconds":
            return f"({ms})"
        case "seconds" if precision > 1:
            return seconds
        case "seconds":
            return f"CASE WHEN {milli}=0 THEN {seconds} ELSE {ms}/1000.0 END"
        case "iso-zone":
            return _date_time(seconds, milli, "T", "'Z'")
        case "iso-local":
            separator = "T"
        case _:
            separator = " "
    if is_utc(reading.timezone):
        return _date_time(seconds, milli, separator, "''")
    step = f"FROM {ZONE_TABLE} WHERE {_zone_key(reading)} AND clock='utc' AND start<={seconds}"
    local = f"({seconds}+(SELECT utc_offset {step} ORDER BY start DESC LIMIT 1))"
    suffix = f"(SELECT note {step} ORDER BY start DESC LIMIT 1)"
    return _date_time(local, milli, separator, suffix)


def _date_time(seconds: str, milli: str, separator: str, suffix: str) -> str:
    text = f"datetime({seconds},'unixepoch')"
    if separator == "T":
        text = f"replace({text},' ','T')"
    return f"({text}||CASE {milli} WHEN 0 THEN '' ELSE printf('.%03d',{milli}) END||{suffix})"


# --- the links of the chain, in order --------------------------------------------------------


def _outside(first: int, last: int) -> str:
    return f"ms NOT BETWEEN {first} AND {last}"


def _plausible_form(reading: Reading) -> str:
    implausible = ""
    if reading.valid_range is not None:
        implausible = f" WHEN {_outside(*reading.valid_range)} THEN 'implausible'"
    return f"CASE WHEN {_outside(MIN_MS, MAX_MS)} THEN 'out-of-range'{implausible} ELSE form END"


def _links(first: dict[str, str], reading: Reading) -> list[dict[str, str]]:
    """Return what each link of the chain adds or replaces, as SQL by the name of the column."""
    outside = _outside(*(reading.valid_range or (MIN_MS, MAX_MS)))
    return [
        first,  # the value, and its text without blanks around it
        {"t": _utc_as_z()},
        {"p": _mask("t")},  # the pattern of the text: 9 for each digit
        {"s": _shape()},
        {"n": _number(), "u": _canonical()},
        # the date, and the rest with its pattern
        {"d": "substr(u,1,10)", "r": "substr(u,11)", "p": _mask("substr(u,11)")},
        {"z": f"substr(r,length(r)+1-{_zone_length()})"},
        # the time of day with its pattern, what parts it from the date, and the zone
        {
            "x": "substr(r,2,length(r)-length(z)-1)",
            "p": "substr(p,2,length(p)-length(z)-1)",
            "g": "substr(r,1,length(r)>length(z))",
            "z": "replace(ltrim(z),':','')",
        },
        {"form": _form(reading)},
        {"l": _local_seconds(), "m": "CAST(substr(substr(x,10,3)||'000',1,3) AS INTEGER)"},
        {"o": _offset(reading)},
        {"form": _policy_form(reading), "ms": _ms()},
        {"form": _plausible_form(reading), "ms": f"CASE WHEN {outside} THEN NULL ELSE ms END"},
    ]


def _trimmed(value: str) -> dict[str, str]:
    return {"t": f"CASE typeof({value}) WHEN 'text' THEN trim({value},{_BLANKS}) END"}


def _chain(
    links: list[dict[str, str]], *, keep: tuple[str, ...], source: str, limit: int, separator: str
) -> str:
    """Build the SELECT of `v`, `form` and `ms`, and of the columns that were handed through.

    The links bear our prefix, because an authorizer is told their names.
    """
    known = dict.fromkeys(keep)
    tables: list[str] = []
    for place, link in enumerate(links):
        known.update(dict.fromkeys(link))
        columns = ",".join(f"{link[name]} AS {name}" if name in link else name for name in known)
        tables.append(f"{_link(place)} AS (SELECT {columns}{source} LIMIT {limit})")
        source = f" FROM {_link(place)}"
    result = ",".join((*keep, "v", "form", "ms"))
    return f"WITH {separator.join(tables)} SELECT {result}{source} LIMIT {limit}"


def _link(place: int) -> str:
    return f"_ts_contract_{place}"


def _utc_as_z() -> str:
    bare = f"rtrim(substr(t,1,length(t)-4),{_BLANKS})"
    return f"CASE WHEN upper(substr(t,-4)) IN (' UTC',' GMT') THEN {bare}||'Z' ELSE t END"


def _mask(text: str) -> str:
    for digit in "012345678":
        text = f"replace({text},'{digit}','9')"
    return text


def _shape() -> str:
    name = "[A-Za-z][A-Za-z][A-Za-z]"
    rfc = f"{name} 9999 99:99:99"
    return (
        "CASE typeof(v) WHEN 'null' THEN 'null' WHEN 'blob' THEN 'blob'"
        " WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' ELSE CASE"
        " WHEN instr(v,char(0)) THEN 'garbage'"
        " WHEN p GLOB '9999-99-99*' THEN 'extended'"
        " WHEN p GLOB '99999999[Tt]999999*' THEN 'basic'"
        " WHEN p GLOB '9999-W99-9*' THEN 'week'"
        " WHEN p='9999-999' OR p GLOB '9999-999[Tt ]*' THEN 'ordinal'"
        f" WHEN p GLOB '{name} {name} [9 ]9 99:99:99 9999' THEN 'ctime'"
        f" WHEN p GLOB '99 {rfc}*' OR p GLOB '9 {rfc}*'"
        f" OR p GLOB '{name}, 99 {rfc}*' OR p GLOB '{name}, 9 {rfc}*' THEN 'rfc-2822'"
        " WHEN p GLOB '9*' AND p NOT GLOB '*[^9.]*' AND p NOT GLOB '*.*.*' THEN 'number'"
        " WHEN p GLOB '[+-]9*' AND substr(p,2) NOT GLOB '*[^9.]*' AND p NOT GLOB '*.*.*'"
        " THEN 'number'"
        " WHEN t='' THEN 'empty' WHEN lower(t)='now' THEN 'now'"
        " WHEN lower(t) IN ('null','none','nat','nan','nil','undefined') THEN 'null-word'"
        " WHEN p GLOB '99:99*' THEN 'time-only' ELSE 'garbage' END END"
    )


def _number() -> str:
    number = "CASE typeof(v) WHEN 'text' THEN CAST(t AS NUMERIC) ELSE v END"
    return f"CASE s WHEN 'number' THEN {number} END"


def _canonical() -> str:
    """The text with its date as YYYY-MM-DD, and whatever followed the date behind it."""
    january_4 = "substr(t,1,4)||'-01-04'"
    back = f"(strftime('%w',{january_4})+6)%7"
    monday = f"date({january_4},((substr(t,7,2)-1)*7-{back})||' days')"
    # The Thursday of a week decides its year; a week that is not in its year is not a week.
    is_week = (
        f"strftime('%Y',{monday},'3 days')=substr(t,1,4) AND substr(t,10,1) BETWEEN '1' AND '7'"
    )
    weekday = f"date({monday},(substr(t,10,1)-1)||' days')"
    year_day = "date(substr(t,1,4)||'-01-01',(substr(t,6,3)-1)||' days')"
    # RFC 2822 without its weekday, and with two digits for the day
    q = "CASE WHEN p GLOB '9*' THEN t ELSE substr(t,6) END"
    q = f"substr('0'||{q},1+(p GLOB '99 *' OR p GLOB '???, 99 *'))"
    return (
        "CASE s WHEN 'extended' THEN t"
        " WHEN 'basic' THEN substr(t,1,4)||'-'||substr(t,5,2)||'-'||substr(t,7,2)"
        "||'T'||substr(t,10,2)||':'||substr(t,12,2)||':'||substr(t,14)"
        f" WHEN 'week' THEN CASE WHEN {is_week} THEN {weekday} ELSE {_NO_DAY} END||substr(t,11)"
        f" WHEN 'ordinal' THEN CASE WHEN substr({year_day},1,4)=substr(t,1,4)"
        f" THEN {year_day} ELSE {_NO_DAY} END||substr(t,9)"
        f" WHEN 'ctime' THEN substr(t,21,4)||'-'||{_month('substr(t,5,3)')}||'-'"
        "||replace(substr(t,9,2),' ','0')||substr(t,11,9)"
        f" WHEN 'rfc-2822' THEN (SELECT substr(q,8,4)||'-'||{_month('substr(q,4,3)')}||'-'"
        f"||substr(q,1,2)||substr(q,12) FROM (SELECT {q} AS q LIMIT 1) LIMIT 1) END"
    )


def _month(name: str) -> str:
    place = f"instr('janfebmaraprmayjunjulaugsepoctnovdec',lower({name}))"
    return f"CASE {place}%3 WHEN 1 THEN substr('0'||(({place}+2)/3),-2) ELSE '99' END"


def _zone_length() -> str:
    return (
        "CASE WHEN p GLOB '*[Zz]' THEN 1"
        " WHEN p GLOB '* [+-]99:99' THEN 7 WHEN p GLOB '*[+-]99:99' THEN 6"
        " WHEN p GLOB '* [+-]9999' THEN 6 WHEN p GLOB '*[+-]9999' THEN 5"
        " WHEN p GLOB '* [+-]99' THEN 4 WHEN p GLOB '*[+-]99' THEN 3 ELSE 0 END"
    )


def _form(reading: Reading) -> str:
    fraction = "p GLOB '99:99:99[.,]9*' AND substr(p,10)=substr('999999999',1,length(p)-9)"
    return (
        f"CASE WHEN s='number' THEN {_unit(reading)} WHEN u IS NULL THEN s"
        # a day alone; a time to the minute, the second or less; anything else is not a time
        " WHEN NOT CASE s WHEN 'basic' THEN p='99:99:99' OR " + fraction + ""
        " WHEN 'rfc-2822' THEN p='99:99:99' WHEN 'ctime' THEN p='99:99:99' AND z=''"
        " ELSE g||z='' OR g IN ('T','t',' ')"
        f" AND (p IN ('99:99','99:99:99') OR {fraction}) END THEN 'garbage'"
        " WHEN substr(d,1,4)='0000' THEN 'out-of-range'"
        " WHEN date(d,'0 days') IS NOT d THEN 'impossible-date'"
        " WHEN substr(x,1,2)>'23' OR substr(x,4,2)>'59' OR substr(x,7,2)>'59'"
        " OR substr(z,2,2)>'23' OR substr(z,4,2)>'59' THEN 'impossible-time'"
        " WHEN s<>'extended' THEN s WHEN g='' THEN 'date' WHEN p='99:99' THEN 'minutes'"
        " WHEN z<>'' THEN 'iso-zone' WHEN g=' ' THEN 'datetime' ELSE 'iso-local' END"
    )


def _unit(reading: Reading) -> str:
    if reading.storage != "auto":
        return f"'{reading.storage}'"
    return (
        "CASE WHEN n>-1e8 AND n<1e8 THEN 'bare-number' WHEN n>-1e11 AND n<1e11 THEN 'seconds'"
        " WHEN n>=19e12 AND n<21e12 THEN 'digits' WHEN n>-1e14 AND n<1e14 THEN 'milliseconds'"
        " WHEN n>-1e17 AND n<1e17 THEN 'microseconds' ELSE 'out-of-range' END"
    )


def _local_seconds() -> str:
    """Seconds since 1970 on the clock that wrote the text; NULL for what is not a date-time."""
    refused = "'garbage','out-of-range','impossible-date','impossible-time'"
    text = "d||' '||substr(x||substr('00:00:00',length(x)+1),1,8)"
    return (
        f"CASE WHEN u IS NOT NULL AND form NOT IN ({refused}) THEN {_SECONDS.format(text=text)} END"
    )


def _offset(reading: Reading) -> str:
    """Seconds east of UTC of the local time; NULL where it is not a single instant."""
    stated = "(substr(z,2,2)*3600+substr(z,4,2)*60)*CASE substr(z,1,1) WHEN '-' THEN -1 ELSE 1 END"
    assumed = "0" if is_utc(reading.timezone) else f"({_zone_step(reading, 'utc_offset')})"
    return f"CASE WHEN z='' THEN {assumed} WHEN z IN ('Z','z') THEN 0 ELSE {stated} END"


def _zone_step(reading: Reading, column: str) -> str:
    return (
        f"SELECT {column} FROM {ZONE_TABLE} WHERE {_zone_key(reading)} AND clock='local'"
        " AND start<=l ORDER BY start DESC LIMIT 1"
    )


def _zone_key(reading: Reading) -> str:
    return f"zone='{reading.timezone}'"


def _policy_form(reading: Reading) -> str:
    if is_utc(reading.timezone):
        return "form"
    return (
        f"CASE WHEN l IS NOT NULL AND o IS NULL THEN ({_zone_step(reading, 'note')}) ELSE form END"
    )


def _ms() -> str:
    """Floor to the millisecond; a number that arithmetic would overflow stays out of range."""
    whole = "CAST(n AS INTEGER)"
    number = " ".join(
        f"WHEN '{unit}' THEN CASE WHEN NOT (n>-{limit} AND n<{limit}) THEN {10 * MIN_MS}"
        f" WHEN n={whole} THEN {exact}"
        f" ELSE {_floor_divide(f'CAST(ROUND(n*{factor}) AS INTEGER)')} END"
        for unit, limit, factor, exact in (
            ("seconds", "26e10", "1000000.0", f"{whole}*1000"),
            ("milliseconds", "26e13", "1000.0", whole),
            ("microseconds", "26e16", "1.0", _floor_divide(whole)),
        )
    )
    return (
        f"CASE form {number} WHEN 'julian-day' THEN CASE WHEN n>-1e8 AND n<1e8"
        f" THEN CAST(ROUND((n-2440587.5)*86400000.0) AS INTEGER) ELSE {10 * MIN_MS} END"
        " ELSE (l-o)*1000+m END"
    )


def _floor_divide(number: str) -> str:
    """SQL to divide by 1000 and round down; SQLite's own division rounds towards zero."""
    return f"(({number}-{_floor_modulo(number)})/1000)"


def _floor_modulo(number: str) -> str:
    return f"(({number}%1000+1000)%1000)"
