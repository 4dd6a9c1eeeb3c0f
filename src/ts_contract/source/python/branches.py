"""The order of execution within one function: what can have happened before a name is used.

Only the order of the text and the branches of `if` and `match` count; loops are taken to run once.
"""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from .source import Source

__all__ = ["branches_of", "comes_before", "exclusive", "in_order", "reaching", "visible"]


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
    branches = branches_of(source, one)
    return any(
        branches.get(above, branch) is not branch for above, branch in _branches(source, other)
    )


def branches_of(source: Source, node: ast.AST) -> dict[ast.AST, object]:
    """Return each `if` and `match` around a node with the branch of it that the node is in."""
    return dict(_branches(source, node))


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
    for index in range(len(starts) - 1, -1, -1):
        if _is_straight(source, starts[index], straight):
            return list(starts[index:])
    return list(starts)


def visible(
    source: Source,
    events: Sequence[ast.AST],
    use: ast.AST,
    hides: Callable[[ast.AST], bool] = lambda event: True,
) -> list[ast.AST]:
    """Return those of some events that come before a use and that nothing hides from it.

    It looks back from the use, and no further than to what hides the rest.

    Args:
        source: the file.
        events: what happens to a name, in the order of the file.
        use: the node that uses the name.
        hides: tells whether an event, if it is unconditional, hides all earlier ones.
    """
    straight = {id(block) for block in _blocks(source, use)}
    around = set(source.ancestors(use))
    branches = branches_of(source, use)
    found: list[ast.AST] = []
    for index in range(bisect_left(events, _place(use), key=_place) - 1, -1, -1):
        event = events[index]
        if event in around or any(
            branches.get(above, branch) is not branch for above, branch in _branches(source, event)
        ):
            continue
        found.append(event)
        if hides(event) and _is_straight(source, event, straight):
            break
    return found[::-1]


def _is_straight(source: Source, event: ast.AST, straight: set[int]) -> bool:
    """Tell whether an event stands directly in one of some blocks."""
    block = next(_blocks(source, event), None)
    return block is not None and id(block) in straight


def _place(node: ast.AST) -> tuple[int, int]:
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def _branches(source: Source, node: ast.AST) -> Iterator[tuple[ast.AST, object]]:
    """Yield each `if` and `match` around `node` with the branch of it that `node` is in."""
    child = node
    for above in source.ancestors(node):
        if isinstance(above, ast.If) and child is not above.test:
            yield above, source.block(child)
        elif isinstance(above, ast.Match) and isinstance(child, ast.match_case):
            yield above, child
        elif isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        child = above


def _blocks(source: Source, node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of statements around `node`, innermost first, up to its function's."""
    child = node
    for above in source.ancestors(node):
        block = source.block(child)
        if block is not None:
            yield block
        if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return
        child = above
