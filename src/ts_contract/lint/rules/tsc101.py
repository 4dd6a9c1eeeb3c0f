"""Naive clock: `datetime.now()` without a zone.

## What it does
Flags `datetime.now()`, `datetime.now(None)`, `datetime.now(tz=None)` and `datetime.today()`,
however they were imported.

## Why is this bad
The result is local time that does not say so. Stored in a database it is off by the offset of the
machine that wrote it, and twice a year it is ambiguous.

`datetime.now().astimezone()` and `datetime.now().timestamp()` are right, since both take a naive
value for local time; they stay silent.

## Example
```python
from datetime import datetime

created = datetime.now()
```

## Use instead
```python
from ts_contract import utc_now

created = utc_now()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..context import Context
from ..findings import Edit, Fix, Import
from . import Match, rule

_TIMEZONE = Import("datetime", "timezone")
_RIGHT_AFTERWARDS = frozenset({"astimezone", "timestamp"})


@rule(
    "TSC101",
    "naive clock {call}(): take utc_now(), or datetime.now(timezone.utc)",
    on=ast.Call,
    words=("now", "today"),
)
def check(node: ast.Call, context: Context) -> Iterator[Match]:
    """Yield a match for a naive clock whose value is not made right at once."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in {"now", "today"}:
        return
    name = context.source.resolve(node.func)
    if name not in {"datetime.datetime.now", "datetime.datetime.today"} or not _is_naive(node):
        return
    parent = context.source.parent(node)
    if isinstance(parent, ast.Attribute) and parent.attr in _RIGHT_AFTERWARDS:
        return
    yield Match(node, {"call": f"datetime.{node.func.attr}"}, _fix(node, context))


def _is_naive(node: ast.Call) -> bool:
    """Tell whether a call of `now` or `today` names no zone."""
    zones = [*node.args, *(keyword.value for keyword in node.keywords)]
    return all(isinstance(zone, ast.Constant) and zone.value is None for zone in zones)


def _fix(node: ast.Call, context: Context) -> Fix:
    start, end = context.source.span(node)
    # Spelled with the file's own name for the class, so that only timezone is imported.
    assert isinstance(node.func, ast.Attribute)
    head = context.source.text[slice(*context.source.span(node.func.value))]
    return Fix(
        "unsafe",
        (Edit(start, end, f"{head}.now(timezone.utc)"),),
        (_TIMEZONE,),
        "comparing the aware result with a naive value raises TypeError",
    )
