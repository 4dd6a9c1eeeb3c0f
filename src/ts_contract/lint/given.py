"""What is given to a name: by Python, and through the placeholders of SQL."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .context import Context
from .sqlvalues import column_values
from .units import gives_number

__all__ = ["Given", "given_values"]


@dataclass(frozen=True, slots=True)
class Given:
    """A value under a name.

    Attributes:
        name: of a variable, attribute, key, parameter, column, or the function that returns it.
        value: the expression.
        is_variable: whether it is a mere variable, which nothing stores.
    """

    name: str
    value: ast.expr
    is_variable: bool = False


def given_values(node: ast.AST, context: Context) -> Iterator[Given]:
    """Yield what a node gives to names.

    Args:
        node: an assignment, keyword argument, dict or return statement; or the module, for the
            values bound to the columns that its SQL writes.
        context: the file.
    """
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _assigned(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _assigned(target, value)
        case ast.NamedExpr(target=target, value=value):
            yield from _assigned(target, value)
        case ast.keyword(arg=str(name), value=value):
            yield Given(name, value)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield Given(key.value, value)
        case ast.Return(value=ast.expr() as value):
            yield from _returned(node, value, context)
        case ast.Module():
            yield from _bound(context)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[Given]:
    match target, value:
        case ast.Name(id=name), _:
            yield Given(name, value, is_variable=True)
        case ast.Attribute(attr=name), _:
            yield Given(name, value)
        case ast.Subscript(slice=ast.Constant(value=str(key))), _:
            yield Given(key, value)
        case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
            if not any(isinstance(part, ast.Starred) for part in (*targets, *values)):
                for inner, given in zip(targets, values, strict=True):
                    yield from _assigned(inner, given)


def _returned(node: ast.Return, value: ast.expr, context: Context) -> Iterator[Given]:
    function = context.source.scope(node)
    if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and gives_number(function.name):
        yield Given(function.name, value)


def _bound(context: Context) -> Iterator[Given]:
    for query in context.queries:
        if query.bound:
            for written in column_values(query):
                if written.is_written:
                    yield from (Given(written.column, bound) for bound in written.bound)
