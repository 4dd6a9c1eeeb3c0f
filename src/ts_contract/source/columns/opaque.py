"""Finds legacy columns in SQL that is not analysed: MERGE, COPY, functions, cursors, policies.

They are of any dialect, whatever the contract's own. A text is one of them by its verb and what has
to follow it, so that English which begins with the same verb is not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..file import File
from ..python.literals import literal_pieces
from ..python.spans import Spans
from ..sql.openings import looks_like_sql
from ..sql.queries import find_queries
from ..sql.text import Text, iter_words
from .model import OpaqueName

__all__ = ["find_opaque_names"]

_WHAT = (
    "AGGREGATE|EVENT|FUNCTION|INDEX|PACKAGE|POLICY|PROC|PROCEDURE|PUBLICATION|RULE|STATISTICS|TABLE"
    "|TRIGGER|VIEW"
)
_OPENS = re.compile(
    rf"""\s*+(?:
      MERGE\s++INTO\s++\S++\s | COPY\s++[\w."`]++\s*+(?:\([^)]*+\)\s*+)?(?:FROM|TO)\b
    | COPY\s*+\(\s*+SELECT\b | PREPARE\s++\w++\s*+(?:\([^)]*+\)\s*+)?(?:AS|FROM)\b
    | DECLARE\s++\w++\s[^;]{{0,200}}?\bCURSOR\b | DO\s++(?:LANGUAGE\s++\w++\s++)?[$']
    | (?:CREATE|ALTER|DROP)\s++(?:OR\s++(?:REPLACE|ALTER)\s++)?(?:\w++\s++){{0,3}}?(?:{_WHAT})\s
    | LOAD\s++DATA\s | BULK\s++INSERT\s | UNLOAD\s*+\( | EXPORT\s++DATA\s | UPSERT\s++INTO\s
    | COMMENT\s++ON\s++(?:COLUMN|TABLE)\s | GRANT\s++\w++\s*+(?:\([^)]*+\)\s*+)?ON\s
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_BODY = re.compile(r"\$\w*+\$")
_QUALIFIER = re.compile(r"(?<!\w)(\w++)[\"`\]]?+\.[\"`\[]?+\Z")
_FAR = 80
_ROWS = frozenset({"excluded", "inserted", "deleted", "new", "old"})


def find_opaque_names(file: File) -> tuple[OpaqueName, ...]:
    """Return the legacy columns of contract tables that such statements name."""
    if file.contract is None:
        return ()
    analysed = Spans([query.home for query in file.part(find_queries)])
    found: list[OpaqueName] = []
    for node in file.source.nodes(ast.Constant):
        text = node.value
        if not isinstance(text, str) or _OPENS.match(text) is None or looks_like_sql(text):
            continue
        parent = file.source.parent(node)
        if isinstance(parent, ast.Expr | ast.JoinedStr) or analysed.any_touching(
            *file.source.span(node)
        ):
            continue
        found += _names_in(Text(literal_pieces(file.source, node)), file)
    return tuple(sorted(found, key=lambda name: name.span))


def _names_in(text: Text, file: File) -> Iterator[OpaqueName]:
    """Yield the columns of the contract tables that a statement names."""
    assert file.contract is not None
    value = _BODY.sub(lambda found: " " * len(found[0]), text.value)  # a body is not a value here
    words = list(iter_words(value))
    named = {word.lower() for word, _, _ in words}
    tables = [table for table in file.contract.tables if table.name.lower() in named]
    known = {table.name.lower() for table in tables} | _ROWS
    for word, first, last in words:
        columns = [(t, c) for t in tables if (c := t.column(word)) is not None]
        qualifier = _QUALIFIER.search(value[max(first - _FAR, 0) : first])
        if columns and (qualifier is None or qualifier[1].lower() in known):
            table, column = columns[0]
            yield OpaqueName(table, column, text.span(first, last), column.epoch.lower() in named)
