"""What git says about a directory: which Python files it does not ignore, which are not committed.

Each answer is None where git is not installed, or where the directory is not in a work tree.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["has_uncommitted", "listed_files"]


def listed_files(directory: Path, suffixes: tuple[str, ...]) -> set[Path] | None:
    """Return the files that git does not ignore, those that are deleted but still listed too.

    None for a directory that is itself ignored: it was named on purpose.

    Args:
        directory: where to look, at any depth.
        suffixes: how the names end.
    """
    listed = _ask(directory, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    ignored = _ask(directory, "check-ignore", "-q", ".")
    if listed is None or ignored is None or listed.returncode or not ignored.returncode:
        return None
    names = map(os.fsdecode, listed.stdout.split(b"\0"))
    return {directory / name for name in names if name.endswith(suffixes)}


def has_uncommitted(directory: Path) -> bool | None:
    """Tell whether a Python file holds work that git could not bring back."""
    answer = _ask(directory, "status", "--porcelain", "--", "*.py")
    if answer is None or answer.returncode:
        return None
    return bool(answer.stdout)


def _ask(directory: Path, *arguments: str) -> subprocess.CompletedProcess[bytes] | None:
    try:
        return subprocess.run(
            ["git", "-C", str(directory), *arguments], capture_output=True, check=False
        )
    except OSError:
        return None
