"""The sqlite3 connection behind whatever a test has: a path, a URL, SQLAlchemy's or Django's."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from . import connections
from .connections import Connection

__all__ = ["borrowed"]

_ACCEPTED = (
    "give a path, sqlite:///path, a sqlite3 connection, an Engine, Connection or Session of "
    "SQLAlchemy, or Django's connection"
)


@contextmanager
def borrowed(target: Any) -> Iterator[Connection]:
    """Lend the sqlite3 connection of a target; what was opened for it is closed afterwards.

    An open transaction of a connection is seen, and goes on.

    Raises:
        TypeError: it is none of what is accepted.
        ValueError: there is no such file, or it is another database's.
    """
    if isinstance(target, str | os.PathLike):
        path = _path(target)
        with connections.unobserved(), closing(sqlite3.connect(path)) as connection:
            yield connection
    elif connections.is_connection(target):
        yield target
    elif _comes_from(target, "sqlalchemy.ext.asyncio"):
        raise _refusal(target)
    elif _comes_from(target, "sqlalchemy"):
        with _sqlalchemy(target) as connection:
            yield connection
    elif _comes_from(target, "django") and hasattr(target, "ensure_connection"):
        target.ensure_connection()
        yield _driver(target.connection, target)
    else:
        raise _refusal(target)


def _path(target: str | os.PathLike[str]) -> Path:
    text = os.fspath(target)
    scheme, found, rest = text.partition("://")
    if found:
        if scheme.partition("+")[0].lower() != "sqlite":
            raise ValueError(f"{scheme}://...: not a SQLite database; {_ACCEPTED}")
        text = unquote(rest.partition("?")[0].removeprefix("/"))
    if not Path(text).is_file():
        raise ValueError(f"{text}: no such file")
    return Path(text)


def _comes_from(target: object, package: str) -> bool:
    return any(f"{cls.__module__}.".startswith(f"{package}.") for cls in type(target).__mro__)


@contextmanager
def _sqlalchemy(target: Any) -> Iterator[Connection]:
    if hasattr(target, "get_bind") and hasattr(target, "connection"):  # a Session
        with _sqlalchemy(target.connection()) as connection:
            yield connection
    elif hasattr(target, "exec_driver_sql"):  # a Connection
        yield _driver(target.connection.driver_connection, target)
    elif hasattr(target, "dispose") and target.dialect.name == "sqlite":  # an Engine
        with target.connect() as connection:
            yield _driver(connection.connection.driver_connection, target)
    else:
        raise _refusal(target)


def _driver(connection: object, target: object) -> Connection:
    """Return a driver's connection; refuse one that is not sqlite3's."""
    if not connections.is_connection(connection):
        raise _refusal(target)
    assert isinstance(connection, sqlite3.Connection)
    return connection


def _refusal(target: object) -> TypeError:
    kind = f"{type(target).__module__}.{type(target).__qualname__}"
    return TypeError(f"a {kind} is not a database that can be looked at; {_ACCEPTED}")
