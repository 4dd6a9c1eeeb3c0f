"""One frozen clock for the code under test and for its database."""

from __future__ import annotations

from datetime import date
from types import TracebackType
from typing import Self

from ..timestamps import now_ms, to_epoch_ms, use_clock
from .engines.sqlite import connections
from .engines.sqlite.clock import freeze_sql_clock

__all__ = ["FrozenClock", "freeze_sql_clock"]


class FrozenClock:
    """Freezes `ts_contract.now_ms` and SQLite's CURRENT_TIMESTAMP at one instant, until it moves.

    CURRENT_DATE and CURRENT_TIME follow. SQLite's `datetime('now')` does not, nor do Python's own
    clocks: freeze those with time-machine or freezegun, beside this.

    Args:
        instant: epoch milliseconds, a datetime, or ISO 8601 text; the present by default.

    Raises:
        ValueError: the text is not a date-time.

    Example:
        >>> from ts_contract import now_ms
        >>> with FrozenClock("2024-01-15 12:00:00") as clock:
        ...     clock.advance(500)
        ...     now_ms()
        1705320000500
    """

    def __init__(self, instant: int | str | date | None = None) -> None:
        self._ms = now_ms() if instant is None else _epoch_ms(instant)
        self._clock = use_clock(lambda: self._ms * 1_000_000)

    @property
    def now_ms(self) -> int:
        """The instant at which the clock stands, in epoch milliseconds."""
        return self._ms

    def move_to(self, instant: int | str | date) -> None:
        """Set the clock.

        Args:
            instant: epoch milliseconds, a datetime, or ISO 8601 text; naive means UTC.

        Raises:
            ValueError: the text is not a date-time.
        """
        self._ms = _epoch_ms(instant)

    def advance(self, milliseconds: int) -> None:
        """Move the clock on, or back by a negative number.

        Args:
            milliseconds: how far.
        """
        self._ms += milliseconds

    def __enter__(self) -> Self:
        self._clock.__enter__()
        connections.observe(freeze_sql_clock)
        for connection in connections.live():
            freeze_sql_clock(connection)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connections.unobserve(freeze_sql_clock)
        self._clock.__exit__(kind, error, traceback)


def _epoch_ms(instant: int | str | date) -> int:
    return instant if isinstance(instant, int) else to_epoch_ms(instant)
