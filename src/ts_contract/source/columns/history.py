"""Which parts of a file are history: changes of the schema that belong to the schema of their time.

A new database runs them again from the start, where no epoch column is there yet. So they stay as
they are: alembic's revisions, Django's and yoyo's migrations, and functions that do DDL on a table
of the contract, or on the twin that it is rebuilt by.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

from ..file import File
from ..python.names import last_name
from ..python.source import Source
from ..python.spans import Spans
from ..sql.queries import find_queries

__all__ = ["find_history"]

_NAME = r"""(?:\w++\s*+\.\s*+)?["`\[]?(?P<table>\w++)"""
_DDL = re.compile(
    r"\s*+(?:CREATE\s++(?:TEMP(?:ORARY)?\s++)?TABLE|ALTER\s++TABLE|DROP\s++TABLE"
    r"(?:\s++IF\s++EXISTS)?|CREATE\s++(?:UNIQUE\s++)?INDEX\s++\S++\s++ON)\s++" + _NAME,
    re.IGNORECASE,
)
_ALTER = re.compile(r"\s*+ALTER\b", re.IGNORECASE)
_INSERT = re.compile(r"\s*+(?:INSERT|REPLACE)\b", re.IGNORECASE)
_RENAMED_TO = re.compile(r"\bRENAME\s++TO\s++" + _NAME, re.IGNORECASE)
_INTO = re.compile(r"\bINTO\s++" + _NAME, re.IGNORECASE)
_FROM = re.compile(r"\bFROM\s++" + _NAME, re.IGNORECASE)
_NOT_ON_ITS_OWN = frozenset({"if"})  # CREATE TABLE IF NOT EXISTS: a program that starts


def find_history(file: File) -> Spans:
    """Return the places of a file that are history, as offsets; the whole of a migration."""
    source = file.source
    if _is_migration(source):
        return Spans([(0, len(source.text))])
    if file.contract is None:
        return Spans([])
    tables = frozenset(table.name.lower() for table in file.contract.tables)
    texts: dict[ast.AST, list[str]] = {}
    for query in file.part(find_queries):
        function = _outermost_function(query.anchor, source)
        if function is not None:
            texts.setdefault(function, []).extend(s.sql for s in query.statements)
    return Spans(
        [source.span(node) for node, found in texts.items() if _changes_schema(found, tables)]
    )


def _is_migration(source: Source) -> bool:
    """Tell whether a file is a revision of alembic, or a migration of Django or yoyo."""
    assigned = set(_assigned(source.tree.body))
    if {"revision", "down_revision"} <= assigned:
        return True
    if any(last_name(base) == "Migration" for c in source.nodes(ast.ClassDef) for base in c.bases):
        return True
    return any(node.module == "yoyo" for node in source.nodes(ast.ImportFrom))


def _assigned(body: Sequence[ast.stmt]) -> Iterator[str]:
    for statement in body:
        match statement:
            case ast.Assign(targets=targets):
                yield from (node.id for node in targets if isinstance(node, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def _outermost_function(node: ast.AST, source: Source) -> ast.AST | None:
    """Return the function that a place is in; the outermost where there are several."""
    found = None
    for around in source.ancestors(node):
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
            found = around
    return found


def _changes_schema(statements: Iterable[str], tables: frozenset[str]) -> bool:
    """Tell whether statements do DDL on one of some tables, or on the twin of one."""
    statements = list(statements)
    changed = {
        found["table"].lower()
        for sql in statements
        if (found := _DDL.match(sql)) and found["table"].lower() not in _NOT_ON_ITS_OWN
    }
    if changed & tables:
        return True
    return any(changed & pair and tables & pair for pair in _pairs(statements))


def _pairs(statements: Iterable[str]) -> Iterator[set[str]]:
    """Yield tables whose names tell that one is the other's twin, where rows go from one to it."""
    for sql in statements:
        if _ALTER.match(sql):
            old, new = _DDL.match(sql), _RENAMED_TO.search(sql)
            if old and new:
                yield {old["table"].lower(), new["table"].lower()}
        elif _INSERT.match(sql):
            to, source = _INTO.search(sql), _FROM.search(sql)
            names = [found["table"].lower() for found in (to, source) if found]
            if len(set(names)) == 2 and min(names, key=len) in max(names, key=len):
                yield set(names)
