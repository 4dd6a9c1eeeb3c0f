"""Converts Python values that are bound to a legacy column to what its epoch column takes.

The value is wrapped where it is handed over and left alone everywhere else: `to_epoch_ms(x)`. A
clock becomes `now_ms()` where its precision and its zone are known; a number is never wrapped,
since only its writer knows its unit.
"""

from __future__ import annotations

import ast
import re

from ...contract import ColumnContract, is_utc
from ...source.edits import Edit, Import
from ...source.file import File
from ...source.instants.clocks import (
    clock_module,
    is_aware,
    is_clock,
    is_none,
    made_right,
    project_name,
)
from ...source.instants.spelling import spell
from ...source.instants.units import quantity
from ..changes import NotProvedError, Rewrite

__all__ = [
    "DEFAULT_FOR_NULL",
    "bound_value",
    "clock_reason",
    "is_plain",
    "is_repeatable",
    "may_be_none",
    "spelled",
    "spelled_name",
]

DEFAULT_FOR_NULL = "NULL may be inserted, and a DEFAULT of the legacy column would take its place"
"""Why an INSERT of what may be None is unsafe: the sync triggers take it for a missing value."""

_DATETIMES = frozenset({"datetime", "date", "datetime.datetime", "datetime.date"})
_NUMBERS = frozenset({"int", "float"})
_EXACT_UTC = frozenset({"datetime.datetime.utcnow"})
_LOCAL_CLOCKS = frozenset({"datetime.datetime.now", "datetime.datetime.today"})
_FULL_TEXT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def spelled_name(name: str, file: File) -> tuple[str, tuple[Import, ...]]:
    """Return how the file spells a function of the clock module, and the import it needs.

    Args:
        name: `now_ms`, `to_epoch_ms` or `from_epoch_ms`.
        file: the file.

    Raises:
        NotProvedError: the file uses the name, and the module's name, for something else.
    """
    module = clock_module(file)
    if file.source.path.replace("\\", "/").endswith(f"{module.replace('.', '/')}.py"):
        return name, ()  # the clock module itself
    return spelled(module, name, file)


def spelled(module: str, name: str, file: File) -> tuple[str, tuple[Import, ...]]:
    """Return how the file spells a name of any module, and the import it needs.

    Raises:
        NotProvedError: the file uses the name, and the module's name, for something else.
    """
    found = spell(module, name, file)
    if found is None:
        raise NotProvedError(f"the file uses the name {name} for something else")
    return found


def bound_value(node: ast.expr, column: ColumnContract, file: File, *, unsafe: bool) -> Rewrite:
    """Return the rewrite of a value that is bound to a legacy column.

    Args:
        node: the expression that is bound.
        column: the column.
        file: the file.
        unsafe: whether a rewrite may need a person's yes.

    Raises:
        NotProvedError: there is none that is known to be right.
    """
    rewrite = _rewritten(node, column, file)
    if rewrite.reasons and not unsafe:
        raise NotProvedError(rewrite.reasons[0], offered=True)
    return rewrite


def _rewritten(node: ast.expr, column: ColumnContract, file: File) -> Rewrite:
    source = file.source
    if is_none(node):
        return Rewrite()
    if isinstance(node, ast.IfExp):
        rewrite = _rewritten(node.body, column, file)
        rewrite.add(_rewritten(node.orelse, column, file))
        return rewrite
    if _is_milliseconds(node, file):
        return Rewrite()
    if _is_number(node, column, file):
        return _number(node, column, file)
    if _may_be_milliseconds(node, file):
        raise NotProvedError("the bound value may be a text or milliseconds")
    clock = clock_reason(node, file)
    if clock is not None:
        text, imports = spelled_name("now_ms", file)
        reasons = [clock] if clock else []
        return Rewrite([Edit(*source.span(node), f"{text}()")], list(imports), reasons)
    _refuse_text(node)
    _refuse_local(node, file)
    if not is_utc(column.timezone) and not is_aware(node, file):
        raise NotProvedError(
            f"texts of this column are in {column.timezone}, and a bound value may be too"
        )
    start, end = source.span(node)
    datetime_node = _isoformat_of(node, file)
    if datetime_node is not None:
        node = datetime_node
    name, imports = spelled_name("to_epoch_ms", file)
    inner = source.span(node)
    edits = [Edit(start, inner[0], f"{name}("), Edit(inner[1], end, ")")]
    return Rewrite(edits, list(imports))


def is_plain(node: ast.expr, file: File) -> bool:
    """Tell whether an expression is surely a value of Python, and no expression of an ORM's SQL.

    Args:
        node: what a column is compared with, or what is written to it.
        file: the file.
    """
    match node:
        case ast.Constant():
            return True
        case ast.IfExp(body=body, orelse=orelse):
            return is_plain(body, file) and is_plain(orelse, file)
        case ast.Name():
            annotation = _annotation(node, file)
            if annotation:
                return annotation <= _DATETIMES | _NUMBERS | {"str", "None"}
            value = file.source.value(node)
            return value is not None and not isinstance(value, ast.Name) and is_plain(value, file)
    return (
        clock_reason(node, file) is not None
        or _is_milliseconds(node, file)
        or _is_datetime(node, file)
        or _isoformat_of(node, file) is not None
    )


def _is_milliseconds(node: ast.expr, file: File) -> bool:
    if isinstance(node, ast.Call) and project_name(node.func, file) in {"now_ms", "to_epoch_ms"}:
        return True
    given = quantity(node, file)
    return given is not None and given.unit == "ms" and given.kind != "duration"


def _may_be_milliseconds(node: ast.expr, file: File) -> bool:
    """Tell whether a name is given milliseconds in one place and something else in another."""
    return isinstance(node, ast.Name) and any(
        _is_milliseconds(binding.value, file)
        for binding in file.source.bindings(node)
        if binding.value is not None
    )


def _is_number(node: ast.expr, column: ColumnContract, file: File) -> bool:
    if quantity(node, file) is not None or column.storage in {"seconds", "milliseconds"}:
        return True
    match node:
        case ast.Constant(value=int() | float()):
            return True
        case ast.Call(func=func):
            return file.source.resolve(func) in {"builtins.int", "builtins.float", "time.time"}
        case ast.BinOp(left=left, right=right):
            return _is_number(left, column, file) or _is_number(right, column, file)
        case ast.Name():
            annotation = _annotation(node, file)
            if annotation:
                return bool(_NUMBERS & annotation)
            value = file.source.value(node)
            return (
                value is not None
                and not isinstance(value, ast.Name)
                and _is_number(value, column, file)
            )
    return False


def _number(node: ast.expr, column: ColumnContract, file: File) -> Rewrite:
    """Return the unsafe rewrite of epoch seconds; any other number is refused."""
    given = quantity(node, file)
    if column.storage == "milliseconds":
        return Rewrite()
    if (given is None or given.unit != "s") and column.storage != "seconds":
        raise NotProvedError("a number is bound, and its unit is not known")
    start, end = file.source.span(node)
    simple = isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call)
    whole = given is not None and given.is_float
    before, after = ("", " * 1000") if simple else ("(", ") * 1000")
    if whole:  # rounded to the microsecond, as the migration does, and down to the millisecond
        before, after = ("round(", " * 1_000_000) // 1000")
        if not simple:
            before, after = ("round((", ") * 1_000_000) // 1000")
    edits = [Edit(start, start, before)] if before else []
    return Rewrite([*edits, Edit(end, end, after)], [], ["epoch seconds are bound"])


def _refuse_text(node: ast.expr) -> None:
    match node:
        case ast.Constant(value=str(text)) if not _FULL_TEXT.match(text) and len(text) != 10:
            raise NotProvedError("the bound text is not a date-time")
        case ast.Constant(value=bytes()) | ast.Starred() | ast.Tuple() | ast.List() | ast.Dict():
            raise NotProvedError("the bound value is not a date-time")


def _refuse_local(node: ast.expr, file: File) -> None:
    """Refuse what is computed from a local clock: `to_epoch_ms` takes a naive time for UTC."""
    for part in ast.walk(node):
        if not isinstance(part, ast.Call) or not clock_reason(part, file):
            continue
        if not made_right(part, file):
            raise NotProvedError("the bound value is local time")


def may_be_none(node: ast.expr) -> bool:
    """Tell whether an expression visibly is None, always or in one of its branches."""
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            return may_be_none(body) or may_be_none(orelse)
        case ast.BoolOp(op=ast.And(), values=values):
            return any(map(may_be_none, values))
        case ast.BoolOp(values=values):
            return may_be_none(values[-1])
        case ast.NamedExpr(value=value):
            return may_be_none(value)
    return is_none(node)


def is_repeatable(node: ast.expr, file: File) -> bool:
    """Tell whether an expression may be evaluated twice: no clock, and nothing with an effect."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(value=value):
            return is_repeatable(value, file)
        case ast.Subscript(value=value, slice=ast.Constant()):
            return is_repeatable(value, file)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return all(is_repeatable(part, file) for part in (test, body, orelse))
        case ast.Call(func=ast.Attribute(attr="isoformat", value=value), args=args):
            plain = all(isinstance(part, ast.Constant) for part in args) and not is_clock(
                node, file
            )
            return plain and not node.keywords and is_repeatable(value, file)
    return False


# --- clocks ----------------------------------------------------------------------------------


def clock_reason(node: ast.expr, file: File) -> str | None:
    """Return "" if a value is the present in UTC, a reason if it is local time, None if neither.

    A text of whole seconds is neither: `now_ms()` would store other milliseconds.
    """
    match node:
        case ast.Call(func=ast.Attribute(attr="isoformat", value=inner), keywords=[], args=args):
            return clock_reason(inner, file) if len(args) < 2 else None
        case ast.Call(func=ast.Name(id="str"), args=[inner], keywords=[]):
            return clock_reason(inner, file)
        case ast.Call(
            func=ast.Attribute(attr="replace", value=ast.Call() as inner),
            args=[ast.Constant(value="+00:00"), ast.Constant(value="Z")],
            keywords=[],
        ):
            return clock_reason(inner, file)
        case ast.Call(func=func, args=args, keywords=keywords):
            name = file.source.resolve(func)
            if name in _EXACT_UTC and not args:
                return ""
            if name == "datetime.datetime.now" and is_aware(node, file):
                return ""
            if name in _LOCAL_CLOCKS and not args and not keywords:
                return "local time was stored, and now the instant is"
            if project_name(func, file) == "utc_now":
                return ""
    return None


def _isoformat_of(node: ast.expr, file: File) -> ast.expr | None:
    """Return the datetime whose whole text is bound, if it surely is a datetime."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="isoformat", value=value), keywords=[], args=args
        ) if len(args) < 2 and _is_datetime(value, file):
            return value
    return None


def _is_datetime(node: ast.expr, file: File) -> bool:
    match node:
        case ast.Name():
            annotation = _annotation(node, file)
            if annotation:
                return bool(annotation & _DATETIMES) and annotation <= _DATETIMES | {"None"}
            value = file.source.value(node)
            return value is not None and _is_datetime(value, file)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub()):
            return _is_datetime(left, file)
        case ast.Call(func=func):
            if is_aware(node, file):
                return True
            name = file.source.resolve(func) or ""
            return name.startswith("datetime.datetime.") and name.rpartition(".")[2] in {
                "now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp", "fromisoformat",
                "strptime", "combine",
            }  # fmt: skip
    return False


def _annotation(name: ast.Name, file: File) -> set[str]:
    """Return the types that the annotation of an argument names; none where there is none."""
    bindings = file.source.bindings(name)
    if len(bindings) != 1:
        return set()
    node = bindings[0].node
    annotation = getattr(node, "annotation", None)
    if annotation is None:
        return set()
    text = ast.unparse(annotation).strip("'\"")
    found = set()
    for part in re.split(r"[|,\[\]\s]+", text):
        if part and part not in {"Optional", "typing.Optional", "Union", "typing.Union"}:
            found.add(part)
    return found
