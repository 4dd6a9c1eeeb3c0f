"""A float in an epoch column: `created_at_ms = time.time() * 1000`.

## What it does
Flags a float that is given to an epoch column, or to a name that ends in `_at_ms` and its like:
`time.time() * 1000`, `time.time_ns() / 1_000_000`, `created.timestamp() * 1000`.

## Why is this bad
An epoch column is an integer. SQLite keeps the float as it is, and then `1705320000000.25` equals
no other row, joins with nothing, and fails the check of the migration; PostgreSQL rounds it.

The fix puts `int()` around the value; it is unsafe, since the value changes its type.

## Example
```python
import time

created_at_ms = time.time() * 1000
```

## Use instead
```python
from ts_contract import now_ms

created_at_ms = now_ms()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.edits import Edit, Fix
from ...source.file import File
from ...source.instants.assigned import Assignment
from ...source.instants.units import quantity
from . import Match, rule
from .needs import milliseconds


@rule(
    "TSC407",
    "a float given to {name}: take now_ms() or to_epoch_ms(), or cut it with int()",
    on=Assignment,
    needs=(milliseconds,),
)
def check(assignment: Assignment, file: File) -> Iterator[Match]:
    """Yield a match for an epoch column that is given a float of milliseconds."""
    if not _is_epoch(assignment, file):
        return
    held = quantity(assignment.value, file)
    if held and held.unit == "ms" and held.is_float:
        start, end = file.source.span(assignment.value)
        edits = (Edit(start, start, "int("), Edit(end, end, ")"))
        fix = Fix("unsafe", edits, reason="an int is stored")
        yield Match(assignment.value, {"name": assignment.name}, fix)


def _is_epoch(assignment: Assignment, file: File) -> bool:
    """Tell whether a name is that of a column: a mere variable needs `_at_ms` to be taken so."""
    declared = assignment.declared
    if (
        declared is None
        or declared.unit != "ms"
        or declared.kind != "instant"
        or assignment.receiver == "function"
    ):
        return False
    if assignment.name.endswith("_at_ms") or assignment.name.lower() in file.epoch_columns:
        return True
    return assignment.receiver != "variable"
