"""Opening a SQLite database, and its transactions."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote as url_quote
from urllib.parse import unquote, urlsplit

from ...errors import Refused
from .errors import explained
from .names import quote

__all__ = [
    "Database",
    "Target",
    "file_of",
    "has_write_ahead_log",
    "not_waiting_for_the_disk",
    "opened",
    "sorting_in_parallel",
    "transaction",
]

Target = str | Path | sqlite3.Connection

BUSY_SECONDS: Final = 10.0
OLDEST: Final = (3, 35, 0)
_FULL: Final = 2  # of PRAGMA synchronous


@dataclass(frozen=True, slots=True)
class Database:
    """An open database: the connection, the schema in it, and the name for messages.

    Attributes:
        connection: in autocommit mode; text that is not UTF-8 survives reading.
        name: path or URL, for messages.
        schema: `main`, or the name under which the database is attached.
    """

    connection: sqlite3.Connection
    name: str
    schema: str = "main"

    def run(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Execute one statement."""
        return self.connection.execute(sql, values)

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row; None if there is no row."""
        row = self.connection.execute(sql, values).fetchone()
        return None if row is None else row[0]

    def qualified(self, name: str) -> str:
        """Return a quoted name with its schema before it."""
        return f"{quote(self.schema)}.{quote(name)}"


@contextmanager
def opened(target: Target, *, write: bool, schema: str = "main") -> Iterator[Database]:
    """Open a database, or lend an open connection, and put it back as it was.

    Args:
        target: a path, `sqlite:///path`, or an open connection outside a transaction.
        write: whether the work will change it.
        schema: which of the attached databases is meant.

    Yields:
        The open database; errors of SQLite leave the block as ours.

    Raises:
        Refused: no such file, no database, another engine, a connection in a transaction.
        Failed: SQLite refused something during the work.
    """
    if isinstance(target, sqlite3.Connection):
        with _lent(target) as connection, explained("the connection"):
            yield Database(connection, "the connection", schema)
        return
    path = _path(target)
    with explained(str(path)):
        connection = _connect(path, write=write)
        try:
            yield Database(connection, str(path), schema)
        finally:
            connection.close()


def _path(target: str | Path) -> Path:
    if isinstance(target, str) and "://" in target:
        url = urlsplit(target)
        if url.scheme != "sqlite":
            raise Refused(
                f"{url.scheme}://...: only SQLite databases can be migrated yet; "
                "give a path or sqlite:///path"
            )
        target = unquote(url.path).removeprefix("/")
    path = Path(target)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}; check the path") from error
    if not stat.S_ISREG(mode):
        raise Refused(f"{path}: is not a file; give the path of a SQLite database")
    return path


def _connect(path: Path, *, write: bool) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < OLDEST:
        raise Refused(
            f"SQLite {sqlite3.sqlite_version} is too old: 3.35 or newer is needed; "
            "use a Python that brings one"
        )
    url = f"file:{url_quote(str(path.resolve()))}?mode={'rw' if write else 'ro'}"
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


@contextmanager
def transaction(db: Database, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
    """Run a block in one transaction; roll it back if anything is raised."""
    db.run(begin)
    try:
        yield
        db.run("COMMIT")
    except BaseException:
        if db.connection.in_transaction:
            db.run("ROLLBACK")
        raise


def file_of(db: Database) -> str:
    """Return the path of a database's file."""
    wanted = "SELECT file FROM pragma_database_list WHERE name = ? COLLATE NOCASE"
    return str(db.value(wanted, db.schema))


def has_write_ahead_log(db: Database) -> bool:
    """Return whether the database is in WAL mode, in which readers are in no writer's way."""
    return bool(db.value(f"PRAGMA {quote(db.schema)}.journal_mode") == "wal")


@contextmanager
def not_waiting_for_the_disk(db: Database) -> Iterator[None]:
    """Let commits in the block return before the disk has them, which holds the lock less long.

    In WAL mode only, where a power failure can take back the last of them but damages nothing, and
    what other connections commit is as safe as before. The next commit behind the block waits for
    all of them. https://sqlite.org/pragma.html#pragma_synchronous
    """
    synchronous = f"PRAGMA {quote(db.schema)}.synchronous"
    before = db.value(synchronous)
    if before < _FULL or not has_write_ahead_log(db):
        yield
        return
    db.run(f"{synchronous} = NORMAL")
    try:
        yield
    finally:
        db.run(f"{synchronous} = {before}")


@contextmanager
def sorting_in_parallel(db: Database) -> Iterator[None]:
    """Let a CREATE INDEX in the block sort in threads of its own, so that it locks less long."""
    before = db.value("PRAGMA threads")
    db.run("PRAGMA threads = 2")
    try:
        yield
    finally:
        db.run(f"PRAGMA threads = {before}")
