"""Finds who reads a column of a query's rows, and whether all of them are understood.

`RowFinder` tells which expressions hold rows of which query. Here each of them is asked what
becomes of it (`row_uses`): a column may be read, the row may be tested or counted; anything else
hands it to code that cannot be followed. `value_readers` asks the same of the values that are read.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property

from ...source.columns.analysis import find_statements
from ...source.columns.rows import RowFinder
from ...source.file import File
from ...source.sql.queries import EXECUTING
from ...source.sql.references import Statement
from ..changes import Span
from .row_uses import ColumnOfRows, Taken, Unknown

__all__ = ["RowReaders", "Uses"]


@dataclass(slots=True, eq=False)
class Uses:
    """How a column of some queries' rows is read.

    Attributes:
        statements: those whose rows are read together.
        keys: places in the file of the column's name, quotes left out, where it is read by name.
        values: the expressions that take the column out of a row.
        unknown: why some reader cannot be followed; empty where all can.
    """

    statements: list[Statement] = field(default_factory=list)
    keys: list[Span] = field(default_factory=list)
    values: list[ast.expr] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def add(self, use: Taken | Unknown) -> None:
        """Take in what is done with rows in one place."""
        if isinstance(use, Taken):
            self.values.append(use.value)
            if use.key is not None:
                self.keys.append(use.key)
        elif use.reason not in self.unknown:
            self.unknown.append(use.reason)


class RowReaders:
    """Follows the rows of one file to their readers.

    Args:
        file: the file.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._source = file.source
        self._finder = RowFinder(file.source, file.part(find_statements))

    @cached_property
    def _holders(self) -> dict[Statement, list[tuple[ast.expr, str]]]:
        """Each query's expressions that hold its rows, and whether they hold one or many."""
        holders: dict[Statement, list[tuple[ast.expr, str]]] = {}
        kinds = (
            ast.Name, ast.Call, ast.Subscript, ast.Await, ast.NamedExpr, ast.IfExp, ast.BoolOp,
            ast.ListComp, ast.GeneratorExp,
        )  # fmt: skip
        for kind in kinds:
            for node in self._source.nodes(kind):
                assert isinstance(node, ast.expr)
                if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
                    continue
                rows = self._finder.rows_of(node)
                for statement in rows.statements if rows else ():
                    if not self._is_connection(node, statement):
                        assert rows is not None
                        holders.setdefault(statement, []).append((node, rows.kind))
        return holders

    def _is_connection(self, node: ast.expr, statement: Statement) -> bool:
        """Tell whether a name is what ran the query, while the rows are in the call's result."""
        call = statement.query.call
        if call is None or not isinstance(node, ast.Name):
            return False
        func = call.func
        if not isinstance(func, ast.Attribute) or not isinstance(func.value, ast.Name):
            return False
        return func.value.id == node.id and not self._is_dropped(call)

    def _is_dropped(self, call: ast.Call) -> bool:
        parent = self._source.parent(call)
        if isinstance(parent, ast.Await):
            parent = self._source.parent(parent)
        return isinstance(parent, ast.Expr)

    def uses(self, statement: Statement, name: str, position: int | None) -> Uses:
        """Return how a column of a statement's rows is read.

        Args:
            statement: the statement.
            name: the name that rows have the column under, in lower case; empty if only the
                database knows.
            position: its place in a row, from 0; None if it stands behind a `*`, or behind a part
                that is filled in at run time.
        """
        uses = Uses()
        column = ColumnOfRows(self._source, self._finder, name, position)
        pending = [statement]
        while pending:
            read = pending.pop()
            if read not in uses.statements:
                uses.statements.append(read)
                pending += self._read(read, column, uses)
        return uses

    def _read(self, statement: Statement, column: ColumnOfRows, uses: Uses) -> list[Statement]:
        """Take in who reads a statement's rows, and return whose rows they read besides."""
        call = statement.query.call
        if call is None:
            uses.add(Unknown("the query is handed to code that is not visible in this file"))
            return []
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in EXECUTING:
            uses.add(Unknown("the query is handed to a function whose rows are not known"))
            return []
        others: list[Statement] = []
        holders = self._holders.get(statement, [])
        if self._is_dropped(call) and not any(node is not call for node, _ in holders):
            uses.add(Unknown("where the rows are fetched is not visible in this file"))
        for node, kind in holders:
            rows = self._finder.rows_of(node)
            others += rows.statements if rows else ()
            for use in column.uses(node, kind):
                uses.add(use)
        return others
