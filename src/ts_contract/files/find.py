"""Which files are checked: the Python files under the given paths, less what is left out.

In a git work tree git itself says what `.gitignore` leaves out; elsewhere the usual directories of
tools do not count. `exclude` of the contract counts everywhere.
"""

from __future__ import annotations

import errno
import fnmatch
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from ..contract import Contract
from . import git

__all__ = ["files_below", "is_excluded", "python_files"]

_NOT_SOURCE = frozenset({
    ".bzr", ".eggs", ".git", ".hg", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".svn",
    ".tox", ".venv", "__pycache__", "node_modules", "venv",
})  # fmt: skip
_SUFFIXES = (".py", ".pyi")


def python_files(paths: Iterable[Path], contract: Contract | None) -> Iterator[Path]:
    """Yield the Python files to check, each once, in the order of the paths, sorted within each.

    Args:
        paths: files, which are taken whatever their suffix, and directories, which are searched.
        contract: whose `exclude` patterns leave files out, those named one by one too.

    Raises:
        OSError: a path is neither.
    """
    seen: set[Path] = set()
    for path in paths:
        for found in _files_under(path):
            if found not in seen and not (contract and is_excluded(found, contract)):
                seen.add(found)
                yield found


def _files_under(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        path.stat()  # where there is nothing, this says so
        raise OSError(errno.EINVAL, "Neither a file nor a directory", str(path))
    listed = git.listed(path)
    found = _walked(path) if listed is None else listed
    # A pipe or a device can have the name of a Python file; a deleted file is still listed.
    return sorted({file for file in found if file.suffix in _SUFFIXES and file.is_file()})


def _walked(directory: Path) -> Iterator[Path]:
    return files_below(
        directory,
        lambda inner: inner.name not in _NOT_SOURCE and not (inner / "pyvenv.cfg").exists(),
    )


def files_below(directory: Path, enters: Callable[[Path], bool] = lambda _: True) -> Iterator[Path]:
    """Yield all that a directory and those below it hold, in any depth; no link is followed.

    Args:
        directory: where to begin.
        enters: tells which of the directories below are looked into.
    """
    waiting = [directory]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                path = Path(entry.path)
                if not _is_directory(entry):
                    yield path
                elif not entry.is_symlink() and enters(path):
                    waiting.append(path)


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


# --- exclude ---------------------------------------------------------------------------------


def is_excluded(path: Path, contract: Contract) -> bool:
    """Tell whether the contract's `exclude` leaves a file out.

    Patterns are relative to the directory of the configuration: `*` and `?` stay within one part
    of a path, `**` spans any number of parts, and the name of a directory stands for all in it.

    Args:
        path: the file, absolute or relative to the working directory.
        contract: whose patterns count.
    """
    if not contract.exclude:
        return False
    root = contract.root or Path.cwd()
    try:
        relative = path.absolute().relative_to(root).as_posix()
    except ValueError:
        return False
    return any(_matches(relative.split("/"), _parts(glob)) for glob in contract.exclude)


_ANY_PARTS = None
_Part = re.Pattern[str] | None


def _matches(path: Sequence[str], glob: Sequence[_Part]) -> bool:
    """Tell whether a glob matches a path or a directory that it is in.

    All places in the glob that the parts of the path so far can have led to are followed at once,
    so that the time grows with the product of both lengths, whatever the glob.
    """
    reached = _reached({0}, glob)
    for part in path:
        if len(glob) in reached:
            break
        stay = {at for at in reached if glob[at] is _ANY_PARTS}
        go = {at + 1 for at in reached if (pattern := glob[at]) and pattern.match(part)}
        reached = _reached(stay | go, glob)
    return len(glob) in reached


def _reached(places: set[int], glob: Sequence[_Part]) -> set[int]:
    """Return places in a glob, with those behind each `**`, which may span nothing."""
    for at in range(len(glob)):
        if at in places and glob[at] is _ANY_PARTS:
            places.add(at + 1)
    return places


@lru_cache
def _parts(glob: str) -> tuple[_Part, ...]:
    """Return a pattern for each part of a glob, None for `**`."""
    parts: list[_Part] = []
    for part in glob.strip("/").split("/"):
        if part.startswith("**"):  # `**.py` is short for `**/*.py`
            parts.append(_ANY_PARTS)
        if part != "**":
            # fnmatch writes atomic groups; [ is a character like any other here
            parts.append(re.compile(fnmatch.translate(part.replace("[", "[[]"))))
    return tuple(parts)
