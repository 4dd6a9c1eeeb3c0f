"""Finds what a call binds to the placeholders of its SQL: a tuple, a dict, rows, arguments."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeGuard

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
    keys = [placeholder.key for placeholder in statement.placeholders]
    given_rows = _rows(source, given) if called_name(call) == "executemany" else [given]
    rows = [_elements(row, keys, source) for row in given_rows]
    return {
        key: tuple(row[key] for row in rows)
        for key in keys
        if rows and all(key in row for row in rows)
    }


def _parameters(source: Source, call: ast.Call, anchor: ast.expr) -> ast.expr | None:
    """Return the tuple, list, dict or rows that a call binds, one assignment followed."""
    given: ast.expr | None = None
    rest: Sequence[ast.expr] = ()
    if anchor in call.args:
        rest = call.args[call.args.index(anchor) + 1 :]
    if rest:
        given = _literal(source, rest[0])
        scalar = not _is_container(given, source)
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
        if _is_container(value, source) and not _grows(source, node):
            return value
    return node


def _is_container(node: ast.expr | None, source: Source) -> TypeGuard[ast.expr]:
    return isinstance(node, _CONTAINERS) or (isinstance(node, ast.Call) and _is_dict(node, source))


def _is_dict(call: ast.Call, source: Source) -> bool:
    return source.resolve(call.func) == "builtins.dict"


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


def _elements(
    row: ast.expr, keys: Sequence[int | str], source: Source
) -> dict[int | str, ast.expr]:
    """Return the expressions of a row by the keys that bind them, without what a star hides."""
    if isinstance(row, ast.Call) and _is_dict(row, source):
        return {keyword.arg: keyword.value for keyword in row.keywords if keyword.arg is not None}
    if isinstance(row, ast.Dict):
        named = zip(reversed(row.keys), reversed(row.values), strict=True)
        return {
            name.value: value
            for name, value in named
            if isinstance(name, ast.Constant) and isinstance(name.value, int | str)
        }
    if isinstance(row, ast.Tuple | ast.List):
        wanted = 1 + max((key for key in keys if isinstance(key, int)), default=-1)
        return _positions(row.elts, wanted)
    return {}


def _positions(elements: Sequence[ast.expr], wanted: int) -> dict[int | str, ast.expr]:
    """Return elements by position, counted from the end where a star stands before them."""
    stars = [i for i, element in enumerate(elements) if isinstance(element, ast.Starred)]
    before = elements[: stars[0]] if stars else elements
    found: dict[int | str, ast.expr] = {}
    if stars:
        behind = reversed(elements[stars[-1] + 1 :])
        found.update((wanted - n, element) for n, element in enumerate(behind, start=1))
    found.update(enumerate(before))
    return found


def _arguments_behind(call: ast.Call, anchor: ast.expr) -> ast.Tuple | None:
    """Return the arguments of a call behind one of them, as a tuple would hold them."""
    if anchor not in call.args:
        return None
    return ast.Tuple(elts=call.args[call.args.index(anchor) + 1 :], ctx=ast.Load())
