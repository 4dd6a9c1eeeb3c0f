"""The wrong instant: `datetime.utcnow().timestamp()`.

## What it does
Flags a naive value whose conversion takes it for another zone than it is in:

- naive UTC taken for local time: `utcnow().timestamp()`, `time.mktime(time.gmtime())`,
  `time.mktime(datetime.utcnow().timetuple())`, `utcnow().strftime("%s")`
- local time taken for UTC: `to_epoch_ms(datetime.now())`, `calendar.timegm(time.localtime())`,
  `datetime.now().replace(tzinfo=timezone.utc).timestamp()`

Names bound once are followed: `now = datetime.utcnow(); now.timestamp()`.

## Why is this bad
The instant is off by the offset of the machine: 18,000 seconds in New York in winter, 14,400 in
summer, and right on the server that runs in UTC, so that no test there can find it.

`datetime.now().timestamp()` is right, and stays silent.

The fix takes an aware clock; it is unsafe, since it changes the instant to the right one.

## Example
```python
import time

created = int(time.mktime(time.gmtime()))
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
from typing import Literal

from ...source.edits import Fix
from ...source.file import File
from ...source.instants.clocks import (
    AWARE_INSTEAD,
    NAIVE_LOCAL,
    NAIVE_UTC,
    is_utc,
    named_zone,
    project_name,
)
from ...source.instants.spelling import utc_fix
from ..gate import any_of
from . import Match, rule
from .needs import DATETIME_OR_TIME

Zone = Literal["UTC", "local time"]

_FUNCTIONS: dict[str, Zone] = {"time.mktime": "local time", "calendar.timegm": "UTC"}
_NAMES = frozenset({"mktime", "timegm", "to_epoch_ms"})
_STRUCT_CLOCKS: dict[str, Zone] = {"time.gmtime": "UTC", "time.localtime": "local time"}
_MAX_DEPTH = 8


@rule(
    "TSC408",
    "the wrong instant: {call} takes the value for {taken}, and it is {held}",
    on=ast.Call,
    needs=(
        DATETIME_OR_TIME,
        any_of("utcnow", "utcfromtimestamp", "mktime", "timegm", "to_epoch_ms", "timestamp("),
    ),
)
def check(node: ast.Call, file: File) -> Iterator[Match]:
    """Yield a match for a conversion that takes a naive value for another zone."""
    converted = _conversion(node, file)
    if converted is None:
        return
    call, taken, value = converted
    value, taken = _unlabelled(value, taken, file)
    held = _zone_of(value, file, _MAX_DEPTH)
    if held is None or held == taken:
        return
    yield Match(node, {"call": call, "taken": taken, "held": held}, _fix(node, value, file))


def _conversion(node: ast.Call, file: File) -> tuple[str, Zone, ast.expr] | None:
    """Return a conversion's name, the zone that it takes a naive value for, and that value."""
    match node:
        case ast.Call(func=ast.Attribute(attr="timestamp", value=value), args=[], keywords=[]):
            return ".timestamp()", "local time", value
        case ast.Call(
            func=ast.Attribute(attr="strftime", value=value), args=[ast.Constant(value="%s")]
        ):
            return '.strftime("%s")', "local time", value
        case ast.Call(func=func, args=[value, *_]) if file.source.may_be(func, _NAMES):
            dotted = file.source.resolve(func)
            if dotted in _FUNCTIONS:
                return f"{dotted}()", _FUNCTIONS[dotted], value
            if dotted and project_name(func, file) == "to_epoch_ms":
                return "to_epoch_ms()", "UTC", value
    return None


def _unlabelled(value: ast.expr, taken: Zone, file: File) -> tuple[ast.expr, Zone]:
    """Return the naive value under a zone put on it, and the zone that it was taken for."""
    match value:
        case ast.Call(func=ast.Attribute(attr="astimezone", value=naive)):
            return naive, "local time"
        case ast.Call(
            func=ast.Attribute(attr="replace", value=naive),
            args=[],
            keywords=[ast.keyword(arg="tzinfo", value=zone)],
        ) if is_utc(zone, file.source):
            return naive, "UTC"
    return value, taken


def _zone_of(node: ast.expr, file: File, depth: int) -> Zone | None:
    """Return the zone that a naive value is in, or that a wrong label hides; None if not sure."""
    if not depth:
        return None
    match node:
        case ast.Name():
            value = file.source.value(node)
            return None if value is None else _zone_of(value, file, depth - 1)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=ast.Call(func=func)):
            is_delta = file.source.resolve(func) == "datetime.timedelta"
            return _zone_of(left, file, depth - 1) if is_delta else None
        case ast.Call(func=ast.Attribute(attr="replace", value=value), keywords=keywords):
            return _zone_of_replaced(value, keywords, file, depth)
        case ast.Call(
            func=ast.Attribute(attr="timetuple" | "utctimetuple" | "isoformat", value=value)
        ):
            return _zone_of(value, file, depth - 1)
        case ast.Call(func=func):
            return _zone_of_clock(node, file)
    return None


def _zone_of_replaced(
    value: ast.expr, keywords: list[ast.keyword], file: File, depth: int
) -> Zone | None:
    if any(keyword.arg in {"tzinfo", None} for keyword in keywords):
        return None
    return _zone_of(value, file, depth - 1)


def _zone_of_clock(node: ast.Call, file: File) -> Zone | None:
    dotted = file.source.resolve(node.func)
    if dotted in _STRUCT_CLOCKS:
        return _STRUCT_CLOCKS[dotted]
    if dotted in NAIVE_UTC:
        return "UTC"
    if dotted in NAIVE_LOCAL and not named_zone(node, 0, "tz"):
        return "local time"
    if dotted == "datetime.datetime.fromtimestamp" and not named_zone(node, 1, "tz"):
        return "local time"
    return None


def _fix(conversion: ast.Call, value: ast.expr, file: File) -> Fix | None:
    """Return the fix for a clock that is itself converted, by something that heeds zones."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return None
    heeds_zones = file.source.resolve(conversion.func) not in _FUNCTIONS
    converted = conversion.args[:1] == [value] or file.source.parent(value) is conversion.func
    dotted = file.source.resolve(value.func)
    if not heeds_zones or not converted or dotted not in NAIVE_LOCAL | NAIVE_UTC:
        return None
    if (value.args or value.keywords) and dotted in NAIVE_LOCAL:
        return None
    method = AWARE_INSTEAD.get(value.func.attr, "now")
    argument = "{utc}" if method == "now" else "tz={utc}"
    return utc_fix(value, method, argument, file, "another instant is made, the right one")
