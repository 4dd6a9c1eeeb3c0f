"""What the migration asks of an engine: a Protocol for each facet, and the session they work on.

An engine is a package with a module for each facet. `Engine` holds the modules, so that mypy checks
each of their functions against its Protocol. Facets raise the errors of `migration.errors` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from ..schema import DatabaseInfo
from ..stopping import StopFlag

__all__ = [
    "Connecting",
    "Connection",
    "Engine",
    "Inspecting",
    "Rows",
    "Session",
    "Target",
    "TransactionKind",
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
class Engine:
    """One engine, as the modules that fill its facets.

    Attributes:
        name: its name, also that of its package.
        connection: opens a database.
        inspection: tells what a database has.
    """

    name: str
    connection: Connecting
    inspection: Inspecting


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
