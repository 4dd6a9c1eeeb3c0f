"""Values assigned to names that imply a unit of time, in Python and through placeholders of SQL."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from ..file import File
from ..python.source import Source
from ..sql.queries import find_queries
from .sql_units import column_values
from .units import Quantity, gives_number, named

__all__ = ["Assignment", "find_assigned"]

Receiver = Literal["variable", "stored", "function"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A value assigned to a name that implies a unit of time.

    Attributes:
        name: of a variable, attribute, key, parameter or column, or of the function that returns
            the value.
        value: the expression.
        receiver: what has the name: a variable, the function that returns the value, or anything
            else, which stores it.
        declared: what the name implies; None for `created_at` and the legacy columns.
    """

    name: str
    value: ast.expr
    receiver: Receiver
    declared: Quantity | None


def find_assigned(file: File) -> tuple[Assignment, ...]:
    """Return the values that a file assigns to names that imply a unit of time."""
    declared: dict[str, Quantity | None] = {}
    silent: set[str] = set()
    found = []
    for name, value, receiver in chain(_stored(file.source), _returned(file), _bound(file)):
        if name in silent:
            continue
        if name not in declared:
            declared[name] = named(name, file)
            if not (declared[name] or name.endswith("_at") or name.lower() in file.legacy_columns):
                silent.add(name)
                continue
        found.append(Assignment(name, value, receiver, declared[name]))
    return tuple(found)


Pairs = Iterator[tuple[str, ast.expr, Receiver]]


def _stored(source: Source) -> Pairs:
    """Yield the values of assignments, arguments and dicts."""
    for assign in source.nodes(ast.Assign):
        for target in assign.targets:
            yield from _assigned(target, assign.value)
    for annotated in source.nodes(ast.AnnAssign):
        if annotated.value is not None:
            yield from _assigned(annotated.target, annotated.value)
    for walrus in source.nodes(ast.NamedExpr):
        yield walrus.target.id, walrus.value, "variable"
    for keyword in source.nodes(ast.keyword):
        if keyword.arg is not None:
            yield keyword.arg, keyword.value, "stored"
    for display in source.nodes(ast.Dict):
        for key, value in zip(display.keys, display.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value, "stored"


def _assigned(target: ast.expr, value: ast.expr) -> Pairs:
    match target:
        case ast.Name(id=name):
            yield name, value, "variable"
        case ast.Attribute(attr=name):
            yield name, value, "stored"
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            yield key, value, "stored"
        case ast.Tuple(elts=targets) if isinstance(value, ast.Tuple):
            values = value.elts
            if len(targets) == len(values) and not any(
                isinstance(part, ast.Starred) for part in (*targets, *values)
            ):
                for inner, given in zip(targets, values, strict=True):
                    yield from _assigned(inner, given)


def _returned(file: File) -> Pairs:
    """Yield what functions return whose names imply its unit."""
    source = file.source
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = [
        *source.nodes(ast.FunctionDef),
        *source.nodes(ast.AsyncFunctionDef),
    ]
    names: dict[ast.AST, str] = {
        f: f.name for f in functions if named(f.name, file) and gives_number(f.name)
    }
    for returned in source.nodes(ast.Return) if names else ():
        name = names.get(source.scope(returned))
        if name is not None and returned.value is not None:
            yield name, returned.value, "function"


def _bound(file: File) -> Pairs:
    """Yield what SQL binds to the columns that it writes."""
    for query in file.part(find_queries):
        if query.bound:
            for written in column_values(query):
                if written.is_written:
                    yield from ((written.column, bound, "stored") for bound in written.bound)
