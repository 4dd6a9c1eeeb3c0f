"""The conversions: what they take, what they give, and what they say to everything else."""

import sys
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from ts_contract.timestamps import (
    EPOCH_2020_MS,
    EPOCH_2030_MS,
    epoch_ms_to_sqlite_timestamp,
    format_iso_z,
    format_timestamp,
    from_epoch_ms,
    is_recent,
    sqlite_timestamp_to_epoch_ms,
    time_ago,
    to_epoch_ms,
    use_clock,
    validate_epoch_ms,
)

NOON = 1_705_320_000_000  # 2024-01-15T12:00:00Z
FIRST_MS = -62_135_596_800_000  # 0001-01-01T00:00:00Z
LAST_MS = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z
INDIA = timezone(timedelta(hours=5, minutes=30))
SECOND, MINUTE, HOUR, DAY = 1000, 60_000, 3_600_000, 86_400_000


class NoOffset(tzinfo):
    """A tzinfo that gives no offset: Python calls such a datetime naive."""

    def utcoffset(self, _: datetime | None) -> timedelta | None:
        return None


class TestToEpochMs:
    @pytest.mark.parametrize(
        ("text", "ms"),
        [
            ("2024-01-15 12:00:00", NOON),
            ("2024-01-15T12:00:00", NOON),
            ("2024-01-15T12:00:00Z", NOON),
            ("2024-01-15T12:00:00z", NOON),
            ("2024-01-15 17:30:00+05:30", NOON),
            ("2024-01-15 17:30:00+0530", NOON),
            ("2024-01-15 17:00:00+05", NOON),
            ("2024-01-15 17:30:00 +05:30", NOON),
            ("2024-01-15 12:00:00 Z", NOON),
            ("2024-01-15T08:30:00-03:30", NOON),
            ("2024-01-15T12:00:00+00:00", NOON),
            ("2024-01-15T12:00:00-00:00", NOON),
            ("2024-01-15T12:00", NOON),
            ("2024-01-15T17:30+05:30", NOON),
            ("2024-01-15T12:00Z", NOON),
            ("2024-01-15", NOON - 12 * HOUR),
            ("2024-02-29 00:00:00", 1_709_164_800_000),
            ("1970-01-01 00:00:00", 0),
            ("0001-01-01 00:00:00", FIRST_MS),
            ("0001-01-01 05:30:00+05:30", FIRST_MS),
            ("9999-12-31T20:29:59.999-03:30", LAST_MS),
            ("9999-12-31T23:59:59.999999999Z", LAST_MS),
        ],
    )
    def test_reads_iso_8601(self, text: str, ms: int) -> None:
        assert to_epoch_ms(text) == ms
        assert sqlite_timestamp_to_epoch_ms(text) == ms

    @pytest.mark.parametrize(
        ("text", "ms"),
        [
            ("2024/01/15 12:00:00", NOON),
            ("2024-01-15t12:00:00", NOON),
            (" 2024-01-15 12:00:00", NOON),
            ("2024-01-15 12:00:00 ", NOON),
            ("2024-01-15 12:00:00\n", NOON),
            ("2024-01-15 12:00:00.1234567890", NOON + 123),
            ("2024-01-15 12:00:00 UTC", NOON),
            ("2024-01-15 12:00:00+05:30:15", NOON - 5 * HOUR - 30 * MINUTE - 15 * SECOND),
            ("20240115T120000Z", NOON),
            ("2024-W03-1", NOON - 12 * HOUR),
            ("2024-015", NOON - 12 * HOUR),
            ("Mon, 15 Jan 2024 12:00:00 GMT", NOON),
            ("20240115120000Z", NOON),
            ("2024-01-15 13:00:00.5 +0100 CET m=+0.01", NOON + 500),
            ("2024-01-15T13:00:00+01:00[Europe/Paris]", NOON),
            ("Mon Jan 15 2024 13:00:00 GMT+0100 (Central European Standard Time)", NOON),
            ("Mon Jan 15 12:00:00 UTC 2024", NOON),
            ('{"$date":{"$numberLong":"1705320000000"}}', NOON),
            ("/Date(1705320000000)/", NOON),
        ],
    )
    def test_reads_the_other_texts_that_the_migration_reads(self, text: str, ms: int) -> None:
        assert to_epoch_ms(text) == ms
        assert sqlite_timestamp_to_epoch_ms(text) == ms

    @pytest.mark.parametrize("separator", [".", ","])
    @pytest.mark.parametrize(
        ("digits", "ms"),
        [
            ("1", 100),
            ("12", 120),
            ("123", 123),
            ("1239", 123),
            ("12399", 123),
            ("123999", 123),
            ("1239999", 123),
            ("12399999", 123),
            ("123999999", 123),
            ("000999999", 0),
            ("001", 1),
        ],
    )
    def test_floors_one_to_nine_fraction_digits(self, separator: str, digits: str, ms: int) -> None:
        text = f"2024-01-15 12:00:00{separator}{digits}"
        assert to_epoch_ms(text) == NOON + ms
        assert to_epoch_ms(text + "Z") == NOON + ms
        assert to_epoch_ms(text + "+05:30") == NOON + ms - 5 * HOUR - 30 * MINUTE

    def test_floors_before_1970(self) -> None:
        assert to_epoch_ms("1969-12-31 23:59:59.999999") == -1
        assert to_epoch_ms("1969-12-31 23:59:59.9990") == -1
        assert to_epoch_ms("1969-12-31 23:59:59.000001") == -1000
        assert to_epoch_ms(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1

    @pytest.mark.parametrize(
        "moment",
        [
            datetime(2024, 1, 15, 12),
            datetime(2024, 1, 15, 12, tzinfo=UTC),
            datetime(2024, 1, 15, 17, 30, tzinfo=INDIA),
            datetime(2024, 1, 15, 7, tzinfo=ZoneInfo("America/New_York")),
            datetime(2024, 1, 15, 12, tzinfo=NoOffset()),
        ],
        ids=["naive", "utc", "offset", "zone", "tzinfo without an offset"],
    )
    def test_reads_datetimes_and_takes_naive_ones_for_utc(self, moment: datetime) -> None:
        assert to_epoch_ms(moment) == NOON
        assert to_epoch_ms(moment.replace(microsecond=123_999)) == NOON + 123

    def test_both_passes_of_a_repeated_hour_are_an_hour_apart(self) -> None:
        first = datetime(2024, 11, 3, 1, 30, tzinfo=ZoneInfo("America/New_York"))
        assert to_epoch_ms(first.replace(fold=1)) - to_epoch_ms(first) == HOUR

    def test_a_date_is_its_midnight_in_utc(self) -> None:
        assert to_epoch_ms(date(2024, 1, 15)) == to_epoch_ms("2024-01-15") == NOON - 12 * HOUR

    def test_none_is_none(self) -> None:
        assert to_epoch_ms(None) is None
        assert sqlite_timestamp_to_epoch_ms(None) is None

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "now",
            "null",
            "NaT",
            "12:00:00",
            "2024",
            "2024-01",
            "2024-1-15 12:00:00",
            "24-01-15 12:00:00",
            "12024-01-15 12:00:00",
            "2024-01-15 12",
            "2024-01-15 1:00:00",
            "2024-01-15 12:00:0",
            "2024-01-15  12:00:00",
            "2024-01-15_12:00:00",
            "2024-01-15 12:00:00\0",
            "2024-01-15 12:00:00.",
            "2024-01-15 12:00:00.+05:30",
            "2024-01-15 12:00:00.12.3",
            "2024-01-15 12:00:00.1234567x+01:00",
            "2024-01-15 12:00:00:00",
            "2024-01-15 12:00:00123",
            "2024-01-15 12:00.5",
            "2024-01-15 12:00:00ZZ",
            "2024-01-15 12:00:00+",
            "2024-01-15 12:00:00+5",
            "2024-01-15 12:00:00+05:",
            "2024-01-15 12:00:00+05:3",
            "2024-01-15 12:00:00+053",
            "2024-01-15 12:00:00+05.5",
            "2024-01-15 12:00:00+05:60",
            "2024-01-15 12:00:00+24:00",
            "2024-01-15 12:00:00+٠٥:٣٠",
            "2024-01-15 12:00:00~05:30",
            "2024-01-15 12:00:00  +05:30",
            "2024-01-15 12:0Z",
            "2024-01-15 12:",
            "2024-01-15 12:Z",
            "2024-01-15 12:00:",
            "2024-01-15 12:00:Z",
            "2024-01-15 12:Z\0",
            "2024-01-15 12:00:Z\0",
            "2024-01-15 12:Z0:00",
            "2024-01-15T12:+05:0",
            "٢٠٢٤-٠١-١٥ ١٢:٠٠:٠٠",
            "2024-01-15 12:00:00.٥",
            "²024-01-15 12:00:00",
            "2024-01-15 12:00:0²",
            "2024-02-30 12:00:00",
            "2023-02-29",
            "2024-13-01 12:00:00",
            "2024-00-15 12:00:00",
            "0000-00-00 00:00:00",
            "0000-01-01 00:00:00",
            "10000-01-01 00:00:00",
            "2024-01-15 24:00:00",
            "2024-01-15 24:00",
            "2024-01-15 25:00:00",
            "2024-01-15 12:60:00",
            "2016-12-31 23:59:60",
        ],
    )
    @pytest.mark.parametrize("convert", [to_epoch_ms, sqlite_timestamp_to_epoch_ms])
    def test_refuses_other_text_and_shows_what_it_expected(self, convert, text: str) -> None:
        with pytest.raises(ValueError, match=r"is not a date-time: expected ISO 8601") as caught:
            convert(text)
        assert repr(text) in str(caught.value)
        assert "'2024-01-15 12:00:00'" in str(caught.value)

    @pytest.mark.parametrize(
        "value",
        [
            "0001-01-01 00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            datetime(1, 1, 1, tzinfo=INDIA),
            datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=1))),
        ],
    )
    def test_refuses_an_instant_that_no_datetime_in_utc_can_hold(
        self, value: datetime | str
    ) -> None:
        with pytest.raises(ValueError, match="is outside the years 1 to 9999 in UTC") as caught:
            to_epoch_ms(value)
        assert repr(value) in str(caught.value)

    @pytest.mark.parametrize(
        ("value", "hint"),
        [
            (1_705_322_096, "seconds: milliseconds are value * 1000"),
            (1_705_322_096.5, "seconds: milliseconds are value * 1000"),
            (-1_705_322_096, "seconds: milliseconds are value * 1000"),
            (1_705_322_096_000, "milliseconds already"),
            (1_705_322_096_000_000, "microseconds: milliseconds are value // 1000"),
            (1_705_322_096_000_000_000, "nanoseconds: milliseconds are value // 1_000_000"),
        ],
    )
    def test_names_the_unit_that_a_number_seems_to_be_in(self, value: float, hint: str) -> None:
        message = f"not {value!r}; it looks like epoch {hint}"
        for convert in (to_epoch_ms, sqlite_timestamp_to_epoch_ms):
            with pytest.raises(TypeError) as caught:
                convert(value)
            assert str(caught.value).endswith(message)

    def test_names_the_unit_of_a_number_that_is_text(self) -> None:
        with pytest.raises(ValueError, match=r"'1705322096' is not a date-time.*epoch seconds"):
            to_epoch_ms("1705322096")

    @pytest.mark.parametrize(
        "value",
        [True, False, 0, 1, 42, 2.5, float("nan"), float("inf"), b"2024-01-15", [], {}],
        ids=repr,
    )
    def test_refuses_other_types_without_guessing_a_unit(self, value: object) -> None:
        with pytest.raises(TypeError) as caught:
            to_epoch_ms(value)
        assert str(caught.value) == f"expected a datetime, ISO 8601 text or None, not {value!r}"

    def test_sqlite_timestamps_are_text(self) -> None:
        with pytest.raises(TypeError, match="expected the text of a TIMESTAMP column or None"):
            sqlite_timestamp_to_epoch_ms(datetime(2024, 1, 15))

    def test_shortens_a_long_value_in_the_message(self) -> None:
        with pytest.raises(ValueError, match="not a date-time") as caught:
            to_epoch_ms("begin" + "x" * 10_000 + "end")
        message = str(caught.value)
        assert message.startswith("'beginxxx")
        assert "xxxend' is not a date-time" in message
        assert len(message) < 300

    def test_an_int_too_long_to_print_is_still_named(self) -> None:
        with pytest.raises(TypeError, match="an int of more digits than Python prints"):
            to_epoch_ms(10**5000)


class TestFromEpochMs:
    def test_is_aware_and_in_utc_by_default(self) -> None:
        moment = from_epoch_ms(NOON + 123)
        assert moment == datetime(2024, 1, 15, 12, 0, 0, 123_000, tzinfo=UTC)
        assert moment.tzinfo is UTC

    @pytest.mark.parametrize("zone", [INDIA, "Asia/Kolkata", ZoneInfo("Asia/Kolkata")], ids=repr)
    def test_takes_any_tzinfo_or_zone_name(self, zone: tzinfo | str) -> None:
        assert from_epoch_ms(NOON, zone).isoformat() == "2024-01-15T17:30:00+05:30"
        assert from_epoch_ms(NOON, tz=zone) == from_epoch_ms(NOON)

    def test_utc_by_name_needs_no_zone_files(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "zoneinfo", None)
        assert from_epoch_ms(NOON, "UTC").tzinfo is UTC

    def test_tells_the_passes_of_a_repeated_hour_apart(self) -> None:
        first = to_epoch_ms("2024-11-03T01:30:00-04:00")
        assert from_epoch_ms(first, "America/New_York").fold == 0
        assert from_epoch_ms(first + HOUR, "America/New_York").fold == 1

    def test_floors_before_1970(self) -> None:
        assert from_epoch_ms(-1).isoformat() == "1969-12-31T23:59:59.999000+00:00"

    def test_reaches_both_ends_of_the_calendar(self) -> None:
        assert from_epoch_ms(FIRST_MS) == datetime.min.replace(tzinfo=UTC)
        assert from_epoch_ms(LAST_MS).isoformat() == "9999-12-31T23:59:59.999000+00:00"

    def test_none_is_none(self) -> None:
        assert from_epoch_ms(None) is None
        assert from_epoch_ms(None, "Asia/Kolkata") is None

    @pytest.mark.parametrize(
        "name",
        ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd", "America", "A" * 300, "\0", "Z\ud800"],
        ids=ascii,
    )
    def test_refuses_an_unknown_zone(self, name: str) -> None:
        with pytest.raises(ValueError, match=r"unknown time zone .* expected an IANA name"):
            from_epoch_ms(NOON, name)

    @pytest.mark.parametrize("zone", [None, 5, b"UTC"], ids=repr)
    def test_refuses_what_is_no_zone(self, zone: object) -> None:
        with pytest.raises(TypeError, match="expected a tzinfo or the name of a time zone, not"):
            from_epoch_ms(NOON, zone)

    def test_refuses_an_instant_that_the_zone_moves_out_of_the_calendar(self) -> None:
        with pytest.raises(ValueError, match=r"is outside the years 1 to 9999 in UTC\+05:30"):
            from_epoch_ms(LAST_MS, INDIA)


FROM_MS = [from_epoch_ms, format_timestamp, format_iso_z, epoch_ms_to_sqlite_timestamp]
TAKES_MS = [*FROM_MS, is_recent, time_ago]


@pytest.mark.parametrize("function", TAKES_MS)
@pytest.mark.parametrize("value", [True, 1705320000000.0, "1705320000000", date(2024, 1, 15)])
def test_epoch_milliseconds_are_ints(function, value: object) -> None:
    with pytest.raises(TypeError) as caught:
        function(value)
    assert str(caught.value) == f"expected epoch milliseconds as an int, not {value!r}"


@pytest.mark.parametrize("function", FROM_MS)
@pytest.mark.parametrize("ms", [FIRST_MS - 1, LAST_MS + 1, 10**30, -(10**30)])
def test_instants_outside_the_calendar_are_refused(function, ms: int) -> None:
    with pytest.raises(ValueError, match=rf"^{ms} is outside the years 1 to 9999"):
        function(ms)


def test_microseconds_given_for_milliseconds_are_named() -> None:
    with pytest.raises(ValueError, match=r"it looks like epoch microseconds: .* value // 1000"):
        from_epoch_ms(NOON * 1000)


class TestFormats:
    def test_for_people(self) -> None:
        assert format_timestamp(NOON + 999) == "2024-01-15 12:00:00 UTC"
        assert format_timestamp(NOON, fmt="%d.%m.%y") == "15.01.24"
        assert format_timestamp(NOON, "%H:%M:%S.%f %z") == "12:00:00.000000 +0000"
        assert format_timestamp(0) == "1970-01-01 00:00:00 UTC"
        assert format_timestamp(None) == ""

    def test_iso_z_always_has_milliseconds(self) -> None:
        assert format_iso_z(NOON) == "2024-01-15T12:00:00.000Z"
        assert format_iso_z(-1) == "1969-12-31T23:59:59.999Z"
        assert format_iso_z(FIRST_MS) == "0001-01-01T00:00:00.000Z"
        assert format_iso_z(None) is None

    def test_sqlite_timestamp_floors_to_the_second(self) -> None:
        assert epoch_ms_to_sqlite_timestamp(NOON) == "2024-01-15 12:00:00"
        assert epoch_ms_to_sqlite_timestamp(NOON + 999) == "2024-01-15 12:00:00"
        assert epoch_ms_to_sqlite_timestamp(-1) == "1969-12-31 23:59:59"
        assert epoch_ms_to_sqlite_timestamp(FIRST_MS) == "0001-01-01 00:00:00"
        assert epoch_ms_to_sqlite_timestamp(None) is None


@pytest.fixture
def noon():
    """Stop the clock at NOON."""
    with use_clock(lambda: NOON * 1_000_000):
        yield


@pytest.mark.usefixtures("noon")
class TestAge:
    def test_recent_is_within_an_hour_by_default(self) -> None:
        assert is_recent(NOON)
        assert is_recent(NOON - HOUR)
        assert not is_recent(NOON - HOUR - 1)

    def test_recent_within_a_given_time(self) -> None:
        assert is_recent(NOON - 30_000, seconds_ago=30)
        assert not is_recent(NOON - 30_001, seconds_ago=30)
        assert is_recent(NOON - 500, seconds_ago=0.5)
        assert not is_recent(NOON - 501, seconds_ago=0.5)

    def test_what_a_clock_ahead_of_ours_wrote_is_recent(self) -> None:
        assert is_recent(NOON + 1)
        assert is_recent(NOON + DAY)

    def test_null_is_not_recent(self) -> None:
        assert not is_recent(None)

    @pytest.mark.parametrize(
        ("age", "text"),
        [
            (0, "0 seconds ago"),
            (999, "0 seconds ago"),
            (SECOND, "1 second ago"),
            (30 * SECOND, "30 seconds ago"),
            (MINUTE - 1, "59 seconds ago"),
            (MINUTE, "1 minute ago"),
            (5 * MINUTE, "5 minutes ago"),
            (HOUR - 1, "59 minutes ago"),
            (HOUR, "1 hour ago"),
            (2 * HOUR, "2 hours ago"),
            (DAY - 1, "23 hours ago"),
            (DAY, "1 day ago"),
            (3 * DAY, "3 days ago"),
            (30 * DAY - 1, "29 days ago"),
            (30 * DAY, "1 month ago"),
            (60 * DAY, "2 months ago"),
            (360 * DAY - 1, "11 months ago"),
            (360 * DAY, "1 year ago"),
            (720 * DAY, "2 years ago"),
            (-1, "in the future"),
        ],
    )
    def test_time_ago_uses_the_largest_whole_unit(self, age: int, text: str) -> None:
        assert time_ago(NOON - age) == text

    def test_null_was_never(self) -> None:
        assert time_ago(None) == "never"


class TestValidate:
    @pytest.mark.parametrize("ms", [None, NOON, EPOCH_2020_MS, EPOCH_2030_MS])
    def test_valid(self, ms: int | None) -> None:
        assert validate_epoch_ms(ms) is True

    @pytest.mark.parametrize(
        "value",
        [
            946_684_800_000,
            EPOCH_2020_MS - 1,
            EPOCH_2030_MS + 1,
            NOON // 1000,
            NOON * 1000,
            0,
            float(NOON),
            str(NOON),
            "2024-01-15 12:00:00",
            b"",
        ],
    )
    def test_invalid(self, value: object) -> None:
        assert validate_epoch_ms(value) is False

    def test_another_range_has_both_ends(self) -> None:
        assert validate_epoch_ms(0, min_ms=0, max_ms=1)
        assert validate_epoch_ms(1, 0, 1)
        assert not validate_epoch_ms(2, 0, 1)
        assert not validate_epoch_ms(-1, 0, 1)

    def test_a_bool_is_no_instant(self) -> None:
        assert validate_epoch_ms(True, min_ms=0, max_ms=1) is False

    def test_the_bounds_are_the_first_instants_of_2020_and_2030(self) -> None:
        assert format_iso_z(EPOCH_2020_MS) == "2020-01-01T00:00:00.000Z"
        assert format_iso_z(EPOCH_2030_MS) == "2030-01-01T00:00:00.000Z"
