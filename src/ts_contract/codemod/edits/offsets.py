"""Maps a rewritten text to the source before, through several rounds of edits.

The text is a row of pieces: kept from the source before, or put in the place of a part of it.
Edits of a later round are in offsets of the text between; here they become edits of the source.
"""

from __future__ import annotations

import difflib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby

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
        # All pieces, parted where the last edit was made: edits that follow each other are cheap.
        self._before = [_Piece(0, len(source))]
        self._behind: list[_Piece] = []  # the next one last
        self._at = len(source)
        self._index: _Index | None = None

    @property
    def text(self) -> str:
        """The text as it is by now."""
        return "".join(self._now(piece) for piece in self._pieces)

    @property
    def _pieces(self) -> list[_Piece]:
        return [*self._before, *reversed(self._behind)]

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
        self._index = None
        self._go_to(edit.start)
        first = len(self._before)
        start = self._before[-1].end if self._before else 0
        self._go_to(edit.end)
        gone = self._before[first:]
        del self._before[first:]
        end = start
        if gone:
            start, end = gone[0].start, gone[-1].end
        authors = by.union(*(piece.by for piece in gone))
        self._before.append(_Piece(start, end, edit.text, authors))
        self._at = edit.start + len(edit.text)

    def _go_to(self, offset: int) -> None:
        """Part the pieces at an offset; empty ones at it are before it."""
        while self._at > offset:
            piece = self._before.pop()
            self._at -= piece.length
            if self._at >= offset:
                self._behind.append(piece)
            else:
                left, right = _halves(piece, offset - self._at)
                self._before.append(left)
                self._behind.append(right)
                self._at = offset
        while self._behind and self._at + self._behind[-1].length <= offset:
            self._before.append(self._behind.pop())
            self._at += self._before[-1].length
        if self._at < offset and self._behind:
            left, right = _halves(self._behind.pop(), offset - self._at)
            self._before.append(left)
            self._behind.append(right)
            self._at = offset

    # --- asked -------------------------------------------------------------------------------

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the place of the source that a place of the text by now comes from."""
        index = self._indexed
        first, last = len(self._source), 0
        for at in range(max(bisect_right(index.offsets, start) - 1, 0), len(index.pieces)):
            piece, offset = index.pieces[at], index.offsets[at]
            if offset >= end:
                break
            begin, stop = max(start, offset), min(end, offset + piece.length)
            if begin < stop:
                kept = piece.text is None
                first = min(first, piece.start + (begin - offset if kept else 0))
                last = max(last, piece.start + stop - offset if kept else piece.end)
        return first, max(first, last)

    def edits(self) -> tuple[Edit, ...]:
        """Return what was done to the source, in its offsets."""
        return self._indexed.edits

    def edits_by(self, author: int) -> tuple[Edit, ...]:
        """Return the edits that hold something of one author."""
        return self._indexed.by_author.get(author, ())

    def edits_by_nobody(self) -> tuple[Edit, ...]:
        """Return the edits that hold something of no author, as `become` makes them."""
        return self._indexed.by_nobody

    def edits_at(self, start: int, end: int) -> tuple[Edit, ...]:
        """Return the edits that touch a place of the source."""
        edits = self._indexed.edits
        first = bisect_right(edits, start, key=lambda edit: edit.end)
        last = bisect_left(edits, end, key=lambda edit: edit.start)
        return edits[first:last]

    @property
    def _indexed(self) -> _Index:
        if self._index is None:
            self._index = _Index(self._pieces)
        return self._index


class _Index:
    """Finds pieces by their offset, and edits by their author.

    Args:
        pieces: all pieces, in order.
    """

    def __init__(self, pieces: Sequence[_Piece]) -> None:
        self.pieces = pieces
        self.offsets = [0, *accumulate(piece.length for piece in pieces)]
        all_edits: list[Edit] = []
        by_author: dict[int, list[Edit]] = {}
        by_nobody: list[Edit] = []
        changed = [piece for piece in pieces if piece.text is not None]
        for _, group in groupby(changed, key=_where):
            joined = list(group)
            text = "".join(piece.text or "" for piece in joined)
            edit = Edit(joined[0].start, joined[0].end, text)
            all_edits.append(edit)
            for author in frozenset().union(*(piece.by for piece in joined)):
                by_author.setdefault(author, []).append(edit)
            if not all(piece.by for piece in joined):
                by_nobody.append(edit)
        self.edits = tuple(all_edits)
        self.by_author = {author: tuple(edits) for author, edits in by_author.items()}
        self.by_nobody = tuple(by_nobody)


def _where(piece: _Piece) -> tuple[int, int]:
    """Return where a piece stands; insertions at one place are one edit."""
    return piece.start, piece.end


def _halves(piece: _Piece, length: int) -> tuple[_Piece, _Piece]:
    """Return a piece in two; of a text, the second half is put behind what the first replaces."""
    if piece.text is None:
        middle = piece.start + length
        return replace(piece, end=middle), replace(piece, start=middle)
    head, tail = piece.text[:length], piece.text[length:]
    return replace(piece, text=head), replace(piece, start=piece.end, text=tail)
