"""Comments for what is left: `# TODO(ts-contract TSC201): reason`, one a statement."""

from __future__ import annotations

import ast
import re
from bisect import bisect_right
from collections.abc import Sequence

from ...source.edits import Edit
from ...source.python.source import Source

__all__ = ["marker_edits"]

_MARKER = re.compile(r"\s*# TODO\(ts-contract (TSC\d{3}(?:, TSC\d{3})*+)\): ")
_COMMENT = re.compile(r"\s*#")


def marker_edits(
    source: Source, left: Sequence[tuple[int, str, str]]
) -> list[tuple[Edit, list[int]]]:
    """Return the edits that put a comment above each statement that something is left in.

    Args:
        source: the file.
        left: offset, code and reason of each finding that is left.

    Returns:
        One insertion a place, with the indexes of the findings that it is about; none where the
        comment stands there already.
    """
    lines: dict[int, list[int]] = {}
    statements = _in_order(source)
    for index, (offset, _, _) in enumerate(left):
        lines.setdefault(_line_above(source, statements, offset), []).append(index)
    edits = []
    for line, all_indexes in sorted(lines.items()):
        there = _codes_above(source, line)
        indexes = [index for index in all_indexes if left[index][1] not in there]
        if not indexes:
            continue
        start = source.line_starts[line - 1]
        codes = ", ".join(sorted({left[index][1] for index in indexes}))
        reasons = "; ".join(dict.fromkeys(left[index][2] for index in indexes))
        indent = _indent(source.text, start)
        comment = f"{indent}# TODO(ts-contract {codes}): {reasons}{_newline(source)}"
        edits.append((Edit(start, start, comment), indexes))
    return edits


def _line_above(source: Source, statements: list[ast.stmt], offset: int) -> int:
    """Return the line before which a comment about a place can stand: that of its statement.

    A statement that shares its line with what goes before, by a semicolon, a colon or a
    backslash, has the comment above all of that.
    """
    statement = _statement_at(source, statements, offset)
    while statement is not None:
        start = _start(source, statement)
        line = _first_line(source, start)
        before = source.text[source.line_starts[line - 1] : start]
        if not before.replace("\\", "").strip():
            return line
        statement = _statement_before(source, statement, line)
    return 1


def _in_order(source: Source) -> list[ast.stmt]:
    """Return all statements of a file, those inside of another behind it."""
    found = (node for node in ast.walk(source.tree) if isinstance(node, ast.stmt))
    return sorted(found, key=lambda statement: _start(source, statement))


def _statement_at(source: Source, statements: list[ast.stmt], offset: int) -> ast.stmt | None:
    """Return the innermost statement around a place."""
    at = bisect_right(statements, offset, key=lambda s: _start(source, s)) - 1
    found = statements[at] if at >= 0 else None
    while found is not None and offset >= source.span(found)[1]:
        found = _statement_around(source, found)
    return found


def _statement_around(source: Source, statement: ast.stmt) -> ast.stmt | None:
    parent = source.parent(statement)
    while parent is not None and not isinstance(parent, ast.stmt):
        parent = source.parent(parent)
    return parent


def _statement_before(source: Source, statement: ast.stmt, line: int) -> ast.stmt | None:
    """Return the statement that holds this one's line too: the one before, or the one around.

    Args:
        source: the file.
        statement: the statement.
        line: the first of the lines that are joined to its first one.
    """
    parent = source.parent(statement)
    siblings = (
        [s for s in ast.iter_child_nodes(parent) if isinstance(s, ast.stmt)] if parent else []
    )
    at = siblings.index(statement) if statement in siblings else 0
    if at and source.position(source.span(siblings[at - 1])[1])[0] >= line:
        return siblings[at - 1]
    return _statement_around(source, statement)


def _start(source: Source, statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    first = decorators[0] if decorators else statement
    start = source.span(first)[0]
    return source.text.rindex("@", 0, start) if decorators else start


def _first_line(source: Source, offset: int) -> int:
    """Return the first of the lines that backslashes join to the one of a place."""
    line, _ = source.position(offset)
    while line > 1 and _is_continued(source, line):
        line -= 1
    return line


def _is_continued(source: Source, line: int) -> bool:
    """Tell whether the line above ends in a backslash; in a line of comment alone it is text."""
    above = source.text[source.line_starts[line - 2] : source.line_starts[line - 1]]
    return above.rstrip("\r\n").endswith("\\") and not _COMMENT.match(above)


def _codes_above(source: Source, line: int) -> set[str]:
    """Return the codes of the comments directly above a line."""
    codes: set[str] = set()
    for number in range(line - 1, 0, -1):
        text = source.text[source.line_starts[number - 1] : source.line_starts[number]]
        if not _COMMENT.match(text):
            break
        found = _MARKER.match(text)
        if found:
            codes.update(found[1].split(", "))
    return codes


def _indent(text: str, start: int) -> str:
    found = re.compile(r"[ \t\f]*").match(text, start)
    return found[0] if found else ""


def _newline(source: Source) -> str:
    found = re.search(r"\r\n|\r|\n", source.text)
    return found[0] if found else "\n"
