"""Finds contract tables as Python classes: ORM models, dataclasses, SQLAlchemy Core tables.

A class is known by its table: `__tablename__`, Django's or peewee's `Meta`, `table=True` of
SQLModel, or the contract's `models`, which also names classes of other files and plain dataclasses.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from ...contract import ColumnContract, Contract, TableContract
from ..file import File
from ..python.names import called_name
from ..python.source import Source
from .model import ModelColumn, ModelUse
from .words import declarations

__all__ = ["find_model_columns", "find_model_uses"]

_TABLE_CALLS = frozenset({"Table", "create_table", "add_column"})
_COLUMN_CALLS = frozenset({"Column", "mapped_column", "Field", "deferred", "field"})
_LOOKUPS = frozenset(
    {
        "annotate",
        "create",
        "exclude",
        "filter",
        "get",
        "get_or_create",
        "update",
        "update_or_create",
    }
)
_NAMES = frozenset(
    {"defer", "distinct", "earliest", "latest", "only", "order_by", "values", "values_list"}
)
_QUERYING = _LOOKUPS | _NAMES | {"filter_by"}
_WRITES = frozenset({"create", "update", "values"})
_STATEMENTS = frozenset({"delete", "insert", "query", "select", "update"})


@dataclass(frozen=True, slots=True)
class _Model:
    """A class or a Core table, and the column that each attribute of it stands for.

    The owner is the class, or the call that builds the table, if this file has it.
    """

    table: TableContract
    columns: dict[str, str | None] = field(default_factory=dict)
    owner: ast.AST | None = None

    def column(self, attribute: str) -> ColumnContract | None:
        """Return the legacy column behind an attribute, if it is one."""
        name = self.columns.get(attribute, attribute)
        return self.table.column(name) if name else None


def find_model_columns(file: File) -> tuple[ModelColumn, ...]:
    """Return the contract columns that classes define."""
    finder = file.part(_finder)
    if finder is None:
        return ()
    return tuple(_with_pairs(sorted(finder.columns(), key=lambda column: column.span)))


def find_model_uses(file: File) -> tuple[ModelUse, ...]:
    """Return the legacy columns that ORM queries name."""
    finder = file.part(_finder)
    uses = {use.span: use for use in finder.uses()} if finder else {}
    return tuple(uses[span] for span in sorted(uses))


def _finder(file: File) -> _ModelFinder | None:
    """Return what finds the models of a file, or None where it cannot have any."""
    contract = file.contract
    if contract is None or not any(w in file.source.lowered for w in declarations(contract)):
        return None
    return _ModelFinder(file.source, contract)


def _with_pairs(columns: list[ModelColumn]) -> Iterator[ModelColumn]:
    seen = {(column.owner, column.column.legacy, column.epoch) for column in columns}
    for column in columns:
        dual = (column.owner, column.column.legacy, not column.epoch) in seen
        yield replace(column, dual=dual)


class _ModelFinder:
    """Finds the models of one file and what is done with them."""

    def __init__(self, source: Source, contract: Contract) -> None:
        self._source = source
        self._contract = contract

    # --- definitions -------------------------------------------------------------------------

    def columns(self) -> Iterator[ModelColumn]:
        """Yield the contract columns that classes and Core tables define."""
        for owner, model in self._classes.items():
            for statement in owner.body:
                attribute = _defined(statement)
                if attribute is not None:
                    name, place = _column_name(statement, attribute)
                    yield from self._column(owner, model.table, name, place)
        for call in self._source.nodes(ast.Call):
            table = self._table_of_call(call)
            if table is not None:
                for argument in call.args[1:]:
                    named = _first_text(argument) if called_name(argument) == "Column" else None
                    if named is not None:
                        yield from self._column(call, table, str(named.value), named)

    def _column(
        self, owner: ast.AST, table: TableContract, name: str, place: ast.expr
    ) -> Iterator[ModelColumn]:
        for column in table.columns:
            epoch = column.epoch.lower() == name.lower()
            if epoch or column.legacy.lower() == name.lower():
                yield ModelColumn(owner, table, column, epoch, self._span(place))

    def _span(self, node: ast.expr) -> tuple[int, int]:
        """Return the offsets of a name, or of a text without its quotes."""
        start, end = self._source.span(node)
        if isinstance(node, ast.Constant):
            quotes = (end - start - len(str(node.value))) // 2
            return start + quotes, end - quotes
        return start, end

    @cached_property
    def _classes(self) -> dict[ast.ClassDef, _Model]:
        models = {}
        for node in self._source.nodes(ast.ClassDef):
            name = self._table_name(node)
            table = self._contract.table(name) if name else None
            if table is not None:
                models[node] = _Model(table, _attributes(node), node)
        return models

    def _table_name(self, node: ast.ClassDef) -> str | None:
        for statement in node.body:
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id="__tablename__")], value=ast.Constant(value=str(name))
                ):
                    return name
                case ast.ClassDef(name="Meta", body=body):
                    for line in body:
                        match line:
                            case ast.Assign(
                                targets=[ast.Name(id="db_table" | "table_name")],
                                value=ast.Constant(value=str(name)),
                            ):
                                return name.strip('"')
        for keyword in node.keywords:
            if keyword.arg == "table" and getattr(keyword.value, "value", None) is True:
                return node.name.lower()  # SQLModel's default
        return self._declared(node.name)

    def _declared(self, dotted: str) -> str | None:
        """Return the table that the contract's `models` gives a class."""
        for model, table in self._contract.models:
            if dotted == model or dotted.endswith(f".{model}") or model.endswith(f".{dotted}"):
                return table
        return None

    def _table_of_call(self, call: ast.Call) -> TableContract | None:
        """Return the table of `Table("tasks", ...)` and its like in alembic."""
        if called_name(call) not in _TABLE_CALLS:
            return None
        name = _first_text(call)
        return self._contract.table(str(name.value)) if name is not None else None

    # --- uses --------------------------------------------------------------------------------

    def uses(self) -> Iterator[ModelUse]:
        """Yield the legacy columns that ORM queries name."""
        for attribute in self._source.nodes(ast.Attribute):
            if isinstance(attribute.ctx, ast.Load) and attribute.attr.lower() in self._attributes:
                yield from self._attribute_use(attribute)
        for call in self._source.nodes(ast.Call):
            yield from self._lookup_use(call)

    @cached_property
    def _attributes(self) -> frozenset[str]:
        """The attributes, in lower case, that may stand for a legacy column."""
        named = {column.legacy.lower() for _, column in self._contract.columns()}
        return frozenset(named.union(*(map(str.lower, m.columns) for m in self._classes.values())))

    def _attribute_use(self, node: ast.Attribute) -> Iterator[ModelUse]:
        owner = node.value
        model = self._model(owner)
        if model is None and isinstance(owner, ast.Attribute) and owner.attr in {"c", "columns"}:
            model = self._core_table(owner.value) or self._model(owner.value)
        if model is None:
            return
        column = model.column(node.attr)
        if column is not None:
            end = self._source.span(node)[1]
            span = (end - len(node.attr), end)
            yield ModelUse(node, model.table, column, span, model.owner)

    def _lookup_use(self, call: ast.Call) -> Iterator[ModelUse]:
        """Yield what `Task(created_at=x)` and `Task.objects.order_by("-created_at")` name."""
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in _QUERYING:
            model = self._manager(func.value)
            if model is not None:
                yield from self._keywords(call, model, writes=func.attr in _WRITES)
                if func.attr in _NAMES:
                    yield from self._texts(call, model)
        elif any((k.arg or "").lower() in self._attributes for k in call.keywords):
            model = self._model(func)
            if model is not None:
                yield from self._keywords(call, model, writes=True)  # the constructor

    def _keywords(self, call: ast.Call, model: _Model, *, writes: bool) -> Iterator[ModelUse]:
        """Yield the legacy columns among the keywords of a call: `filter(created_at__gt=x)`."""
        given = {(keyword.arg or "").lower() for keyword in call.keywords}
        for keyword in call.keywords:
            name = (keyword.arg or "").partition("__")[0]
            column = model.column(name) if name else None
            if column is not None:
                start = self._source.span(keyword)[0]
                dual = writes and column.epoch.lower() in given
                yield self._use(call, model, column, start, name, dual=dual)

    def _texts(self, call: ast.Call, model: _Model) -> Iterator[ModelUse]:
        """Yield the legacy columns among the texts that a call is given: `order_by("-seen")`."""
        for argument in call.args:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                bare = argument.value.lstrip("-").partition("__")[0]
                column = model.column(bare)
                if column is not None:
                    start = self._span(argument)[0] + argument.value.index(bare)
                    yield self._use(call, model, column, start, bare)

    def _use(
        self,
        call: ast.Call,
        model: _Model,
        column: ColumnContract,
        start: int,
        name: str,
        *,
        dual: bool = False,
    ) -> ModelUse:
        span = (start, start + len(name))
        return ModelUse(call, model.table, column, span, model.owner, dual)

    def _manager(self, node: ast.expr) -> _Model | None:
        """Return the model that a chain of calls queries: `Task.objects...`, `query(Task)...`."""
        while True:
            match node:
                case ast.Attribute(value=owner, attr="objects" | "_default_manager" | "query"):
                    model = self._model(owner)
                    if model is not None:
                        return model
                    node = owner
                case ast.Call(args=[first, *_]) if called_name(node) in _STATEMENTS:
                    return self._model(first) or self._core_table(first)
                case ast.Call(func=ast.Attribute(value=inner)):
                    node = inner
                case _:
                    return self._core_table(node)

    def _model(self, node: ast.expr) -> _Model | None:
        """Return the model that a name means, if it means one."""
        if isinstance(node, ast.Name):
            bindings = self._source.bindings(node)
            if len(bindings) == 1 and isinstance(bindings[0].node, ast.ClassDef):
                return self._classes.get(bindings[0].node)
            value = self._source.value(node)
            if isinstance(value, ast.Call) and called_name(value) == "aliased" and value.args:
                return self._model(value.args[0])
        dotted = self._source.resolve(node) if self._contract.models else None
        name = self._declared(dotted) if dotted else None
        table = self._contract.table(name) if name else None
        return _Model(table) if table is not None else None

    def _core_table(self, node: ast.expr) -> _Model | None:
        value = self._source.value(node) if isinstance(node, ast.Name) else None
        table = self._table_of_call(value) if isinstance(value, ast.Call) else None
        return _Model(table, owner=value) if table is not None else None


def _defined(statement: ast.stmt) -> ast.Name | None:
    """Return the attribute that a statement in a class body defines as a column."""
    match statement:
        case ast.AnnAssign(target=ast.Name() as name):
            return name
        case ast.Assign(targets=[ast.Name() as name], value=ast.Call() as call):
            called = called_name(call)
            return name if called in _COLUMN_CALLS or called.endswith("Field") else None
    return None


def _column_name(statement: ast.stmt, attribute: ast.Name) -> tuple[str, ast.expr]:
    """Return the column behind an attribute, and the node that names it."""
    call = getattr(statement, "value", None)
    if isinstance(call, ast.Call):
        for keyword in call.keywords:
            if keyword.arg in {"db_column", "column_name"} and isinstance(
                keyword.value, ast.Constant
            ):
                return str(keyword.value.value), keyword.value
            if keyword.arg == "sa_column" and isinstance(keyword.value, ast.Call):
                call = keyword.value
        named = _first_text(call) if called_name(call) in {"Column", "mapped_column"} else None
        if named is not None:
            return str(named.value), named
    return attribute.id, attribute


def _attributes(node: ast.ClassDef) -> dict[str, str | None]:
    """Return the column behind each attribute that a class defines; None for a method."""
    columns: dict[str, str | None] = {}
    for statement in node.body:
        attribute = _defined(statement)
        if attribute is not None:
            columns[attribute.id] = _column_name(statement, attribute)[0]
        elif isinstance(statement, ast.FunctionDef):
            columns[statement.name] = None
    return columns


def _first_text(call: ast.expr) -> ast.Constant | None:
    """Return the first argument of a call, if it is a text."""
    match call:
        case ast.Call(args=[ast.Constant(value=str()) as text, *_]):
            return text
    return None
