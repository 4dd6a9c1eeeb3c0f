"""How the results of a run look: a unified diff, a summary, JSON."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..files.read import decode
from .files import Result

__all__ = ["as_diff", "as_json", "summary"]


def as_diff(result: Result) -> Iterator[str]:
    """Yield the lines of a unified diff of one file, without line ends.

    Args:
        result: a file whose bytes change.
    """
    if result.before is None or result.after is None:
        return
    before = decode(result.before).splitlines(keepends=True)
    after = decode(result.after).splitlines(keepends=True)
    for line in difflib.unified_diff(before, after, f"a/{result.path}", f"b/{result.path}"):
        yield line.rstrip("\r\n")
        if not line.endswith(("\n", "\r")):
            yield "\\ No newline at end of file"


def summary(results: Sequence[Result]) -> list[tuple[str, int, int, int]]:
    """Return, for each code, how many findings were rewritten, marked, and left alone."""
    counts = Counter((c.finding.code, c.status) for result in results for c in result.changes)
    codes = sorted({code for code, _ in counts})
    return [
        (code, counts[code, "rewritten"], counts[code, "marked"], counts[code, "skipped"])
        for code in codes
    ]


def as_json(results: Iterable[Result]) -> dict[str, Any]:
    """Return the report of a run; its form is stable.

    Args:
        results: what became of each file.
    """
    results = list(results)
    return {
        "version": 1,
        "changes": [
            {
                "path": result.path,
                "line": change.finding.line,
                "column": change.finding.column,
                "end_line": change.finding.end_line,
                "end_column": change.finding.end_column,
                "code": change.finding.code,
                "status": change.status,
                "safety": change.safety,
                "before": change.before,
                "after": change.after,
                "reason": change.reason,
            }
            for result in results
            for change in result.changes
        ],
        "files": {
            "read": sum(not result.error for result in results),
            "changed": sum(result.is_changed and not result.error for result in results),
            "failed": sum(bool(result.error) for result in results),
        },
    }
