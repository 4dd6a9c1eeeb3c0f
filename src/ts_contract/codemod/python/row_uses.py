"""What is done with rows: a column is read from them, or they cannot be followed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...source.columns.rows import RowFinder
from ...source.python.branches import comes_before
from ...source.python.names import called_name
from ...source.python.source import Source
from ..changes import Span
from .value_readers import is_test

__all__ = ["ColumnOfRows", "Taken", "Unknown"]

_SAFE_ATTRIBUTES = frozenset({
    "arraysize", "close", "commit", "connection", "execute", "executemany", "executescript",
    "lastrowid", "rollback", "row_factory", "rowcount", "cursor", "__exit__", "__enter__",
})  # fmt: skip
_SAFE_CALLS = frozenset({"len", "bool", "any", "all", "isinstance", "enumerate", "zip"})
_ORDERING = frozenset({"sorted", "min", "max"})
_SAME_ROWS = frozenset({"list", "tuple", "iter", "reversed", "next", "dict"})


@dataclass(frozen=True, slots=True)
class Taken:
    """The column is taken out of a row.

    Attributes:
        value: the expression that takes it.
        key: the place of the column's name, quotes left out, where it is taken by name.
    """

    value: ast.expr
    key: Span | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Rows are used where the column cannot be followed.

    Attributes:
        reason: how, one clause.
    """

    reason: str


Use = Taken | Unknown


@dataclass(frozen=True, slots=True)
class ColumnOfRows:
    """One column of rows, and what is done with it where the rows are.

    Attributes:
        source: the file.
        finder: tells which expressions hold rows.
        name: the name that rows have the column under, in lower case; empty if only the database
            knows.
        position: its place in a row, from 0; None if it stands behind a `*`.
    """

    source: Source
    finder: RowFinder
    name: str
    position: int | None

    def uses(self, node: ast.expr, kind: str) -> Iterator[Use]:
        """Yield what becomes of an expression that holds rows; nothing where it is harmless.

        Args:
            node: the expression.
            kind: whether it holds `one` row or `many`.
        """
        parent = self.source.parent(node)
        match parent:
            case ast.Attribute():
                yield from self._attribute(parent, kind)
            case ast.Subscript(value=value) if value is node:
                yield from self._subscript(parent, kind)
            case ast.Call():
                yield from self._argument(parent, node, kind)
            case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
                yield from self._bound(target, kind)
            case ast.NamedExpr(target=target) | ast.withitem(optional_vars=ast.expr() as target):
                yield from self._bound(target, kind)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                if parent.iter is node:
                    yield from self._bound(parent.target, "one")
            case _ if not self._is_harmless(node, parent):
                yield Unknown(self._leaves(parent, kind))

    def _is_harmless(self, node: ast.expr, parent: ast.AST | None) -> bool:
        """Tell whether rows are only tested, dropped, or stay rows."""
        match parent:
            case ast.Expr() | ast.If() | ast.While() | ast.Assert() | ast.Await() | ast.UnaryOp():
                return True
            case ast.Compare() | ast.withitem():
                return True
            case ast.IfExp(test=test) if test is node:
                return True
            case ast.BoolOp() | ast.IfExp() | ast.ListComp() | ast.GeneratorExp():
                return self._holds_rows(parent) or is_test(parent, self.source)
        return False

    def _leaves(self, parent: ast.AST | None, kind: str) -> str:
        """Return how rows leave what can be followed."""
        match parent:
            case ast.BoolOp() | ast.IfExp() | ast.ListComp() | ast.GeneratorExp():
                return "the rows are mixed with something else"
            case ast.Starred():
                call = self.source.parent(parent)
                where = called_name(call) if isinstance(call, ast.Call) else "something"
                return f"the row is handed to {where}"
            case ast.Return() | ast.Yield() | ast.YieldFrom() | ast.Lambda():
                return _leave_the_function(kind)
        return _cannot_be_followed(kind)

    # --- attributes and methods --------------------------------------------------------------

    def _attribute(self, node: ast.Attribute, kind: str) -> Iterator[Use]:
        parent = self.source.parent(node)
        call = parent if isinstance(parent, ast.Call) and parent.func is node else None
        if node.attr in _SAFE_ATTRIBUTES:
            return
        if call is not None and self._holds_rows(call):
            return
        if kind == "one":
            yield from self._attribute_of_one(node, call)
        else:
            yield from self._attribute_of_many(node, call)

    def _attribute_of_one(self, node: ast.Attribute, call: ast.Call | None) -> Iterator[Use]:
        if call is None:
            if node.attr.lower() == self.name:
                end = self.source.span(node)[1]
                yield Taken(node, (end - len(node.attr), end))
        elif node.attr in {"get", "pop"}:
            yield from self._key(call, call.args[0] if call.args else None)
        else:
            yield _asked_for(node)

    def _attribute_of_many(self, node: ast.Attribute, call: ast.Call | None) -> Iterator[Use]:
        if call is not None and node.attr == "sort":
            yield from self._sort_key(call)
        elif node.attr not in {"append", "extend"}:
            yield _asked_for(node)

    # --- keys and positions ------------------------------------------------------------------

    def _subscript(self, node: ast.Subscript, kind: str) -> Iterator[Use]:
        if kind == "many":
            return
        if not isinstance(node.ctx, ast.Store | ast.Del):
            yield from self._key(node, node.slice)
        elif not isinstance(node.slice, ast.Constant) or self._is_name(node.slice.value):
            yield Unknown("the row is changed")

    def _is_name(self, key: object) -> bool:
        return str(key).lower() == self.name

    def _key(self, value: ast.expr, key: ast.expr | None) -> Iterator[Use]:
        """Yield a column that is taken out of a row by name or position."""
        if isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.USub):
            yield Unknown("a column is counted from the end of the row")
        elif not isinstance(key, ast.Constant):
            yield Unknown("the name of a column is known only at run time")
        elif isinstance(key.value, str):
            if self._is_name(key.value):
                yield self._named(value, key)
        elif type(key.value) is int:
            if self.position is None:
                yield Unknown("a column is read by its position behind a * or an unknown part")
            elif key.value == self.position:
                yield Taken(value)

    def _named(self, value: ast.expr, key: ast.Constant) -> Use:
        start, end = self.source.span(key)
        at = self.source.text[start:end].lower().find(self.name)
        if at < 0:
            return Unknown("a column's name is spelled with escapes")
        return Taken(value, (start + at, start + at + len(self.name)))

    # --- names -------------------------------------------------------------------------------

    def _bound(self, target: ast.expr, kind: str) -> Iterator[Use]:
        """Yield what becomes of rows that are bound to a name, or taken apart."""
        match target:
            case ast.Name():
                loads = self.source.loads_of(target)
                if any(
                    not self._holds_rows(load) and self._may_see(target, load) for load in loads
                ):
                    yield Unknown(f"{target.id} may hold something else too")
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if kind == "one":
                yield from self._unpacked(elements)
            case ast.Tuple(elts=[_, ast.Name() as second]):
                if not all(map(self._holds_rows, self.source.loads_of(second))):
                    yield Unknown("the rows are unpacked")
            case _:
                yield Unknown(_leave_the_function(kind))

    def _holds_rows(self, node: ast.expr) -> bool:
        return self.finder.rows_of(node) is not None

    def _may_see(self, target: ast.Name, load: ast.Name) -> bool:
        """Tell whether a name may hold, where it is read, what is bound to it here."""
        return self.source.scope(load) is not self.source.scope(target) or comes_before(
            self.source, target, load
        )

    def _unpacked(self, elements: Sequence[ast.expr]) -> Iterator[Use]:
        if self.position is None or any(isinstance(e, ast.Starred) for e in elements):
            yield Unknown("the row is unpacked where a * or an unknown part hides positions")
            return
        if self.position >= len(elements):
            return
        element = elements[self.position]
        if not isinstance(element, ast.Name):
            yield Unknown("the value leaves the function")
        elif len(self.source.bindings(element)) != 1:
            yield Unknown(f"{element.id} may hold something else too")
        else:
            yield from map(Taken, self.source.loads_of(element))

    # --- calls -------------------------------------------------------------------------------

    def _argument(self, call: ast.Call, node: ast.expr, kind: str) -> Iterator[Use]:
        name = called_name(call)
        if call.func is node:
            yield Unknown("the row is called")
        elif isinstance(call.func, ast.Name) and name in _SAFE_CALLS:
            return
        elif isinstance(call.func, ast.Name) and name in _ORDERING:
            yield from self._sort_key(call)
        elif isinstance(call.func, ast.Attribute) and name in {"append", "extend"}:
            yield Unknown(_cannot_be_followed(kind))
        elif not self._holds_rows(call) or name not in _SAME_ROWS:
            yield Unknown(f"the row is handed to {name or 'a function'}")

    def _sort_key(self, call: ast.Call) -> Iterator[Use]:
        """Yield what the key function of an ordering reads."""
        key = next((k.value for k in call.keywords if k.arg == "key"), None)
        if key is None:
            yield Unknown("whole rows are compared")
            return
        if not isinstance(key, ast.Lambda) or len(key.args.args) != 1:
            yield Unknown("rows are ordered by a function that cannot be followed")
            return
        name = key.args.args[0].arg
        for node in ast.walk(key.body):
            if isinstance(node, ast.Name) and node.id == name:
                yield from self.uses(node, "one")


def _asked_for(node: ast.Attribute) -> Unknown:
    return Unknown(f"the rows are asked for .{node.attr}, which may name all columns")


def _leave_the_function(kind: str) -> str:
    return f"the {'rows leave' if kind == 'many' else 'row leaves'} the function"


def _cannot_be_followed(kind: str) -> str:
    them, they = ("rows are", "they") if kind == "many" else ("row is", "it")
    return f"the {them} used where {they} cannot be followed"
