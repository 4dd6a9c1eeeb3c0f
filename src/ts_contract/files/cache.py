"""A cache beside the configuration of a project: it may be lost at any time, and is never needed.

The tree may be a stranger's, so what is read is data alone, for its reader to check, and nothing is
written through a link. Where nothing can be written, there is no cache.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from .read import check_regular

__all__ = ["CACHE_DIRECTORY", "read_cache", "write_cache"]

CACHE_DIRECTORY = ".ts_contract_cache"
_LARGEST = 64_000_000
_BESIDE = {
    ".gitignore": b"*\n",
    "CACHEDIR.TAG": b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by ts-contract.\n",
}


def read_cache(root: Path, name: str) -> bytes | None:
    """Return what was stored under a name, or None where nothing is, or nothing that is ours.

    Args:
        root: the directory of the project's configuration.
        name: what it was stored under.
    """
    file = root / CACHE_DIRECTORY / name
    try:
        if file.is_symlink() or file.parent.is_symlink() or file.stat().st_size > _LARGEST:
            return None
        check_regular(file)
        return file.read_bytes()
    except (OSError, MemoryError):
        return None


def write_cache(root: Path, name: str, data: bytes) -> None:
    """Store data under a name; who reads it meanwhile gets what was there before, or all of it.

    Args:
        root: the directory of the project's configuration.
        name: what it is stored under.
        data: what is stored.
    """
    directory = root / CACHE_DIRECTORY
    with suppress(OSError):
        directory.mkdir(exist_ok=True)
        if directory.is_symlink() or len(data) > _LARGEST:
            return
        for beside, content in _BESIDE.items():
            if not os.path.lexists(directory / beside):
                _put(directory / beside, content)
        _put(directory / name, data)


def _put(file: Path, data: bytes) -> None:
    """Give a file its bytes, all at once; a link of that name is replaced, and not followed."""
    handle, aside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as written:
            written.write(data)
        Path(aside).chmod(0o644)
        Path(aside).replace(file)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
