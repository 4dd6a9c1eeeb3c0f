"""What a run says: the header, the failure of a test, the summary, the report as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..files.write import write_whole
from .settings import RunSettings

if TYPE_CHECKING:
    from ..testing.sites import Site
    from ..testing.watching import LegacyRead

__all__ = ["TALLY", "Tally", "describe_reads", "header", "summarize", "write_report"]

TALLY = pytest.StashKey["Tally"]()

# path, line, function, table, column, epoch
_ReadKey = tuple[str, int, str, str, str, str]
_NaiveKey = tuple[str, int, str]


@dataclass(slots=True)
class _Times:
    """How often something was seen, and in which tests."""

    count: int = 0
    tests: set[str] = field(default_factory=set)

    def add(self, count: int, tests: Iterable[str]) -> None:
        self.count += count
        self.tests.update(test for test in tests if test)


@dataclass(slots=True)
class Tally:
    """What was seen in a run: of one process, or of all xdist workers together.

    Attributes:
        root: directory that paths are told relative to.
        reads: the legacy reads by place and column.
        naive: the places that bound a naive datetime as a parameter.
        allowances: each allowance that a test could have used, and whether one did.
        templates: schema of each template database that was used, and how it came.
        opened: connections opened by whatever means.
        watched: connections among them that were watched.
        exempt: watched connections to databases of the legacy schema.
        tests: tests that were executed.
        lost: workers that ended without a word.
    """

    root: Path
    reads: dict[_ReadKey, _Times] = field(default_factory=dict)
    naive: dict[_NaiveKey, _Times] = field(default_factory=dict)
    allowances: dict[str, bool] = field(default_factory=dict)
    templates: dict[str, str] = field(default_factory=dict)
    opened: int = 0
    watched: int = 0
    exempt: int = 0
    tests: int = 0
    lost: int = 0

    def add(self, nodeid: str, reads: Mapping[LegacyRead, int], naive: Mapping[Site, int]) -> None:
        """Add what a test has read; an empty `nodeid` stands for no test."""
        for read, count in reads.items():
            key = (*_place(read.site, self.root), read.table, read.column, read.epoch)
            self.reads.setdefault(key, _Times()).add(count, [nodeid])
        for site, count in naive.items():
            self.naive.setdefault(_place(site, self.root), _Times()).add(count, [nodeid])

    def note_allowance(self, text: str, *, used: bool) -> None:
        """Note that a test that an allowance is for was executed, and whether it used it."""
        self.allowances[text] = self.allowances.get(text, False) or used

    def note_template(self, schema: str, text: str) -> None:
        """Note how a template came; that it was built is worth more than that it was found."""
        if schema not in self.templates or "built" in text:
            self.templates[schema] = text

    def dumps(self) -> str:
        """Return everything as JSON, for another process."""
        return json.dumps(
            {
                "reads": [[*key, t.count, sorted(t.tests)] for key, t in self.reads.items()],
                "naive": [[*key, t.count, sorted(t.tests)] for key, t in self.naive.items()],
                "allowances": self.allowances,
                "templates": self.templates,
                "counts": [self.opened, self.watched, self.exempt, self.tests],
            }
        )

    def merge(self, dumped: str) -> None:
        """Add what another process has dumped."""
        data: dict[str, Any] = json.loads(dumped)
        for *key, count, tests in data["reads"]:
            self.reads.setdefault(_read_key(key), _Times()).add(count, tests)
        for path, line, function, count, tests in data["naive"]:
            self.naive.setdefault((path, line, function), _Times()).add(count, tests)
        for text, used in data["allowances"].items():
            self.note_allowance(text, used=used)
        for schema, text in data["templates"].items():
            self.note_template(schema, text)
        opened, watched, exempt, tests = data["counts"]
        self.opened += opened
        self.watched += watched
        self.exempt += exempt
        self.tests += tests


def _read_key(values: list[Any]) -> _ReadKey:
    path, line, function, table, column, epoch = values
    return path, line, function, table, column, epoch


def _place(site: Site, root: Path) -> _NaiveKey:
    """Return a site with its path relative to `root`, where it is below it."""
    path = Path(site.path)
    if path.is_relative_to(root):
        path = path.relative_to(root)
    return path.as_posix(), site.line, site.function


# --- a test ----------------------------------------------------------------------------------


def describe_reads(reads: Iterable[LegacyRead], root: Path) -> str:
    """Return what a failing test says; empty if there are no reads."""
    lines = []
    for read in sorted(reads):
        path, line, function = _place(read.site, root)
        through = f", through {read.through}" if read.through else ""
        lines.append(
            f"legacy column {read.table}.{read.column} is read at {path}:{line} in "
            f"{function}{through}: read {read.epoch} there"
        )
    if not lines:
        return ""
    first = min(reads)
    remedy = f'@pytest.mark.allow_legacy_reads("{first.table}.{first.column}", reason="...")'
    return "\n".join((*lines, f"(to allow it for now: {remedy})"))


# --- a run -----------------------------------------------------------------------------------


def header(settings: RunSettings, templates: Iterable[object]) -> list[str]:
    """Return the lines that pytest prints at the start."""
    schema = " and ".join(settings.schemas)
    origin = f" ({settings.origin})" if settings.origin else ""
    built = ", ".join(str(template) for template in templates)
    return [
        f"ts-contract: schema {schema}{origin}, legacy reads: {settings.reads}",
        f"ts-contract: templates: {built or 'made when a test first needs them'}",
    ]


def summarize(terminal: pytest.TerminalReporter, tally: Tally, settings: RunSettings) -> None:
    """Print what was seen, most frequent first."""
    terminal.section("ts-contract")
    if tally.templates:
        terminal.line(f"templates: {', '.join(tally.templates.values())}")
    if settings.reads == "off":
        return
    exempt = f" ({tally.exempt} of them on the legacy schema)" if tally.exempt else ""
    terminal.line(
        f"{tally.watched} of {tally.opened} sqlite3 connections were watched{exempt}, in "
        f"{tally.tests} executed tests; code that no test ran was not watched"
    )
    if tally.lost:
        terminal.line(f"crashed workers: {tally.lost}; what they saw is missing here")
    _list_reads(terminal, tally)
    if tally.naive:
        terminal.line("naive datetimes bound as a parameter (stored without a zone):")
    for (path, line, function), times in sorted(tally.naive.items()):
        terminal.line(f"{times.count:6}  {path}:{line} in {function}")
    for text, used in sorted(tally.allowances.items()):
        if not used:
            terminal.line(f"unused allowance, remove it: {text}")
    if settings.report is not None:
        terminal.line(f"report: {settings.report}")


def _list_reads(terminal: pytest.TerminalReporter, tally: Tally) -> None:
    terminal.line("legacy reads by place:" if tally.reads else "no legacy reads")
    for (path, line, function, table, column, epoch), times in _by_count(tally):
        tests = f"{len(times.tests)} tests" if len(times.tests) != 1 else "1 test"
        terminal.line(
            f"{times.count:6}  {path}:{line} in {function}: {table}.{column} -> {epoch} ({tests})"
        )


def _by_count(tally: Tally) -> list[tuple[_ReadKey, _Times]]:
    return sorted(tally.reads.items(), key=lambda item: (-item[1].count, item[0]))


def write_report(path: Path, tally: Tally) -> None:
    """Write the reads as JSON (the format of `--ts-report`), all at once."""
    names = ("path", "line", "function", "table", "column", "epoch")
    sites = [
        {**dict(zip(names, key, strict=True)), "count": t.count, "tests": sorted(t.tests)}
        for key, t in _by_count(tally)
    ]
    document = {
        "version": 1,
        "sites": sites,
        "connections": {"opened": tally.opened, "watched": tally.watched},
        "tests": tally.tests,
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    write_whole(path, f"{text}\n".encode())
