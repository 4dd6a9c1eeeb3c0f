"""An instant turned back into the stored value, as SQLite expressions: what proves a value right.

Each is a condition that holds for no wrong epoch value; where none holds, Python judges. They go
the other way round than the conversion, from the number to the text, and share nothing with it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...numbers import DAYS_SINCE, Scale, scale_of
from ...pairs import ColumnPair
from ...zones import is_utc
from .values import case, size
from .written import written_expression
from .zone_table import utc_step

__all__ = ["proofs"]

# How a text goes on behind 'YYYY-MM-DD HH:MM:SS', by its size in bytes: local, in UTC, or with an
# offset, of which the last characters are the modifier by which SQLite adds it, if it is one.
# Where there is no fraction, the three bytes that would be its milliseconds make the number 0.
_3 = "[0-9][0-9][0-9]"
_LOCAL = (
    (26, f"*.{_3}{_3}"),
    (19, "*"),
    (23, f"*[.,]{_3}"),
    (27, f"*.{_3}{_3}[0-9]"),
)
_IN_UTC = (
    (20, "*Z"),
    (24, f"*.{_3}Z"),
    (27, f"*.{_3}{_3}Z"),
    (28, f"*.{_3}{_3}[0-9]Z"),
    (29, f"*.{_3}{_3}+00"),
    (22, "*+00"),
    (23, "* UTC"),
)
_OFFSETS = (
    (32, f"*.{_3}{_3}[+-][01]?:??"),
    (25, "*[+-][01]?:??"),
    (29, f"*.{_3}[+-][01]?:??"),
    (30, f"*.{_3} [+-][01]?:??"),
    (31, f"*.{_3}{_3}[+-][01]???"),
    (28, f"*.{_3}[+-][01]???"),
    (24, "*[+-][01]???"),
)
_SUFFIXES = ("Z", "+00:00", "+00", " +0000 UTC", " +00:00", " UTC", "+0000", " +0000")


def proofs(column: ColumnPair, c: str, m: str) -> Iterator[str]:
    """Yield conditions, each of which proves an epoch value that is an integer and not negative.

    Args:
        column: the pair.
        c: SQL for its legacy value.
        m: SQL for its epoch value.
    """
    local = f"datetime({_local(column, m)},'unixepoch')"
    # A plus before the column keeps SQLite from trying to make a number of its text.
    yield f"{m}%1000=0 AND {local}=+{c}"
    if column.precision > 1:
        # What is cut is right if it is what the triggers write, for whatever they cut.
        yield f"{written_expression(m, column.template, column.reading)}=+{c}"
    by_size: dict[int, list[str]] = {}
    for length, tail in _LOCAL:
        by_size.setdefault(length, []).append(_has_tail(c, m, tail, local))
    in_utc = f"datetime({m}/1000,'unixepoch')"
    for length, tail in _IN_UTC:
        by_size.setdefault(length, []).append(_has_tail(c, m, tail, in_utc))
    for length, tail in _OFFSETS:
        by_size.setdefault(length, []).append(_has_tail(c, m, tail, _with_offset(c, m, tail)))
    local_date = f"date({_local(column, m)},'unixepoch')"
    by_size[10] = [f"{local_date}=+{c} AND ({_local(column, m)})%86400=0 AND {m}%1000=0"]
    sizes = " ".join(f"WHEN {length} THEN {_any(found)}" for length, found in by_size.items())
    yield f"CASE {size(c)} {sizes} END"
    by_type = " ".join(
        f"WHEN '{kind}' THEN {_any(found)}"
        for kind, found in (
            ("text", [*_of_text(column, c, m)]),
            ("integer", [*_of_integer(column, c, m)]),
            ("real", [*_of_real(column, c, m)]),
        )
        if found
    )
    yield f"CASE typeof({c}) {by_type} END"


def _any(found: list[str]) -> str:
    """SQL that is 1 if one of some conditions holds: a CASE, which ends with the first that does.

    So does a condition of it with the first part that fails, which an AND elsewhere does not.
    """
    return case((proof, "1") for proof in found)


def _local(column: ColumnPair, m: str) -> str:
    """SQL for the local time of an instant in seconds; NULL if it would be read as another."""
    if is_utc(column.reading.timezone):
        return f"{m}/1000"
    step = utc_step("CASE note WHEN '' THEN utc_offset END", f"{m}/1000", column.reading)
    return f"{m}/1000+{step}"


# --- texts -----------------------------------------------------------------------------------


def _has_tail(c: str, m: str, tail: str, text: str) -> str:
    """SQL for whether a text goes on as it should, and is of an instant as a text."""
    milli = f"CAST(substr({c},21,3) AS INTEGER)" if "." in tail else "0"
    return f"{c} GLOB '{tail}' AND {milli}={m}%1000 AND {_is_head(text, c)}"


def _with_offset(c: str, m: str, tail: str) -> str:
    """SQL for an instant by the offset at the end of a text, which is hardly ever another."""
    if ":" not in tail:
        return f"datetime({m}/1000,'unixepoch',substr({c},-5,3)||':'||substr({c},-2))"
    return (
        f"CASE substr({c},-6) WHEN '+00:00' THEN datetime({m}/1000,'unixepoch')"
        f" ELSE datetime({m}/1000,'unixepoch',substr({c},-6)) END"
    )


def _is_head(text: str, c: str) -> str:
    """SQL for whether a text begins with the date and time that is given, perhaps with a T."""
    head = f"substr({c},1,19)"
    return f"CASE {text} WHEN {head} THEN 1 WHEN replace({head},'T',' ') THEN 1 END"


def _of_text(column: ColumnPair, c: str, m: str) -> Iterator[str]:
    """Yield what proves a fraction of any length, and a text that is a number."""
    if column.reading.storage == "packed":
        yield from _of_packed(column, c, m)
    yield _has_fraction(column, c, m)
    in_utc = f"datetime({m}/1000,'unixepoch')"
    suffixes = " ".join(f"WHEN '{suffix}' THEN {in_utc}" for suffix in _SUFFIXES)
    text = f"CASE substr({c},20) {suffixes} END"
    yield f"{m}%1000=0 AND {_is_head(text, c)} AND instr({c},char(0))=0"
    if column.reading.storage not in ("packed", *DAYS_SINCE):
        number = f"CAST({c} AS INTEGER)"
        found = [*_of_integer(column, number, m)]
        yield from _of_decimals(column, c, m)
        yield (
            f"{c} NOT GLOB '*[^0-9]*' AND length({c})<20 AND {c}<'{2**63 - 1}'"
            f" AND instr({c},char(0))=0 AND {_any(found)}"
        )
    yield _is_go(c, m)


def _has_fraction(column: ColumnPair, c: str, m: str) -> str:
    """SQL for whether a text has a fraction of any length, and a known suffix behind it."""
    local, in_utc = (
        f"datetime({seconds},'unixepoch')" for seconds in (_local(column, m), f"{m}/1000")
    )
    suffixes = " ".join(f"WHEN '{suffix}' THEN {in_utc}" for suffix in _SUFFIXES)
    text = f"CASE ltrim(substr({c},21),'0123456789') WHEN '' THEN {local} {suffixes} END"
    return (
        f"substr({c},20,1)='.' AND {_is_head(text, c)} AND substr({c},21,1) BETWEEN '0' AND '9'"
        f" AND CAST(substr({c},20,4)*1000+0.5 AS INTEGER)={m}%1000 AND instr({c},char(0))=0"
    )


def _is_go(c: str, m: str) -> str:
    """SQL for whether a text is one of Go's, with an abbreviation and perhaps a monotonic clock.

    `z` is what is behind the fraction, a blank and the offset; `n` is behind the abbreviation.
    """
    letters = "".join(chr(code) for code in (*range(65, 91), *range(97, 123)))
    offset = "substr(z,2,3)||':'||substr(z,5,2)"
    head = _is_head(f"datetime({m}/1000,'unixepoch',{offset})", c)
    monotonic = "substr(n,5)"
    zone = f"CASE substr({c},20,1) WHEN '.' THEN ltrim(substr({c},21),'0123456789')"
    milli = (
        f"CASE substr({c},20,1) WHEN '.' THEN CAST(substr({c},20,4)*1000+0.5 AS INTEGER) ELSE 0 END"
    )
    return (
        f"{c} GLOB '????-??-?? ??:??:??* [+-]???? [A-Za-z]*' AND {milli}={m}%1000"
        f" AND (SELECT CASE WHEN z GLOB ' [+-]???? [A-Za-z]*' AND substr(z,3,2)<'24'"
        f" AND length(z)-length(n)<14 AND {head} AND (n='' OR n GLOB ' m=[+-][0-9]*.*[0-9]' AND"
        f" {monotonic} NOT GLOB '*[^0-9.]*' AND {monotonic} NOT GLOB '*.*.*') THEN 1 END FROM"
        f" (SELECT z,ltrim(substr(z,8),'{letters}') AS n FROM"
        f" (SELECT {zone} ELSE substr({c},20) END AS z LIMIT 1) LIMIT 1) LIMIT 1)"
        f" AND substr({c},21,1)<>' ' AND instr({c},char(0))=0"
    )


def _of_decimals(column: ColumnPair, c: str, m: str) -> Iterator[str]:
    """Yield what proves a text of seconds with three digits or more behind the point."""
    if column.reading.storage in ("auto", "seconds"):
        yield (
            f"{m} BETWEEN 1000000000000 AND 1899999999999"
            f" AND substr({c},1,14)=printf('%d.%03d',{m}/1000,{m}%1000)"
            f" AND ltrim(substr({c},15),'0123456789')='' AND instr({c},char(0))=0"
        )


# --- numbers ---------------------------------------------------------------------------------


def _of_integer(column: ColumnPair, c: str, m: str) -> Iterator[str]:
    storage = column.reading.storage
    if storage == "packed":
        digits = f"CAST(strftime('%Y%m%d%H%M%S',{_local(column, m)},'unixepoch') AS INTEGER)"
        yield f"{m}%1000=0 AND {c}={digits}"
        yield f"{c}>10000000000000000 AND {c}%1000={m}%1000 AND {c}/1000={digits}"
    elif storage == "auto":
        # Sizes that tell the unit, but for numbers that may be packed dates.
        yield (
            f"{m}%1000=0 AND {c}={m}/1000 AND ({c} BETWEEN 100000000 AND 1899999999"
            f" OR {c} BETWEEN 2200000000 AND 99999999999)"
        )
        yield (
            f"{c}={m} AND ({c} BETWEEN 220000000000 AND 18999999999999"
            f" OR {c} BETWEEN 100000000000 AND 189999999999)"
        )
        yield (
            f"{c} BETWEEN {m}*1000 AND {m}*1000+999"
            f" AND {c} BETWEEN 100000000000000 AND 18999999999999999"
        )
    elif scale := scale_of(storage):
        yield _of_ticks(c, m, scale)


def _of_ticks(c: str, m: str, scale: Scale) -> str:
    since = f"({m}-({scale.epoch_ms}))"
    alike = "".join(f" AND NOT {c} BETWEEN {a.first} AND {a.last}" for a in scale.alike)
    if scale.multiply > 1:
        return f"{since}%{scale.multiply}=0 AND {c}={since}/{scale.multiply}{alike}"
    first = f"{since}*{scale.divide}"
    return f"{c} BETWEEN {first} AND {first}+{scale.divide - 1}{alike}"


def _of_packed(column: ColumnPair, c: str, m: str) -> Iterator[str]:
    digits = f"strftime('%Y%m%d%H%M%S',{_local(column, m)},'unixepoch')"
    yield f"{m}%1000=0 AND {digits}=CAST({c} AS TEXT)"
    yield (
        f"{size(c)} IN (17,20) AND {digits}=substr({c},1,14) AND {c} NOT GLOB '*[^0-9]*'"
        f" AND CAST(substr({c},15,3) AS INTEGER)={m}%1000"
    )


def _of_real(column: ColumnPair, c: str, m: str) -> Iterator[str]:
    storage = column.reading.storage
    if storage in DAYS_SINCE:
        yield (
            f"{c}>0 AND ({c}-{DAYS_SINCE[storage]})*86400000.0 BETWEEN {m}-0.49 AND {m}+0.49"
            f" AND {c}<5000000"
        )
        return
    scale = scale_of("seconds" if storage == "auto" else storage)
    if scale is not None and scale.multiply > 1:
        # The writer's microsecond: a double of less than 2.1e9 seconds is next to it, and so is
        # its product by 1000; what is nearer than that to the next millisecond Python judges.
        size_of_it = "BETWEEN 100000000 AND 1899999999" if storage == "auto" else "< 2100000000"
        yield (
            f"{c}*1000.0-({m}-({scale.epoch_ms})) BETWEEN -0.0002 AND 0.9992"
            f" AND {c}>0 AND {c} {size_of_it}"
        )
