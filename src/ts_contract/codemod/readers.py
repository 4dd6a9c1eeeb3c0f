"""Who reads a column of a query's rows, and whether all of them are understood.

The lint engine tells which expressions hold rows of which query. Here each of them is asked what
becomes of it: a column may be taken out, the row may be tested or counted; anything else hands it
to code that is not seen. The same is asked of the values taken out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..lint.analysis import Resolved
from ..lint.clocks import is_none, is_utc, method_after, project_name
from ..lint.context import Context
from ..lint.findings import Edit
from ..lint.flow import comes_before
from ..lint.queries import EXECUTING
from ..lint.rows import RowFinder
from .changes import UnclearError
from .values import Rewrite, spelled_name

__all__ = ["Readers", "Uses"]

_ONE = frozenset({"fetchone", "first", "one", "one_or_none", "fetchrow", "fetch_one"})
_SAFE_ATTRIBUTES = frozenset({
    "arraysize", "close", "commit", "connection", "execute", "executemany", "executescript",
    "lastrowid", "rollback", "row_factory", "rowcount", "cursor", "__exit__", "__enter__",
})  # fmt: skip
_SAFE_CALLS = frozenset({"len", "bool", "any", "all", "isinstance", "enumerate", "zip"})
_ORDERING = frozenset({"sorted", "min", "max"})
_PARSERS = frozenset({
    "datetime.datetime.fromisoformat",
    "datetime.datetime.strptime",
    "dateutil.parser.isoparse",
    "dateutil.parser.parse",
})  # fmt: skip
_PROJECT_PARSER = re.compile(r"^_*(?:parse_\w*|from_iso\w*|\w*_from_iso|\w*to_datetime|to_dt)$")
_ZONELESS_PARTS = frozenset({
    "date", "day", "hour", "minute", "month", "second", "time", "weekday", "year", "toordinal",
})  # fmt: skip
_ADDS_ZONE = (("Z", "+00:00"), ("Z", ""))


@dataclass(slots=True, eq=False)
class Uses:
    """How a column of some queries' rows is read.

    Attributes:
        queries: the statements whose rows are read together.
        keys: places in the file of the column's name, quotes left out, where it is read by name.
        values: the expressions that take the column out of a row.
        escapes: why some reader is not seen; empty where all are.
    """

    queries: list[Resolved] = field(default_factory=list)
    keys: list[tuple[int, int]] = field(default_factory=list)
    values: list[ast.expr] = field(default_factory=list)
    escapes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    position: int | None


class Readers:
    """Follows the rows of one file to their readers.

    Args:
        context: the file.

    Attributes:
        bound: expressions that are bound to legacy columns, and change with them.
        converted: expressions that become milliseconds, as far as is known.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._source = context.source
        self._finder = RowFinder(context.source, context.analysis.queries)
        self.bound: frozenset[ast.expr] = frozenset()
        self.converted: frozenset[ast.expr] = frozenset()

    @cached_property
    def _holders(self) -> dict[Resolved, list[tuple[ast.expr, str]]]:
        """Each query's expressions that hold its rows, and whether they hold one or many."""
        holders: dict[Resolved, list[tuple[ast.expr, str]]] = {}
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
                for resolved in rows.queries if rows else ():
                    if not self._is_connection(node, resolved):
                        assert rows is not None
                        holders.setdefault(resolved, []).append((node, rows.kind))
        return holders

    def _is_connection(self, node: ast.expr, resolved: Resolved) -> bool:
        """Tell whether a name is what ran the query, while the rows are in the call's result."""
        call = resolved.query.call
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

    def uses(self, resolved: Resolved, name: str, position: int | None) -> Uses:
        """Return how a column of a statement's rows is read.

        Args:
            resolved: the statement.
            name: the name that rows have the column under, in lower case; empty if only the
                database knows.
            position: its place in a row, from 0; None if it stands behind a `*`.
        """
        uses = Uses()
        column = _Column(name, position)
        pending = [resolved]
        while pending:
            query = pending.pop()
            if query in uses.queries:
                continue
            uses.queries.append(query)
            pending += self._read(query, column, uses)
        uses.escapes = list(dict.fromkeys(uses.escapes))
        return uses

    def _read(self, query: Resolved, column: _Column, uses: Uses) -> list[Resolved]:
        call = query.query.call
        if call is None:
            uses.escapes.append("the query is handed to code that is not seen")
            return []
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in EXECUTING:
            uses.escapes.append("the query is handed to a function whose rows are not known")
            return []
        others: list[Resolved] = []
        holders = self._holders.get(query, [])
        if self._is_dropped(call) and not any(node is not call for node, _ in holders):
            uses.escapes.append("the rows are fetched where it is not seen")
        for node, kind in holders:
            rows = self._finder.rows_of(node)
            others += rows.queries if rows else ()
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
                if self._finder.rows_of(parent) is None and not self._is_test(parent):
                    uses.escapes.append("the rows are mixed with something else")
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
                where = _name_of(call.func) if isinstance(call, ast.Call) else "something"
                uses.escapes.append(f"the row is handed to {where}")
            case ast.Return() | ast.Yield() | ast.YieldFrom() | ast.Lambda():
                uses.escapes.append(f"the {_noun(kind)} the function")
            case _:
                uses.escapes.append(f"the {_noun(kind)} what is seen")

    def _is_test(self, node: ast.AST) -> bool:
        parent = self._source.parent(node)
        if isinstance(parent, ast.If | ast.While | ast.Assert | ast.UnaryOp):
            return True
        return isinstance(parent, ast.IfExp | ast.comprehension) and (
            node is getattr(parent, "test", None) or node in getattr(parent, "ifs", ())
        )

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
        uses.escapes.append(f"the rows are asked for .{node.attr}, which may name all columns")

    def _subscript(self, node: ast.Subscript, kind: str, column: _Column, uses: Uses) -> None:
        if kind == "many":
            return
        if isinstance(node.ctx, ast.Store | ast.Del):
            if (
                isinstance(node.slice, ast.Constant)
                and str(node.slice.value).lower() != column.name
            ):
                return
            uses.escapes.append("the row is changed")
            return
        self._key(node, node.slice, column, uses)

    def _key(self, value: ast.expr, key: ast.expr | None, column: _Column, uses: Uses) -> None:
        """Record a column that is taken out of a row by name or position."""
        if isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.USub):
            uses.escapes.append("a column is counted from the end of the row")
            return
        if not isinstance(key, ast.Constant):
            uses.escapes.append("a column is named only when the program runs")
            return
        if isinstance(key.value, str):
            if key.value.lower() != column.name:
                return
            start, end = self._source.span(key)
            raw = self._source.text[start:end]
            at = raw.lower().find(column.name)
            if at < 0:
                uses.escapes.append("a column's name is spelled with escapes")
                return
            uses.keys.append((start + at, start + at + len(column.name)))
            uses.values.append(value)
        elif type(key.value) is int:
            if column.position is None:
                uses.escapes.append("a column is taken by its position behind a *")
            elif key.value == column.position:
                uses.values.append(value)

    def _bound(self, target: ast.expr, kind: str, column: _Column, uses: Uses) -> None:
        """Record what becomes of rows that are bound to a name, or taken apart."""
        match target:
            case ast.Name():
                for load in self._loads(target):
                    held = self._finder.rows_of(load)
                    if held is None and self._may_see(target, load):
                        uses.escapes.append(f"{target.id} may hold something else too")
            case ast.Tuple(elts=elements) | ast.List(elts=elements) if kind == "one":
                self._unpacked(elements, column, uses)
            case ast.Tuple(elts=[_, ast.Name() as second]):
                held_all = [self._finder.rows_of(load) for load in self._loads(second)]
                if any(held is None for held in held_all):
                    uses.escapes.append("the rows are taken apart")
            case _:
                uses.escapes.append(f"the {_noun(kind)} the function")

    def _may_see(self, target: ast.Name, load: ast.Name) -> bool:
        return self._source.scope(load) is not self._source.scope(target) or comes_before(
            self._source, target, load
        )

    def _unpacked(self, elements: Sequence[ast.expr], column: _Column, uses: Uses) -> None:
        if column.position is None or any(isinstance(e, ast.Starred) for e in elements):
            uses.escapes.append("the row is taken apart behind a *")
            return
        if column.position >= len(elements):
            return
        element = elements[column.position]
        if not isinstance(element, ast.Name):
            uses.escapes.append("the value leaves the function")
            return
        if len(self._source.bindings(element)) != 1:
            uses.escapes.append(f"{element.id} may hold something else too")
            return
        uses.values += self._loads(element)

    def _argument(
        self, call: ast.Call, node: ast.expr, kind: str, column: _Column, uses: Uses
    ) -> None:
        name = _name_of(call.func)
        if call.func is node:
            uses.escapes.append("the row is called")
            return
        if isinstance(call.func, ast.Name) and name in _SAFE_CALLS:
            return
        if isinstance(call.func, ast.Name) and name in _ORDERING:
            self._sort_key(call, column, uses)
            return
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"append", "extend"}:
            uses.escapes.append(f"the {_noun(kind)} what is seen")
            return
        if self._finder.rows_of(call) is not None and name in {
            "list", "tuple", "iter", "reversed", "next", "dict",
        }:  # fmt: skip
            return
        uses.escapes.append(f"the row is handed to {name or 'a function'}")

    def _sort_key(self, call: ast.Call, column: _Column, uses: Uses) -> None:
        """Record what the key function of an ordering reads."""
        key = next((k.value for k in call.keywords if k.arg == "key"), None)
        if key is None:
            uses.escapes.append("whole rows are compared")
            return
        if not isinstance(key, ast.Lambda) or len(key.args.args) != 1:
            uses.escapes.append("rows are ordered by a function that is not seen")
            return
        name = key.args.args[0].arg
        for node in ast.walk(key.body):
            if isinstance(node, ast.Name) and node.id == name:
                self._row_use(node, "one", column, uses)

    def _loads(self, name: ast.Name) -> list[ast.Name]:
        scope = self._source.binding_scope(name)
        return [
            node
            for node in self._source.nodes(ast.Name)
            if node.id == name.id
            and isinstance(node.ctx, ast.Load)
            and self._source.binding_scope(node) is scope
        ]

    # --- values ------------------------------------------------------------------------------

    def local_readers(self, value: ast.expr) -> list[ast.expr]:
        """Return the uses of the local name that alone holds a value; the value itself if none."""
        return list(self._value_readers(value))

    def value_rewrite(self, value: ast.expr, *, unsafe: bool) -> Rewrite:
        """Return how the reader of a value goes on when it gets milliseconds.

        Args:
            value: the expression that takes it out of a row.
            unsafe: whether a value may leave the function as milliseconds.

        Raises:
            UnclearError: the reader needs the text, or is not seen.
        """
        rewrite = Rewrite()
        for reader in self._value_readers(value):
            rewrite.add(self._reader(reader))
        if rewrite.reasons and not unsafe:
            raise UnclearError(rewrite.reasons[0], offered=True)
        return rewrite

    def _value_readers(self, value: ast.expr) -> Iterator[ast.expr]:
        """Yield a value, or the uses of the local name that holds it and nothing else."""
        parent = self._source.parent(value)
        match parent:
            case ast.Assign(targets=[ast.Name() as name], value=held) if held is value:
                if self._holds_only_converted(name, value):
                    yield from self._loads(name)
                    return
        yield value

    def _holds_only_converted(self, name: ast.Name, value: ast.expr) -> bool:
        """Tell whether a local name is only ever given this value and others converted with it."""
        held = [binding.value for binding in self._source.bindings(name)]
        return self._is_local(name) and all(
            other is value or (other is not None and other in self.converted) for other in held
        )

    def _is_local(self, name: ast.Name) -> bool:
        return not isinstance(self._source.scope(name), ast.Module | ast.ClassDef)

    def _reader(self, value: ast.expr) -> Rewrite:
        """Return the rewrite of what stands directly around a value."""
        source = self._source
        parent = source.parent(value)
        if value in self.bound:
            return Rewrite()
        match parent:
            case ast.If() | ast.While() | ast.Assert() | ast.Expr():
                return self._tested()
            case ast.UnaryOp(op=ast.Not()):
                return self._tested()
            case ast.IfExp(test=test) if test is value:
                return self._tested()
            case ast.comprehension(ifs=tests) if value in tests:
                return self._tested()
            case ast.BoolOp() if self._is_test(parent):
                return self._tested()
            case ast.Compare(left=left, comparators=others):
                met = [o for o in (left, *others) if o is not value and not is_none(o)]
                if all(other in self.converted for other in met):
                    return Rewrite(needs=met)
                return Rewrite(reasons=["the value is compared with a text"])
            case ast.Lambda() if self._orders(parent):
                return Rewrite()
        parsed = self._parsed(value)
        if parsed is not None:
            return self._parser(value, *parsed)
        return Rewrite(reasons=[self._leaves(value)])

    def _tested(self) -> Rewrite:
        """Return the rewrite of a test: 0, the first instant of 1970, is the only false one."""
        contract = self._context.contract
        assert contract is not None
        if contract.valid_range[0] <= 0 <= contract.valid_range[1]:
            return Rewrite(reasons=["the first instant of 1970 is a false value in milliseconds"])
        return Rewrite()

    def _orders(self, function: ast.Lambda) -> bool:
        keyword = self._source.parent(function)
        return isinstance(keyword, ast.keyword) and keyword.arg == "key"

    def _leaves(self, value: ast.expr) -> str:
        parent = self._source.parent(value)
        if isinstance(parent, ast.keyword):
            parent = self._source.parent(parent)
        match parent:
            case ast.Call(func=func) if func is not value:
                return f"the value is handed to {_name_of(func) or 'a function'}"
            case ast.Return() | ast.Dict() | ast.List() | ast.Tuple() | ast.Yield():
                return "the value leaves the function"
            case ast.FormattedValue() | ast.BinOp():
                return "the value becomes part of a text"
            case ast.Attribute() | ast.Subscript():
                return "the value is used as a text"
        return "the value leaves what is seen"

    # --- parsers -----------------------------------------------------------------------------

    def _parsed(self, value: ast.expr) -> tuple[ast.Call, bool] | None:
        """Return the call that parses a value, and whether the text surely had a zone."""
        source = self._source
        node, zoned = value, False
        after = method_after(node, source)
        while after is not None and isinstance(after.func, ast.Attribute):
            given = tuple(a.value for a in after.args if isinstance(a, ast.Constant))
            if after.func.attr != "replace" or given not in _ADDS_ZONE:
                return None
            zoned = zoned or given == _ADDS_ZONE[0]
            node, after = after, method_after(after, source)
        call = source.parent(node)
        if not isinstance(call, ast.Call) or not call.args or call.args[0] is not node:
            return None
        return call, zoned

    def _parser(self, value: ast.expr, call: ast.Call, zoned: bool) -> Rewrite:
        """Return the rewrite of a call that makes an instant of a text."""
        source = self._source
        project = project_name(call.func, self._context)
        if project in {"to_epoch_ms", "sqlite_timestamp_to_epoch_ms"} and len(call.args) == 1:
            return self._around(call, value, "", "")
        name = source.resolve(call.func)
        reasons: list[str] = []
        needs: list[ast.expr] = []
        outer: ast.Call = call
        if name in _PARSERS:
            after = method_after(call, source)
            if _sets_utc(after, self._context):
                assert after is not None
                outer = after
            elif not zoned:
                other = self._read_beside(call)
                if other is not None:
                    needs.append(other)
                elif not self._is_zoneless(call):
                    reasons.append("the datetime becomes aware, if the stored text has no zone")
        elif _PROJECT_PARSER.match(_name_of(call.func)) and len(call.args) == 1:
            reasons.append(f"{_name_of(call.func)} is taken to make an aware datetime of a text")
        else:
            return Rewrite(reasons=[self._leaves(value)])
        function, imports = spelled_name("from_epoch_ms", self._context)
        rewrite = self._around(outer, value, f"{function}(", ")")
        rewrite.imports += imports
        rewrite.reasons += reasons
        rewrite.needs += needs
        return rewrite

    def _around(self, outer: ast.expr, value: ast.expr, before: str, after: str) -> Rewrite:
        """Return the rewrite that leaves `value` of `outer`, between two texts."""
        start, end = self._source.span(outer)
        first, last = self._source.span(value)
        if "#" in self._source.text[start:first] + self._source.text[last:end]:
            raise UnclearError("a comment stands within the call")
        return Rewrite([Edit(start, first, before), Edit(last, end, after)])

    def _is_zoneless(self, call: ast.expr) -> bool:
        """Tell whether what is made of a datetime is the same, be it naive UTC or aware."""
        parent = self._source.parent(call)
        if not isinstance(parent, ast.Attribute):
            return False
        if parent.attr != "strftime":
            return parent.attr in _ZONELESS_PARTS
        formatted = self._source.parent(parent)
        return isinstance(formatted, ast.Call) and all(
            isinstance(a, ast.Constant)
            and isinstance(a.value, str)
            and not re.search(r"%[zZsc+]", a.value)
            for a in formatted.args
        )

    def _read_beside(self, call: ast.expr) -> ast.expr | None:
        """Return the value whose datetime this one is subtracted from or compared with."""
        parent = self._source.parent(call)
        match parent:
            case ast.BinOp(op=ast.Sub(), left=left, right=right):
                other = right if left is call else left
            case ast.Compare(left=left, comparators=[right]):
                other = right if left is call else left
            case _:
                return None
        for value in self.converted:
            parsed = self._parsed(value)
            if parsed is not None and parsed[0] is other:
                return value if self._source.resolve(parsed[0].func) in _PARSERS else None
        return None


def _sets_utc(after: ast.Call | None, context: Context) -> bool:
    """Tell whether the method behind a datetime is `.replace(tzinfo=timezone.utc)`."""
    match after:
        case ast.Call(
            func=ast.Attribute(attr="replace"),
            args=[],
            keywords=[ast.keyword(arg="tzinfo", value=zone)],
        ):
            return is_utc(zone, context.source)
    return False


def _name_of(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _noun(kind: str) -> str:
    return "rows leave" if kind == "many" else "row leaves"
