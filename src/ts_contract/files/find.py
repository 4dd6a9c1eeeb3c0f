"""Which files are checked: the Python files under the given paths, less what is left out.

In a git work tree git itself says what `.gitignore` leaves out; elsewhere the usual directories of
tools do not count. `exclude` of the contract counts everywhere.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from ..contract import Contract
from .git import listed_files

__all__ = ["is_excluded", "python_files"]

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
    listed = _listed(path)
    return sorted(_walked(path) if listed is None else listed)


def _listed(directory: Path) -> list[Path] | None:
    """Return the Python files that git does not ignore; None where git does not answer."""
    files = listed_files(directory, _SUFFIXES)
    return None if files is None else [file for file in files if file.is_file()]


def _walked(directory: Path) -> Iterator[Path]:
    for root, directories, files in os.walk(directory):
        directories[:] = [
            name
            for name in directories
            if name not in _NOT_SOURCE and not Path(root, name, "pyvenv.cfg").exists()
        ]
        yield from (Path(root, name) for name in files if name.endswith(_SUFFIXES))


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
    return any(_pattern(glob).match(relative) for glob in contract.exclude)


@lru_cache
def _pattern(glob: str) -> re.Pattern[str]:
    """Return a glob as a regular expression over a whole path."""
    parts = [
        {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
        for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob.strip("/"))
    ]
    return re.compile("".join(parts) + r"(?:/.*)?\Z", re.DOTALL)
