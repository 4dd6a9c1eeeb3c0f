"""Opening a SQLite database, and the session in it."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote as url_quote
from urllib.parse import unquote, urlsplit

from ...errors import MigrationError, Refused
from ...stopping import StopFlag
from ..base import Engine, Session, Target, TransactionKind
from .errors import explain, explained
from .names import quote

__all__ = [
    "SqliteRows",
    "SqliteSession",
    "as_sqlite",
    "file_of",
    "has_write_ahead_log",
    "not_waiting_for_the_disk",
    "opened",
    "sorting_in_parallel",
]

BUSY_SECONDS: Final = 10.0
OLDEST: Final = (3, 35, 0)
_FULL: Final = 2  # of PRAGMA synchronous
_LOOK_AFTER: Final = 100_000  # instructions of SQLite's virtual machine
_BEGIN: Final[dict[TransactionKind, str]] = {
    "read": "BEGIN",
    "write": "BEGIN IMMEDIATE",
    "exclusive": "BEGIN EXCLUSIVE",
}


@dataclass(frozen=True, slots=True)
class SqliteRows:
    """What a statement returned. SQLite may still fail on the way to the next row."""

    cursor: sqlite3.Cursor
    name: str

    def fetchone(self) -> Any:
        """Return the next row; None behind the last."""
        try:
            return self.cursor.fetchone()
        except sqlite3.Error as error:
            raise explain(error, self.name) from error

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""
        try:
            return self.cursor.fetchall()
        except sqlite3.Error as error:
            raise explain(error, self.name) from error

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows that are left."""
        try:
            yield from self.cursor
        except sqlite3.Error as error:
            raise explain(error, self.name) from error


@dataclass(frozen=True, slots=True)
class SqliteSession:
    """An open SQLite database.

    Attributes:
        engine: that of SQLite.
        connection: in autocommit mode; text that is not UTF-8 survives reading.
        name: path or URL, for messages.
        schema: `main`, or the name under which the database is attached.
        is_lent: whether the connection is somebody else's, who knows of no second one and may
            have locked it out.
        noticed: holds something once a function of ours has met an unusual value.
    """

    engine: Engine
    connection: sqlite3.Connection
    name: str
    schema: str = "main"
    is_lent: bool = False
    noticed: deque[int] = field(default_factory=lambda: deque(maxlen=1), compare=False)

    def run(self, sql: str, *values: Any) -> SqliteRows:
        """Execute one statement."""
        try:
            return SqliteRows(self.connection.execute(sql, values), self.name)
        except sqlite3.Error as error:
            raise explain(error, self.name) from error

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row; None if there is no row."""
        row = self.run(sql, *values).fetchone()
        return None if row is None else row[0]

    def qualified(self, name: str) -> str:
        """Return a quoted name with its schema before it."""
        return f"{quote(self.schema)}.{quote(name)}"

    @contextmanager
    def transaction(self, kind: TransactionKind = "write") -> Iterator[None]:
        """Run a block in one transaction; roll it back if anything is raised."""
        self.run(_BEGIN[kind])
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.run("ROLLBACK")
            raise

    @contextmanager
    def stoppable(self, stop: StopFlag) -> Iterator[None]:
        """Let a wish to stop interrupt a long statement, and say how to go on."""
        self.connection.set_progress_handler(stop.is_set, _LOOK_AFTER)
        try:
            yield
        except (sqlite3.Error, MigrationError) as error:
            if isinstance(error, sqlite3.Error) or isinstance(error.__cause__, sqlite3.Error):
                stop.check()
            raise
        finally:
            self.connection.set_progress_handler(None, 0)


def as_sqlite(session: Session) -> SqliteSession:
    """Return a session of this engine as what it is, for what no SQL can say."""
    assert isinstance(session, SqliteSession)
    return session


@contextmanager
def opened(
    engine: Engine, target: Target, *, write: bool, schema: str | None
) -> Iterator[SqliteSession]:
    """Open a database, or borrow an open connection, and put it back as it was.

    Args:
        engine: that of SQLite.
        target: a path, `sqlite:///path`, or an open connection outside a transaction.
        write: whether the work will change it.
        schema: which of the attached databases is meant; None for `main`.

    Yields:
        The open database; errors of SQLite leave the block as ours.

    Raises:
        Refused: no such file, no database, a connection in a transaction.
        Failed: SQLite refused something during the work.
    """
    schema = schema or "main"
    if isinstance(target, sqlite3.Connection):
        with _lent(target) as connection, explained("the connection"):
            yield SqliteSession(engine, connection, "the connection", schema, is_lent=True)
        return
    assert isinstance(target, str | Path)
    path = _path(target)
    _refuse_query(target, write=write)
    with explained(str(path)):
        connection = _connect(path, write=write)
        try:
            yield SqliteSession(engine, connection, str(path), schema)
        finally:
            connection.close()


def _path(target: str | Path) -> Path:
    try:
        path = Path(_without_scheme(target) if isinstance(target, str) else target)
        mode = path.stat().st_mode
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}; check the path") from error
    except ValueError as error:  # a zero byte, which a URL can spell, or half an address
        raise Refused(f"{target}: is not a path; give that of a SQLite database") from error
    if not stat.S_ISREG(mode):
        raise Refused(f"{path}: is not a file; give the path of a SQLite database")
    return path


def _without_scheme(url: str) -> str:
    if "://" not in url:
        return url
    return unquote(urlsplit(url).path, errors="surrogateescape").removeprefix("/")


def _refuse_query(target: str | Path, *, write: bool) -> None:
    """Refuse what the query of a URL asks for and a session does not do."""
    if not isinstance(target, str) or "://" not in target:
        return
    query = urlsplit(target).query
    if query == "mode=ro" and write:
        raise Refused(f"{target}: is to be opened for reading only; leave mode=ro out")
    if query not in ("", "mode=ro", "mode=rw"):
        raise Refused(f"{target}: only mode=ro and mode=rw are obeyed; leave {query} out")


def _connect(path: Path, *, write: bool) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < OLDEST:
        raise Refused(
            f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed; "
            "use a Python that brings one"
        )
    url = f"file:{url_quote(os.fsencode(path.resolve()))}?mode={'rw' if write else 'ro'}"
    connection = sqlite3.connect(url, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
    connection.text_factory = _text
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _text(stored: bytes) -> str:
    """Decode what SQLite holds as text, which need not be UTF-8."""
    return stored.decode("utf-8", "surrogateescape")


@contextmanager
def _lent(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    if connection.in_transaction:
        raise Refused("the connection is in a transaction; commit it or roll it back first")
    before = connection.isolation_level, connection.row_factory, connection.text_factory
    connection.isolation_level, connection.row_factory = None, None
    connection.text_factory = _text
    try:
        yield connection
    finally:
        connection.isolation_level, connection.row_factory, connection.text_factory = before


def file_of(session: Session) -> str:
    """Return the path of a database's file."""
    wanted = "SELECT file FROM pragma_database_list WHERE name = ? COLLATE NOCASE"
    return str(session.value(wanted, session.schema))


def has_write_ahead_log(session: Session) -> bool:
    """Return whether the database is in WAL mode, in which readers are in no writer's way."""
    return bool(session.value(f"PRAGMA {quote(session.schema)}.journal_mode") == "wal")


@contextmanager
def not_waiting_for_the_disk(session: Session) -> Iterator[None]:
    """Let commits in the block return before the disk has them, which holds the lock less long.

    In WAL mode only, where a power failure can take back the last of them but damages nothing, and
    what other connections commit is as safe as before. The next commit behind the block waits for
    all of them. https://sqlite.org/pragma.html#pragma_synchronous
    """
    synchronous = f"PRAGMA {quote(session.schema)}.synchronous"
    before = session.value(synchronous)
    if before < _FULL or not has_write_ahead_log(session):
        yield
        return
    session.run(f"{synchronous} = NORMAL")
    try:
        yield
    finally:
        session.run(f"{synchronous} = {before}")


@contextmanager
def sorting_in_parallel(session: Session) -> Iterator[None]:
    """Let a CREATE INDEX in the block sort in threads of its own, so that it locks less long."""
    before = session.value("PRAGMA threads")
    session.run("PRAGMA threads = 2")
    try:
        yield
    finally:
        session.run(f"PRAGMA threads = {before}")
