"""What a database's engine tells whoever watches its statements."""

from __future__ import annotations

from types import FrameType
from typing import Protocol

from ..sites import Site

__all__ = ["Event", "Listener"]

Event = tuple[str, str, str | None]
"""What is read: table, column, and the view, trigger or CTE that names the column."""


class Listener(Protocol):
    """Is told what statements read and bind, in the thread that runs them."""

    @property
    def may_refuse(self) -> bool:
        """Whether a statement may have to be refused; asked when a connection is armed."""
        ...

    def wants(self, table: str, column: str, source: str | None) -> bool:
        """Tell whether a read matters; asked once for all reads of its kind.

        Args:
            table: table or view of the column, as the database writes it.
            column: its name, likewise.
            source: the view, trigger or CTE that names the column; None if the statement does.
        """
        ...

    def hear_read(self, serial: int, event: Event, frame: FrameType) -> bool:
        """Take note of a column that a statement reads.

        Args:
            serial: of the connection, each time that its statements are prepared anew.
            event: the read: table, column and source, as above.
            frame: the frame that prepares the statement.

        Returns:
            Whether the statement is to be refused.
        """
        ...

    def site_of(self, frame: FrameType) -> Site | None:
        """Return the place in the user's code that a frame works for; None if it is our own."""
        ...

    def note_read(self, serial: int, event: Event, site: Site) -> None:
        """Take note of a read that was held back, until it was known to be one."""
        ...

    def hear_end(self, serial: int, source: str, frame: FrameType) -> bool:
        """Take note that all reads of a view, trigger or CTE were told; refuse it, as above."""
        ...

    def hear_definition(self, table: str, column: str, site: Site) -> None:
        """Take note of a column that the definition of an index, a CHECK or the like names."""
        ...

    def hear_naive(self, frame: FrameType) -> None:
        """Take note of a naive datetime that is bound as a parameter, in `frame`."""
        ...

    def hear_error(self, error: Exception) -> None:
        """Take note of what one of these raised, which the database cannot pass on."""
        ...
