"""The order of execution within one function: what can have happened before a name is used.

Only the order of the text and the branches of `if` and `match` count; loops are taken to run once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from .source import Source

__all__ = ["comes_before", "exclusive", "in_order", "reaching"]


def in_order(nodes: Sequence[ast.AST]) -> list[ast.AST]:
    """Return nodes in the order of the file."""
    return sorted(nodes, key=_place)


def comes_before(source: Source, event: ast.AST, use: ast.AST) -> bool:
    """Tell whether an event can have happened when a node of its function is evaluated."""
    if _place(event) >= _place(use):
        return False
    return event not in source.ancestors(use) and not exclusive(source, event, use)


def exclusive(source: Source, one: ast.AST, other: ast.AST) -> bool:
    """Tell whether two nodes stand in different branches of one `if` or `match`."""
    branches = dict(_branches(source, one))
    return any(
        branches.get(above, branch) is not branch for above, branch in _branches(source, other)
    )


def reaching(source: Source, starts: Sequence[ast.AST], use: ast.AST) -> list[ast.AST]:
    """Return those of some assignments whose value a use can see.

    Args:
        source: the file.
        starts: assignments that come before the use, in the order of the file.
        use: the node that uses the name.

    Returns:
        The last unconditional assignment before the use, which hides all earlier ones, and those
        after it that stand in branches.
    """
    straight = {id(block) for block in _blocks(source, use)}
    last = 0
    for index, start in enumerate(starts):
        block = next(_blocks(source, start), None)
        if block is not None and id(block) in straight:
            last = index
    return list(starts[last:])


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _branches(source: Source, node: ast.AST) -> Iterator[tuple[ast.AST, object]]:
    """Yield each `if` and `match` around `node` with the branch of it that `node` is in."""
    child = node
    for above in source.ancestors(node):
        if isinstance(above, ast.If) and child is not above.test:
            yield above, above.orelse if child in above.orelse else above.body
        elif isinstance(above, ast.Match) and isinstance(child, ast.match_case):
            yield above, child
        elif isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        child = above


def _blocks(source: Source, node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of statements around `node`, innermost first, up to its function's."""
    child = node
    for above in source.ancestors(node):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(above, name, None)
            if isinstance(block, list) and child in block:
                yield block
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        child = above
