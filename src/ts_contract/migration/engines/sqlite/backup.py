"""A copy of the database before the first change, verified before the work goes on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ....files.write import written_aside
from ....progress import Progress, ProgressCallback
from ...errors import Failed, Refused
from ..base import Session
from .connection import as_sqlite
from .names import quote

__all__ = ["back_up"]

_PAGES = 4_096


def back_up(session: Session, path: Path, progress: ProgressCallback) -> None:
    """Copy a database by SQLite's backup API, check the copy, and put it at its path.

    Args:
        session: what to copy.
        path: where to; must not exist.
        progress: told of the pages.

    Raises:
        Refused: the path is taken, or its directory cannot be written.
        Failed: the copy is not sound, or not the same.
    """
    if path.exists():
        raise Refused(f"{path}: exists already; name another path for the backup")

    def report(_status: int, remaining: int, total: int) -> None:
        progress(Progress("backup", path.name, total - remaining, total))

    try:
        with written_aside(path) as unfinished, closing(sqlite3.connect(unfinished)) as copy:
            as_sqlite(session).connection.backup(
                copy, pages=_PAGES, progress=report, name=session.schema
            )
            # A copy of a WAL database must not need a -wal file beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            _check(session, copy, path)
    except (sqlite3.Error, OSError) as error:
        raise Refused(
            f"{path}: the backup cannot be written ({error}); nothing was changed"
        ) from error


def _check(session: Session, copy: sqlite3.Connection, path: Path) -> None:
    verdict = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        what = " ".join(verdict.split())  # SQLite takes two lines to say it
        raise Failed(f"{path}: the backup is damaged ({what}), and so may be the database")
    tables = session.run(
        f"SELECT name, sql FROM {quote(session.schema)}.sqlite_schema WHERE type = 'table'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%'"
    )
    for name, sql in tables.fetchall():
        stored = copy.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
        if stored is None or stored[0] != sql:
            raise Failed(f"{path}: the backup lacks table {name}; write it again")
