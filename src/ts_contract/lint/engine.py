"""The engine: text, contract and schema in, findings out.

One walk over the tree (in `Source`) sorts the nodes by class; each rule receives those it is
registered for. Ahead of everything stands the substring gate: a file without any rule's words is
neither parsed nor walked.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from ..contract import Contract
from ..source.file import File, Schema
from ..source.instants.assigned import Assignment, find_assigned
from ..source.project.modules import Project
from ..source.python.source import Source
from .findings import Finding
from .rules import Match, Rule, all_rules, applying

__all__ = ["check", "check_file"]


def check(
    text: str,
    path: str = "<string>",
    contract: Contract | None = None,
    schema: Schema | None = None,
    *,
    project: Project | None = None,
    tree: ast.Module | None = None,
    rules: Iterable[Rule] | None = None,
) -> list[Finding]:
    r"""Check one file.

    Args:
        text: the file's text, with its own line ends.
        path: what errors call the file.
        contract: the declared columns; without one only clocks and units are checked.
        schema: the other tables that are known; see `source.sql.schema.load_schema`.
        project: the index of the files that this one belongs to; see `lint.project`.
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
    return check_file(File(Source(text, path, tree), contract, schema, project), tried)


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
            yield from file.part(_finder(kind))


def _finder(kind: type) -> Callable[[File], Iterable[object]]:
    """Return what finds the parts of a class in a file."""
    if kind is Assignment:
        return find_assigned
    from .finders import FINDERS  # noqa: PLC0415 - only where a rule about columns is tried

    return FINDERS[kind]


def _finding(rule: Rule, match: Match, source: Source) -> Finding:
    where = match.where
    start, end = source.span(where) if isinstance(where, ast.AST) else where
    message = rule.message.format_map(match.fields)
    return Finding(
        rule.code,
        message if message.isprintable() else _printable(message),
        *source.position(start),
        *source.position(end),
        start,
        end,
        match.fix,
    )


def _printable(text: str) -> str:
    """Return text of a file in one line that does nothing to a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
