"""Finds the line of the user's code behind a call that arrived in a callback."""

from __future__ import annotations

import functools
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

__all__ = ["Site", "find_caller", "find_callers", "is_users"]

_CALLERS = 3  # that are told of a place

_PACKAGE = str(Path(__file__).resolve().parent.parent)
_OURS = tuple(f"{_PACKAGE}/{part}/" for part in ("migration", "testing", "pytest_plugin"))
_BETWEEN = f"{_PACKAGE}/testing/engines/sqlite/connections.py"  # stands between caller and sqlite3
_PYTEST = "/_pytest/"
_LIBRARY_DIRECTORIES = ("/site-packages/", "/dist-packages/")
_STDLIB = tuple(
    {
        f"{Path(path).resolve().as_posix()}/"
        for key, path in sysconfig.get_paths().items()
        if key in {"stdlib", "platstdlib", "purelib", "platlib"}
    }
)


class Site(NamedTuple):
    """A place in the user's code; a tuple, because it is hashed for each event.

    Attributes:
        path: the file, as the interpreter knows it.
        line: line number, from 1.
        function: qualified name of the function.
    """

    path: str
    line: int
    function: str


_sites: dict[tuple[int, int], tuple[Site, CodeType]] = {}
"""By the code object and the place in it."""


@functools.cache
def _owner(filename: str) -> str:
    """Tell whose a file is.

    Returns:
        `user`; `library`; `ours`, of this package's own statements; or `nobody`, which only passes
        a call on.
    """
    if filename.startswith("<"):
        return "library"
    path = Path(filename).resolve().as_posix()
    if path == _BETWEEN:
        return "nobody"
    if path.startswith(_OURS):
        return "ours"
    if any(part in path for part in _LIBRARY_DIRECTORIES) or path.startswith((*_STDLIB, _PACKAGE)):
        return "library"
    return "user"


def is_users(filename: str) -> bool:
    """Tell whether a file is the user's: of no library, and not of this package."""
    return _owner(filename) == "user"


def find_caller(frame: FrameType | None, main_thread: int) -> Site | None:
    """Return the innermost place in the user's code from which `frame` was reached.

    Args:
        frame: the frame to begin in; its callers follow.
        main_thread: identifier of the thread that runs the tests.

    Returns:
        The place; None where this package itself was the caller.
    """
    caller = frame
    while caller is not None:
        owner = _owner(caller.f_code.co_filename)
        if owner == "user":
            return _site(caller)
        if owner == "ours":
            return None
        caller = caller.f_back
    return next(iter(find_callers(frame, main_thread)), None)


def find_callers(
    frame: FrameType | None,
    main_thread: int,
    is_helper: Callable[[FrameType], bool] | None = None,
) -> tuple[Site, ...]:
    """Return the places in the user's code from which `frame` was reached, innermost first.

    A thread that only runs a library's code works for somebody: the task that awaits its result
    (aiosqlite), or else what the main thread is at.

    Args:
        frame: the frame to begin in; its callers follow.
        main_thread: identifier of the thread that runs the tests.
        is_helper: tells of a frame of the user's that others call for this, and that is passed
            over at first; if all are, the innermost stays.

    Returns:
        The place with at most three callers; where nothing is the user's, the innermost place in a
        library's code; nothing where this package itself was the caller.
    """
    found: list[FrameType] = []
    library = None
    caller = frame
    while caller is not None:
        filename = caller.f_code.co_filename
        owner = _owner(filename)
        if owner == "user":
            found.append(caller)
            if len(found) > _CALLERS and is_helper is None:
                break
        elif found:
            if _PYTEST in filename:
                break  # who calls pytest calls no test
        elif owner == "ours":
            return ()
        elif owner == "library" and library is None:
            library = caller
        caller = caller.f_back
    if not found:
        waiting = (*_awaiting(frame), *_outward(sys._current_frames().get(main_thread)))
        found = [each for each in waiting if is_users(each.f_code.co_filename)]
    if not found:
        return (_site(library),) if library else (Site("<unknown>", 1, "<unknown>"),)
    if is_helper is not None:
        start = next((at for at, each in enumerate(found) if not is_helper(each)), 0)
        del found[:start]
    return tuple([_site(each) for each in found[: 1 + _CALLERS]])


def _site(frame: FrameType) -> Site:
    code = frame.f_code
    # By its id, because a code object is hashed anew each time; the entry keeps it alive.
    key = id(code), frame.f_lasti
    known = _sites.get(key)
    if known is None:
        known = _sites[key] = Site(code.co_filename, frame.f_lineno, code.co_qualname), code
    return known[0]


def _outward(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _awaiting(frame: FrameType | None) -> list[FrameType]:
    """Return the frames of the asyncio task for whose future this thread works, innermost first."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return []
    for caller in _outward(frame):
        for value in tuple(caller.f_locals.values()):
            if isinstance(value, asyncio.Future):
                for task in asyncio.all_tasks(value.get_loop()):
                    if getattr(task, "_fut_waiter", None) is value:
                        return _suspended(task.get_coro())
    return []


def _suspended(awaitable: Any) -> list[FrameType]:
    """Return the frames of a chain of suspended coroutines and generators, innermost first."""
    frames: list[FrameType] = []
    while awaitable is not None:
        frame = getattr(awaitable, "cr_frame", None) or getattr(awaitable, "gi_frame", None)
        if frame is not None:
            frames.insert(0, frame)
        awaitable = getattr(awaitable, "cr_await", None) or getattr(awaitable, "gi_yieldfrom", None)
    return frames
