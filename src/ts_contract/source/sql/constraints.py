"""What a table demands of a column: that it has a value, or that its value meets others.

A sync trigger gives a legacy column its value behind the INSERT. That is too late for NOT NULL, and
for a key, which is compared while the column is still NULL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from ..file import Constraints

__all__ = ["constraints_of"]

_KEYS = (
    exp.PrimaryKeyColumnConstraint,
    exp.UniqueColumnConstraint,
    exp.CheckColumnConstraint,
    exp.ComputedColumnConstraint,
)
_OF_TABLES = (exp.PrimaryKey, exp.UniqueColumnConstraint, exp.CheckColumnConstraint)


def constraints_of(parts: Iterable[exp.Expr]) -> Constraints:
    """Return the constraints that the parts of a table's definition make.

    Args:
        parts: definitions of columns, and constraints of the table.
    """
    parts = list(parts)
    columns = [part for part in parts if isinstance(part, exp.ColumnDef)]
    required = {_name(column) for column in columns if _is_required(column)}
    compared: set[str] = set()
    for column in columns:
        for kind in _kinds(column):
            if isinstance(kind, _KEYS):
                compared |= {_name(column), *_names(kind)}
    for part in parts:
        if not isinstance(part, exp.ColumnDef):
            for constraint in part.find_all(*_OF_TABLES):
                compared |= set(_names(constraint))
    return Constraints(frozenset(required), frozenset(compared))


def _kinds(column: exp.ColumnDef) -> Iterator[exp.Expr]:
    for constraint in column.args.get("constraints") or ():
        kind = constraint.args.get("kind")
        if isinstance(kind, exp.Expression):  # not Expr, which sqlglot 26 does not know
            yield kind


def _is_required(column: exp.ColumnDef) -> bool:
    kinds = list(_kinds(column))
    given = [k.this for k in kinds if isinstance(k, exp.DefaultColumnConstraint)]
    if any(not isinstance(value, exp.Null) for value in given):
        return False
    return any(
        isinstance(k, exp.NotNullColumnConstraint) and not k.args.get("allow_null") for k in kinds
    )


def _names(node: exp.Expr) -> Iterator[str]:
    for identifier in node.find_all(exp.Identifier):
        yield identifier.name.lower()


def _name(node: exp.Expr) -> str:
    return node.name.lower()
