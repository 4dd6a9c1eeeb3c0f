"""What git knows of files, asked so that nothing of the tree is executed.

A directory can bring its own git configuration, and a configuration names programs: a file system
monitor, filters of content, transports. So git is told to run none of them, to take no directory
for a bare repository only because it looks like one, and nothing of its environment is passed on,
in which a hook names another work tree. `git status` and `git diff` pass files through the filters
of the configuration; what they would say is found out here from the index and the files.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

__all__ = ["has_uncommitted", "listed"]

_HARMLESS = ("-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false")
_SECONDS = 60  # a tree can make git wait for ever, for instance with a pipe as its .gitignore


def listed(directory: Path) -> list[Path] | None:
    """Return the files of a directory that git does not ignore.

    Args:
        directory: where to look; all directories below it count.

    Returns:
        The files, those included that are deleted and still in the index; None where git does not
        answer, and where the directory is itself ignored, so that it was named on purpose.
    """
    names = _ask(directory, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if names is None or _ask(directory, "check-ignore", "-q", ".") is not None:
        return None
    return [directory / name for name in names]


def has_uncommitted(files: Iterable[Path]) -> bool:
    """Tell whether a file holds work that git could not bring back.

    Args:
        files: the files; one outside of a work tree does not count.
    """
    paths = [file.absolute() for file in files]
    roots = {directory: _root_of(directory) for directory in {path.parent for path in paths}}
    return any(
        _differs(root, [path for path in paths if roots[path.parent] == root])
        for root in set(roots.values())
        if root is not None
    )


def _root_of(directory: Path) -> Path | None:
    around = (directory, *directory.parents)
    return next((parent for parent in around if (parent / ".git").exists()), None)


def _differs(root: Path, files: list[Path]) -> bool:
    """Tell whether one of `files` is not as the last commit of its work tree has it."""
    index = _ask(root, "ls-files", "-z", "--stage")
    if index is None:
        return False
    changed = _ask(root, "diff-index", "-z", "--cached", "--name-only", "HEAD", "--")
    if changed is None:  # nothing is committed yet
        return True
    staged = dict(map(_path_and_blob, index))
    committed = {name: staged[name] for name in staged.keys() - set(changed)}
    return any(
        committed.get(file.relative_to(root).as_posix(), "") not in _blobs_of(file)
        for file in files
    )


def _path_and_blob(line: str) -> tuple[str, str]:
    """Read a line of `ls-files --stage`: mode, blob, stage, a tab, path."""
    facts, _, path = line.partition("\t")
    return path, facts.split()[1]


def _blobs_of(file: Path) -> set[str]:
    """Return what git may call a file's bytes: as they are, or with the line ends of Unix."""
    try:
        data = file.read_bytes()
    except OSError:
        return set()
    contents = {data, data.replace(b"\r\n", b"\n")}
    blobs = [b"blob %d\0" % len(content) + content for content in contents]
    return {
        digest
        for blob in blobs
        for digest in (
            hashlib.sha1(blob, usedforsecurity=False).hexdigest(),
            hashlib.sha256(blob).hexdigest(),
        )
    }


def _ask(directory: Path, *command: str) -> list[str] | None:
    """Return what git answers, split at NUL; None where it fails, or is not there."""
    environment = {name: value for name, value in os.environ.items() if name[:4] != "GIT_"}
    environment |= {"GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
    try:
        answer = subprocess.run(
            ["git", *_HARMLESS, "-C", os.fspath(directory), *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            env=environment,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return [os.fsdecode(name) for name in answer.stdout.split(b"\0") if name]
