"""Clocks in the source: which calls read one, and what makes a naive one right.

A *clock* is a call or function that gives the present, or an instant from a number: those of
`datetime` and `time`, and those of the contract's clock module. Everything here answers by
canonical dotted name; what a name cannot tell is not known, and a rule stays silent.
"""

from __future__ import annotations

import ast
import re

from ...contract import is_utc as names_utc
from ..file import File
from ..python.source import Source

__all__ = [
    "AWARE_INSTEAD",
    "NAIVE_LOCAL",
    "NAIVE_UTC",
    "clock_module",
    "in_helper",
    "is_aware",
    "is_clock",
    "is_none",
    "is_utc",
    "made_right",
    "method_after",
    "named_zone",
    "project_name",
]

NAIVE_LOCAL = frozenset({"datetime.datetime.now", "datetime.datetime.today"})
NAIVE_UTC = frozenset({"datetime.datetime.utcnow", "datetime.datetime.utcfromtimestamp"})
AWARE_INSTEAD = {"utcnow": "now", "utcfromtimestamp": "fromtimestamp"}
"""The method that gives the same instant aware, if it is given a zone."""

_UTC = frozenset({
    "datetime.UTC",
    "datetime.timezone.utc",
    "dateutil.tz.UTC",
    "django.utils.timezone.utc",
    "pytz.UTC",
    "pytz.utc",
})  # fmt: skip
_UTC_CALLS = frozenset({"dateutil.tz.tzutc", "dateutil.tz.tz.tzutc"})
_ZONE_CALLS = frozenset({
    "datetime.timezone",
    "dateutil.tz.gettz",
    "pytz.timezone",
    "zoneinfo.ZoneInfo",
})  # fmt: skip
_WALL_CLOCKS = frozenset({
    *NAIVE_LOCAL,
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "django.utils.timezone.now",
    "time.time",
    "time.time_ns",
})  # fmt: skip
_WALL_CLOCK_NAMES = frozenset(clock.rpartition(".")[2] for clock in _WALL_CLOCKS)
_PROJECT_CLOCK = re.compile(r"(?:^|_)(?:now_(?:ms|iso|utc)|utc_now)$")
_AWARE_PROJECT_CLOCKS = frozenset({"utc_now", "from_epoch_ms"})
_ZONE_POSITIONS = {"datetime.datetime.now": 0, "datetime.datetime.fromtimestamp": 1}
_HELPERS = frozenset({"django.utils.timezone.make_aware"})
_HOME = ("ts_contract", "ts_contract.timestamps")


# --- recognising -----------------------------------------------------------------------------


def clock_module(file: File) -> str:
    """Return the module that a fix takes the clock from."""
    return file.contract.clock if file.contract else "ts_contract"


def project_name(func: ast.expr, file: File) -> str | None:
    """Return the bare name of a function of the clock module, such as `now_ms`, or None."""
    dotted = file.source.resolve(func)
    if dotted is None:
        return None
    module, _, name = dotted.rpartition(".")
    return name if module in {*_HOME, clock_module(file)} else None


def is_clock(call: ast.Call, file: File) -> bool:
    """Tell whether a call reads the present: wall clocks, and the project's own by their names."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            if "now" in name and _PROJECT_CLOCK.search(name):
                return True
            source = file.source
            may_be = source.may_be(call.func, _WALL_CLOCK_NAMES)
            return may_be and source.resolve(call.func) in _WALL_CLOCKS
    return False


def named_zone(call: ast.Call, position: int, keyword: str) -> bool:
    """Tell whether a call gives a zone, or may give one.

    Args:
        call: a call of a clock.
        position: index of the zone among the positional arguments.
        keyword: name of the zone's parameter.
    """
    if any(isinstance(arg, ast.Starred) for arg in call.args):
        return True
    if any(k.arg is None for k in call.keywords):
        return True
    given = [k.value for k in call.keywords if k.arg == keyword]
    return any(not is_none(zone) for zone in (*call.args[position : position + 1], *given))


def is_utc(zone: ast.expr, source: Source) -> bool:
    """Tell whether an expression is surely the zone UTC."""
    if source.resolve(zone) in _UTC:
        return True
    if not isinstance(zone, ast.Call):
        return False
    name = source.resolve(zone.func)
    if name in _UTC_CALLS:
        return not zone.args
    match zone.args:
        case [ast.Constant(value=str(named))]:
            return name in _ZONE_CALLS and names_utc(named)
    return False


def is_aware(value: ast.expr, file: File) -> bool:
    """Tell whether an expression is surely a datetime with a zone."""
    source = file.source
    match value:
        case ast.Name():
            bound = source.value(value)
            return isinstance(bound, ast.Call | ast.BinOp) and is_aware(bound, file)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=ast.Call(func=func)):
            return source.resolve(func) == "datetime.timedelta" and is_aware(left, file)
        case ast.Call():
            return _is_aware_call(value, file)
    return False


def _is_aware_call(call: ast.Call, file: File) -> bool:
    source = file.source
    match call:
        case ast.Call(func=ast.Attribute(attr="astimezone"), args=args) if len(args) <= 1:
            return True
        case ast.Call(func=ast.Attribute(attr="replace", value=replaced), keywords=keywords):
            zones = [k.value for k in keywords if k.arg == "tzinfo"]
            if zones:
                return is_utc(zones[0], source)
            return all(k.arg for k in keywords) and is_aware(replaced, file)
    position = _ZONE_POSITIONS.get(source.resolve(call.func) or "")
    if position is not None:
        return _surely_zoned(call, position, source)
    return project_name(call.func, file) in _AWARE_PROJECT_CLOCKS


def _surely_zoned(call: ast.Call, position: int, source: Source) -> bool:
    """Tell whether a call gives a zone that cannot be None: UTC, a call, or a constant."""
    zones = [k.value for k in call.keywords if k.arg == "tz"]
    zones += call.args[position : position + 1]
    return any(
        isinstance(zone, ast.Call)
        or (isinstance(zone, ast.Name) and zone.id.isupper())
        or is_utc(zone, source)
        for zone in zones
    )


def is_none(node: ast.expr) -> bool:
    """Tell whether an expression is the constant None."""
    return isinstance(node, ast.Constant) and node.value is None


# --- what stands around a clock --------------------------------------------------------------


def method_after(node: ast.AST, source: Source) -> ast.Call | None:
    """Return the call of the method behind `node`: of `x` in `x.astimezone(zone)` that call."""
    attribute = source.parent(node)
    if not isinstance(attribute, ast.Attribute):
        return None
    call = source.parent(attribute)
    return call if isinstance(call, ast.Call) and call.func is attribute else None


def made_right(clock: ast.Call, file: File) -> bool:
    """Tell whether what surrounds a naive *local* clock makes its value right, or may do so.

    `.astimezone()` and `.timestamp()` take a naive value for local time, which it is. A zone set
    by `.replace(tzinfo=zone)` is wrong if it is UTC or a named one, and cannot be judged
    otherwise. A helper of the contract is right because the project says so.
    """
    after = method_after(clock, file.source)
    if after is not None:
        assert isinstance(after.func, ast.Attribute)
        if after.func.attr in {"astimezone", "timestamp"}:
            return True
        if after.func.attr == "replace":
            zones = [k.value for k in after.keywords if k.arg in {"tzinfo", None}]
            return any(not _is_known_zone(zone, file.source) for zone in zones)
    return in_helper(clock, file)


def _is_known_zone(zone: ast.expr, source: Source) -> bool:
    if is_none(zone) or is_utc(zone, source):
        return True
    return (
        isinstance(zone, ast.Call) and source.resolve(zone.func) in _ZONE_CALLS and bool(zone.args)
    )


def in_helper(node: ast.expr, file: File) -> bool:
    """Tell whether an expression is handed to a function that makes a naive value right.

    Those are the contract's `helpers`, Django's `make_aware`, and pytz's `zone.localize`.
    """
    call = file.source.parent(node)
    if isinstance(call, ast.keyword):
        call = file.source.parent(call)
    if not isinstance(call, ast.Call) or call.func is node:
        return False
    if isinstance(call.func, ast.Attribute) and call.func.attr == "localize":
        return True
    helpers = file.contract.helpers if file.contract else ()
    name = file.source.resolve(call.func)
    if name is not None:
        bare = name.lstrip(".")
        return name in _HELPERS or any(
            name == h or (name[0] == "." and h.endswith(f".{bare}")) for h in helpers
        )
    # The module that defines the helper calls it by its bare name.
    return isinstance(call.func, ast.Name) and any(
        h.rpartition(".")[2] == call.func.id and _defined_here(call.func, file.source)
        for h in helpers
    )


def _defined_here(name: ast.Name, source: Source) -> bool:
    return any(binding.kind == "definition" for binding in source.bindings(name))
