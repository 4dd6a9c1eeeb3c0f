"""The clock: read exactly, replaced in one place, for every thread, and put back."""

import inspect
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import freezegun
import pytest
import time_machine

import ts_contract
from ts_contract.timestamps import now_ms, time_ago, to_epoch_ms, use_clock, utc_now

NOON = 1_705_320_000_000  # 2024-01-15T12:00:00Z


def at(ms: int, nanoseconds: int = 0) -> use_clock:
    """Stop the clock."""
    return use_clock(lambda: ms * 1_000_000 + nanoseconds)


def test_is_the_system_clock() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= now_ms() <= time.time_ns() // 1_000_000
    assert utc_now() - datetime.now(UTC) < timedelta(seconds=10)


def test_floors_to_the_unit_of_the_answer() -> None:
    with at(NOON, nanoseconds=999_999):
        assert now_ms() == NOON
        assert utc_now() == datetime(2024, 1, 15, 12, 0, 0, 999, tzinfo=UTC)
    with at(-1, nanoseconds=1):
        assert now_ms() == -1
        assert utc_now() == datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)


def test_utc_now_is_aware() -> None:
    assert utc_now().utcoffset() == timedelta(0)


def test_a_whole_millisecond_stays_one() -> None:
    # int(time.time() * 1000) is one off for one instant in eight here
    for ms in range(NOON, NOON + 1000):
        with at(ms):
            assert now_ms() == ms


def test_every_importer_sees_the_replaced_clock() -> None:
    with at(NOON):
        assert ts_contract.now_ms() == NOON
        assert time_ago(NOON - 5_000) == "5 seconds ago"
    assert now_ms() > NOON


def test_a_clock_may_move() -> None:
    readings = iter([NOON * 1_000_000, (NOON + 1) * 1_000_000])
    with use_clock(lambda: next(readings)):
        assert now_ms() == NOON
        assert now_ms() == NOON + 1


def test_blocks_nest() -> None:
    with at(NOON):
        with at(NOON + 1):
            assert now_ms() == NOON + 1
        assert now_ms() == NOON
    assert now_ms() > NOON + 1


def test_blocks_may_end_in_any_order() -> None:
    first, second = at(NOON), at(NOON + 1)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert now_ms() == NOON + 1
    second.__exit__(None, None, None)
    assert now_ms() > NOON + 1


def test_one_block_may_be_entered_twice() -> None:
    stopped = at(NOON)
    with stopped:
        with stopped:
            pass
        assert now_ms() == NOON
    assert now_ms() > NOON


def test_an_exception_passes_and_the_clock_is_put_back() -> None:
    with pytest.raises(KeyError), at(NOON):
        raise KeyError
    assert now_ms() > NOON


def test_time_itself_is_not_touched() -> None:
    real = time.time_ns
    with at(NOON):
        assert time.time_ns is real
        assert time.time_ns() // 1_000_000 > NOON


def test_other_threads_see_the_replaced_clock() -> None:
    seen: list[int] = []
    with at(NOON):
        thread = threading.Thread(target=lambda: seen.append(now_ms()))
        thread.start()
        thread.join()
    assert seen == [NOON]


def test_threads_that_replace_it_at_once_leave_the_system_clock_behind() -> None:
    def replace_often() -> None:
        for _ in range(2_000):
            with at(NOON):
                assert now_ms() == NOON

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=replace_often) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert now_ms() > NOON


def test_follows_freezegun() -> None:
    with freezegun.freeze_time("2024-01-15 12:00:00"):
        assert now_ms() == NOON
        assert to_epoch_ms(utc_now()) == to_epoch_ms("2024-01-15 12:00:00") == NOON
        with at(NOON + 1):
            assert now_ms() == NOON + 1
        assert now_ms() == NOON
    assert now_ms() > NOON + 1


def test_follows_time_machine() -> None:
    with time_machine.travel(NOON / 1000, tick=False):
        assert now_ms() == NOON
        assert utc_now() == datetime(2024, 1, 15, 12, tzinfo=UTC)
    assert now_ms() > NOON


ELSEWHERE = 1_643_803_200_000  # 2022-02-02T12:00:00Z
FREEZERS = [
    pytest.param(lambda: freezegun.freeze_time("2022-02-02 12:00:00"), id="freezegun"),
    pytest.param(lambda: time_machine.travel(ELSEWHERE / 1000, tick=False), id="time-machine"),
]


@pytest.mark.parametrize("freeze", FREEZERS)
def test_the_replaced_clock_counts_whatever_is_frozen_around_it(freeze) -> None:
    with freeze():
        with at(NOON):
            assert now_ms() == NOON
        assert now_ms() == ELSEWHERE
    assert now_ms() > NOON


@pytest.mark.parametrize("freeze", FREEZERS)
def test_the_replaced_clock_counts_whatever_is_frozen_inside_it(freeze) -> None:
    with at(NOON):
        with freeze():
            assert now_ms() == NOON
        assert now_ms() == NOON
    assert now_ms() > NOON


@pytest.mark.parametrize("freeze", FREEZERS)
def test_what_is_frozen_shows_once_the_replaced_clock_is_gone(freeze) -> None:
    replaced, frozen = at(NOON), freeze()
    replaced.__enter__()
    with frozen:
        replaced.__exit__(None, None, None)
        assert now_ms() == ELSEWHERE
    assert now_ms() > NOON


def test_freezegun_is_followed_also_if_it_froze_inside_a_replaced_clock_first() -> None:
    # It remembers what it found in a module; only a fresh process has nothing to remember.
    program = """
        from freezegun import freeze_time
        from ts_contract.timestamps import now_ms, use_clock
        with use_clock(lambda: 0), freeze_time("2022-02-02 12:00:00"):
            print(now_ms())
        with freeze_time("2022-02-02 12:00:00"):
            print(now_ms())
        """
    command = [sys.executable, "-c", inspect.cleandoc(program)]
    output = subprocess.check_output(command, text=True)
    assert output.split() == ["0", str(ELSEWHERE)]
