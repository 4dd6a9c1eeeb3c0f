"""Sees what a builder of the project reads, also through libraries, and whether it has changed.

Python tells by audit events which files are opened and which directories are listed; the modules
that were imported before are in memory. What the build writes itself is not an input.
"""

from __future__ import annotations

import fnmatch
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..files.write import write_whole
from ..testing.sites import is_users

__all__ = ["Inputs", "are_unchanged", "recorded", "write_inputs"]

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_NOT_FILES = ("/dev/", "/proc/", "/sys/")
_LISTS = {"os.listdir", "os.scandir"}


@dataclass(slots=True)
class Inputs:
    """What a build has read.

    Attributes:
        since: when it began, as a file system tells it, in nanoseconds.
        files: files that were opened to read; some may not be there.
        directories: directories that were listed.
        written: files that the build has written.
    """

    since: int
    files: set[str] = field(default_factory=set)
    directories: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Take note of an audit event."""
        name = args[0] if args else None
        if event in _LISTS:
            if not isinstance(name, int) and not _is_importing():
                self.directories.add(_absolute(name or "."))
        elif isinstance(name, (str, bytes, os.PathLike)):
            if event == "open" and args[2] & _WRITES:
                self.written.add(_absolute(name))
            elif event in {"open", "sqlite3.connect"}:
                self.files.add(_absolute(name))

    def states(self, leave_out: Iterable[Path], test_files: Iterable[str]) -> dict[str, str]:
        """Return the state of each input of the project.

        Args:
            leave_out: directories of which nothing counts.
            test_files: patterns of the names of test modules, which pytest has imported.
        """
        patterns = tuple(test_files)
        imported = {
            file
            for file in (_source_of(module) for module in tuple(sys.modules.values()))
            if file and not any(fnmatch.fnmatch(Path(file).name, glob) for glob in patterns)
        }
        files = {_source(file) for file in self.files} | imported
        outside = (*_NOT_FILES, *(f"{path.resolve()}{os.sep}" for path in leave_out))
        return {
            path: _state(path)
            for path in sorted({*files, *self.directories})
            if is_users(f"{path}/_" if path in self.directories else path)
            and not f"{os.path.realpath(path)}{os.sep}".startswith(outside)
            and not (path in files and self._is_own(path))
        }

    def _is_own(self, path: str) -> bool:
        """Tell whether the build itself has written a file, under this name or another."""
        if path in self.written:
            return True
        with suppress(OSError):
            return os.stat(path).st_ctime_ns > self.since  # noqa: PTH116 - it may be no path
        return False


def _absolute(name: str | bytes | os.PathLike[Any]) -> str:
    return os.path.abspath(os.fsdecode(name))  # noqa: PTH100 - links stay what they are


def _is_importing() -> bool:
    """Tell whether it is the import system that lists a directory, to look for modules."""
    frame = sys._getframe(3)  # behind this one, `hear` and the hook
    return frame.f_code.co_filename.startswith("<frozen importlib")


def _source_of(module: object) -> str | None:
    with suppress(Exception):  # whatever stands in sys.modules
        file = vars(module).get("__file__")
        return _source(_absolute(file)) if isinstance(file, str) else None
    return None


def _source(file: str) -> str:
    """Return the source of a compiled file, and any other file as it is."""
    if not file.endswith(".pyc"):
        return file
    try:
        return importlib.util.source_from_cache(file)
    except ValueError:  # one without a source
        return file


def _state(path: str) -> str:
    """Return a text that is another one when a file or the names in a directory have changed."""
    try:
        if os.path.isdir(path):  # noqa: PTH112 - as the audit event gives it
            return "names " + _hash("\0".join(_names(path)).encode())
        return _hash(Path(path).read_bytes())
    except (OSError, ValueError):
        return "none"


def _names(directory: str) -> list[str]:
    names = (entry for entry in os.listdir(directory) if entry[0] != "." and entry[:2] != "__")  # noqa: PTH208
    return sorted(names)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --- recording -------------------------------------------------------------------------------

_recording: list[Inputs] = []
_hooked = False


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if _recording and (event in _LISTS or event in {"open", "sqlite3.connect"}):
        for inputs in _recording:
            inputs.hear(event, args)


@contextmanager
def recorded(since: int) -> Iterator[Inputs]:
    """Take note of all that is read meanwhile, in any thread.

    Args:
        since: the time of a file that was written just now, in nanoseconds.
    """
    global _hooked  # noqa: PLW0603 - an audit hook can never be taken out again
    if not _hooked:
        _hooked = True
        sys.addaudithook(_hear)
    inputs = Inputs(since)
    _recording.append(inputs)
    try:
        yield inputs
    finally:
        _recording.remove(inputs)


def write_inputs(path: Path, states: dict[str, str]) -> None:
    """Write the states of all inputs, for `are_unchanged`."""
    write_whole(path, json.dumps(states, indent=1).encode())


def are_unchanged(path: Path) -> bool:
    """Tell whether all inputs are as they were when they were written to a file."""
    try:
        states: dict[str, str] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return all(_state(each) == state for each, state in states.items())
