"""What a database's engine tells whoever watches its statements."""

from __future__ import annotations

from types import FrameType
from typing import Protocol

__all__ = ["Listener"]


class Listener(Protocol):
    """Is told what statements read and bind, in the thread that runs them."""

    def hear_read(
        self, serial: int, table: str, column: str, source: str | None, frame: FrameType
    ) -> bool:
        """Take note of a column that a statement reads.

        Args:
            serial: of the connection, each time that its statements are prepared anew.
            table: table or view of the column, as the database writes it.
            column: its name, likewise.
            source: the view, trigger or CTE that names the column; None if the statement does.
            frame: the frame that prepares the statement.

        Returns:
            Whether it has to be told of the same read again.
        """
        ...

    def hear_naive(self, frame: FrameType) -> None:
        """Take note of a naive datetime that is bound as a parameter, in `frame`."""
        ...

    def hear_error(self, error: Exception) -> None:
        """Take note of what `hear_read` raised, which the database cannot pass on."""
        ...
