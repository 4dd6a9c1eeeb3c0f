"""Groups column rewrites that depend on each other: they are made together or not at all."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from itertools import pairwise

from ...source.edits import Edit, Import
from ..changes import NotProvedError, Span, Verdict, joined
from .rewrites import ColumnRewrite

__all__ = ["bind_together", "grouped", "verdict_on"]


def bind_together(rewrites: Iterable[ColumnRewrite]) -> None:
    """Link what meets in one bound value, or in one name that holds what several columns give."""
    by_node: dict[ast.expr, list[ColumnRewrite]] = {}
    for rewrite in rewrites:
        for node in (*rewrite.bound, *rewrite.values):
            by_node.setdefault(node, []).append(rewrite)
    for sharing in by_node.values():
        for one, other in pairwise(sharing):
            one.links.add(other.span)


def grouped(rewrites: Iterable[ColumnRewrite]) -> list[list[ColumnRewrite]]:
    """Return the column rewrites in groups, those that are linked together in one.

    Those of one place, in several branches of a text, are always in one group.
    """
    by_span: dict[Span, list[ColumnRewrite]] = {}
    for rewrite in rewrites:
        by_span.setdefault(rewrite.span, []).append(rewrite)
    leader = {span: span for span in by_span}

    def find(span: Span) -> Span:
        while leader[span] != span:
            leader[span] = leader[leader[span]]
            span = leader[span]
        return span

    for span, own in by_span.items():
        for rewrite in own:
            for link in rewrite.links:
                if link in leader:
                    leader[find(link)] = find(span)
                elif rewrite.failure is None:
                    rewrite.failure = NotProvedError(
                        "a column that has to change with it is left as it is"
                    )
    groups: dict[Span, list[ColumnRewrite]] = {}
    for span, own in by_span.items():
        groups.setdefault(find(span), []).extend(own)
    return list(groups.values())


def verdict_on(group: Sequence[ColumnRewrite]) -> Verdict:
    """Return what is to be done about a whole group."""
    failures = [rewrite.failure for rewrite in group if rewrite.failure is not None]
    if failures:
        offered = all(failure.offered for failure in failures)
        return Verdict(
            safety="unsafe" if offered else None,
            reason=joined(failure.reason for failure in failures),
        )
    edits: dict[Edit, None] = {}
    imports: dict[Import, None] = {}
    for rewrite in group:
        edits.update(dict.fromkeys(rewrite.edits))
        imports.update(dict.fromkeys(rewrite.imports))
    reasons = joined(reason for rewrite in group for reason in rewrite.reasons)
    ordered = tuple(sorted(edits, key=lambda e: (e.start, e.end)))
    return Verdict(ordered, tuple(imports), "unsafe" if reasons else "safe", reasons)
