"""Follows rows through Python: which statement a row comes from.

A row is known by its way from the call that runs a query: `fetchone`, `fetchall`, iteration over
a cursor or a call, comprehensions, `dict(row)`, names, and functions of the same file that return
one. What comes any other way is not a row.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from ..python.bindings import assigned_value, is_empty
from ..python.branches import in_order, visible
from ..python.names import called_name
from ..python.source import Source
from ..sql.references import Statement

__all__ = ["QueryRows", "RowFinder"]

_ONE = frozenset({"fetchone", "first", "one", "one_or_none", "fetchrow", "fetch_one"})
_MANY = frozenset({"fetchall", "fetchmany", "all", "fetch", "fetch_all", "iterate", "partitions"})
_SAME = frozenset({"mappings", "cursor", "execute", "unique", "yield_per"})
_FETCHING = _ONE | _MANY | _SAME - {"execute", "cursor"}
_LISTING = frozenset({"list", "tuple", "iter", "reversed", "sorted"})
_RUNS_QUERY = frozenset({"execute", "executemany", "executescript"})
_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class QueryRows:
    """What an expression holds: the rows of some statements, or one of them.

    Attributes:
        kind: `many` for a cursor, a list or an iterator of rows, `one` for a row.
        statements: those that they may come from.
    """

    kind: Literal["many", "one"]
    statements: tuple[Statement, ...]


class RowFinder:
    """Follows rows through one file.

    Args:
        source: the file.
        statements: its statements.
    """

    def __init__(self, source: Source, statements: Sequence[Statement]) -> None:
        self._source = source
        self._by_call: dict[ast.Call, list[Statement]] = {}
        for statement in statements:
            if statement.query.call is not None:
                self._by_call.setdefault(statement.query.call, []).append(statement)
        self._following: list[ast.AST] = []
        self._known: dict[ast.AST, QueryRows | None] = {}
        self._known_values: dict[
            tuple[str, ast.AST | None], tuple[Sequence[ast.AST], Sequence[ast.AST]]
        ] = {}

    def rows_of(self, node: ast.AST) -> QueryRows | None:
        """Return what rows an expression holds, if any are known."""
        if node in self._known:
            return self._known[node]
        if node in self._following or len(self._following) > _MAX_DEPTH:
            return None
        self._following.append(node)
        try:
            found = self._evaluate(node)
        finally:
            self._following.pop()
        self._known[node] = found
        return found

    def _evaluate(self, node: ast.AST) -> QueryRows | None:
        match node:
            case ast.Await(value=value) | ast.NamedExpr(value=value) | ast.Starred(value=value):
                return self.rows_of(value)
            case ast.Call():
                return self._call(node)
            case ast.Name():
                return self._name(node) or self._last_run(node, node)
            case ast.Subscript(value=value, slice=index):
                many = self.rows_of(value)
                if many is None or many.kind == "one":
                    return None
                return many if isinstance(index, ast.Slice) else _element(many)
            case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
                one = self.rows_of(element)
                return QueryRows("many", one.statements) if one is not None else None
            case ast.IfExp(body=body, orelse=orelse):
                return self._agreed([body, orelse])
            case ast.BoolOp(values=values):
                return self._agreed(values)
        return None

    def _agreed(self, nodes: Sequence[ast.AST]) -> QueryRows | None:
        """Return the rows that all of several ways give; an empty one has nothing to read."""
        return _joined([self.rows_of(node) for node in nodes if not is_empty(node)])

    def _call(self, call: ast.Call) -> QueryRows | None:
        if isinstance(call.func, ast.Attribute):
            return self._method(call, call.func)
        if call in self._by_call:
            return None  # a function of the project: what it returns is not known
        name = called_name(call)
        if name == "next" and call.args:
            many = self.rows_of(call.args[0])
            return _element(many) if many is not None else None
        if len(call.args) == 1 and (name in _LISTING or (name == "dict" and not call.keywords)):
            return self.rows_of(call.args[0])
        return self._helper(call)

    def _method(self, call: ast.Call, method: ast.Attribute) -> QueryRows | None:
        name = method.attr
        if call in self._by_call:
            return QueryRows("one" if name in _ONE else "many", tuple(self._by_call[call]))
        if name in _FETCHING:
            many = self.rows_of(method.value) or self._last_run(method.value, call)
            if many is not None:
                return _element(many) if name in _ONE else many
        elif name == "copy":
            return self.rows_of(method.value)
        return self._helper(call)

    def _last_run(self, cursor: ast.expr, use: ast.expr) -> QueryRows | None:
        """Return the rows of the last query that a cursor has run before a use."""
        path = _path(cursor)
        if path is None:
            return None
        runs = self._runs.get((path, self._source.scope(use)), ())
        ways = visible(self._source, runs, use)
        found = [self._by_call.get(call) for call in ways if isinstance(call, ast.Call)]
        if not found or not all(found):
            return None
        return QueryRows("many", tuple(s for statements in found if statements for s in statements))

    @cached_property
    def _runs(self) -> dict[tuple[str, ast.AST], list[ast.AST]]:
        """The calls of `cursor.execute` and its like, in order, by the cursor's path and scope."""
        runs: dict[tuple[str, ast.AST], list[ast.AST]] = {}
        for call in self._source.nodes(ast.Call):
            if isinstance(call.func, ast.Attribute) and call.func.attr in _RUNS_QUERY:
                path = _path(call.func.value)
                if path is not None:
                    runs.setdefault((path, self._source.scope(call)), []).append(call)
        return {key: in_order(calls) for key, calls in runs.items()}

    # --- names and functions -----------------------------------------------------------------

    def _name(self, name: ast.Name) -> QueryRows | None:
        bindings = self._source.bindings(name)
        if len(bindings) == 1 and isinstance(bindings[0].node, ast.arg):
            return self._handed(bindings[0].node)
        scope = self._source.binding_scope(name)
        nodes, loops = self._values(name, scope)
        if scope is self._source.scope(name):
            loop = self._loop_around(name, loops)
            if loop is not None:
                return self._bound_by(loop, name.id)
            nodes = visible(self._source, nodes, name)
        return _joined(
            [self._bound_by(n, name.id) for n in nodes if not is_empty(assigned_value(n))]
        )

    def _values(
        self, name: ast.Name, scope: ast.AST | None
    ) -> tuple[Sequence[ast.AST], Sequence[ast.AST]]:
        """Return what gives a name its values, in order, and the loops among it.

        Nothing where anything but values is bound.
        """
        known = self._known_values.get((name.id, scope))
        if known is None:
            bindings = self._source.bindings(name)
            nodes = [binding.node for binding in bindings]
            if any(b.kind in {"import", "argument", "definition"} for b in bindings):
                nodes = []
            loops = [n for n in nodes if isinstance(n, ast.For | ast.AsyncFor | ast.comprehension)]
            known = self._known_values[name.id, scope] = in_order(nodes), loops
        return known

    def _loop_around(self, name: ast.Name, loops: Sequence[ast.AST]) -> ast.AST | None:
        """Return the loop or comprehension, among what binds a name, that the use is inside of."""
        around = set(self._source.ancestors(name)) if loops else set()
        found = next((loop for loop in loops if loop in around), None)
        if found is None and loops and isinstance(self._source.scope(name), _COMPREHENSIONS):
            return loops[0]
        return found

    def _handed(self, argument: ast.arg) -> QueryRows | None:
        """Return what every call of this file hands to an argument of a function."""
        function = self._source.parent(self._source.parent(argument) or argument)
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        given = [
            _given(call, function, argument.arg)
            for call in self._calls.get(function.name, ())
            if self._means(call, function)
        ]
        if not given or any(value is None for value in given):
            return None
        return self._agreed([value for value in given if value is not None])

    def _means(self, call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Tell whether a call is of `function`: a method by its name, if the file has one such."""
        if isinstance(call.func, ast.Name):
            return self._function(call.func) is function
        return self._defined[function.name] == 1

    @cached_property
    def _calls(self) -> dict[str, list[ast.Call]]:
        """The calls of the file, by the last part of the name that is called."""
        calls: dict[str, list[ast.Call]] = {}
        for call in self._source.nodes(ast.Call):
            calls.setdefault(called_name(call), []).append(call)
        return calls

    @cached_property
    def _defined(self) -> Counter[str]:
        """How many functions of the file have each name."""
        names = [function.name for function in self._source.nodes(ast.FunctionDef)]
        names += [function.name for function in self._source.nodes(ast.AsyncFunctionDef)]
        return Counter(names)

    def _bound_by(self, node: ast.AST, name: str) -> QueryRows | None:
        """Return what a name holds that `node` binds."""
        match node:
            case ast.Assign(value=value) | ast.NamedExpr(value=value):
                return self.rows_of(value)
            case ast.AnnAssign(value=ast.expr() as value):
                return self.rows_of(value)
            case ast.withitem(context_expr=value):
                return self.rows_of(value)
            case (
                ast.For(target=target, iter=rows)
                | ast.AsyncFor(target=target, iter=rows)
                | ast.comprehension(target=target, iter=rows)
            ):
                if isinstance(target, ast.Name):
                    many = self.rows_of(rows)
                    return _element(many) if many is not None else None
            case ast.Tuple(elts=[_, ast.Name(id=second)]) if second == name:
                loop = self._source.parent(node)
                if isinstance(loop, ast.For | ast.comprehension):
                    return self._enumerated(loop.iter)
        return None

    def _enumerated(self, rows: ast.expr) -> QueryRows | None:
        match rows:
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner, *_]):
                many = self.rows_of(inner)
                return _element(many) if many is not None else None
        return None

    def _helper(self, call: ast.Call) -> QueryRows | None:
        """Return what a function of this file gives, if every way out of it is known."""
        function = self._function(call.func)
        if function is None:
            return None
        returned: list[ast.AST] = []
        yielded: list[ast.AST] = []
        for node in ast.walk(function):
            if self._source.scope(node) is not function:
                continue
            if isinstance(node, ast.Return) and node.value is not None:
                returned.append(node.value)
            elif isinstance(node, ast.Yield) and node.value is not None:
                yielded.append(node.value)
        if yielded:
            one = self._agreed(yielded)
            return (
                QueryRows("many", one.statements) if one is not None and one.kind == "one" else None
            )
        return self._agreed(returned)

    def _function(self, func: ast.expr) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        match func:
            case ast.Name():
                bindings = self._source.bindings(func)
                nodes: Sequence[ast.AST] = [binding.node for binding in bindings]
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                classes = (c for c in self._source.ancestors(func) if isinstance(c, ast.ClassDef))
                owner = next(classes, None)
                nodes = [n for n in owner.body if getattr(n, "name", "") == name] if owner else []
            case _:
                return None
        if len(nodes) == 1 and isinstance(nodes[0], ast.FunctionDef | ast.AsyncFunctionDef):
            return nodes[0]
        return None


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def _given(
    call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str
) -> ast.expr | None:
    """Return the expression that a call gives to an argument of a function."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    names = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
    if names[:1] in (["self"], ["cls"]) and isinstance(call.func, ast.Attribute):
        names = names[1:]
    at = names.index(name) if name in names else len(call.args)
    if at >= len(call.args) or any(isinstance(a, ast.Starred) for a in call.args[: at + 1]):
        return None
    return call.args[at]


def _joined(ways: Sequence[QueryRows | None]) -> QueryRows | None:
    """Return the rows of several ways together, if all are known and of one kind."""
    known = [rows for rows in ways if rows is not None]
    if len(known) < len(ways) or len({rows.kind for rows in known}) != 1:
        return None
    return replace(known[0], statements=tuple(s for rows in known for s in rows.statements))


def _element(many: QueryRows) -> QueryRows | None:
    """Return one of many rows."""
    return QueryRows("one", many.statements) if many.kind == "many" else None


def _path(node: ast.expr) -> str | None:
    """Return a name or a chain of attributes as text, so that two uses can be compared."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        above = _path(node.value)
        return None if above is None else f"{above}.{node.attr}"
    return None
