"""SQLite's names and literals, as they stand in SQL."""

from __future__ import annotations

__all__ = ["literal", "name_in", "quote"]


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


def name_in(name: str, schema: str) -> str:
    """Return a quoted name, with its schema before it if there is one.

    Example:
        >>> print(name_in("tasks", "main"), name_in("tasks", ""))
        "main"."tasks" "tasks"
    """
    return f"{quote(schema)}.{quote(name)}" if schema else quote(name)
