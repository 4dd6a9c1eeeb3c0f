"""Rewrites what reads rows of a `SELECT *`, which hold both columns, and the `*` itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ...contract import TableContract, is_utc
from ...source.columns.analysis import find_stars, find_statements
from ...source.columns.model import RowRead
from ...source.columns.row_reads import find_row_reads
from ...source.edits import Edit
from ...source.sql.queries import Query
from ...source.sql.references import Statement
from ..changes import NotProvedError, Span, Verdict, joined
from .outputs import LOSES_TYPE
from .rewrites import FileRewrite, result_column
from .spelling import SCALES, shown

__all__ = ["compat_stars", "star_readers"]

_NOTHING_TO_DO = Verdict(safety="safe")


def star_readers(
    state: FileRewrite, verdicts: Mapping[Span, Verdict], binding: Mapping[ast.expr, Span]
) -> Iterator[tuple[Span, Verdict]]:
    """Yield what is to be done about the readers of rows that come through a `*`.

    Args:
        state: the state of the file's rewrite.
        verdicts: what is decided by now; those of columns among it.
        binding: expressions that are bound to a placeholder, and the columns that meet it.
    """
    for read in state.file.part(find_row_reads):
        if read.span in verdicts or result_column(read) is not None:
            continue
        if read.node in binding:
            yield read.span, verdicts[binding[read.node]]
        else:
            yield read.span, _reader(state, read)


def _reader(state: FileRewrite, read: RowRead) -> Verdict:
    """Return the verdict on a reader whose row has both columns."""
    if read.kind not in {"key", "get"}:
        return Verdict(reason="the row is taken as a whole")
    try:
        rewrite = state.value_readers.value_rewrite(read.node, unsafe=state.options.unsafe)
        if rewrite.needs:
            raise NotProvedError("the value is used with another one")
    except NotProvedError as error:
        return Verdict(safety="unsafe" if error.offered else None, reason=error.reason)
    edits = (*rewrite.edits, Edit(*read.span, read.column.epoch))
    reasons = joined(rewrite.reasons)
    return Verdict(
        tuple(sorted(edits, key=lambda e: (e.start, e.end))),
        tuple(rewrite.imports),
        "unsafe" if reasons else "safe",
        reasons,
    )


# --- the star itself -------------------------------------------------------------------------


def compat_stars(state: FileRewrite) -> Iterator[tuple[Span, Verdict]]:
    """Yield what lets each `*` go on to give the legacy values under their names.

    Args:
        state: the state of the file's rewrite.
    """
    statements: dict[Query, Statement] = {}
    for first in state.file.part(find_statements):
        statements.setdefault(first.query, first)
    for star in state.file.part(find_stars):
        statement = statements.get(star.query)
        if statement is not None:
            yield star.span, _compat_star(state, statement, star.span)


def _compat_star(state: FileRewrite, statement: Statement, span: Span) -> Verdict:
    """Return the verdict that gives the legacy values under their names, instead of a `*`."""
    outputs = statement.outputs or ()
    stars = [output for output in outputs if output.is_star]
    if len(stars) != 1 or stars[0].star is None:
        return Verdict(reason="the other columns of the rows are not known")
    table = stars[0].star
    values = {
        c.legacy.lower(): f"{c.epoch}".join(shown(state.sql, c)) + f" AS {c.legacy}"
        for c in table.columns
    }
    if any(output.name.lower() in values for output in outputs):
        return _NOTHING_TO_DO
    if not all(c.storage in SCALES or is_utc(c.timezone) for c in table.columns):
        return Verdict(reason="a column of the table does not hold texts in UTC")
    if state.needs_types and not state.options.unsafe:
        return Verdict(safety="unsafe", reason=LOSES_TYPE)
    try:
        edit = _spelled_out(state, statement, span, table, values)
        if state.needs_types:
            return Verdict((edit,), (), "unsafe", LOSES_TYPE)
        return Verdict((edit,), (), "safe")
    except NotProvedError as error:
        return Verdict(reason=error.reason)


def _spelled_out(
    state: FileRewrite,
    statement: Statement,
    span: Span,
    table: TableContract,
    values: Mapping[str, str],
) -> Edit:
    """Return the edit that writes what a `*` gives, the legacy values among it.

    Each column that the schema tells is named in its place. Without a schema, values behind the `*`
    would be more than the readers of whole rows know of.
    """
    query, editor = statement.query, state.editor
    index = _index_of(query, span)
    if query.text.value[:index].rstrip().endswith("."):
        raise NotProvedError("the * stands for one table among others")
    known = state.columns_of(table)
    if not known:
        raise NotProvedError("the columns of the table are not in the schema")
    text = ", ".join(values.get(name.lower(), name) for name in known)
    return editor.replaced(query, index, index + 1, text)


def _index_of(query: Query, span: Span) -> int:
    """Return the index in a query's text of the `*` at a place of the file."""
    for index, character in enumerate(query.text.value):
        if character == "*" and query.text.span(index, index + 1) == span:
            return index
    raise NotProvedError("the * is not written in one piece")
