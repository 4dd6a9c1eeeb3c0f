"""SQLite: opening, names and literals, what a database has, and what its errors mean."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import quote as url_quote
from urllib.parse import unquote, urlsplit

from ....contract import ROWID_NAMES
from ...errors import Failed, MigrationError, Refused
from ...schema import ColumnInfo, DatabaseInfo, SchemaObject, TableInfo

__all__ = [
    "Database",
    "Target",
    "checkpointing_aside",
    "explain",
    "file_of",
    "has_write_ahead_log",
    "introspect",
    "literal",
    "not_waiting_for_the_disk",
    "opened",
    "quote",
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


# --- names and literals ----------------------------------------------------------------------


def quote(name: str) -> str:
    """Quote an identifier.

    Example:
        >>> print(quote('a"b'))
        "a""b"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text as a literal.

    Example:
        >>> print(literal("it's"))
        'it''s'
    """
    return "'" + text.replace("'", "''") + "'"


# --- opening ---------------------------------------------------------------------------------


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
def checkpointing_aside(db: Database) -> Iterator[None]:
    """Let a thread move what is committed into the database file, while the block goes on.

    In WAL mode only, for few large transactions: between many small ones it would never come to
    the log's end, without which the log cannot begin anew. https://sqlite.org/wal.html#ckpt
    """
    if not has_write_ahead_log(db):
        yield
        return
    before = db.value("PRAGMA wal_autocheckpoint")
    done = Event()
    thread = Thread(target=_checkpoint_until, args=(done, file_of(db)))
    thread.start()
    try:
        db.run("PRAGMA wal_autocheckpoint = 0")
        yield
    finally:
        done.set()
        thread.join()
        db.run(f"PRAGMA wal_autocheckpoint = {before}")


def _checkpoint_until(done: Event, file: str) -> None:
    # What it cannot do, the next commit or who closes the database last will try again.
    with suppress(sqlite3.Error), closing(sqlite3.connect(file, isolation_level=None)) as aside:
        while not done.wait(0.05):
            aside.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


@contextmanager
def sorting_in_parallel(db: Database) -> Iterator[None]:
    """Let a CREATE INDEX in the block sort in threads of its own, so that it locks less long."""
    before = db.value("PRAGMA threads")
    db.run("PRAGMA threads = 2")
    try:
        yield
    finally:
        db.run(f"PRAGMA threads = {before}")


# --- errors ----------------------------------------------------------------------------------

# By the primary name of the result code, https://sqlite.org/rescode.html
_REMEDIES = {
    "SQLITE_BUSY": "is locked by another connection; end its transaction, or try again later",
    "SQLITE_LOCKED": "is locked by another connection; end its transaction, or try again later",
    "SQLITE_READONLY": "cannot be written; check the rights of the file and its directory",
    "SQLITE_FULL": "no space is left; free some, then run the same command again",
    "SQLITE_NOTADB": "is not a SQLite database; check the path (an encrypted file looks like that)",
    "SQLITE_CORRUPT": "is damaged; restore a backup, or use .recover of the sqlite3 shell",
    "SQLITE_CANTOPEN": "cannot be opened; check the rights of the file and its directory",
    "SQLITE_IOERR": "the disk reported an error; check it, then run the same command again",
    "SQLITE_INTERRUPT": "was stopped; run the same command again to go on",
}
_NOTHING_BEGUN = ("SQLITE_NOTADB", "SQLITE_CANTOPEN")


def explain(error: sqlite3.Error, name: str) -> MigrationError:
    """Return our error for one of SQLite's.

    Args:
        error: what sqlite3 raised.
        name: the database, for the message.
    """
    code = getattr(error, "sqlite_errorname", None) or ""
    for primary, remedy in _REMEDIES.items():
        if code.startswith(primary):
            kind = Refused if primary in _NOTHING_BEGUN else Failed
            return kind(f"{name}: {remedy} ({error})")
    return Failed(f"{name}: SQLite says: {error} ({code or type(error).__name__})")


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn the errors of SQLite into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, name) from error


# --- what a database has ---------------------------------------------------------------------


def introspect(db: Database, tables: tuple[str, ...]) -> DatabaseInfo:
    """Return what the database has, with the details of some tables.

    Args:
        db: an open database.
        tables: the tables whose columns, key and size are wanted.
    """
    schema = quote(db.schema)
    rows = db.run(f"SELECT type, name, tbl_name, sql FROM {schema}.sqlite_schema ORDER BY rowid")
    entries = rows.fetchall()
    wanted = {name.lower() for name in tables}
    pages = db.value(f"PRAGMA {schema}.page_count")
    return DatabaseInfo(
        tables=tuple(
            _table(db, name, kind, sql)
            for kind, name, _, sql in entries
            if kind in ("table", "view") and name.lower() in wanted
        ),
        objects=tuple(
            SchemaObject(kind, name, table, sql)
            for kind, name, table, sql in entries
            if kind in ("index", "trigger", "view")
        ),
        names=frozenset(name.lower() for kind, name, _, _ in entries if kind != "trigger"),
        size=pages * db.value(f"PRAGMA {schema}.page_size"),
    )


def _table(db: Database, name: str, kind: str, sql: str) -> TableInfo:
    info = db.run(f"PRAGMA {quote(db.schema)}.table_xinfo({quote(name)})").fetchall()
    columns = tuple(
        ColumnInfo(column, declared.upper(), bool(not_null), default, hidden in (2, 3))
        for _, column, declared, not_null, default, _, hidden in info
        if hidden != 1
    )
    if kind == "table" and sql.split(None, 2)[1].upper() == "VIRTUAL":
        kind = "virtual"
    keyed = kind == "table"
    primary = tuple(row[1] for row in sorted(info, key=lambda row: row[5]) if row[5])
    return TableInfo(
        name=name,
        kind=kind,
        sql=sql,
        columns=columns,
        key=_key(db, name, columns, primary) if keyed else (),
        strict=_is_strict(db, name),
        rows=db.value(f"SELECT count(*) FROM {db.qualified(name)}") if keyed else 0,
    )


def _key(
    db: Database, table: str, columns: tuple[ColumnInfo, ...], primary: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the columns that address a row: rowid by a name that means it, or the primary key."""
    if _has_rowid(db, table):
        if len(primary) == 1:
            declared = next(c for c in columns if c.name == primary[0])
            if declared.type == "INTEGER" and _is_rowid_alias(db, table, declared.name):
                return (declared.name,)
        taken = {c.name.lower() for c in columns}
        free = [name for name in ROWID_NAMES if name not in taken]
        return (free[0],) if free else ()
    return primary


def _has_rowid(db: Database, table: str) -> bool:
    """A WITHOUT ROWID table is the one whose primary-key index has no entry of its own."""
    indexes = db.run(f"PRAGMA {quote(db.schema)}.index_list({quote(table)})").fetchall()
    for _, index, _, origin, _ in indexes:
        if origin == "pk":
            listed = db.value(
                f"SELECT count(*) FROM {quote(db.schema)}.sqlite_schema WHERE name = ?", index
            )
            return bool(listed)
    return True


def _is_rowid_alias(db: Database, table: str, column: str) -> bool:
    """INTEGER PRIMARY KEY is the rowid, unless it was declared DESC in the column itself."""
    indexes = db.run(f"PRAGMA {quote(db.schema)}.index_list({quote(table)})").fetchall()
    return not any(origin == "pk" for _, _, _, origin, _ in indexes)


def _is_strict(db: Database, table: str) -> bool:
    if sqlite3.sqlite_version_info < (3, 37, 0):
        return False
    return bool(
        db.value(
            "SELECT strict FROM pragma_table_list WHERE schema = ? AND lower(name) = lower(?)",
            db.schema,
            table,
        )
    )
