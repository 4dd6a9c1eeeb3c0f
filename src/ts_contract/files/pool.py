"""One piece of work for many files: in as many processes as pay, in the order given.

A process that ends, or does not answer, costs the one file that it worked on: the file is named as
lost, and another process goes on with the rest. So each process gets its files through a pipe of
its own, and it is known at any time which one it has.
"""

from __future__ import annotations

import gc
import math
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import monotonic
from typing import Any, Generic, TypeVar

__all__ = ["cores", "in_processes"]

Result = TypeVar("Result")

_FEW_FILES = 24  # a pool of processes costs as much as checking or rewriting about that many
_AHEAD = 4  # files that a process has waiting, so that it need not wait itself
_GRACE = 5.0  # a process ends the work on a file by itself, if it can; later it is ended
_TRIES = 2  # who is killed for want of memory need not be who took it


def cores() -> int:
    """Return how many processes can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_processes(
    work: Callable[[Path], Result],
    paths: Sequence[Path],
    jobs: int,
    *,
    lost: Callable[[Path, str], Result],
    seconds: float | None = None,
) -> Iterator[Result]:
    """Yield what the work makes of each path, in the order of `paths`.

    Args:
        work: what is done with each path. It is handed to each process once, so it must survive
            pickling; what it imports beforehand is shared by the processes.
        paths: the files.
        jobs: how many processes to use at most; few files are done in this one.
        lost: what stands for the result of a file whose process was lost, told why.
        seconds: how long the work on one file may take. The work itself sees to it; a process
            that has not answered some seconds later is ended.

    Example:
        >>> list(in_processes(Path.as_posix, [Path("b"), Path("a")], jobs=2, lost=print))
        ['b', 'a']
    """
    jobs = min(jobs, len(paths) // _FEW_FILES + 1)
    if jobs < 2:
        yield from map(work, paths)
        return
    gc.freeze()  # what is loaded by now is not looked through again in each process
    pool = _Pool(work, paths, lost, None if seconds is None else seconds + _GRACE)
    try:
        yield from pool.results(jobs)
    finally:
        pool.end()


class _Worker:
    """A process, the pipe to it, and the numbers of the files that it has, in order.

    Args:
        work: what it does with each path.
    """

    def __init__(self, work: Callable[[Path], Any]) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        arguments = (theirs, self.pipe, work)
        self.process = multiprocessing.Process(target=_serve, args=arguments, daemon=True)
        self.process.start()
        theirs.close()
        self.files: deque[int] = deque()
        self.since = monotonic()

    def give(self, number: int, path: Path) -> None:
        """Let it work on one more file."""
        if not self.files:
            self.since = monotonic()
        self.files.append(number)
        with suppress(BrokenPipeError):  # who has ended is found out by listening
            self.pipe.send(path)

    def end(self) -> str:
        """End it, if it has not ended by itself, and return how it ended."""
        self.process.kill()
        self.process.join()
        self.pipe.close()
        code = self.process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"


class _Pool(Generic[Result]):
    """The processes at work on some files, and what came of each so far."""

    def __init__(
        self,
        work: Callable[[Path], Result],
        paths: Sequence[Path],
        lost: Callable[[Path, str], Result],
        patience: float | None,
    ) -> None:
        self._work = work
        self._paths = paths
        self._lost = lost
        self._patience = patience
        self._waiting = deque(range(len(paths)))
        self._tries = [0] * len(paths)
        self._done: dict[int, Result] = {}
        self._workers: list[_Worker] = []

    def results(self, jobs: int) -> Iterator[Result]:
        """Yield the results in the order of the paths."""
        for number in range(len(self._paths)):
            while number not in self._done:
                self._hire(jobs)
                self._listen()
            yield self._done.pop(number)

    def end(self) -> None:
        """End all processes."""
        while self._workers:
            self._workers.pop().end()

    def _hire(self, jobs: int) -> None:
        """Have as many processes as there is work for, and enough work for each."""
        while self._waiting and len(self._workers) < jobs:
            self._workers.append(_Worker(self._work))
        for _ in range(_AHEAD):  # in turns, so that the last files are shared out
            for worker in self._workers:
                if self._waiting and len(worker.files) < _AHEAD:
                    number = self._waiting.popleft()
                    worker.give(number, self._paths[number])

    def _listen(self) -> None:
        """Take in what the processes have to say, or part with who says nothing for too long."""
        heard = wait([worker.pipe for worker in self._workers], self._time_left())
        for worker in tuple(self._workers):
            if worker.pipe in heard:
                self._hear(worker)
            elif worker.files and self._until(worker) <= 0:
                self._give_up(worker)

    def _time_left(self) -> float | None:
        """Return how long to listen at most; None for as long as it takes."""
        at_work = [self._until(worker) for worker in self._workers if worker.files]
        return None if self._patience is None else max(0.0, min(at_work, default=0.0))

    def _until(self, worker: _Worker) -> float:
        """Return how many seconds a process may still work on its file."""
        return math.inf if self._patience is None else worker.since + self._patience - monotonic()

    def _hear(self, worker: _Worker) -> None:
        try:
            result, error = worker.pipe.recv()
        except (EOFError, OSError):
            self._replace(worker)
            return
        if error is not None:
            raise error
        self._done[worker.files.popleft()] = result
        worker.since = monotonic()

    def _replace(self, worker: _Worker) -> None:
        """Part with a process that has ended; its file is tried once more."""
        how = self._part_with(worker)
        if not worker.files:
            return
        number = worker.files.popleft()
        self._tries[number] += 1
        if self._tries[number] < _TRIES:
            worker.files.appendleft(number)
        else:
            why = f"the process that worked on it was killed ({how})"
            self._done[number] = self._lost(self._paths[number], why)
        self._waiting.extendleft(reversed(worker.files))

    def _give_up(self, worker: _Worker) -> None:
        """Part with a process that does not come to an end with its file."""
        self._part_with(worker)
        if not worker.files:
            return
        number = worker.files.popleft()
        self._done[number] = self._lost(self._paths[number], "its process did not answer in time")
        self._waiting.extendleft(reversed(worker.files))

    def _part_with(self, worker: _Worker) -> str:
        self._workers.remove(worker)
        return worker.end()


# --- in the processes of the pool ------------------------------------------------------------


def _serve(pipe: Connection, other_end: Connection, work: Callable[[Path], Any]) -> None:
    """Answer each path with the result of the work, or with the error that it ended in."""
    other_end.close()  # so that the pipe ends when who asks does
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted ends its processes
    with suppress(EOFError, OSError):  # nobody is there any more
        while True:
            path = pipe.recv()
            try:
                pipe.send((work(path), None))
            except Exception as error:
                pipe.send((None, error))
