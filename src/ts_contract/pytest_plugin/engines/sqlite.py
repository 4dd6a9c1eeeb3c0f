"""SQLite for the plugin: a database is built without syncing, settled into one file, copied."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

__all__ = ["ENGINE_VERSION", "EngineError", "copy_database", "open_unsynced", "remove", "settle"]

ENGINE_VERSION = sqlite3.sqlite_version
EngineError = sqlite3.Error


@contextmanager
def open_unsynced(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database that is being built, and is synced to the disk when it is done."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


def copy_database(source: Path, target: Path) -> None:
    """Copy a database that others may be writing to, and leave it as it is."""
    # The backup API, because a plain copy of a database in WAL mode loses what is in the log.
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as reading,
        closing(sqlite3.connect(target)) as writing,
    ):
        reading.backup(writing)


def settle(path: Path) -> bool:
    """Bring everything into the one file: a copy of a database with a log would lose the log.

    Returns:
        Whether it is done; not if somebody has its log or a transaction open.
    """
    with open_unsynced(path) as connection:
        try:
            connection.execute("PRAGMA busy_timeout = 0")  # whoever has it open keeps it open
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
            connection.execute("BEGIN EXCLUSIVE")
            connection.rollback()
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                raise
            return False
    return bool(mode == "delete")


def remove(path: Path) -> None:
    """Remove a database with what stands beside it, if it is there."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
