"""Sees every sqlite3 connection that is opened, by whatever import, thread, factory or library.

`sqlite3.connect` is replaced only while somebody observes; otherwise it is the original object.
"""

from __future__ import annotations

import functools
import sqlite3
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = [
    "Authorizer",
    "Connection",
    "ObservedConnection",
    "Observer",
    "count_opened",
    "live",
    "observe",
    "opened",
    "path_of",
    "unobserve",
    "unobserved",
]

Connection = sqlite3.Connection
Observer = Callable[[Connection], None]
Authorizer = Callable[[int, str | None, str | None, str | None, str | None], int]

_MODULES = (vars(sqlite3), vars(sqlite3.dbapi2))
_original = sqlite3.connect
_observers: list[Observer] = []
_live: weakref.WeakSet[Connection] = weakref.WeakSet()
_lock = threading.Lock()
_mine = threading.local()
_FACTORY_POSITION = 5  # of sqlite3.connect's positional arguments


class ObservedConnection(sqlite3.Connection):
    """A connection that can be referred to weakly, and whose own authorizer can be told apart.

    Attributes:
        authorizer: what the application has set with `set_authorizer`.
        reauthorize: called after that, so that an observer puts its own in front again.
    """

    __slots__ = ("__weakref__", "authorizer", "reauthorize")

    authorizer: Authorizer | None
    reauthorize: Observer | None

    def set_authorizer(self, authorizer_callback: Authorizer | None) -> None:
        """Register the application's authorizer, as `sqlite3.Connection.set_authorizer` does."""
        self.authorizer = authorizer_callback
        super().set_authorizer(authorizer_callback)
        reauthorize = getattr(self, "reauthorize", None)
        if reauthorize is not None:
            reauthorize(self)


@functools.wraps(_original)
def _connect(*args: Any, **kwargs: Any) -> Connection:
    __tracebackhide__ = True
    hidden = not _observers or getattr(_mine, "active", False)
    if not hidden and "factory" not in kwargs and len(args) <= _FACTORY_POSITION:
        kwargs["factory"] = ObservedConnection
    connection: Connection = _original(*args, **kwargs)
    if hidden:
        return connection
    with _lock, suppress(TypeError):  # a factory whose connections cannot be referred to weakly
        _live.add(connection)
    for observer in tuple(_observers):
        observer(connection)
    return connection


def observe(observer: Observer) -> None:
    """Call `observer` with each connection that is opened from now on, in the opening thread."""
    _observers.append(observer)
    for module in _MODULES:
        module["connect"] = _connect


def unobserve(observer: Observer) -> None:
    """Stop calling `observer`; without any observer, `sqlite3.connect` is the original again."""
    _observers.remove(observer)
    if _observers:
        return
    for module in _MODULES:
        if module["connect"] is _connect:  # else somebody has patched over us, and calls us in turn
            module["connect"] = _original


def live() -> list[Connection]:
    """Return the connections that were opened under observation and still exist."""
    with _lock:
        return list(_live)


@contextmanager
def unobserved() -> Iterator[None]:
    """Hide from the observers what this thread opens meanwhile: it is this package's own."""
    before = getattr(_mine, "active", False)
    _mine.active = True
    try:
        yield
    finally:
        _mine.active = before


@contextmanager
def opened(path: Path) -> Iterator[Connection]:
    """Open a database as the application would, under observation."""
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def path_of(connection: Connection) -> str:
    """Return the resolved path of a connection's main database; empty for one in memory."""
    cursor = sqlite3.Connection.cursor(connection)
    cursor.row_factory = None
    path = cursor.execute("PRAGMA database_list").fetchone()[2]
    return str(Path(path).resolve()) if path else ""


_opened = 0
_counting = False


def _count(event: str, _: tuple[Any, ...]) -> None:
    # A plain function: for each event Python asks a hook for its `__cantrace__`, and that a bound
    # method has none takes four times as long to find out.
    global _opened  # noqa: PLW0603 - of the process, as the hook is
    if event == "sqlite3.connect/handle" and _observers:
        _opened += not getattr(_mine, "active", False)


def count_opened() -> int:
    """Return how many connections this process has opened under observation so far.

    SQLite's audit event tells of every one, also of `sqlite3.Connection(path)` and of names bound
    before the observation began; the first call begins the count.
    """
    global _counting  # noqa: PLW0603
    if not _counting:
        _counting = True
        sys.addaudithook(_count)  # an audit hook can never be taken out again
    return _opened
