"""The span to delete to remove one list item with its comma."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["without_item"]


def without_item(items: Sequence[tuple[int, int]], index: int) -> tuple[int, int]:
    """Return the offsets of what goes when one item of a list of several goes, with one comma.

    Args:
        items: the offsets of each item, in order.
        index: which one goes.

    Example:
        >>> text = "a, b, c"
        >>> [without_item([(0, 1), (3, 4), (6, 7)], index) for index in range(3)]
        [(0, 3), (3, 6), (4, 7)]
    """
    if index + 1 < len(items):
        return items[index][0], items[index + 1][0]
    return items[index - 1][1], items[index][1]
