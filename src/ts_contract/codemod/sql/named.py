"""Rewrites column names that Python holds as data: in dicts that order rows, in arguments.

A name that users choose from is part of an interface and stays. What a key of a dict stands for is
not: `{"newest": "created_at DESC"}` goes on to order the same rows by the epoch column.
"""

from __future__ import annotations

import ast
import re

from ...source.columns.analysis import find_statements
from ...source.columns.model import ColumnData
from ...source.columns.named import find_column_data
from ...source.edits import Edit
from ...source.file import File
from ...source.sql.references import Statement
from ..changes import NotProvedError, Options, Rewrite, Span, Verdict, verdict_of
from ..python.bound_values import bound_value
from .tokens import StatementTokens

__all__ = ["plan_held_names"]

_TERM = r"[\w.]+(\s+(ASC|DESC))?(\s+NULLS\s+(FIRST|LAST))?"
_ORDER = re.compile(rf"\s*(ORDER\s+BY\s+)?{_TERM}(\s*,\s*{_TERM})*\s*", re.IGNORECASE)
_GROUPING = frozenset({"DISTINCT", "EXCEPT", "GROUP BY", "INTERSECT", "UNION"})


def plan_held_names(file: File, options: Options) -> dict[Span, Verdict]:
    """Decide about every legacy column that is named as data.

    Args:
        file: the file under its contract.
        options: what the run may do.

    Returns:
        Verdicts by the span of a finding.
    """
    names = _HeldNames(file)
    verdicts = {}
    for data in file.part(find_column_data):
        try:
            verdicts[data.span] = verdict_of(names.rewrite(data), options)
        except NotProvedError as error:
            verdicts[data.span] = Verdict(reason=error.reason)
    return verdicts


class _HeldNames:
    """Rewrites the names that one file holds as data.

    Args:
        file: the file under its contract.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._source = file.source

    def rewrite(self, data: ColumnData) -> Rewrite:
        """Return what names the epoch column instead.

        Raises:
            NotProvedError: who reads the name cannot be followed.
        """
        rewrite = Rewrite([Edit(*data.span, data.column.epoch)])
        text = self._text_at(data)
        holder = self._source.parent(text)
        if isinstance(holder, ast.Dict) and text in holder.keys:
            self._handed_over(holder, text, data, rewrite)
        elif isinstance(holder, ast.Dict) and _ORDER.fullmatch(str(text.value)):
            self._ordering(holder, data, rewrite)
        else:
            raise NotProvedError("the name may be used for other tables too, or chosen by users")
        return rewrite

    def _text_at(self, data: ColumnData) -> ast.Constant:
        for text in self._source.nodes(ast.Constant):
            start, end = self._source.span(text)
            if start < data.span[0] and data.span[1] < end:
                return text
        raise NotProvedError("the name is not written in one piece")

    def _handed_over(
        self, holder: ast.Dict, text: ast.Constant, data: ColumnData, rewrite: Rewrite
    ) -> None:
        """Take in the value that a helper is given for the column."""
        if not isinstance(self._source.parent(holder), ast.Call | ast.keyword):
            raise NotProvedError("the name may be used for other tables too, or chosen by users")
        value = holder.values[holder.keys.index(text)]
        rewrite.add(bound_value(value, data.column, self._file, unsafe=True))
        rewrite.reasons.append("what the function does with the column is not visible in this file")

    # --- dicts that order rows ---------------------------------------------------------------

    def _ordering(self, holder: ast.Dict, data: ColumnData, rewrite: Rewrite) -> None:
        """Refuse a dict that is not only looked up to order rows of the column's table."""
        match self._source.parent(holder):
            case ast.Assign(targets=[ast.Name() as name]):
                pass
            case ast.AnnAssign(target=ast.Name() as name):
                pass
            case ast.Subscript() | ast.Attribute():
                self._need_order(self._looked_up(holder), data)
                return
            case _:
                raise NotProvedError("the use of the dict is not understood")
        if len(self._source.bindings(name)) != 1:
            raise NotProvedError(f"{name.id} may hold something else too")
        for load in self._source.loads_of(name):
            self._need_order(self._looked_up(load), data)
        is_public = self._source.scope(name) is self._source.tree and not name.id.startswith("_")
        if is_public:
            rewrite.reasons.append(f"other modules may use {name.id}")

    def _looked_up(self, held: ast.expr) -> ast.expr | None:
        """Return the expression that takes a value out of a dict; None where none is taken."""
        parent = self._source.parent(held)
        match parent:
            case ast.Compare():
                return None
            case ast.Subscript(value=value, ctx=ast.Load()) if value is held:
                return parent
            case ast.Attribute(attr="get"):
                call = self._source.parent(parent)
                if isinstance(call, ast.Call) and call.func is parent:
                    return call
        raise NotProvedError("the use of the dict is not understood")

    def _need_order(self, taken: ast.expr | None, data: ColumnData) -> None:
        if taken is None:
            return
        parent = self._source.parent(taken)
        uses: list[ast.expr] = [taken]
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
            uses = list(self._source.loads_of(parent.targets[0]))
        if not uses or not all(self._orders(use, data) for use in uses):
            raise NotProvedError("the use of the dict is not understood")

    def _orders(self, use: ast.expr, data: ColumnData) -> bool:
        """Tell whether an expression is filled into statements only where rows are ordered."""
        found = [
            (statement, character)
            for statement in self._file.part(find_statements)
            for character, hole in statement.query.text.holes.items()
            if hole is use
        ]
        return bool(found) and all(
            self._is_order(statement, character, data) for statement, character in found
        )

    def _is_order(self, statement: Statement, character: str, data: ColumnData) -> bool:
        assert self._file.contract is not None
        tokens = StatementTokens(statement.text, self._file.contract.dialect)
        at = statement.query.text.value.index(character)
        place = tokens.place(at, at + 1)
        owners = [t for t in statement.tables if t.column(data.column.legacy) is not None]
        return (
            place is not None
            and tokens.clause(place) == "order"
            and owners == [data.table]
            and not _GROUPING & set(tokens.words)
        )
