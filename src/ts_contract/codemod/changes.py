"""Verdicts, decisions and changes: the data that the parts of the codemod hand each other."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from ..lint.findings import Finding
from ..source.edits import Edit, Import, Safety

__all__ = [
    "Change",
    "Decision",
    "NotProvedError",
    "Options",
    "Rewrite",
    "Span",
    "Status",
    "UnknownValueError",
    "Verdict",
    "joined",
    "parses_declared_types",
    "verdict_of",
]

Status = Literal["rewritten", "marked", "skipped"]
Span = tuple[int, int]
"""A place in the file, from its first offset to the one behind it."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a run may do.

    Attributes:
        unsafe: whether rewrites that need a person's yes are made too.
        compat_reads: whether a query whose readers are not all understood goes on to give the old
            text under the old name, computed from the epoch column.
        markers: whether what is left gets a comment.
        declared_types: whether connections of the run make datetimes of a column by its declared
            type, as `detect_types=sqlite3.PARSE_DECLTYPES` does, which an expression has not.
    """

    unsafe: bool = False
    compat_reads: bool = False
    markers: bool = True
    declared_types: bool = False


def parses_declared_types(text: str | bytes) -> bool:
    """Tell whether a module's text asks sqlite3 to go by declared types, and by them alone."""
    words = text if isinstance(text, bytes) else text.encode(errors="replace")
    return b"PARSE_DECLTYPES" in words and b"PARSE_COLNAMES" not in words


class NotProvedError(Exception):
    """A rewrite that cannot be proved right; the message is the reason, one clause.

    Args:
        reason: why.
        offered: whether `Options.unsafe` would allow it.
    """

    def __init__(self, reason: str, *, offered: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offered = offered


class UnknownValueError(NotProvedError):
    """A bound value that is not understood: the text of the column may not compare with it."""


@dataclass(slots=True)
class Rewrite:
    """What is collected while a rewrite is worked out.

    Attributes:
        edits: replacements.
        imports: names that they need.
        reasons: why the whole is unsafe; empty while it is safe.
        needs: values taken out of rows that must become milliseconds too.
    """

    edits: list[Edit] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    needs: list[ast.expr] = field(default_factory=list)

    def add(self, other: Rewrite) -> None:
        """Take in another one."""
        self.edits += other.edits
        self.imports += other.imports
        self.reasons += other.reasons
        self.needs += other.needs


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done about one place of a file.

    Attributes:
        edits: the replacements; empty where nothing can be done.
        imports: names that the new text needs.
        safety: of the edits, or of those that `--unsafe` would make; None where there are none.
        reason: why it is unsafe, or why nothing is done; empty for a safe rewrite.
    """

    edits: tuple[Edit, ...] = ()
    imports: tuple[Import, ...] = ()
    safety: Safety | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A finding and what is to be done about it; findings of one rewrite share a verdict."""

    finding: Finding
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one finding.

    Attributes:
        finding: the finding, at its place in the source before.
        status: whether it was rewritten, marked, or left alone.
        safety: of the rewrite, or of the one that `--unsafe` would make.
        before: the source text that the rewrite replaces, from its first edit to its last.
        after: what stands there afterwards.
        reason: why it is unsafe, or why it was not rewritten.
        edits: all that it needs, in offsets of the source before: replacements, imports, the
            comment of what is marked. Findings that are rewritten together have the same ones.
    """

    finding: Finding
    status: Status
    safety: Safety | None
    before: str = ""
    after: str = ""
    reason: str = ""
    edits: tuple[Edit, ...] = ()


def verdict_of(rewrite: Rewrite, options: Options) -> Verdict:
    """Return what is to be done with a rewrite: all of it, or an offer where it is unsafe."""
    if not rewrite.reasons:
        return Verdict(tuple(rewrite.edits), tuple(rewrite.imports), "safe")
    reason = joined(rewrite.reasons)
    if not options.unsafe:
        return Verdict(safety="unsafe", reason=reason)
    return Verdict(tuple(rewrite.edits), tuple(rewrite.imports), "unsafe", reason)


def joined(reasons: Iterable[str]) -> str:
    """Return reasons as one text, each once."""
    return "; ".join(dict.fromkeys(reason for reason in reasons if reason))
