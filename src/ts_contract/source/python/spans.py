"""Many places of one text, asked in logarithmic time: which hold this place, which stand in it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import heappop, heappush
from itertools import accumulate

__all__ = ["Span", "Spans"]

Span = tuple[int, int]
"""A place of a text, from its first offset to the one behind it."""


class Spans:
    """Some places of one text, each meant by its index.

    Args:
        spans: the places, in any order; they may overlap.

    Example:
        >>> spans = Spans([(0, 9), (2, 4), (12, 15)])
        >>> spans.first_at(3), spans.first_at(10), sorted(spans.holding(2, 3))
        (0, None, [0, 1])
        >>> spans.any_within(1, 5), spans.any_touching(9, 12)
        (True, False)
    """

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans

    def first_at(self, offset: int) -> int | None:
        """Return the first of the places, in the order given, that an offset stands in."""
        points, answers = self._stretches
        at = bisect_right(points, offset) - 1
        return answers[at] if at >= 0 else None

    @cached_property
    def _stretches(self) -> tuple[list[int], list[int | None]]:
        """The offsets at which the answer of `first_at` changes, and the answer from each on."""
        points = sorted({offset for span in self._spans for offset in span})
        answers: list[int | None] = []
        open_: list[int] = []
        begun = 0
        for point in points:
            while begun < len(self._order) and self._starts[begun] <= point:
                heappush(open_, self._order[begun])
                begun += 1
            while open_ and self._spans[open_[0]][1] <= point:
                heappop(open_)
            answers.append(open_[0] if open_ else None)
        return points, answers

    def holding(self, start: int, end: int) -> Iterator[int]:
        """Yield the places that hold a whole place."""
        at = bisect_right(self._starts, start) - 1
        while at >= 0 and self._furthest[at] >= end:
            index = self._order[at]
            if self._spans[index][1] >= end:
                yield index
            at -= 1

    def any_within(self, start: int, end: int) -> bool:
        """Tell whether one of the places stands within a place."""
        at = bisect_left(self._starts, start)
        return at < len(self._starts) and self._nearest[at] <= end

    def any_touching(self, start: int, end: int) -> bool:
        """Tell whether one of the places and a place have something in common."""
        at = bisect_left(self._starts, end) - 1
        return at >= 0 and self._furthest[at] > start

    @cached_property
    def _order(self) -> list[int]:
        """The places by where they begin."""
        return sorted(range(len(self._spans)), key=lambda index: self._spans[index][0])

    @cached_property
    def _starts(self) -> list[int]:
        return [self._spans[index][0] for index in self._order]

    @cached_property
    def _ends(self) -> list[int]:
        return [self._spans[index][1] for index in self._order]

    @cached_property
    def _furthest(self) -> list[int]:
        """Where the places up to each one end at last."""
        return list(accumulate(self._ends, max))

    @cached_property
    def _nearest(self) -> list[int]:
        """Where the places from each one on end at first."""
        return list(accumulate(reversed(self._ends), min))[::-1]
