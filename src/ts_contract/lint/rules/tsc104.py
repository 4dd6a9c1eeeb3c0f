"""Local time from a number or a date: `fromtimestamp(x)`, `date.today()`.

## What it does
Flags `datetime.fromtimestamp(x)` without a zone, `date.today()` and `date.fromtimestamp(x)`.

## Why is this bad
All three answer in the zone of the machine. The same number becomes another wall clock on the
server than on the laptop, and for hours of every day two machines disagree on the date.

`fromtimestamp(x).astimezone()` and `fromtimestamp(x).timestamp()` are right; they stay silent.

The fix is unsafe: it changes the value on every machine that does not run in UTC.

## Example
```python
from datetime import datetime


def started(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds)
```

## Use instead
```python
from datetime import datetime, timezone


def started(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...source.edits import Edit, Fix
from ...source.file import File
from ...source.instants.clocks import made_right, named_zone
from ...source.instants.spelling import spell, spelled, utc_fix
from ..gate import any_of
from . import Match, rule
from .needs import DATETIME

_LOCAL = frozenset({
    "datetime.date.fromtimestamp",
    "datetime.date.today",
    "datetime.datetime.fromtimestamp",
})  # fmt: skip
_REASON = "the value changes on every machine that does not run in UTC"


@rule(
    "TSC104",
    "local time from {call}(): {instead}",
    on=ast.Call,
    needs=(DATETIME, any_of(".fromtimestamp", ".today")),
)
def check(node: ast.Call, file: File) -> Iterator[Match]:
    """Yield a match for a call that answers in the zone of the machine."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in {"fromtimestamp", "today"}:
        return
    name = file.source.resolve(node.func)
    if name not in _LOCAL:
        return
    call = name.removeprefix("datetime.")
    if call == "datetime.fromtimestamp":
        if named_zone(node, 1, "tz") or made_right(node, file):
            return
        fix = utc_fix(node, "fromtimestamp", "tz={utc}", file, _REASON)
        yield Match(node, {"call": call, "instead": "name the zone, tz=timezone.utc"}, fix)
        return
    seconds = "..., " if call == "date.fromtimestamp" else ""
    aware = "fromtimestamp" if seconds else "now"
    instead = f"take datetime.{aware}({seconds}timezone.utc).date()"
    yield Match(node, {"call": call, "instead": instead}, _date_fix(node, aware, file))


def _date_fix(node: ast.Call, method: str, file: File) -> Fix | None:
    moment = spell("datetime", "datetime", file)
    utc = spell("datetime", "timezone", file)
    if moment is None or utc is None or node.keywords:
        return None
    given = [*(spelled(arg, file.source) for arg in node.args), f"{utc[0]}.utc"]
    text = f"{moment[0]}.{method}({', '.join(given)}).date()"
    return Fix("unsafe", (Edit(*file.source.span(node), text),), moment[1] + utc[1], _REASON)
