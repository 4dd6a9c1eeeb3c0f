"""Milliseconds plus or minus seconds: `now_ms() - 3600`.

## What it does
Flags a sum or difference of milliseconds and another unit: `created_at_ms + ttl_seconds`,
`now_ms() - 3600`, `expires_at_ms += day` where `day = 86400`.

A plain number is taken for seconds only if nobody would write it for milliseconds: a product with
60, 3600 or 86400 in it and no 1000, or, beside an instant, a multiple of 3600 such as 86400.
`now_ms() - 500` stays silent.

## Why is this bad
An hour becomes 3.6 seconds: sessions expire at once, a query for the last day finds nothing.

The fix multiplies the seconds by 1000; it is unsafe, since it changes the result.

## Example
```python
from ts_contract import now_ms

an_hour_ago_ms = now_ms() - 3600
```

## Use instead
```python
from ts_contract import now_ms

an_hour_ago_ms = now_ms() - 3600 * 1000
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...source.file import File
from ...source.instants.units import mixed
from . import Match, rule
from .needs import milliseconds


@rule(
    "TSC402",
    "milliseconds and {unit} {verb}: multiply the {unit} to milliseconds first",
    on=(ast.BinOp, ast.AugAssign),
    needs=(milliseconds,),
)
def check(node: ast.BinOp | ast.AugAssign, file: File) -> Iterator[Match]:
    """Yield a match for a sum or difference of two units."""
    if not isinstance(node.op, ast.Add | ast.Sub):
        return
    verb = "added" if isinstance(node.op, ast.Add) else "subtracted"
    left, right = (
        (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
    )
    mixture = mixed(left, right, file)
    if mixture is not None:
        yield Match(node, {"unit": mixture.unit, "verb": verb}, mixture.fix)
