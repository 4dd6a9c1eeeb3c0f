"""Finds where Python takes a legacy column out of a row."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Literal

from ...contract import ColumnContract, TableContract
from ..file import File
from ..sql.references import Output, Statement
from .analysis import find_statements
from .model import RowRead
from .rows import QueryRows, RowFinder

__all__ = ["find_row_reads", "find_rows"]

Meaning = tuple[TableContract, ColumnContract, str]
"""A legacy column, and the name that the row has it under."""


def find_row_reads(file: File) -> tuple[RowRead, ...]:
    """Return the places where a legacy column is taken out of a row."""
    statements = file.part(find_statements)
    if not any(statement.outputs for statement in statements):
        return ()
    found = _Reads(file, statements).found()
    return tuple(sorted(found, key=lambda read: read.span))


def find_rows(file: File) -> RowFinder:
    """Return what follows the rows of a file's statements."""
    return RowFinder(file.source, file.part(find_statements))


class _Reads:
    """Finds the reads in one file.

    Args:
        file: the file.
        statements: its statements.
    """

    def __init__(self, file: File, statements: Sequence[Statement]) -> None:
        self._source = file.source
        self._rows = file.part(find_rows)
        self._names = {
            column.legacy.lower()
            for statement in statements
            for table in statement.tables
            for column in table.columns
        }

    def found(self) -> Iterator[RowRead]:
        """Yield the places where a legacy column is taken out of a row."""
        for subscript in self._source.nodes(ast.Subscript):
            yield from self._subscript(subscript)
        for call in self._source.nodes(ast.Call):
            yield from self._call_read(call)

    def _subscript(self, node: ast.Subscript) -> Iterator[RowRead]:
        key = node.slice
        if not isinstance(key, ast.Constant) or not isinstance(node.ctx, ast.Load):
            return
        if isinstance(key.value, str) and key.value.lower() in self._names:
            yield from self._read("key", node, node.value, key)
        elif type(key.value) is int:
            yield from self._read("position", node, node.value, key)

    def _call_read(self, call: ast.Call) -> Iterator[RowRead]:
        match call:
            case ast.Call(
                func=ast.Attribute(value=row, attr="get" | "pop"),
                args=[ast.Constant(value=str(name)) as key, *_],
            ) if name.lower() in self._names:
                yield from self._read("get", call, row, key)
            case ast.Call(func=ast.Name(id="dict") as function, args=[row], keywords=[]):
                rows = self._one(row)
                for table, column, name in _legacy_outputs(rows):
                    span = self._source.span(function)
                    yield RowRead("dict", call, name, table, column, span, rows.statements)
                    return

    def _read(
        self,
        kind: Literal["key", "get", "position"],
        node: ast.Subscript | ast.Call,
        row: ast.expr,
        key: ast.Constant,
    ) -> Iterator[RowRead]:
        rows = self._one(row)
        meant = {_meaning(statement, key.value) for statement in rows.statements}
        if len(meant) != 1:
            return
        found = meant.pop()
        if found is None:
            return
        table, column, name = found
        start, end = self._source.span(key)
        if kind != "position":
            raw = self._source.text[start:end]
            quotes = (len(raw) - len(str(key.value))) // 2
            start, end = start + quotes, end - quotes
        yield RowRead(kind, node, name, table, column, (start, end), rows.statements)

    def _one(self, node: ast.expr) -> QueryRows:
        """Return the row that an expression is; one without statements if it is not a row."""
        rows = self._rows.rows_of(node)
        return rows if rows is not None and rows.kind == "one" else QueryRows("one", ())


def _meaning(statement: Statement, key: object) -> Meaning | None:
    """Return the legacy column that a key or position of a row means; None for anything else."""
    if statement.outputs is None:
        return None
    if isinstance(key, int):
        return _at(statement.outputs, key)
    return _named(statement.outputs, str(key))


def _at(outputs: Sequence[Output], position: int) -> Meaning | None:
    if not -len(outputs) <= position < len(outputs):
        return None
    before = outputs[: position + 1] if position >= 0 else outputs[position:]
    reference = outputs[position].reference
    if reference is None or reference.follows_hole or any(output.is_star for output in before):
        return None
    return _legacy(outputs[position])


def _named(outputs: Sequence[Output], name: str) -> Meaning | None:
    named = [output for output in outputs if output.name.lower() == name.lower()]
    if named:
        return _legacy(named[-1])
    stars = [output.star for output in outputs if output.is_star]
    table = stars[0] if len(stars) == 1 else None
    column = table.column(name) if table is not None else None
    return (table, column, column.legacy) if table is not None and column is not None else None


def _legacy(output: Output) -> Meaning | None:
    reference = output.reference
    if reference is None or reference.epoch:
        return None
    return reference.table, reference.column, reference.output or reference.column.legacy


def _legacy_outputs(rows: QueryRows) -> Iterator[Meaning]:
    """Yield the legacy columns that a row carries, whatever its statement."""
    for statement in rows.statements:
        for output in statement.outputs or ():
            meaning = _legacy(output)
            if meaning is not None:
                yield meaning
            elif output.star is not None:
                column = output.star.columns[0]
                yield output.star, column, column.legacy
