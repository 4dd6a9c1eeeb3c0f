"""Storage forms by the thousand, and the short way for what programs write, against integers."""

import sqlite3
from contextlib import closing
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts_contract.migration.engines.sqlite.recognise import ms_expression
from ts_contract.migration.engines.sqlite.usual import unproved_expression, usual_expression
from ts_contract.migration.engines.sqlite.written import written_expression
from ts_contract.migration.forms import MAX_MS, MIN_MS, Reading, convert
from ts_contract.migration.numbers import scale_of
from ts_contract.migration.telling import template_like

NOON = 1_705_320_000_000  # 2024-01-15 12:00:00 UTC
DAY = 86_400_000
UNITS = ("seconds", "milliseconds", "microseconds")


# How an instant is written, in SQL from integers: `day` is the date and `s` and `us` the second
# of the day and the microsecond, so that no date function but date() of whole days is used.
CLOCK = "printf('%02d:%02d:%02d', s / 3600, s / 60 % 60, s % 60)"
FORMS_IN_SQL = {
    "datetime": f"day || ' ' || {CLOCK}",
    "datetime ms": f"day || ' ' || {CLOCK} || printf('.%03d', us / 1000)",
    "datetime us": f"day || ' ' || {CLOCK} || printf('.%06d', us)",
    "iso-local us": f"day || 'T' || {CLOCK} || printf('.%06d', us)",
    "iso-zone": f"day || 'T' || {CLOCK} || 'Z'",
    "iso-zone ms": f"day || 'T' || {CLOCK} || printf('.%03dZ', us / 1000)",
    "iso-zone us": f"day || 'T' || {CLOCK} || printf('.%06d+00:00', us)",
    "comma": f"day || ' ' || {CLOCK} || printf(',%03d', us / 1000)",
    "basic us": f"replace(replace(day || 'T' || {CLOCK}, '-', ''), ':', '')"
    " || printf('.%06dZ', us)",
    "ordinal ms": f"substr(day, 1, 4) || strftime('-%j', day) || ' ' || {CLOCK}"
    " || printf('.%03d', us / 1000)",
    "seconds": "days * 86400 + s",
    "seconds us": "days * 86400 + s + us / 1e6",
    "milliseconds": "(days * 86400 + s) * 1000 + us / 1000",
    "microseconds": "(days * 86400 + s) * 1000000 + us",
}


def wrong_in_bulk(db: sqlite3.Connection, instants: str, form: str) -> int:
    """Count the values of a form that SQLite's expression does not give back as they were."""
    unit = form.partition(" ")[0]
    storage = unit if unit in UNITS else "auto"
    whole = form in ("datetime", "iso-zone", "seconds")
    expected = f"(days * 86400 + s) * 1000 {'' if whole else '+ us / 1000'}"
    expression = ms_expression("x", Reading(storage=storage))
    # What is of a coarser unit by all appearance is refused: a few weeks and minutes of 1970.
    scale = scale_of(storage)
    refused = scale.alike if scale else ()
    but_for = "".join(f" AND NOT x BETWEEN {alike.first} AND {alike.last}" for alike in refused)
    return db.execute(
        f"WITH instants(days, day, s, us) AS MATERIALIZED ({instants}),"
        f" texts(x, ms) AS MATERIALIZED (SELECT {FORMS_IN_SQL[form]}, {expected} FROM instants)"
        f" SELECT count(*) FROM texts WHERE {expression} IS NOT ms{but_for}"
    ).fetchone()[0]


def seconds_of_a_day(day: str, step: int) -> str:
    days = date.fromisoformat(day).toordinal() - date(1970, 1, 1).toordinal()
    return (
        "WITH RECURSIVE n(s) AS (SELECT 0 UNION ALL"
        f" SELECT s + {step} FROM n WHERE s + {step} < 86400)"
        f" SELECT {days}, '{day}', s, (s * 999983) % 1000000 FROM n"
    )


def random_instants(seed: int, count: int) -> str:
    """1970 to 2100, by a generator of our own: a hash of the row's number."""
    mix = f"abs(((n + {seed}) * 2654435761 + 974711) % 1000000007"
    return (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL"
        f" SELECT n + 1 FROM numbers WHERE n < {count}),"
        f" r(a, b, c) AS (SELECT {mix}), {mix} * 48271 % 2147483647), {mix} * 69621 % 2147483629)"
        " FROM numbers)"
        " SELECT a % 47482, date('1970-01-01', (a % 47482) || ' days'), b % 86400, c % 1000000"
        " FROM r"
    )


@pytest.mark.parametrize("form", FORMS_IN_SQL)
def test_no_second_of_a_day_is_wrong(db, form):
    step = 1 if form.startswith("datetime") else 17
    assert wrong_in_bulk(db, seconds_of_a_day("2024-02-29", step), form) == 0


@pytest.mark.parametrize("form", FORMS_IN_SQL)
def test_no_random_instant_is_wrong(db, form):
    seed = Random().randrange(10**6)
    print(f"seed {seed}")
    assert wrong_in_bulk(db, random_instants(seed, 4_000), form) == 0


@pytest.mark.stress
@pytest.mark.parametrize("form", FORMS_IN_SQL)
def test_no_instant_of_a_million_is_wrong(db, form):
    seed = Random().randrange(10**6)
    print(f"seed {seed}")
    assert wrong_in_bulk(db, seconds_of_a_day("1969-12-31", 1), form) == 0
    assert wrong_in_bulk(db, random_instants(seed, 1_000_000), form) == 0


@pytest.mark.parametrize("zone", ["", "Z", "+00:00"])
@pytest.mark.parametrize("digits", ["", ".000", ".123", ".999", ".000000", ".123456", ".999999"])
@pytest.mark.parametrize("separator", [" ", "T"])
@pytest.mark.parametrize("short", [usual_expression("x", Reading()), unproved_expression("x")])
def test_what_programs_write_goes_the_short_way(db, short, separator, digits, zone):
    """Also where SQLite reads the next second, as it does of .999999."""
    db.execute("DELETE FROM stored")
    text = f"2024-02-29{separator}12:59:59{digits}{zone}"
    db.execute("INSERT INTO stored (x) VALUES (?)", (text,))

    (ms,) = db.execute(f"SELECT {short} FROM stored").fetchone()

    assert ms == convert(text, Reading()).ms


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-15 12:00:00.12x456",
        "2024-01-15T12:00:00.12345 ",
        "2024-01-15 12:00:00.1    Z",
        "2024-01-15 12:00:00.999_99",
        "2024-02-30 12:00:00.123456",
        "2024-01-15 24:00:00",
        "0000-01-15 12:00:00",
        "2024-01-15 12:00:00\0",
        "2024-01-15 12:00:00.123456\0more",
        b"2024-01-15T12:00:00.123456",
        b"2024-01-15 12:00:00",
        2460325.123456789012,
    ],
)
def test_what_only_looks_usual_does_not_go_the_short_way(db, value):
    db.execute("DELETE FROM stored")
    db.execute("INSERT INTO stored (x) VALUES (?)", (value,))

    assert db.execute(f"SELECT {usual_expression('x', Reading())} FROM stored").fetchone() == (
        None,
    )


@pytest.mark.parametrize("off_by", [-1, 0, 1])
@pytest.mark.parametrize("expression", [usual_expression, ms_expression])
def test_a_julian_day_may_be_one_millisecond_off(expression, off_by):
    """That of a fraction is, by the version of SQLite: before 3.40 it may be one too low."""
    usual = expression("x", Reading())
    with closing(sqlite3.connect(":memory:")) as db, closing(sqlite3.connect(":memory:")) as other:

        def julianday(text: str) -> float:
            (day,) = other.execute("SELECT julianday(?)", (text[:23],)).fetchone()
            return day + (off_by / DAY if "." in text else 0)

        db.create_function("julianday", 1, julianday, deterministic=True)
        db.execute("CREATE TABLE stored (x)")
        texts = [
            f"2024-01-15 12:00:{second:02}.{digits:03}456"
            for second in (0, 31)
            for digits in range(1000)
        ]
        db.executemany("INSERT INTO stored VALUES (?)", [(text,) for text in texts])

        found = [ms for (ms,) in db.execute(f"SELECT {usual} FROM stored ORDER BY rowid")]

    assert found == [NOON + second * 1_000 + digits for second in (0, 31) for digits in range(1000)]


def test_the_bulk_check_can_fail(db):
    """The usual formula is wrong for half of all values; the harness has to see that."""
    usual = "CAST((julianday(x) - 2440587.5) * 86400000 AS INTEGER)"
    wrong = db.execute(
        f"WITH i(days, day, s, us) AS MATERIALIZED ({seconds_of_a_day('2024-02-29', 17)}),"
        f" texts(x, ms) AS MATERIALIZED"
        f" (SELECT {FORMS_IN_SQL['datetime']}, (days * 86400 + s) * 1000 FROM i)"
        f" SELECT count(*) FROM texts WHERE {usual} IS NOT ms"
    ).fetchone()[0]

    assert wrong > 1_000


# --- what the triggers write --------------------------------------------------------------------

EXAMPLES = {
    "datetime": "2024-01-15 12:00:00.000",
    "iso-local": "2024-01-15T12:00:00.000",
    "iso-zone": "2024-01-15T12:00:00.000Z",
    "seconds": 1_705_320_000.5,
    "milliseconds": 1_705_320_000_000,
    "microseconds": 1_705_320_000_000_000,
    "julian-day": 2_460_325.5,
}


@given(
    instants=st.lists(st.integers(MIN_MS, MAX_MS), min_size=1, max_size=20),
    written_as=st.sampled_from(sorted(EXAMPLES)),
)
def test_what_the_triggers_write_is_read_back_as_the_same_instant(db, instants, written_as):
    """Seconds with a fraction are a float, which tells microseconds apart until 2112."""
    if written_as == "seconds":
        instants = [ms % 4_000_000_000_000 for ms in instants]
    storage = written_as if written_as in (*UNITS, "julian-day") else "auto"
    reading = Reading(storage=storage)
    db.execute("DELETE FROM stored")
    db.executemany("INSERT INTO stored (ms) VALUES (?)", [(ms,) for ms in instants])
    template = template_like(EXAMPLES[written_as], reading)
    db.execute(f"UPDATE stored SET x = {written_expression('ms', template, reading)}")

    back = db.execute(f"SELECT {ms_expression('x', reading)} FROM stored ORDER BY n").fetchall()

    expected = [None if looks_like_another_unit(ms, storage) else ms for ms in instants]
    assert [ms for (ms,) in back] == expected
    written = [x for (x,) in db.execute("SELECT x FROM stored ORDER BY n")]
    assert [convert(value, reading).ms for value in written] == expected


def looks_like_another_unit(ms: int, storage: str) -> bool:
    """Say whether an instant next to 1970 has the number of a recent one in a coarser unit."""
    coarser = {"milliseconds": (1_000,), "microseconds": (1_000, 1_000_000)}.get(storage, ())
    return any(10**12 <= ms * factor < 3 * 10**12 for factor in coarser)
