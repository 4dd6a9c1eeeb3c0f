"""Collapses dual writes: what wrote both columns of a pair writes the epoch column alone.

The legacy column leaves the list of an INSERT with its values, or its assignment leaves a SET;
what was bound to it leaves the tuple.
"""

from __future__ import annotations

import ast

from ...source.edits import Edit
from ...source.file import File
from ...source.instants.clocks import is_clock
from ...source.sql.queries import Query
from ...source.sql.references import Reference
from ...source.sql.text import Placeholder
from ..changes import NotProvedError, Rewrite
from ..edits.lists import without_item
from ..edits.sql import Editor
from ..python.bound_values import is_repeatable
from .tokens import Place, StatementTokens

__all__ = ["collapse"]


def collapse(
    reference: Reference, tokens: StatementTokens, editor: Editor, file: File
) -> tuple[Rewrite, list[Placeholder]]:
    """Return the rewrite that takes one legacy column out of a dual write.

    Args:
        reference: the legacy column, as it is written.
        tokens: the statement's tokens.
        editor: of the file.
        file: the file.

    Returns:
        The rewrite, and the placeholders that go.

    Raises:
        NotProvedError: something that belongs to it is not visible in the file.
    """
    rewrite, query = Rewrite(), reference.query
    gone = _items_of(reference, tokens)
    for item in gone:
        items = tokens.list_around(item)
        if len(items) < 2 or item not in items:
            raise NotProvedError("the list around the column cannot be read")
        spans = [tokens.indexes(other) for other in items]
        rewrite.edits.append(editor.replaced(query, *without_item(spans, items.index(item)), ""))
    marks = _marks_in(query, [tokens.indexes(item) for item in gone])
    for mark in marks:
        _unbind(query, mark, file, rewrite)
    return rewrite, marks


def _items_of(reference: Reference, tokens: StatementTokens) -> list[Place]:
    """Return what belongs to the column: its name and its values, or its assignment."""
    column = tokens.place(reference.first, reference.last)
    values = [tokens.place(value.first, value.last) for value in reference.values]
    places = [place for place in values if place is not None]
    if column is None or not places or len(places) < len(values):
        raise NotProvedError("the value written to the column is not visible in this file")
    if reference.role == "insert":
        return [column, *places]
    return [Place(column.first, places[0].last)]


def _marks_in(query: Query, places: list[tuple[int, int]]) -> list[Placeholder]:
    return [
        mark
        for mark in query.placeholders
        if any(first <= mark.first and mark.last <= last for first, last in places)
    ]


def _unbind(query: Query, mark: Placeholder, file: File, rewrite: Rewrite) -> None:
    """Take what is bound to a placeholder out of its tuple; a name may stay in a dict."""
    if isinstance(mark.key, str):
        return
    if query.text.value[mark.first : mark.last] not in {"?", "%s"}:
        raise NotProvedError("the placeholders are numbered")
    nodes = query.bound.get(mark.key, ())
    if not nodes:
        raise NotProvedError("the bound value is not visible in this file")
    for node in nodes:
        holder = file.source.parent(node)
        if not isinstance(holder, ast.Tuple | ast.List) or len(holder.elts) < 2:
            raise NotProvedError("the bound value is not one of several in a tuple")
        if isinstance(node, ast.NamedExpr):
            rewrite.edits += _without_name(holder, node, file)
            continue
        calls = [n for n in ast.walk(node) if isinstance(n, ast.Call) and not is_clock(n, file)]
        if calls and not is_repeatable(node, file):
            rewrite.reasons.append("the function that gave the bound value is no longer called")
        rewrite.edits += _without_element(holder, node, file)


def _without_name(holder: ast.Tuple | ast.List, node: ast.NamedExpr, file: File) -> list[Edit]:
    """Return the edits that compute a value only where the one that stands behind it names it."""
    source, name = file.source, node.target.id
    following = holder.elts[holder.elts.index(node) + 1 :][:1]
    used = [n for f in following for n in ast.walk(f) if isinstance(n, ast.Name) and n.id == name]
    named = [n for n in source.nodes(ast.NamedExpr) if n.target.id == name]
    start, _ = source.span(node)
    opening = source.text[:start].rstrip()
    if len(used) != 1 or len(source.loads(name)) != len(named) or not opening.endswith("("):
        raise NotProvedError("the bound value is named, and used in other places")
    value = source.text[slice(*source.span(node.value))]
    return [
        Edit(len(opening) - 1, source.span(following[0])[0], ""),
        Edit(*source.span(used[0]), value),
    ]


def _without_element(holder: ast.Tuple | ast.List, node: ast.expr, file: File) -> list[Edit]:
    source = file.source
    index = holder.elts.index(node)
    start, end = without_item([source.span(element) for element in holder.elts], index)
    edits = [Edit(start, end, "")]
    if isinstance(holder, ast.Tuple) and len(holder.elts) == 2:
        last = source.span(holder.elts[-1])[1]
        if "," not in source.text[last : source.span(holder)[1]]:
            edits.append(Edit(last, last, ","))
    return edits
