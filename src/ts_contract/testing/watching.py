"""Sees which legacy columns are read, and where: SQLite's authorizer tells, at each prepare.

The authorizer is asked when a statement is prepared. So a statement in a connection's cache is
seen once; arming the connection again makes SQLite prepare it anew.
"""

from __future__ import annotations

import itertools
import sqlite3
import sys
import threading
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from ..contract import Contract
from . import connections
from .connections import Authorizer, Connection
from .sites import Site, find_caller

__all__ = ["LegacyRead", "Seen", "Watch"]

_READ, _OK = sqlite3.SQLITE_READ, sqlite3.SQLITE_OK
_OURS = "_ts_contract_"  # begins the name of each trigger, view and CTE of the sync
_ADAPTER_KEY = (datetime, sqlite3.PrepareProtocol)

_watches: list[Watch] = []
_idle: set[tuple[str | None, str | None, str | None]] = set()
"""Reads, as the authorizer tells them, that no watch takes note of: most of all."""
_serials = itertools.count()  # an id() would be used again by the next connection


@dataclass(frozen=True, slots=True, order=True)
class LegacyRead:
    """One legacy column that was read at one place.

    Attributes:
        site: where, in the user's code.
        table: table of the column, as in the contract.
        column: the legacy column.
        epoch: the epoch column to use instead.
        through: the view, trigger or CTE that names the column; empty if the statement does.
    """

    site: Site
    table: str
    column: str
    epoch: str
    through: str = ""

    def __str__(self) -> str:
        through = f", through {self.through}" if self.through else ""
        return (
            f"{self.table}.{self.column} is read at {self.site.path}:{self.site.line} "
            f"in {self.site.function}{through}; read {self.epoch}"
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """What a watch has seen.

    Attributes:
        reads: each legacy read, with the number of connections in which it was prepared.
        naive: the places that bound a naive datetime as a parameter, with how often.
    """

    reads: Mapping[LegacyRead, int]
    naive: Mapping[Site, int]


class _Columns(dict[tuple[str, str], tuple[str, str, str] | None]):
    """(table, column) as SQLite writes them -> (table, legacy, epoch) of the contract, or None."""

    def __init__(self, contract: Contract) -> None:
        super().__init__()
        self._known = {
            (table.name.lower(), column.legacy.lower()): (table.name, column.legacy, column.epoch)
            for table, column in contract.columns()
        }

    def __missing__(self, key: tuple[str, str]) -> tuple[str, str, str] | None:
        found = self[key] = self._known.get((key[0].lower(), key[1].lower()))
        return found


# What one connection read at one site: (table, column, source), source as the authorizer gives it.
_Events = set[tuple[str, str, str | None]]


class Watch:
    """Watches every connection that is opened while it runs.

    Args:
        contract: the contract whose legacy columns are looked for.

    Attributes:
        watched: how many connections were watched so far.
        exempt: how many of them were to a database of `exempt_paths`.
        exempt_paths: resolved paths of databases on the legacy schema, which offer nothing else.
    """

    def __init__(self, contract: Contract) -> None:
        self.look_for(contract)
        self.watched = 0
        self.exempt = 0
        self.exempt_paths: set[str] = set()
        self._events: dict[tuple[int, Site], _Events] = defaultdict(set)
        self._naive: Counter[Site] = Counter()
        self._sources: set[str] = set()
        self._error: Exception | None = None
        self._thread = threading.get_ident()
        self._opened_before = connections.opened()

    def look_for(self, contract: Contract) -> None:
        """Look for the legacy columns of another contract from now on."""
        self._columns = _Columns(contract)
        _forget_idle()

    @property
    def opened(self) -> int:
        """How many connections were opened since the watch was made, by whatever means."""
        return connections.opened() - self._opened_before

    def __enter__(self) -> Self:
        if not _watches:
            _watch_naive_datetimes()
        _watches.append(self)
        _forget_idle()
        connections.observe(self._adopt)
        for connection in connections.live():
            _arm(connection)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connections.unobserve(self._adopt)
        _watches.remove(self)
        if not _watches:
            _unwatch_naive_datetimes()
            for connection in connections.live():
                _disarm(connection)

    @contextmanager
    def including(self, *others: sqlite3.Connection) -> Iterator[None]:
        """Watch connections, too, that were opened before anybody observed."""
        for connection in others:
            _arm(connection)
        try:
            yield
        finally:
            for connection in others:
                _disarm(connection)

    def rearm(self) -> None:
        """Make every open connection prepare its cached statements again.

        A connection of another thread cannot be armed from here: what it has in its cache stays
        unseen until it prepares anew.
        """
        for connection in connections.live():
            _arm(connection)

    def take(self) -> Seen:
        """Return what was seen since the last call, and begin anew."""
        events, self._events = self._events, defaultdict(set)
        naive, self._naive = self._naive, Counter()
        error, self._error = self._error, None
        if error is not None:
            raise error
        reads: Counter[LegacyRead] = Counter()
        for (_, site), seen in events.items():
            reads.update(self._judge(site, seen))
        return Seen(reads, naive)

    def _adopt(self, connection: sqlite3.Connection) -> None:
        self.watched += 1
        if self.exempt_paths and _path(connection) in self.exempt_paths:
            self.exempt += 1
        else:
            _arm(connection)

    def _see(self, serial: int, table: str, column: str, source: str | None) -> bool:
        """Take note of a read; return whether it has to be told again the next time."""
        if source is None:
            if self._columns[table, column] is None and table not in self._sources:
                return False
        elif source.startswith(_OURS):
            return False
        elif source not in self._sources:
            self._sources.add(source)
            _forget_idle()
        site = find_caller(_calling_frame(), self._thread)
        if site is not None:
            self._events[serial, site].add((table, column, source))
        return True

    def _judge(self, site: Site, events: _Events) -> set[LegacyRead]:
        """Return the legacy reads among the events of one site."""
        found = set()
        for table, column, source in events:
            legacy = self._columns[table, column]
            if legacy is not None and (source is None or _exposes(source, column, events, ())):
                found.add(LegacyRead(site, *legacy, through=source or ""))
        return found


def _exposes(view: str, column: str, events: _Events, seen: tuple[str, ...]) -> bool:
    """Tell whether a statement uses `column`, which it names through `view`.

    SQLite reports all base columns of a view, used or not. So the reads on the view itself decide:
    of the column, or of one that no base column is called (renamed or computed: the authorizer
    cannot tell from what, and it may be ours). A source without reads on itself is no view but a
    trigger or a CTE, whose text is the statement's own.
    """
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


# --- one authorizer per connection, for all watches ------------------------------------------


def _arm(connection: sqlite3.Connection) -> None:
    theirs = getattr(connection, "authorizer", None)
    if isinstance(connection, Connection):
        connection.reauthorize = _arm
    with suppress(sqlite3.ProgrammingError):  # closed meanwhile, or another thread's
        sqlite3.Connection.set_authorizer(connection, _authorizer(next(_serials), theirs))


def _disarm(connection: sqlite3.Connection) -> None:
    theirs = getattr(connection, "authorizer", None)
    if isinstance(connection, Connection):
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
    """Tell every watch of a read."""
    idle = _idle  # this one, even if another thread finds meanwhile that it holds no longer
    wanted = False
    if table and column:
        for watch in _watches:
            try:
                wanted |= watch._see(serial, table, column, source)
            except Exception as error:  # SQLite would turn it into "not authorized"
                watch._error = error
                wanted = True
    if not wanted:
        idle.add((table, column, source))


def _forget_idle() -> None:
    global _idle  # noqa: PLW0603 - of the process, as the watches are
    _idle = set()


def _calling_frame() -> FrameType:
    return sys._getframe(4)  # _see, _tell, authorize, and the frame that prepares the statement


def _path(connection: sqlite3.Connection) -> str:
    """Return the resolved path of a connection's main database; empty for one in memory."""
    cursor = sqlite3.Connection.cursor(connection)
    cursor.row_factory = None
    path = cursor.execute("PRAGMA database_list").fetchone()[2]
    return str(Path(path).resolve()) if path else ""


# --- naive datetimes as parameters ------------------------------------------------------------

_adapter_before = None


def _adapt(value: datetime) -> Any:
    """Adapt a datetime as before, and note where a naive one was bound."""
    if value.tzinfo is None:
        for watch in _watches:
            site = find_caller(sys._getframe(1), watch._thread)
            if site is not None:
                watch._naive[site] += 1
    adapt = _adapter_before
    if adapt is None:
        return value.isoformat(" ")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        adapted = adapt(value)
    for warning in caught:  # told again, so that it names the caller's line and not ours
        warnings.warn(warning.message, warning.category, stacklevel=2)
    return adapted


def _watch_naive_datetimes() -> None:
    global _adapter_before  # noqa: PLW0603 - SQLite's adapters are the process's, too
    _adapter_before = sqlite3.adapters.get(_ADAPTER_KEY)
    sqlite3.register_adapter(datetime, _adapt)


def _unwatch_naive_datetimes() -> None:
    if sqlite3.adapters.get(_ADAPTER_KEY) is _adapt and _adapter_before is not None:
        sqlite3.register_adapter(datetime, _adapter_before)
