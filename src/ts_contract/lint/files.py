"""Many files: read, checked, in as many processes as there are cores, in the order given."""

from __future__ import annotations

import gc
import io
import os
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from ..contract import Contract
from ..source.python.source import SourceError
from ..source.sql.schema import Schema
from .engine import check
from .findings import Finding
from .noqa import not_silenced
from .rules import Rule, all_rules

__all__ = [
    "STDIN",
    "Checked",
    "Settings",
    "check_files",
    "check_source",
    "cores",
    "decode",
    "selected",
    "shown_path",
]

STDIN = "stdin"
"""What standard input is called, as flake8 calls it."""

_FEW_FILES = 24  # a pool of processes costs as much as checking about that many
_CHUNK = 8


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides how a file is checked.

    Attributes:
        contract: the declared columns; None for clocks and units alone.
        schema: the other tables that are known.
        codes: the codes of the rules to try.
    """

    contract: Contract | None
    schema: Schema | None
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of one file.

    Attributes:
        path: relative to the working directory where it is below it, with `/`.
        findings: those that no comment silences, ordered by place.
        lines: the text of each line that a finding begins on.
        error: why the file could not be checked, with the place; empty if it was.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    lines: Mapping[int, str] = field(default_factory=dict)
    error: str = ""


def selected(only: Iterable[str], skip: Iterable[str]) -> frozenset[str]:
    """Return the codes that two lists of codes, or of their beginnings, leave.

    Args:
        only: what is wanted, off by default or not; empty for all that is on by default.
        skip: what is not wanted.

    Raises:
        ValueError: one of them is the beginning of no code.

    Example:
        >>> sorted(selected(["TSC10"], ["TSC102", "TSC104"]))
        ['TSC101', 'TSC103', 'TSC105', 'TSC106', 'TSC107']
    """
    only, skip = tuple(only), tuple(skip)
    for prefix in (*only, *skip):
        if not any(rule.code.startswith(prefix) for rule in all_rules()):
            raise ValueError(f"{prefix!r} is no code of a rule; `ts-contract rule` lists them")
    wanted = (r.code for r in all_rules() if (r.code.startswith(only) if only else r.default))
    return frozenset(code for code in wanted if not code.startswith(skip or "-"))


def check_files(paths: Sequence[Path], settings: Settings, jobs: int) -> Iterator[Checked]:
    """Check files, and yield what came of each, in the order of `paths`.

    Args:
        paths: the files.
        settings: how to check them.
        jobs: how many processes to use at most.
    """
    jobs = min(jobs, len(paths) // _FEW_FILES + 1)
    if jobs < 2:
        checker = _Checker(settings)
        yield from map(checker.check_path, paths)
        return
    gc.freeze()  # what is loaded by now is not looked through again in each process
    with ProcessPoolExecutor(jobs, initializer=_begin, initargs=(settings,)) as pool:
        yield from pool.map(_check_path, paths, chunksize=_CHUNK)


def check_source(data: bytes, path: str, settings: Settings) -> Checked:
    """Check the bytes of one file.

    Args:
        data: the file as it is stored.
        path: what the result calls it.
        settings: how to check it.
    """
    return _Checker(settings).check_bytes(data, path)


class _Checker:
    """Checks files, one after the other, under the same settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rules: list[Rule] = [r for r in all_rules() if r.code in settings.codes]

    def check_path(self, path: Path) -> Checked:
        shown = shown_path(path)
        try:
            data = path.read_bytes()
        except OSError as error:
            return Checked(shown, error=f"{shown}: cannot be read ({error.strerror or error})")
        return self.check_bytes(data, shown)

    def check_bytes(self, data: bytes, path: str) -> Checked:
        try:
            text = decode(data)
            findings = check(
                text, path, self._settings.contract, self._settings.schema, rules=self._rules
            )
        except SourceError as error:
            where = f"{path}:{error.line}:{error.column}"
            return Checked(path, error=f"{where}: cannot be parsed ({error})")
        except (RecursionError, MemoryError):
            return Checked(path, error=f"{path}:1:1: cannot be parsed (nested too deeply)")
        kept = tuple(not_silenced(findings, text))
        return Checked(path, kept, _lines(text, {finding.line for finding in kept}))


def decode(data: bytes) -> str:
    """Return the text of a Python file, with its own line ends.

    Args:
        data: the file as it is stored.

    Raises:
        SourceError: the bytes are not in the encoding that the file declares, or it declares one
            that Python does not know.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode("utf-8" if encoding == "utf-8-sig" else encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(f"not {error.encoding}", line) from error
    except (SyntaxError, LookupError) as error:
        raise SourceError(str(error)) from error
    return text


def _lines(text: str, numbers: set[int]) -> dict[int, str]:
    if not numbers:
        return {}
    lines = io.StringIO(text.removeprefix("\ufeff"), newline=None).readlines()
    return {number: lines[number - 1].rstrip("\n") for number in numbers if number <= len(lines)}


def shown_path(path: Path) -> str:
    """Return what reports call a file: relative to the working directory if it is below it."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()


# --- in the processes of the pool ------------------------------------------------------------

_checkers: list[_Checker] = []


def _begin(settings: Settings) -> None:
    _checkers.append(_Checker(settings))


def _check_path(path: Path) -> Checked:
    return _checkers[-1].check_path(path)


def cores() -> int:
    """Return how many processes can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
