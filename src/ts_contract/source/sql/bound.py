"""Finds what a call binds to the placeholders of its SQL: a tuple, a dict, rows, arguments."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from ..python.names import called_name
from ..python.source import Source
from .text import StatementText, Text

__all__ = ["find_bound"]

_PARAMETER_KEYWORDS = ("parameters", "params", "args", "vars", "values", "seq_of_parameters")
_CONTAINERS = (ast.Tuple, ast.List, ast.Dict, ast.ListComp, ast.GeneratorExp)


def find_bound(
    source: Source, call: ast.Call, anchor: ast.expr, text: Text, statement: StatementText
) -> dict[int | str, tuple[ast.expr, ...]]:
    """Return what a call binds to each placeholder of the SQL that it is handed.

    Args:
        source: the file.
        call: the call.
        anchor: the argument that is the SQL.
        text: the SQL.
        statement: its first statement.

    Returns:
        The bound expressions by the placeholder's key, as far as they are visible in this file:
        one, or for `executemany` one a row.
    """
    if not statement.placeholders:
        return {}
    first = statement.placeholders[0]
    if text.value[first.first] == "$" and isinstance(first.key, int):
        # asyncpg: each value is an argument of its own
        given: ast.expr | None = _arguments_behind(call, anchor)
    else:
        given = _parameters(source, call, anchor)
    if given is None:
        return {}
    rows = _rows(source, given) if called_name(call) == "executemany" else [given]
    bound: dict[int | str, tuple[ast.expr, ...]] = {}
    for placeholder in statement.placeholders:
        values = [_element(row, placeholder.key, statement) for row in rows]
        if values and all(value is not None for value in values):
            bound[placeholder.key] = tuple(value for value in values if value is not None)
    return bound


def _parameters(source: Source, call: ast.Call, anchor: ast.expr) -> ast.expr | None:
    """Return the tuple, list, dict or rows that a call binds, one assignment followed."""
    given: ast.expr | None = None
    rest: Sequence[ast.expr] = ()
    if anchor in call.args:
        rest = call.args[call.args.index(anchor) + 1 :]
    if rest:
        given = _literal(source, rest[0])
        scalar = not isinstance(given, _CONTAINERS)
        if scalar and (len(rest) > 1 or not isinstance(given, ast.Name)):
            return _arguments_behind(call, anchor)
        return given
    for keyword in call.keywords:
        if keyword.arg in _PARAMETER_KEYWORDS:
            return _literal(source, keyword.value)
    return None


def _literal(source: Source, node: ast.expr) -> ast.expr:
    """Return the container that a name stands for, if one plain assignment says so."""
    if isinstance(node, ast.Name):
        value = source.value(node)
        if isinstance(value, _CONTAINERS) and not _grows(source, node):
            return value
    return node


def _grows(source: Source, name: ast.Name) -> bool:
    return any(
        isinstance(parent := source.parent(use), ast.Attribute)
        or (isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Store))
        for use in source.loads(name.id)
        if source.scope(use) is source.scope(name)
    )


def _rows(source: Source, given: ast.expr) -> list[ast.expr]:
    if isinstance(given, ast.List | ast.Tuple):
        return [_literal(source, row) for row in given.elts]
    if isinstance(given, ast.ListComp | ast.GeneratorExp):
        return [given.elt]
    return []


def _element(row: ast.expr, key: int | str, statement: StatementText) -> ast.expr | None:
    """Return the expression of a row that a key binds; None where a star hides it."""
    if isinstance(row, ast.Dict):
        return _under(row, key)
    if isinstance(row, ast.Tuple | ast.List) and isinstance(key, int):
        return _at(row.elts, key, statement)
    return None


def _under(row: ast.Dict, key: int | str) -> ast.expr | None:
    for name, value in zip(row.keys, row.values, strict=True):
        if isinstance(name, ast.Constant) and name.value == key:
            return value
    return None


def _at(elements: Sequence[ast.expr], key: int, statement: StatementText) -> ast.expr | None:
    """Return the element at a position, counted from the end where a star stands before it."""
    stars = [i for i, element in enumerate(elements) if isinstance(element, ast.Starred)]
    if not stars or key < stars[0]:
        return elements[key] if key < len(elements) else None
    wanted = 1 + max(p.key for p in statement.placeholders if isinstance(p.key, int))
    from_end = wanted - key
    hidden_after = len(elements) - 1 - stars[-1]
    return elements[-from_end] if from_end <= hidden_after else None


def _arguments_behind(call: ast.Call, anchor: ast.expr) -> ast.Tuple | None:
    """Return the arguments of a call behind one of them, as a tuple would hold them."""
    if anchor not in call.args:
        return None
    return ast.Tuple(elts=call.args[call.args.index(anchor) + 1 :], ctx=ast.Load())
