"""Maps string literals: where each character of a value stands in the file.

The `ast` has the value of a literal and where it begins and ends, and nothing in between: escapes,
line ends, doubled braces and the joints of implicit concatenation are gone. So the raw source is
read again here, and the result compared with the value; what does not agree is not guessed at, it
maps as a whole.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .source import Source

__all__ = ["Hole", "Piece", "Run", "literal_pieces"]


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of a value, and the part of the file that they come from.

    Attributes:
        text: the characters.
        start: offset in the file where they begin.
        end: offset where they end; `end - start == len(text)` means one to one.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hole:
    """A part of a string that is only known when the program runs.

    Attributes:
        node: the expression that fills it.
        start: offset in the file where the hole begins, its brace included.
        end: offset where it ends.
    """

    node: ast.expr
    start: int
    end: int


Piece = Run | Hole

_OPENING = re.compile(r"([rRbBuUfF]{0,2})(\"\"\"|'''|\"|')")
_BETWEEN = re.compile(r"(?:\s|#[^\r\n]*|\\(?:\r\n|\r|\n))*")
_ESCAPE = re.compile(
    r"""\\(?:
        (?P<newline>\r\n|\r|\n)
      | N\{(?P<name>[^}]*)\}
      | x(?P<hex>[0-9a-fA-F]{2}) | u(?P<u>[0-9a-fA-F]{4}) | U(?P<U>[0-9a-fA-F]{8})
      | (?P<octal>[0-7]{1,3})
      | (?P<other>.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_SIMPLE_ESCAPES = dict(zip("\\'\"abfnrtv", "\\'\"\a\b\f\n\r\t\v", strict=True))
_SPECIAL = re.compile(r"[\\\r{}\"']")


def literal_pieces(source: Source, node: ast.Constant | ast.JoinedStr) -> list[Piece]:
    """Return the pieces of a string or bytes literal, in order.

    Args:
        source: the file.
        node: the literal; implicit concatenation is one node.

    Returns:
        Runs and holes. Where source and value do not agree, one run that maps to the whole node;
        for an f-string its parts, each mapped so.
    """
    start, end = source.span(node)
    if isinstance(node, ast.Constant):
        value = node.value.decode("latin-1") if isinstance(node.value, bytes) else str(node.value)
        simple = _simple(source.text, start, end, value)
        if simple is not None:
            return [simple]
        found = _checked(source.text, start, end, [value], [])
        return [Run(value, start, end)] if found is None else found
    texts, holes = _formatted_parts(node)
    found = _checked(source.text, start, end, texts, holes)
    return _whole(start, end, texts, holes) if found is None else found


def _simple(text: str, start: int, end: int, value: str) -> Run | None:
    """Return the run of a literal that is one to one with its source, as nearly all are."""
    opening = _OPENING.match(text, start, end)
    if opening is None:
        return None
    first, last = opening.end(), end - len(opening[2])
    if last - first == len(value) and text.startswith(value, first) and "\\" not in value:
        return Run(value, first, last)
    return None


def _formatted_parts(node: ast.JoinedStr) -> tuple[list[str], list[ast.expr]]:
    """Return an f-string as the texts around its holes (one more than holes) and the holes."""
    texts, holes = [""], []
    for part in node.values:
        if isinstance(part, ast.Constant):
            texts[-1] += str(part.value)
        elif isinstance(part, ast.FormattedValue):
            holes.append(part.value)
            texts.append("")
    return texts, holes


def _whole(start: int, end: int, texts: list[str], holes: list[ast.expr]) -> list[Piece]:
    pieces: list[Piece] = [Run(texts[0], start, end)]
    for hole, text in zip(holes, texts[1:], strict=True):
        pieces += (Hole(hole, start, end), Run(text, start, end))
    return [piece for piece in pieces if isinstance(piece, Hole) or piece.text]


def _checked(
    text: str, start: int, end: int, texts: list[str], holes: list[ast.expr]
) -> list[Piece] | None:
    """Read the source of a literal; None unless it gives exactly `texts` around `holes`."""
    try:
        raw = list(_scan_literals(text, start, end))
    except (_UnreadableError, KeyError, ValueError, OverflowError, IndexError):
        return None
    seen: list[list[str]] = [[]]
    pieces: list[Piece] = []
    for part in raw:
        if isinstance(part, Run):
            seen[-1].append(part.text)
            if part.text:
                pieces.append(part)
            continue
        if len(seen) > len(holes):
            return None
        pieces.append(Hole(holes[len(seen) - 1], *part))
        seen.append([])
    return pieces if ["".join(run) for run in seen] == texts else None


class _UnreadableError(Exception):
    """The source is not what this scanner takes it for."""


def _scan_literals(text: str, start: int, end: int) -> Iterator[Run | tuple[int, int]]:
    """Yield runs and the spans of holes of one or more adjacent literals."""
    at = start
    while at < end:
        opening = _OPENING.match(text, at, end)
        if opening is None:
            raise _UnreadableError
        prefix, quote = opening[1].lower(), opening[2]
        at = opening.end()
        while not text.startswith(quote, at):
            part, at = _next_part(text, at, end, prefix)
            yield part
        between = _BETWEEN.match(text, at + len(quote), end)
        assert between is not None
        at = between.end()


def _next_part(text: str, at: int, end: int, prefix: str) -> tuple[Run | tuple[int, int], int]:
    """Return the next run or hole of a literal's body, and where it ends."""
    if at >= end:
        raise _UnreadableError
    char = text[at]
    if char == "\r":
        stop = at + (2 if text.startswith("\r\n", at) else 1)
        return Run("\n", at, stop), stop
    if char == "\\" and "r" not in prefix:
        return _escape(text, at, "b" in prefix)
    if char in "{}" and "f" in prefix:
        if text.startswith(char * 2, at):
            return Run(char, at, at + 2), at + 2
        if char == "}":
            raise _UnreadableError
        stop = _hole_end(text, at + 1, end)
        return (at, stop), stop
    stop = at + 1
    if char == "\\":  # raw: the backslash takes the next character with it, a quote too
        if text.startswith("\r\n", stop):
            return Run("\\", at, stop), stop
        stop += 1
        return Run(text[at:stop], at, stop), stop
    special = _SPECIAL.search(text, stop, end)
    stop = special.start() if special else end
    return Run(text[at:stop], at, stop), stop


def _escape(text: str, at: int, in_bytes: bool) -> tuple[Run, int]:
    match = _ESCAPE.match(text, at)
    if match is None:
        raise _UnreadableError
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    if kind == "newline":
        decoded = ""
    elif in_bytes and kind in {"name", "u", "U"}:
        return Run(text[at : at + 2], at, at + 2), at + 2
    elif kind == "name":
        decoded = unicodedata.lookup(value)
    elif kind == "octal":
        decoded = chr(int(value, 8))
    elif kind == "other":
        known = _SIMPLE_ESCAPES.get(value)
        decoded = known if known is not None else match[0]
    else:
        decoded = chr(int(value, 16))
    return Run(decoded, at, match.end()), match.end()


def _hole_end(text: str, at: int, end: int) -> int:
    """Return the offset after the brace that closes a hole opened just before `at`."""
    depth = 0
    while at < end:
        char = text[at]
        if char in "([{":
            depth += 1
        elif char in ")]}":
            if not depth:
                return at + 1
            depth -= 1
        elif char in "\"'":
            at = _nested_string_end(text, at, end)
            continue
        elif char == ":" and not depth:
            return _spec_end(text, at + 1, end)
        elif char == "#":
            raise _UnreadableError
        at += 1
    raise _UnreadableError


def _spec_end(text: str, at: int, end: int) -> int:
    """Return the offset after the brace that closes a hole, from within its format spec."""
    while at < end:
        if text[at] == "{":
            at = _hole_end(text, at + 1, end)
        elif text[at] == "}":
            return at + 1
        else:
            at += 1
    raise _UnreadableError


def _nested_string_end(text: str, at: int, end: int) -> int:
    """Return the offset after a string literal inside a hole."""
    quote = text[at : at + 3] if text[at : at + 3] in {'"""', "'''"} else text[at]
    at += len(quote)
    while at < end:
        if text.startswith(quote, at):
            return at + len(quote)
        at += 2 if text[at] == "\\" else 1
    raise _UnreadableError


def merge(pieces: Sequence[Piece]) -> list[Piece]:
    """Join neighbouring runs that continue each other one to one."""
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if (
            isinstance(piece, Run)
            and isinstance(last, Run)
            and last.end == piece.start
            and last.end - last.start == len(last.text)
            and piece.end - piece.start == len(piece.text)
        ):
            merged[-1] = Run(last.text + piece.text, last.start, piece.end)
        else:
            merged.append(piece)
    return merged
