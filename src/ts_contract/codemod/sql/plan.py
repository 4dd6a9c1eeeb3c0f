"""From the SQL of a file to verdicts: which places are rewritten together, and which are left."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ...source.columns.analysis import find_references, find_stars, find_statements
from ...source.columns.model import RowRead
from ...source.columns.rows import find_row_reads
from ...source.edits import Edit
from ...source.file import File
from ...source.sql.queries import Query, find_queries
from ...source.sql.references import Reference, Statement
from ..changes import NotProvedError, Options, Span, Verdict, joined
from .groups import bind_together, grouped, verdict_on
from .rewrites import ColumnRewrite, FileRewrite
from .spelling import SCALES, shown
from .statements import Planner

__all__ = ["plan_sql"]


_MAX_ROUNDS = 6
_NOTHING_TO_DO = Verdict(safety="safe")


def plan_sql(file: File, options: Options) -> dict[Span, Verdict]:
    """Decide about every legacy column that the SQL of a file names, and about its readers.

    Args:
        file: the file under its contract.
        options: what the run may do.

    Returns:
        Verdicts by the span of a finding: a column, a SQL clock, or the key of a reader. The
        places of one group share one verdict.
    """
    if file.contract is None or not file.contract.tables:
        return {}
    state = FileRewrite(file, options)
    rewrites = _column_rewrites(state, file)
    bind_together(rewrites)
    _refuse_shared_text(rewrites, file)
    _warn_of_public_text(rewrites, state)
    verdicts: dict[Span, Verdict] = {}
    for group in grouped(rewrites):
        verdict = verdict_on(group)
        for rewrite in group:
            verdicts[rewrite.span] = verdict
            for value in rewrite.reference.values:
                if value.clock is not None:
                    verdicts[value.clock] = verdict
    _readers_of(file, verdicts)
    _stars(state, verdicts, rewrites)
    _epoch_clocks(state, verdicts)
    return verdicts


def _column_rewrites(state: FileRewrite, file: File) -> list[ColumnRewrite]:
    """Return all column rewrites.

    What one of them may do depends on others: whether a bound value meets legacy columns only, and
    whether a value beside it becomes milliseconds. So they are worked out again, first taking for
    granted that all goes well, until what is known stays the same.
    """
    planner = Planner(state)
    rewrites: list[ColumnRewrite] = []
    for _ in range(_MAX_ROUNDS):
        before = state.known()
        rewrites = [
            rewrite
            for statement in file.part(find_statements)
            for rewrite in planner.rewrites(statement)
        ]
        state.learn(rewrites)
        if state.known() == before:
            break
    return rewrites


def _refuse_shared_text(rewrites: Iterable[ColumnRewrite], file: File) -> None:
    """Refuse a column in a text that is also part of a query where it was not understood."""
    understood = {(rewrite.reference.query, rewrite.span) for rewrite in rewrites}
    for rewrite in rewrites:
        if any(
            (query, rewrite.span) not in understood and query.text.holds(rewrite.span)
            for query in file.part(find_queries)
        ):
            reason = "the text is part of another query, which is not understood"
            rewrite.failure = rewrite.failure or NotProvedError(reason)


def _warn_of_public_text(rewrites: Iterable[ColumnRewrite], state: FileRewrite) -> None:
    """Make unsafe what changes parameters or rows of SQL that other modules may import."""
    source = state.file.source
    constants = [
        (source.span(statement), statement.targets[0].id)
        for statement in source.tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and not statement.targets[0].id.startswith("_")
    ]
    for rewrite in rewrites:
        changes_rows = rewrite.reference.role in {"select", "returning"} and rewrite.gives_ms
        if rewrite.failure is not None or not (rewrite.marks or changes_rows):
            continue
        for (start, end), name in constants:
            if start <= rewrite.span[0] < end:
                reason = f"other modules may use {name}"
                if state.options.unsafe:
                    rewrite.reasons.append(reason)
                else:
                    rewrite.failure = NotProvedError(reason, offered=True)


# --- what else a verdict covers --------------------------------------------------------------


def _readers_of(file: File, verdicts: dict[Span, Verdict]) -> None:
    """Give the readers of a column the verdict of the column."""
    for read in file.part(find_row_reads):
        reference = _origin(read)
        if reference is not None and reference.span in verdicts and read.span not in verdicts:
            verdicts[read.span] = verdicts[reference.span]


def _origin(read: RowRead) -> Reference | None:
    """Return the result column that a reader takes; None if it comes through a `*`."""
    for statement in read.statements:
        for output in statement.outputs or ():
            if output.reference is not None and output.name.lower() == read.name.lower():
                return output.reference
    return None


def _stars(
    state: FileRewrite,
    verdicts: dict[Span, Verdict],
    rewrites: Iterable[ColumnRewrite],
) -> None:
    """Decide about readers of rows that come through a `*`, and about the `*` itself."""
    file, options = state.file, state.options
    binding = {node: rewrite.span for rewrite in rewrites for node in rewrite.bound}
    for read in file.part(find_row_reads):
        if read.span in verdicts or _origin(read) is not None:
            continue
        if read.node in binding:
            verdicts[read.span] = verdicts[binding[read.node]]
        else:
            verdicts[read.span] = _star_reader(state, read)
    if not options.compat_reads:
        return
    for star in file.part(find_stars):
        statement = next((r for r in file.part(find_statements) if r.query is star.query), None)
        if statement is None:
            continue
        verdicts[star.span] = _compat_star(state, statement, star.span)


def _star_reader(state: FileRewrite, read: RowRead) -> Verdict:
    """Return the verdict on a reader whose row has both columns."""
    if read.kind not in {"key", "get"}:
        return Verdict(reason="the row is taken as a whole")
    try:
        rewrite = state.value_readers.value_rewrite(read.node, unsafe=state.options.unsafe)
        if rewrite.needs:
            raise NotProvedError("the value meets another one")
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


def _compat_star(state: FileRewrite, statement: Statement, span: Span) -> Verdict:
    """Return the verdict that gives the legacy values under their names, instead of a `*`.

    Where the schema tells the table's columns they are named, each in its place. Elsewhere the
    legacy values stand behind the `*`, for readers by name.
    """
    outputs = statement.outputs or ()
    stars = [output for output in outputs if output.is_star]
    if len(stars) != 1 or stars[0].star is None:
        return Verdict(reason="what else the rows hold is not known")
    table = stars[0].star
    values = {
        c.legacy.lower(): f"{c.epoch}".join(shown(state.sql, c)) + f" AS {c.legacy}"
        for c in table.columns
    }
    if any(output.name.lower() in values for output in outputs):
        return _NOTHING_TO_DO
    if not all(c.storage in SCALES or c.timezone.upper() == "UTC" for c in table.columns):
        return Verdict(reason="a column of the table holds no text in UTC")
    known = state.columns_of(table)
    query = statement.query
    try:
        index = _index_of(query, span)
        if query.text.value[:index].rstrip().endswith("."):
            return Verdict(reason="the columns of one table are taken among others")
        if known:
            text = ", ".join(values.get(name.lower(), name) for name in known)
            edit = state.editor.replaced(query, index, index + 1, text)
        elif outputs[-1].is_star:
            edit = state.editor.after(query, index + 1, "".join(f", {v}" for v in values.values()))
        else:
            return Verdict(reason="the schema does not tell the columns of the table")
    except NotProvedError as error:
        return Verdict(reason=error.reason)
    return Verdict((edit,), (), "safe", "")


def _index_of(query: Query, span: Span) -> int:
    """Return the index in a query's text of what stands at a place of the file."""
    for index, character in enumerate(query.text.value):
        if character == "*" and query.text.span(index, index + 1) == span:
            return index
    raise NotProvedError("the * is not written in one piece")


def _epoch_clocks(state: FileRewrite, verdicts: dict[Span, Verdict]) -> None:
    """Decide about SQL clocks that are written to an epoch column: what is stored changes."""
    for reference in state.file.part(find_references):
        if not reference.epoch or reference.access != "write":
            continue
        for value in reference.values:
            if value.clock is None or value.clock in verdicts:
                continue
            reason = "milliseconds are stored where text was"
            if value.clock_text.upper() not in {"CURRENT_TIMESTAMP", "NOW()", "DATETIME('NOW')"}:
                verdicts[value.clock] = Verdict(reason="the SQL clock is none that is known")
            elif not state.options.unsafe:
                verdicts[value.clock] = Verdict(safety="unsafe", reason=reason)
            else:
                text = state.editor.spelled(reference.query, value.clock[0], state.sql.clock)
                edit = Edit(*value.clock, text)
                verdicts[value.clock] = Verdict((edit,), (), "unsafe", reason)
