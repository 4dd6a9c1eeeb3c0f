"""Maps a rewritten text to the source before, through several rounds of edits.

The text is a row of pieces: kept from the source before, or put in the place of a part of it.
Edits of a later round are in offsets of the text between; here they become edits of the source.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ...source.edits import Edit

__all__ = ["OffsetMap"]

Authors = frozenset[int]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of the text: source[start:end] as it is, or `text` in its place.

    `by` says whose edits it is made of.
    """

    start: int
    end: int
    text: str | None = None
    by: Authors = frozenset()

    @property
    def length(self) -> int:
        return self.end - self.start if self.text is None else len(self.text)


class OffsetMap:
    """Keeps what became of one source.

    Args:
        source: the source before.

    Example:
        >>> offsets = OffsetMap("f(x)")
        >>> offsets.edit([(Edit(2, 2, "g("), 1), (Edit(3, 3, ")"), 1)])
        >>> offsets.edit([(Edit(4, 5, "y"), 2)])
        >>> offsets.text, offsets.edits_by(1), offsets.place(4, 5)
        ('f(g(y))', (Edit(start=2, end=2, text='g('), Edit(start=3, end=3, text=')')), (2, 3))
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._pieces = [_Piece(0, len(source))]

    @property
    def text(self) -> str:
        """The text as it is by now."""
        return "".join(self._now(piece) for piece in self._pieces)

    def _now(self, piece: _Piece) -> str:
        return self._source[piece.start : piece.end] if piece.text is None else piece.text

    def edit(self, edits: Iterable[tuple[Edit, int]]) -> None:
        """Apply edits, in offsets of the text by now, without overlap, each with its author."""
        authors: dict[Edit, set[int]] = {}
        for edit, author in edits:
            authors.setdefault(edit, set()).add(author)
        ordered = sorted(authors, key=lambda edit: (edit.start, edit.end))
        for edit in reversed(ordered):  # so that the offsets of those before stay right
            self._apply(edit, frozenset(authors[edit]))

    def become(self, text: str) -> None:
        """Take in whatever else makes `text` of the text by now, line by line."""
        old = self.text.splitlines(keepends=True)
        new = text.splitlines(keepends=True)
        first = 0
        while first < min(len(old), len(new)) and old[first] == new[first]:
            first += 1
        last = 0
        while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
            last += 1
        offset = sum(map(len, old[:first]))
        old, new = old[first : len(old) - last], new[first : len(new) - last]
        starts = [offset]
        for line in old:
            starts.append(starts[-1] + len(line))
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for kind, i, j, k, m in reversed(matcher.get_opcodes()):
            if kind != "equal":
                self._apply(Edit(starts[i], starts[j], "".join(new[k:m])), frozenset())

    def _apply(self, edit: Edit, by: Authors) -> None:
        before, rest = _cut(self._pieces, edit.start)
        gone, after = _cut(rest, edit.end - edit.start)
        start = gone[0].start if gone else (before[-1].end if before else 0)
        end = gone[-1].end if gone else start
        authors = by.union(*(piece.by for piece in gone))
        self._pieces = [*before, _Piece(start, end, edit.text, authors), *after]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the place of the source that a place of the text by now comes from."""
        offset = 0
        first, last = len(self._source), 0
        for piece in self._pieces:
            begin, stop = max(start, offset), min(end, offset + piece.length)
            if begin < stop:
                kept = piece.text is None
                first = min(first, piece.start + (begin - offset if kept else 0))
                last = max(last, piece.start + stop - offset if kept else piece.end)
            offset += piece.length
        return first, max(first, last)

    def edits(self) -> tuple[Edit, ...]:
        """Return what was done to the source, in its offsets."""
        return tuple(self._edit(piece) for piece in self._changed())

    def edits_by(self, author: int) -> tuple[Edit, ...]:
        """Return the edits that hold something of one author."""
        return tuple(self._edit(piece) for piece in self._changed() if author in piece.by)

    def edits_at(self, start: int, end: int) -> tuple[Edit, ...]:
        """Return the edits that touch a place of the source."""
        return tuple(edit for edit in self.edits() if edit.start < end and start < edit.end)

    def _changed(self) -> Iterator[_Piece]:
        return (piece for piece in self._pieces if piece.text is not None)

    def _edit(self, piece: _Piece) -> Edit:
        return Edit(piece.start, piece.end, piece.text or "")


def _cut(pieces: Sequence[_Piece], length: int) -> tuple[list[_Piece], list[_Piece]]:
    """Return the pieces of the first `length` code points, and the others."""
    for index, piece in enumerate(pieces):
        if length < piece.length:
            if not length:
                return list(pieces[:index]), list(pieces[index:])
            left, right = _halves(piece, length)
            return [*pieces[:index], left], [right, *pieces[index + 1 :]]
        length -= piece.length
    return list(pieces), []


def _halves(piece: _Piece, length: int) -> tuple[_Piece, _Piece]:
    """Return a piece in two; of a text, the second half is put behind what the first replaces."""
    if piece.text is None:
        middle = piece.start + length
        return replace(piece, end=middle), replace(piece, start=middle)
    head, tail = piece.text[:length], piece.text[length:]
    return replace(piece, text=head), replace(piece, start=piece.end, text=tail)
