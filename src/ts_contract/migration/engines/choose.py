"""Which engine a database needs. The driver of no other engine is imported for it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from os import PathLike
from typing import Final

from ..errors import Refused
from .base import Engine, Session, Target

__all__ = ["ENGINES", "engine_named", "engine_of", "opened"]

ENGINES: Final = ("sqlite",)
"""The engines that there are, each with a package of its name."""

# The engine, by the scheme of a URL and by the module of a driver's connection.
_BY_SCHEME: Final = {"sqlite": "sqlite"}
_BY_DRIVER: Final = {"sqlite3": "sqlite"}
_SUPPORTED: Final = "only SQLite databases can be migrated yet; give a path or sqlite:///path"


def opened(
    target: Target, *, write: bool, schema: str | None = None
) -> AbstractContextManager[Session]:
    """Open a database by its engine, or borrow an open connection and put it back as it was.

    Args:
        target: a path, a URL, or an open connection outside a transaction.
        write: whether the work will change it.
        schema: whose tables are meant; None for what the engine takes by itself.

    Raises:
        Refused: it cannot be opened, or no engine here knows it.
        Failed: the engine refused something during the block.
    """
    engine = engine_of(target)
    return engine.connection.opened(engine, target, write=write, schema=schema)


def engine_of(target: Target) -> Engine:
    """Return the engine of a database.

    Args:
        target: a path, a URL (SQLAlchemy's `+driver` is accepted), or an open connection.

    Raises:
        Refused: no engine here knows it.

    Example:
        >>> engine_of("sqlite:///app.db").name
        'sqlite'
    """
    if isinstance(target, str) and "://" in target:
        scheme = target.partition("://")[0].lower()
        name = _BY_SCHEME.get(scheme.partition("+")[0])
        if name is None:
            raise Refused(f"{scheme}://...: {_SUPPORTED}")
        return engine_named(name)
    if isinstance(target, str | PathLike):
        return engine_named("sqlite")
    # A connection may be of a class that somebody derived from the driver's.
    drivers = (cls.__module__.partition(".")[0] for cls in type(target).__mro__)
    name = next((_BY_DRIVER[driver] for driver in drivers if driver in _BY_DRIVER), None)
    if name is None:
        raise Refused(f"a connection of {type(target).__module__}: {_SUPPORTED}")
    return engine_named(name)


def engine_named(name: str) -> Engine:
    """Return the engine of a name, which is that of its package."""
    engine: Engine = import_module(f".{name}", __package__).ENGINE
    return engine
