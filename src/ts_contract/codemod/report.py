"""How the results of a run look: a unified diff, a summary, JSON."""

from __future__ import annotations

import difflib
import os
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import Any

from ..files.read import decode
from ..source.edits import Edit
from .files import Result

__all__ = ["as_diff", "as_json", "reasons_left", "summary"]


def as_diff(result: Result) -> Iterator[bytes]:
    """Yield the lines of a unified diff of one file: its own bytes, as `git apply` takes them.

    A line ends at its line feed alone, so that what else ends a line for Python stays in it.

    Args:
        result: a file whose bytes change.
    """
    if result.before is None or result.after is None:
        return
    before, after = (BytesIO(data).readlines() for data in (result.before, result.after))
    lines = difflib.diff_bytes(difflib.unified_diff, before, after)
    for header, side in zip(islice(lines, 2), ("a", "b"), strict=True):
        yield header[:4] + _named(f"{side}/{result.path}") + b"\n"
    for line in lines:
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"


_LINE_END = re.compile(r"\r\n|\r|\n")
_ESCAPED = re.compile(rb'[\x00-\x1f"\\\x7f]')


def _named(name: str) -> bytes:
    """Return a file's name as git writes it: in quotes where it has odd characters."""
    data = os.fsencode(name)
    if _ESCAPED.search(data):
        return b'"%s"' % _ESCAPED.sub(lambda odd: b"\\%03o" % ord(odd[0]), data)
    return data + b"\t" if b" " in data else data


def summary(results: Sequence[Result]) -> list[tuple[str, int, int, int]]:
    """Return, for each code, how many findings were rewritten, marked, and left alone."""
    counts = Counter((c.finding.code, c.status) for result in results for c in result.changes)
    codes = sorted({code for code, _ in counts})
    return [
        (code, counts[code, "rewritten"], counts[code, "marked"], counts[code, "skipped"])
        for code in codes
    ]


def reasons_left(results: Sequence[Result]) -> list[tuple[int, str]]:
    """Return why findings were not rewritten, the most frequent reason first, with their number."""
    left = Counter(
        f"{change.reason} (--unsafe rewrites it)" if change.safety == "unsafe" else change.reason
        for result in results
        for change in result.changes
        if change.status != "rewritten"
    )
    return sorted(
        ((number, reason) for reason, number in left.items()), key=lambda n: (-n[0], n[1])
    )


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
                "edits": [_edit(edit, starts) for edit in change.edits],
            }
            for result in results
            for starts in [_line_starts(result)]
            for change in result.changes
        ],
        "files": {
            "read": sum(not result.error for result in results),
            "changed": sum(result.is_changed and not result.error for result in results),
            "failed": sum(bool(result.error) for result in results),
        },
    }


def _line_starts(result: Result) -> list[int]:
    """Return the offsets that lines begin at in the source before; none where nothing changes."""
    if result.before is None:
        return []
    return [0, *(found.end() for found in _LINE_END.finditer(decode(result.before)))]


def _edit(edit: Edit, starts: Sequence[int]) -> dict[str, Any]:
    """Return an edit by the lines and columns of its span, from 1."""
    line, end_line = (bisect_right(starts, offset) for offset in (edit.start, edit.end))
    return {
        "line": line,
        "column": edit.start - starts[line - 1] + 1,
        "end_line": end_line,
        "end_column": edit.end - starts[end_line - 1] + 1,
        "text": edit.text,
    }
