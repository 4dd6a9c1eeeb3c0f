"""What is said of a file that could not be worked on, whatever went wrong in it."""

from __future__ import annotations

from pathlib import Path

from .limit import OverdueError
from .read import SourceError

__all__ = ["failure"]

_PACKAGE = Path(__file__).parent.parent


def failure(path: str, error: BaseException) -> str:
    """Return one line that names the file, the place where it is known, and what went wrong.

    Args:
        path: what reports call the file.
        error: what the work on it ended in.

    Example:
        >>> failure("app.py", SourceError("invalid syntax", 3, 7))
        'app.py:3:7: cannot be parsed (invalid syntax)'
    """
    if isinstance(error, SourceError):
        return f"{path}:{error.line}:{error.column}: cannot be parsed ({error})"
    if isinstance(error, RecursionError | MemoryError):
        return f"{path}:1:1: cannot be parsed (nested too deeply)"
    if isinstance(error, OverdueError):
        return f"{path}: given up, {error}; --timeout gives each file more time, or less"
    if isinstance(error, OSError):
        return f"{path}: cannot be read ({error.strerror or error})"
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{path}: failed{_place(error)} ({said}); this is a bug of ts-contract, please report it"


def _place(error: BaseException) -> str:
    """Return where in the package an error was raised, for who mends it."""
    found = ""
    trace = error.__traceback__
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(_PACKAGE):
            found = f" in {file.relative_to(_PACKAGE).as_posix()}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found
