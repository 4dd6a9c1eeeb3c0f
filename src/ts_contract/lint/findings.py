"""What a rule reports.

Offsets count code points of the file's text from 0; lines and columns count from 1, columns in
code points too.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..source.edits import Fix

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One place in one file that a rule objects to.

    Attributes:
        code: code of the rule, such as `TSC201`.
        message: what is wrong and what to do instead, one line, without the code.
        line: line of the first code point, from 1.
        column: its column, from 1, in code points.
        end_line: line of the place after the last code point.
        end_column: column of that place.
        start: offset of the first code point.
        end: offset after the last one.
        fix: how to put it right, if a rule knows.
    """

    code: str
    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    start: int
    end: int
    fix: Fix | None = None
