"""Rewrites many files, in processes; each is written whole or not at all.

Symbolic links are followed and stay links. A file that somebody changed between reading and writing
is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..files.failure import failure
from ..files.limit import time_limit
from ..files.pool import in_processes
from ..files.read import decode, encoding_of, regular_bytes, shown_path
from ..files.write import ChangedError, write_whole
from ..source.file import File
from ..source.python.source import Source
from .changes import Change, parses_declared_types
from .orm.definitions import Epoch, EpochsOfModels, epochs_in
from .rewrite import RewriteSettings, rewrite
from .taken import names_taken

__all__ = ["Result", "models_in", "rewrite_bytes", "rewrite_files"]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one file.

    Attributes:
        path: relative to the working directory where it is below it, with `/`.
        before: its bytes; None where nothing changes.
        after: the new bytes; None where nothing changes.
        changes: what became of each finding.
        unjudged: how many places name legacy columns and could not be judged.
        error: why it could not be read, rewritten or written; empty if it was.
    """

    path: str
    before: bytes | None = None
    after: bytes | None = None
    changes: tuple[Change, ...] = ()
    unjudged: int = 0
    error: str = ""

    @property
    def is_changed(self) -> bool:
        """Whether the file has new bytes."""
        return self.after is not None


def rewrite_bytes(data: bytes, path: str, settings: RewriteSettings) -> Result:
    """Rewrite the bytes of one file.

    Args:
        data: the file as it is stored.
        path: what messages call it.
        settings: how to rewrite it.
    """
    try:
        with time_limit(settings.seconds):
            return _rewritten(data, path, settings)
    except UnicodeError as error:
        return Result(path, error=f"{path}: cannot be written in its encoding ({error})")
    except Exception as error:  # of ours too: one file does not end the run
        return Result(path, error=failure(path, error))


def _rewritten(data: bytes, path: str, settings: RewriteSettings) -> Result:
    text = decode(data)
    encoding = encoding_of(data)
    if not _gives(text, encoding, data):
        return Result(path, error=f"{path}: its bytes do not survive {encoding}; left alone")
    rewritten = rewrite(text, path, settings)
    if rewritten.text == text:
        return Result(path, changes=rewritten.changes, unjudged=rewritten.unjudged)
    after = rewritten.text.encode(encoding)
    return Result(path, data, after, rewritten.changes, rewritten.unjudged)


def _gives(text: str, encoding: str, data: bytes) -> bool:
    try:
        return text.encode(encoding) == data
    except UnicodeError:
        return False


def rewrite_files(
    paths: Sequence[Path], settings: RewriteSettings, jobs: int, *, write: bool
) -> Iterator[Result]:
    """Rewrite files, and yield what became of each, in the order of `paths`.

    Args:
        paths: the files.
        settings: how to rewrite them.
        jobs: how many processes to use at most.
        write: whether the new bytes are stored.
    """
    taken: set[tuple[str, str]] = set()
    declared_types = False
    for path in paths:
        with suppress(OSError, MemoryError):  # its own turn tells what is wrong with it
            data = regular_bytes(path)
            taken |= names_taken(data, str(path.absolute()))
            declared_types = declared_types or parses_declared_types(data)
    settings = replace(
        settings,
        models=models_in(paths, settings),
        options=replace(settings.options, declared_types=declared_types),
        taken=frozenset(taken),
    )
    work = partial(_rewrite_path, settings=settings, write=write)
    yield from in_processes(work, paths, jobs, lost=_lost, seconds=settings.seconds)


def models_in(paths: Sequence[Path], settings: RewriteSettings) -> EpochsOfModels:
    """Return the epoch columns that the ORM models of some files define, where they agree.

    Args:
        paths: the files; one that cannot be read or parsed is passed over.
        settings: how files are rewritten.
    """
    contract, project = settings.contract, settings.project
    if contract is None:
        return {}
    if not contract.models:  # a query knows the models of the index alone
        paths = project.declaring() if project is not None else []
    words = re.compile("|".join(sorted({re.escape(c.epoch) for _, c in contract.columns()})))
    found: dict[tuple[str, str], set[Epoch]] = {}
    for path in paths:
        # Its own turn tells what is wrong with it.
        with suppress(Exception), time_limit(settings.seconds):
            text = decode(path.read_bytes())
            if words.search(text):
                source = Source(text, str(path))
                file = File(source, contract, settings.schema, settings.project)
                for key, epoch in epochs_in(file).items():
                    found.setdefault(key, set()).add(epoch)
    return {key: epochs.pop() for key, epochs in found.items() if len(epochs) == 1}


def _rewrite_path(path: Path, settings: RewriteSettings, *, write: bool) -> Result:
    shown = shown_path(path)
    try:
        data = path.read_bytes()
    except (OSError, MemoryError) as error:
        return Result(shown, error=failure(shown, error))
    result = rewrite_bytes(data, shown, settings)
    if not write or result.after is None:
        return result
    try:
        write_whole(path, result.after, before=data)
    except OSError as error:
        return Result(shown, error=f"{shown}: cannot be written ({error.strerror or error})")
    except ChangedError:
        return Result(shown, error=f"{shown}: was changed meanwhile; left alone, run again")
    return result


def _lost(path: Path, reason: str) -> Result:
    shown = shown_path(path)
    return Result(shown, error=f"{shown}: not rewritten, {reason}")
