"""Edits of a file's text, and the fixes that are made of them.

Offsets count code points of the file's text from 0. An edit replaces `text[start:end]`; the edits
of one fix never overlap, and are all applied or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Edit", "Fix", "Import", "Safety", "apply_edits"]

Safety = Literal["safe", "unsafe"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One replacement in a file's text.

    Attributes:
        start: offset of the first code point replaced.
        end: offset after the last one; equal to `start` for an insertion.
        text: what stands there afterwards.

    Two insertions put a call around a bound value and leave the value alone: at its start
    `Edit(s, s, "to_epoch_ms(")`, at its end `Edit(e, e, ")")`.
    """

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Import:
    """A name that a fix needs: `from module import name`, or `import module` without a name.

    Attributes:
        module: dotted name of the module.
        name: what is taken from it; empty for the module itself.
    """

    module: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Fix:
    """The edits that put one finding right.

    Attributes:
        safety: `safe` if the program does the same afterwards; `unsafe` if a person must say yes.
        edits: replacements, ordered by offset, without overlap.
        imports: names that the new text uses and the file may not have yet.
        reason: why it is unsafe, in one clause; empty for a safe one.
    """

    safety: Safety
    edits: tuple[Edit, ...]
    imports: tuple[Import, ...] = ()
    reason: str = ""


def apply_edits(text: str, edits: tuple[Edit, ...]) -> str:
    """Return `text` with `edits` applied.

    Args:
        text: the text that the offsets of the edits refer to.
        edits: replacements in any order; of two insertions at one offset the first goes first.

    Returns:
        The new text.

    Raises:
        ValueError: two edits overlap.

    Example:
        >>> apply_edits("f(x)", (Edit(2, 2, "to_epoch_ms("), Edit(3, 3, ")")))
        'f(to_epoch_ms(x))'
    """
    pieces: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < at:
            raise ValueError(f"edits overlap at offset {edit.start}")
        pieces += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*pieces, text[at:]))
