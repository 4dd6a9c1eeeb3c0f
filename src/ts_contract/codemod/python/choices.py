"""Names of columns among which users choose: they change together, or not at all.

In `sort = given if given in ALLOWED else "created_at"` the name that is written out reaches the
same place of the SQL as those that users give. Theirs are part of an interface and stay.
"""

from __future__ import annotations

import ast
import re

from ...source.file import File
from ...source.python.source import Source
from ..changes import Span

__all__ = ["chosen_by_users"]

_COLUMN = re.compile(r"\s*+[\w.]++(?:\s++(?:ASC|DESC))?\s*+", re.IGNORECASE)


def chosen_by_users(span: Span, file: File) -> str:
    """Return why the name of a column has to stay; empty where it is the only thing that is named.

    Args:
        span: the place of the name.
        file: the file.
    """
    source = file.source
    names = file.part(_find_names)
    text = next((node for node in names if _covers(source.span(node), span)), None)
    if text is None:
        return ""
    node: ast.expr = text
    parent = source.parent(node)
    while isinstance(parent, ast.IfExp | ast.BoolOp):
        others = _values(parent)
        if node not in others:
            return ""  # it is the condition
        if not all(_is_written(other, "", source) for other in others):
            return _reason(parent)
        node, parent = parent, source.parent(parent)
    match parent:
        case (
            ast.Assign(targets=[ast.Name() as name])
            | ast.AnnAssign(target=ast.Name() as name)
            | ast.NamedExpr(target=ast.Name() as name)
        ):
            values = [binding.value for binding in source.bindings(name)]
            if not all(v is not None and _is_written(v, name.id, source) for v in values):
                return f"users choose {name.id} among names that stay as they are"
    return ""


def _find_names(file: File) -> list[ast.Constant]:
    """Return the texts of a file that are the name of a legacy column and no more."""
    return [
        node
        for node in file.source.nodes(ast.Constant)
        if isinstance(node.value, str)
        and _COLUMN.fullmatch(node.value)
        and any(column in node.value.lower() for column in file.legacy_columns)
    ]


def _covers(outer: Span, inner: Span) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _values(node: ast.IfExp | ast.BoolOp) -> list[ast.expr]:
    return [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values


def _is_written(node: ast.expr, name: str, source: Source) -> bool:
    """Tell whether all that an expression may be is written in the file."""
    match node:
        case ast.Constant():
            return True
        case ast.Name():
            value = source.value(node)
            return node.id == name or isinstance(value, ast.Constant)
        case ast.IfExp() | ast.BoolOp():
            return all(_is_written(value, name, source) for value in _values(node))
        case ast.BinOp(left=left, right=right):
            return _is_written(left, name, source) and _is_written(right, name, source)
        case ast.JoinedStr(values=values):
            held = [v.value for v in values if isinstance(v, ast.FormattedValue)]
            return all(_is_written(value, name, source) for value in held)
    return False


def _reason(choice: ast.expr) -> str:
    named = [node.id for node in ast.walk(choice) if isinstance(node, ast.Name)]
    return f"users choose {named[0] if named else 'a name'} among names that stay as they are"
