"""SQLite expressions that recognise a stored value and convert it, exactly.

The same expressions serve the bulk update, the sync triggers, the histogram and the printed
script. They use no function that SQLite 3.35 lacks, nothing that must be registered, and only
integer arithmetic once a text has been taken apart, so that they say the same in a trigger that
fires in a connection that knows nothing of us.

Two speeds: the shapes that nearly every value has are converted by a short expression, of `usual`;
all others go through a chain of common table expressions, each of which adds what it found out as
columns of its one row. `LIMIT 1` on each link keeps SQLite from flattening the chain, which
would repeat every expression in every place that uses it. The columns have short names, since
every connection parses them:

    v value       t its text           j what stood around the text    s shape
    p pattern     w the whole pattern  u the text, rewritten           g what parts date and time
    n number      a its text unsigned  i digits before the point       k digits behind it
    d date        r what is behind it  x time of the day               z zone
    l seconds of the local time        m its milliseconds              o seconds east of UTC
"""

from __future__ import annotations

from ...forms import MAX_MS, MIN_MS, Reading
from ...zones import is_utc
from . import texts
from .numbers import form_of_number, ms_of_number, number_links
from .usual import (
    plain_expression,
    plain_form_expression,
    usual_expression,
    usual_form_expression,
)
from .zone_table import local_offset, local_step

__all__ = [
    "classified",
    "classified_rows",
    "form_and_ms_expression",
    "form_expression",
    "ms_expression",
    "ms_or_form_expression",
]

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
    return _plain_or(value, reading, f"CASE WHEN {value} IS NOT NULL THEN {other} END")


def form_expression(value: str, reading: Reading) -> str:
    """Return SQL for the name of a value's storage form.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    other = f"(SELECT form FROM ({classified(value, reading)}))"
    plain = f"{plain_expression(value, reading)} IS NOT NULL"
    return f"CASE WHEN {plain} THEN {plain_form_expression(value)} ELSE {other} END"


def form_and_ms_expression(value: str, reading: Reading) -> str:
    """Return SQL for a text of a value's form, a blank, and its milliseconds if it has some.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    form, ms = usual_form_expression(value, reading), usual_expression(value, reading)
    other = f"(SELECT form||' '||coalesce(ms,'') FROM ({classified(value, reading)}))"
    return f"coalesce({form}||' '||{ms},{other})"


def ms_or_form_expression(value: str, reading: Reading) -> str:
    """Return SQL for the epoch milliseconds of a value, or for its form if there is no instant.

    The first is an integer and the second a text, so one expression tells both.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    return _plain_or(
        value, reading, f"(SELECT coalesce(ms,form) FROM ({classified(value, reading)}))"
    )


def _plain_or(value: str, reading: Reading, other: str) -> str:
    """Convert the plain shapes at once, and leave all others to another expression."""
    if not is_utc(reading.timezone):
        return other
    return f"coalesce({plain_expression(value, reading)},{other})"


def classified(value: str, reading: Reading) -> str:
    """Return a SELECT of one row with the columns `v`, `form` and `ms` for a value.

    Args:
        value: SQL expression of the value.
        reading: how the column is read.
    """
    links = _links({"v": value, "t": texts.text_of(value, reading)}, reading)
    return _chain(links, keep=(), source="", limit=1, separator=",")


def classified_rows(rows: str, keep: tuple[str, ...], reading: Reading) -> str:
    """Return a SELECT of many rows with `form` and `ms`, one link of the chain a line.

    Args:
        rows: a SELECT of the columns to keep and of `v`, the values.
        keep: the columns to hand through.
        reading: how the values are read.
    """
    links = _links({"v": "v", "t": texts.text_of("v", reading)}, reading)
    return _chain(links, keep=keep, source=f" FROM ({rows})", limit=-1, separator=",\n")


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
        texts.wrapped(),
        *texts.without_comment(),
        {"p": texts.pattern("t")},
        {"s": texts.shape(reading), "w": "p"},
        *number_links(reading),
        {"u": texts.canonical()},
        # the date, and the rest with its pattern
        {"d": "substr(u,1,10)", "r": "substr(u,11)", "p": texts.pattern("substr(u,11)")},
        {"z": f"substr(r,length(r)+1-{texts.zone_length()})"},
        # the time of day with its pattern, what parts it from the date, and the zone
        {
            "x": "substr(r,2,length(r)-length(z)-1)",
            "p": "substr(p,2,length(p)-length(z)-1)",
            "g": "substr(r,1,length(r)>length(z))",
            "z": "replace(ltrim(z),':','')",
        },
        {
            "form": f"CASE s WHEN 'number' THEN {form_of_number(reading)}"
            " WHEN 'ms' THEN replace(j,'-ms','') ELSE CASE WHEN u IS NULL THEN s"
            f"{texts.form_of_text()} END END"
        },
        {
            "form": f"CASE form WHEN 'garbage' THEN {texts.hopeless()} ELSE form END",
            "l": _local_seconds(),
            "m": "CAST(substr(substr(x,10,3)||'000',1,3) AS INTEGER)",
        },
        {"o": _offset(reading)},
        {"form": _policy_form(reading), "ms": _ms(reading)},
        {"form": _plausible_form(reading), "ms": f"CASE WHEN {outside} THEN NULL ELSE ms END"},
    ]


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


def _local_seconds() -> str:
    """Seconds since 1970 on the clock that wrote the text; NULL for what is no date-time."""
    refused = "'garbage','out-of-range','impossible-date','impossible-time'"
    text = "d||' '||substr(x||substr('00:00:00',length(x)+1),1,8)"
    return (
        f"CASE WHEN u IS NOT NULL AND form NOT IN ({refused}) THEN {_SECONDS.format(text=text)} END"
    )


def _offset(reading: Reading) -> str:
    """Seconds east of UTC of the local time; NULL where it is no single instant."""
    stated = (
        "(substr(z,2,2)*3600+substr(z,4,2)*60+substr(z,6,2))"
        "*CASE substr(z,1,1) WHEN '-' THEN -1 ELSE 1 END"
    )
    assumed = local_offset("l", reading)
    return f"CASE WHEN z='' THEN {assumed} WHEN z IN ('Z','z') THEN 0 ELSE {stated} END"


def _policy_form(reading: Reading) -> str:
    if is_utc(reading.timezone):
        return "form"
    note = local_step("note", "l", reading)
    return f"CASE WHEN l IS NOT NULL AND o IS NULL THEN {note} ELSE form END"


def _ms(reading: Reading) -> str:
    of_text = "(l-o)*1000+m"
    branches = ms_of_number(reading)
    of_form = f"CASE form{branches} ELSE {of_text} END" if branches else of_text
    return f"CASE WHEN s='ms' THEN n ELSE {of_form} END"
