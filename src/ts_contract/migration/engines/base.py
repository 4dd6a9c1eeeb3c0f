"""What the migration asks of an engine: a Protocol for each facet, and the session they work on.

An engine is a package with a module for each facet. `Engine` holds the modules, so that mypy checks
each of their functions against its Protocol. Facets raise the errors of `migration.errors` alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from ...contract import Contract, NullValue, VersionRow
from ...progress import ProgressCallback
from ..forms import Reading
from ..pairs import ColumnPair, PairedTable, SuccessorIndex
from ..schema import DatabaseInfo, TableInfo
from ..steps import Step
from ..stopping import StopFlag
from .answers import (
    ColumnCounts,
    Cursor,
    Dependent,
    DependentIndex,
    Dropped,
    FiredTrigger,
    FormCount,
    Lack,
    Room,
    Sample,
    Succession,
    UnsureRow,
)

__all__ = [
    "BackingUp",
    "Connecting",
    "Connection",
    "Ddl",
    "Engine",
    "Features",
    "Filling",
    "Indexing",
    "Inspecting",
    "Measuring",
    "Proving",
    "Removing",
    "Repairing",
    "Rows",
    "Scripting",
    "Session",
    "Surveying",
    "Target",
    "Tracing",
    "TransactionKind",
    "Trying",
]

TransactionKind = Literal["read", "write", "exclusive"]


class Connection(Protocol):
    """An open connection of whatever driver: what all of them have, https://peps.python.org/pep-0249."""

    def commit(self) -> None:
        """Commit the transaction."""

    def rollback(self) -> None:
        """Roll the transaction back."""


Target = str | Path | Connection
"""A database: its path, its URL, or an open connection."""


@dataclass(frozen=True, slots=True)
class Features:
    """What shared code has to know of an engine.

    Attributes:
        index_in_transaction: whether an index is built in a transaction like everything else.
    """

    index_in_transaction: bool


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine, as the modules that fill its facets.

    Attributes:
        name: its name, also that of its package.
        features: what shared code has to know of it.
        connection: opens a database.
        inspection: tells what a database has.
        room: tells how much room it takes, and how much there is.
        indexes: tells what epoch columns get for the application's indexes and keys.
        trial: tries what the application's triggers make of the work of ours.
        ddl: gives the statements of each step.
        trace: tells what a database shows of the steps.
        script: says what stands around the statements of a script.
        survey: tells which storage forms a column holds.
        rows: fills the epoch columns.
        repairing: writes one column of a pair by the other.
        proof: tells right values from those that have to be judged.
        removal: takes columns out.
        backup: copies a database; None if that is not to be had from within.
    """

    name: str
    features: Features
    connection: Connecting
    inspection: Inspecting
    room: Measuring
    indexes: Indexing
    trial: Trying
    ddl: Ddl
    trace: Tracing
    script: Scripting
    survey: Surveying
    rows: Filling
    repairing: Repairing
    proof: Proving
    removal: Removing
    backup: BackingUp | None


# --- the session -----------------------------------------------------------------------------


class Rows(Protocol):
    """What a statement returned, row by row."""

    def fetchone(self) -> Any:
        """Return the next row; None behind the last."""

    def fetchall(self) -> list[Any]:
        """Return all rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the rows that are left."""


class Session(Protocol):
    """An open database in autocommit mode; raises errors of ours, never the driver's."""

    @property
    def engine(self) -> Engine:
        """The engine that it speaks to."""

    @property
    def name(self) -> str:
        """The database, for messages."""

    @property
    def schema(self) -> str:
        """The schema, or attached database, whose tables are meant."""

    def run(self, sql: str, *values: Any) -> Rows:
        """Execute one statement; `?` stands for each of the values."""

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first column of the first row; None if there is no row."""

    def qualified(self, name: str) -> str:
        """Return a quoted name with its schema before it."""

    def transaction(self, kind: TransactionKind = "write") -> AbstractContextManager[None]:
        """Run a block in one transaction; roll it back if anything is raised.

        Args:
            kind: `read` sees one state of the database; `write` also keeps other writers out,
                from the beginning; `exclusive` keeps out whom the engine lets it keep out.
        """

    def stoppable(self, stop: StopFlag) -> AbstractContextManager[None]:
        """Let somebody's wish to stop interrupt a long statement of the block."""


# --- the facets ------------------------------------------------------------------------------


class Connecting(Protocol):
    """Opening a database."""

    def opened(
        self, engine: Engine, target: Target, *, write: bool, schema: str | None
    ) -> AbstractContextManager[Session]:
        """Open a database, or borrow an open connection and put it back as it was.

        Args:
            engine: what the session will speak to; the module cannot import its own package.
            target: a path, a URL of the engine, or a connection of its driver, outside a
                transaction.
            write: whether the work will change it.
            schema: whose tables are meant; None for what the engine takes by itself.

        Raises:
            Refused: it cannot be opened.
            Failed: the engine refused something during the block.
        """


class Inspecting(Protocol):
    """Telling what a database has."""

    def inspect(self, session: Session, tables: tuple[str, ...]) -> DatabaseInfo:
        """Return what is there, with the details of some tables; case does not count."""

    def table_names(self, session: Session) -> tuple[str, ...]:
        """Return the ordinary tables, without the engine's own and ours."""

    def has_table(self, session: Session, name: str) -> bool:
        """Return whether there is a table of exactly that name."""

    def column_names(self, session: Session, table: str) -> tuple[str, ...]:
        """Return the columns of a table; none if there is no such table."""

    def columns_of(self, create_table: str) -> tuple[str, ...]:
        """Return the columns of a CREATE TABLE statement in lower case; none of any other text."""

    def followed(self, session: Session, table: PairedTable) -> str | None:
        """Return the table on which our triggers or indexes for a table stand; None if none do."""


class Indexing(Protocol):
    """Telling what the epoch columns get for the application's indexes and keys."""

    def with_successors(
        self, session: Session, info: DatabaseInfo, table: PairedTable
    ) -> PairedTable:
        """Return a table with the successors of what is on its legacy columns."""

    def is_built(self, info: DatabaseInfo, table: str, index: SuccessorIndex) -> bool:
        """Return whether an index is there, and as it has to be."""

    def collisions(self, session: Session, table: PairedTable, index: SuccessorIndex) -> int:
        """Count the groups of rows that a unique one would not let stand beside each other."""


class Trying(Protocol):
    """Trying what the application's triggers make of the work of ours, without any change."""

    def fired_triggers(
        self, session: Session, info: DatabaseInfo, table: PairedTable
    ) -> tuple[FiredTrigger, ...]:
        """Return those that the sync triggers of a table will fire."""


class Measuring(Protocol):
    """Telling how much room a database takes, and how much there is."""

    def room(self, session: Session) -> Room:
        """Return how much room there is for a database to grow."""

    def bytes_of(self, session: Session, table: PairedTable, rows: int) -> int:
        """Estimate what the rows of a table take."""


class Ddl(Protocol):
    """The statements of the steps, with names qualified by `schema` if one is given.

    `do` and `undo` are of `functools.singledispatch`, with one function a step.
    """

    def do(self, step: Step, schema: str = "") -> tuple[str, ...]:
        """Return the statements that do a step."""

    def undo(self, step: Step, schema: str = "") -> tuple[str, ...]:
        """Return the statements that take a step back."""

    def create_state(self, schema: str = "") -> tuple[str, ...]:
        """Return the statements that create our own tables, where they are not there yet."""


class Tracing(Protocol):
    """Telling what a database shows of the steps, and what only has a name like ours."""

    def missing(self, steps: Iterable[Step], info: DatabaseInfo) -> list[tuple[Lack, ...]]:
        """Return for each step what a database lacks of it, or has otherwise than it makes it."""

    def strangers(self, info: DatabaseInfo, tables: Collection[str]) -> tuple[str, ...]:
        """Return what has a name like ours and cannot be ours, each with what to do about it.

        Args:
            info: what the database has.
            tables: the names of the tables that are on record; none before a migration.
        """


class Scripting(Protocol):
    """What a script of the engine has besides the statements of steps."""

    @property
    def NEEDS(self) -> str:  # noqa: N802 - a constant of the module
        """The version that can run it."""

    @property
    def KEY(self) -> tuple[str, ...]:  # noqa: N802
        """The columns that address a row of whatever table."""

    @property
    def LIMITS(self) -> tuple[str, ...]:  # noqa: N802
        """What a backfill by script cannot do, in lines of prose."""

    def do_script(
        self, tables: tuple[PairedTable, ...], steps: Iterable[Step], *, expanded: bool
    ) -> tuple[str, ...]:
        """Return the statements that do some steps, all of them or none.

        Args:
            tables: the tables of the contract, whose names the database has to know.
            steps: what to do.
            expanded: whether their epoch columns have to be there already.
        """

    def undo_script(
        self, tables: tuple[PairedTable, ...], steps: Iterable[Step]
    ) -> tuple[str, ...]:
        """Return the statements that take some steps back, all of them or none."""

    def verify_script(
        self, tables: tuple[PairedTable, ...], valid_range: tuple[int, int]
    ) -> tuple[str, ...]:
        """Return queries for what is wrong or missing; no row means that nothing is."""


class Surveying(Protocol):
    """Telling which storage forms a column holds."""

    def count_forms(
        self,
        session: Session,
        table: str,
        pair: ColumnPair,
        valid_range: tuple[int, int] | None = None,
        sample: Sample | None = None,
    ) -> tuple[FormCount, ...]:
        """Count the forms in a legacy column, the most frequent first.

        Args:
            session: an open database.
            table: the table.
            pair: which of its columns.
            valid_range: the first and the last instant that are not counted as outside.
            sample: which of the rows to look at; None for all of them.
        """

    def first_values(self, session: Session, table: str, column: str) -> list[Any]:
        """Return the first values of a column that are not NULL, shortened."""

    def among(
        self, session: Session, table: str, column: str, values: Sequence[NullValue]
    ) -> tuple[NullValue, ...]:
        """Return which of some values a column holds, as they are stored."""

    def has_finer(self, session: Session, table: str, pair: ColumnPair) -> bool:
        """Return whether a legacy column holds more than milliseconds."""

    def ties(self, session: Session, table: str, pair: ColumnPair) -> int:
        """Return how many rows differ from another one by less than a millisecond."""

    def latest_values(self, session: Session, table: TableInfo, pair: ColumnPair) -> list[object]:
        """Return the last legacy values that do not stand for NULL, by the key, the last first."""


class Filling(Protocol):
    """Filling the epoch columns, and what makes that quick."""

    def prepared(
        self, session: Session, tables: Sequence[PairedTable]
    ) -> AbstractContextManager[None]:
        """Let a session fill some tables in the block."""

    def alone(self, session: Session) -> AbstractContextManager[None]:
        """Let a migration that takes each table in one pass be quick in the block."""

    def indexing(self, session: Session) -> AbstractContextManager[None]:
        """Let an index that is built in the block hold others up for a short time only."""

    def without_triggers(self, session: Session, table: str) -> AbstractContextManager[bool]:
        """Run a block in which no UPDATE of a table fires a trigger.

        Yields:
            Whether the schema is changed by it, which other connections have to read anew then.
        """

    def resumed(self, session: Session, table: PairedTable, cursor: Cursor) -> Cursor | None:
        """Return an earlier run's cursor as this one goes on from it; None if it cannot."""

    def start(self, session: Session, table: PairedTable, rows: int) -> Cursor:
        """Return the cursor at the beginning of a table that has so many rows, about."""

    def fill(self, session: Session, table: PairedTable, cursor: Cursor, size: int) -> Cursor:
        """Fill the next rows of a table, at most `size`, and return the cursor behind them."""

    def fill_all(
        self,
        session: Session,
        table: PairedTable,
        cursor: Cursor,
        stop: StopFlag,
        progress: ProgressCallback,
    ) -> None:
        """Fill all of a table, in a transaction that keeps everybody else out."""

    def prune(self, session: Session, table: PairedTable) -> None:
        """Delete the entries of the quarantine to which no unconverted value belongs any more."""


class Repairing(Protocol):
    """Writing one column of a pair by the other, row by row, in ranges of the key."""

    def batches(self, session: Session, table: PairedTable, size: int) -> Iterator[tuple[Any, Any]]:
        """Yield ranges of keys, of so many rows each, for all that a table holds now."""

    def unsure_rows(
        self, session: Session, table: PairedTable, after: Any, upto: Any
    ) -> list[UnsureRow]:
        """Return the rows of a range in which a pair is not certainly right."""

    def write_epoch(
        self,
        session: Session,
        table: PairedTable,
        pair: ColumnPair,
        key: tuple[Any, ...],
        ms: int | None,
    ) -> None:
        """Write an epoch value."""

    def write_legacy(
        self, session: Session, table: PairedTable, pair: ColumnPair, key: tuple[Any, ...]
    ) -> None:
        """Write a legacy value by the epoch value, as sync triggers do, if there is one for it."""

    def list_unconverted(self, session: Session, table: PairedTable, after: Any, upto: Any) -> None:
        """List in the quarantine what has no instant in a range of rows."""


class Proving(Protocol):
    """Telling values that are certainly right from those that Python has to judge."""

    @property
    def KEY_ORDER(self) -> str:  # noqa: N802 - a constant of the module
        """SQL that orders the quarantine of a table by `row_key` as the database orders rows."""

    def count_columns(
        self, session: Session, table: PairedTable, valid_range: tuple[int, int]
    ) -> tuple[int, tuple[ColumnCounts, ...]]:
        """Return the number of rows, and the counts in the order of the columns."""

    def unsure_rows(
        self, session: Session, table: PairedTable, valid_range: tuple[int, int]
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the key, and both values of every pair, of rows that are not certainly right."""

    def doubtful_epochs(self, session: Session, table: PairedTable) -> Iterator[tuple[Any, ...]]:
        """Yield both values of every pair, of rows with an epoch value not certainly right."""

    def count_filled(
        self,
        session: Session,
        table: str,
        legacy: str | None,
        epoch: str | None,
        reading: Reading,
    ) -> tuple[int, int, int]:
        """Return how many values there are, that have an epoch value, and that stand for NULL.

        Args:
            session: an open database.
            table: the table.
            legacy: the legacy column; None if it is gone, and the epoch column's values count.
            epoch: the epoch column; None if it is not there yet.
            reading: how legacy values are read.
        """

    def unlisted(
        self, session: Session, table: PairedTable, pair: ColumnPair
    ) -> tuple[int, list[str]]:
        """Return how many rows without an instant the quarantine lacks, and the keys of some."""

    def left_over(self, session: Session, table: PairedTable, pair: ColumnPair) -> list[str]:
        """Return the row keys in the quarantine to which no unconverted value belongs."""

    def implausible(
        self, session: Session, table: str, epoch: str, valid_range: tuple[int, int]
    ) -> int:
        """Return how many values of an epoch column are not integers of the valid range."""

    def write_error(self, session: Session, table: str) -> str | None:
        """Return why an INSERT, UPDATE or DELETE of a table cannot work; None if each can."""

    def has_version(self, session: Session, version: VersionRow) -> bool:
        """Return whether the version row is there."""


class Removing(Protocol):
    """Taking columns out of tables."""

    def prepared(self, session: Session) -> AbstractContextManager[None]:
        """Set what dropping columns needs and what cannot be set inside a transaction."""

    def dependents(
        self, session: Session, info: DatabaseInfo, columns: Collection[tuple[str, str]]
    ) -> list[Dependent]:
        """Return the application's views and triggers that need any of some columns.

        Args:
            session: an open database.
            info: what it has.
            columns: tables and columns, in lower case.
        """

    def broken(self, session: Session, info: DatabaseInfo) -> dict[tuple[str, str], str]:
        """Return the error of every view, and of every table's triggers, that does not work."""

    def dependent_indexes(
        self, info: DatabaseInfo, table: str, columns: Collection[str]
    ) -> list[DependentIndex]:
        """Return the application's indexes on a table that name any of some columns."""

    def drop(
        self,
        session: Session,
        table: str,
        successors: dict[str, str],
        indexes: Collection[DependentIndex],
        succession: Succession | None = None,
    ) -> Dropped:
        """Drop columns with what is on them.

        Args:
            session: a database in a transaction, prepared for it.
            table: the table.
            successors: the column that takes over, by each column to drop.
            indexes: those that go with them.
            succession: what the table is to be; None for all but what names the columns.

        Raises:
            Refused: something of the table itself depends on a column; the message names it.
        """

    def successions(
        self, session: Session, tables: tuple[PairedTable, ...]
    ) -> dict[str, Succession]:
        """Return what becomes of some tables, by their names, when their legacy columns go."""

    def ties(self, session: Session, part: Contract, rest: Contract) -> list[str]:
        """Return the foreign keys that have legacy columns of both parts of a contract."""

    def violations(self, session: Session) -> dict[str, set[tuple[object, ...]]]:
        """Return what violates foreign keys, by the table that has them."""

    def unsound(self, session: Session, table: str) -> str | None:
        """Return what is wrong in a table and its indexes; None if nothing is."""


class BackingUp(Protocol):
    """Copying a database."""

    def back_up(
        self, session: Session, path: Path, progress: ProgressCallback, stop: StopFlag
    ) -> None:
        """Write a verified copy of one moment.

        Raises:
            Refused: it cannot be written there.
            Failed: the copy is not sound.
            Interrupted: somebody asked to stop; nothing is left of the copy.
        """
