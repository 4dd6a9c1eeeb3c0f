"""Milliseconds given to `fromtimestamp`: `fromtimestamp(created_at_ms, UTC)`.

## What it does
Flags milliseconds, microseconds or nanoseconds as the argument of `fromtimestamp`,
`utcfromtimestamp`, `date.fromtimestamp`, `time.gmtime`, `time.localtime` and `time.ctime`, which
all take seconds.

## Why is this bad
The call raises `ValueError: year 55000 is out of range`, and only when it is reached; with a value
from a test, such as 1000, it does not even raise.

The fix divides by 1000; it is unsafe, since it changes the result.

## Example
```python
from datetime import datetime, timezone


def created(created_at_ms: int) -> datetime:
    return datetime.fromtimestamp(created_at_ms, timezone.utc)
```

## Use instead
```python
from datetime import datetime

from ts_contract import from_epoch_ms


def created(created_at_ms: int) -> datetime:
    return from_epoch_ms(created_at_ms)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...source.edits import Edit, Fix
from ...source.file import File
from ...source.instants.units import UNIT_NAMES, Quantity, quantity
from ...source.python.constants import number
from ..gate import any_of
from . import Match, rule
from .needs import DATETIME_OR_TIME

_TAKE_SECONDS = frozenset({
    "datetime.date.fromtimestamp",
    "datetime.datetime.fromtimestamp",
    "datetime.datetime.utcfromtimestamp",
    "time.ctime",
    "time.gmtime",
    "time.localtime",
})  # fmt: skip
_NAMES = frozenset(name.rpartition(".")[2] for name in _TAKE_SECONDS)
_PER_SECOND = {"ms": "1000", "us": "1_000_000", "ns": "1_000_000_000"}
_YEAR_5138 = 100_000_000_000  # seconds; as milliseconds that is March 1973


@rule(
    "TSC404",
    "{unit} given to {call}(), which takes seconds",
    on=ast.Call,
    needs=(DATETIME_OR_TIME, any_of("fromtimestamp", "gmtime", "localtime", "ctime")),
)
def check(node: ast.Call, file: File) -> Iterator[Match]:
    """Yield a match for a first argument that is not in seconds."""
    name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
    if not node.args or name not in _NAMES:
        return
    dotted = file.source.resolve(node.func)
    if dotted not in _TAKE_SECONDS:
        return
    call = dotted.removeprefix("datetime.")
    given = quantity(node.args[0], file)
    if given is None:
        constant = number(node.args[0], file.source)
        if constant and constant.value >= _YEAR_5138:
            yield Match(node.args[0], {"unit": "milliseconds", "call": call})
    elif given.unit != "s":
        unit = UNIT_NAMES[given.unit]
        yield Match(node.args[0], {"unit": unit, "call": call}, _fix(node.args[0], given, file))


def _fix(value: ast.expr, given: Quantity, file: File) -> Fix | None:
    if not isinstance(value, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.BinOp):
        return None
    start, end = file.source.span(value)
    divided = f" / {_PER_SECOND[given.unit]}"
    edits: tuple[Edit, ...] = (Edit(end, end, divided),)
    if isinstance(value, ast.BinOp):
        edits = (Edit(start, start, "("), Edit(end, end, f"){divided}"))
    return Fix("unsafe", edits, reason="another instant is made")
