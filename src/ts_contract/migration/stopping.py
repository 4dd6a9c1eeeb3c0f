"""SIGINT and SIGTERM ask long work to stop between two transactions."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from .errors import Interrupted

__all__ = ["StopFlag", "stop_on_signals"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class StopFlag:
    """Whether somebody asked to stop."""

    event: threading.Event = field(default_factory=threading.Event)

    def is_set(self) -> bool:
        """Return whether somebody asked; SQLite calls it during long statements."""
        return self.event.is_set()

    def check(self, state: str = "nothing is lost; run the same command again to go on") -> None:
        """Raise Interrupted if somebody asked.

        Args:
            state: what has become of the work, for the message.
        """
        if self.event.is_set():
            raise Interrupted(f"stopped between two transactions, {state}")


@contextmanager
def stop_on_signals() -> Iterator[StopFlag]:
    """Catch both signals for the length of a block, where Python allows it: in the main thread."""
    flag = StopFlag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return

    def ask(_signal: int, _frame: FrameType | None) -> None:
        flag.event.set()

    before = {number: signal.signal(number, ask) for number in _SIGNALS}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
