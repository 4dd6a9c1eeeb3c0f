"""Sees which legacy columns are read, and where in the user's code."""

from __future__ import annotations

import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Self

from ..contract import Contract
from .engines.base import Event
from .engines.sqlite import authorizer, connections, parameters
from .engines.sqlite.connections import Connection
from .engines.sqlite.views import exposes
from .sites import Site, find_caller, find_callers

__all__ = ["LegacyRead", "Seen", "Watch"]

_OURS = "_ts_contract_"  # begins the name of each trigger, view and CTE of the sync


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
        definitions: the definitions (of an index, a CHECK, ...) that name a legacy column.
        callers: of each place, the chains of the user's code that have led to it.
    """

    reads: Mapping[LegacyRead, int]
    naive: Mapping[Site, int]
    definitions: Mapping[LegacyRead, int] = field(default_factory=dict)
    callers: Mapping[Site, frozenset[tuple[Site, ...]]] = field(default_factory=dict)


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


class Watch:
    """Watches every connection that is opened while it runs.

    Args:
        contract: the contract whose legacy columns are looked for.
        is_helper: tells of a frame that attribution passes over.

    Attributes:
        contract: the contract.
        refuses: tells of a read whether its statement is to fail; None if none is.
        watched: how many connections were watched so far.
        exempt: how many of them were to a database of `exempt_paths`.
        exempt_paths: resolved paths of databases on the legacy schema, which offer nothing else.
        lent: resolved paths of databases that a test was given, and whether it has opened them.
        unarmed: the places that opened a connection which cannot be armed again.
    """

    def __init__(
        self, contract: Contract, is_helper: Callable[[FrameType], bool] | None = None
    ) -> None:
        self.look_for(contract)
        self._is_helper = is_helper
        self.refuses: Callable[[LegacyRead], bool] | None = None
        self.lent: dict[str, bool] = {}
        self.unarmed: set[Site] = set()
        self._unarmed: list[connections.Opened] = []
        self.watched = 0
        self.exempt = 0
        self.exempt_paths: set[str] = set()
        self._events: dict[tuple[int, Site], set[Event]] = defaultdict(set)
        self._definitions: Counter[LegacyRead] = Counter()
        self._callers: dict[Site, set[tuple[Site, ...]]] = defaultdict(set)
        self._naive: Counter[Site] = Counter()
        self._sources: set[str] = set()
        self._error: Exception | None = None
        self._thread = threading.get_ident()
        self._opened_before = connections.count_opened()

    def look_for(self, contract: Contract) -> None:
        """Look for the legacy columns of another contract from now on."""
        self.contract = contract
        self._columns = _Columns(contract)
        authorizer.forget_idle()

    @property
    def opened(self) -> int:
        """How many connections were opened since the watch was made, by whatever means."""
        return connections.count_opened() - self._opened_before

    def __enter__(self) -> Self:
        parameters.listen(self)
        authorizer.listen(self)
        connections.observe(self._adopt)
        authorizer.arm_live()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        connections.unobserve(self._adopt)
        parameters.unlisten(self)
        authorizer.unlisten(self)

    @contextmanager
    def including(self, *others: Connection) -> Iterator[None]:
        """Watch connections, too, that were opened before anybody observed."""
        for connection in others:
            authorizer.arm(connection)
        try:
            yield
        finally:
            for connection in others:
                authorizer.disarm(connection)

    def prepare_anew(self) -> None:
        """Make every open connection prepare its cached statements again, in the same test."""
        authorizer.arm_live()

    def rearm(self) -> None:
        """Make every open connection prepare its cached statements again, for another test.

        One of another thread cannot be asked to: what it has in its cache stays unseen until it
        prepares anew. Its place is added to `unarmed`.
        """
        parameters.wrap_adapter()
        found = filter(None, map(connections.find, authorizer.arm_live()))
        usable = [known for known in found if known.is_usable()]
        # Once is not enough: a thread may be about to end, whose connection is closed already.
        self.unarmed |= {known.site for known in usable if known.site and known in self._unarmed}
        self._unarmed = usable

    def take_unarmed(self) -> set[Site]:
        """Return the places whose connections were not armed again through all of a test."""
        found, self.unarmed = self.unarmed, set()
        return found

    def take(self) -> Seen:
        """Return what was seen since the last call, and begin anew."""
        events, self._events = self._events, defaultdict(set)
        definitions, self._definitions = self._definitions, Counter()
        naive, self._naive = self._naive, Counter()
        callers, self._callers = self._callers, defaultdict(set)
        error, self._error = self._error, None
        if error is not None:
            raise error
        reads: Counter[LegacyRead] = Counter()
        for (_, site), seen in events.items():
            reads.update(self._judge(site, seen))
        chains = {site: frozenset(found) for site, found in callers.items()}
        return Seen(reads, naive, definitions, chains)

    def _adopt(self, connection: Connection) -> None:
        self.watched += 1
        site = find_caller(sys._getframe(1), self._thread)
        known = connections.find(connection)
        if known is not None:
            known.site = site
        elif site is not None:
            self.unarmed.add(site)
        path = connections.path_of(connection) if self.exempt_paths or self.lent else ""
        if path in self.lent:
            self.lent[path] = True
        if path in self.exempt_paths:
            self.exempt += 1
        else:
            authorizer.arm(connection)

    def wants(self, table: str, column: str, source: str | None) -> bool:
        """Tell whether a read matters: of a legacy column, or of a view that names some."""
        if source is None:
            return self._columns[table, column] is not None or table in self._sources
        if source.startswith(_OURS):
            return False
        if source not in self._sources:
            self._sources.add(source)
            authorizer.forget_idle()
        return True

    def site_of(self, frame: FrameType) -> Site | None:
        """Return the place in the user's code that a frame works for; None if it is our own."""
        if self._is_helper is None:
            return find_caller(frame, self._thread)
        return next(iter(find_callers(frame, self._thread, self._is_helper)), None)

    def hear_read(self, serial: int, event: Event, frame: FrameType) -> bool:
        """Take note of a read, and refuse it."""
        table, column, source = event
        legacy = self._columns[table, column]
        if legacy is None:
            site = self.site_of(frame)
        else:
            site, *callers = find_callers(frame, self._thread, self._is_helper) or (None,)
            if site is not None and callers:
                self._callers[site].add(tuple(filter(None, callers)))
        if site is None:
            return False
        self.note_read(serial, event, site)
        if self.refuses is None or source is not None:
            return False  # what a view's columns are read for is told later
        if legacy is not None:
            return self.refuses(LegacyRead(site, *legacy))
        others = {each for each in self._events[serial, site] if each[0] != table}
        judged = self._judge(site, others | {event})
        return any(self.refuses(read) for read in judged if read.through)

    def note_read(self, serial: int, event: Event, site: Site) -> None:
        """Take note of a read at a place."""
        self._events[serial, site].add(event)

    @property
    def may_refuse(self) -> bool:
        """Whether a statement may have to be refused."""
        return self.refuses is not None

    def hear_end(self, serial: int, source: str, frame: FrameType) -> bool:
        """Refuse a CTE, of which only now is known that it is not a view."""
        if self.refuses is None or source not in self._sources:
            return False
        site = next(iter(find_callers(frame, self._thread, self._is_helper)), None)
        return site is not None and any(
            self.refuses(read)
            for read in self._judge(site, self._events[serial, site])
            if read.through == source
        )

    def hear_definition(self, table: str, column: str, site: Site) -> None:
        """Take note of a definition that names a legacy column."""
        legacy = self._columns[table, column]
        if legacy is not None:
            self._definitions[LegacyRead(site, *legacy)] += 1

    def hear_naive(self, frame: FrameType) -> None:
        """Take note of the place that bound a naive datetime."""
        site = find_caller(frame, self._thread)
        if site is not None:
            self._naive[site] += 1

    def hear_error(self, error: Exception) -> None:
        """Keep an error of ours until somebody takes what was seen."""
        self._error = error

    def _judge(self, site: Site, events: set[Event]) -> set[LegacyRead]:
        """Return the legacy reads among the events of one site."""
        found = set()
        for table, column, source in events:
            legacy = self._columns[table, column]
            if legacy is not None and (source is None or exposes(source, column, events)):
                found.add(LegacyRead(site, *legacy, through=source or ""))
        return found
