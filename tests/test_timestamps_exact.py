"""Exactness: floor to the millisecond, judged by integers, by a grammar, and by SQLite."""

import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts_contract.migration.forms import NUMBERS, convert
from ts_contract.timestamps import (
    epoch_ms_to_sqlite_timestamp,
    format_iso_z,
    format_timestamp,
    from_epoch_ms,
    sqlite_timestamp_to_epoch_ms,
    to_epoch_ms,
)

FIRST_MS = -62_135_596_800_000  # 0001-01-01T00:00:00Z
LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
YEAR_2100_MS = 4_102_444_800_000
NAIVE_EPOCH = datetime(1970, 1, 1)

ZONES = [
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Monrovia",
]

instants = st.integers(FIRST_MS, LAST_MS)
# a day from either end, so that no zone moves them out of the calendar
inner_instants = st.integers(FIRST_MS + 86_400_000, LAST_MS - 86_400_000)


# ------------------------------------------------------------------------------- in bulk

Form = Callable[[datetime], object]


def text(separator: str, timespec: str, point: str = ".", zone: str = "", minutes: int = 0) -> Form:
    """Return what writes a naive UTC datetime in one form of text."""
    offset = timedelta(minutes=minutes)

    def write(moment: datetime) -> str:
        return (moment + offset).isoformat(separator, timespec).replace(".", point) + zone

    return write


MILLISECOND_FORMS: dict[str, Form] = {
    "blank": text(" ", "milliseconds"),
    "T": text("T", "milliseconds"),
    "comma": text(" ", "milliseconds", ","),
    "Z": text("T", "milliseconds", zone="Z"),
    "z": text("T", "milliseconds", zone="z"),
    "+05:30": text(" ", "milliseconds", zone="+05:30", minutes=330),
    "+0530": text("T", "milliseconds", zone="+0530", minutes=330),
    "+05": text(" ", "milliseconds", zone="+05", minutes=300),
    "-03:30": text("T", "milliseconds", zone="-03:30", minutes=-210),
    "blank before +05:30": text(" ", "milliseconds", zone=" +05:30", minutes=330),
}
MICROSECOND_FORMS: dict[str, Form] = {
    "microseconds, blank": text(" ", "microseconds"),
    "microseconds, T": text("T", "microseconds"),
    "microseconds, comma": text(" ", "microseconds", ","),
    "microseconds, Z": text("T", "microseconds", zone="Z"),
    "microseconds, +05:30": text(" ", "microseconds", zone="+05:30", minutes=330),
    "microseconds, -0330": text("T", "microseconds", zone="-0330", minutes=-210),
    "nanoseconds": text(" ", "microseconds", zone="999"),
    "naive datetime": lambda moment: moment,
    "aware datetime": lambda moment: moment.replace(tzinfo=UTC),
    "datetime in a zone": lambda moment: (moment + timedelta(minutes=330)).replace(
        tzinfo=timezone(timedelta(minutes=330))
    ),
}
SECOND_FORMS: dict[str, Form] = {
    "CURRENT_TIMESTAMP": text(" ", "seconds"),
    "T, seconds": text("T", "seconds"),
    "Z, seconds": text("T", "seconds", zone="Z"),
    "z, seconds": text("T", "seconds", zone="z"),
    "+05:30, seconds": text(" ", "seconds", zone="+05:30", minutes=330),
    "+0530, seconds": text("T", "seconds", zone="+0530", minutes=330),
    "+05, seconds": text(" ", "seconds", zone="+05", minutes=300),
    "-03:30, seconds": text("T", "seconds", zone="-03:30", minutes=-210),
}


def random_microseconds(count: int, step: int) -> Iterator[int]:
    """Yield random instants from 1970 to 2100 that are multiples of a step, in microseconds."""
    source = random.Random(20240115)
    for _ in range(count):
        yield source.randrange(0, YEAR_2100_MS * 1000, step)


def differences(form: Form, microseconds: Iterator[int]) -> list[tuple[object, int, int | None]]:
    """Return what was written, the floor that is right, and what was read, where they differ."""
    wrong = []
    for instant in microseconds:
        written = form(NAIVE_EPOCH + timedelta(microseconds=instant))
        if (read := to_epoch_ms(written)) != instant // 1000:
            wrong.append((written, instant // 1000, read))
    return wrong


SAMPLE, MILLION = 5_000, 1_000_000
counts = pytest.mark.parametrize("count", [SAMPLE, pytest.param(MILLION, marks=pytest.mark.stress)])


@counts
@pytest.mark.parametrize("form", MILLISECOND_FORMS.values(), ids=MILLISECOND_FORMS)
def test_random_instants_with_milliseconds(form: Form, count: int) -> None:
    assert differences(form, random_microseconds(count, step=1000)) == []


@counts
@pytest.mark.parametrize("form", MICROSECOND_FORMS.values(), ids=MICROSECOND_FORMS)
def test_random_instants_with_microseconds(form: Form, count: int) -> None:
    assert differences(form, random_microseconds(count, step=1)) == []


@pytest.mark.parametrize("form", SECOND_FORMS.values(), ids=SECOND_FORMS)
def test_every_second_of_a_day(form: Form) -> None:
    leap_day = 1_709_164_800  # 2024-02-29
    day = (second * 1_000_000 for second in range(leap_day, leap_day + 86_400))
    assert differences(form, day) == []


# ---------------------------------------------------------------------------- properties


@given(inner_instants, st.sampled_from(ZONES))
def test_a_datetime_in_any_zone_is_the_same_instant(ms: int, zone: str) -> None:
    moment = from_epoch_ms(ms, zone)
    assert moment.utcoffset() == moment.astimezone(ZoneInfo(zone)).utcoffset()
    assert to_epoch_ms(moment) == ms


@given(st.datetimes(), st.integers(-1439, 1439))
def test_a_datetime_is_floored_whatever_its_offset(moment: datetime, minutes: int) -> None:
    wall = moment.toordinal() * 86_400 + moment.hour * 3600 + moment.minute * 60 + moment.second
    epoch_us = (wall - 719_163 * 86_400 - minutes * 60) * 1_000_000 + moment.microsecond
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    if FIRST_MS <= epoch_us // 1000 <= LAST_MS:
        assert to_epoch_ms(aware) == epoch_us // 1000
        assert to_epoch_ms(aware.isoformat()) == epoch_us // 1000
    else:
        with pytest.raises(ValueError, match="outside the years 1 to 9999"):
            to_epoch_ms(aware.isoformat())


@given(instants)
def test_each_text_reads_back_as_the_instant_it_shows(ms: int) -> None:
    assert to_epoch_ms(format_iso_z(ms)) == ms
    assert sqlite_timestamp_to_epoch_ms(epoch_ms_to_sqlite_timestamp(ms)) == ms // 1000 * 1000
    assert to_epoch_ms(from_epoch_ms(ms).isoformat()) == ms


@given(instants, instants)
def test_iso_z_sorts_as_the_instants_do(first: int, second: int) -> None:
    assert (format_iso_z(first) < format_iso_z(second)) == (first < second)


@given(st.integers(-1_000_000_000_000, LAST_MS))
def test_the_text_for_people_begins_as_the_one_for_sqlite(ms: int) -> None:
    assert format_timestamp(ms) == f"{epoch_ms_to_sqlite_timestamp(ms)} UTC"


# ------------------------------------------------------------------------- SQLite's answer


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sqlite3.Connection]:
    """Open a database in memory, to ask it about its own dates."""
    connection = sqlite3.connect(":memory:")
    yield connection
    connection.close()


@given(ms=instants)
def test_sqlite_writes_the_same_timestamp(sqlite: sqlite3.Connection, ms: int) -> None:
    (written,) = sqlite.execute("SELECT datetime(?, 'unixepoch')", (ms // 1000,)).fetchone()
    assert epoch_ms_to_sqlite_timestamp(ms) == written


@given(moment=st.datetimes(), zone=st.sampled_from(["", "Z", "z", " Z", "+05:30", " -03:30"]))
def test_sqlite_reads_the_same_second(
    sqlite: sqlite3.Connection, moment: datetime, zone: str
) -> None:
    written = moment.isoformat(" ", "seconds") + zone
    (seconds,) = sqlite.execute("SELECT CAST(strftime('%s', ?) AS INTEGER)", (written,)).fetchone()
    if FIRST_MS <= seconds * 1000 <= LAST_MS:
        assert sqlite_timestamp_to_epoch_ms(written) == seconds * 1000


# ------------------------------------------------------------------- the grammar, as a regex

GRAMMAR = re.compile(
    r"""(?P<date>\d{4}-\d\d-\d\d)
    (?:[T ](?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)
       (?::(?P<second>[0-5]\d)(?:[.,](?P<fraction>\d{1,9}))?)?
       (?:\ ?(?:[Zz]|(?P<sign>[+-])(?P<hours>[01]\d|2[0-3])(?::?(?P<minutes>[0-5]\d))?))?
    )?""",
    re.ASCII | re.VERBOSE,
)
SEEDS = [
    "2024-01-15",
    "2024-01-15 12:00:00",
    "2024-02-29T12:00:00.123456789+05:30",
    "1969-12-31T23:59Z",
    "2024-12-31 23:59:59,5 -0330",
    "0001-01-01 00:00:00+01",
    "9999-12-31 23:59:59.999-23:59",
    "2024-01-15 13:00:00.5 +0100 CET m=+0.01",
    "Mon, 15 Jan 2024 13:00:00 +0100 (CET)",
    "2024-01-15T13:00:00+01:00[Europe/Paris]",
    '{"$date":{"$numberLong":"1705320000000"}}',
]
ALPHABET = '0123456789:-+.,/TZzW_ []()"\n\0x٣²'


def read_by_grammar(text: str) -> int | None:
    """Read a date-time by the grammar; None if it is none."""
    if (match := GRAMMAR.fullmatch(text)) is None:
        return None
    try:
        days = datetime.strptime(match["date"], "%Y-%m-%d").toordinal() - 719_163
    except ValueError:
        return None
    part = {name: int(digits or 0) for name, digits in match.groupdict().items()
            if name not in {"date", "sign", "fraction"}}  # fmt: skip
    seconds = days * 86_400 + part["hour"] * 3600 + part["minute"] * 60 + part["second"]
    offset = (part["hours"] * 60 + part["minutes"]) * (-60 if match["sign"] == "-" else 60)
    ms = (seconds - offset) * 1000 + int(f"{match['fraction'] or ''}000"[:3])
    return ms if FIRST_MS <= ms <= LAST_MS else None


def read(text: str) -> int | None:
    try:
        return to_epoch_ms(text)
    except ValueError:
        return None


@given(st.from_regex(GRAMMAR, fullmatch=True))
def test_reads_whatever_the_grammar_allows(text: str) -> None:
    assert read(text) == read_by_grammar(text)


def read_by_migration(text: str) -> int | None:
    """Read a text as the migration does, which takes numbers, too."""
    found = convert(text)
    return None if any(form.name == found.form for form in NUMBERS) else found.ms


@given(st.text(ALPHABET) | st.text())
def test_arbitrary_text_is_read_as_the_migration_reads_it_or_refused(text: str) -> None:
    assert read(text) == read_by_migration(text)
    assert read_by_grammar(text) in (None, read(text))


@pytest.mark.parametrize("count", [30_000, pytest.param(3_000_000, marks=pytest.mark.stress)])
def test_damaged_text_is_read_as_the_migration_reads_it_or_refused(count: int) -> None:
    source = random.Random(20240115)
    for _ in range(count):
        characters = list(source.choice(SEEDS))
        for _ in range(source.randrange(4)):
            start = source.randrange(len(characters) + 1)
            stop = start + source.randrange(2)
            characters[start:stop] = source.choice(["", source.choice(ALPHABET)])
        text = "".join(characters)
        assert read(text) == read_by_migration(text), ascii(text)
        assert read_by_grammar(text) in (None, read(text)), ascii(text)
