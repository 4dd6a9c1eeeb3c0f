"""Finds where classes and Core tables define contract columns."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from ...contract import TableContract
from ..file import File
from ..project.facts import column_given
from ..python.names import called_name
from .model import ModelColumn
from .models import FileModels, find_models

__all__ = ["find_model_columns"]

_TABLE_CALLS = frozenset({"Table", "create_table", "add_column"})


def find_model_columns(file: File) -> tuple[ModelColumn, ...]:
    """Return the contract columns that classes and Core tables define."""
    models = file.part(find_models)
    if models is None:
        return ()
    found = [*_in_classes(file, models), *_in_tables(file, models)]
    return tuple(_with_pairs(sorted(found, key=lambda column: column.span)))


def _with_pairs(columns: list[ModelColumn]) -> Iterator[ModelColumn]:
    seen = {(column.owner, column.column.legacy, column.epoch) for column in columns}
    for column in columns:
        dual = (column.owner, column.column.legacy, not column.epoch) in seen
        yield replace(column, dual=dual)


def _in_classes(file: File, models: FileModels) -> Iterator[ModelColumn]:
    assert file.contract is not None
    for owner in models.names:
        model = models.of_class(owner)
        tables = [model.table] if model is not None and model.table else []
        is_shared = not tables  # a mixin, or an abstract base
        if is_shared:
            tables = [m.table for m in models.all.takers(models.place(owner)) if m.table]
        known = [t for name in dict.fromkeys(tables) if (t := file.contract.table(name))]
        if known:
            for attribute, name, place in _defined(owner, models):
                for table in known:
                    column = _column(owner, table, name, place or attribute, file)
                    if column is not None:
                        yield replace(column, is_shared=is_shared)
                        break


def _defined(
    owner: ast.ClassDef, models: FileModels
) -> Iterator[tuple[ast.AST, str, ast.expr | None]]:
    """Yield the columns that a class body defines: where, by what name, and where that stands."""
    for statement in owner.body:
        match statement:
            case (
                ast.Assign(targets=[ast.Name() as name], value=value)
                | ast.AnnAssign(target=ast.Name() as name, value=value)
            ):
                if models.all.defines(models.place(owner), name.id):
                    given = column_given(value) if isinstance(value, ast.Call) else ""
                    yield name, given or name.id, _literal(value, given)
            case ast.FunctionDef(name=called):
                if models.all.defines(models.place(owner), called):
                    yield statement, called, None


def _literal(value: ast.expr | None, given: str) -> ast.expr | None:
    """Return the text in a definition that gives the column its name."""
    parts = ast.walk(value) if value is not None and given else ()
    return next((p for p in parts if isinstance(p, ast.Constant) and p.value == given), None)


def _in_tables(file: File, models: FileModels) -> Iterator[ModelColumn]:
    """Yield what `Table("tasks", ...)` and its like in alembic define."""
    assert file.contract is not None
    for call in file.source.nodes(ast.Call):
        if called_name(call) in _TABLE_CALLS and call.args:
            name = models.text(call.args[0])
            table = file.contract.table(name) if name is not None else None
            for argument in call.args[1:] if table is not None else ():
                match argument:
                    case ast.Call(args=[ast.Constant(value=str(column)) as text, *_]):
                        if models.makes_column(argument):
                            assert table is not None
                            found = _column(call, table, column, text, file)
                            if found is not None:
                                yield found


def _column(
    owner: ast.AST, table: TableContract, name: str, place: ast.AST, file: File
) -> ModelColumn | None:
    for column in table.columns:
        epoch = column.epoch.lower() == name.lower()
        if epoch or column.legacy.lower() == name.lower():
            return ModelColumn(owner, table, column, epoch, _span(file, place))
    return None


def _span(file: File, node: ast.AST) -> tuple[int, int]:
    """Return the offsets of a name, of a function's name, or of a text without its quotes."""
    start, end = file.source.span(node)
    if isinstance(node, ast.Constant):
        quotes = (end - start - len(str(node.value))) // 2
        return start + quotes, end - quotes
    if isinstance(node, ast.FunctionDef):
        start = file.source.text.index(node.name, file.source.text.index("def ", start))
        return start, start + len(node.name)
    return start, end
