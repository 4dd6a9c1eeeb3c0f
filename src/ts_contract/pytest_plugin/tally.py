"""What was seen: in one phase of a test, in a process, in a whole run; plain data that travels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ..testing.sites import Site
    from ..testing.watching import LegacyRead, Seen

__all__ = ["TALLY", "Place", "ReadKey", "Tally", "Times", "place_of"]

TALLY = pytest.StashKey["Tally"]()

Place = tuple[str, int, str]
"""Path, line and function."""
ReadKey = tuple[str, int, str, str, str, str]
"""The same with table, column and epoch column."""


@dataclass(slots=True)
class Times:
    """How often something was seen, and in which tests.

    Attributes:
        count: how often.
        tests: node ids of the tests; or, of what is read in a wide fixture, that fixture.
        fails: whether it fails one of them.
        callers: chains of the places from which it was reached, innermost first.
    """

    count: int = 0
    tests: set[str] = field(default_factory=set)
    fails: bool = False
    callers: set[tuple[Place, ...]] = field(default_factory=set)

    def add(self, other: Times) -> None:
        """Add what was seen elsewhere."""
        self.count += other.count
        self.tests |= other.tests
        self.fails |= other.fails
        self.callers |= other.callers


_BY_KEY = ("reads", "set_ups", "definitions", "naive")
_SETS = ("unarmed", "drivers", "unopened", "passed")
_COUNTS = ("opened", "watched", "exempt", "tests")


@dataclass(slots=True)
class Tally:
    """What was seen.

    Attributes:
        root: directory that paths are told relative to.
        reads: the legacy reads of tests, by place and column.
        set_ups: those of fixtures wider than a test.
        definitions: the definitions that name a legacy column.
        naive: the places that bound a naive datetime as a parameter.
        allowances: each allowance that a test could have used, and whether one did.
        templates: schema of each template database that was used, and how it came.
        unarmed: places that opened a connection which cannot be armed again.
        drivers: database drivers that were imported and are not watched.
        unopened: tests that were given a database which no watched connection opened.
        passed: tests and wide fixtures that have run to their end.
        opened: connections opened by whatever means.
        watched: connections among them that were watched.
        exempt: watched connections to databases of the legacy schema.
        tests: tests that were executed.
        lost: workers that ended without a word.
    """

    root: Path
    reads: dict[Any, Times] = field(default_factory=dict)
    set_ups: dict[Any, Times] = field(default_factory=dict)
    definitions: dict[Any, Times] = field(default_factory=dict)
    naive: dict[Any, Times] = field(default_factory=dict)
    allowances: dict[str, bool] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    unarmed: set[str] = field(default_factory=set)
    drivers: set[str] = field(default_factory=set)
    unopened: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)
    opened: int = 0
    watched: int = 0
    exempt: int = 0
    tests: int = 0
    lost: int = 0

    def add_reads(
        self, reads: Iterable[LegacyRead], seen: Seen, who: str, *, fails: bool = False
    ) -> None:
        """Add reads of one test; or of none, or of a wide fixture, if `who` says so."""
        target = self.set_ups if who.startswith("in the ") else self.reads
        for read in reads:
            chains = seen.callers.get(read.site, ())
            callers = {tuple(place_of(site, self.root) for site in chain) for chain in chains}
            tests = {who} if who else set()
            found = Times(seen.reads[read], tests, fails, callers)
            target.setdefault(self.key_of(read), Times()).add(found)

    def add_others(self, seen: Seen, who: str) -> None:
        """Add the definitions and the naive datetimes of a test."""
        tests = {who} if who else set()
        for read, count in seen.definitions.items():
            self.definitions.setdefault(self.key_of(read), Times()).add(Times(count, tests))
        for site, count in seen.naive.items():
            self.naive.setdefault(place_of(site, self.root), Times()).add(Times(count, tests))

    def key_of(self, read: LegacyRead) -> ReadKey:
        """Return place and column of a read."""
        return (*place_of(read.site, self.root), read.table, read.column, read.epoch)

    def note_allowance(self, text: str, *, used: bool) -> None:
        """Note that a test that an allowance is for was executed, and whether it used it."""
        self.allowances[text] = self.allowances.get(text, False) or used

    def note_template(self, schema: str, text: str) -> None:
        """Note how a template came; that it was built is worth more than that it was found."""
        if schema not in self.templates or "built" in text:
            self.templates[schema] = text

    def dumps(self) -> str:
        """Return everything as JSON, for another process."""
        data: dict[str, Any] = {name: getattr(self, name) for name in _COUNTS}
        data |= {name: sorted(getattr(self, name)) for name in _SETS}
        data |= {"allowances": self.allowances, "templates": self.templates}
        for name in _BY_KEY:
            data[name] = [
                [key, t.count, sorted(t.tests), t.fails, sorted(t.callers)]
                for key, t in getattr(self, name).items()
            ]
        return json.dumps({name: value for name, value in data.items() if value})

    def merge(self, dumped: str) -> None:
        """Add what another process, or another phase, has dumped."""
        data: dict[str, Any] = json.loads(dumped)
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + data.get(name, 0))
        for name in _SETS:
            getattr(self, name).update(data.get(name, ()))
        for name in _BY_KEY:
            for key, count, tests, fails, callers in data.get(name, ()):
                chains = {tuple(map(_place, chain)) for chain in callers}
                times = Times(count, set(tests), fails, chains)
                getattr(self, name).setdefault(tuple(key), Times()).add(times)
        for text, used in data.get("allowances", {}).items():
            self.note_allowance(text, used=used)
        for schema, text in data.get("templates", {}).items():
            self.note_template(schema, text)


def _place(values: Iterator[Any]) -> Place:
    path, line, function = values
    return path, line, function


def place_of(site: Site, root: Path) -> Place:
    """Return a site with its path relative to `root`, where it is below it."""
    path = Path(site.path)
    if path.is_relative_to(root):
        path = path.relative_to(root)
    return path.as_posix(), site.line, site.function
