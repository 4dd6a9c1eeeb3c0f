"""A clock of one's own: `int(time.time() * 1000)` instead of the contract's clock.

## What it does
Flags the ways to spell the present in milliseconds: `int(time.time() * 1000)`,
`round(time.time() * 1000)`, `time.time_ns() // 1_000_000`,
`int(datetime.now(timezone.utc).timestamp() * 1000)`. Off by default.

## Why is this bad
Each spelling rounds in its own way, one of them forgets the factor some day, and no test can
freeze them all. One function can be frozen, replaced and searched for.

A function that is itself such a clock, and a duration such as `(time.time() - t0) * 1000`, stay
silent.

The fix is safe where the value is cut off to whole milliseconds, as `now_ms()` does; it is unsafe
where the source rounds, or drops the milliseconds.

## Example
```python
import time

created_at_ms = int(time.time() * 1000)
```

## Use instead
```python
from ts_contract import now_ms

created_at_ms = now_ms()
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...source.edits import Edit, Fix, Safety
from ...source.file import File
from ...source.instants.clocks import clock_module, is_aware
from ...source.instants.spelling import spell
from ...source.python.names import last_name
from ..gate import any_of
from . import Match, rule

_CUTS = frozenset({"builtins.int", "math.floor", "math.trunc"})
_ROUNDS = frozenset({"builtins.round", "math.ceil"})
_CUT_NAMES = frozenset(name.rpartition(".")[2] for name in _CUTS | _ROUNDS)
_SECONDS = any_of(re.compile(r"\.time(?:_ns|stamp)?\("), " time import")
_THOUSAND = any_of("000", "e3", "e6", "10**", "10 **")
_OWN_CLOCK = re.compile(r"now|current|epoch|millis|clock|timestamp")


@rule(
    "TSC107",
    "the present in milliseconds spelled out: take now_ms() of {module}",
    on=(ast.Call, ast.BinOp),
    needs=(any_of(".time", " time import"), _SECONDS, _THOUSAND),
    default=False,
)
def check(node: ast.Call | ast.BinOp, file: File) -> Iterator[Match]:
    """Yield a match for the outermost expression that is the present in milliseconds."""
    safety = _present_in_ms(node, file)
    if safety is None or _is_part_of_one(node, file) or _in_own_clock(node, file):
        return
    yield Match(node, {"module": clock_module(file)}, _fix(node, safety, file))


def _present_in_ms(node: ast.AST, file: File) -> Safety | None:
    """Return how safely `now_ms()` stands for an expression; None if it is something else."""
    match node:
        case ast.Call(func=func, args=[ast.Call() | ast.BinOp() as arg], keywords=[]):
            if not file.source.may_be(func, _CUT_NAMES):
                return None
            name = file.source.resolve(func)
            if name in _CUTS and _is_float_ms(arg, file):
                return "safe"
            if name in _ROUNDS and _is_float_ms(arg, file):
                return "unsafe"
            if name in _CUTS | _ROUNDS:
                return _present_in_ms(arg, file)
        case ast.BinOp(left=ast.Call(func=func), op=ast.FloorDiv(), right=divisor):
            is_ns = file.source.resolve(func) == "time.time_ns"
            return "safe" if is_ns and _is_number(divisor, 1_000_000) else None
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            pairs = ((left, right), (right, left))
            if any(_is_number(n, 1000) and _is_whole_seconds(s, file) for s, n in pairs):
                return "unsafe"
    return None


def _is_float_ms(node: ast.expr, file: File) -> bool:
    match node:
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            pairs = ((left, right), (right, left))
            return any(_is_number(n, 1000) and _is_seconds(s, file) for s, n in pairs)
        case ast.BinOp(left=ast.Call(func=func), op=ast.Div(), right=divisor):
            is_ns = file.source.resolve(func) == "time.time_ns"
            return is_ns and _is_number(divisor, 1_000_000)
    return False


def _is_whole_seconds(node: ast.expr, file: File) -> bool:
    match node:
        case ast.Call(func=func, args=[arg], keywords=[]):
            return file.source.resolve(func) in _CUTS | _ROUNDS and _is_seconds(arg, file)
    return False


def _is_seconds(node: ast.expr, file: File) -> bool:
    """Tell whether an expression is the present in seconds: `time.time()`, `now.timestamp()`."""
    match node:
        case ast.Call(func=ast.Attribute(attr="timestamp", value=ast.Call(func=func) as clock)):
            name = file.source.resolve(func)
            if name in {"datetime.datetime.now", "datetime.datetime.today"}:
                return True
            return is_aware(clock, file) and last_name(func) == "utc_now"
        case ast.Call(func=func):
            return file.source.resolve(func) == "time.time"
    return False


def _is_number(node: ast.expr, wanted: int) -> bool:
    match node:
        case ast.Constant(value=int() | float() as value):
            return value == wanted
        case ast.BinOp(left=ast.Constant(value=10), op=ast.Pow(), right=ast.Constant(value=int(n))):
            return 0 <= n < 10 and 10**n == wanted
    return False


def _is_part_of_one(node: ast.AST, file: File) -> bool:
    parent = file.source.parent(node)
    return parent is not None and _present_in_ms(parent, file) is not None


def _in_own_clock(node: ast.AST, file: File) -> bool:
    """Tell whether the expression is what a project's own clock returns."""
    parent = file.source.parent(node)
    function = file.source.scope(node)
    return (
        isinstance(parent, ast.Return)
        and isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and _OWN_CLOCK.search(function.name) is not None
    ) or isinstance(function, ast.Lambda)


def _fix(node: ast.expr, safety: Safety, file: File) -> Fix | None:
    now = spell(clock_module(file), "now_ms", file)
    if now is None:
        return None
    reason = "" if safety == "safe" else "now_ms() neither rounds nor drops the milliseconds"
    return Fix(safety, (Edit(*file.source.span(node), f"{now[0]}()"),), now[1], reason)
