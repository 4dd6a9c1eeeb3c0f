"""A time limit ends the work in its block, whatever that catches, and nothing afterwards."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress

import pytest

from ts_contract.files.limit import OverdueError, time_limit


def spin() -> None:
    while True:
        pass


def spin_and_catch() -> None:
    with suppress(Exception):
        spin()
    spin()


def sleep() -> None:
    time.sleep(60)


@pytest.mark.parametrize("work", [spin, spin_and_catch, sleep])
def test_the_work_is_ended_and_the_limit_is_named(work):
    with pytest.raises(OverdueError, match=r"not done in 0\.05 s"), time_limit(0.05):
        work()


def test_what_is_done_in_time_is_not_disturbed_later():
    with time_limit(0.1):
        pass
    time.sleep(0.2)


def test_no_limit_is_none():
    with time_limit(None):
        pass


def test_an_alarm_of_somebody_else_is_put_back():
    def mine(*_: object) -> None: ...

    before = signal.signal(signal.SIGALRM, mine)
    try:
        with time_limit(5):
            pass
        assert signal.getsignal(signal.SIGALRM) is mine
    finally:
        signal.signal(signal.SIGALRM, before)


def test_another_thread_is_not_limited():
    done = []

    def work() -> None:
        with time_limit(0.01):
            time.sleep(0.05)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
