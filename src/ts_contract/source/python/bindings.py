"""Finds what binds a name: imports, arguments, assignments, definitions, and all else.

Pure functions over the nodes of a tree; `Source` asks them, and knows the scopes.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

__all__ = [
    "Binding",
    "assigned_value",
    "bindings_by",
    "find_aliases",
    "find_binders",
    "is_empty",
    "place",
]

Node = TypeVar("Node", bound=ast.AST)
BindingKind = Literal["import", "argument", "assignment", "definition", "other"]

_NAMED: tuple[type[ast.AST], ...] = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.ExceptHandler,
    ast.MatchAs,
    ast.MatchStar,
    ast.MatchMapping,
)


class Nodes(Protocol):
    """Gives every node of a class, in the order of the file: `Source.nodes`."""

    def __call__(self, kind: type[Node], /) -> Sequence[Node]: ...


@dataclass(frozen=True, slots=True)
class Binding:
    """One place where a name gets its meaning within a scope.

    Attributes:
        kind: `import`, `argument`, `assignment` (a plain `name = value`), `definition` (class or
            function), or `other` (loop, with, unpacking, augmented, deleted, pattern).
        node: the statement, argument or name that binds.
        dotted: for an import the canonical dotted name.
        value: for an assignment what is assigned.
    """

    kind: BindingKind
    node: ast.AST
    dotted: str | None = None
    value: ast.expr | None = None


def find_aliases(nodes: Nodes) -> frozenset[str]:
    """Return the names that an import with `as`, or an assignment, gives to what has another."""
    pairs: list[tuple[ast.expr, ast.expr | None]] = [
        *((target, node.value) for node in nodes(ast.Assign) for target in node.targets),
        *((node.target, node.value) for node in nodes(ast.AnnAssign)),
        *((node.target, node.value) for node in nodes(ast.NamedExpr)),
    ]
    named = ast.Name | ast.Attribute
    return frozenset(
        {alias.asname for alias in nodes(ast.alias) if alias.asname}
        | {t.id for t, value in pairs if isinstance(value, named) and isinstance(t, ast.Name)}
    )


def find_binders(nodes: Nodes) -> dict[str, list[ast.AST]]:
    """Return the names, arguments, imports and statements that bind each name in the file."""
    found: defaultdict[str, list[ast.AST]] = defaultdict(list)
    load = ast.Load
    for name in [n for n in nodes(ast.Name) if n.ctx.__class__ is not load]:
        found[name.id].append(name)
    for argument in nodes(ast.arg):
        found[argument.arg].append(argument)
    for kind in _NAMED:
        for node in nodes(kind):
            bound = getattr(node, "rest" if kind is ast.MatchMapping else "name")
            if bound is not None:
                found[bound].append(node)
    for alias in nodes(ast.alias):
        found[_local_name(alias)].append(alias)
    return found


def bindings_by(node: ast.AST, name: str, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Binding]:
    """Yield the meanings that one node gives to a name.

    Args:
        node: one of those that `find_binders` has for the name.
        name: the name.
        parents: the node around each node.
    """
    match node:
        case ast.Name():
            yield from _assigned_by(parents[node])
        case ast.arg():
            yield Binding("argument", node)
        case ast.alias():
            yield _imported_by(node, parents[node], name)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield Binding("definition", node)
        case _:
            yield Binding("other", node)


def _imported_by(alias: ast.alias, statement: ast.AST, name: str) -> Binding:
    if not isinstance(statement, ast.ImportFrom):
        return Binding("import", statement, alias.name if alias.asname else name)
    module = "." * statement.level + (statement.module or "")
    dot = "" if module.endswith(".") else "."
    return Binding("import", statement, f"{module}{dot}{alias.name}")


def _assigned_by(statement: ast.AST) -> Iterator[Binding]:
    match statement:
        case ast.Assign(value=value) | ast.NamedExpr(value=value):
            yield Binding("assignment", statement, value=value)
        case ast.AnnAssign(value=ast.expr() as value):
            yield Binding("assignment", statement, value=value)
        case ast.AnnAssign():
            pass  # an annotation alone binds nothing
        case _:
            yield Binding("other", statement)


def place(node: ast.AST) -> tuple[int, int]:
    """Return where a node that binds stands, to sort by."""
    assert isinstance(
        node, ast.stmt | ast.expr | ast.arg | ast.excepthandler | ast.pattern | ast.alias
    )
    return node.lineno, node.col_offset


def _local_name(alias: ast.alias) -> str:
    """Return the name that an import binds: `import a.b` binds `a`, no name has a dot."""
    return alias.asname or alias.name.partition(".")[0]


def assigned_value(node: ast.AST) -> ast.AST:
    """Return what an assignment assigns; of any other node, itself."""
    return getattr(node, "value", None) or node


def is_empty(node: ast.AST) -> bool:
    """Tell whether an expression is None, or an empty collection: nothing to read from."""
    match node:
        case ast.Constant(value=None) | ast.List(elts=[]) | ast.Dict(keys=[]) | ast.Tuple(elts=[]):
            return True
    return False
