"""Named zones in plain SQL, against zoneinfo and the two folds of a datetime."""

import sqlite3
from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ts_contract.migration.engines.sqlite import ENGINE
from ts_contract.migration.engines.sqlite.connection import SqliteSession
from ts_contract.migration.engines.sqlite.recognise import (
    form_expression,
    ms_expression,
    ms_or_form_expression,
)
from ts_contract.migration.engines.sqlite.survey import provide_zones
from ts_contract.migration.engines.sqlite.written import written_expression
from ts_contract.migration.forms import Reading, convert
from ts_contract.migration.telling import template_like

EPOCH = datetime(1970, 1, 1)
POLICIES = list(product(["first", "second", "reject"], ["shift", "reject"]))

# Local days near which the clocks were turned, by zone.
TURNED = {
    "America/New_York": ["2024-03-10", "2024-11-03", "1883-11-18", "1942-02-09", "2199-11-03"],
    "Australia/Lord_Howe": ["2024-04-07", "2024-10-06", "1981-03-01", "1985-10-27"],
    "Pacific/Apia": ["2011-12-30", "2011-12-29", "2011-12-31", "2012-04-01", "1892-07-05"],
    "Europe/Amsterdam": ["1937-07-01", "1940-05-16", "1916-05-01", "1916-10-01", "1936-10-04"],
    "Asia/Kolkata": ["1941-10-01", "1942-05-15", "1945-10-15", "2024-01-15"],
    "Africa/Casablanca": ["2024-03-10", "2024-04-14"],
    "America/Scoresbysund": ["2024-03-31", "2023-10-29"],
}


def in_sqlite(db: sqlite3.Connection, texts: list[str], reading: Reading) -> list[tuple]:
    provide_zones(SqliteSession(ENGINE, db, "memory"), reading)
    db.execute("DELETE FROM stored")
    db.executemany("INSERT INTO stored (x) VALUES (?)", [(text,) for text in texts])
    return db.execute(
        f"SELECT {ms_expression('x', reading)}, {form_expression('x', reading)},"
        f" {ms_or_form_expression('x', reading)} FROM stored ORDER BY n"
    ).fetchall()


def instants_of(local: datetime, zone: ZoneInfo) -> list[int]:
    """Return the milliseconds of every instant at which the zone's clocks showed a local time."""
    found = set()
    for fold in (0, 1):
        instant = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None, fold=0) == local:
            found.add((instant.replace(tzinfo=None) - EPOCH) // timedelta(milliseconds=1))
    return sorted(found)


def truth(local: datetime, reading: Reading) -> int | str:
    """Return the instant of a local time by the policies, or why there is none."""
    zone = ZoneInfo(reading.timezone)
    instants = instants_of(local, zone)
    if len(instants) == 2:
        return {"first": instants[0], "second": instants[1], "reject": "overlap"}[
            reading.on_overlap
        ]
    if not instants:
        if reading.on_gap == "reject":
            return "gap"
        before = zone.utcoffset(local.replace(fold=0))  # the offset that the clocks had last
        return (local - before - EPOCH) // timedelta(milliseconds=1)
    return instants[0]


@st.composite
def local_times(draw: st.DrawFn, zone: str) -> datetime:
    """Return a local time, most often within a day of a turn of the clocks."""
    day = datetime.fromisoformat(draw(st.sampled_from(TURNED[zone])))
    near = draw(st.integers(-86_400_000, 2 * 86_400_000).map(lambda ms: timedelta(milliseconds=ms)))
    anywhere = draw(st.datetimes(datetime(1800, 1, 2), datetime(2199, 12, 31)))
    local = draw(st.sampled_from([day + near, day + near, anywhere]))
    return local.replace(microsecond=local.microsecond // 1_000 * 1_000)


@pytest.mark.parametrize("zone", TURNED)
@settings(max_examples=20)
@given(data=st.data(), policy=st.sampled_from(POLICIES))
def test_a_local_time_is_the_instant_that_zoneinfo_says(db, zone, data, policy):
    reading = Reading("auto", zone, *policy)
    times = data.draw(st.lists(local_times(zone), min_size=1, max_size=50))

    found = in_sqlite(db, [time.isoformat(" ") for time in times], reading)

    expected = [truth(time, reading) for time in times]
    assert [either for _, _, either in found] == expected
    assert [ms for ms, _, _ in found] == [e if isinstance(e, int) else None for e in expected]
    for time, (ms, form, _) in zip(times, found, strict=True):
        in_python = convert(time.isoformat(" "), reading)
        assert (in_python.ms, in_python.form) == (ms, form)


@pytest.mark.parametrize(
    ("zone", "text", "first", "second"),
    [
        ("America/New_York", "2024-11-03 01:30:00", 1_730_611_800_000, 1_730_615_400_000),
        ("Australia/Lord_Howe", "2024-04-07 01:45:00", 1_712_414_700_000, 1_712_416_500_000),
    ],
)
def test_a_time_that_happened_twice_follows_the_policy(db, zone, text, first, second):
    def read(on_overlap):
        return in_sqlite(db, [text], Reading("auto", zone, on_overlap))[0][2]

    assert [read("first"), read("second"), read("reject")] == [first, second, "overlap"]


@pytest.mark.parametrize(
    ("zone", "text", "shifted"),
    [
        ("America/New_York", "2024-03-10 02:30:00", 1_710_055_800_000),  # 03:30 summer time
        ("Pacific/Apia", "2011-12-30 12:00:00", 1_325_282_400_000),  # the day that was left out
    ],
)
def test_a_time_that_never_happened_follows_the_policy(db, zone, text, shifted):
    def read(on_gap):
        return in_sqlite(db, [text], Reading("auto", zone, "reject", on_gap))[0][2]

    assert [read("shift"), read("reject")] == [shifted, "gap"]


@pytest.mark.parametrize(
    "text", ["2024-01-15T12:00:00Z", "2024-01-15 06:00:00-06:00", 1_705_320_000]
)
def test_a_value_that_is_an_instant_itself_needs_no_zone(db, text):
    assert in_sqlite(db, [text], Reading("auto", "Pacific/Apia"))[0][0] == 1_705_320_000_000


def test_what_lies_beyond_the_known_rules_is_refused(db):
    reading = Reading("auto", "America/New_York")

    found = in_sqlite(db, ["2199-12-31 23:59:59", "2200-01-01 00:00:00"], reading)

    assert [form for _, form, _ in found] == ["datetime", "far-future"]
    assert convert("2200-01-01 00:00:00", reading).form == "far-future"


def test_another_contracts_policies_do_not_linger_in_a_connection(db):
    twice = "2024-11-03 01:30:00"
    zone = "America/New_York"

    assert in_sqlite(db, [twice], Reading("auto", zone, "second"))[0][0] == 1_730_615_400_000
    assert in_sqlite(db, [twice], Reading("auto", zone, "first"))[0][0] == 1_730_611_800_000


@pytest.mark.parametrize("zone", TURNED)
@settings(max_examples=20)
@given(data=st.data(), policy=st.sampled_from(POLICIES))
def test_what_the_triggers_write_is_read_back_as_the_same_instant(db, zone, data, policy):
    """Also in the hour that happens twice, whatever the policy, and beyond the known rules."""
    reading = Reading("auto", zone, *policy)
    example = data.draw(
        st.sampled_from(
            ["2024-01-15 12:00:00.000", "2024-01-15T12:00:00.000", "2024-01-15-12.00.00.000000"]
        )
    )
    template = template_like(example, reading)
    near = [
        (time - EPOCH) // timedelta(milliseconds=1)
        for time in data.draw(st.lists(local_times(zone), min_size=1, max_size=50))
    ]
    far = data.draw(st.lists(st.integers(7_258_000_000_000, 253_402_000_000_000), max_size=3))
    db.execute("DELETE FROM stored")
    db.executemany("INSERT INTO stored (ms) VALUES (?)", [(ms,) for ms in near + far])
    provide_zones(SqliteSession(ENGINE, db, "memory"), reading)

    db.execute(f"UPDATE stored SET x = {written_expression('ms', template, reading)}")

    written = [x for (x,) in db.execute("SELECT x FROM stored ORDER BY n")]
    back = db.execute(f"SELECT {ms_expression('x', reading)} FROM stored ORDER BY n").fetchall()
    assert [ms for (ms,) in back] == near + far, written
    assert [convert(text, reading).ms for text in written] == near + far, written


@pytest.mark.stress
@pytest.mark.parametrize("zone", TURNED)
@pytest.mark.parametrize("policy", POLICIES)
def test_every_minute_of_two_years_is_the_instant_that_zoneinfo_says(db, zone, policy):
    reading = Reading("auto", zone, *policy)
    start = datetime.fromisoformat(TURNED[zone][0]) - timedelta(days=180)
    times = [start + timedelta(minutes=11 * n) for n in range(365 * 24 * 5)]

    found = in_sqlite(db, [time.isoformat(" ") for time in times], reading)

    assert [either for _, _, either in found] == [truth(time, reading) for time in times]
