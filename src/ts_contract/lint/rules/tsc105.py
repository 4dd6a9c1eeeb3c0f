"""A zone taken off: `.replace(tzinfo=None)` on an aware clock.

## What it does
Flags `.replace(tzinfo=None)` where the value is surely aware: a clock that was given a zone,
`utc_now()`, `from_epoch_ms()`, anything with `.astimezone()` behind it, and a local name for one
of them.

## Why is this bad
The value was right and said so; now it has to be guessed again, and Python guesses local time.
Every comparison with an aware value raises `TypeError` from here on.

Text that gets its zone back at once stays silent:
`now.replace(tzinfo=None).isoformat() + "Z"`.

## Example
```python
from datetime import datetime, timezone

created = datetime.now(timezone.utc).replace(tzinfo=None)
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
from ...source.instants.clocks import is_aware, is_none, method_after
from ...source.python.source import Source
from ..gate import any_of
from . import Match, rule

_TEXT = frozenset({"isoformat", "strftime"})


@rule(
    "TSC105",
    "a zone taken off by .replace(tzinfo=None): keep the value aware",
    on=ast.Call,
    needs=(any_of("tzinfo"), any_of("tzinfo=none", "tzinfo = none")),
)
def check(node: ast.Call, file: File) -> Iterator[Match]:
    """Yield a match where an aware value is made naive."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != "replace":
        return
    if not any(k.arg == "tzinfo" and is_none(k.value) for k in node.keywords):
        return
    if not is_aware(node.func.value, file) or _zone_written_behind(node, file.source):
        return
    yield Match(node, {}, _fix(node, node.func, file.source))


def _fix(node: ast.Call, func: ast.Attribute, source: Source) -> Fix | None:
    _, value_end = source.span(func.value)
    _, end = source.span(node)
    # Between the value and the dot may stand the parenthesis around it, or a comment.
    between = source.text[value_end:end].partition(".")[0]
    if len(node.keywords) + len(node.args) > 1 or between.strip(" \t\r\n)"):
        return None
    return Fix(
        "unsafe",
        (Edit(value_end + len(between.rstrip()), end, ""),),
        reason="the value stays aware, and comparing it with a naive one raises TypeError",
    )


def _zone_written_behind(node: ast.Call, source: Source) -> bool:
    """Tell whether the value becomes text that is given a zone: `.isoformat() + "Z"`."""
    text = method_after(node, source)
    if text is None or not isinstance(text.func, ast.Attribute) or text.func.attr not in _TEXT:
        return False
    above = source.parent(text)
    if isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add) and above.left is text:
        return _is_zone(above.right)
    if isinstance(above, ast.FormattedValue):
        whole = source.parent(above)
        if isinstance(whole, ast.JoinedStr):
            behind = whole.values[whole.values.index(above) + 1 :]
            return bool(behind) and _is_zone(behind[0])
    return any("Z" in (_text(arg) or "") for arg in text.args)


def _is_zone(node: ast.expr) -> bool:
    return (_text(node) or "").startswith(("Z", "+00"))


def _text(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
    return None
