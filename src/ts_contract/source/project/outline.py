"""The classes and imports of a file, read from its bytes without a parser.

It is for files of which no more is needed, and may take a text for code: what is read here only
tells which files are worth parsing, and under which other names a class can be imported.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from .facts import ModuleFacts, module_facts

__all__ = ["aliases_pattern", "class_headers", "declares_tables", "imports_of", "words_pattern"]

_DECLARES = (
    *(b"__table", b"db_table", b"table_name", b"Table(", b"table=True", b"table = True"),
    *(b"map_imperatively", b"mapper("),
)
_MODEL = re.compile(rb"\bModel[,)\[]")
_HEADER = re.compile(rb"^[ \t]*class[ \t]+(\w+)[ \t]*\(([^()\[\]]*)", re.MULTILINE)
_IMPORT = re.compile(
    rb"^[ \t]*(from[ \t]+[.\w]+[ \t]+import[ \t]*(?:\([^()]*\)|[^\n(;#]*)|import[ \t]+[\w., \t]*)",
    re.MULTILINE,
)
_WORD = re.compile(rb"\w+")


def declares_tables(data: bytes) -> bool:
    """Tell whether a file may declare a table, by its name or as a model."""
    if any(word in data for word in _DECLARES):
        return True
    return any(b"Model" in bases and _MODEL.search(bases + b")") for _, bases in _headers(data))


def class_headers(data: bytes) -> list[tuple[str, frozenset[str]]]:
    """Return the classes of a file, each with the words among its bases."""
    return [
        (name.decode(), frozenset(word.decode() for word in _WORD.findall(bases)))
        for name, bases in _headers(data)
    ]


def _headers(data: bytes) -> list[tuple[bytes, bytes]]:
    try:
        return _HEADER.findall(data) if b"class " in data else []
    except UnicodeDecodeError:
        return []


def imports_of(data: bytes) -> ModuleFacts:
    """Return what a file imports, and no more."""
    statements = b"\n".join(_IMPORT.findall(data))
    try:
        return module_facts(ast.parse(statements))
    except (SyntaxError, ValueError):
        return ModuleFacts()


def aliases_pattern(words: Iterable[str]) -> re.Pattern[bytes]:
    """Return what finds the other names that some names are given in a file's bytes."""
    listed = "|".join(sorted(map(re.escape, words)))
    pattern = rf"^\w+[ \t]*=[ \t]*(?:\w+\.)*(?:{listed})[ \t\r]*$" if listed else "(?!)"
    return re.compile(pattern.encode(), re.MULTILINE)


def words_pattern(words: Iterable[str]) -> re.Pattern[bytes]:
    """Return what finds one of some words in a file's bytes."""
    listed = "|".join(sorted(map(re.escape, words)))
    return re.compile(rf"\b(?:{listed})\b".encode() if listed else b"(?!)")
