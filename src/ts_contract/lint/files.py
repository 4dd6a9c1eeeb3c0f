"""Files checked: each read, judged by the selected rules, and what came of it as a result."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path

from ..files.failure import failure
from ..files.limit import time_limit
from ..files.pool import in_processes
from ..files.read import decode, shown_path
from ..source.file import File
from ..source.python.source import Source
from .census import NotJudged, may_name_columns, not_judged, tables_named
from .engine import check_file
from .findings import Finding
from .noqa import not_silenced
from .rules import Rule, all_rules, applying
from .settings import LintSettings

__all__ = ["Checked", "check_files", "check_source"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one file.

    Attributes:
        path: relative to the working directory where it is below it, with `/`.
        findings: those that no comment silences, ordered by place.
        lines: the text of each line that a finding begins on.
        unjudged: the places that name legacy columns and that could not be judged.
        tables: the contract tables that the file names.
        error: why the file could not be checked, with the place; empty if it was.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    lines: Mapping[int, str] = field(default_factory=dict)
    unjudged: tuple[NotJudged, ...] = ()
    tables: frozenset[str] = frozenset()
    error: str = ""


def check_files(paths: Sequence[Path], settings: LintSettings, jobs: int) -> Iterator[Checked]:
    """Check files, and yield what came of each, in the order of `paths`.

    Args:
        paths: the files.
        settings: how to check them.
        jobs: how many processes to use at most.
    """
    work = partial(_check_path, settings=settings)
    yield from in_processes(work, paths, jobs, lost=_lost, seconds=settings.seconds)


def check_source(data: bytes, path: str, settings: LintSettings) -> Checked:
    """Check the bytes of one file.

    Args:
        data: the file as it is stored.
        path: what the result calls it.
        settings: how to check it.
    """
    try:
        with time_limit(settings.seconds):
            return _judged(decode(data), path, settings)
    except Exception as error:  # of ours too: one file does not end the run
        return Checked(path, error=failure(path, error))


def _judged(text: str, path: str, settings: LintSettings) -> Checked:
    contract = settings.contract
    named = tables_named(text, contract)
    tried = applying(_rules_of(settings.codes), text, contract)
    is_counted = may_name_columns(text, contract)
    if not tried and not is_counted:
        return Checked(path, tables=named)
    file = File(Source(text, path), contract, settings.schema, settings.project)
    kept = tuple(not_silenced(check_file(file, tried), text))
    unjudged = not_judged(file) if is_counted else ()
    return Checked(path, kept, _lines(text, {f.line for f in kept}), unjudged, named)


def _check_path(path: Path, settings: LintSettings) -> Checked:
    shown = shown_path(path)
    try:
        data = path.read_bytes()
    except (OSError, MemoryError) as error:
        return Checked(shown, error=failure(shown, error))
    return check_source(data, shown, settings)


def _lost(path: Path, reason: str) -> Checked:
    shown = shown_path(path)
    return Checked(shown, error=f"{shown}: not checked, {reason}")


@lru_cache
def _rules_of(codes: frozenset[str]) -> tuple[Rule, ...]:
    return tuple(rule for rule in all_rules() if rule.code in codes)


def _lines(text: str, numbers: set[int]) -> dict[int, str]:
    if not numbers:
        return {}
    lines = io.StringIO(text.removeprefix("\ufeff"), newline=None).readlines()
    return {number: lines[number - 1].rstrip("\n") for number in numbers if number <= len(lines)}
