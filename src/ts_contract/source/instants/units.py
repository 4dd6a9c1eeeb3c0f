"""Units of time in the source: which expression is seconds, which milliseconds, which a float.

A unit is known by name (`created_at_ms`, `ttl_seconds`), by origin (`time.time()`, `now_ms()`),
and by flow within a function: through names bound by plain assignment, arithmetic, conversions by
1000, `int()` and `round()`. Constants are folded, also through names: `day = 86400`. Whatever is
not sure is None, and then every rule is silent.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from ..edits import Edit, Fix
from ..file import File
from ..python.constants import Number, number
from .clocks import is_aware, project_name

__all__ = [
    "UNIT_NAMES",
    "Mixture",
    "Quantity",
    "gives_number",
    "mixed",
    "named",
    "quantity",
    "spells_seconds",
]

Unit = Literal["s", "ms", "us", "ns"]
Kind = Literal["instant", "duration", "difference", "either"]

UNIT_NAMES: dict[Unit, str] = {
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """What is known of a number that measures time.

    Attributes:
        unit: its unit.
        kind: a point in time, a stretch of it, the difference of two points, or either where
            that is not known.
        is_float: whether it is surely a float.
    """

    unit: Unit
    kind: Kind = "either"
    is_float: bool = False


# --- by name ---------------------------------------------------------------------------------

_SUFFIXES: dict[Unit, str] = {
    "ms": r"(?:^|_)(?:ms|msecs?|millis|milliseconds)",
    "s": r"_s|(?:^|_)(?:secs|seconds)|_sec",
    "us": r"_us|_usecs?|(?:^|_)(?:micros|microseconds)",
    "ns": r"_ns|_nsecs?|(?:^|_)(?:nanos|nanoseconds)",
}
_ENDINGS = ("_s", "_us", "_ns", "ms", "sec", "secs", "seconds", "millis", "micros", "nanos")
_SUFFIX = {unit: re.compile(f"(?:{pattern})$") for unit, pattern in _SUFFIXES.items()}
_INSTANT = re.compile(
    r"(?:^|_)(?:at|until|since|now|timestamp|epoch|ts|date|deadline|expires|expiry|mtime|created"
    r"|updated|added|deleted|modified|started|ended|completed|finished|seen)$"
)
_DURATION = re.compile(
    r"(?:^|_)(?:latency|duration|timeout|elapsed|interval|delay|ttl|age|period|window|wait|budget"
    r"|lag|uptime|backoff|grace|took|runtime|cooldown|debounce|drift|skew|rtt|jitter)(?:_|$)"
)
_FACTOR = re.compile(r"_per_|_to_|^per_|^to_|^from_")
_NO_NUMBER = re.compile(r"^_*(?:from|format|fmt|validate|check|is|has|set|parse|sleep|wait)_")


def named(name: str, file: File) -> Quantity | None:
    """Return what a name of a variable, column, key or parameter says of its value."""
    if name.lower() in file.epoch_columns:
        return Quantity("ms", "instant")
    return _by_suffix(name)


@lru_cache(maxsize=2**14)
def _by_suffix(name: str) -> Quantity | None:
    lowered = name.lower()
    if not lowered.endswith(_ENDINGS) or _FACTOR.search(lowered):
        return None
    for unit, pattern in _SUFFIX.items():
        match = pattern.search(lowered)
        if match:
            return Quantity(unit, _kind(lowered[: match.start()]))
    return None


def _kind(stem: str) -> Kind:
    if _DURATION.search(stem):
        return "duration"
    return "instant" if _INSTANT.search(stem) else "either"


# --- by origin and flow ----------------------------------------------------------------------

_MAX_DEPTH = 16
_SECONDS = Quantity("s", "instant", is_float=True)
_ORIGINS = {
    "calendar.timegm": Quantity("s", "instant"),
    "os.path.getatime": _SECONDS,
    "os.path.getctime": _SECONDS,
    "os.path.getmtime": _SECONDS,
    "time.mktime": _SECONDS,
    "time.monotonic": Quantity("s", is_float=True),
    "time.monotonic_ns": Quantity("ns"),
    "time.perf_counter": Quantity("s", is_float=True),
    "time.perf_counter_ns": Quantity("ns"),
    "time.time": _SECONDS,
    "time.time_ns": Quantity("ns", "instant"),
}
_PROJECT = {
    name: Quantity("ms", "instant")
    for name in ("now_ms", "to_epoch_ms", "sqlite_timestamp_to_epoch_ms")
}
_STAT = {"st_atime": _SECONDS, "st_ctime": _SECONDS, "st_mtime": _SECONDS}
_TO_INT = frozenset({
    "builtins.int",
    "builtins.round",
    "math.ceil",
    "math.floor",
    "math.trunc",
})  # fmt: skip
_KEEPS = frozenset({"builtins.abs", "builtins.max", "builtins.min"})
_DATETIMES = frozenset({
    "datetime.datetime",
    *(
        f"datetime.datetime.{method}"
        for method in (
            "combine",
            "fromisoformat",
            "fromtimestamp",
            "now",
            "strptime",
            "today",
            "utcfromtimestamp",
            "utcnow",
        )
    ),
})  # fmt: skip


def quantity(node: ast.expr, file: File, depth: int = _MAX_DEPTH) -> Quantity | None:
    """Return what is sure of an expression that measures time.

    Args:
        node: the expression.
        file: its file.
        depth: how many expressions deep to look.

    Returns:
        Unit, kind and type; None for a plain number, for anything else, and where not sure.
    """
    if not depth:
        return None
    match node:
        case ast.Name(id=name):
            return named(name, file) or _by_flow(node, file, depth - 1)
        case ast.Attribute(attr=attr):
            return named(attr, file) or _STAT.get(attr)
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            return named(key, file)
        case ast.Call():
            return _of_call(node, file, depth - 1)
        case ast.BinOp():
            return _of_arithmetic(node, file, depth - 1)
        case ast.IfExp(body=body, orelse=orelse):
            return _joined([body, orelse], file, depth - 1)
        case ast.BoolOp(values=values):
            return _joined(values, file, depth - 1)
        case ast.NamedExpr(value=value) | ast.Await(value=value):
            return quantity(value, file, depth - 1)
    return None


def _by_flow(name: ast.Name, file: File, depth: int) -> Quantity | None:
    values = [binding.value for binding in file.source.bindings(name)]
    if not all(values):
        return None  # a parameter, a loop: not known
    known, key = file.part(_known_by_flow), tuple(map(id, values))
    if key not in known:
        known[key] = None  # what is computed from itself is not sure
        known[key] = _joined([value for value in values if value], file, depth)
    return known[key]


def _known_by_flow(file: File) -> dict[tuple[int, ...], Quantity | None]:
    """Return what names are known to measure, by the identities of the values assigned to them.

    Empty at first. A chain of names that are each made of the one before would else be followed
    anew from every one of its links.
    """
    return {}


def _joined(values: list[ast.expr], file: File, depth: int) -> Quantity | None:
    """Return what several possible values have in common; None and zero join with everything."""
    found = {
        quantity(value, file, depth)
        for value in values
        if not (isinstance(value, ast.Constant) and not value.value)
    }
    return found.pop() if len(found) == 1 else None


def _of_call(call: ast.Call, file: File, depth: int) -> Quantity | None:
    dotted = file.source.resolve(call.func)
    if dotted in _ORIGINS:
        return _ORIGINS[dotted]
    if dotted in _TO_INT and len(call.args) == 1:
        given = quantity(call.args[0], file, depth)
        return given and replace(given, is_float=False)
    if dotted == "builtins.float" and len(call.args) == 1:
        given = quantity(call.args[0], file, depth)
        return given and replace(given, is_float=True)
    if dotted in _KEEPS and call.args:
        return _joined(call.args, file, depth)
    known = _PROJECT.get(project_name(call.func, file) or "")
    return known or _of_method(call, file, depth) or _by_function_name(call, file)


def _of_method(call: ast.Call, file: File, depth: int) -> Quantity | None:
    match call:
        case ast.Call(func=ast.Attribute(attr="total_seconds"), args=[]):
            return Quantity("s", "duration", is_float=True)
        case ast.Call(func=ast.Attribute(attr="timestamp", value=value), args=[], keywords=[]):
            return _SECONDS if _is_datetime(value, file, depth) else None
        case ast.Call(
            func=ast.Attribute(attr="get" | "pop"), args=[ast.Constant(value=str(key)), *_]
        ):
            return named(key, file)
    return None


def _by_function_name(call: ast.Call, file: File) -> Quantity | None:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return named(name, file) if gives_number(name) else None
    return None


def gives_number(function: str) -> bool:
    """Tell whether the unit in a function's name is that of its result: not in `set_timeout_ms`."""
    return _NO_NUMBER.search(function.lower()) is None


def _is_datetime(node: ast.expr, file: File, depth: int) -> bool:
    """Tell whether an expression is surely a `datetime`."""
    if not depth:
        return False
    match node:
        case ast.Call(func=ast.Attribute(attr="replace" | "astimezone", value=value)) if (
            _is_datetime(value, file, depth - 1)
        ):
            return True
        case ast.Call(func=func):
            return file.source.resolve(func) in _DATETIMES or is_aware(node, file)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=ast.Call(func=func)):
            is_delta = file.source.resolve(func) == "datetime.timedelta"
            return is_delta and _is_datetime(left, file, depth - 1)
        case ast.Name():
            bindings = file.source.bindings(node)
            if len(bindings) != 1:
                return False
            if bindings[0].value is not None:
                return _is_datetime(bindings[0].value, file, depth - 1)
            argument = bindings[0].node
            return (
                isinstance(argument, ast.arg)
                and argument.annotation is not None
                and file.source.resolve(argument.annotation) == "datetime.datetime"
            )
    return False


# --- arithmetic ------------------------------------------------------------------------------

_ORDER: tuple[Unit, ...] = ("s", "ms", "us", "ns")
_STEPS = {1_000: 1, 1_000_000: 2, 1_000_000_000: 3}


def _of_arithmetic(node: ast.BinOp, file: File, depth: int) -> Quantity | None:
    left, right = (quantity(side, file, depth) for side in (node.left, node.right))
    match node.op:
        case ast.Add() | ast.Sub():
            return _sum(node, left, right, file)
        case ast.Mult() if (left is None) != (right is None):
            factor = number(node.right if left else node.left, file.source)
            return _scaled(left or right, factor, 1)
        case ast.Div() if left and right is None:
            scaled = _scaled(left, number(node.right, file.source), -1)
            return scaled and replace(scaled, is_float=True)
        case ast.FloorDiv() if left and right is None:
            return _scaled(left, number(node.right, file.source), -1)
    return None


def _sum(
    node: ast.BinOp, left: Quantity | None, right: Quantity | None, file: File
) -> Quantity | None:
    if left and right:
        if left.unit != right.unit:
            return None
        is_float = left.is_float or right.is_float
        return Quantity(left.unit, _kind_of_sum(left, right, node.op), is_float)
    only = left or right
    other = number(node.right if left else node.left, file.source)
    if only is None or other is None or (only.unit == "ms" and spells_seconds(other, only)):
        return None
    return replace(only, is_float=only.is_float or isinstance(other.value, float))


def _kind_of_sum(left: Quantity, right: Quantity, op: ast.operator) -> Kind:
    kinds = {left.kind, right.kind}
    if kinds == {"instant"}:
        return "difference" if isinstance(op, ast.Sub) else "either"
    if kinds <= {"duration", "difference"}:
        return "duration"
    if "instant" in kinds and (isinstance(op, ast.Add) or "either" not in kinds):
        return "instant"
    return "either"


def _scaled(given: Quantity | None, factor: Number | None, direction: int) -> Quantity | None:
    """Return a quantity multiplied (direction 1) or divided (-1) by a constant."""
    if given is None or factor is None:
        return None
    steps = _STEPS.get(int(factor.value)) if factor.value == int(factor.value) else None
    is_float = given.is_float or isinstance(factor.value, float)
    if steps is None:
        # A stretch of time twice as long; but seconds times 60 are not seconds any more.
        is_multiple = direction == 1 and factor.value % 60 and given.kind != "instant"
        return replace(given, is_float=is_float) if is_multiple else None
    place = _ORDER.index(given.unit) + direction * steps
    if not 0 <= place < len(_ORDER):
        return None
    return replace(given, unit=_ORDER[place], is_float=is_float)


# --- two units in one expression -------------------------------------------------------------

_EPOCH_SECONDS = range(1_000_000_000, 4_200_000_000)  # 2001 to 2103, as seconds


def spells_seconds(constant: Number, beside: Quantity) -> bool:
    """Tell whether a constant beside milliseconds is surely a number of seconds.

    A product written with 60, 3600 or 86400 and without 1000, such as `7 * 86400`, is seconds
    beside anything; a plain number is so beside an instant or a difference of instants if it is a
    multiple of 3600 that nobody would write for milliseconds, or an instant of our time itself.

    Args:
        constant: the constant.
        beside: the milliseconds that it is added to or compared with.
    """
    value = abs(constant.value)
    leaves = {abs(leaf) for leaf in constant.leaves}
    if len(constant.leaves) > 1 and leaves & {60, 3600, 86_400}:
        return not any(leaf and leaf % 1000 == 0 for leaf in leaves)
    if beside.kind not in {"instant", "difference"} or not value:
        return False
    return (value % 3600 == 0 and value % 1000 != 0) or (
        beside.kind == "instant" and int(value) in _EPOCH_SECONDS
    )


@dataclass(frozen=True, slots=True)
class Mixture:
    """Milliseconds beside another unit.

    Attributes:
        unit: what the other unit is called.
        fix: the other operand multiplied by 1000, where it is in seconds.
    """

    unit: str
    fix: Fix | None


def mixed(left: ast.expr, right: ast.expr, file: File) -> Mixture | None:
    """Return how two operands disagree, or None unless one is surely milliseconds and one not.

    Args:
        left: an operand of `+`, `-` or a comparison.
        right: the other one.
        file: their file.
    """
    if _is_text(left) or _is_text(right):
        return None
    quantities = quantity(left, file), quantity(right, file)
    for (own, other), expression in zip((quantities, quantities[::-1]), (right, left), strict=True):
        if own is None or own.unit != "ms":
            continue
        if other is None:
            constant = number(expression, file.source)
            if constant and spells_seconds(constant, own):
                return Mixture("seconds", _times_1000(expression, file))
        elif other.unit != "ms":
            fix = _times_1000(expression, file) if other.unit == "s" else None
            return Mixture(UNIT_NAMES[other.unit], fix)
    return None


def _is_text(node: ast.expr) -> bool:
    """Tell whether an expression is surely not a number, as most of what is compared."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)


def _times_1000(node: ast.expr, file: File) -> Fix | None:
    start, end = file.source.span(node)
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.Constant):
        edits: tuple[Edit, ...] = (Edit(end, end, " * 1000"),)
    elif isinstance(node, ast.BinOp):
        edits = (Edit(start, start, "("), Edit(end, end, ") * 1000"))
    else:
        return None
    return Fix("unsafe", edits, reason="the result changes by the factor 1000")
