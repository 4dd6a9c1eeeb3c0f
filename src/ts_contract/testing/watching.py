"""Sees which legacy columns are read, and where in the user's code."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Self

from ..contract import Contract
from .engines.sqlite import authorizer, connections, parameters
from .engines.sqlite.connections import Connection
from .engines.sqlite.views import Event, exposes
from .sites import Site, find_caller

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
    """

    reads: Mapping[LegacyRead, int]
    naive: Mapping[Site, int]
    definitions: Mapping[LegacyRead, int] = field(default_factory=dict)


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
        self._events: dict[tuple[int, Site], set[Event]] = defaultdict(set)
        self._definitions: Counter[LegacyRead] = Counter()
        self._naive: Counter[Site] = Counter()
        self._sources: set[str] = set()
        self._error: Exception | None = None
        self._thread = threading.get_ident()
        self._opened_before = connections.count_opened()

    def look_for(self, contract: Contract) -> None:
        """Look for the legacy columns of another contract from now on."""
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

    def rearm(self) -> list[Connection]:
        """Make every open connection prepare its cached statements again.

        Returns:
            Those of which that cannot be asked, such as another thread's: what it has in its cache
            stays unseen until it prepares anew.
        """
        parameters.wrap_adapter()
        return authorizer.arm_live()

    def take(self) -> Seen:
        """Return what was seen since the last call, and begin anew."""
        events, self._events = self._events, defaultdict(set)
        definitions, self._definitions = self._definitions, Counter()
        naive, self._naive = self._naive, Counter()
        error, self._error = self._error, None
        if error is not None:
            raise error
        reads: Counter[LegacyRead] = Counter()
        for (_, site), seen in events.items():
            reads.update(self._judge(site, seen))
        return Seen(reads, naive, definitions)

    def _adopt(self, connection: Connection) -> None:
        self.watched += 1
        if self.exempt_paths and connections.path_of(connection) in self.exempt_paths:
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
        return find_caller(frame, self._thread)

    def hear_read(
        self, serial: int, table: str, column: str, source: str | None, site: Site
    ) -> bool:
        """Take note of a read."""
        self._events[serial, site].add((table, column, source))
        return False

    def hear_end(self, serial: int, source: str, frame: FrameType) -> bool:
        """Take note that all reads of a view, trigger or CTE were told."""
        return False

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
