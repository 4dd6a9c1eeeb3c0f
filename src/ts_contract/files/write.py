"""A file is written beside itself and moved over: whoever looks sees the old file or the new one.

A symbolic link stays one: what it points at is replaced. The mode stays, and the owner where that
is allowed; a new file gets the mode that the process gives its files.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["ChangedError", "write_whole", "written_aside"]


class ChangedError(Exception):
    """The file no longer holds what was read from it."""


def write_whole(path: Path, data: bytes, *, before: bytes | None = None) -> None:
    """Give a file new bytes, all at once.

    What is not a file, such as a pipe or a device, is written to as it is.

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
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    target = path.resolve()
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied", str(target))
    handle, name = _new_file_beside(target)
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


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Let the block write a file under another name, and put it at its path when the block ends.

    For what another program writes, such as SQLite a database. If the block fails, `path` is as
    it was.

    Args:
        path: the file; it need not exist.

    Yields:
        The path to write to, in the same directory.

    Raises:
        OSError: the block left no file there, or it cannot be moved.

    Example:
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     with written_aside(Path(directory, "a.db")) as unfinished:
        ...         print(unfinished.name, unfinished.write_bytes(b"whole"))
        ...     Path(directory, "a.db").read_bytes()
        a.db.unfinished 5
        b'whole'
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        yield unfinished
        with unfinished.open("rb+") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _new_file_beside(target: Path) -> tuple[int, str]:
    """Create an empty file in the directory of another; return its handle and its name."""
    try:
        return tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    except OSError as error:  # which names the file that nobody asked for
        raise type(error)(error.errno, error.strerror, str(target)) from error


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
