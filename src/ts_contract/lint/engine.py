"""The engine: text, contract and schema in, findings out.

One walk over the tree (in `Source`) sorts the nodes by class; each rule receives those it is
registered for. Ahead of everything stands the substring gate: a file without any rule's words is
neither parsed nor walked.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from ..contract import Contract
from ..source.columns.analysis import find_references, find_stars, find_unsure
from ..source.columns.model import ColumnData, ModelColumn, ModelUse, RowRead
from ..source.columns.named import find_column_data
from ..source.columns.orm import find_model_columns, find_model_uses
from ..source.columns.row_reads import find_row_reads
from ..source.file import File, Schema
from ..source.instants.assigned import Assignment, find_assigned
from ..source.python.source import Source
from ..source.sql.references import Reference, Star, Unsure
from .findings import Finding
from .rules import Match, Rule, all_rules, applying

__all__ = ["check", "check_file"]

_FINDERS: dict[type, Callable[[File], Iterable[object]]] = {
    Assignment: find_assigned,
    ColumnData: find_column_data,
    ModelColumn: find_model_columns,
    ModelUse: find_model_uses,
    Reference: find_references,
    RowRead: find_row_reads,
    Star: find_stars,
    Unsure: find_unsure,
}
"""What a rule may be registered `on`, besides the nodes of the tree, and who finds it."""


def check(
    text: str,
    path: str = "<string>",
    contract: Contract | None = None,
    schema: Schema | None = None,
    *,
    tree: ast.Module | None = None,
    rules: Iterable[Rule] | None = None,
) -> list[Finding]:
    r"""Check one file.

    Args:
        text: the file's text, with its own line ends.
        path: what errors call the file.
        contract: the declared columns; without one only clocks and units are checked.
        schema: the other tables that are known; see `source.sql.schema.load_schema`.
        tree: the tree of exactly this text, if the caller has parsed it already.
        rules: the rules to try; all of them by default, those that are off by default included.

    Returns:
        The findings, ordered by place and code.

    Raises:
        SourceError: Python cannot parse the text.

    Example:
        >>> findings = check("import datetime as dt\nprint(dt.datetime.now())\n")
        >>> [(f.code, f.line, f.column) for f in findings]
        [('TSC101', 2, 7)]
    """
    tried = applying(all_rules() if rules is None else rules, text, contract)
    if not tried:
        return []
    return check_file(File(Source(text, path, tree), contract, schema), tried)


def check_file(file: File, rules: Iterable[Rule]) -> list[Finding]:
    """Check a file that is parsed already; who rewrites it goes on to ask the same `File`.

    Args:
        file: the file under its contract.
        rules: the rules to try.

    Returns:
        The findings, ordered by place and code.
    """
    found = [
        _finding(rule, match, file.source)
        for rule in rules
        for subject in _subjects(rule, file)
        for match in rule.check(subject, file)
    ]
    return sorted(found, key=lambda f: (f.start, f.code, f.end))


def _subjects(rule: Rule, file: File) -> Iterator[object]:
    """Yield what a rule looks at: nodes of the tree, or what a finder finds."""
    for kind in rule.on:
        if issubclass(kind, ast.AST):
            yield from file.source.nodes(kind)
        else:
            yield from file.part(_FINDERS[kind])


def _finding(rule: Rule, match: Match, source: Source) -> Finding:
    where = match.where
    start, end = source.span(where) if isinstance(where, ast.AST) else where
    return Finding(
        rule.code,
        rule.message.format_map(match.fields),
        *source.position(start),
        *source.position(end),
        start,
        end,
        match.fix,
    )
