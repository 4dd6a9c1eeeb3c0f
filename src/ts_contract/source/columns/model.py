"""Contract columns outside of SQL: in rows, in models, as data. Plain data that others share."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from ...contract import ColumnContract, TableContract
from ..sql.references import Statement

__all__ = [
    "ColumnData",
    "ModelColumn",
    "ModelUse",
    "ObjectUse",
    "OpaqueName",
    "RowRead",
    "Unjudged",
]


@dataclass(frozen=True, slots=True, eq=False)
class RowRead:
    """One place where Python takes a legacy column out of a row.

    Attributes:
        kind: `key` for `row["created_at"]`, `get` for `row.get("created_at")`, `position` for
            `row[3]`, `dict` for `dict(row)`.
        node: that expression.
        name: the name that the row has the value under.
        table: contract of the table.
        column: contract of the column.
        span: offsets in the file of the key without its quotes, of the position, or of `dict`.
        statements: those that the row may come from; their outputs all agree.
    """

    kind: Literal["key", "get", "position", "dict"]
    node: ast.Subscript | ast.Call
    name: str
    table: TableContract
    column: ColumnContract
    span: tuple[int, int]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ModelColumn:
    """One contract column that an ORM class, a dataclass or a Core table defines.

    Attributes:
        owner: the class, or the call that builds the table.
        table: contract of the table.
        column: contract of the column.
        epoch: whether it is the epoch column.
        span: offsets in the file of the name of the column: an attribute, or a text's inside.
        dual: whether the owner defines the other column of the pair too.
        is_shared: whether the owner is no table itself, and gives the column to those below it.
    """

    owner: ast.AST
    table: TableContract
    column: ColumnContract
    epoch: bool
    span: tuple[int, int]
    dual: bool = False
    is_shared: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ModelUse:
    """One legacy column that an ORM query names.

    Attributes:
        node: the attribute, or the call with the keyword or text.
        table: contract of the table.
        column: contract of the column.
        span: offsets in the file of the name.
        owner: the class, or the call that builds the table, if this file has it.
        dual: whether the same call writes the epoch column too.
    """

    node: ast.expr
    table: TableContract
    column: ColumnContract
    span: tuple[int, int]
    owner: ast.AST | None = None
    dual: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ObjectUse:
    """One legacy attribute of a model object: `task.created_at`.

    Attributes:
        node: the attribute.
        table: contract of the table.
        column: contract of the column.
        span: offsets in the file of the name.
        dual: whether the same function sets the epoch attribute of the object too.
    """

    node: ast.Attribute
    table: TableContract
    column: ColumnContract
    span: tuple[int, int]
    dual: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class OpaqueName:
    """One legacy column that a statement names which is not analysed.

    Attributes:
        table: contract of the table.
        column: contract of the column.
        span: offsets in the file of the name.
        dual: whether the statement names the epoch column too.
    """

    table: TableContract
    column: ColumnContract
    span: tuple[int, int]
    dual: bool = False


@dataclass(frozen=True, slots=True)
class Unjudged:
    """One place that names a legacy column, or may take it in, and that no rule could judge.

    Attributes:
        name: the name as it stands there; of `SELECT *` the table with a star.
        span: offsets in the file.
    """

    name: str
    span: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class ColumnData:
    """One legacy column named in a collection that fills a hole of a query.

    Attributes:
        table: contract of the table.
        column: contract of the column.
        span: offsets in the file of the name.
    """

    table: TableContract
    column: ColumnContract
    span: tuple[int, int]
