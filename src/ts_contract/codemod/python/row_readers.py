"""Who reads a column of a query's rows, and whether all of them are understood.

The lint engine tells which expressions hold rows of which query. Here each of them is asked what
becomes of it: a column may be taken out, the row may be tested or counted; anything else hands it
to code that is not seen. `value_readers` asks the same of the values taken out.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ...source.columns.analysis import find_statements
from ...source.columns.rows import RowFinder
from ...source.file import File
from ...source.python.branches import comes_before
from ...source.python.names import called_name, loads_of
from ...source.sql.queries import EXECUTING
from ...source.sql.references import Statement
from .value_readers import is_test

__all__ = ["RowReaders", "Uses"]

_SAFE_ATTRIBUTES = frozenset({
    "arraysize", "close", "commit", "connection", "execute", "executemany", "executescript",
    "lastrowid", "rollback", "row_factory", "rowcount", "cursor", "__exit__", "__enter__",
})  # fmt: skip
_SAFE_CALLS = frozenset({"len", "bool", "any", "all", "isinstance", "enumerate", "zip"})
_ORDERING = frozenset({"sorted", "min", "max"})


@dataclass(slots=True, eq=False)
class Uses:
    """How a column of some queries' rows is read.

    Attributes:
        statements: those whose rows are read together.
        keys: places in the file of the column's name, quotes left out, where it is read by name.
        values: the expressions that take the column out of a row.
        unknown: why some reader is not seen; empty where all are.
    """

    statements: list[Statement] = field(default_factory=list)
    keys: list[tuple[int, int]] = field(default_factory=list)
    values: list[ast.expr] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    position: int | None


class RowReaders:
    """Follows the rows of one file to their readers.

    Args:
        file: the file.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._source = file.source
        self._finder = RowFinder(file.source, file.part(find_statements))

    @cached_property
    def _holders(self) -> dict[Statement, list[tuple[ast.expr, str]]]:
        """Each query's expressions that hold its rows, and whether they hold one or many."""
        holders: dict[Statement, list[tuple[ast.expr, str]]] = {}
        kinds = (
            ast.Name, ast.Call, ast.Subscript, ast.Await, ast.NamedExpr, ast.IfExp, ast.BoolOp,
            ast.ListComp, ast.GeneratorExp,
        )  # fmt: skip
        for kind in kinds:
            for node in self._source.nodes(kind):
                assert isinstance(node, ast.expr)
                if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
                    continue
                rows = self._finder.rows_of(node)
                for statement in rows.statements if rows else ():
                    if not self._is_connection(node, statement):
                        assert rows is not None
                        holders.setdefault(statement, []).append((node, rows.kind))
        return holders

    def _is_connection(self, node: ast.expr, statement: Statement) -> bool:
        """Tell whether a name is what ran the query, while the rows are in the call's result."""
        call = statement.query.call
        if call is None or not isinstance(node, ast.Name):
            return False
        func = call.func
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
            return False
        return func.value.id == node.id and not self._is_dropped(call)

    def _is_dropped(self, call: ast.Call) -> bool:
        parent = self._source.parent(call)
        if isinstance(parent, ast.Await):
            parent = self._source.parent(parent)
        return isinstance(parent, ast.Expr)

    def uses(self, statement: Statement, name: str, position: int | None) -> Uses:
        """Return how a column of a statement's rows is read.

        Args:
            statement: the statement.
            name: the name that rows have the column under, in lower case; empty if only the
                database knows.
            position: its place in a row, from 0; None if it stands behind a `*`.
        """
        uses = Uses()
        column = _Column(name, position)
        pending = [statement]
        while pending:
            query = pending.pop()
            if query in uses.statements:
                continue
            uses.statements.append(query)
            pending += self._read(query, column, uses)
        uses.unknown = list(dict.fromkeys(uses.unknown))
        return uses

    def _read(self, query: Statement, column: _Column, uses: Uses) -> list[Statement]:
        call = query.query.call
        if call is None:
            uses.unknown.append("the query is handed to code that is not seen")
            return []
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in EXECUTING:
            uses.unknown.append("the query is handed to a function whose rows are not known")
            return []
        others: list[Statement] = []
        holders = self._holders.get(query, [])
        if self._is_dropped(call) and not any(node is not call for node, _ in holders):
            uses.unknown.append("the rows are fetched where it is not seen")
        for node, kind in holders:
            rows = self._finder.rows_of(node)
            others += rows.statements if rows else ()
            self._row_use(node, kind, column, uses)
        return others

    # --- rows --------------------------------------------------------------------------------

    def _row_use(self, node: ast.expr, kind: str, column: _Column, uses: Uses) -> None:
        """Record what becomes of an expression that holds rows."""
        parent = self._source.parent(node)
        match parent:
            case ast.Expr() | ast.If() | ast.While() | ast.Assert() | ast.Await() | ast.UnaryOp():
                return
            case ast.Compare():
                return
            case ast.IfExp(test=test) if test is node:
                return
            case ast.BoolOp() | ast.IfExp() | ast.ListComp() | ast.GeneratorExp():
                if self._finder.rows_of(parent) is None and not is_test(parent, self._source):
                    uses.unknown.append("the rows are mixed with something else")
            case ast.Attribute():
                self._attribute(parent, kind, column, uses)
            case ast.Subscript(value=value) if value is node:
                self._subscript(parent, kind, column, uses)
            case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
                self._bound(target, kind, column, uses)
            case ast.NamedExpr(target=target):
                self._bound(target, kind, column, uses)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                if parent.iter is node:
                    self._bound(parent.target, "one", column, uses)
            case ast.withitem(optional_vars=target):
                if target is not None:
                    self._bound(target, kind, column, uses)
            case ast.Call():
                self._argument(parent, node, kind, column, uses)
            case ast.Starred():
                call = self._source.parent(parent)
                where = called_name(call) if isinstance(call, ast.Call) else "something"
                uses.unknown.append(f"the row is handed to {where}")
            case ast.Return() | ast.Yield() | ast.YieldFrom() | ast.Lambda():
                uses.unknown.append(f"the {_noun(kind)} the function")
            case _:
                uses.unknown.append(f"the {_noun(kind)} what is seen")

    def _attribute(self, node: ast.Attribute, kind: str, column: _Column, uses: Uses) -> None:
        call = self._source.parent(node)
        called = isinstance(call, ast.Call) and call.func is node
        if node.attr in _SAFE_ATTRIBUTES:
            return
        if called and self._finder.rows_of(call) is not None:  # type: ignore[arg-type]
            return
        if kind == "one":
            if called and node.attr in {"get", "pop"}:
                assert isinstance(call, ast.Call)
                self._key(call, call.args[0] if call.args else None, column, uses)
                return
            if not called and node.attr.lower() == column.name:
                end = self._source.span(node)[1]
                uses.keys.append((end - len(node.attr), end))
                uses.values.append(node)
                return
            if not called:
                return  # another column
        if kind == "many" and called and node.attr == "sort":
            assert isinstance(call, ast.Call)
            self._sort_key(call, column, uses)
            return
        if kind == "many" and node.attr in {"append", "extend"}:
            return
        uses.unknown.append(f"the rows are asked for .{node.attr}, which may name all columns")

    def _subscript(self, node: ast.Subscript, kind: str, column: _Column, uses: Uses) -> None:
        if kind == "many":
            return
        if isinstance(node.ctx, ast.Store | ast.Del):
            if (
                isinstance(node.slice, ast.Constant)
                and str(node.slice.value).lower() != column.name
            ):
                return
            uses.unknown.append("the row is changed")
            return
        self._key(node, node.slice, column, uses)

    def _key(self, value: ast.expr, key: ast.expr | None, column: _Column, uses: Uses) -> None:
        """Record a column that is taken out of a row by name or position."""
        if isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.USub):
            uses.unknown.append("a column is counted from the end of the row")
            return
        if not isinstance(key, ast.Constant):
            uses.unknown.append("a column is named only when the program runs")
            return
        if isinstance(key.value, str):
            if key.value.lower() != column.name:
                return
            start, end = self._source.span(key)
            raw = self._source.text[start:end]
            at = raw.lower().find(column.name)
            if at < 0:
                uses.unknown.append("a column's name is spelled with escapes")
                return
            uses.keys.append((start + at, start + at + len(column.name)))
            uses.values.append(value)
        elif type(key.value) is int:
            if column.position is None:
                uses.unknown.append("a column is taken by its position behind a *")
            elif key.value == column.position:
                uses.values.append(value)

    def _bound(self, target: ast.expr, kind: str, column: _Column, uses: Uses) -> None:
        """Record what becomes of rows that are bound to a name, or taken apart."""
        match target:
            case ast.Name():
                for load in loads_of(target, self._source):
                    held = self._finder.rows_of(load)
                    if held is None and self._may_see(target, load):
                        uses.unknown.append(f"{target.id} may hold something else too")
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if kind == "one":
                self._unpacked(elements, column, uses)
            case ast.Tuple(elts=[_, ast.Name() as second]):
                held_all = [self._finder.rows_of(load) for load in loads_of(second, self._source)]
                if any(held is None for held in held_all):
                    uses.unknown.append("the rows are taken apart")
            case _:
                uses.unknown.append(f"the {_noun(kind)} the function")

    def _may_see(self, target: ast.Name, load: ast.Name) -> bool:
        return self._source.scope(load) is not self._source.scope(target) or comes_before(
            self._source, target, load
        )

    def _unpacked(self, elements: Sequence[ast.expr], column: _Column, uses: Uses) -> None:
        if column.position is None or any(isinstance(e, ast.Starred) for e in elements):
            uses.unknown.append("the row is taken apart behind a *")
            return
        if column.position >= len(elements):
            return
        element = elements[column.position]
        if not isinstance(element, ast.Name):
            uses.unknown.append("the value leaves the function")
            return
        if len(self._source.bindings(element)) != 1:
            uses.unknown.append(f"{element.id} may hold something else too")
            return
        uses.values += loads_of(element, self._source)

    def _argument(
        self, call: ast.Call, node: ast.expr, kind: str, column: _Column, uses: Uses
    ) -> None:
        name = called_name(call)
        if call.func is node:
            uses.unknown.append("the row is called")
            return
        if isinstance(call.func, ast.Name) and name in _SAFE_CALLS:
            return
        if isinstance(call.func, ast.Name) and name in _ORDERING:
            self._sort_key(call, column, uses)
            return
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"append", "extend"}:
            uses.unknown.append(f"the {_noun(kind)} what is seen")
            return
        if self._finder.rows_of(call) is not None and name in {
            "list", "tuple", "iter", "reversed", "next", "dict",
        }:  # fmt: skip
            return
        uses.unknown.append(f"the row is handed to {name or 'a function'}")

    def _sort_key(self, call: ast.Call, column: _Column, uses: Uses) -> None:
        """Record what the key function of an ordering reads."""
        key = next((k.value for k in call.keywords if k.arg == "key"), None)
        if key is None:
            uses.unknown.append("whole rows are compared")
            return
        if not isinstance(key, ast.Lambda) or len(key.args.args) != 1:
            uses.unknown.append("rows are ordered by a function that is not seen")
            return
        name = key.args.args[0].arg
        for node in ast.walk(key.body):
            if isinstance(node, ast.Name) and node.id == name:
                self._row_use(node, "one", column, uses)


def _noun(kind: str) -> str:
    return "rows leave" if kind == "many" else "row leaves"
