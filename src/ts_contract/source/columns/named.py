"""Finds column names held as data that reach SQL: sort whitelists, a helper's lists of columns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from ...contract import ColumnContract, Contract, TableContract
from ..file import File
from ..python.literals import literal_pieces
from ..python.names import called_name
from ..python.source import Source
from ..sql.text import Text, iter_words
from .analysis import find_statements
from .model import ColumnData
from .words import quoted_tables

__all__ = ["find_column_data"]


_TAKES_COLUMNS = re.compile(r"insert|update|upsert|select|delete|replace|index", re.IGNORECASE)


def find_column_data(file: File) -> tuple[ColumnData, ...]:
    """Return the legacy columns named as data that becomes SQL."""
    source, contract = file.source, file.contract
    if contract is None:
        return ()
    found = {data.span: data for data in _in_calls(source, contract)}
    for statement in file.part(find_statements):
        for hole in statement.query.text.holes.values():
            for text in _texts(source, hole):
                for data in _named(source, text, statement.tables):
                    found.setdefault(data.span, data)
    return tuple(found[span] for span in sorted(found))


def _in_calls(source: Source, contract: Contract) -> Iterator[ColumnData]:
    """Yield the columns in calls that name their table: `insert("tasks", {"created_at": now})`."""
    if not any(pattern.search(source.lowered) for pattern in quoted_tables(contract)):
        return
    for call in source.nodes(ast.Call):
        table = _table_of(call, contract)
        if table is None:
            continue
        values = [*call.args[1:], *(k.value for k in call.keywords if k.arg != "table")]
        for value in values:
            elements = (
                value.keys if isinstance(value, ast.Dict) else getattr(value, "elts", [value])
            )
            for text in elements:
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    column = table.column(text.value)
                    if column is not None:
                        span = Text(literal_pieces(source, text)).span(0, len(text.value))
                        yield ColumnData(table, column, span)


def _table_of(call: ast.Call, contract: Contract) -> TableContract | None:
    """Return the contract table that a call of a helper names as its own."""
    for keyword in call.keywords:
        if keyword.arg == "table":
            return _named_table(keyword.value, contract)
    if call.args and _TAKES_COLUMNS.search(called_name(call)):
        return _named_table(call.args[0], contract)
    return None


def _named_table(name: ast.expr, contract: Contract) -> TableContract | None:
    match name:
        case ast.Constant(value=str(text)):
            return contract.table(text)
    return None


def _texts(source: Source, hole: ast.expr) -> Iterator[ast.Constant]:
    """Yield the texts that a hole may be filled with: those it is checked or looked up in."""
    for expression in _followed(source, hole):
        match expression:
            case ast.Subscript(value=collection):
                yield from _elements(source, collection)
            case ast.Call(func=ast.Attribute(value=collection, attr="get")):
                yield from _elements(source, collection)
            case ast.Name(id=name):
                for compare in source.nodes(ast.Compare):
                    match compare:
                        case ast.Compare(
                            left=ast.Name(id=left),
                            ops=[ast.In() | ast.NotIn()],
                            comparators=[collection],
                        ) if left == name and source.scope(compare) is source.scope(hole):
                            yield from _elements(source, collection)


def _followed(source: Source, node: ast.expr) -> Iterator[ast.expr]:
    """Yield an expression and what the name that it is was assigned."""
    yield node
    if isinstance(node, ast.Name):
        for binding in source.bindings(node):
            if binding.value is not None:
                yield binding.value


def _elements(source: Source, node: ast.expr) -> Iterator[ast.Constant]:
    """Yield the texts of a collection, or of the one that a name was assigned."""
    if isinstance(node, ast.Name):
        value = source.value(node)
        if value is None or isinstance(value, ast.Name):
            return
        node = value
    match node:
        case ast.Call(func=ast.Name(id="frozenset" | "set" | "tuple" | "list"), args=[inner]):
            yield from _elements(source, inner)
        case ast.List(elts=elts) | ast.Tuple(elts=elts) | ast.Set(elts=elts):
            yield from (e for e in elts if isinstance(e, ast.Constant) and isinstance(e.value, str))
        case ast.Dict(values=values):
            yield from (
                v for v in values if isinstance(v, ast.Constant) and isinstance(v.value, str)
            )


def _named(
    source: Source, node: ast.Constant, tables: Sequence[TableContract]
) -> Iterator[ColumnData]:
    """Yield the legacy columns of `tables` that a text names."""
    text = Text(literal_pieces(source, node))
    for word, first, last in iter_words(text.value):
        found = _column(word, tables)
        if found is not None:
            yield ColumnData(*found, text.span(first, last))


def _column(
    word: str, tables: Sequence[TableContract]
) -> tuple[TableContract, ColumnContract] | None:
    for table in tables:
        column = table.column(word)
        if column is not None:
            return table, column
    return None
