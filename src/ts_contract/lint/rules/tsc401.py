"""Seconds stored as milliseconds: `created_at_ms = int(time.time())`.

## What it does
Flags a value in seconds, microseconds or nanoseconds that is given to a name in milliseconds: a
variable, attribute, key, keyword argument, column of an INSERT or UPDATE, or the function that
returns it. Units are known by name, by origin (`time.time()`, `.total_seconds()`), and by flow
within the function.

## Why is this bad
The value is a thousand times too small: an instant of today becomes 21 January 1970, and sorts
before everything else. Nothing fails until somebody looks.

The fix multiplies by 1000; it is unsafe, since it changes what is stored.

## Example
```python
import time

created_at_ms = int(time.time())
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

from ...source.edits import Edit, Fix
from ...source.file import File
from ...source.instants.assigned import Assignment
from ...source.instants.units import UNIT_NAMES, Quantity, quantity, spells_seconds
from ...source.python.constants import number
from . import Match, rule
from .needs import milliseconds


@rule(
    "TSC401",
    "{unit} given to {name}, which holds milliseconds",
    on=Assignment,
    needs=(milliseconds,),
)
def check(assignment: Assignment, file: File) -> Iterator[Match]:
    """Yield a match for a name in milliseconds that is given another unit."""
    target = assignment.declared
    if target is None or target.unit != "ms":
        return
    held = quantity(assignment.value, file)
    if held is None:
        constant = number(assignment.value, file.source)
        if constant and target.kind == "instant" and spells_seconds(constant, target):
            yield Match(assignment.value, {"unit": "seconds", "name": assignment.name})
    elif held.unit != "ms":
        fields = {"unit": UNIT_NAMES[held.unit], "name": assignment.name}
        yield Match(assignment.value, fields, _fix(assignment.value, held, file))


def _fix(value: ast.expr, held: Quantity, file: File) -> Fix | None:
    if held.unit != "s" or isinstance(value, ast.IfExp | ast.BoolOp | ast.NamedExpr):
        return None
    start, end = file.source.span(value)
    before, after = ("(", ")") if isinstance(value, ast.BinOp) else ("", "")
    if held.is_float:
        before, after = f"int({before}", f"{after} * 1000)"
    else:
        after += " * 1000"
    edits = [Edit(start, start, before)] if before else []
    return Fix("unsafe", (*edits, Edit(end, end, after)), reason="another number is stored")
