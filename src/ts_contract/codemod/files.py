"""Many files: read, rewritten in processes, written whole or not at all.

A file is written beside itself and moved over, with its mode, so that whoever looks sees the old
file or the new one. Symbolic links are followed and stay links. A file that somebody changed
between reading and writing is left alone.
"""

from __future__ import annotations

import gc
import io
import os
import stat
import tempfile
import tokenize
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..lint.files import decode, shown_path
from ..lint.source import SourceError
from .changes import Change
from .rewrite import Settings, rewrite

__all__ = ["Result", "rewrite_bytes", "rewrite_files"]

_FEW_FILES = 24  # a pool of processes costs as much as rewriting about that many
_CHUNK = 8


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file.

    Attributes:
        path: relative to the working directory where it is below it, with `/`.
        before: its bytes; None where nothing changes.
        after: the new bytes; None where nothing changes.
        changes: what became of each finding.
        error: why it could not be read, rewritten or written; empty if it was.
    """

    path: str
    before: bytes | None = None
    after: bytes | None = None
    changes: tuple[Change, ...] = ()
    error: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether the file has new bytes."""
        return self.after is not None


def rewrite_bytes(data: bytes, path: str, settings: Settings) -> Result:
    """Rewrite the bytes of one file.

    Args:
        data: the file as it is stored.
        path: what messages call it.
        settings: how to rewrite it.
    """
    try:
        text = decode(data)
        encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0].replace("-sig", "")
        if text.encode(encoding) != data:
            return Result(path, error=f"{path}: its bytes do not survive {encoding}; left alone")
        rewritten = rewrite(text, path, settings)
        if rewritten.text == text:
            return Result(path, changes=rewritten.changes)
        after = rewritten.text.encode(encoding)
    except SourceError as error:
        where = f"{path}:{error.line}:{error.column}"
        return Result(path, error=f"{where}: cannot be parsed ({error})")
    except UnicodeEncodeError as error:
        return Result(path, error=f"{path}: cannot be written in its encoding ({error})")
    except (RecursionError, MemoryError):
        return Result(path, error=f"{path}:1:1: cannot be parsed (nested too deeply)")
    return Result(path, data, after, rewritten.changes)


def rewrite_files(
    paths: Sequence[Path], settings: Settings, jobs: int, *, write: bool
) -> Iterator[Result]:
    """Rewrite files, and yield what became of each, in the order of `paths`.

    Args:
        paths: the files.
        settings: how to rewrite them.
        jobs: how many processes to use at most.
        write: whether the new bytes are stored.
    """
    jobs = min(jobs, len(paths) // _FEW_FILES + 1)
    if jobs < 2:
        for path in paths:
            yield _rewrite_path(path, settings, write=write)
        return
    gc.freeze()  # what is loaded by now is not looked through again in each process
    with ProcessPoolExecutor(jobs, initializer=_begin, initargs=(settings, write)) as pool:
        yield from pool.map(_rewrite_one, paths, chunksize=_CHUNK)


def _rewrite_path(path: Path, settings: Settings, *, write: bool) -> Result:
    shown = shown_path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        return Result(shown, error=f"{shown}: cannot be read ({error.strerror or error})")
    result = rewrite_bytes(data, shown, settings)
    if not write or result.after is None:
        return result
    try:
        _store(path, data, result.after)
    except OSError as error:
        return Result(shown, error=f"{shown}: cannot be written ({error.strerror or error})")
    except _ChangedError:
        return Result(shown, error=f"{shown}: was changed meanwhile; left alone, run again")
    return result


# --- writing ---------------------------------------------------------------------------------


class _ChangedError(Exception):
    """The file is no longer what was read."""


def _store(path: Path, before: bytes, after: bytes) -> None:
    """Put new bytes in the place of a file's old ones, at once.

    Raises:
        OSError: the directory or the file cannot be written; the file is as it was.
        _ChangedError: the file no longer holds `before`.
    """
    target = path.resolve()
    status = target.stat()
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied", str(target))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        _take_over(Path(name), status)
        if target.read_bytes() != before:
            raise _ChangedError
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _take_over(file: Path, status: os.stat_result) -> None:
    """Give a file the mode and, where that is allowed, the owner of another."""
    with suppress(OSError):
        os.chown(file, status.st_uid, status.st_gid)
    file.chmod(stat.S_IMODE(status.st_mode))


# --- in the processes of the pool ------------------------------------------------------------

_settings: list[tuple[Settings, bool]] = []


def _begin(settings: Settings, write: bool) -> None:
    _settings.append((settings, write))


def _rewrite_one(path: Path) -> Result:
    settings, write = _settings[-1]
    return _rewrite_path(path, settings, write=write)
