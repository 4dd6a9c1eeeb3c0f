"""A clock read once at import: `created_at_ms: int = now_ms()`.

## What it does
Flags a clock that is called while a class or function is defined: as the default of a parameter,
as the default of a field of a dataclass, a pydantic model or another class with a decorator or a
base, and in the `default=` of a column.

## Why is this bad
The call happens once, when the module is imported. Every object made until the process ends gets
that one instant, and the tests that make a single object never see it.

A module's own start, `STARTED_MS = now_ms()`, a `ClassVar`, and a function defined inside another
stay silent.

## Example
```python
from dataclasses import dataclass

from ts_contract import now_ms


@dataclass
class Task:
    created_at_ms: int = now_ms()
```

## Use instead
```python
from dataclasses import dataclass, field

from ts_contract import now_ms


@dataclass
class Task:
    created_at_ms: int = field(default_factory=now_ms)
```
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ...source.edits import Edit, Fix, Import
from ...source.file import File
from ...source.instants.clocks import is_clock
from ...source.instants.spelling import spell, spelled
from ...source.python.names import last_name
from ...source.python.source import Source
from ..gate import any_of
from . import Match, rule

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DEFAULTS = frozenset({"default", "insert_default", "onupdate", "server_default"})
_CONSTANT = frozenset({"ClassVar", "Final"})
_REASON = "the default is computed anew for each object"

_CLOCKS = any_of(
    re.compile(r"now(?:\(|_ms|_iso|_utc)"),
    re.compile(r"\.time(?:_ns)?\("),
    " time import",
    ".today",
)


@rule(
    "TSC106",
    "the clock is read once, at import: {instead}",
    on=ast.Call,
    needs=(_CLOCKS,),
)
def check(node: ast.Call, file: File) -> Iterator[Match]:
    """Yield a match for a clock that is read while a definition is executed."""
    if not is_clock(node, file):
        return
    source = file.source
    decider, child = _decider(node, file)
    match decider:
        case ast.arguments():
            if _at_import(source.parent(decider), source):
                yield Match(node, {"instead": "default to None and read it in the body"})
        case ast.keyword():
            if isinstance(source.parent(decider), ast.Call) and _of_a_class(decider, source):
                yield Match(node, {"instead": "pass a function"}, _uncalled(decider, node, file))
        case ast.AnnAssign():
            if child is decider.value and _is_field(decider, source):
                fix = _factory(decider, node, file)
                yield Match(node, {"instead": "take default_factory"}, fix)


def _decider(node: ast.AST, file: File) -> tuple[ast.AST | None, ast.AST]:
    """Return the nearest node around a clock that says when it is read, and what of it is meant.

    Remembered for all that was passed on the way, since a sum of clocks is as deep as it is long.
    """
    known = file.part(_known_deciders)
    passed: list[ast.AST] = []
    child = node
    while child not in known:
        passed.append(child)
        above = file.source.parent(child)
        if above is None or _decides(above):
            known[child] = above, child
        else:
            child = above
    known.update(dict.fromkeys(passed, known[child]))
    return known[child]


def _known_deciders(_file: File) -> dict[ast.AST, tuple[ast.AST | None, ast.AST]]:
    return {}


def _decides(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg in _DEFAULTS
    return isinstance(node, ast.Lambda | ast.GeneratorExp | ast.arguments | ast.stmt)


def _at_import(definition: ast.AST | None, source: Source) -> bool:
    """Tell whether a definition is executed with its module, and not by a call."""
    if definition is None:
        return False
    return not any(isinstance(above, _FUNCTIONS) for above in source.ancestors(definition))


def _of_a_class(keyword: ast.keyword, source: Source) -> bool:
    """Tell whether a keyword belongs to a call whose result is an attribute of a class."""
    call = source.parent(keyword)
    assert call is not None
    statement = source.parent(call)
    return (
        isinstance(statement, ast.Assign | ast.AnnAssign)
        and isinstance(source.parent(statement), ast.ClassDef)
        and _at_import(statement, source)
    )


def _is_field(statement: ast.AnnAssign, source: Source) -> bool:
    """Tell whether an annotated assignment is a field of objects that share its default."""
    owner = source.parent(statement)
    if not isinstance(owner, ast.ClassDef) or not (owner.decorator_list or owner.bases):
        return False
    if any(last_name(part) in _CONSTANT for part in ast.walk(statement.annotation)):
        return False
    return _at_import(owner, source)


# --- fixes -----------------------------------------------------------------------------------


def _function(node: ast.Call, source: Source) -> str:
    """Return the text of a function that does what the call does: its name, or a lambda."""
    if node.args or node.keywords:
        return f"lambda: {spelled(node, source)}"
    return spelled(node.func, source)


def _uncalled(keyword: ast.keyword, node: ast.Call, file: File) -> Fix | None:
    source = file.source
    call = source.parent(keyword)
    if keyword.value is not node or keyword.arg == "server_default":
        return None
    assert isinstance(call, ast.Call)
    edits = [Edit(*source.span(node), _function(node, source))]
    if source.resolve(call.func) in {"dataclasses.field", "pydantic.Field"}:
        start, _ = source.span(keyword)
        edits.insert(0, Edit(start, start + len("default"), "default_factory"))
    return Fix("unsafe", tuple(edits), reason=_REASON)


def _factory(statement: ast.AnnAssign, node: ast.Call, file: File) -> Fix | None:
    field = _field_function(statement, file)
    if statement.value is not node or field is None:
        return None
    text, imports = field
    factory = f"{text}(default_factory={_function(node, file.source)})"
    return Fix("unsafe", (Edit(*file.source.span(node), factory),), imports, _REASON)


def _field_function(statement: ast.AnnAssign, file: File) -> tuple[str, tuple[Import, ...]] | None:
    """Return how the class of a field spells its factory, if the class is one that is known."""
    owner = file.source.parent(statement)
    assert isinstance(owner, ast.ClassDef)
    decorators = [d.func if isinstance(d, ast.Call) else d for d in owner.decorator_list]
    names = {file.source.resolve(node) for node in (*decorators, *owner.bases)}
    if "dataclasses.dataclass" in names:
        return spell("dataclasses", "field", file)
    if names & {"pydantic.BaseModel", "pydantic.dataclasses.dataclass"}:
        return spell("pydantic", "Field", file)
    return None
