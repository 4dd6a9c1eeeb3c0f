"""SQLite's names and literals, as they stand in SQL."""

from __future__ import annotations

__all__ = ["column_in", "literal", "name_in", "quote", "quote_for_index"]


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


def column_in(column: str, table: str) -> str:
    """Return the quoted name of a column with its table before it.

    Alone, a quoted name that is not of a column is a string constant to SQLite, and no error:
    https://sqlite.org/quirks.html#dblquote

    Example:
        >>> print(column_in("c", "t"))
        "t"."c"
    """
    return f"{quote(table)}.{quote(column)}"


def quote_for_index(column: str) -> str:
    """Quote the name of a column for CREATE INDEX, where no table can stand before it.

    Backquotes are never taken for those of a string constant.

    Example:
        >>> print(quote_for_index("a`b"))
        `a``b`
    """
    return "`" + column.replace("`", "``") + "`"
