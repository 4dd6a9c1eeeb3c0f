"""A file is written beside itself and moved over: whoever looks sees the old file or the new one.

A symbolic link stays one: what it points at is replaced. The mode stays, and the owner where that
is allowed; a new file gets the mode that the process gives its files.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

__all__ = ["ChangedError", "write_whole"]


class ChangedError(Exception):
    """The file no longer holds what was read from it."""


def write_whole(path: Path, data: bytes, *, before: bytes | None = None) -> None:
    """Give a file new bytes, all at once.

    Args:
        path: the file; it need not exist.
        data: its new bytes.
        before: what it must hold until then; None for anything.

    Raises:
        OSError: the directory or the file cannot be written; the file is as it was.
        ChangedError: the file no longer holds `before`.

    Example:
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     write_whole(Path(directory, "a.txt"), b"new")
        ...     Path(directory, "a.txt").read_bytes()
        b'new'
    """
    target = path.resolve()
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied", str(target))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _take_over(Path(name), target)
        if before is not None and target.read_bytes() != before:
            raise ChangedError
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _take_over(file: Path, target: Path) -> None:
    """Give a file the mode and the owner of the one that it replaces, or those of a new one."""
    if not target.exists():
        file.chmod(0o666 & ~_umask())
        return
    status = target.stat()
    with suppress(OSError):
        os.chown(file, status.st_uid, status.st_gid)
    file.chmod(stat.S_IMODE(status.st_mode))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
