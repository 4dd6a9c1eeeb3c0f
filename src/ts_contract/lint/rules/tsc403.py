"""Milliseconds compared with seconds: `created_at_ms < time.time()`.

## What it does
Flags a comparison of milliseconds with another unit, also in `min()` and `max()`:
`expires_at_ms < time.time()`, `now_ms() - created_at_ms > 3600`, `age_ms > max_age_seconds`.

Plain numbers are judged as by TSC402: `latency_ms < 50` stays silent.

## Why is this bad
An instant in milliseconds is a thousand times as large as one in seconds, so that the comparison
has always the same result: nothing ever expires, or everything at once.

The fix multiplies the seconds by 1000; it is unsafe, since it changes the result.

## Example
```python
import time


def is_expired(expires_at_ms: int) -> bool:
    return expires_at_ms < time.time()
```

## Use instead
```python
from ts_contract import now_ms


def is_expired(expires_at_ms: int) -> bool:
    return expires_at_ms < now_ms()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import pairwise

from ...source.file import File
from ...source.instants.units import mixed
from . import Match, rule
from .needs import milliseconds

_CHOOSING = frozenset({"builtins.max", "builtins.min"})
_NAMES = frozenset({"max", "min"})
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


@rule(
    "TSC403",
    "milliseconds compared with {unit}: multiply the {unit} to milliseconds first",
    on=(ast.Compare, ast.Call),
    needs=(milliseconds,),
)
def check(node: ast.Compare | ast.Call, file: File) -> Iterator[Match]:
    """Yield a match for the first two operands of different units."""
    if isinstance(node, ast.Call) and not file.source.may_be(node.func, _NAMES):
        return
    for left, right in _compared(node, file):
        mixture = mixed(left, right, file)
        if mixture is not None:
            yield Match(node, {"unit": mixture.unit}, mixture.fix)
            return


def _compared(node: ast.Compare | ast.Call, file: File) -> Iterable[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Compare):
        operands = pairwise((node.left, *node.comparators))
        pairs = zip(node.ops, operands, strict=True)
        return [pair for operator, pair in pairs if isinstance(operator, _ORDERED)]
    return pairwise(node.args) if file.source.resolve(node.func) in _CHOOSING else ()
