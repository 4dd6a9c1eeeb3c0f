"""Every storage form, in SQLite's own expressions and in Python, against integers."""

import math
import sqlite3
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ts_contract.migration.engines.sqlite.recognise import (
    form_expression,
    ms_expression,
    ms_or_form_expression,
)
from ts_contract.migration.engines.sqlite.usual import (
    is_usual_expression,
    unproved_expression,
    usual_expression,
)
from ts_contract.migration.forms import FORMS, MAX_MS, MIN_MS, Reading, convert

NOON = 1_705_320_000_000  # 2024-01-15 12:00:00 UTC
DAY = 86_400_000


def in_sqlite(db: sqlite3.Connection, values: list[object], reading: Reading) -> list[tuple]:
    """Return (milliseconds, form, either of both) of each value, as SQLite computes them."""
    db.execute("DELETE FROM stored")
    db.executemany("INSERT INTO stored (x) VALUES (?)", [(value,) for value in values])
    return db.execute(
        f"SELECT {ms_expression('x', reading)}, {form_expression('x', reading)},"
        f" {ms_or_form_expression('x', reading)} FROM stored ORDER BY n"
    ).fetchall()


def in_python(value: object, reading: Reading) -> tuple:
    """Return the same of one value, as Python computes it."""
    found = convert(value, reading)
    return found.ms, found.form, found.form if found.ms is None else found.ms


# --- what is stored in the wild ----------------------------------------------------------------

IN_THE_WILD = [
    # value, reading, form, epoch milliseconds
    (None, {}, "null", None),
    ("2024-01-15 12:00:00", {}, "datetime", NOON),
    ("2024-01-15 12:00:00.123999", {}, "datetime", NOON + 123),
    ("2024-01-15 12:00:00.123456789", {}, "datetime", NOON + 123),
    ("2024-01-15 12:00:00.1", {}, "datetime", NOON + 100),
    ("2024-01-15 12:00:00,123", {}, "datetime", NOON + 123),
    ("1969-12-31 23:59:59.9999", {}, "datetime", -1),
    ("0001-01-01 00:00:00", {}, "datetime", MIN_MS),
    ("9999-12-31 23:59:59.999999", {}, "datetime", MAX_MS),
    ("2024-02-29 23:59:59", {}, "datetime", 1_709_251_199_000),
    ("  2024-01-15 12:00:00\n", {}, "datetime", NOON),
    ("2024-01-15T12:00:00", {}, "iso-local", NOON),
    ("2024-01-15t12:00:00.5", {}, "iso-local", NOON + 500),
    ("2024-01-15T12:00:00Z", {}, "iso-zone", NOON),
    ("2024-01-15T12:00:00.123z", {}, "iso-zone", NOON + 123),
    ("2024-01-15 12:00:00+05:30", {}, "iso-zone", NOON - 19_800_000),
    ("2024-01-15 12:00:00 -05:30", {}, "iso-zone", NOON + 19_800_000),
    ("2024-01-15 12:00:00+0530", {}, "iso-zone", NOON - 19_800_000),
    ("2024-01-15 12:00:00.123456+00", {}, "iso-zone", NOON + 123),
    ("2024-01-15 12:00:00 UTC", {}, "iso-zone", NOON),
    ("2024-01-15 12:00:00.25 gmt", {}, "iso-zone", NOON + 250),
    ("2024-01-15 12:00", {}, "minutes", NOON),
    ("2024-01-15T12:00Z", {}, "minutes", NOON),
    ("2024-01-15", {}, "date", NOON - DAY // 2),
    ("20240115T120000Z", {}, "basic", NOON),
    ("20240115T120000.5+0530", {}, "basic", NOON - 19_799_500),
    ("2024-W03-1", {}, "week", NOON - DAY // 2),
    ("2020-W53-7T12:00:00", {}, "week", 1_609_675_200_000),
    ("2024-015", {}, "ordinal", NOON - DAY // 2),
    ("2024-366 00:00", {}, "ordinal", 1_735_603_200_000),
    ("Mon, 15 Jan 2024 12:00:00 +0000", {}, "rfc-2822", NOON),
    ("15 jan 2024 12:00:00 GMT", {}, "rfc-2822", NOON),
    ("Fri, 5 Jan 2024 12:00:00 -0500", {}, "rfc-2822", NOON - 10 * DAY + 18_000_000),
    ("Mon Jan 15 12:00:00 2024", {}, "ctime", NOON),
    ("Fri Jan  5 12:00:00 2024", {}, "ctime", NOON - 10 * DAY),
    (1_705_320_000, {}, "seconds", NOON),
    ("1705320000", {}, "seconds", NOON),
    (1_705_320_000.123, {}, "seconds", NOON + 123),
    ("1705320000.9999", {}, "seconds", NOON + 999),
    (-1_705_320_000.5, {}, "seconds", -NOON - 500),
    (1_705_320_000_123, {}, "milliseconds", NOON + 123),
    ("1705320000123", {}, "milliseconds", NOON + 123),
    (1_705_320_000_123_999, {}, "microseconds", NOON + 123),
    (-1, {"storage": "microseconds"}, "microseconds", -1),
    (0, {"storage": "seconds"}, "seconds", 0),
    (86_400, {"storage": "seconds"}, "seconds", DAY),
    (-0.0005, {"storage": "seconds"}, "seconds", -1),
    (100_000_000_000_001.0, {"storage": "milliseconds"}, "milliseconds", 100_000_000_000_001),
    (2_460_325.0, {"storage": "julian-day"}, "julian-day", NOON),
    ("2460325.0", {"storage": "julian-day"}, "julian-day", NOON),
    ("2024-01-15 12:00:00", {"storage": "julian-day"}, "datetime", NOON),
    # and what stands for no instant
    (2_460_325.0, {}, "bare-number", None),
    (0, {}, "bare-number", None),
    (1, {}, "bare-number", None),
    ("2024", {}, "bare-number", None),
    (99_999_999, {}, "bare-number", None),
    (20_240_115_120_000, {}, "digits", None),
    ("20240115120000", {}, "digits", None),
    (10**17, {}, "out-of-range", None),
    (2**63 - 1, {}, "out-of-range", None),
    (-(2**63), {"storage": "microseconds"}, "out-of-range", None),
    (float("inf"), {}, "out-of-range", None),
    (253_402_300_800, {"storage": "seconds"}, "out-of-range", None),
    ("9999-12-31 23:59:59-00:01", {}, "out-of-range", None),
    ("0001-01-01 00:00:00+00:01", {}, "out-of-range", None),
    ("0000-00-00 00:00:00", {}, "out-of-range", None),
    ("2024-02-30", {}, "impossible-date", None),
    ("2023-02-29 00:00:00", {}, "impossible-date", None),
    ("2100-02-29T00:00:00Z", {}, "impossible-date", None),
    ("2024-00-10 00:00:00", {}, "impossible-date", None),
    ("2024-13-01 00:00:00", {}, "impossible-date", None),
    ("2021-W53-1", {}, "impossible-date", None),
    ("2023-366", {}, "impossible-date", None),
    ("2024-01-15 24:00:00", {}, "impossible-time", None),
    ("2024-01-15 23:59:60", {}, "impossible-time", None),
    ("2024-01-15 12:60:00", {}, "impossible-time", None),
    ("2024-01-15 12:00:00+24:00", {}, "impossible-time", None),
    ("12:00", {}, "time-only", None),
    ("12:00:00", {}, "time-only", None),
    ("", {}, "empty", None),
    (" \t", {}, "empty", None),
    ("null", {}, "null-word", None),
    ("None", {}, "null-word", None),
    ("NaT", {}, "null-word", None),
    ("now", {}, "now", None),
    ("NOW", {}, "now", None),
    (b"", {}, "blob", None),
    (b"2024-01-15 12:00:00", {}, "blob", None),
    ("soon", {}, "garbage", None),
    ("10000-01-01", {}, "garbage", None),
    ("2024-01-15 12:00:00.", {}, "garbage", None),
    ("2024-01-15 12:00:00.1234567890", {}, "garbage", None),
    ("2024-01-15 12:00:00+5", {}, "garbage", None),
    ("2024-01-15  12:00:00", {}, "garbage", None),
    ("2024-1-15 12:00:00", {}, "garbage", None),
    ("2024-01-15\u00a012:00:00", {}, "garbage", None),
    ("\u0662\u0660\u0662\u0664-01-15 12:00:00", {}, "garbage", None),
    ("2024-01-15 12:00:00\x00", {}, "garbage", None),
    ("2024-01-15\x00 12:00:00", {}, "garbage", None),
    ("1705320000\x00", {"storage": "seconds"}, "garbage", None),
    ("0x7fffffff", {"storage": "seconds"}, "garbage", None),
    ("1e9", {"storage": "seconds"}, "garbage", None),
    ("1_705_320_000", {}, "garbage", None),
    ("15/01/2024", {}, "garbage", None),
]


@pytest.mark.parametrize(("value", "reading", "form", "ms"), IN_THE_WILD, ids=repr)
def test_what_the_wild_stores_is_read_alike_everywhere(db, value, reading, form, ms):
    expected = (ms, form, form if ms is None else ms)

    assert in_sqlite(db, [value], Reading(**reading)) == [expected]
    assert in_python(value, Reading(**reading)) == expected


def test_every_form_is_seen_in_the_wild():
    seen = {form for _, _, form, _ in IN_THE_WILD}

    assert set(FORMS) - seen == {"overlap", "gap", "far-future", "implausible"}


def test_a_form_without_an_instant_has_a_reason_and_the_others_have_none():
    for _, _, form, ms in IN_THE_WILD:
        assert (FORMS[form].reason is None) == (ms is not None or form == "null")


# --- every form that can be written, against integers ------------------------------------------

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@st.composite
def zones(draw: st.DrawFn) -> tuple[str, int]:
    """Return a zone suffix and the minutes east of UTC that it says."""
    minutes = draw(st.integers(-1_439, 1_439) | st.sampled_from([0, 330, -300]))
    sign, (hour, minute) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    suffixes = [f"{sign}{hour:02}:{minute:02}", f" {sign}{hour:02}:{minute:02}"]
    suffixes += [f"{sign}{hour:02}{minute:02}", f" {sign}{hour:02}{minute:02}"]
    if minute == 0:
        suffixes += [f"{sign}{hour:02}", f" {sign}{hour:02}"]
    if minutes == 0:
        suffixes += ["Z", "z", " UTC", " GMT", " utc", "-00:00"]
    return draw(st.sampled_from(suffixes)), minutes


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str, int]:
    """Return a text in some form, the form, and the milliseconds that its digits add up to."""
    day = draw(st.dates())
    hour, minute, second = (draw(st.integers(0, top)) for top in (23, 59, 59))
    digits = draw(st.text("0123456789", max_size=9))
    fraction = digits and draw(st.sampled_from(".,")) + digits
    zone, east = draw(st.just(("", 0)) | zones())
    form = draw(st.sampled_from(WRITTEN))

    midnight = (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY
    to_minute = (hour * 60 + minute) * 60_000
    to_second = to_minute + second * 1_000
    to_milli = to_second + int((digits + "000")[:3])
    clock = f"{hour:02}:{minute:02}:{second:02}"
    month, weekday = MONTHS[day.month - 1], WEEKDAYS[day.weekday()]
    match form:
        case "datetime" | "iso-local" | "iso-zone":
            if zone:
                form = "iso-zone"
            elif form == "iso-zone":
                zone = "Z"
            separator = " " if form == "datetime" else "T"
            if form == "iso-zone":
                separator = draw(st.sampled_from(" Tt"))
            text, ms = f"{day}{separator}{clock}{fraction}{zone}", to_milli
        case "minutes":
            text, ms = f"{day}T{clock[:5]}{zone}", to_minute
        case "date":
            text, ms, east = f"{day}", 0, 0
        case "basic":
            bare = f"{day}T{clock}".replace("-", "").replace(":", "")
            text, ms = f"{bare}{fraction}{zone}", to_milli
        case "week":
            year, week, number = day.isocalendar()
            text, ms = f"{year:04}-W{week:02}-{number} {clock}{fraction}{zone}", to_milli
        case "ordinal":
            number = day.timetuple().tm_yday
            text, ms = f"{day.year:04}-{number:03}T{clock}{fraction}{zone}", to_milli
        case "rfc-2822":
            head = draw(st.sampled_from(["", f"{weekday}, "]))
            number = draw(st.sampled_from([f"{day.day}", f"{day.day:02}"]))
            text = f"{head}{number} {month} {day.year:04} {clock}{zone}"
            ms = to_second
        case "ctime":
            text, ms = f"{weekday} {month} {day.day:2} {clock} {day.year:04}", to_second
            east = 0
    blanks = st.sampled_from(["", "", " ", "\n", "\t "])
    return draw(blanks) + text + draw(blanks), form, midnight + ms - east * 60_000


WRITTEN = (
    "datetime",
    "iso-local",
    "iso-zone",
    "minutes",
    "date",
    "basic",
    "week",
    "ordinal",
    "rfc-2822",
    "ctime",
)


@given(written=st.lists(texts(), min_size=1, max_size=20))
def test_every_form_is_the_integer_that_its_digits_add_up_to(db, written):
    expected = [
        (ms, form, ms) if MIN_MS <= ms <= MAX_MS else (None, "out-of-range", "out-of-range")
        for _, form, ms in written
    ]

    values = [text for text, _, _ in written]

    assert in_sqlite(db, values, Reading()) == expected
    assert [in_python(value, Reading()) for value in values] == expected


BOUNDARIES = [0, 1, 10**8, 10**11, 19 * 10**12, 21 * 10**12, 10**14, 10**17, 2**53, 2**63 - 1]
BOUNDARIES += [MIN_MS // 1_000, MIN_MS, MIN_MS * 1_000, MAX_MS // 1_000, MAX_MS, MAX_MS * 1_000]
BOUNDARIES += [26 * 10**10, 26 * 10**13, 26 * 10**16, 2_440_587, 1_721_425, 5_373_484]
INTEGERS = st.integers(-(2**63), 2**63 - 1) | st.builds(
    lambda edge, step, sign: max(-(2**63), min(2**63 - 1, sign * (edge + step))),
    st.sampled_from(BOUNDARIES),
    st.integers(-2, 2),
    st.sampled_from([1, -1]),
)
UNITS = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}


@given(numbers=st.lists(INTEGERS, min_size=1, max_size=20), unit=st.sampled_from(sorted(UNITS)))
def test_an_integer_of_a_declared_unit_is_divided_and_rounded_down(db, numbers, unit):
    exact = [number * 1_000 // UNITS[unit] for number in numbers]
    expected = [ms if MIN_MS <= ms <= MAX_MS else None for ms in exact]

    reading = Reading(storage=unit)

    assert [ms for ms, _, _ in in_sqlite(db, numbers, reading)] == expected
    assert [convert(number, reading).ms for number in numbers] == expected
    as_texts = [str(number) for number in numbers]
    assert [convert(text, reading).ms for text in as_texts] == expected
    assert [ms for ms, _, _ in in_sqlite(db, as_texts, reading)] == expected


@given(numbers=st.lists(INTEGERS, min_size=1, max_size=20))
def test_an_undeclared_integer_is_told_by_its_magnitude(db, numbers):
    """1973 to 5138 in seconds, milliseconds and microseconds do not overlap."""

    def by_magnitude(number: int) -> int | None:
        size = abs(number)
        if 10**8 <= size < 10**11:
            return number * 1_000
        if 10**11 <= size < 10**14 and not 19 * 10**12 <= number < 21 * 10**12:
            return number
        if 10**14 <= size < 10**17:
            return number // 1_000
        return None

    exact = [by_magnitude(number) for number in numbers]
    expected = [ms if ms is not None and MIN_MS <= ms <= MAX_MS else None for ms in exact]

    assert [ms for ms, _, _ in in_sqlite(db, numbers, Reading())] == expected
    assert [convert(number).ms for number in numbers] == expected


@given(
    micros=st.lists(st.integers(-(10**15), 4 * 10**15), min_size=1, max_size=20),
    unit=st.sampled_from(["seconds", "milliseconds"]),
)
def test_a_float_is_the_microsecond_that_its_writer_meant(db, micros, unit):
    """As `time.time()` writes it: until 2100 a double tells microseconds apart."""
    floats = [micro / (1_000_000 // UNITS[unit]) for micro in micros]
    expected = [micro // 1_000 for micro in micros]

    reading = Reading(storage=unit)

    assert [ms for ms, _, _ in in_sqlite(db, floats, reading)] == expected
    assert [convert(number, reading).ms for number in floats] == expected


@given(instants=st.lists(st.integers(MIN_MS, MAX_MS), min_size=1, max_size=20))
def test_a_julian_day_is_its_nearest_millisecond(db, instants):
    """A double holds a Julian day to 40 microseconds, so no millisecond is lost."""
    days = [ms / 86_400_000 + 2_440_587.5 for ms in instants]
    reading = Reading(storage="julian-day")

    assert [ms for ms, _, _ in in_sqlite(db, days, reading)] == instants
    assert [convert(day, reading).ms for day in days] == instants


# --- near-misses -------------------------------------------------------------------------------

EXAMPLES = [str(value) for value, *_ in IN_THE_WILD if value is not None]
ODD = st.characters(exclude_categories=["Cs"]) | st.sampled_from(
    "0123456789-:+ TtZz.,WGMUC\x00\x0b"
)


@st.composite
def near_misses(draw: st.DrawFn) -> str:
    """Return a text of the wild with a few characters changed, added or taken out."""
    text = draw(st.sampled_from(EXAMPLES))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(text)))
        with_one = draw(st.sampled_from(["", "0", "9"]) | ODD)
        text = text[:place] + with_one + text[place + draw(st.integers(0, 1)) :]
    return text


READINGS = [
    Reading(),
    Reading(storage="seconds"),
    Reading(storage="milliseconds"),
    Reading(storage="microseconds"),
    Reading(storage="julian-day"),
    Reading(valid_range=(1_577_836_800_000, 1_893_456_000_000)),
]
VALUES = (
    near_misses()
    | st.floats(allow_nan=False)
    | INTEGERS
    | st.builds(lambda n, d: n + d, INTEGERS, st.sampled_from([0.5, 0.001, 0.0005, -0.25]))
    | st.text(ODD)
    | st.binary(max_size=30)
)


@given(values=st.lists(VALUES, min_size=1, max_size=30), reading=st.sampled_from(READINGS))
def test_sqlite_and_python_agree_on_whatever_is_stored(db, values, reading):
    assert in_sqlite(db, values, reading) == [in_python(value, reading) for value in values]


@given(values=st.lists(VALUES, min_size=1, max_size=30), reading=st.sampled_from(READINGS))
def test_what_is_proved_usual_is_converted_without_proof_too(db, values, reading):
    in_sqlite(db, values, reading)

    usual, unproved = usual_expression("x", reading), unproved_expression("x")
    is_usual = is_usual_expression("x", reading)
    found = db.execute(f"SELECT {is_usual}, {usual}, {unproved} FROM stored").fetchall()

    assert all(proved == (None if ms is None else 1) for proved, ms, _ in found)
    assert all(ms == other for proved, ms, other in found if proved)


@given(stored=st.lists(st.binary() | near_misses().map(str.encode), min_size=1, max_size=20))
def test_they_agree_on_text_that_is_not_utf8(db, stored):
    db.execute("DELETE FROM stored")
    db.executemany("INSERT INTO stored (x) SELECT CAST(? AS TEXT)", [(b,) for b in stored])
    found = db.execute(
        f"SELECT {ms_expression('x', Reading())}, {form_expression('x', Reading())},"
        f" {ms_or_form_expression('x', Reading())} FROM stored ORDER BY n"
    ).fetchall()

    texts = [value.decode("utf-8", "surrogateescape") for value in stored]

    assert found == [in_python(text, Reading()) for text in texts]


def is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


@given(texts=st.lists(near_misses(), min_size=1, max_size=20))
@example(texts=["17050320000.123"])  # seconds, and for Python the year 1705
def test_nothing_is_converted_that_the_standard_library_reads_otherwise(db, texts):
    for text, (ms, _, _) in zip(texts, in_sqlite(db, texts, Reading()), strict=True):
        try:
            known = datetime.fromisoformat(text)
        except ValueError:
            continue
        if ms is not None and not is_number(text):
            aware = known if known.tzinfo else known.replace(tzinfo=UTC)
            micros = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
            assert ms == micros // 1_000, text
