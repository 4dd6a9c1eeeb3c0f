"""Edits that are taken by now, and whether another one fits beside them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from ...source.edits import Edit

__all__ = ["TakenEdits"]


class TakenEdits:
    """Edits that do not overlap each other.

    Example:
        >>> taken = TakenEdits()
        >>> taken.add([Edit(4, 8, "x"), Edit(8, 8, ")")])
        >>> [taken.overlaps(edit) for edit in (Edit(4, 8, "x"), Edit(6, 6, "y"), Edit(8, 8, "z"))]
        [False, True, True]
    """

    def __init__(self) -> None:
        self._replaced: list[tuple[int, int, str]] = []
        self._inserted: list[int] = []
        self._texts: dict[int, set[str]] = {}

    def add(self, edits: Iterable[Edit]) -> None:
        """Take edits."""
        for edit in dict.fromkeys(edits):
            if edit.start < edit.end:
                insort(self._replaced, (edit.start, edit.end, edit.text))
                continue
            if edit.start not in self._texts:
                insort(self._inserted, edit.start)
            self._texts.setdefault(edit.start, set()).add(edit.text)

    def overlaps(self, edit: Edit) -> bool:
        """Tell whether an edit overlaps one that is taken; the very same one does not."""
        if edit.start == edit.end:
            # The order of two insertions at one place would be a guess.
            if self._texts.get(edit.start, set()) - {edit.text}:
                return True
        elif bisect_right(self._inserted, edit.start) < bisect_left(self._inserted, edit.end):
            return True
        own = (edit.start, edit.end, edit.text)
        behind = bisect_left(self._replaced, (edit.end,))
        return any(
            other != own and edit.start < other[1]
            for other in self._replaced[max(behind - 2, 0) : behind]
        )
