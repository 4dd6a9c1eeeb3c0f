import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts_contract.testing.causes import cause_of_difference, problem_of_value

NOON = 1_705_320_000_000  # 2024-01-15T12:00:00Z


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (NOON - 1, "-1 ms: rounding"),
        (NOON + 1, "+1 ms: rounding"),
        (NOON // 1000, "seconds for milliseconds? multiply by 1000"),
        (NOON * 1000, "microseconds for milliseconds"),
        (NOON * 1_000_000 + 7, "nanoseconds for milliseconds"),
        (NOON + 2 * 3_600_000, "+7200000 ms: a local time at UTC+02:00 read as UTC?"),
        (NOON - 5 * 3_600_000, "-18000000 ms: a local time at UTC-05:00 read as UTC?"),
        (NOON + 19_800_000, "a local time at UTC+05:30 read as UTC?"),
        (NOON + 37, "+37 ms"),
        (float(NOON), "a float"),
        ("2024-01-15 12:00:00", "a text"),
        (None, "NULL"),
        (True, "a bool"),
        (b"\x00", "a bytes, not an int"),
    ],
)
def test_the_likely_cause_is_named(found, cause):
    assert cause in cause_of_difference(found, NOON)


def test_a_lost_fraction_is_told_apart_from_rounding():
    assert "the fraction of the second is lost" in cause_of_difference(NOON, NOON + 500)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (NOON, None),
        (NOON // 1000, "seconds for milliseconds? multiply by 1000"),
        (NOON * 1000, "microseconds for milliseconds"),
        (NOON * 1_000_000, "nanoseconds for milliseconds"),
        (946_684_800_000, "is outside 1577836800000 to 1893456000000"),
        (True, "is a bool"),
        (None, "is NULL"),
    ],
)
def test_a_value_alone_is_judged_by_its_type_and_size(value, problem):
    assert (
        problem_of_value(value) == problem
        if problem is None
        else problem in str(problem_of_value(value))
    )


@given(st.integers(), st.integers(min_value=1, max_value=10**14))
def test_the_difference_is_always_told_for_a_plain_integer(found, expected):
    text = cause_of_difference(found, expected)
    assert f"{found - expected:+d} ms" in text or "for milliseconds?" in text


@given(st.integers(min_value=-(10**30), max_value=10**30))
def test_what_is_outside_the_range_is_a_problem_and_what_is_inside_is_none(value):
    assert (problem_of_value(value, 10, 20) is None) == (10 <= value <= 20)
