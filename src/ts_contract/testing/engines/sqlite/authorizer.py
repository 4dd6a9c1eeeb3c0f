"""Tells listeners which columns each statement reads: SQLite's authorizer, one per connection.

The authorizer is asked when a statement is prepared. So a statement in a connection's cache is
told once; arming the connection again makes SQLite prepare it anew.
"""

from __future__ import annotations

import itertools
import sqlite3
import sys
from contextlib import suppress

from ..base import Listener
from . import connections
from .connections import Authorizer, Connection, ObservedConnection

__all__ = ["arm", "arm_live", "disarm", "forget_idle", "listen", "unlisten"]

_READ, _OK = sqlite3.SQLITE_READ, sqlite3.SQLITE_OK

_listeners: list[Listener] = []
_idle: set[tuple[str | None, str | None, str | None]] = set()
"""Reads, as the authorizer tells them, that no listener takes note of: most of all."""
_serials = itertools.count()  # an id() would be used again by the next connection


def listen(listener: Listener) -> None:
    """Tell `listener` of each read in an armed connection from now on."""
    _listeners.append(listener)
    forget_idle()


def unlisten(listener: Listener) -> None:
    """Stop telling `listener`; without any listener, the connections are disarmed."""
    _listeners.remove(listener)
    if not _listeners:
        for connection in connections.live():
            disarm(connection)


def forget_idle() -> None:
    """Tell again of reads that no listener has taken note of so far."""
    global _idle  # noqa: PLW0603 - of the process, as the listeners are
    _idle = set()


def arm_live() -> None:
    """Arm every connection that was opened under observation.

    A connection of another thread cannot be armed from here: what it has in its cache is not told
    until it prepares anew.
    """
    for connection in connections.live():
        arm(connection)


def arm(connection: Connection) -> None:
    """Put our authorizer before the application's; cached statements are prepared anew."""
    theirs = getattr(connection, "authorizer", None)
    if isinstance(connection, ObservedConnection):
        connection.reauthorize = arm
    with suppress(sqlite3.ProgrammingError):  # closed meanwhile, or another thread's
        sqlite3.Connection.set_authorizer(connection, _authorizer(next(_serials), theirs))


def disarm(connection: Connection) -> None:
    """Leave a connection with the application's own authorizer, or none."""
    theirs = getattr(connection, "authorizer", None)
    if isinstance(connection, ObservedConnection):
        connection.reauthorize = None
    with suppress(sqlite3.ProgrammingError):
        sqlite3.Connection.set_authorizer(connection, theirs)


def _authorizer(serial: int, theirs: Authorizer | None) -> Authorizer:
    def authorize(
        action: int, table: str | None, column: str | None, base: str | None, source: str | None
    ) -> int:
        if action == _READ and (table, column, source) not in _idle:
            _tell(serial, table, column, source)
        return _OK if theirs is None else theirs(action, table, column, base, source)

    return authorize


def _tell(serial: int, table: str | None, column: str | None, source: str | None) -> None:
    """Tell every listener of a read."""
    idle = _idle  # this one, even if another thread finds meanwhile that it holds no longer
    wanted = False
    if table and column:
        frame = sys._getframe(2)  # behind this one and `authorize`: it prepares the statement
        for listener in _listeners:
            try:
                wanted |= listener.hear_read(serial, table, column, source, frame)
            except Exception as error:  # SQLite would turn it into "not authorized"
                listener.hear_error(error)
                wanted = True
    if not wanted:
        idle.add((table, column, source))
