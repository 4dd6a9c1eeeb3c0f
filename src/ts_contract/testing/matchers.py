"""Values that compare equal to any right instant, for comparisons of whole structures."""

from __future__ import annotations

from datetime import date

from ..timestamps import EPOCH_2020_MS, EPOCH_2030_MS, now_ms, to_epoch_ms, validate_epoch_ms
from .causes import cause_of_difference, problem_of_value

__all__ = ["IsEpochMs", "IsNowMs"]


class _Matcher:
    """Equal to what has no problem; after a failed comparison its repr tells the problem."""

    _last = ""

    def _problem(self, value: object) -> str | None:
        raise NotImplementedError

    def _described(self) -> str:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        problem = self._problem(other)
        self._last = "" if problem is None else f" ({other!r} {problem})"
        return problem is None

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self._described()}{self._last}"


class IsNowMs(_Matcher):
    """Equal to the current instant in epoch milliseconds, by `now_ms` at the comparison.

    Args:
        delta_ms: the greatest distance that still counts as now, in milliseconds.

    Example:
        >>> from ts_contract import now_ms
        >>> {"id": 1, "created_at_ms": now_ms()} == {"id": 1, "created_at_ms": IsNowMs()}
        True
        >>> now_ms() // 1000 == IsNowMs()
        False
    """

    def __init__(self, delta_ms: int = 2000) -> None:
        self.delta_ms = delta_ms

    def _problem(self, value: object) -> str | None:
        now = now_ms()
        if validate_epoch_ms(value, now - self.delta_ms, now + self.delta_ms) and value is not None:
            return None
        return f"instead of {now}: {cause_of_difference(value, now)}"

    def _described(self) -> str:
        return f"IsNowMs(delta_ms={self.delta_ms})"


class IsEpochMs(_Matcher):
    """Equal to an instant in epoch milliseconds within a range.

    Args:
        after: the first instant: epoch milliseconds, a datetime or ISO 8601 text; 2020 by default.
        before: the last instant, likewise; 2030 by default.

    Raises:
        ValueError: a text is not a date-time.

    Example:
        >>> 1705320000000 == IsEpochMs(after="2024-01-15", before="2024-01-16")
        True
        >>> 1705320000 == IsEpochMs()
        False
    """

    def __init__(
        self, after: int | str | date | None = None, before: int | str | date | None = None
    ) -> None:
        self.after = _bound(after, EPOCH_2020_MS)
        self.before = _bound(before, EPOCH_2030_MS)

    def _problem(self, value: object) -> str | None:
        return problem_of_value(value, self.after, self.before)

    def _described(self) -> str:
        return f"IsEpochMs(after={self.after}, before={self.before})"


def _bound(instant: int | str | date | None, default: int) -> int:
    if instant is None:
        return default
    return instant if isinstance(instant, int) else to_epoch_ms(instant)
