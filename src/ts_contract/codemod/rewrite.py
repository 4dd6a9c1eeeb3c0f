"""Source and findings in, new source out: pure, and checked before it is handed back.

The edits of all verdicts are applied to the text at once. The result must parse, be the source
outside of the edits, and hold no finding that the source did not; what fails that is left alone.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ..contract import Contract
from ..files.read import SourceError
from ..lint.engine import check_file
from ..lint.findings import Finding
from ..lint.noqa import not_silenced
from ..lint.rules import Rule, all_rules, applying
from ..source.edits import Edit, apply_edits
from ..source.file import File, Schema
from ..source.python.source import Source
from .changes import Change, Decision, Options, Verdict
from .edits.imports import with_imports
from .edits.markers import marker_edits
from .orm.definitions import EpochsOfModels
from .orm.plan import plan_models
from .outcomes import FOLLOWS_ITS_QUERY, Outcomes
from .python.named import plan_held_names
from .sql.plan import plan_sql
from .sql.rewrites import Key

__all__ = ["Rewritten", "Settings", "rewrite"]

_LEFT = {
    "TSC203": "the schema is changed by the migration, and here by hand",
    "TSC205": "name the columns that are read",
    "TSC207": "a trigger or opaque statement is rewritten by hand",
    "TSC208": "the table cannot be told; see the contract's schema",
}
_BY_SQL = frozenset({"TSC201", "TSC202", "TSC204", "TSC205", "TSC206", "TSC301", "TSC302"})
_BY_MODEL = frozenset({"TSC303", "TSC304"})
_PLANNED = _BY_SQL | _BY_MODEL | {"TSC305"}
_NOT_SOUND = "its rewrite would bring another finding, or touches the place of another rewrite"
_DEFAULT = Options()
_MAX_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides how a file is rewritten.

    Attributes:
        contract: the declared columns; None for clocks and units alone.
        schema: the other tables that are known.
        codes: the codes of the rules whose findings are rewritten.
        options: what the run may do.
        models: the epoch columns that ORM models of other files define.
    """

    contract: Contract | None
    schema: Schema | None
    codes: frozenset[str]
    options: Options = _DEFAULT
    models: EpochsOfModels = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What became of one source.

    Attributes:
        text: the new text; the old one where nothing changes.
        changes: what became of each finding, in the order of the source before.
    """

    text: str
    changes: tuple[Change, ...] = ()


def rewrite(text: str, path: str, settings: Settings) -> Rewritten:
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
        >>> settings = Settings(load_contract("agentos"), None, frozenset({"TSC201"}))
        >>> rewrite('db.execute("SELECT id FROM tasks ORDER BY created_at")', "x.py", settings).text
        'db.execute("SELECT id FROM tasks ORDER BY created_at_ms")'
    """
    if not _rules(text, settings):
        return Rewritten(text)
    file = File(Source(text, path), settings.contract, settings.schema)
    decisions = _left(file, settings)
    outcomes = Outcomes(file.source)
    for _ in range(_MAX_ROUNDS):  # later ones do what an earlier one has made possible
        chosen = _without_conflicts(d.verdict for d in decisions if _applies(d.verdict, settings))
        after = _applied(file, chosen, settings)
        if after is file:
            break
        outcomes.record(decisions, chosen, after.source.text)
        file, decisions = after, _left(after, settings)
    decisions = [_refused(d) if _applies(d.verdict, settings) else d for d in decisions]
    changes = outcomes.changes(decisions, settings.options)
    return Rewritten(_marked(file, decisions, settings), changes)


def _left(file: File, settings: Settings) -> list[Decision]:
    """Return the decisions about the findings of a text that call for something."""
    rules = _rules(file.source.text, settings)
    findings = not_silenced(check_file(file, rules), file.source.text)
    if not findings:
        return []
    return [d for d in _decide(file, findings, settings) if not _is_done(d.verdict)]


def _rules(text: str, settings: Settings) -> list[Rule]:
    wanted = (rule for rule in all_rules() if rule.code in settings.codes)
    return list(applying(wanted, text, settings.contract))


# --- deciding --------------------------------------------------------------------------------


def _decide(file: File, findings: Sequence[Finding], settings: Settings) -> list[Decision]:
    planned: dict[Key, Verdict] = {}
    if any(finding.code in _BY_SQL for finding in findings):
        planned |= plan_sql(file, settings.options)
    if any(finding.code in _BY_MODEL for finding in findings):
        planned |= plan_models(file, settings.options, settings.models)
    if any(finding.code == "TSC305" for finding in findings):
        planned |= plan_held_names(file, settings.options)
    return [Decision(finding, _verdict(finding, planned)) for finding in findings]


def _verdict(finding: Finding, planned: dict[Key, Verdict]) -> Verdict:
    known = planned.get((finding.start, finding.end))
    if finding.code in _PLANNED and known is not None:
        return known
    fix = finding.fix
    if fix is not None:
        return Verdict(fix.edits, fix.imports, fix.safety, fix.reason)
    return Verdict(reason=_LEFT.get(finding.code, "no rewrite is known"))


def _applies(verdict: Verdict, settings: Settings) -> bool:
    allowed = settings.options.unsafe or verdict.safety == "safe"
    return allowed and verdict.safety is not None and not _is_offer(verdict)


def _refused(decision: Decision) -> Decision:
    """Return the decision about a rewrite that the checks did not let pass."""
    return replace(decision, verdict=Verdict(reason=_NOT_SOUND))


def _is_done(verdict: Verdict) -> bool:
    """Tell whether a verdict says that nothing is left to do."""
    return not verdict.edits and verdict.safety == "safe"


def _is_offer(verdict: Verdict) -> bool:
    """Tell whether a verdict only says that `--unsafe` would do something."""
    return not verdict.edits and verdict.safety == "unsafe"


def _without_conflicts(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return the verdicts whose edits do not overlap those of one before; SQL's come first."""
    chosen: list[Verdict] = []
    taken: list[Edit] = []
    once = {id(v): v for v in verdicts}.values()
    for verdict in sorted(once, key=lambda v: -len(v.edits)):
        if any(_overlap(edit, other) for edit in verdict.edits for other in taken):
            continue
        chosen.append(verdict)
        taken += verdict.edits
    return chosen


def _overlap(one: Edit, other: Edit) -> bool:
    if one == other:
        return False
    if one.start == one.end == other.start == other.end:
        return True  # their order would be a guess
    return one.start < other.end and other.start < one.end


# --- applying --------------------------------------------------------------------------------


def _applied(file: File, chosen: list[Verdict], settings: Settings) -> File:
    """Return the file with the chosen verdicts applied, those left out that fail the checks.

    The same file where nothing changes.
    """
    after = _sound(file, chosen, settings)
    if after is not None:
        return after
    # Rare: some rewrite brings a new finding. One after the other shows which.
    kept: list[Verdict] = []
    result = file
    for verdict in chosen:
        after = _sound(file, [*kept, verdict], settings)
        if after is not None:
            kept.append(verdict)
            result = after
    chosen[:] = kept
    return result


def _sound(file: File, verdicts: Sequence[Verdict], settings: Settings) -> File | None:
    """Return the file after some verdicts, if it parses and holds no finding that is new."""
    if not any(verdict.edits for verdict in verdicts):
        return file
    new = _edited(file, verdicts)
    if new is None:
        return None
    try:
        after = File(Source(new, file.source.path), settings.contract, settings.schema)
    except SourceError:
        return None
    rules = [rule for rule in all_rules() if rule.default or rule.code in settings.codes]
    before = Counter(f.code for f in check_file(file, rules))
    left = Counter(f.code for f in check_file(after, rules))
    return None if left - before else after


def _edited(file: File, verdicts: Sequence[Verdict]) -> str | None:
    """Return the text with edits and imports; None where it does not hold together."""
    text = file.source.text
    edits = tuple(dict.fromkeys(edit for verdict in verdicts for edit in verdict.edits))
    imports = dict.fromkeys(i for verdict in verdicts for i in verdict.imports)
    try:
        edited = apply_edits(text, edits)
        ast.parse(edited.removeprefix("\ufeff"))
        mark = "\ufeff" if edited.startswith("\ufeff") else ""
        freed = _freed(file.source, edits)
        return mark + with_imports(edited.removeprefix("\ufeff"), list(imports), freed)
    except (ValueError, SyntaxError):
        return None


def _freed(source: Source, edits: Iterable[Edit]) -> list[str]:
    """Return the imported names that an edit takes away."""
    replaced = [(e.start, e.end) for e in edits if e.start < e.end]
    names: dict[str, None] = {}
    for node in source.nodes(ast.Name):
        start, end = source.span(node)
        if any(first <= start and end <= last for first, last in replaced):
            names[node.id] = None
    return list(names)


# --- marking ---------------------------------------------------------------------------------


def _why_left(verdict: Verdict) -> str:
    return (
        f"{verdict.reason} (--unsafe rewrites it)" if verdict.safety == "unsafe" else verdict.reason
    )


def _marked(file: File, decisions: Sequence[Decision], settings: Settings) -> str:
    """Return the text with a comment for each finding that is left in it, if they are wanted."""
    if not settings.options.markers:
        return file.source.text
    left = [
        (d.finding.start, d.finding.code, _why_left(d.verdict))
        for d in decisions
        if d.finding.code not in FOLLOWS_ITS_QUERY
    ]
    return apply_edits(file.source.text, marker_edits(file.source, left))
