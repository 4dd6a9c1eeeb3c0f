"""Edits of SQL inside Python literals: only where each character is what it seems.

A place of a query's text maps to the file one to one, or it is not touched: a name that is split
by implicit concatenation, written with escapes, or filled in when the program runs, is refused.
What is put in is spelled as the literal around it needs.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cached_property

from ...source.edits import Edit
from ...source.python.source import Source
from ...source.python.spans import Spans
from ...source.sql.queries import Query
from ...source.sql.text import Placeholder
from ..changes import NotProvedError

__all__ = ["Editor"]

_PREFIX = re.compile(r"[A-Za-z]*")


class Editor:
    """Makes edits in the SQL of one file.

    Args:
        source: the file.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def replaced(self, query: Query, first: int, last: int, text: str) -> Edit:
        """Return the edit that puts `text` in the place of some indexes of a query's text."""
        start, end = query.text.span(first, last)
        if self._source.text[start:end] != query.text.value[first:last]:
            raise NotProvedError("the SQL is spelled with escapes, or split, at this place")
        return Edit(start, end, self.spelled(query, start, text))

    def renamed(self, query: Query, mark: Placeholder, name: str) -> Edit:
        """Return the edit that gives a named placeholder another name."""
        edit = self.replaced(query, mark.first, mark.last, "")
        spelled = query.text.value[mark.first : mark.last]
        start = edit.start + spelled.index(str(mark.key))
        return Edit(start, start + len(str(mark.key)), name)

    def before(self, query: Query, index: int, text: str) -> Edit:
        """Return the edit that puts `text` before an index of a query's text."""
        start = self._exact(query, index)
        return Edit(start, start, self.spelled(query, start, text))

    def after(self, query: Query, index: int, text: str) -> Edit:
        """Return the edit that puts `text` after what ends before an index of a query's text."""
        end = self._exact(query, index - 1) + 1
        return Edit(end, end, self.spelled(query, end - 1, text))

    def _exact(self, query: Query, index: int) -> int:
        start, end = query.text.span(index, index + 1)
        if end - start != 1 or self._source.text[start] != query.text.value[index]:
            # A hole is one character of the text; its own limits are exact.
            raise NotProvedError("the SQL is filled in, or spelled with escapes, at this place")
        return start

    def spelled(self, query: Query, offset: int, text: str) -> str:
        """Return SQL as the literal around an offset of the file has to spell it."""
        if re.fullmatch(r"[\w ,()./*-]*", text):
            return text
        prefix, quote = self._literal(offset)
        if "%" in text and self._is_percent_formatted(query, offset):
            text = text.replace("%", "%%")
        if "f" in prefix:
            text = text.replace("{", "{{").replace("}", "}}")
        if quote in text:
            if "r" in prefix:
                raise NotProvedError("a raw string cannot hold the quotes that the SQL would need")
            text = text.replace(quote, f"\\{quote}")
        return text

    def _is_percent_formatted(self, query: Query, offset: int) -> bool:
        """Tell whether a `%` in the literal at an offset has to be doubled."""
        if any(query.text.value[mark.first] == "%" for mark in query.placeholders):
            return True
        return self._formatted.first_at(offset) is not None

    @cached_property
    def _formatted(self) -> Spans:
        """What stands on the left of each `%`."""
        operations = self._source.nodes(ast.BinOp)
        return Spans([self._source.span(o.left) for o in operations if isinstance(o.op, ast.Mod)])

    def _literal(self, offset: int) -> tuple[str, str]:
        """Return the prefix, in lower case, and the quote of the literal around an offset."""
        index = self._places.first_at(offset)
        if index is None:
            raise NotProvedError("the literal around the SQL cannot be read")
        opening = self._literals[index][2]
        prefix = _PREFIX.match(opening)
        assert prefix is not None
        rest = opening[prefix.end() : prefix.end() + 3]
        quote = rest[0]
        return prefix[0].lower(), rest if rest == quote * 3 else quote

    @cached_property
    def _places(self) -> Spans:
        return Spans([(start, end) for start, end, _ in self._literals])

    @cached_property
    def _literals(self) -> list[tuple[int, int, str]]:
        """The spans of the string tokens, inner ones first, with the text that each begins with."""
        found: list[tuple[int, int, str]] = []
        opened: list[tuple[int, str]] = []
        text = self._source.text.removeprefix("\ufeff")
        for token in tokenize.generate_tokens(io.StringIO(text, newline="").readline):
            name = tokenize.tok_name[token.type]
            if name == "STRING":
                found.append((self._offset(token.start), self._offset(token.end), token.string))
            elif name.endswith("STRING_START"):
                opened.append((self._offset(token.start), token.string))
            elif name.endswith("STRING_END"):
                begin, opening = opened.pop()
                found.append((begin, self._offset(token.end), opening))
        return sorted(found, key=lambda literal: literal[1] - literal[0])

    def _offset(self, place: tuple[int, int]) -> int:
        """Return the offset of a token's line and column; the end of the file is on no line."""
        return self._source.line_starts[place[0] - 1] + place[1]
