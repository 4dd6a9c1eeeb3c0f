"""Rewrites one source: pure, and checked before it is handed back.

The edits of all verdicts are applied to the text at once. The result must compile, be the source
outside of the edits, and hold no finding that the source did not; what fails that is left alone.
"""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ..contract import Contract
from ..files.read import SourceError
from ..lint.census import may_name_columns, not_judged
from ..lint.engine import check_file
from ..lint.findings import Finding
from ..lint.noqa import not_silenced
from ..lint.rules import Rule, all_rules, applying
from ..source.columns.history import find_history
from ..source.edits import Edit, apply_edits
from ..source.file import File, Schema
from ..source.project.modules import Project
from ..source.python.source import Source
from ..source.python.spans import Spans
from .changes import Change, Decision, Options, Verdict
from .decide import chosen, decide, is_allowed, is_done, refused, why_left
from .edits.imports import with_imports
from .edits.markers import marker_edits
from .orm.definitions import EpochsOfModels
from .outcomes import FOLLOWS_ITS_QUERY, Outcomes
from .taken import Taken, is_taken

__all__ = ["RewriteSettings", "Rewritten", "rewrite"]

_DEFAULT = Options()
_MAX_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class RewriteSettings:
    """What decides how a file is rewritten.

    Attributes:
        contract: the declared columns; None for clocks and units alone.
        schema: the other tables that are known.
        codes: the codes of the rules whose findings are rewritten.
        options: what the run may do.
        project: the index of the files that those of the run belong to.
        models: the epoch columns that ORM models of other files define.
        taken: what the files of the run take from each other's imports.
        seconds: how long the rewrite of one file may take; None for as long as it needs.
    """

    contract: Contract | None
    schema: Schema | None
    codes: frozenset[str]
    options: Options = _DEFAULT
    project: Project | None = None
    models: EpochsOfModels = field(default_factory=dict)
    taken: Taken = frozenset()
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of one source.

    Attributes:
        text: the new text; the old one where nothing changes.
        changes: what became of each finding, in the order of the source before.
        unjudged: how many places name legacy columns and could not be judged.
    """

    text: str
    changes: tuple[Change, ...] = ()
    unjudged: int = 0


def rewrite(text: str, path: str, settings: RewriteSettings) -> Rewritten:
    """Rewrite one source.

    Args:
        text: the file's text, with its own line ends.
        path: what messages call the file.
        settings: how to rewrite it.

    Returns:
        The new text, and what became of each finding.

    Raises:
        SourceError: Python cannot parse the text.

    Example:
        >>> from ts_contract import load_contract
        >>> settings = RewriteSettings(load_contract("agentos"), None, frozenset({"TSC201"}))
        >>> rewrite('db.execute("SELECT id FROM tasks ORDER BY created_at")', "x.py", settings).text
        'db.execute("SELECT id FROM tasks ORDER BY created_at_ms")'
    """
    if not _rules(text, settings):
        return Rewritten(text)
    file = File(Source(text, path), settings.contract, settings.schema, settings.project)
    decisions = _left(file, settings)
    outcomes = Outcomes(file.source)
    for _ in range(_MAX_ROUNDS):  # later ones do what an earlier one has made possible
        after, applied = _applied(file, chosen(decisions, settings.options), settings)
        if after is file:
            break
        outcomes.record(decisions, applied, after.source.text)
        file, decisions = after, _left(after, settings)
    decisions = [refused(d) if is_allowed(d.verdict, settings.options) else d for d in decisions]
    marked = _marked(file, decisions) if settings.options.markers else None
    options = replace(settings.options, markers=marked is not None)
    text, markers = (file.source.text, []) if marked is None else marked
    is_counted = may_name_columns(file.source.text, settings.contract)
    unjudged = len(not_judged(file)) if is_counted else 0
    return Rewritten(text, outcomes.changes(decisions, options, markers), unjudged)


def _left(file: File, settings: RewriteSettings) -> list[Decision]:
    """Return the decisions about the findings of a text that call for something."""
    rules = _rules(file.source.text, settings)
    history = file.part(find_history)
    findings = [
        finding
        for finding in not_silenced(check_file(file, rules), file.source.text)
        if not any(True for _ in history.holding(finding.start, finding.end))
    ]
    if not findings:
        return []
    decisions = decide(file, findings, settings.options, settings.models)
    return [decision for decision in decisions if not is_done(decision.verdict)]


def _rules(text: str, settings: RewriteSettings) -> list[Rule]:
    wanted = (rule for rule in all_rules() if rule.code in settings.codes)
    return list(applying(wanted, text, settings.contract))


# --- applying --------------------------------------------------------------------------------


def _applied(
    file: File, verdicts: list[Verdict], settings: RewriteSettings
) -> tuple[File, list[Verdict]]:
    """Return the file after some verdicts, and those that pass the checks.

    The same file where nothing changes.
    """
    after = _sound(file, verdicts, settings)
    if after is not None:
        return after, verdicts
    # Rare: some rewrite brings a new finding. One after the other shows which.
    kept: list[Verdict] = []
    result = file
    for verdict in verdicts:
        after = _sound(file, [*kept, verdict], settings)
        if after is not None:
            kept.append(verdict)
            result = after
    return result, kept


def _sound(file: File, verdicts: Sequence[Verdict], settings: RewriteSettings) -> File | None:
    """Return the file after some verdicts, if it parses and holds no finding that is new."""
    if not any(verdict.edits for verdict in verdicts):
        return file
    new = _edited(file, verdicts, settings.taken)
    if new is None:
        return None
    try:
        source = Source(new, file.source.path)
        after = File(source, settings.contract, settings.schema, settings.project)
    except SourceError:
        return None
    rules = [rule for rule in all_rules() if rule.default or rule.code in settings.codes]
    before = Counter(f.code for f in check_file(file, rules))
    left = Counter(f.code for f in check_file(after, rules))
    return None if left - before else after


def _edited(file: File, verdicts: Sequence[Verdict], taken: Taken) -> str | None:
    """Return the text with edits and imports; None where it does not hold together."""
    text = file.source.text
    edits = tuple(dict.fromkeys(edit for verdict in verdicts for edit in verdict.edits))
    imports = dict.fromkeys(i for verdict in verdicts for i in verdict.imports)
    try:
        edited = apply_edits(text, edits)
        ast.parse(edited.removeprefix("\ufeff"))
        mark = "\ufeff" if edited.startswith("\ufeff") else ""
        path = file.source.path
        freed = [n for n in _freed(file.source, edits) if not is_taken(n, path, taken)]
        result = mark + with_imports(edited.removeprefix("\ufeff"), list(imports), freed)
    except (ValueError, SyntaxError):
        return None
    return result if _compiles(result) or not _compiles(text) else None


def _compiles(text: str) -> bool:
    """Tell whether Python takes a text: parsing alone lets a repeated argument pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text.removeprefix("\ufeff"), "<rewritten>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            return False
    return True


def _freed(source: Source, edits: Iterable[Edit]) -> list[str]:
    """Return the imported names that an edit takes away."""
    replaced = Spans([(e.start, e.end) for e in edits if e.start < e.end])
    names: dict[str, None] = {}
    for node in source.nodes(ast.Name):
        if any(True for _ in replaced.holding(*source.span(node))):
            names[node.id] = None
    return list(names)


# --- marking ---------------------------------------------------------------------------------


def _marked(
    file: File, decisions: Sequence[Decision]
) -> tuple[str, list[tuple[Edit, list[Finding]]]] | None:
    """Return the text with a comment for each statement that something is left in, and the edits.

    None where they would break the file, as in the middle of a statement that backslashes join.
    """
    left = [d for d in decisions if d.finding.code not in FOLLOWS_ITS_QUERY]
    reasons = [(d.finding.start, d.finding.code, why_left(d.verdict)) for d in left]
    markers = [
        (edit, [left[index].finding for index in indexes])
        for edit, indexes in marker_edits(file.source, reasons)
    ]
    text = apply_edits(file.source.text, tuple(edit for edit, _ in markers))
    if markers and not _compiles(text) and _compiles(file.source.text):
        return None
    return text, markers
