"""What a stored number means, as SQLite expressions: in 64-bit integers, rounded down.

In the links of the chain a number is `n`; where a text writes it, `i` are its digits before the
point and `k` those behind it, without the zeros that say nothing.
"""

from __future__ import annotations

from ....contract import Storage
from ...forms import Reading, form_of_storage
from ...numbers import DAYS_SINCE, MIN_MS, PACKED_SIZES, Scale, scale_of
from .texts import exact_whole
from .values import floor_divide

__all__ = ["AUTO", "days_to_ms", "form_of_number", "micros_to_ms", "ms_of_number", "number_links"]

AUTO: tuple[Storage, ...] = ("seconds", "milliseconds", "microseconds")
"""The storages that a number without a declared one can be of."""

_OUTSIDE = 10 * MIN_MS
_ZEROS = "0" * 20
_MOST = f"'{2**63 - 1}'"


def number_links(reading: Reading) -> list[dict[str, str]]:
    """Return the links that take a number apart."""
    if reading.storage == "packed":
        return [{"n": "CASE s WHEN 'ms' THEN CAST(t AS INTEGER) END"}]
    if reading.storage in DAYS_SINCE:
        number = "CASE typeof(v) WHEN 'text' THEN CAST(t AS REAL) ELSE v END"
        return [{"n": f"CASE s WHEN 'number' THEN {number} WHEN 'ms' THEN CAST(t AS INTEGER) END"}]
    # A text's digits: of 1.6E12 those behind the point move before it.
    exponent = "instr(lower(a),'e')"
    digits = f"substr(a,1,1)||substr(a,3,{exponent}-3)"
    point = f"1+CAST(substr(a,{exponent}+1) AS INTEGER)"
    plain = "instr(a||'.','.')"
    whole = "CAST(i AS INTEGER)"
    real = f"CASE WHEN {exact_whole('v')} THEN CAST(v AS INTEGER) ELSE v END"
    return [
        {"a": "CASE WHEN s='number' AND t IS NOT NULL THEN substr(t,1+(t GLOB '[+-]*')) END"},
        {
            "i": f"ltrim(CASE {exponent} WHEN 0 THEN substr(a,1,{plain}-1)"
            f" ELSE substr({digits}||'{_ZEROS}',1,{point}) END,'0')",
            "k": f"rtrim(CASE {exponent} WHEN 0 THEN substr(a,{plain}+1)"
            f" ELSE substr({digits},{point}+1) END,'0')",
        },
        {
            "n": "CASE s WHEN 'number' THEN CASE typeof(v) WHEN 'text' THEN"
            f" CASE WHEN length(i)<19 OR length(i)=19 AND i<={_MOST}"
            f" THEN CASE WHEN t GLOB '-*' THEN -{whole} ELSE {whole} END END"
            f" WHEN 'real' THEN {real} ELSE v END"
            " WHEN 'ms' THEN CAST(t AS INTEGER) END"
        },
    ]


# --- the form --------------------------------------------------------------------------------


def form_of_number(reading: Reading) -> str:
    """Return SQL for the form of the number `n`."""
    if reading.storage == "auto":
        return _undeclared()
    form = f"'{form_of_storage(reading.storage)}'"
    scale = scale_of(reading.storage)
    if scale is None:
        return form
    alike = "".join(f" WHEN n BETWEEN {a.first} AND {a.last} THEN '{a.form}'" for a in scale.alike)
    return (
        f"CASE WHEN n IS NULL OR NOT (n>{scale.below} AND n<{scale.above}) THEN 'out-of-range'"
        f"{alike} ELSE {form} END"
    )


def _undeclared() -> str:
    digits = "CASE WHEN typeof(v)='text' THEN i WHEN typeof(n)='integer' THEN CAST(n AS TEXT) END"
    positive = "v NOT GLOB '*-*'"  # the number, whose text has a minus in front or none
    return (
        f"CASE WHEN {positive} AND coalesce(k,'')='' AND"
        f" (SELECT {_is_packed_date('q')} FROM (SELECT {digits} AS q LIMIT 1) LIMIT 1)"
        " THEN 'digits' WHEN n IS NULL OR NOT (n>-1e17 AND n<1e17) THEN 'out-of-range'"
        " WHEN n>-1e8 AND n<1e8 THEN 'bare-number' WHEN n>-1e11 AND n<1e11 THEN 'seconds'"
        " WHEN n>=19e12 AND n<21e12 THEN 'digits' WHEN n>-1e14 AND n<1e14 THEN 'milliseconds'"
        " ELSE 'microseconds' END"
    )


def _is_packed_date(digits: str) -> str:
    """SQL for whether digits are a date, perhaps with a time, of the years 1900 to 2199."""
    sizes = ",".join(map(str, PACKED_SIZES))
    day = f"substr({digits},1,4)||'-'||substr({digits},5,2)||'-'||substr({digits},7,2)"
    return (
        f"length({digits}) IN ({sizes}) AND substr({digits},1,4) BETWEEN '1900' AND '2199'"
        f" AND substr({digits},9,2)<='23' AND substr({digits},11,2)<='59'"
        f" AND substr({digits},13,2)<='59' AND date({day},'0 days')={day}"
    )


# --- the milliseconds ------------------------------------------------------------------------


def ms_of_number(reading: Reading) -> str:
    """Return the branches of a CASE over the form that convert the number `n`."""
    storages = AUTO if reading.storage == "auto" else (reading.storage,)
    branches = ""
    for storage in storages:
        scale = scale_of(storage)
        form = form_of_storage(storage)
        if scale is not None:
            branches += f" WHEN '{form}' THEN {_ticks_to_ms(scale)}"
        elif storage in DAYS_SINCE:
            branches += (
                f" WHEN '{form}' THEN CASE WHEN n>-1e8 AND n<1e8 THEN {days_to_ms('n', storage)}"
                f" ELSE {_OUTSIDE} END"
            )
    return branches


def _ticks_to_ms(scale: Scale) -> str:
    """SQL for the milliseconds of the number `n`, which `scale` can hold."""
    real = micros_to_ms("n", scale)
    if scale.multiply == 1:
        whole = floor_divide("(n-(k<>'' AND t GLOB '-*'))", scale.divide)
        if scale.divide > 1:  # a column without a text needs no look at one, three times
            integer = floor_divide("n", scale.divide)
            whole = f"CASE WHEN coalesce(k,'')='' THEN {integer} ELSE {whole} END"
        else:
            whole = "n-coalesce(k<>'' AND t GLOB '-*',0)"
    else:
        milli = "CAST(substr(k||'00',1,3) AS INTEGER)"
        whole = (
            f"n*{scale.multiply}+CASE WHEN coalesce(k,'')='' THEN 0"
            f" WHEN t GLOB '-*' THEN -{milli}-(length(k)>3) ELSE {milli} END"
        )
    return f"CASE typeof(n) WHEN 'integer' THEN {whole} ELSE {real} END+{scale.epoch_ms}"


def micros_to_ms(number: str, scale: Scale) -> str:
    """Return SQL for the milliseconds since the epoch of a number of ticks with a fraction.

    It is taken to the nearest microsecond first.
    """
    return floor_divide(f"CAST(ROUND({number}*{scale.micros!r}) AS INTEGER)", 1_000)


def days_to_ms(number: str, storage: Storage) -> str:
    """Return SQL for the milliseconds of a number of days, to the nearest one."""
    if storage == "ole-days":  # before day 0 the day has a sign, and the time of the day has not
        number = f"CASE WHEN {number}<0 THEN 2*CAST({number} AS INTEGER)-{number} ELSE {number} END"
    return f"CAST(ROUND(({number}-{DAYS_SINCE[storage]})*86400000.0) AS INTEGER)"
