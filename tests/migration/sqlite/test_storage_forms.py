"""Every storage form, in SQLite's own expressions and in Python, against integers."""

import math
import sqlite3
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ts_contract.contract import NAMED_TICKS, Storage, Ticks
from ts_contract.migration.engines.sqlite.recognise import (
    form_expression,
    ms_expression,
    ms_or_form_expression,
)
from ts_contract.migration.engines.sqlite.usual import (
    is_plain_expression,
    plain_expression,
    unproved_expression,
    usual_expression,
    usual_form_expression,
)
from ts_contract.migration.engines.sqlite.written import written_expression
from ts_contract.migration.forms import (
    FORMS,
    MAX_MS,
    MIN_MS,
    Reading,
    convert,
)
from ts_contract.migration.numbers import ms_to_number
from ts_contract.migration.telling import template_of
from ts_contract.migration.templates import TRIMMED, NumberTemplate

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
    # The double is ….7999992…, to the nearest microsecond ….799999.
    (8_829_642_058.8, {}, "seconds", 8_829_642_058_799),
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
    (b"\x00\xff", {}, "blob", None),
    (b"2024-01-15 12:00:00\n", {}, "blob", None),
    (b"2024-01-15 12:00:00", {}, "text-blob", None),
    ("soon", {}, "garbage", None),
    ("10000-01-01", {}, "out-of-range", None),
    ("12024-01-15 12:00:00", {}, "out-of-range", None),
    ("+275760-09-13T00:00:00.000Z", {}, "out-of-range", None),
    ("-000001-01-01T00:00:00.000Z", {}, "out-of-range", None),
    ("2024-01-15 12:00:00.", {}, "garbage", None),
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
    # an order that nobody told, a century, a zone by its abbreviation: refused by name
    ("15/01/2024", {}, "day-month", None),
    ("5/2/2021, 10:51:37 AM", {}, "day-month", None),
    ("02.05.2021 10:51:37", {}, "day-month", None),
    ("5/2/21", {}, "day-month", None),
    ("02-MAY-21 10.51.37.527095 AM", {}, "century", None),
    ("Sunday, 02-May-21 10:51:37 GMT", {}, "century", None),
    ("2021-05-02 06:51:37 EDT", {}, "zone-name", None),
    ("Sun, 02 May 2021 06:51:37 EDT", {}, "zone-name", None),
    ("Sun May  2 12:51:37 CEST 2021", {}, "zone-name", None),
    ("2021-05-02T12:51:37[Europe/Paris]", {}, "zone-name", None),
    ("infinity", {}, "infinity", None),
    ("-infinity", {}, "infinity", None),
    ("01F4NCRBGYV8Q5S9D3W6X7Z2AB", {}, "id", None),
    ("608e83b9a1b2c3d4e5f60718", {}, "id", None),
    ("123e4567-e89b-12d3-a456-426614174000", {}, "id", None),
]

BASE = 1_619_952_697_000  # 2021-05-02 10:51:37 UTC
IN_THE_WILD += [
    # F10: Go's time.Time.String()
    ("2021-05-02 10:51:37.527095 +0000 UTC", {}, "go", BASE + 527),
    ("2021-05-02 10:51:37.527095 +0000 UTC m=+0.010000001", {}, "go", BASE + 527),
    ("2021-05-02 12:51:37.527095 +0200 CEST m=+0.01", {}, "go", BASE + 527),
    ("2021-05-02 16:36:37.527095 +0545 +0545", {}, "go", BASE + 527),
    ("2021-05-02 10:51:37.527095 +0000 +0000", {}, "go", BASE + 527),
    ("2021-05-02 07:51:37.5 -0300 -03", {}, "go", BASE + 500),
    ("2021-05-02 10:51:37 +0000 UTC", {}, "go", BASE),
    ("2021-05-02 10:51:37 +0000 UTC m=-12", {}, "go", BASE),
    ("2021-05-02 10:51:37 +0000 UTC m=", {}, "garbage", None),
    ("2021-05-02 10:51:37 +0000 UTC m=+1.", {}, "garbage", None),
    ("2021-05-02 10:51:37 +0000 U-T", {}, "garbage", None),
    ("2021-02-29 10:51:37 +0000 UTC", {}, "impossible-date", None),
    ("2021-05-02 24:00:00 +0000 UTC", {}, "impossible-time", None),
    ("2021-05-02 10:51:37 +2400 XYZ", {}, "impossible-time", None),
    # F11: brackets, comments, quotes
    ("2021-05-02T12:51:37.527+02:00[Europe/Paris]", {}, "rfc-9557", BASE + 527),
    ("2021-05-02T12:51+02:00[Europe/Paris]", {}, "rfc-9557", BASE - 37_000),
    ("2021-05-02T10:51:37.527Z[UTC]", {}, "rfc-9557", BASE + 527),
    ("2021-05-02T10:51:37Z[!UTC][u-ca=iso8601]", {}, "rfc-9557", BASE),
    ("2021-05-02T10:51:37Z[]", {}, "garbage", None),
    ("2021-05-02T10:51:37Z[UTC", {}, "garbage", None),
    ("2021-05-02T25:51:37Z[UTC]", {}, "impossible-time", None),
    (
        "Sun May 02 2021 12:51:37 GMT+0200 (Central European Summer Time)",
        {},
        "javascript",
        BASE,
    ),
    ("Sun May 02 2021 12:51:37 GMT+0200", {}, "javascript", BASE),
    ("Sun May 02 2021 12:51:60 GMT+0200", {}, "impossible-time", None),
    ("Sun May 02 12:51:37 +0200 2021", {}, "ruby-date", BASE),
    ("Sun May  2 10:51:37 UTC 2021", {}, "unix-date", BASE),
    ("Sun May 02 10:51:37 GMT 2021", {}, "unix-date", BASE),
    ("Sun Feb 30 10:51:37 UTC 2021", {}, "impossible-date", None),
    ("Sun, 02 May 2021 12:51:37 +0200 (CEST)", {}, "rfc-2822", BASE),
    ('"2021-05-02T10:51:37.527Z"', {}, "json", BASE + 527),
    ('{"$date":"2021-05-02T10:51:37.527Z"}', {}, "json", BASE + 527),
    ('{"$date": "2021-05-02T10:51:37.527Z"}', {}, "json", BASE + 527),
    ('{"$date":1619952697527}', {}, "json", BASE + 527),
    ('{"$date": {"$numberLong": "1619952697527"}}', {}, "json", BASE + 527),
    ('{"$date":{"$numberLong":"-1"}}', {}, "json", -1),
    ('{"$date":999999999999999999}', {}, "out-of-range", None),
    ('{"$date":1619952697.5}', {}, "garbage", None),
    ('"2021-02-29T10:51:37Z"', {}, "impossible-date", None),
    ('"soon"', {}, "garbage", None),
    ("/Date(1619952697527)/", {}, "asp-net", BASE + 527),
    ("/Date(1619952697527+0200)/", {}, "asp-net", BASE + 527),
    ("/Date(-1)/", {}, "asp-net", -1),
    ("/Date(x)/", {}, "garbage", None),
    # offsets with seconds, other separators, more digits
    ("1900-01-01 00:00:00+05:21:10", {}, "iso-zone", -2_209_008_070_000),
    ("2021-05-02 10:51:37 +00:00:00", {}, "iso-zone", BASE),
    ("2021-05-02 10:51:37+00:00:60", {}, "impossible-time", None),
    ("2021:05:02 10:51:37", {}, "exif", BASE),
    ("2021/05/02 10:51:37", {}, "slashes", BASE),
    ("2021/05/02 10:51:37.527", {}, "slashes", BASE + 527),
    ("2021/02/30 10:51:37", {}, "impossible-date", None),
    ("2021-05-02-10.51.37.527095", {}, "db2", BASE + 527),
    ("2021-05-02-24.00.00", {}, "impossible-time", None),
    ("20210502105137Z", {}, "ldap", BASE),
    ("20210502105137.0Z", {}, "ldap", BASE),
    ("20210502125137+0200", {}, "ldap", BASE),
    ("20210230105137Z", {}, "impossible-date", None),
    ("2021-05-02 10:51:37.527999999999", {}, "datetime", BASE + 527),
    ("2021-05-02 10:51:37 Z", {}, "iso-zone", BASE),
    # F5: packed dates
    (2_021_050_210, {}, "digits", None),
    (202_105_021_051, {}, "digits", None),
    (20_210_502_105_137, {}, "digits", None),
    (20_210_502_105_137_527, {}, "digits", None),
    (20_210_502, {}, "digits", None),
    (20_210_502_105_137.0, {}, "digits", None),
    ("2021050210", {}, "digits", None),
    ("20210502105137527095", {}, "digits", None),
    (2_021_139_910, {}, "seconds", 2_021_139_910_000),
    (2_021_050_210, {"storage": "seconds"}, "seconds", 2_021_050_210_000),
    (20_210_502, {"storage": "packed"}, "packed", BASE - 39_097_000),
    (2_021_050_210, {"storage": "packed"}, "packed", BASE - 3_097_000),
    (202_105_021_051, {"storage": "packed"}, "packed", BASE - 37_000),
    (20_210_502_105_137, {"storage": "packed"}, "packed", BASE),
    (20_210_502_105_137_527, {"storage": "packed"}, "packed", BASE + 527),
    (20_210_502_105_137.0, {"storage": "packed"}, "packed", BASE),
    ("20210502105137", {"storage": "packed"}, "packed", BASE),
    ("20210502105137527095", {"storage": "packed"}, "packed", BASE + 527),
    (20_210_230_105_137, {"storage": "packed"}, "impossible-date", None),
    ("20210502240000", {"storage": "packed"}, "impossible-time", None),
    (202_105_021, {"storage": "packed"}, "unpacked", None),
    (-20_210_502, {"storage": "packed"}, "unpacked", None),
    (2.5, {"storage": "packed"}, "unpacked", None),
    (2.0**60, {"storage": "packed"}, "unpacked", None),
    ("2021-05-02 10:51:37", {"storage": "packed"}, "datetime", BASE),
    # F6: other epochs
    (641_645_497.527095, {"storage": "apple-seconds"}, "apple-seconds", BASE + 527),
    (641_645_497, {"storage": "apple-seconds"}, "apple-seconds", BASE),
    (641_645_497_527_095_000, {"storage": "apple-nanoseconds"}, "apple-nanoseconds", BASE + 527),
    (13_264_426_297_527_095, {"storage": "webkit-microseconds"}, "webkit-microseconds", BASE + 527),
    (132_644_262_975_270_951, {"storage": "filetime"}, "filetime", BASE + 527),
    (637_555_494_975_270_951, {"storage": "dotnet-ticks"}, "dotnet-ticks", BASE + 527),
    (0, {"storage": "dotnet-ticks"}, "dotnet-ticks", MIN_MS),
    (1_619_952_697_527_095_000, {"storage": "nanoseconds"}, "nanoseconds", BASE + 527),
    ("1619952697527095000", {"storage": "nanoseconds"}, "nanoseconds", BASE + 527),
    (44_318.45251767361, {"storage": "ole-days"}, "ole-days", BASE + 527),
    ("44318.45251767361", {"storage": "ole-days"}, "ole-days", BASE + 527),
    (-1.25, {"storage": "ole-days"}, "ole-days", -2_209_226_400_000),  # 1899-12-29 06:00
    (3_702_797_497, {"storage": Ticks("s", date(1904, 1, 1))}, "ticks", BASE),
    (1_619_952_697, {"storage": Ticks("ms", date(1970, 1, 1))}, "ticks", 1_619_952_697),
    (641_645_497_527_095_000, {}, "out-of-range", None),
    (44_318.45251767361, {}, "bare-number", None),
    # F7: digits are cut
    ("1619952697.527999999", {}, "seconds", BASE + 527),
    ("1619952697527.9999999", {}, "milliseconds", BASE + 527),
    ("-1000000000.0005", {}, "seconds", -1_000_000_000_001),
    ("1.619952697527E12", {}, "milliseconds", BASE + 527),
    ("1.619952697527999E9", {}, "seconds", BASE + 527),
    ("1.0e+18", {}, "out-of-range", None),
    ("99999999999999999999.5", {"storage": "nanoseconds"}, "out-of-range", None),
    # F8: values that stand for NULL
    ("0001-01-01 00:00:00", {"null_values": ("0001-01-01 00:00:00", 0)}, "null-value", None),
    (0, {"null_values": ("0001-01-01 00:00:00", 0)}, "null-value", None),
    (0.0, {"null_values": (0,)}, "null-value", None),
    ("0", {"null_values": (0,)}, "bare-number", None),
    ("0001-01-01 00:00:00.0", {"null_values": ("0001-01-01 00:00:00",)}, "datetime", MIN_MS),
    (0, {"null_values": ("0",)}, "bare-number", None),
    # F, small: another unit than the declared one
    (1_619_952_697, {"storage": "milliseconds"}, "like-seconds", None),
    ("1619952697", {"storage": "milliseconds"}, "like-seconds", None),
    (1_619_952_697_527, {"storage": "microseconds"}, "like-milliseconds", None),
    (1_619_952_697_527_095, {"storage": "nanoseconds"}, "like-microseconds", None),
    (641_645_497, {"storage": "apple-nanoseconds"}, "like-seconds", None),
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
        assert (FORMS[form].reason is None) == (ms is not None or form in ("null", "null-value"))


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
STORAGES = [*NAMED_TICKS, Ticks("s", date(1904, 1, 1)), Ticks("ms", date(9999, 12, 31))]
STORAGES += [Ticks("us", date(1858, 11, 17)), Ticks("100ns", date(1582, 10, 15))]
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "100ns": 10**7, "ns": 10**9}


def looks_like_another_unit(number: int, storage: Storage) -> bool:
    """Say whether a number is refused because it is recent in a coarser unit."""
    if isinstance(storage, Ticks):
        return False
    ticks = NAMED_TICKS[storage]
    epoch = (ticks.epoch - date(1970, 1, 1)).days * 86_400
    since = max(10**9 - epoch, 5 * 365 * 86_400)
    return any(
        since * per_second <= number < (3 * 10**9 - epoch) * per_second
        for per_second in (1, 10**3, 10**6)
        if per_second < PER_SECOND[ticks.unit]
    )


def exact_ms(number: int | Fraction, storage: Storage) -> int | None:
    """Return the milliseconds of a number of ticks, by fractions; None outside the calendar."""
    ticks = storage if isinstance(storage, Ticks) else NAMED_TICKS[storage]
    if not -(2**63) <= int(number) < 2**63 or looks_like_another_unit(int(number), storage):
        return None
    since = (ticks.epoch - date(1970, 1, 1)).days * 86_400_000
    ms = math.floor(Fraction(number) * 1_000 / PER_SECOND[ticks.unit]) + since
    return ms if MIN_MS <= ms <= MAX_MS else None


def near_the_edges(storage: Storage) -> st.SearchStrategy[int]:
    """Return numbers, many of them near the first and last tick, tick 0 and the epoch of Unix."""
    ticks = storage if isinstance(storage, Ticks) else NAMED_TICKS[storage]
    since = (ticks.epoch - date(1970, 1, 1)).days * 86_400_000
    edges = [
        (ms - since) * PER_SECOND[ticks.unit] // 1_000 for ms in (MIN_MS, MAX_MS + 1, 0, since)
    ]
    edges = [edge for edge in edges if -(2**63) < edge < 2**63 - 1]
    near = st.builds(
        lambda edge, step: max(-(2**63), min(2**63 - 1, edge + step)),
        st.sampled_from(edges),
        st.integers(-2, 2) | st.integers(-(10**7), 10**7),
    )
    return near | INTEGERS


@given(data=st.data(), storage=st.sampled_from(STORAGES))
def test_a_tick_is_the_integer_that_python_says(db, data, storage):
    numbers = data.draw(st.lists(near_the_edges(storage), min_size=1, max_size=20))
    expected = [exact_ms(number, storage) for number in numbers]

    reading = Reading(storage=storage)

    assert [ms for ms, _, _ in in_sqlite(db, numbers, reading)] == expected
    assert [convert(number, reading).ms for number in numbers] == expected
    texts = [str(number) for number in numbers if number > -(2**63)]
    of_texts = [ms for n, ms in zip(numbers, expected, strict=True) if n > -(2**63)]
    assert [convert(text, reading).ms for text in texts] == of_texts
    assert [ms for ms, _, _ in in_sqlite(db, texts, reading)] == of_texts


@given(data=st.data(), storage=st.sampled_from(STORAGES))
def test_the_digits_of_a_text_are_cut_and_never_rounded(db, data, storage):
    numbers = data.draw(st.lists(near_the_edges(storage), min_size=1, max_size=20))
    digits = st.text("0123456789", max_size=12) | st.sampled_from(["9" * 20, "0" * 20 + "1"])
    texts, expected = [], []
    for number in numbers:
        fraction = data.draw(digits)
        sign = data.draw(st.sampled_from(["", "+", "-"])) if number >= 0 else "-"
        texts.append(f"{sign}{abs(number)}.{fraction}")
        exact = abs(number) + Fraction(int(fraction or 0), 10 ** len(fraction))
        expected.append(
            exact_ms(-exact if sign == "-" else exact, storage) if abs(number) < 2**63 else None
        )

    reading = Reading(storage=storage)

    assert [convert(text, reading).ms for text in texts] == expected
    assert [ms for ms, _, _ in in_sqlite(db, texts, reading)] == expected


@given(data=st.data(), storage=st.sampled_from(STORAGES))
def test_an_instant_in_ticks_is_read_back_exactly(db, data, storage):
    """Where 64 bits hold it; seconds with a fraction are a float."""
    ticks = storage if isinstance(storage, Ticks) else NAMED_TICKS[storage]
    since = (ticks.epoch - date(1970, 1, 1)).days * 86_400_000
    first, last = MIN_MS, MAX_MS
    if ticks.unit == "ns":
        first, last = since - 9_223_372_036_854, since + 9_223_372_036_854
    if ticks.unit == "s":
        first, last = since - 4_000_000_000_000, since + 4_000_000_000_000
    bounds = max(first, MIN_MS), min(last, MAX_MS)
    instants = data.draw(st.lists(st.integers(*bounds), min_size=1, max_size=20))
    numbers = [ms_to_number(ms, storage) for ms in instants]
    expected = [
        None if looks_like_another_unit(int(number), storage) else ms
        for number, ms in zip(numbers, instants, strict=True)
    ]

    reading = Reading(storage=storage)
    in_sqlite(db, [None for _ in instants], reading)
    db.executemany(
        "UPDATE stored SET ms = ? WHERE n = ?", [(m, n + 1) for n, m in enumerate(instants)]
    )
    # A whole number is a float too, in a column of seconds with fractions.
    template = NumberTemplate(storage, "real", TRIMMED)
    if ticks.unit == "s":
        numbers = [float(number) for number in numbers]
    else:
        template = NumberTemplate(storage)
    db.execute(f"UPDATE stored SET x = {written_expression('ms', template, reading)}")
    written = [x for (x,) in db.execute("SELECT x FROM stored ORDER BY n")]

    assert written == numbers
    assert list(map(type, written)) == list(map(type, numbers))
    assert [convert(number, reading).ms for number in written] == expected
    assert [ms for ms, _, _ in in_sqlite(db, written, reading)] == expected


@given(instants=st.lists(st.integers(MIN_MS, MAX_MS), min_size=1, max_size=20))
def test_an_ole_day_is_its_nearest_millisecond(db, instants):
    """Before 1899-12-30 its time of the day counts up, though its number goes down."""
    reading = Reading(storage="ole-days")
    days = [ms_to_number(ms, "ole-days") for ms in instants]

    assert [ms for ms, _, _ in in_sqlite(db, days, reading)] == instants
    assert [convert(day, reading).ms for day in days] == instants
    db.executemany(
        "UPDATE stored SET ms = ? WHERE n = ?", [(m, n + 1) for n, m in enumerate(instants)]
    )
    written = written_expression("ms", NumberTemplate("ole-days", "real", TRIMMED), reading)
    assert [x for (x,) in db.execute(f"SELECT {written} FROM stored ORDER BY n")] == days


@given(numbers=st.lists(INTEGERS, min_size=1, max_size=20), unit=st.sampled_from(sorted(UNITS)))
def test_an_integer_of_a_declared_unit_is_divided_and_rounded_down(db, numbers, unit):
    expected = [exact_ms(number, unit) for number in numbers]

    reading = Reading(storage=unit)

    assert [ms for ms, _, _ in in_sqlite(db, numbers, reading)] == expected
    assert [convert(number, reading).ms for number in numbers] == expected
    as_texts = [str(number) for number in numbers]
    assert [convert(text, reading).ms for text in as_texts] == expected
    assert [ms for ms, _, _ in in_sqlite(db, as_texts, reading)] == expected


def is_packed(digits: str) -> bool:
    """Say whether digits are a date with a time of 1900 to 2199."""
    forms = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
    with suppress(ValueError, KeyError):
        size = len(digits) if len(digits) < 17 else 14 if len(digits) in (17, 20) else 0
        return 1900 <= datetime.strptime(digits[:size], forms[size]).year < 2200
    return False


@given(
    moments=st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)), min_size=1),
    size=st.sampled_from([8, 10, 12, 14, 17, 20]),
)
def test_a_packed_date_is_refused_until_it_is_declared(db, moments, size):
    texts = [m.strftime("%Y%m%d%H%M%S%f")[:size] for m in moments]
    values = [*texts, *(int(text) for text in texts if size < 20)]

    assert {form for _, form, _ in in_sqlite(db, values, Reading())} == {"digits"}
    assert {convert(value).form for value in values} == {"digits"}
    assert all(map(is_packed, texts))
    whole = [datetime.strptime(f"{text:0<20}", "%Y%m%d%H%M%S%f") for text in texts]
    expected = [(m - datetime(1970, 1, 1)) // timedelta(milliseconds=1) for m in whole]
    expected *= 1 + (size < 20)
    packed = Reading(storage="packed")
    assert [ms for ms, _, _ in in_sqlite(db, values, packed)] == expected
    assert [convert(value, packed).ms for value in values] == expected
    for value in (texts[0], values[-1]):
        template = template_of([value], packed)
        (found,) = db.execute(
            f"SELECT {written_expression(str(expected[0]), template, packed)}"
        ).fetchone()
        assert type(found) is type(value)
        assert str(found)[:17] == texts[0][:17]
        assert len(str(found)) == size


@given(numbers=st.lists(INTEGERS, min_size=1, max_size=20))
def test_an_undeclared_integer_is_told_by_its_magnitude(db, numbers):
    """1973 to 5138 in seconds, milliseconds and microseconds do not overlap."""

    def by_magnitude(number: int) -> int | None:
        size = abs(number)
        if is_packed(str(number)):
            return None
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
    expected = [
        None if looks_like_another_unit(int(number), unit) else micro // 1_000
        for number, micro in zip(floats, micros, strict=True)
    ]

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
    *(Reading(storage=storage) for storage in (*STORAGES, "ole-days", "packed")),
    Reading(null_values=("2024-01-15 12:00:00", 0, -1, 1_705_320_000, 2.5)),
    Reading(valid_range=(1_577_836_800_000, 1_893_456_000_000)),
    Reading(storage="filetime", valid_range=(1_577_836_800_000, 1_893_456_000_000)),
]
VALUES = (
    near_misses()
    | st.floats(allow_nan=False)
    | st.floats(-1e10, 1e10)
    | INTEGERS
    | st.builds(lambda n, d: n + d, INTEGERS, st.sampled_from([0.5, 0.001, 0.0005, -0.25]))
    | st.text(ODD)
    | st.binary(max_size=30)
)


@given(values=st.lists(VALUES, min_size=1, max_size=30), reading=st.sampled_from(READINGS))
def test_sqlite_and_python_agree_on_whatever_is_stored(db, values, reading):
    assert in_sqlite(db, values, reading) == [in_python(value, reading) for value in values]


@given(values=st.lists(VALUES, min_size=1, max_size=30), reading=st.sampled_from(READINGS))
def test_what_is_proved_plain_is_converted_without_proof_too(db, values, reading):
    in_sqlite(db, values, reading)

    plain, unproved = plain_expression("x", reading), unproved_expression("x")
    is_plain = is_plain_expression("x", reading)
    found = db.execute(f"SELECT {is_plain}, {plain}, {unproved} FROM stored").fetchall()

    assert all(proved == (None if ms is None else 1) for proved, ms, _ in found)
    assert all(ms == other for proved, ms, other in found if proved)


@given(values=st.lists(VALUES, min_size=1, max_size=30), reading=st.sampled_from(READINGS))
def test_the_short_way_says_what_the_long_one_says_or_nothing(db, values, reading):
    long = in_sqlite(db, values, reading)

    shorts = usual_expression("x", reading), plain_expression("x", reading)
    form = usual_form_expression("x", reading)
    found = db.execute(f"SELECT {', '.join(shorts)}, {form} FROM stored ORDER BY n").fetchall()

    for value, (ms, known_form, _), (usual, plain, short_form) in zip(
        values, long, found, strict=True
    ):
        assert usual in (None, ms), value
        assert plain in (None, ms), value
        assert short_form in (None, known_form), value


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
        # Python takes any character between date and time, also the first digit of the hour.
        if ms is not None and not is_number(text) and convert(text).form != "ldap":
            aware = known if known.tzinfo else known.replace(tzinfo=UTC)
            micros = (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
            assert ms == micros // 1_000, text
