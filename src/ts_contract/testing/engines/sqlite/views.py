"""Tells whether a statement uses a column that it names only through a view."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from ..base import Event

__all__ = ["exposes"]


def exposes(view: str, column: str, events: AbstractSet[Event]) -> bool:
    """Tell whether a statement uses `column`, which it names through `view`.

    SQLite reports all base columns of a view, used or not. So the reads on the view itself decide:
    of the column, or of one that no base column is called (renamed or computed: the authorizer
    cannot tell from what, and it may be ours). A source without reads on itself is not a view but
    a trigger or a CTE, whose text is the statement's own.

    Args:
        view: the source of a read.
        column: the column that it read.
        events: all reads of the statement.

    Example:
        >>> exposes("v", "at", {("t", "at", "v"), ("t", "id", "v"), ("v", "id", None)})
        False
    """
    return _exposes(view, column, events, ())


def _exposes(view: str, column: str, events: AbstractSet[Event], seen: tuple[str, ...]) -> bool:
    on_view = [(name, source) for table, name, source in events if table == view]
    if not on_view:
        return True
    base = {name for _, name, source in events if source == view} - {column}
    return any(
        name not in base
        and (
            source is None or (source not in seen and _exposes(source, name, events, (*seen, view)))
        )
        for name, source in on_view
    )
