"""The links of the chain that take a text apart, in SQLite: the same shapes as `text_forms` reads.

Whatever a text looks like, it is rewritten as YYYY-MM-DD, its time of day and its zone; what
follows judges these three. A pattern is a text with a 9 for each digit.
"""

from __future__ import annotations

from ....text_forms import NULL_WORDS
from ...forms import Reading
from ...numbers import PACKED_SIZES
from .names import literal
from .values import is_null_value

__all__ = [
    "BLANKS",
    "canonical",
    "exact_whole",
    "form_of_text",
    "hopeless",
    "pattern",
    "shape",
    "text_of",
    "without_comment",
    "wrapped",
    "zone_length",
]

BLANKS = "char(9,10,11,12,13,32)"
_NO_DAY = "'0001-99-99'"
_LETTER = "[A-Za-z]"
_NAME = _LETTER * 3
_LETTERS = "".join(chr(code) for code in (*range(65, 91), *range(97, 123)))


def pattern(text: str) -> str:
    """Return SQL for the pattern of a text."""
    for digit in "012345678":
        text = f"replace({text},'{digit}','9')"
    return text


def exact_whole(value: str, limit: str = "9.2e18") -> str:
    """Return SQL for whether a floating-point number is whole, and less than a limit."""
    return f"{value}>-{limit} AND {value}<{limit} AND {value}=CAST({value} AS INTEGER)"


# --- from the value to a bare text -----------------------------------------------------------


def text_of(value: str, reading: Reading) -> str:
    """Return SQL for the text of a value without blanks around it; of packed dates the digits."""
    text = f"WHEN 'text' THEN trim({value},{BLANKS})"
    if reading.storage != "packed":
        return f"CASE typeof({value}) {text} END"
    whole = exact_whole(value, str(2.0**53))
    return (
        f"CASE typeof({value}) {text} WHEN 'integer' THEN CAST({value} AS TEXT)"
        f" WHEN 'real' THEN CASE WHEN {whole} THEN CAST(CAST({value} AS INTEGER) AS TEXT)"
        " ELSE '' END END"
    )


def wrapped() -> dict[str, str]:
    """Return what stands around a text, `j`, and the text that stands in it."""
    bare = "replace(t,' ','')"
    date, number = '{"$date":', '{"$date":{"$numberLong":"'
    kinds = (
        ("t GLOB '\"*\"'", "json", "substr(t,2,length(t)-2)"),
        (f"{bare} GLOB '{date}\"*\"}}'", "json", f"substr({bare},11,length({bare})-12)"),
        (f"{bare} GLOB '{number}*\"}}}}'", "json-ms", f"substr({bare},26,length({bare})-28)"),
        (f"{bare} GLOB '{date}*}}'", "json-ms", f"substr({bare},10,length({bare})-10)"),
        ("t GLOB '/Date(*[0-9][+-][0-9][0-9][0-9][0-9])/'", "asp-net", "substr(t,7,length(t)-13)"),
        ("t GLOB '/Date(*)/'", "asp-net", "substr(t,7,length(t)-8)"),
    )
    form = " ".join(f"WHEN {condition} THEN '{name}'" for condition, name, _ in kinds)
    inner = " ".join(f"WHEN {condition} THEN {text}" for condition, _, text in kinds)
    # Hardly a text begins like one of these, which is found out first.
    return {
        "j": f"CASE WHEN t GLOB '[\"{{/]*' THEN CASE {form} END END",
        "t": f"CASE WHEN t GLOB '[\"{{/]*' THEN CASE {inner} ELSE t END ELSE t END",
    }


def without_comment() -> list[dict[str, str]]:
    """Leave out a comment behind an offset; then write Z for the words UTC and GMT."""
    offset = "[+-][0-9][0-9][0-9][0-9]"
    comment = (
        f"t GLOB '*{offset} (*)' AND substr(t,instr(t,' (')+2,length(t)-instr(t,' (')-2)"
        " NOT GLOB '*[()]*'"
    )
    bare = f"rtrim(substr(t,1,length(t)-4),{BLANKS})"
    return [
        {"t": f"CASE WHEN {comment} THEN substr(t,1,instr(t,' (')-1) ELSE t END"},
        {
            "t": f"CASE WHEN upper(substr(t,-4)) IN (' UTC',' GMT') AND t NOT GLOB '*{offset} ???'"
            f" THEN {bare}||'Z' ELSE t END"
        },
    ]


# --- the shape -------------------------------------------------------------------------------


def shape(reading: Reading) -> str:
    """Return SQL for the shape of a text, by its pattern."""
    rfc = f"{_NAME} 9999 99:99:99"
    ctime = f"{_NAME} {_NAME} [9 ]9 99:99:99"
    bracketed = "9999-99-99[Tt ]99:99*[[]*[]]"
    null_value = f"WHEN {is_null_value('v', reading)} THEN 'null-value'"
    blob = "CAST(v AS TEXT)"
    is_text = f"length(v)>0 AND instr(v,x'00')=0 AND {blob} NOT GLOB '*[^ -~]*'"
    number = "'number'"
    numbers = f" WHEN 'integer' THEN {number} WHEN 'real' THEN {number}"
    if reading.storage == "packed":
        sizes = ",".join(map(str, PACKED_SIZES))
        number = f"CASE WHEN t NOT GLOB '*[^0-9]*' AND length(t) IN ({sizes}) THEN 'packed'"
        number += " ELSE 'unpacked' END"
        numbers = f" WHEN 'integer' THEN {number} WHEN 'real' THEN {number}"
    return (
        f"CASE {null_value if reading.null_values else ''}"
        f" WHEN typeof(v)='blob' THEN CASE WHEN {is_text} THEN 'text-blob' ELSE 'blob' END"
        f" ELSE CASE typeof(v) WHEN 'null' THEN 'null'{numbers} ELSE CASE"
        " WHEN instr(v,char(0)) THEN 'garbage'"
        " WHEN j IN ('json-ms','asp-net') THEN CASE WHEN"
        " substr(t,1+(t GLOB '-*')) NOT GLOB '*[^0-9]*' AND length(ltrim(t,'-')) BETWEEN 1 AND 18"
        " THEN 'ms' ELSE 'garbage' END"
        " WHEN j='json' THEN CASE WHEN p GLOB '9999-99-99*' THEN 'json' ELSE 'garbage' END"
        " WHEN p GLOB '9999-99-99 99:99:99* [+-]9999 *' THEN 'go'"
        f" WHEN p GLOB '{bracketed}' THEN 'rfc-9557'"
        " WHEN p GLOB '9999-99-99-99.99.99*' THEN 'db2'"
        " WHEN p GLOB '9999-99-99*' THEN 'extended'"
        f" WHEN {_is_number()} THEN {number}"
        " WHEN p GLOB '99999999[Tt]999999*' THEN 'basic'"
        " WHEN p GLOB '99999999999999*[Zz]' OR p GLOB '99999999999999*[+-]99*' THEN 'ldap'"
        " WHEN p GLOB '9999-W99-9*' THEN 'week'"
        " WHEN p='9999-999' OR p GLOB '9999-999[Tt ]*' THEN 'ordinal'"
        " WHEN p GLOB '9999/99/99*' THEN 'slashes'"
        " WHEN p GLOB '9999:99:99 99:99:99*' THEN 'exif'"
        f" WHEN p GLOB '{ctime} 9999' THEN 'ctime'"
        f" WHEN p GLOB '{ctime} [Uu][Tt][Cc] 9999' OR p GLOB '{ctime} [Gg][Mm][Tt] 9999'"
        " THEN 'unix-date'"
        f" WHEN p GLOB '{ctime} [+-]9999 9999' THEN 'ruby-date'"
        f" WHEN p GLOB '{_NAME} {_NAME} 99 9999 99:99:99 GMT[+-]9999' THEN 'javascript'"
        f" WHEN p GLOB '99 {rfc}*' OR p GLOB '9 {rfc}*'"
        f" OR p GLOB '{_NAME}, 99 {rfc}*' OR p GLOB '{_NAME}, 9 {rfc}*' THEN 'rfc-2822'"
        " ELSE 'garbage' END END END"
    )


def _is_number() -> str:
    """SQL for whether a pattern is that of a number: plain, or as Java writes a double."""
    bare = "substr(p,1+(p GLOB '[+-]*'))"
    exponent = f"instr(lower({bare}),'e')"
    return (
        f"({bare} GLOB '9*' AND ({bare} NOT GLOB '*[^9.]*' AND {bare} NOT GLOB '*.*.*'"
        f" OR {exponent}>3 AND substr({bare},1,2)='9.'"
        f" AND rtrim(substr({bare},3,{exponent}-3),'9')=''"
        f" AND substr({bare},{exponent}+1) IN ('9','99','+9','+99')))"
    )


# --- rewritten -------------------------------------------------------------------------------


def canonical() -> str:
    """Return SQL for the text with its date as YYYY-MM-DD, and whatever followed it behind it."""
    january_4 = "substr(t,1,4)||'-01-04'"
    back = f"(strftime('%w',{january_4})+6)%7"
    monday = f"date({january_4},((substr(t,7,2)-1)*7-{back})||' days')"
    # The Thursday of a week decides its year; a week that is not in its year is no week.
    is_week = (
        f"strftime('%Y',{monday},'3 days')=substr(t,1,4) AND substr(t,10,1) BETWEEN '1' AND '7'"
    )
    weekday = f"date({monday},(substr(t,10,1)-1)||' days')"
    year_day = "date(substr(t,1,4)||'-01-01',(substr(t,6,3)-1)||' days')"
    # RFC 2822 without its weekday, and with two digits for the day
    q = "CASE WHEN p GLOB '9*' THEN t ELSE substr(t,6) END"
    q = f"substr('0'||{q},1+(p GLOB '99 *' OR p GLOB '???, 99 *'))"
    compact = "substr(t,1,4)||'-'||substr(t,5,2)||'-'||substr(t,7,2)||' '"
    padded = "substr(t||'000000',9,2)||':'||substr(t||'000000',11,2)||':'||substr(t||'000000',13,2)"
    behind_year = f"'-'||{_month('substr(t,5,3)')}||'-'||replace(substr(t,9,2),' ','0')||' '"
    year = "CASE s WHEN 'javascript' THEN substr(t,12,4) ELSE substr(t,-4) END"
    behind = (
        "CASE s WHEN 'javascript' THEN substr(t,17,8)||substr(t,29,5) ELSE substr(t,12,8)"
        "||CASE s WHEN 'ruby-date' THEN substr(t,21,5) WHEN 'unix-date' THEN 'Z' ELSE '' END END"
    )
    return (
        "CASE WHEN s IN ('ctime','unix-date','ruby-date','javascript')"
        f" THEN {year}||{behind_year}||{behind}"
        " ELSE CASE s WHEN 'extended' THEN t WHEN 'json' THEN t"
        f" WHEN 'go' THEN {_go()} WHEN 'rfc-9557' THEN {_without_brackets()}"
        " WHEN 'slashes' THEN replace(substr(t,1,10),'/','-')||substr(t,11)"
        " WHEN 'exif' THEN replace(substr(t,1,10),':','-')||substr(t,11)"
        " WHEN 'db2' THEN substr(t,1,10)||' '||replace(substr(t,12,8),'.',':')||substr(t,20)"
        f" WHEN 'packed' THEN {compact}||{padded}"
        "||CASE WHEN length(t)>14 THEN '.'||substr(t,15) ELSE '' END"
        f" WHEN 'basic' THEN {compact}"
        "||substr(t,10,2)||':'||substr(t,12,2)||':'||substr(t,14)"
        f" WHEN 'ldap' THEN {compact}"
        "||substr(t,9,2)||':'||substr(t,11,2)||':'||substr(t,13)"
        f" WHEN 'week' THEN CASE WHEN {is_week} THEN {weekday} ELSE {_NO_DAY} END||substr(t,11)"
        f" WHEN 'ordinal' THEN CASE WHEN substr({year_day},1,4)=substr(t,1,4)"
        f" THEN {year_day} ELSE {_NO_DAY} END||substr(t,9)"
        f" WHEN 'rfc-2822' THEN (SELECT substr(q,8,4)||'-'||{_month('substr(q,4,3)')}||'-'"
        f"||substr(q,1,2)||substr(q,12) FROM (SELECT {q} AS q LIMIT 1) LIMIT 1) END END"
    )


def _month(name: str) -> str:
    place = f"instr('janfebmaraprmayjunjulaugsepoctnovdec',lower({name}))"
    return f"CASE {place}%3 WHEN 1 THEN substr('0'||(({place}+2)/3),-2) ELSE '99' END"


def _go() -> str:
    """Go's text up to its offset, if behind it there is what Go writes; else an empty text."""
    name = "CASE instr(b,' m=') WHEN 0 THEN b ELSE substr(b,1,instr(b,' m=')-1) END"
    monotonic = "CASE instr(b,' m=') WHEN 0 THEN '+9' ELSE substr(b,instr(b,' m=')+3) END"
    # The offset stands behind the first blank that follows the seconds; `f` is what is before.
    return (
        "(SELECT CASE WHEN (name IN (' +99',' -99',' +9999',' -9999')"
        f" OR name GLOB ' {_LETTER}*' AND ltrim(substr(name,2),'{_LETTERS}')=''"
        " AND length(name)<8) AND m GLOB '[+-]9*' AND substr(m,2) NOT GLOB '*[^9.]*'"
        " AND m NOT GLOB '*.*.*' AND m NOT GLOB '*.' THEN f ELSE '' END FROM"
        f" (SELECT f,{name} AS name,{monotonic} AS m FROM"
        " (SELECT substr(t,1,24+i) AS f,substr(p,25+i) AS b FROM"
        " (SELECT instr(substr(t,20),' ') AS i LIMIT 1) LIMIT 1) LIMIT 1) LIMIT 1)"
    )


def _without_brackets() -> str:
    """A text without the brackets behind it, if each has something in it; else an empty text."""
    brackets = "substr(t,instr(t,'['))"
    inner = f"replace(substr({brackets},2,length({brackets})-2),'][','')"
    return (
        f"CASE WHEN instr({brackets},'[]')=0 AND {inner} NOT GLOB '*[][]*'"
        " THEN substr(t,1,instr(t,'[')-1) ELSE '' END"
    )


def zone_length() -> str:
    """Return SQL for the length of the zone at the end of a pattern, with a blank before it."""
    endings = ["[+-]99:99:99", "[+-]999999", "[+-]99:99", "[+-]9999", "[+-]99"]
    lengths = (9, 7, 6, 5, 3)
    cases = "".join(
        f" WHEN p GLOB '* {ending}' THEN {length + 1} WHEN p GLOB '*{ending}' THEN {length}"
        for ending, length in zip(endings, lengths, strict=True)
    )
    return f"CASE WHEN p GLOB '* [Zz]' THEN 2 WHEN p GLOB '*[Zz]' THEN 1{cases} ELSE 0 END"


# --- judged ----------------------------------------------------------------------------------


def form_of_text() -> str:
    """Return the branches of a CASE that name the form of a rewritten text."""
    to_second = "(p='99:99:99' OR p GLOB '99:99:99[.,]9*' AND rtrim(substr(p,10),'9')='')"
    with_time = f"(p='99:99' OR {to_second})"
    return (
        # a day alone; a time to the minute, the second or less; anything else is no time
        f" WHEN NOT CASE WHEN s IN ('basic','packed') THEN {to_second}"
        f" WHEN s IN ('go','ldap','exif','db2') THEN {to_second}"
        " AND CASE s WHEN 'exif' THEN g=' ' WHEN 'db2' THEN z='' ELSE z<>'' END"
        f" WHEN s='rfc-9557' THEN {with_time} AND z<>''"
        " WHEN s='rfc-2822' THEN p='99:99:99' WHEN s='ctime' THEN p='99:99:99' AND z=''"
        " WHEN s IN ('unix-date','ruby-date','javascript') THEN p='99:99:99' AND z<>''"
        f" ELSE g||z='' OR g IN ('T','t',' ') AND {with_time} END THEN 'garbage'"
        " WHEN substr(d,1,4)='0000' THEN 'out-of-range'"
        " WHEN date(d,'0 days') IS NOT d THEN 'impossible-date'"
        " WHEN substr(x,1,2)>'23' OR substr(x,4,2)>'59' OR substr(x,7,2)>'59'"
        " OR substr(z,2,2)>'23' OR substr(z,4,2)>'59' OR substr(z,6,2)>'59'"
        " THEN 'impossible-time'"
        " WHEN s<>'extended' THEN s WHEN g='' THEN 'date' WHEN p='99:99' THEN 'minutes'"
        " WHEN z<>'' THEN 'iso-zone' WHEN g=' ' THEN 'datetime' ELSE 'iso-local'"
    )


def hopeless() -> str:
    """Return SQL for the form of a text that no shape fits, by its whole pattern `w`."""
    words = ",".join(map(literal, NULL_WORDS))
    # A text without the letters at its end, which may be the abbreviation of a zone
    bare = f"rtrim(w,'{_LETTERS}')"
    # The weekday before a year is followed by all of ctime; its zone stands before the year.
    zone = f"rtrim(substr(w,1,length(w)-5),'{_LETTERS}')"
    ctime = f"{_NAME} {_NAME} [9 ]9 99:99:99 "
    named = (
        f"length(w)-length({bare}) BETWEEN 3 AND 5 AND ({bare} GLOB '9999-99-99[Tt ]99:99*[9 ]'"
        f" OR {bare} GLOB '* 9999 99:99:99 ')"
        f" OR w GLOB '* 9999' AND length(w) BETWEEN 28 AND 30 AND {zone} GLOB '{ctime}'"
    )
    day_month = " OR ".join(
        f"w GLOB '{day}[/.-]{month}[/.-]99*'" for day in ("9", "99") for month in ("9", "99")
    )
    day = f"ltrim(w,'{_LETTERS}, ')||' '"
    century = f"{day} GLOB '9-{_NAME}-99[^9]*' OR {day} GLOB '99-{_NAME}-99[^9]*'"
    crockford = "0-9A-HJKMNP-TV-Za-hjkmnp-tv-z"
    uuid = (
        f"length(t)=36 AND t GLOB '{'-'.join('?' * n for n in (8, 4, 4, 4, 12))}'"
        " AND length(replace(t,'-',''))=32 AND replace(t,'-','') NOT GLOB '*[^0-9A-Fa-f]*'"
    )
    return (
        "CASE WHEN instr(v,char(0)) OR j IS NOT NULL THEN 'garbage' WHEN t='' THEN 'empty'"
        f" WHEN lower(t) IN ({words}) THEN 'null-word' WHEN lower(t)='now' THEN 'now'"
        " WHEN lower(t) IN ('infinity','-infinity') THEN 'infinity'"
        f" WHEN w GLOB '99:99*' THEN 'time-only' WHEN {_is_expanded()} THEN 'out-of-range'"
        f" WHEN {named} OR w GLOB '9999-99-99[Tt ]99:99*[[]?*[]]' THEN 'zone-name'"
        f" WHEN {day_month} THEN 'day-month' WHEN {century} THEN 'century'"
        f" WHEN {uuid} OR length(t)=24 AND t NOT GLOB '*[^0-9A-Fa-f]*' OR length(t)=26"
        f" AND t GLOB '[0-7]*' AND t NOT GLOB '*[^{crockford}]*' THEN 'id' ELSE 'garbage' END"
    )


def _is_expanded() -> str:
    """SQL for whether a text begins with a year after 9999, or before the year 1."""
    year = "substr(w,2,instr(substr(w,2),'-')-1)"  # without its first character
    rest = "substr(w,instr(substr(w,2),'-')+1)"
    bare = "ltrim(substr(t,1,instr(substr(t,2),'-')),'+')"
    return (
        f"(w GLOB '[-+9]9*' AND rtrim({year},'9')='' AND ({rest}='-99-99' OR {rest} GLOB"
        f" '-99-99[Tt ]*') AND CASE WHEN w GLOB '-*' THEN length({year})>3"
        f" ELSE length(ltrim({bare},'0'))>4 END)"
    )
