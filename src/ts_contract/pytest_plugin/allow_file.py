"""The allow file: the legacy reads that a project has today, in a file that only shrinks.

One entry a line, as a shell splits it: path, function, column, and the tests that it was written
for. Lines of code may move; an entry goes only if all of its tests have run without that read.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..files.write import write_whole
from .tally import ReadKey, Tally

__all__ = ["AllowFile", "Entry", "read_allow_file", "write_allow_file"]

Entry = tuple[str, str, str]
"""Path from the rootdir, function, and `table.column`."""

_HEADER = """\
# Legacy reads that are allowed, written by pytest --ts-update-allow: path, function, column, tests.
"""


@dataclass(frozen=True, slots=True)
class AllowFile:
    """What an allow file holds.

    Attributes:
        root: directory that its paths are relative to.
        entries: the tests of each entry.
    """

    root: Path
    entries: Mapping[Entry, frozenset[str]]

    def entry_of(self, key: ReadKey, base: Path) -> Entry:
        """Return the entry that allows a read, whose path is relative to `base`."""
        path, _, function, table, column, _ = key
        absolute = base / path
        if absolute.is_relative_to(self.root):
            path = absolute.relative_to(self.root).as_posix()
        return path, function, f"{table}.{column}"

    def allows(self, key: ReadKey, base: Path) -> bool:
        """Tell whether a read is in the file."""
        return self.entry_of(key, base) in self.entries

    def gone(self, tally: Tally) -> list[Entry]:
        """Return the entries whose tests have all run, and none has made the read."""
        seen = {self.entry_of(key, tally.root) for key in (*tally.reads, *tally.set_ups)}
        return sorted(
            entry
            for entry, tests in self.entries.items()
            if entry not in seen and all(self._has_run(test, tally) for test in tests)
        )

    def _has_run(self, test: str, tally: Tally) -> bool:
        """Tell whether a test has run to its end, or is not there any more."""
        if test in tally.passed:
            return True
        file, _, name = test.partition("::")
        path = self.root / file
        function = name.rpartition("::")[2].partition("[")[0]
        try:
            return bool(name) and function not in path.read_text("utf-8", "replace")
        except OSError:
            return bool(name)


def read_allow_file(path: Path | None, root: Path) -> AllowFile:
    """Read an allow file; one that is not there holds nothing.

    Raises:
        pytest.UsageError: a line is not of the form PATH FUNCTION TABLE.COLUMN TEST...
    """
    entries: dict[Entry, frozenset[str]] = {}
    text = path.read_text("utf-8") if path is not None and path.exists() else ""
    for number, line in enumerate(text.splitlines(), 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = [line]
        if not words:
            continue
        if len(words) < 3 or "." not in words[2]:
            raise pytest.UsageError(
                f"{path}:{number}: not of the form PATH FUNCTION TABLE.COLUMN TEST...; "
                "write it anew by pytest --ts-update-allow"
            )
        file, function, column, *tests = words
        entries[file, function, column] = frozenset(tests)
    return AllowFile(root, entries)


def write_allow_file(path: Path, before: AllowFile, tally: Tally) -> None:
    """Write the reads of a run, and the entries before them that it has not disproved.

    Args:
        path: the file.
        before: what it holds.
        tally: what the run has seen; what nothing else allows is written.
    """
    gone = set(before.gone(tally))
    entries = {e: set(tests) for e, tests in before.entries.items() if e not in gone}
    for key, times in (*tally.reads.items(), *tally.set_ups.items()):
        if not times.fails:
            continue
        entry = before.entry_of(key, tally.root)
        kept = {test for test in entries.get(entry, ()) if test not in tally.passed}
        entries[entry] = kept | times.tests
    lines = [shlex.join((*entry, *sorted(tests))) for entry, tests in sorted(entries.items())]
    write_whole(path, "".join((_HEADER, *(f"{line}\n" for line in lines))).encode())
