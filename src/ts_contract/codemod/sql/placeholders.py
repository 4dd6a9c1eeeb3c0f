"""Converts what Python binds to the placeholders that legacy columns are used with."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from functools import cached_property

from ...source.columns.model import RowRead
from ...source.columns.row_reads import find_row_reads
from ...source.edits import Edit
from ...source.python.source import Source
from ...source.sql.queries import Query
from ...source.sql.text import Placeholder
from ..changes import NotProvedError, Rewrite, Span, UnknownValueError
from ..python.bound_values import bound_value
from .rewrites import ColumnRewrite, FileRewrite, result_column
from .spot import Spot

__all__ = ["Placeholders"]


class Placeholders:
    """Rewrites what one file binds to placeholders.

    Args:
        state: the state of the file's rewrite.
    """

    def __init__(self, state: FileRewrite) -> None:
        self._state = state

    def milliseconds(self, spot: Spot, mark: Placeholder, rewrite: ColumnRewrite) -> None:
        """Rewrite what Python binds to a placeholder.

        Args:
            spot: the placeholder.
            mark: the same, as the query has it.
            rewrite: the column rewrite that needs it.

        Raises:
            UnknownValueError: what is bound is not understood.
        """
        query = rewrite.reference.query
        rewrite.marks.append(mark)
        nodes = query.bound.get(mark.key, ())
        try:
            bound = self._bound_values(query, mark, nodes, rewrite)
        except NotProvedError as error:
            raise UnknownValueError(error.reason, offered=error.offered) from None
        for value in bound:
            rewrite.add(value)
        if isinstance(mark.key, str) and not rewrite.stays:
            self._rename_key(query, mark, mark.key, nodes, rewrite)

    def _rename_key(
        self,
        query: Query,
        mark: Placeholder,
        key: str,
        nodes: Sequence[ast.expr],
        rewrite: ColumnRewrite,
    ) -> None:
        """Give a parameter an epoch column's name, where it had a legacy one's.

        Under the old name milliseconds would stand where everybody expects a text.
        """
        source, contract = self._state.file.source, self._state.file.contract
        assert contract is not None
        epochs = {c.epoch for _, c in contract.columns() if c.legacy.lower() == key.lower()}
        if len(epochs) != 1:
            return
        (name,) = epochs  # for all places of the parameter, whatever column they meet
        keys = [_key_of(node, source) for node in nodes]
        if any(k is None or self._state.is_used_again(k[1]) for k in keys):
            return
        if not name.isidentifier():
            return
        taken = {other.key for other in query.placeholders}
        if name in taken or any(name in _names_in(k[1], source) for k in keys if k):
            return
        rewrite.edits += [Edit(*k[0], name) for k in keys if k]
        rewrite.edits.append(self._state.editor.renamed(query, mark, name))

    def _bound_values(
        self, query: Query, mark: Placeholder, nodes: Sequence[ast.expr], rewrite: ColumnRewrite
    ) -> list[Rewrite]:
        """Return the rewrites of all expressions that are bound to a placeholder."""
        if not nodes:
            raise NotProvedError("the bound value is not visible in this file")
        self._refuse_hidden(query, mark, nodes)
        if not rewrite.stays:
            self._refuse_shared(nodes)
        return [self._bound_node(node, rewrite) for node in nodes]

    def _bound_node(self, node: ast.expr, rewrite: ColumnRewrite) -> Rewrite:
        column = rewrite.reference.column
        origin = self._state.converted.get(node)
        if origin is not None:
            rewrite.links.add(origin)  # it comes out of a row as milliseconds
            return Rewrite()
        if self._is_either(node):
            raise NotProvedError("the bound value may be a text or milliseconds")
        through_star = self._star_reads.get(node)
        if through_star is not None:
            return Rewrite([Edit(*through_star.span, through_star.column.epoch)])
        return bound_value(node, column, self._state.file, unsafe=self._state.options.unsafe)

    def _is_either(self, node: ast.expr) -> bool:
        """Tell whether a name holds milliseconds that come out of a row, or something else."""
        return isinstance(node, ast.Name) and any(
            binding.value in self._state.converted
            for binding in self._state.file.source.bindings(node)
            if binding.value is not None
        )

    def _refuse_hidden(self, query: Query, mark: Placeholder, nodes: Sequence[ast.expr]) -> None:
        """Refuse a position that placeholders in a part filled in at run time may shift."""
        if isinstance(mark.key, str) or not query.text.holes:
            return
        positional = sum(isinstance(other.key, int) for other in query.placeholders)
        for node in nodes:
            holder = self._state.file.source.parent(node)
            given = holder.elts if isinstance(holder, ast.Tuple | ast.List) else []
            stars = [i for i, element in enumerate(given) if isinstance(element, ast.Starred)]
            if not stars and len(given) == positional:
                continue
            from_start = not stars or (node in given and given.index(node) < stars[0])
            text = query.text.value
            part = text[: mark.first] if from_start else text[mark.last :]
            if any(hole in part for hole in query.text.holes):
                raise NotProvedError("a part that is filled in at run time may hold placeholders")

    def _refuse_shared(self, nodes: Sequence[ast.expr]) -> None:
        """Refuse a value that is bound to anything but legacy columns as well."""
        if self._state.legacy_marks is None:
            return
        for node in nodes:
            for other, another in self._state.bindings.get(node, ()):
                if (other, another.char) not in self._state.legacy_marks:
                    raise NotProvedError("the bound value is used in another place too")

    def refuse_shared_tuples(self, query: Query, marks: Sequence[Placeholder]) -> None:
        """Refuse to take a value out of a tuple that other statements are bound to as well."""
        for mark in marks:
            for node in query.bound.get(mark.key, ()):
                if isinstance(mark.key, int) and len(self._state.bindings.get(node, ())) > 1:
                    raise NotProvedError("the tuple is bound in several statements")

    @cached_property
    def _star_reads(self) -> dict[ast.expr, RowRead]:
        """The legacy columns that are taken by name out of rows with a `*`."""
        return {
            read.node: read
            for read in self._state.file.part(find_row_reads)
            if read.kind in {"key", "get"} and result_column(read) is None
        }


def _key_of(node: ast.expr, source: Source) -> tuple[Span, ast.AST] | None:
    """Return the place of the name that a value is bound under, and the dict or keyword of it."""
    holder = source.parent(node)
    match holder:
        case ast.keyword(arg=str(name)):
            start = source.span(holder)[0]
            return (start, start + len(name)), holder
        case ast.Dict():
            key = holder.keys[holder.values.index(node)]
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                start, end = source.span(key)
                at = source.text.find(key.value, start, end)
                if at >= 0:
                    return (at, at + len(key.value)), holder
    return None


def _names_in(holder: ast.AST, source: Source) -> set[object]:
    """Return the names that a dict binds values under."""
    if isinstance(holder, ast.Dict):
        return {key.value for key in holder.keys if isinstance(key, ast.Constant)}
    call = source.parent(holder)
    return {k.arg for k in call.keywords} if isinstance(call, ast.Call) else set()
