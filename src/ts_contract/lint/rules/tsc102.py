"""Naive UTC: `datetime.utcnow()` and `datetime.utcfromtimestamp()`.

## What it does
Flags every call of `utcnow()` and `utcfromtimestamp()`, also with `.astimezone()` or
`.timestamp()` behind it.

## Why is this bad
The result is UTC that does not say so, and Python takes a naive value for local time:
`utcnow().astimezone()` and `utcnow().timestamp()` are wrong by the offset of the machine, five
hours in New York. Both functions are deprecated since Python 3.12.

The fix is safe where `.replace(tzinfo=timezone.utc)` stands behind the call, since the value stays
the same. Everywhere else it is unsafe: the result becomes aware.

## Example
```python
from datetime import datetime

created = datetime.utcnow()
```

## Use instead
```python
from datetime import datetime, timezone

created = datetime.now(timezone.utc)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...source.edits import Edit, Fix
from ...source.file import File
from ...source.instants.clocks import AWARE_INSTEAD, NAIVE_UTC, in_helper, is_utc, method_after
from ...source.instants.spelling import spelled, utc_fix
from ..gate import any_of
from . import Match, rule
from .needs import DATETIME

_LOCAL_TAKEN = frozenset({"astimezone", "timestamp"})


@rule(
    "TSC102",
    "naive UTC {call}(){consequence}: take datetime.{instead}",
    on=ast.Call,
    needs=(DATETIME, any_of(".utcnow", ".utcfromtimestamp")),
)
def check(node: ast.Call, file: File) -> Iterator[Match]:
    """Yield a match for a call of a clock that gives naive UTC."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in AWARE_INSTEAD:
        return
    if file.source.resolve(node.func) not in NAIVE_UTC or in_helper(node, file):
        return
    after = method_after(node, file.source)
    method = after.func.attr if after and isinstance(after.func, ast.Attribute) else ""
    consequence = f", which .{method}() takes for local time" if method in _LOCAL_TAKEN else ""
    argument = "timezone.utc" if node.func.attr == "utcnow" else "..., timezone.utc"
    fields = {
        "call": f"datetime.{node.func.attr}",
        "consequence": consequence,
        "instead": f"{AWARE_INSTEAD[node.func.attr]}({argument})",
    }
    yield Match(node, fields, _fix(node, node.func, after, file))


def _fix(node: ast.Call, func: ast.Attribute, after: ast.Call | None, file: File) -> Fix | None:
    zone = _zone_set_by(after)
    if zone is not None and after is not None:
        return _same_value(node, func, after, zone, file)
    return utc_fix(
        node,
        AWARE_INSTEAD[func.attr],
        "{utc}" if func.attr == "utcnow" else "tz={utc}",
        file,
        "the result becomes aware, and comparing it with a naive value raises TypeError",
    )


def _zone_set_by(after: ast.Call | None) -> ast.expr | None:
    """Return the new `tzinfo` if the method behind the clock is `.replace(tzinfo=...)`."""
    if after is None or not isinstance(after.func, ast.Attribute) or after.func.attr != "replace":
        return None
    return next((k.value for k in after.keywords if k.arg == "tzinfo"), None)


def _same_value(
    node: ast.Call, func: ast.Attribute, after: ast.Call, zone: ast.expr, file: File
) -> Fix | None:
    source = file.source
    alone = len(after.keywords) == 1 and not after.args and not node.keywords
    if not is_utc(zone, source) or not alone or len(node.args) > 1:
        return None
    arguments = ", ".join(spelled(given, source) for given in (*node.args, zone))
    aware = f"{spelled(func.value, source)}.{AWARE_INSTEAD[func.attr]}({arguments})"
    return Fix("safe", (Edit(*source.span(after), aware),))
