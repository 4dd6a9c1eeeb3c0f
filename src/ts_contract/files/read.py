"""Reading files: regular ones alone, how their bytes become text, what reports call them."""

from __future__ import annotations

import errno
import io
import stat
import tokenize
from pathlib import Path

__all__ = [
    "STDIN",
    "SourceError",
    "check_regular",
    "decode",
    "encoding_of",
    "regular_bytes",
    "shown_path",
]

STDIN = "stdin"
"""What standard input is called, as flake8 calls it."""


class SourceError(ValueError):
    """A file that cannot be analysed: it cannot be decoded, or Python's parser refuses it.

    Attributes:
        line: line of the mistake, from 1.
        column: its column, from 1.
    """

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def regular_bytes(path: Path) -> bytes:
    """Return the bytes of a regular file, or of the one that a link leads to.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    check_regular(path)
    return path.read_bytes()


def check_regular(path: Path) -> None:
    """Refuse what is not a regular file: a pipe would be waited for, a device has no end.

    Raises:
        OSError: there is no such file, or it is not a regular one.
    """
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # a zero byte
        raise OSError(errno.EINVAL, "Not the name of a file", str(path)) from error
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "Not a regular file", str(path))


def decode(data: bytes) -> str:
    r"""Return the text of a Python file, with its own line ends and its byte order mark.

    Args:
        data: the file as it is stored.

    Raises:
        SourceError: the bytes are not in the encoding that the file declares, or it declares one
            that Python does not know.

    Example:
        >>> decode(b"# coding: latin-1\nx = '\xe9'\n")
        "# coding: latin-1\nx = 'é'\n"
    """
    try:
        return data.decode(encoding_of(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceError(f"not {error.encoding}", line) from error
    except (SyntaxError, LookupError, UnicodeError) as error:
        # A codec that is not an encoding of text, such as `undefined`, has errors of its own.
        raise SourceError(str(error)) from error


def encoding_of(data: bytes) -> str:
    """Return the encoding that keeps every byte of a Python file, its byte order mark too.

    Args:
        data: the file as it is stored.

    Raises:
        SyntaxError: the file declares an encoding that Python does not know.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return "utf-8" if encoding == "utf-8-sig" else encoding


def shown_path(path: Path) -> str:
    """Return what reports call a file: relative to the working directory if it is below it."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
