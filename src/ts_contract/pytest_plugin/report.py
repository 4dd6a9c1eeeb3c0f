"""What a run says: the header, the failure of a test, the summary, the report as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..files.write import write_whole
from .settings import RunSettings
from .tally import Tally, Times, place_of

if TYPE_CHECKING:
    from ..testing.watching import LegacyRead

__all__ = ["describe_reads", "describe_set_ups", "header", "summarize", "write_report"]


# --- a test ----------------------------------------------------------------------------------


def describe_reads(reads: Iterable[LegacyRead], root: Path) -> str:
    """Return what a failing test says; empty if there are no reads."""
    lines = []
    for read in sorted(reads):
        path, line, function = place_of(read.site, root)
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
    for line in _summary(tally, settings):
        terminal.line(line)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        fails = settings.reads in {"fail", "deny"} and settings.update_allow is None
        for line in _annotations(tally, fails=fails):
            terminal.line(line)


def _summary(tally: Tally, settings: RunSettings) -> Iterator[str]:
    exempt = f" ({tally.exempt} of them on the legacy schema)" if tally.exempt else ""
    yield (
        f"{tally.watched} of {tally.opened} sqlite3 connections were watched{exempt}, in "
        f"{tally.tests} executed tests; code that no test ran was not watched"
    )
    if tally.lost:
        yield f"crashed workers: {tally.lost}; what their unfinished tests saw is missing here"
    if tally.drivers:
        yield f"imported, and not watched: {', '.join(sorted(tally.drivers))}"
    yield from _listed("was given a database that no watched connection opened", tally.unopened)
    yield from _listed("not watched again in later tests, opened at", tally.unarmed)
    if tally.reads:
        yield "legacy reads by place:"
        yield from map(_line, _by_count(tally.reads))
    elif tally.tests and not tally.set_ups:
        yield "no legacy reads"
    yield from describe_set_ups(tally.set_ups)
    if tally.definitions:
        yield "definitions that name a legacy column (the migration takes care of them):"
        yield from map(_line, _by_count(tally.definitions))
    if tally.naive:
        yield "naive datetimes bound as a parameter (stored without a zone):"
        for (path, line, function), times in sorted(tally.naive.items()):
            yield f"{times.count:6}  {path}:{line} in {function}"
    for text, used in sorted(tally.allowances.items()):
        if not used:
            yield f"unused allowance, remove it: {text}"
    if tally.tests:
        yield from _files(tally, settings)


def _files(tally: Tally, settings: RunSettings) -> Iterator[str]:
    if settings.update_allow is not None:
        yield f"allowed from now on: {settings.update_allow}"
    else:
        for entry in settings.allowed.gone(tally):
            yield f"allowed and not read any more (pytest --ts-update-allow): {' '.join(entry)}"
    if settings.report is not None:
        yield f"report: {settings.report}"


def describe_set_ups(set_ups: Mapping[Any, Times]) -> Iterator[str]:
    """Yield the reads of wide fixtures, each fixture under its own heading."""
    for who in sorted({who for times in set_ups.values() for who in times.tests}):
        yield f"{who}:"
        of_it = {key: times for key, times in set_ups.items() if who in times.tests}
        for (path, line, function, table, column, epoch), times in _by_count(of_it):
            place = f"{path}:{line} in {function}"
            yield f"{times.count:6}  {place}: {table}.{column} -> {epoch}"


def _listed(what: str, places: Iterable[str]) -> Iterator[str]:
    for place in sorted(places):
        yield f"{what}: {place}"


def _line(entry: tuple[Any, Times]) -> str:
    (path, line, function, table, column, epoch), times = entry
    tests = f"{len(times.tests)} tests" if len(times.tests) != 1 else "1 test"
    return f"{times.count:6}  {path}:{line} in {function}: {table}.{column} -> {epoch} ({tests})"


def _by_count(found: Mapping[Any, Times]) -> list[tuple[Any, Times]]:
    return sorted(found.items(), key=lambda item: (-item[1].count, item[0]))


def _annotations(tally: Tally, *, fails: bool) -> Iterator[str]:
    """Yield a workflow command for each place, which GitHub shows beside the line."""
    for found in (tally.reads, tally.set_ups):
        for (path, line, _, table, column, epoch), times in _by_count(found):
            level = "error" if fails and times.fails else "warning"
            escaped = "".join(f"%{ord(c):02X}" if c in "%\r\n:," else c for c in path)
            message = f"legacy column {table}.{column} is read here: read {epoch}"
            yield f"::{level} file={escaped},line={line}::{message}"


def write_report(path: Path, tally: Tally) -> None:
    """Write the reads as JSON (the format of `--ts-report`), all at once."""
    found = {key: Times() for key in (*tally.reads, *tally.set_ups)}
    for source in (tally.reads, tally.set_ups):
        for key, times in source.items():
            found[key].add(times)
    document = {
        "version": 1,
        "sites": [_site(key, times) for key, times in _by_count(found)],
        "connections": {"opened": tally.opened, "watched": tally.watched},
        "tests": tally.tests,
    }
    text = json.dumps(document, indent=2, ensure_ascii=False)
    write_whole(path, f"{text}\n".encode())


def _site(key: Any, times: Times) -> dict[str, Any]:
    names = ("path", "line", "function", "table", "column", "epoch")
    set_ups = sorted(who for who in times.tests if who.startswith("in the "))
    site = {
        **dict(zip(names, key, strict=True)),
        "count": times.count,
        "tests": sorted(times.tests.difference(set_ups)),
        "callers": [
            [dict(zip(names[:3], place, strict=True)) for place in chain]
            for chain in sorted(times.callers)
        ],
    }
    return {**site, "set_ups": set_ups} if set_ups else site
