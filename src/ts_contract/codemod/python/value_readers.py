"""Rewrites the code that reads a value from a row, once the value is milliseconds."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...source.edits import Edit
from ...source.file import File
from ...source.instants.clocks import is_none, is_utc, method_after, project_name
from ...source.python.names import called_name, last_name
from ...source.python.source import Source
from ..changes import NotProvedError, Rewrite
from .bound_values import spelled_name

__all__ = ["ValueReaders", "is_test"]

_PARSERS = frozenset({
    "datetime.datetime.fromisoformat",
    "datetime.datetime.strptime",
    "dateutil.parser.isoparse",
    "dateutil.parser.parse",
})  # fmt: skip
_PROJECT_PARSER = re.compile(r"^_*+(?:parse_\w*|from_iso\w*|\w*_from_iso|\w*to_datetime|to_dt)$")
_ZONELESS_PARTS = frozenset({
    "date", "day", "hour", "minute", "month", "second", "time", "weekday", "year", "toordinal",
})  # fmt: skip
_ADDS_ZONE = (("Z", "+00:00"), ("Z", ""))

_TO_MILLISECONDS = frozenset({"sqlite_timestamp_to_epoch_ms", "to_epoch_ms"})


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A value that is made an instant.

    Attributes:
        value: the text, as it comes out of a row.
        call: the call that parses it.
        has_zone: whether the text that it is given surely has a zone.
    """

    value: ast.expr
    call: ast.Call
    has_zone: bool


class ValueReaders:
    """Rewrites what reads the values that one file takes out of rows.

    Args:
        file: the file.

    Attributes:
        bound: expressions that are bound to legacy columns, and change with them.
        converted: expressions that become milliseconds, as far as is known.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._source = file.source
        self.bound: frozenset[ast.expr] = frozenset()
        self.converted: frozenset[ast.expr] = frozenset()

    def value_rewrite(self, value: ast.expr, *, unsafe: bool) -> Rewrite:
        """Return how the reader of a value goes on when it gets milliseconds.

        Args:
            value: the expression that takes it out of a row.
            unsafe: whether a value may leave the function as milliseconds.

        Raises:
            NotProvedError: the reader needs the text, or cannot be followed.
        """
        rewrite = Rewrite()
        for reader in self.readers_of(value):
            rewrite.add(self._reader(reader))
        if rewrite.reasons and not unsafe:
            raise NotProvedError(rewrite.reasons[0], offered=True)
        return rewrite

    def readers_of(self, value: ast.expr) -> list[ast.expr]:
        """Return a value, or the uses of the local name that holds it and nothing else."""
        parent = self._source.parent(value)
        match parent:
            case ast.Assign(targets=[ast.Name() as name], value=held) if held is value:
                if self._holds_only_converted(name, value):
                    return list(self._source.loads_of(name))
        return [value]

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
        if value in self.bound:
            return Rewrite()
        if self._is_tested(value):
            return self._tested()
        parent = self._source.parent(value)
        match parent:
            case ast.Compare(left=left, comparators=others):
                return self._compared(value, [left, *others])
            case ast.Lambda() if self._orders(parent):
                return Rewrite()
        parsed = self._parsed(value)
        return Rewrite(reasons=[self._leaves(value)]) if parsed is None else self._parser(parsed)

    def _is_tested(self, value: ast.expr) -> bool:
        """Tell whether only the truth of a value counts, or not even that."""
        parent = self._source.parent(value)
        match parent:
            case ast.Expr():
                return True
            case ast.UnaryOp(op=operator):
                return isinstance(operator, ast.Not)
            case ast.BoolOp():
                return is_test(parent, self._source)
        return is_test(value, self._source)

    def _tested(self) -> Rewrite:
        """Return the rewrite of a test: 0, the first instant of 1970, is the only false one."""
        contract = self._file.contract
        assert contract is not None
        if contract.plausible_range[0] <= 0 <= contract.plausible_range[1]:
            return Rewrite(reasons=["the first instant of 1970 is a false value in milliseconds"])
        return Rewrite()

    def _compared(self, value: ast.expr, operands: Sequence[ast.expr]) -> Rewrite:
        """Return the rewrite of a comparison: all that the value meets must become milliseconds."""
        met = [other for other in operands if other is not value and not is_none(other)]
        if all(other in self.converted for other in met):
            return Rewrite(needs=met)
        return Rewrite(reasons=["the value is compared with a text"])

    def _orders(self, function: ast.Lambda) -> bool:
        keyword = self._source.parent(function)
        return isinstance(keyword, ast.keyword) and keyword.arg == "key"

    def _leaves(self, value: ast.expr) -> str:
        parent = self._source.parent(value)
        if isinstance(parent, ast.keyword):
            parent = self._source.parent(parent)
        match parent:
            case ast.Call(func=func) if func is not value:
                return f"the value is handed to {last_name(func) or 'a function'}"
            case ast.Return() | ast.Dict() | ast.List() | ast.Tuple() | ast.Yield():
                return "the value leaves the function"
            case ast.FormattedValue() | ast.BinOp():
                return "the value becomes part of a text"
            case ast.Attribute() | ast.Subscript():
                return "the value is used as a text"
        return "the value is used where it cannot be followed"

    # --- parsers -----------------------------------------------------------------------------

    def _parsed(self, value: ast.expr) -> _Parsed | None:
        """Return the call that parses a value; None where it is not parsed."""
        source = self._source
        node, has_zone = value, False
        after = method_after(node, source)
        while after is not None and isinstance(after.func, ast.Attribute):
            given = tuple(a.value for a in after.args if isinstance(a, ast.Constant))
            if after.func.attr != "replace" or given not in _ADDS_ZONE:
                return None
            has_zone = has_zone or given == _ADDS_ZONE[0]
            node, after = after, method_after(after, source)
        call = source.parent(node)
        if not isinstance(call, ast.Call) or not call.args or call.args[0] is not node:
            return None
        return _Parsed(value, call, has_zone)

    def _parser(self, parsed: _Parsed) -> Rewrite:
        """Return the rewrite of a call that makes an instant of a text."""
        call, value = parsed.call, parsed.value
        name, is_alone = called_name(call), len(call.args) == 1
        if is_alone and project_name(call.func, self._file) in _TO_MILLISECONDS:
            return self._around(call, value, "", "")
        if self._source.resolve(call.func) in _PARSERS:
            return self._datetime(parsed)
        if is_alone and _PROJECT_PARSER.match(name):
            rewrite = self._from_epoch(call, value)
            rewrite.reasons.append(f"{name} is assumed to make an aware datetime of a text")
            return rewrite
        return Rewrite(reasons=[self._leaves(value)])

    def _datetime(self, parsed: _Parsed) -> Rewrite:
        """Return the rewrite of a call that makes a datetime, which `from_epoch_ms` makes aware."""
        call = parsed.call
        after = method_after(call, self._source)
        if after is not None and _sets_utc(after, self._file):
            return self._from_epoch(after, parsed.value)
        rewrite = self._from_epoch(call, parsed.value)
        if parsed.has_zone:
            return rewrite
        other = self._read_beside(call)
        if other is not None:
            rewrite.needs.append(other)
        elif not self._is_zoneless(call):
            rewrite.reasons.append("the datetime becomes aware, if the stored text has no zone")
        return rewrite

    def _from_epoch(self, outer: ast.expr, value: ast.expr) -> Rewrite:
        """Return the rewrite that makes a datetime of the milliseconds, in the place of `outer`."""
        function, imports = spelled_name("from_epoch_ms", self._file)
        rewrite = self._around(outer, value, f"{function}(", ")")
        rewrite.imports += imports
        return rewrite

    def _around(self, outer: ast.expr, value: ast.expr, before: str, after: str) -> Rewrite:
        """Return the rewrite that leaves `value` of `outer`, between two texts."""
        start, end = self._source.span(outer)
        first, last = self._source.span(value)
        if "#" in self._source.text[start:first] + self._source.text[last:end]:
            raise NotProvedError("a comment is inside the call")
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
            if parsed is not None and parsed.call is other:
                return value if self._source.resolve(parsed.call.func) in _PARSERS else None
        return None


def _sets_utc(after: ast.Call, file: File) -> bool:
    """Tell whether the method behind a datetime is `.replace(tzinfo=timezone.utc)`."""
    match after:
        case ast.Call(
            func=ast.Attribute(attr="replace"),
            args=[],
            keywords=[ast.keyword(arg="tzinfo", value=zone)],
        ):
            return is_utc(zone, file.source)
    return False


def is_test(node: ast.AST, source: Source) -> bool:
    """Tell whether only the truth of an expression counts."""
    parent = source.parent(node)
    if isinstance(parent, ast.If | ast.While | ast.Assert | ast.UnaryOp):
        return True
    return isinstance(parent, ast.IfExp | ast.comprehension) and (
        node is getattr(parent, "test", None) or node in getattr(parent, "ifs", ())
    )
