"""Naive clock: `datetime.now()` without a zone.

## What it does
Flags `datetime.now()`, `datetime.now(None)`, `datetime.now(tz=None)` and `datetime.today()`,
however they were imported.

## Why is this bad
The result is local time that does not say so. Stored in a database it is off by the offset of the
machine that wrote it, and twice a year it is ambiguous.

`datetime.now().astimezone()` and `datetime.now().timestamp()` are right, since both take a naive
value for local time; they stay silent. So does a clock handed to one of the contract's `helpers`.

The fix is unsafe: comparing the aware result with a naive value raises `TypeError`.

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

from ...source.edits import Edit, Fix
from ...source.file import File
from ...source.instants.clocks import NAIVE_LOCAL, made_right, named_zone
from ...source.instants.spelling import spell, spelled
from ..gate import any_of
from . import Match, rule
from .needs import DATETIME


@rule(
    "TSC101",
    "naive clock {call}(): take utc_now(), or datetime.now(timezone.utc)",
    on=ast.Call,
    needs=(DATETIME, any_of(".now", ".today")),
)
def check(node: ast.Call, file: File) -> Iterator[Match]:
    """Yield a match for a naive clock whose value is not made right at once."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in {"now", "today"}:
        return
    if file.source.resolve(node.func) not in NAIVE_LOCAL:
        return
    if named_zone(node, 0, "tz") or made_right(node, file):
        return
    yield Match(node, {"call": f"datetime.{node.func.attr}"}, _fix(node, node.func, file))


def _fix(node: ast.Call, func: ast.Attribute, file: File) -> Fix | None:
    utc = spell("datetime", "timezone", file)
    if utc is None:
        return None
    aware = f"{spelled(func.value, file.source)}.now({utc[0]}.utc)"
    return Fix(
        "unsafe",
        (Edit(*file.source.span(node), aware),),
        utc[1],
        "comparing the aware result with a naive value raises TypeError",
    )
