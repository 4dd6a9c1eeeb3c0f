"""One piece of work for many files: in as many processes as pay, in the order given."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["cores", "in_processes"]

Result = TypeVar("Result")

_FEW_FILES = 24  # a pool of processes costs as much as checking or rewriting about that many
_CHUNK = 8


def cores() -> int:
    """Return how many processes can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(
    work: Callable[[Path], Result], paths: Sequence[Path], jobs: int
) -> Iterator[Result]:
    """Yield what the work makes of each path, in the order of `paths`.

    Args:
        work: what is done with each path. It is handed to each process once, so it must survive
            pickling; what it imports beforehand is shared by the processes.
        paths: the files.
        jobs: how many processes to use at most; few files are done in this one.

    Example:
        >>> list(in_processes(Path.as_posix, [Path("b"), Path("a")], jobs=2))
        ['b', 'a']
    """
    jobs = min(jobs, len(paths) // _FEW_FILES + 1)
    if jobs < 2:
        yield from map(work, paths)
        return
    gc.freeze()  # what is loaded by now is not looked through again in each process
    with ProcessPoolExecutor(jobs, initializer=_begin, initargs=(work,)) as pool:
        yield from pool.map(_work_on, paths, chunksize=_CHUNK)


# --- in the processes of the pool ------------------------------------------------------------

_given: list[Callable[[Path], Any]] = []


def _begin(work: Callable[[Path], Any]) -> None:
    _given.append(work)


def _work_on(path: Path) -> Any:
    return _given[-1](path)
