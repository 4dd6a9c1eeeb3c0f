"""A file is written beside itself and moved over: whoever looks sees the old file or the new one.

A symbolic link stays one: what it points at is replaced. The mode stays, and the owner where that
is allowed; a new file gets the mode that the process gives its files.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["ChangedError", "created_aside", "write_whole", "written_aside"]


# What a file system answers that has no hard links.
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


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

    For what another program writes, such as SQLite a database. Nobody else can read the file. If
    the block fails, `path` is as it was.

    Args:
        path: the file; it need not exist.

    Yields:
        The path to write to: a new, empty file in the same directory.

    Raises:
        OSError: the directory cannot be written.

    Example:
        >>> with tempfile.TemporaryDirectory() as directory:
        ...     with written_aside(Path(directory, "a.db")) as unfinished:
        ...         unfinished.write_bytes(b"whole")
        ...     Path(directory, "a.db").read_bytes()
        5
        b'whole'
    """
    with _aside(path) as unfinished:
        yield unfinished
        _sync(unfinished)
        unfinished.replace(path)


@contextmanager
def created_aside(path: Path, like: Path | None) -> Iterator[Path]:
    """Let the block write a file under another name, and put it at a path where nothing is.

    Args:
        path: the file; nothing may be there, also when the block ends.
        like: the file whose mode and owner it gets; None for one that only its owner can read.

    Yields:
        The path to write to: a new, empty file in the same directory, which nobody else can read.

    Raises:
        FileExistsError: something is at the path.
        OSError: the directory cannot be written.
    """
    with _aside(path) as unfinished:
        yield unfinished
        if like is not None:
            _take_over(unfinished, like)
        _sync(unfinished)
        _put_where_nothing_is(unfinished, path)


def _put_where_nothing_is(file: Path, path: Path) -> None:
    try:
        os.link(file, path)  # a rename would put an end to what is there
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        file.replace(path)


def _sync(file: Path) -> None:
    with file.open("rb+") as written:
        os.fsync(written.fileno())


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """Yield a new file beside another, and remove it with what SQLite puts beside it."""
    handle, name = _new_file_beside(path)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{name}{suffix}").unlink(missing_ok=True)


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
