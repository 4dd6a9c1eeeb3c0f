"""Names in the tree: the last name of what is called."""

from __future__ import annotations

import ast

__all__ = ["called_name", "last_name"]


def last_name(node: ast.AST | None) -> str:
    """Return the last part of a name: `b` of `a.b` and of `b`; empty for anything else.

    Example:
        >>> last_name(ast.parse("db.session.execute", mode="eval").body)
        'execute'
    """
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def called_name(node: ast.AST | None) -> str:
    """Return the last part of the name that is called; empty for anything but such a call.

    Example:
        >>> called_name(ast.parse("db.session.execute(sql)", mode="eval").body)
        'execute'
    """
    return last_name(node.func) if isinstance(node, ast.Call) else ""
