"""The outcome of each finding across rewrite rounds, at its place in the original source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..lint.findings import Finding
from ..source.edits import Edit, apply_edits
from ..source.python.source import Source
from ..source.python.spans import Span, Spans
from .changes import Change, Decision, Options, Status, Verdict
from .edits.offsets import OffsetMap

__all__ = ["FOLLOWS_ITS_QUERY", "Outcomes"]

FOLLOWS_ITS_QUERY = frozenset({"TSC301", "TSC302"})
"""Codes of readers: what is left of them is told at their query."""

_Key = tuple[str, int, int]


class Outcomes:
    """Keeps the decisions of each round.

    Args:
        source: the source before.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._offsets = OffsetMap(source.text)
        self._done: dict[_Key, tuple[Finding, Verdict | None]] = {}
        self._left: dict[_Key, Finding] = {}
        self._texts: dict[int, tuple[str, str]] = {}  # before and after, by the verdict's identity
        self._applied: list[Verdict] = []  # kept, for their identities name the edits' authors

    def record(self, decisions: Sequence[Decision], chosen: Sequence[Verdict], after: str) -> None:
        """Take in a round.

        Args:
            decisions: what was decided about each finding of the text by then.
            chosen: the verdicts that were applied.
            after: the text with them.
        """
        self._applied += chosen
        applied = {id(verdict) for verdict in chosen}
        edits = (edit for verdict in chosen for edit in verdict.edits)
        gone = Spans([(edit.start, edit.end) for edit in edits if edit.text])
        for decision in decisions:
            finding = self._in_source(decision.finding)
            if id(decision.verdict) in applied:
                self._done[_key(finding)] = finding, decision.verdict
            elif _is_covered(decision.finding, gone):
                self._done[_key(finding)] = finding, None
            else:
                self._left.setdefault(_key(finding), finding)
        self._offsets.edit((edit, id(verdict)) for verdict in chosen for edit in verdict.edits)
        self._offsets.become(after)

    def changes(
        self,
        left: Sequence[Decision],
        options: Options,
        markers: Sequence[tuple[Edit, Sequence[Finding]]] = (),
    ) -> tuple[Change, ...]:
        """Return what became of each finding, in the order of the source.

        Args:
            left: the decisions about what is left in the last text.
            options: what the run may do.
            markers: the comments that are put into the last text, with the findings left there.
        """
        still = [(self._in_source(d.finding), d.verdict) for d in left]
        self._offsets.edit((edit, id(edit)) for edit, _ in markers)
        comments = {
            _key(finding): self._offsets.edits_by(id(edit))
            for edit, findings in markers
            for finding in findings
        }
        marked = {
            _key(finding): comments.get(_key(decision.finding), ())
            for (finding, _), decision in zip(still, left, strict=True)
        }
        reported = {key: self._rewritten(*done) for key, done in self._done.items()}
        for finding, verdict in still:
            change = _left(finding, verdict, options, marked[_key(finding)])
            reported.setdefault(_key(finding), change)
        places: dict[str, list[Span]] = {}
        for finding, _ in still:
            places.setdefault(finding.code, []).append((finding.start, finding.end))
        there = {code: Spans(spans) for code, spans in places.items()}
        for key, finding in self._left.items():
            if key not in reported and not _is_there(finding, there):
                reported[key] = self._rewritten(finding, None)
        return tuple(sorted(reported.values(), key=lambda c: (c.finding.start, c.finding.code)))

    def _in_source(self, finding: Finding) -> Finding:
        """Return a finding at its place in the source before."""
        start, end = self._offsets.place(finding.start, finding.end)
        if (start, end) == (finding.start, finding.end):
            return finding
        line, column = self._source.position(start)
        end_line, end_column = self._source.position(end)
        return replace(
            finding,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            start=start,
            end=end,
        )

    def _rewritten(self, finding: Finding, verdict: Verdict | None) -> Change:
        """Return the change of a finding by its own rewrite, or by that of another around it."""
        if verdict is None:
            edits = self._offsets.edits_at(finding.start, finding.end)
            start, end = _around(edits, finding)
            before, after = self._text(start, end, edits)
            return Change(finding, "rewritten", None, before, after, "done by another rewrite")
        edits = self._offsets.edits_by(id(verdict))
        if not edits:
            text = self._source.text[finding.start : finding.end]
            before, after = text, text
        elif id(verdict) in self._texts:
            before, after = self._texts[id(verdict)]
        else:
            before, after = self._text(*_around(edits, finding), edits)
            self._texts[id(verdict)] = before, after
        needed = tuple(sorted({*edits, *self._offsets.edits_by_nobody()}, key=_place))
        return Change(finding, "rewritten", verdict.safety, before, after, verdict.reason, needed)

    def _text(self, start: int, end: int, edits: Sequence[Edit]) -> tuple[str, str]:
        """Return a part of the source, as it was and with some edits."""
        before = self._source.text[start:end]
        moved = tuple(Edit(e.start - start, e.end - start, e.text) for e in edits)
        return before, apply_edits(before, moved)


def _place(edit: Edit) -> tuple[int, int]:
    return edit.start, edit.end


def _left(
    finding: Finding, verdict: Verdict, options: Options, comment: tuple[Edit, ...]
) -> Change:
    marked = options.markers and finding.code not in FOLLOWS_ITS_QUERY
    status: Status = "marked" if marked else "skipped"
    return Change(finding, status, verdict.safety, reason=verdict.reason, edits=comment)


def _key(finding: Finding) -> _Key:
    return finding.code, finding.start, finding.end


def _is_there(finding: Finding, places: Mapping[str, Spans]) -> bool:
    """Tell whether a finding is still there, at a place that grew with what was put into it."""
    own = places.get(finding.code)
    return own is not None and own.any_touching(finding.start, finding.end)


def _is_covered(finding: Finding, edits: Spans) -> bool:
    return any(True for _ in edits.holding(finding.start, finding.end))


def _around(edits: Sequence[Edit], finding: Finding) -> tuple[int, int]:
    """Return the place from the first edit to the last; that of the finding where there is none."""
    if not edits:
        return finding.start, finding.end
    return min(e.start for e in edits), max(e.end for e in edits)
