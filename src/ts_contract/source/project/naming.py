"""The tables that frameworks give to classes that name none, each by the framework's own rule."""

from __future__ import annotations

import re

__all__ = ["flask_name", "peewee_name"]

# After `flask_sqlalchemy.model` and `peewee`, whose second takes the square of a name's length.
_FLASK = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))")
_PEEWEE = (
    re.compile(r"(?<!^)(?<!_)_*([A-Z][a-z]+)"),
    re.compile(r"(?<=[a-z0-9])_*([A-Z])"),
)


def flask_name(name: str) -> str:
    """Return the table that Flask-SQLAlchemy gives a class.

    Example:
        >>> flask_name("ChatSession"), flask_name("HTTPLog")
        ('chat_session', 'http_log')
    """
    return _FLASK.sub(r"_\1", name).lower().lstrip("_")


def peewee_name(name: str, *, legacy: bool) -> str:
    """Return the table that peewee gives a class.

    Args:
        name: of the class.
        legacy: whether `legacy_table_names` is on, as it is by default.

    Example:
        >>> peewee_name("ChatSession", legacy=True), peewee_name("ChatSession", legacy=False)
        ('chatsession', 'chat_session')
    """
    if legacy:
        return name.lower()
    first, second = _PEEWEE
    return second.sub(r"_\1", first.sub(r"_\1", name)).lower()
