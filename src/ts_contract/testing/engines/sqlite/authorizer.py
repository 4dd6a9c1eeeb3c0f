"""Tells listeners which columns each statement reads: SQLite's authorizer, one per connection.

The authorizer is asked when a statement is prepared. So a statement in a connection's cache is
told once; arming the connection again makes SQLite prepare it anew.
"""

from __future__ import annotations

import itertools
import sqlite3
import sys
import threading
from contextlib import suppress

from ..base import Listener
from . import connections
from .connections import Authorizer, Connection
from .definitions import BEGINS, Asked, Definition, begun

__all__ = ["arm", "arm_live", "disarm", "forget_idle", "listen", "unlisten"]

_READ, _SELECT, _UPDATE = sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT, sqlite3.SQLITE_UPDATE
_OK, _DENY = sqlite3.SQLITE_OK, sqlite3.SQLITE_DENY

_listeners: list[Listener] = []
_idle: set[tuple[str | None, str | None, str | None]] = set()
"""Reads, as the authorizer tells them, that no listener takes note of: most of all."""
_serials = itertools.count()  # an id() would be used again by the next connection
_asking: set[int] = set()
"""The threads that look whether our authorizer is in place."""


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


def arm_live() -> list[Connection]:
    """Arm every connection that was opened under observation; return those that cannot be.

    A connection of another thread cannot be armed from here: what it has in its cache is not told
    until it prepares anew.
    """
    return [connection for connection in connections.live() if not arm(connection)]


def arm(connection: Connection) -> bool:
    """Put our authorizer before the application's; cached statements are prepared anew.

    Returns:
        Whether it was done: not in another thread than the connection's, and not where the
        application has set an authorizer past its own class, since SQLite gives none away.
    """
    known = connections.find(connection)
    if known is not None and known.put_back is not None and _is_replaced(connection):
        return False
    try:
        _put(connection)
    except sqlite3.ProgrammingError as error:  # closed meanwhile, or another thread's
        return "thread" not in str(error)
    return True


def _put(connection: Connection) -> None:
    known = connections.find(connection)
    theirs = known.theirs if known is not None else None
    sqlite3.Connection.set_authorizer(connection, _authorizer(next(_serials), theirs))
    if known is not None:
        known.put_back = _put


def disarm(connection: Connection) -> None:
    """Leave a connection with the application's own authorizer, or none."""
    known = connections.find(connection)
    theirs = known.theirs if known is not None else None
    if known is not None:
        known.put_back = None
    with suppress(sqlite3.ProgrammingError):  # closed meanwhile, or another thread's
        if not _is_replaced(connection):
            sqlite3.Connection.set_authorizer(connection, theirs)


def _is_replaced(connection: Connection) -> bool:
    """Tell whether another authorizer has taken the place of ours, by preparing a statement."""
    me = threading.get_ident()
    _asking.add(me)
    try:
        sqlite3.Connection.__call__(connection, "SELECT 1")
    except sqlite3.ProgrammingError:  # closed meanwhile, or another thread's: it cannot be asked
        _asking.discard(me)
    except sqlite3.Error:  # the other one refuses this, too
        pass
    replaced = me in _asking
    _asking.discard(me)
    return replaced


def _answers() -> bool:
    """Tell whether it is this thread that asks, and tell it that ours is in place."""
    me = threading.get_ident()
    asked = me in _asking
    _asking.discard(me)
    return asked


def _authorizer(serial: int, theirs: Authorizer | None) -> Authorizer:
    definition: Definition | None = None
    may_refuse = any(listener.may_refuse for listener in _listeners)

    def authorize(
        action: int, table: str | None, column: str | None, base: str | None, source: str | None
    ) -> int:
        nonlocal definition
        refused = False
        if definition is not None:
            definition = _go_on(definition, serial, (action, table, column, base, source))
        if action == _READ:
            if definition is None and (table, column, source) not in _idle:
                refused = _tell(serial, table, column, source)
        elif action == _SELECT:
            if _asking and _answers():
                return _OK
            if may_refuse and source is not None:
                refused = _tell(serial, None, None, source)
        elif action in BEGINS and definition is None:
            definition = begun((action, table, column, base, source))
        if refused:
            return _DENY
        return _OK if theirs is None else theirs(action, table, column, base, source)

    return authorize


def _tell(serial: int, table: str | None, column: str | None, source: str | None) -> bool:
    """Tell every listener of a read, or of the end of a source; return whether one refuses."""
    idle = _idle  # this one, even if another thread finds meanwhile that it holds no longer
    frame = sys._getframe(2)  # behind this one and `authorize`: it prepares the statement
    wanted = refused = False
    for listener in _listeners:
        try:
            if table is None or column is None:
                refused |= source is not None and listener.hear_end(serial, source, frame)
            elif column and listener.wants(table, column, source):
                wanted = True
                refused |= listener.hear_read(serial, (table, column, source), frame)
        except Exception as error:  # SQLite would turn it into "not authorized"
            listener.hear_error(error)
            wanted = True
    if not wanted and table is not None:
        idle.add((table, column, source))
    return refused


def _go_on(definition: Definition, serial: int, event: Asked) -> Definition | None:
    """Take an event after the beginning of a definition; return the definition if it goes on."""
    frame = sys._getframe(2)
    place = id(frame.f_code), frame.f_lasti
    action, table, column, _, _ = event
    step = definition.next(event)
    for listener in _listeners:
        try:
            if step == "read" and table and column and listener.wants(table, column, None):
                site = listener.site_of(frame)
                if site:
                    definition.held.append((listener, place, table, column, site))
        except Exception as error:
            listener.hear_error(error)
    if step == "read":
        return definition
    held, definition.held = definition.held, []
    for listener, where, table_read, column_read, site in held:
        if step != "refused":
            listener.hear_definition(table_read, column_read, site)
        elif where == place and (action == _READ or (action == _UPDATE and table == table_read)):
            # An UPDATE, the only statement that reads before it says what it is.
            listener.note_read(serial, (table_read, column_read, None), site)
    return definition if step == "accepted" else None
