"""From the SQL of a file to verdicts: which places are rewritten together, and which are left."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ...source.columns.analysis import find_references, find_statements
from ...source.columns.row_reads import find_row_reads
from ...source.edits import Edit
from ...source.file import File
from ...source.python.spans import Span, Spans
from ...source.sql.queries import Query, find_queries
from ...source.sql.references import Value
from ..changes import NotProvedError, Options, Verdict
from ..python.choices import chosen_by_users
from .groups import bind_together, grouped, verdict_on
from .rewrites import ColumnRewrite, FileRewrite, result_column
from .stars import compat_stars, star_readers
from .statements import Planner

__all__ = ["plan_sql"]

_MAX_ROUNDS = 6


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
    for rewrite in rewrites:
        chosen = chosen_by_users(rewrite.span, file)
        if chosen:
            rewrite.failure = NotProvedError(chosen)
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
    binding = {node: rewrite.span for rewrite in rewrites for node in rewrite.bound}
    for span, verdict in star_readers(state, verdicts, binding):
        verdicts.setdefault(span, verdict)
    if options.compat_reads:
        verdicts |= dict(compat_stars(state))
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
    understood: dict[Span, set[Query]] = {}
    for rewrite in rewrites:
        understood.setdefault(rewrite.span, set()).add(rewrite.reference.query)
    written = [(place, query) for query in file.part(find_queries) for place in query.text.written]
    texts = Spans([place for place, _ in written])
    shared = {
        span
        for span, queries in understood.items()
        if any(written[index][1] not in queries for index in texts.holding(*span))
    }
    for rewrite in rewrites:
        if rewrite.span in shared:
            reason = "the text is part of another query, which is not understood"
            rewrite.failure = rewrite.failure or NotProvedError(reason)


def _warn_of_public_text(rewrites: Iterable[ColumnRewrite], state: FileRewrite) -> None:
    """Make unsafe what changes parameters or rows of SQL that other modules may import."""
    source = state.file.source
    constants = [
        (statement, statement.targets[0].id)
        for statement in source.tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and not statement.targets[0].id.startswith("_")
    ]
    places = Spans([source.span(statement) for statement, _ in constants])
    for rewrite in rewrites:
        changes_rows = rewrite.reference.role in {"select", "returning"} and rewrite.gives_ms
        if rewrite.failure is not None or not (rewrite.marks or changes_rows):
            continue
        constant = places.first_at(rewrite.span[0])
        if constant is not None:
            reason = f"other modules may use {constants[constant][1]}"
            if state.options.unsafe:
                rewrite.reasons.append(reason)
            else:
                rewrite.failure = NotProvedError(reason, offered=True)


# --- what else a verdict covers --------------------------------------------------------------


def _readers_of(file: File, verdicts: dict[Span, Verdict]) -> None:
    """Give the readers of a column the verdict of the column."""
    for read in file.part(find_row_reads):
        reference = result_column(read)
        if reference is not None and reference.span in verdicts and read.span not in verdicts:
            verdicts[read.span] = verdicts[reference.span]


def _epoch_clocks(state: FileRewrite, verdicts: dict[Span, Verdict]) -> None:
    """Decide about SQL clocks that are written to an epoch column: what is stored changes."""
    for reference in state.file.part(find_references):
        if not reference.epoch or reference.access != "write":
            continue
        for value in reference.values:
            if value.clock is None or value.clock in verdicts:
                continue
            verdicts[value.clock] = _epoch_clock(state, reference.query, value)


def _epoch_clock(state: FileRewrite, query: Query, value: Value) -> Verdict:
    reason = "milliseconds are stored where text was"
    assert value.clock is not None
    if value.clock_text.upper() not in {"CURRENT_TIMESTAMP", "NOW()", "DATETIME('NOW')"}:
        return Verdict(reason="the SQL clock is not a known one")
    try:
        text = state.editor.spelled(query, value.clock[0], state.sql.clock)
    except NotProvedError as error:
        return Verdict(reason=error.reason)
    if not state.options.unsafe:
        return Verdict(safety="unsafe", reason=reason)
    return Verdict((Edit(*value.clock, text),), (), "unsafe", reason)
