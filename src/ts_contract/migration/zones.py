"""Named zones as rows, so that plain SQL can turn a local time into an instant.

The transitions come from `zoneinfo`. A zone becomes two step functions over seconds: from local
time to its offset, with the policies for overlaps and gaps already applied, and from UTC to its
offset. SQL looks up the last step at or before a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from ..contract import OnGap, OnOverlap, is_utc

__all__ = ["LAST_YEAR", "ZoneStep", "is_utc", "zone_steps"]

LAST_YEAR: Final = 2199
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = -5_364_662_400  # 1800-01-01, before any transition of the zone database
_END = 7_258_118_400  # 2200-01-01
_DAY = 86_400
_BEFORE_ALL = -(10**12)


@dataclass(frozen=True, slots=True)
class ZoneStep:
    """From `start` on, until the next step of the same clock, `offset` holds.

    Attributes:
        clock: `local` if start is local time, `utc` if it is UTC.
        start: seconds since 1970 on that clock.
        offset: seconds east of UTC, of the local time that is read or of the text that is
            written; None where the policy refuses the local time.
        note: for `local`, the storage form of a refused time; for `utc`, the zone suffix that a
            written text needs because the bare local time would be read as another instant.
    """

    clock: Literal["local", "utc"]
    start: int
    offset: int | None
    note: str = ""


@cache
def zone_steps(name: str, on_overlap: OnOverlap, on_gap: OnGap) -> tuple[ZoneStep, ...]:
    """Return both step functions of a zone.

    Args:
        name: zone name, as zoneinfo knows it.
        on_overlap: policy for a local time that happened twice.
        on_gap: policy for a local time that never happened.

    Returns:
        The steps, by clock and start.

    Example:
        >>> steps = zone_steps("America/New_York", "reject", "shift")
        >>> [step.note for step in steps if step.start == 1730595600]  # 2024-11-03 01:00 local
        ['overlap']
    """
    before = _offset(ZoneInfo(name), _FIRST)
    local = [ZoneStep("local", _BEFORE_ALL, before)]
    utc = [ZoneStep("utc", _BEFORE_ALL, before)]
    for instant, after in _transitions(name):
        if after < before:  # the clock goes back: [instant + after, instant + before) comes twice
            chosen = {"first": before, "second": after, "reject": None}[on_overlap]
            start, end = instant + after, instant + before
            local.append(ZoneStep("local", start, chosen, "overlap" if chosen is None else ""))
            local.append(ZoneStep("local", end, after))
            # The first passage ends at the transition and began as long before it.
            length = before - after
            utc.append(_written(instant - length, before, chosen))
            utc.append(_written(instant, after, chosen))
            utc.append(ZoneStep("utc", instant + length, after))
        else:  # [instant + before, instant + after) never comes; a shift keeps the old offset
            shifted = before if on_gap == "shift" else None
            start, end = instant + before, instant + after
            local.append(ZoneStep("local", start, shifted, "gap" if shifted is None else ""))
            local.append(ZoneStep("local", end, after))
            utc.append(ZoneStep("utc", instant, after))
        before = after
    local.append(ZoneStep("local", _END, None, "far-future"))
    utc.append(_written(_END - before, 0, None))
    return (*_last_of_each_start(local), *_last_of_each_start(utc))


def _last_of_each_start(steps: list[ZoneStep]) -> list[ZoneStep]:
    return [by_start for _, by_start in sorted({step.start: step for step in steps}.items())]


def _written(start: int, offset: int, read: int | None) -> ZoneStep:
    """Return how an instant is written whose bare local time would be read with offset `read`."""
    if offset == read:
        return ZoneStep("utc", start, offset)
    if offset % 60 or not offset:  # a suffix holds whole minutes
        return ZoneStep("utc", start, 0, "Z")
    hours, minutes = divmod(abs(offset) // 60, 60)
    return ZoneStep("utc", start, offset, f"{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}")


@cache
def _transitions(name: str) -> tuple[tuple[int, int], ...]:
    """Return (instant, new offset) of every change of offset, both in seconds, in order.

    zoneinfo does not tell its transitions, so each day is asked, and a change is then narrowed
    down to its second.
    """
    zone = ZoneInfo(name)
    found = []
    offset = _offset(zone, _FIRST)
    for day in range(_FIRST, _END, _DAY):
        low, end = day, day + _DAY
        while _offset(zone, end) != offset:
            high = end
            while high - low > 1:
                middle = (low + high) // 2
                if _offset(zone, middle) == offset:
                    low = middle
                else:
                    high = middle
            offset = _offset(zone, high)
            found.append((high, offset))
            low = high
    return tuple(found)


def _offset(zone: tzinfo, instant: int) -> int:
    """Return the seconds east of UTC at an instant in epoch seconds."""
    offset = (_EPOCH + timedelta(seconds=instant)).astimezone(zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())
