"""The baseline: the findings that an old code base begins with, which pass while new ones fail.

A finding is known again by its file, its code and the text of its line, not by the number of the
line: code that moves, or is indented anew, stays known. Two equal lines count twice.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..files.read import regular_bytes
from ..files.write import write_whole
from .files import Checked
from .findings import Finding

__all__ = ["Baseline", "BaselineError", "load_baseline", "record", "save_baseline", "without_known"]

_VERSION = 1
_MANY = 2**53  # more than any JSON reader keeps apart

Key = tuple[str, str, str]
"""Path, code, text of the line."""


class BaselineError(ValueError):
    """A baseline that cannot be read; the message names the file and the remedy."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings that are known, and how often each is.

    Attributes:
        known: how many findings each path, code and text of a line may have.
    """

    known: Mapping[Key, int]

    @property
    def total(self) -> int:
        """How many findings it holds."""
        return sum(self.known.values())

    def minus(self, other: Baseline) -> int:
        """Return how many of its findings `other` does not hold."""
        return (Counter(self.known) - Counter(other.known)).total()


def load_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        BaselineError: the file cannot be read, or is not a baseline.
    """
    try:
        return Baseline(_parsed(json.loads(regular_bytes(path).decode())))
    except OSError as error:
        raise BaselineError(
            f"{path}: cannot be read ({error.strerror or error}); --update-baseline writes it"
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BaselineError(
            f"{path}: is not a baseline of ts-contract; name another file, or delete it and write "
            "it anew with --update-baseline"
        ) from error


def _parsed(raw: Any) -> dict[Key, int]:
    if raw["version"] != _VERSION:
        raise ValueError(raw["version"])
    known = {
        (path, entry["code"], entry["line"]): entry["count"]
        for path, entries in raw["findings"].items()
        for entry in entries
    }
    for (_, code, line), count in known.items():
        if not (type(code) is type(line) is str and type(count) is int and 0 < count < _MANY):
            raise ValueError(code, line, count)
    return known


def record(results: Iterable[Checked], before: Baseline | None = None) -> Baseline:
    """Return the baseline of what was found.

    Args:
        results: what came of each file that was checked.
        before: the baseline so far; its entries for files that exist and were not checked, or
            could not be, are kept.
    """
    known: Counter[Key] = Counter()
    judged = set()
    for result in results:
        if not result.error:
            judged.add(result.path)
            known.update(_key(result, finding) for finding in result.findings)
    for key, count in before.known.items() if before else ():
        if key[0] not in judged and os.path.exists(key[0]):  # noqa: PTH110 - false for any text
            known[key] = count
    return Baseline(known)


def without_known(results: Iterable[Checked], baseline: Baseline) -> list[Checked]:
    """Return the results with the findings that the baseline does not hold.

    Args:
        results: what came of each file.
        baseline: what is known. Of more equal findings than it knows, the last ones are new.
    """
    left = Counter(baseline.known)
    kept = []
    for result in results:
        new = []
        for finding in result.findings:
            key = _key(result, finding)
            if left[key] > 0:
                left[key] -= 1
            else:
                new.append(finding)
        kept.append(replace(result, findings=tuple(new)))
    return kept


def _key(result: Checked, finding: Finding) -> Key:
    return result.path, finding.code, result.lines.get(finding.line, "").strip()


def save_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline, whole or not at all, sorted so that changes to it read well.

    Raises:
        OSError: the file cannot be written.
    """
    findings: dict[str, list[dict[str, object]]] = {}
    for (file, code, line), count in sorted(baseline.known.items()):
        findings.setdefault(file, []).append({"code": code, "line": line, "count": count})
    text = json.dumps({"version": _VERSION, "findings": findings}, indent=1, ensure_ascii=False)
    # A path that is not UTF-8 stands as JSON spells what it has no character for.
    write_whole(path, (text + "\n").encode(errors="backslashreplace"))
