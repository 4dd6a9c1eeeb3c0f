"""A copy of the database before the first change, verified before the work goes on."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from ....files.write import created_aside
from ....progress import Progress, ProgressCallback
from ...errors import Failed, Refused
from ...stopping import StopFlag
from ..base import Session
from .connection import as_sqlite, file_of

__all__ = ["back_up"]

_PAGES = 4_096
_LOOK_AFTER = 100_000  # instructions of SQLite's virtual machine


def back_up(session: Session, path: Path, progress: ProgressCallback, stop: StopFlag) -> None:
    """Copy a database by SQLite's backup API, check the copy, and put it at its path.

    The copy is of one moment: a transaction that reads is held meanwhile, since SQLite begins a
    copy anew whenever somebody else has written. In WAL mode nobody waits for it; with a rollback
    journal writers wait until the copy is made.

    Args:
        session: what to copy.
        path: where to; must not exist. The copy has the mode of the database's own file.
        progress: told of the pages.
        stop: asked after each of some pages, and during the check.

    Raises:
        Refused: the path is taken, or its directory cannot be written.
        Failed: the copy is not sound.
        Interrupted: somebody asked to stop; nothing is left of the copy.
    """
    if os.path.lexists(path):
        raise Refused(f"{path}: exists already; name another path for the backup")

    def report(_status: int, remaining: int, total: int) -> None:
        stop.check("nothing was changed, and there is no backup")
        progress(Progress("backup", path.name, total - remaining, total))

    file = file_of(session)
    try:
        with (
            created_aside(path, like=Path(file) if file else None) as unfinished,
            closing(sqlite3.connect(unfinished)) as copy,
        ):
            with session.transaction("read"):
                session.value(f"SELECT count(*) FROM {session.qualified('sqlite_schema')}")
                as_sqlite(session).connection.backup(
                    copy, pages=_PAGES, progress=report, name=session.schema
                )
            # A copy of a WAL database must not need a -wal file beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.set_progress_handler(stop.is_set, _LOOK_AFTER)
            _check(copy, path)
    except FileExistsError as error:
        raise Refused(f"{path}: exists already; name another path for the backup") from error
    except (sqlite3.Error, OSError) as error:
        stop.check("nothing was changed, and there is no backup")
        raise Refused(
            f"{path}: the backup cannot be written ({error}); nothing was changed"
        ) from error


def _check(copy: sqlite3.Connection, path: Path) -> None:
    verdict = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        what = " ".join(verdict.split())  # SQLite takes two lines to say it
        raise Failed(f"{path}: the backup is damaged ({what}), and so may be the database")
