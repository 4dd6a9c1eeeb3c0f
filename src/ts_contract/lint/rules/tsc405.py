"""Milliseconds in a name without `_ms`: `created_at = now_ms()`.

## What it does
Flags milliseconds that are given to a name that ends in `_at`, to the name of a legacy column, or
to a name that states another unit: `created_at = now_ms()`, `{"expires_at": now_ms() + ttl_ms}`,
`timedelta(seconds=elapsed_ms)`.

Other names, such as `now = now_ms()`, stay silent, and so does the hand-over of a value under the
old name of its own column: `created_at=row["created_at_ms"]`.

## Why is this bad
Whoever reads the name takes the value for a datetime, for text, or for seconds. The suffix is the
only thing that tells one integer from the other.

## Example
```python
from ts_contract import now_ms

created_at = now_ms()
```

## Use instead
```python
from ts_contract import now_ms

created_at_ms = now_ms()
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...source.file import File
from ...source.instants.assigned import Assignment
from ...source.instants.units import quantity
from . import Match, rule
from .needs import milliseconds


@rule(
    "TSC405",
    "milliseconds given to {name}, whose name does not end in _ms",
    on=Assignment,
    needs=(milliseconds,),
)
def check(assignment: Assignment, file: File) -> Iterator[Match]:
    """Yield a match for a name that says something else of milliseconds."""
    if assignment.receiver == "function" or (
        assignment.declared and assignment.declared.unit == "ms"
    ):
        return
    held = quantity(assignment.value, file)
    if held and held.unit == "ms" and _read_name(assignment.value) != f"{assignment.name}_ms":
        yield Match(assignment.value, {"name": assignment.name})


def _read_name(value: ast.expr) -> str | None:
    """Return the name under which a value is read, if it is only that."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(
            func=ast.Attribute(attr="get" | "pop"), args=[ast.Constant(value=str(name)), *_]
        ):
            return name
    return None
