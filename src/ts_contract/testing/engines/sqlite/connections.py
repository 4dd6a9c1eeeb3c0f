"""Sees every sqlite3 connection that is opened, by whatever import, thread, factory or library.

`sqlite3.connect` is replaced only while somebody observes; otherwise it is the original object.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...sites import Site

__all__ = [
    "Authorizer",
    "Connection",
    "Observer",
    "Opened",
    "count_opened",
    "find",
    "is_connection",
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
_mine = threading.local()
_FACTORY_POSITION = 5  # of sqlite3.connect's positional arguments


@dataclass(slots=True, eq=False)
class Opened:
    """What is known of a connection that was opened under observation.

    It is kept beside the connection, whose class is the application's: any attribute of it may be.

    Attributes:
        refer: a weak reference to the connection.
        thread: a weak reference to the thread that opened it, if Python has started that.
        theirs: the authorizer that the application has set.
        site: the place that has opened it, where an observer has found it.
        put_back: called when it sets another, so that an observer puts its own in front again.
    """

    refer: weakref.ref[Connection]
    thread: weakref.ref[threading.Thread] | None
    theirs: Authorizer | None = None
    put_back: Observer | None = None
    site: Site | None = None

    def is_usable(self) -> bool:
        """Tell whether it still exists, and so does the thread that opened it."""
        thread = self.thread() if self.thread is not None else None
        return thread is not None and thread.is_alive() and self.refer() is not None


_live: dict[int, Opened] = {}
"""By the identity of the connection, because a factory's class need not be hashable."""


def find(connection: Connection) -> Opened | None:
    """Return what is known of a connection; None if it cannot be referred to weakly."""
    return _live.get(id(connection))


def live() -> list[Connection]:
    """Return the connections that were opened under observation and still exist."""
    found = (each.refer() for each in tuple(_live.values()))
    return [connection for connection in found if connection is not None]


def _remember(connection: Connection) -> Opened:
    known = find(connection)
    if known is None:
        key = id(connection)
        refer = weakref.ref(connection, lambda _: _live.pop(key, None))
        known = _live[key] = Opened(refer, _current_thread())
    return known


def _current_thread() -> weakref.ref[threading.Thread] | None:
    # `threading.current_thread()` would leave a dummy behind for a thread of somebody else.
    own, main = threading.get_ident(), threading.main_thread()
    if own == main.ident:
        return weakref.ref(main)
    found = next((each for each in threading.enumerate() if each.ident == own), None)
    return None if found is None else weakref.ref(found)


def is_connection(value: object) -> bool:
    """Tell whether a value is sqlite3's own connection, and not a proxy that says so."""
    return issubclass(type(value), sqlite3.Connection)


# --- the classes -----------------------------------------------------------------------------


class _Silent(sqlite3.Connection):
    """Stands before the application's class, so that this does not hear of one more subclass."""

    __slots__ = ()

    def __init_subclass__(cls, **kwargs: Any) -> None: ...


class _Base(sqlite3.Connection):
    """Stands between the application's class and sqlite3's, and sees what is asked of the latter.

    So `super().set_authorizer(...)` of the application ends here, whatever it makes of its own.
    """

    __slots__ = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = _remember(self)
        known.theirs = known.put_back = None  # __init__ may be called again, and opens anew
        _announce(self)

    def set_authorizer(self, authorizer_callback: Authorizer | None) -> None:
        """Register the application's authorizer, as `sqlite3.Connection.set_authorizer` does."""
        super().set_authorizer(authorizer_callback)
        known = _remember(self)
        known.theirs = authorizer_callback
        if known.put_back is not None:
            known.put_back(self)


@functools.cache
def _observed(factory: Any) -> type[Connection]:
    """Return a class like the factory that can be referred to weakly, and that `_Base` sees."""
    names: dict[str, Any] = {
        "__slots__": () if factory.__weakrefoffset__ else ("__weakref__",),
        "__module__": factory.__module__,
        "__qualname__": factory.__qualname__,
        "__doc__": factory.__doc__,
    }
    bases = (_Base,) if factory is sqlite3.Connection else (_Silent, factory, _Base)
    # By `type` itself: a metaclass of the application would count or refuse one more class.
    made: type[Connection] = type.__new__(type(factory), factory.__name__, bases, names)
    return made


def _in_place_of(factory: Any) -> Any:
    """Return a class that can be watched in place of a factory; the factory if there is none."""
    with suppress(Exception):  # not a class, or one that has something against a subclass
        if issubclass(factory, sqlite3.Connection):
            return _observed(factory)
    return factory


# --- sqlite3.connect -------------------------------------------------------------------------


class _Connect:
    """`sqlite3.connect` while somebody observes; like a builtin, it is not bound to an instance."""

    def __init__(self) -> None:
        functools.update_wrapper(self, _original)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        if _is_hidden():
            return _original(*args, **kwargs)
        if len(args) > _FACTORY_POSITION:
            factory = _in_place_of(args[_FACTORY_POSITION])
            args = (*args[:_FACTORY_POSITION], factory, *args[_FACTORY_POSITION + 1 :])
        else:
            kwargs["factory"] = _in_place_of(kwargs.get("factory", sqlite3.Connection))
        connection = _original(*args, **kwargs)
        if is_connection(connection) and find(connection) is None:
            with suppress(TypeError):  # a factory whose connections cannot be referred to weakly
                _remember(connection)
            _announce(connection)
        return connection

    def __reduce__(self) -> tuple[Any, ...]:
        return _current, ()  # a name is what the builtin is pickled by


def _current() -> Any:
    return sqlite3.connect


_connect = _Connect()


def _is_hidden() -> bool:
    return not _observers or getattr(_mine, "active", False)


def _announce(connection: Connection) -> None:
    if not _is_hidden():
        for observer in tuple(_observers):
            observer(connection)


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
    _observed.cache_clear()
    for module in _MODULES:
        if module["connect"] is _connect:  # else somebody has patched over us, and calls us in turn
            module["connect"] = _original


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
    try:
        cursor = sqlite3.Connection.cursor(connection)
        cursor.row_factory = None
        path = os.fsdecode(cursor.execute("PRAGMA database_list").fetchone()[2])
    except Exception:  # its own authorizer, row factory or text factory
        return ""
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
