"""A time limit for work on one file, which ends that work and nothing else."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["OverdueError", "time_limit"]

_AGAIN = 1.0  # an alarm that rings inside a finalizer is lost, so it rings again


class OverdueError(Exception):
    """The work in the block took too long; the message says how long it may take."""


class _Alarm(BaseException):
    """Rings in the middle of the work; no `except Exception` on the way may keep it."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """End the block when its time is up.

    The alarm is a signal, which Python looks at between two of its instructions. Where there are
    none, or this is not the main thread, the block is not limited.

    Args:
        seconds: how long it may take; None for as long as it needs.

    Raises:
        OverdueError: it took longer.

    Example:
        >>> with time_limit(0.05):
        ...     while True:
        ...         pass
        Traceback (most recent call last):
        ...
        ts_contract.files.limit.OverdueError: not done in 0.05 s
    """
    if seconds is None or not _can_ring():
        yield
        return
    before = signal.signal(signal.SIGALRM, _ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _Alarm:
        raise OverdueError(f"not done in {seconds:g} s") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _can_ring() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def _ring(_: int, __: FrameType | None) -> None:
    raise _Alarm
