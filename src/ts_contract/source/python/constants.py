"""Folds constant expressions, also through names, and keeps the numbers they are written with."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass

from .source import Source

__all__ = ["Number", "number"]

_MAX_DEPTH = 16


@dataclass(frozen=True, slots=True)
class Number:
    """A folded constant.

    Attributes:
        value: what it amounts to.
        leaves: the numbers it is written with.
    """

    value: int | float
    leaves: tuple[int | float, ...]


_FOLDED: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
_MAX_FOLDED = 10**30


def number(node: ast.expr, source: Source, depth: int = _MAX_DEPTH) -> Number | None:
    """Return the constant that an expression amounts to, names followed, or None."""
    if not depth:
        return None
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value) if abs(value) < _MAX_FOLDED:
            return Number(value, (value,))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = number(operand, source, depth - 1)
            return inner and Number(-inner.value, inner.leaves)
        case ast.BinOp(left=ast.Constant(value=10), op=ast.Pow(), right=ast.Constant(value=int(n))):
            return Number(10**n, (10**n,)) if 0 <= n < 30 else None
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _FOLDED:
            return _folded(number(left, source, depth - 1), op, number(right, source, depth - 1))
        case ast.Name():
            assigned = source.value(node)
            return None if assigned is None else number(assigned, source, depth - 1)
    return None


def _folded(left: Number | None, op: ast.operator, right: Number | None) -> Number | None:
    if left is None or right is None:
        return None
    try:
        value = _FOLDED[type(op)](left.value, right.value)
    except ArithmeticError:
        return None
    return Number(value, left.leaves + right.leaves) if abs(value) < _MAX_FOLDED else None
