from datetime import UTC, datetime

import pytest

from ts_contract import now_ms
from ts_contract.testing import FrozenClock, IsEpochMs, IsNowMs

NOON = 1_705_320_000_000


def test_now_matches_inside_a_structure():
    assert {"id": 1, "at": now_ms()} == {"id": 1, "at": IsNowMs()}


def test_now_matches_from_either_side():
    assert IsNowMs() == now_ms()


@pytest.mark.parametrize(("offset", "equal"), [(0, True), (250, True), (-250, True), (251, False)])
def test_the_distance_from_now_is_bounded_on_both_sides(offset, equal):
    with FrozenClock(NOON):
        assert (NOON + offset == IsNowMs(delta_ms=250)) is equal


@pytest.mark.parametrize("value", [None, True, 1.0, "now", float(NOON), NOON // 1000])
def test_what_is_no_integer_of_milliseconds_is_not_now(value):
    with FrozenClock(NOON):
        assert value != IsNowMs(delta_ms=10**15) or isinstance(value, int)
        assert value != IsNowMs()


def test_after_a_failed_comparison_the_matcher_says_why():
    with FrozenClock(NOON):
        matcher = IsNowMs()
        assert matcher != NOON + 3_600_000
    assert repr(matcher) == (
        "IsNowMs(delta_ms=2000) (1705323600000 instead of 1705320000000: +3600000 ms: "
        "a local time at UTC+01:00 read as UTC?)"
    )


def test_before_a_comparison_and_after_a_successful_one_it_says_only_what_it_is():
    matcher = IsEpochMs(after=NOON, before=NOON + 1)
    assert repr(matcher) == f"IsEpochMs(after={NOON}, before={NOON + 1})"
    assert matcher != 5
    assert matcher == NOON
    assert repr(matcher) == f"IsEpochMs(after={NOON}, before={NOON + 1})"


@pytest.mark.parametrize(
    ("after", "before"),
    [
        (NOON, NOON),
        ("2024-01-15 12:00:00", "2024-01-15T12:00:00Z"),
        (datetime(2024, 1, 15, 12, tzinfo=UTC), datetime(2024, 1, 15, 12, tzinfo=UTC)),
    ],
)
def test_the_bounds_of_a_range_belong_to_it_in_whatever_form_they_are_given(after, before):
    assert IsEpochMs(after=after, before=before) == NOON
    assert IsEpochMs(after=after, before=before) != NOON - 1
    assert IsEpochMs(after=after, before=before) != NOON + 1


def test_a_bound_that_is_no_time_is_refused_at_once():
    with pytest.raises(ValueError, match="is not a date-time"):
        IsEpochMs(after="soon")


def test_a_matcher_cannot_be_a_key_because_it_equals_many_values():
    with pytest.raises(TypeError, match="unhashable"):
        hash(IsNowMs())


@pytest.mark.parametrize("seconds", [1_577_836_800, 1_705_320_000, 1_893_455_999])
def test_an_instant_in_seconds_is_told_whatever_the_time_is(seconds):
    assert seconds != IsNowMs()
    now = IsNowMs()
    assert now != seconds
    assert "seconds for milliseconds?" in repr(now)
