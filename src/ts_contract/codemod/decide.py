"""Decides about each finding of a file: what a planner says of its place, or the rule's own fix."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..lint.findings import Finding
from ..source.columns.analysis import find_references
from ..source.file import File
from ..source.python.spans import Spans
from .changes import Decision, Options, Span, Verdict
from .edits.overlaps import TakenEdits
from .orm.definitions import EpochsOfModels
from .orm.plan import plan_models
from .sql.named import plan_held_names
from .sql.plan import plan_sql

__all__ = ["chosen", "decide", "is_allowed", "is_done", "refused", "why_left"]

_LEFT = {
    "TSC203": "the schema is changed by the migration, and here by hand",
    "TSC205": "name the columns that are read",
    "TSC207": "a trigger or opaque statement is rewritten by hand",
    "TSC306": "the attribute of an object changes with the code that reads and sets it",
    "TSC208": "the table cannot be told; see the contract's schema",
}
_BY_SQL = frozenset({"TSC201", "TSC202", "TSC204", "TSC205", "TSC206", "TSC301", "TSC302"})
_BY_MODEL = frozenset({"TSC303", "TSC304"})
_CLOCKS = frozenset({"TSC101", "TSC102", "TSC104", "TSC105", "TSC107"})
_PLANNED = _BY_SQL | _BY_MODEL | {"TSC305"}
_NOT_SOUND = "its rewrite would bring another finding, or overlaps another rewrite"


def decide(
    file: File, findings: Sequence[Finding], options: Options, models: EpochsOfModels
) -> list[Decision]:
    """Return what is to be done about each finding of a file.

    Args:
        file: the file under its contract.
        findings: what the rules report in it.
        options: what the run may do.
        models: the epoch columns that ORM models of other files define.
    """
    planned: dict[Span, Verdict] = {}
    if any(finding.code in _BY_SQL for finding in findings):
        planned |= plan_sql(file, options)
    if any(finding.code in _BY_MODEL for finding in findings):
        planned |= plan_models(file, options, models)
    if any(finding.code == "TSC305" for finding in findings):
        planned |= plan_held_names(file, options)
    staying = _bound_to_what_stays(file, planned)
    return [
        Decision(finding, _clock_that_stays(finding, staying) or _verdict(finding, planned))
        for finding in findings
    ]


def _bound_to_what_stays(file: File, planned: Mapping[Span, Verdict]) -> Spans:
    """Return the places of what is bound to legacy columns whose statements stay as they are."""
    source = file.source
    bound: dict[ast.AST, None] = {}
    for reference in file.part(find_references) if planned else ():
        verdict = planned.get(reference.span)
        if reference.epoch or verdict is None or verdict.edits:
            continue
        pending: list[ast.expr] = [node for value in reference.values for node in value.bound]
        while pending:
            node = pending.pop()
            if node in bound:
                continue
            bound[node] = None
            names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
            pending += [held for name in names if (held := source.value(name)) is not None]
    return Spans([source.span(node) for node in bound])


def _clock_that_stays(finding: Finding, staying: Spans) -> Verdict | None:
    """Return why a clock keeps its zone: what it is compared with keeps its own, too."""
    if (
        finding.code not in _CLOCKS
        or next(staying.holding(finding.start, finding.end), None) is None
    ):
        return None
    return Verdict(reason="its value meets a legacy column in a statement that stays as it is")


def _verdict(finding: Finding, planned: dict[Span, Verdict]) -> Verdict:
    known = planned.get((finding.start, finding.end))
    if finding.code in _PLANNED and known is not None:
        return known
    fix = finding.fix
    if fix is not None:
        return Verdict(fix.edits, fix.imports, fix.safety, fix.reason)
    return Verdict(reason=_LEFT.get(finding.code, "no rewrite is known"))


def is_allowed(verdict: Verdict, options: Options) -> bool:
    """Tell whether a verdict has a rewrite that a run may make."""
    if verdict.safety is None or _is_offer(verdict):
        return False
    return options.unsafe or verdict.safety == "safe"


def is_done(verdict: Verdict) -> bool:
    """Tell whether a verdict says that nothing is left to do."""
    return not verdict.edits and verdict.safety == "safe"


def _is_offer(verdict: Verdict) -> bool:
    """Tell whether a verdict only says that `--unsafe` would do something."""
    return not verdict.edits and verdict.safety == "unsafe"


def refused(decision: Decision) -> Decision:
    """Return the decision about a rewrite that the checks did not let pass."""
    return replace(decision, verdict=Verdict(reason=_NOT_SOUND))


def why_left(verdict: Verdict) -> str:
    """Return why a finding is left, as a comment says it."""
    if verdict.safety == "unsafe":
        return f"{verdict.reason} (--unsafe rewrites it)"
    return verdict.reason


# --- which of them together ------------------------------------------------------------------


def chosen(decisions: Iterable[Decision], options: Options) -> list[Verdict]:
    """Return the verdicts to apply, the one with the most edits first, none overlapping another.

    Args:
        decisions: what is to be done about each finding of one text.
        options: what the run may do.
    """
    found: list[Verdict] = []
    taken = TakenEdits()
    allowed = (d.verdict for d in decisions if is_allowed(d.verdict, options))
    once = {id(verdict): verdict for verdict in allowed}.values()
    for verdict in sorted(once, key=lambda v: -len(v.edits)):
        if any(taken.overlaps(edit) for edit in verdict.edits):
            continue
        found.append(verdict)
        taken.add(verdict.edits)
    return found
