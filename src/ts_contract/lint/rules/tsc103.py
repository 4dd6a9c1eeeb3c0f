"""Naive clock passed without a call: `default_factory=datetime.utcnow`.

## What it does
Flags the clocks of TSC101 and TSC102 where they are handed on uncalled, to be called by somebody
else: `field(default_factory=datetime.utcnow)`, `Column(default=datetime.now)`.

`datetime.utcnow`, `datetime.utcfromtimestamp` and `datetime.today` are flagged wherever they are
passed, assigned or stored. `datetime.now` is flagged where whoever calls it gives no zone: as a
`default`, `default_factory`, `onupdate` and their like. Elsewhere its caller may name a zone.

## Why is this bad
Every row or object gets naive time, and no call stands in the source for a reader, or another
linter, to see. It is also the place where a careless fix does the most harm: `default=utcnow`
changed to `default=now(UTC)` freezes the default at the moment of import (TSC106). The fix here
inserts a name or a lambda, never a call.

## Example
```python
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Task:
    created: datetime = field(default_factory=datetime.utcnow)
```

## Use instead
```python
from dataclasses import dataclass, field
from datetime import datetime

from ts_contract import utc_now


@dataclass
class Task:
    created: datetime = field(default_factory=utc_now)
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...source.edits import Edit, Fix, Import
from ...source.file import File
from ...source.instants.clocks import AWARE_INSTEAD, NAIVE_LOCAL, NAIVE_UTC
from ...source.instants.spelling import spell, spelled
from ...source.python.source import Source
from ..gate import any_of
from . import Match, rule
from .needs import DATETIME

_NAMES = frozenset({"now", "today", "utcnow", "utcfromtimestamp"})
_CALLED_WITHOUT_ARGUMENTS = frozenset({
    "default",
    "default_factory",
    "dump_default",
    "factory",
    "insert_default",
    "load_default",
    "missing",
    "onupdate",
})  # fmt: skip
_HOLDERS = (
    ast.Assign,
    ast.AnnAssign,
    ast.BoolOp,
    ast.Call,
    ast.Dict,
    ast.IfExp,
    ast.Lambda,
    ast.List,
    ast.NamedExpr,
    ast.Return,
    ast.Set,
    ast.Tuple,
    ast.arguments,
    ast.keyword,
)


@rule(
    "TSC103",
    "naive clock {name} passed without a call: pass utc_now, or a lambda that names a zone",
    on=ast.Attribute,
    needs=(DATETIME, any_of(".now", ".today", ".utcnow", ".utcfromtimestamp")),
)
def check(node: ast.Attribute, file: File) -> Iterator[Match]:
    """Yield a match for a clock that somebody else will call."""
    if node.attr not in _NAMES or not isinstance(node.ctx, ast.Load):
        return
    holder = file.source.parent(node)
    if not isinstance(holder, _HOLDERS) or (isinstance(holder, ast.Call) and holder.func is node):
        return
    name = file.source.resolve(node)
    if name not in NAIVE_LOCAL and name not in NAIVE_UTC:
        return
    if node.attr == "now" and not _called_without_zone(node, holder, file.source):
        return
    yield Match(node, {"name": f"datetime.{node.attr}"}, _fix(node, holder, file))


def _called_without_zone(node: ast.Attribute, holder: ast.AST, source: Source) -> bool:
    if isinstance(holder, ast.keyword):
        return holder.arg in _CALLED_WITHOUT_ARGUMENTS
    return (
        isinstance(holder, ast.Call)
        and holder.args[:1] == [node]
        and source.resolve(holder.func) == "collections.defaultdict"
    )


def _fix(node: ast.Attribute, holder: ast.AST, file: File) -> Fix | None:
    if not isinstance(holder, ast.Call | ast.keyword | ast.arguments):
        return None  # a lambda would need parentheses there, or a def
    passed = _callable(node, file)
    if passed is None:
        return None
    text, imports = passed
    return Fix(
        "unsafe",
        (Edit(*file.source.span(node), text),),
        imports,
        "the values become aware, and comparing them with naive ones raises TypeError",
    )


def _callable(node: ast.Attribute, file: File) -> tuple[str, tuple[Import, ...]] | None:
    """Return the text of a function that gives the same instant aware, and its imports."""
    if _imports_django(file.source):
        # Django's migrations can write a name down, but no lambda.
        django = spell("django.utils", "timezone", file)
        return None if django is None else (f"{django[0]}.now", django[1])
    utc = spell("datetime", "timezone", file)
    if utc is None:
        return None
    head = f"{spelled(node.value, file.source)}.{AWARE_INSTEAD.get(node.attr, 'now')}"
    if node.attr == "utcfromtimestamp":
        return f"lambda seconds: {head}(seconds, {utc[0]}.utc)", utc[1]
    return f"lambda: {head}({utc[0]}.utc)", utc[1]


def _imports_django(source: Source) -> bool:
    modules = [node.module or "" for node in source.nodes(ast.ImportFrom)]
    modules += [alias.name for node in source.nodes(ast.Import) for alias in node.names]
    return any(module.partition(".")[0] == "django" for module in modules)
