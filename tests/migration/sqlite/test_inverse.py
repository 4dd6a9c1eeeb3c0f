"""What the verification calls sure in SQL is right, whatever is stored beside whatever instant."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ts_contract.contract import NAMED_TICKS, Ticks
from ts_contract.loading import parse_contract
from ts_contract.migration import verify
from ts_contract.migration.engines.sqlite import ENGINE
from ts_contract.migration.engines.sqlite.connection import SqliteSession
from ts_contract.migration.engines.sqlite.proof import sure_expression
from ts_contract.migration.engines.sqlite.survey import provide_zones
from ts_contract.migration.forms import MAX_MS, MIN_MS, Reading, convert
from ts_contract.migration.numbers import ms_to_number
from ts_contract.migration.pairs import ColumnPair

ALL = (MIN_MS, MAX_MS)


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, x, x_ms)")
        yield connection


def are_sure(db: sqlite3.Connection, pairs: list[tuple[object, object]], reading: Reading) -> list:
    provide_zones(SqliteSession(ENGINE, db, "memory"), reading)
    db.execute("DELETE FROM t")
    db.executemany("INSERT INTO t (x, x_ms) VALUES (?, ?)", pairs)
    sure = sure_expression(ColumnPair("x", "x_ms", reading), ALL)
    return [bool(found) for (found,) in db.execute(f"SELECT {sure} FROM t ORDER BY n")]


SEPARATORS = st.sampled_from([" ", "T", "t", "/", "x"])
FRACTIONS = st.text("0123456789", max_size=9).flatmap(
    lambda digits: (
        st.sampled_from([f".{digits}", f",{digits}", digits, f".{digits}\0"])
        if digits
        else st.sampled_from(["", "", "", ".", "\0"])
    )
)
SUFFIXES = st.sampled_from(
    [
        *("", "", "Z", " Z", "+00:00", " +00:00", "+00", "+0000", " +0000", " UTC", " +0000 UTC"),
        *("+02:00", " +02:00", "-05:30", "+0200", " -0530", "+24:00", "+2400", "+12:60", "+1 day"),
        *(" +0200 CEST", " -0300 -03", " +0200 CEST m=+0.01", " +0200 CEST m=+0.0.1", "+02"),
        *(" +0200 C m=+1", " +2400 CEST", " +0200 CEST m=+1.5x", "x", "\0", "\0x", " x +00:00"),
    ]
)
UTC_READING = Reading()
PARIS = Reading(timezone="Europe/Paris", on_overlap="first", on_gap="shift")
NEW_YORK = Reading(timezone="America/New_York")
NULLS = Reading(null_values=("2024-01-15 12:00:00", 1_705_320_000))


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, int]:
    """Return a text, right or not, and what its date and time are in UTC."""
    moment = draw(
        st.datetimes(datetime(1969, 12, 30), datetime(2198, 1, 1))
        | st.datetimes(datetime(2024, 3, 31), datetime(2024, 3, 31, 5))
        | st.datetimes(datetime(2024, 11, 3), datetime(2024, 11, 3, 5))
    )
    day = draw(st.sampled_from(["%Y-%m-%d", "%Y-%m-%d", "%Y-%m-30", "%Y-02-31"]))
    clock = draw(st.sampled_from(["%H:%M:%S", "%H:%M:%S", "24:00:00", "%H:%M:60"]))
    fraction = draw(FRACTIONS)
    text = moment.strftime(f"{day}{draw(SEPARATORS)}{clock}") + fraction + draw(SUFFIXES)
    text = draw(st.sampled_from([text, text, text, text[:10], text[:19]]))
    ms = (moment.replace(microsecond=0) - datetime(1970, 1, 1)) // timedelta(milliseconds=1)
    digits = "".join(filter(str.isdigit, fraction))
    return text, ms + int((digits + "000")[:3])


@given(
    written=st.lists(texts(), min_size=1, max_size=20),
    reading=st.sampled_from([UTC_READING, PARIS, NEW_YORK, NULLS]),
    wrong=st.sampled_from([0, 0, 1, -1, 1_000, 7_200_000, -7_200_000, 3_600_000, 86_400_000]),
)
@example(written=[("2024-01-15 12:00:00. +0200 CEST", 1_705_312_800_000)], reading=PARIS, wrong=0)
def test_no_text_is_sure_beside_a_wrong_instant(db, written, reading, wrong):
    pairs = []
    for text, ms in written:
        right = convert(text, reading).ms
        pairs += [(text, ms + wrong), (text, ms), (text, None if right is None else right + wrong)]
        pairs += [(text.encode(), ms), (text, float(ms))]

    for (value, ms), sure in zip(pairs, are_sure(db, pairs, reading), strict=True):
        if sure:
            assert ms == convert(value, reading).ms, value


STORAGES = ["auto", *NAMED_TICKS, "julian-day", "ole-days", "packed", Ticks("s", date(1904, 1, 1))]


@given(
    storage=st.sampled_from(STORAGES),
    instants=st.lists(st.integers(0, MAX_MS) | st.integers(0, 4 * 10**12), min_size=1, max_size=20),
    step=st.sampled_from([0, 0, 1, -1, 999, 1_000, 10_000, 0.4, 0.0005, -0.0004, 1e-6]),
    kind_and_off=st.tuples(st.sampled_from([int, float, str]), st.sampled_from([0, 0, 1, -1])),
)
def test_no_number_is_sure_beside_a_wrong_instant(db, storage, instants, step, kind_and_off):
    kind, off = kind_and_off
    pairs = []
    for ms in instants:
        if storage == "packed":
            moment = datetime.fromtimestamp(ms // 1_000, UTC)
            number = int(moment.strftime("%Y%m%d%H%M%S") + f"{ms % 1_000:03}") + int(step)
        else:
            units = ("seconds", "milliseconds", "microseconds") if storage == "auto" else (storage,)
            number = ms_to_number(ms, units[ms % len(units)]) + step
        if abs(number) < 2**63:
            pairs.append((kind(number), ms + off))

    reading = Reading(storage=storage)
    for (value, ms), sure in zip(pairs, are_sure(db, pairs, reading), strict=True):
        if sure:
            assert ms == convert(value, reading).ms, value


@pytest.mark.parametrize(
    ("value", "reading"),
    [
        ("2024-01-15 12:00:00", {}),
        ("2024-01-15T12:00:00.123456", {}),
        ("2024-01-15T12:00:00.123Z", {}),
        ("2024-01-15 12:00:00.5+00:00", {}),
        ("2024-01-15 12:00:00.1234567", {}),
        ("2024-01-15T12:00:00.1234567Z", {}),
        ("2024-01-15 12:00:00.123 +00:00", {}),
        ("2024-01-15T14:00:00.123456+02:00", {}),
        ("2024-01-15 17:30:00+05:30", {}),
        ("2024-01-15T17:30:00.123+0530", {}),
        ("2024-01-15 12:00:00.12+00", {}),
        ("2024-01-15 12:00:00 UTC", {}),
        ("2024-01-15 12:00:00,123", {}),
        ("2024-01-15", {}),
        ("2024-01-15 12:00:00.5 +0000 UTC", {}),
        ("2024-01-15 13:00:00.5 +0100 CET m=+0.01", {}),
        (1_705_320_000, {}),
        (1_705_320_000_123, {}),
        (1_705_320_000_123_456, {}),
        (1_705_320_000.123456, {}),
        ("1705320000.123456", {}),
        ("2024-01-15T12:00:00+00:00", {}),
        (20_240_115_120_000, {"storage": "packed"}),
        ("20240115120000", {"storage": "packed"}),
        (20_240_115_120_000_123, {"storage": "packed"}),
        (727_012_800.25, {"storage": "apple-seconds"}),
        (638_409_168_001_234_567, {"storage": "dotnet-ticks"}),
        ("1705320000123456789", {"storage": "nanoseconds"}),
        (2_460_325.0, {"storage": "julian-day"}),
        (45_306.5, {"storage": "ole-days"}),
        ("2024-01-15 12:00:00", {"timezone": "Europe/Paris"}),
        ("2024-01-15 12:00:00.123456", {"timezone": "Europe/Paris"}),
        ("2024-01-15T12:00:00.123Z", {"timezone": "Europe/Paris"}),
    ],
)
def test_what_programs_write_needs_no_judgement_in_python(db, value, reading):
    reading = Reading(**reading)
    assert are_sure(db, [(value, convert(value, reading).ms)], reading) == [True]


def test_a_column_of_a_named_zone_can_be_verified_without_our_tables(build):
    store = build(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT, at_ms INTEGER)",
        t=[(1, "2024-01-15 13:00:00", 1_705_320_000_000), (2, "2024-07-15 13:00:00", 0)],
    )
    contract = parse_contract({"tables": {"t": {"at": {"timezone": "Europe/Paris"}}}})

    report = verify(store.path, contract)

    assert [(d.epoch, d.expected) for d in report.examples] == [(0, 1_721_041_200_000)]
