"""What the errors of SQLite mean, and what to do about them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ...errors import Failed, Refused

__all__ = ["explain", "explained", "is_about_statement"]

# By the primary name of the result code, https://sqlite.org/rescode.html
_REMEDIES = {
    "SQLITE_BUSY": "is locked by another connection; end its transaction, or try again later",
    "SQLITE_LOCKED": "is locked by another connection; end its transaction, or try again later",
    "SQLITE_READONLY_ROLLBACK": "was left by a crash in a transaction; open it once with its "
    "application, or run `ts-contract migrate`",
    "SQLITE_READONLY": "cannot be written; check the rights of the file and its directory",
    "SQLITE_FULL": "no space is left; free some, then run the same command again",
    "SQLITE_NOTADB": "is not a SQLite database; check the path (an encrypted file looks like that)",
    "SQLITE_CORRUPT": "is damaged; restore a backup, or use .recover of the sqlite3 shell",
    "SQLITE_CANTOPEN": "cannot be opened; check the rights of the file and its directory",
    "SQLITE_IOERR": "the disk reported an error; check it, then run the same command again",
    "SQLITE_INTERRUPT": "was stopped; run the same command again to go on",
}
_PRIMARY: Final = 0xFF  # of an extended result code
_NOTHING_BEGUN = ("SQLITE_NOTADB", "SQLITE_CANTOPEN", "SQLITE_READONLY_ROLLBACK")


def explain(error: sqlite3.Error, name: str) -> Failed:
    """Return our error for one of SQLite's.

    Args:
        error: what sqlite3 raised.
        name: the database, for the message.
    """
    for primary, remedy in _REMEDIES.items():
        if _code(error).startswith(primary):
            return Failed(f"{name}: {remedy} ({error})")
    return Failed(f"{name}: SQLite says: {error} ({_code(error) or type(error).__name__})")


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Let the errors of SQLite leave a block as ours, refusals where no work can have begun."""
    try:
        yield
    except (sqlite3.Error, Failed) as error:
        cause = error if isinstance(error, sqlite3.Error) else error.__cause__
        if not isinstance(cause, sqlite3.Error):
            raise
        ours = explain(error, name) if isinstance(error, sqlite3.Error) else error
        raise (Refused(str(ours)) if _code(cause).startswith(_NOTHING_BEGUN) else ours) from cause


def is_about_statement(error: BaseException | None) -> bool:
    """Return whether SQLite refused a statement for what it says.

    OperationalError stands for a full disk, a lock and an interruption too.
    """
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & _PRIMARY == sqlite3.SQLITE_ERROR


def _code(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or ""
