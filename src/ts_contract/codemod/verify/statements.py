"""The statements of a file before and after its rewrite, and whether a database prepares them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from ...files.read import decode
from ...source.columns.analysis import find_statements
from ...source.file import File
from ...source.python.source import Source
from ...source.sql.queries import find_queries
from ...source.sql.references import Statement
from ..files import Result
from ..rewrite import RewriteSettings

__all__ = ["Pair", "is_select", "pairs_in", "runnable", "why_not_prepared"]

_UNKNOWN = re.compile("[\uf000-\uf8fe]")


@dataclass(frozen=True, slots=True)
class Pair:
    """A statement before and after.

    Attributes:
        place: the file and line that it begins in.
        old: the statement before the rewrite.
        new: the statement after it.
    """

    place: str
    old: Statement
    new: Statement


def pairs_in(result: Result, settings: RewriteSettings) -> Iterator[Pair]:
    """Yield the whole statements of a file that the rewrite has changed."""
    if result.before is None or result.after is None:
        return
    known = (settings.contract, settings.schema, settings.project)
    old = File(Source(decode(result.before), result.path), *known)
    new = File(Source(decode(result.after), result.path), *known)
    by_query = {(r.query, r.text.first): r for r in new.part(find_statements)}
    later = {
        id(before): after
        for before, after in zip(old.part(find_queries), new.part(find_queries), strict=False)
    }
    for statement in old.part(find_statements):
        query = later.get(id(statement.query))
        if query is None or _UNKNOWN.search(statement.text.sql):
            continue
        at = statement.query.statements.index(statement.text)
        after = (
            by_query.get((query, query.statements[at].first))
            if at < len(query.statements)
            else None
        )
        if after is not None and after.text.sql != statement.text.sql:
            line, _ = old.source.position(old.source.span(statement.query.anchor)[0])
            yield Pair(f"{result.path}:{line}", statement, after)


def runnable(statement: Statement) -> str:
    """Return a statement's SQL with each placeholder as `:p` and its key."""
    query, text = statement.query, statement.text
    first, last = text.first, text.first + len(text.sql)
    pieces, at = [], first
    for mark in query.placeholders:
        if first <= mark.first < last:
            pieces += [query.text.value[at : mark.first], f":p{mark.key}"]
            at = mark.last
    return "".join((*pieces, query.text.value[at:last]))


def is_select(statement: Statement) -> bool:
    """Tell whether a statement only reads rows."""
    return not any(r.access == "write" for r in statement.references) and bool(
        re.match(r"\s*(?:SELECT|WITH)\b", statement.text.sql, re.IGNORECASE)
    )


def why_not_prepared(database: sqlite3.Connection, statement: Statement) -> str | None:
    """Return why a statement does not prepare, or does not read what it names; None if it does."""
    read: set[tuple[str, str]] = set()

    def authorizer(action: int, table: str | None, column: str | None, *_: object) -> int:
        if action in {sqlite3.SQLITE_READ, sqlite3.SQLITE_UPDATE} and table and column:
            read.add((table.lower(), column.lower()))
        return sqlite3.SQLITE_OK

    marks = {f"p{mark.key}": None for mark in statement.query.placeholders}
    database.set_authorizer(authorizer)
    try:
        database.execute(f"EXPLAIN {runnable(statement)}", marks)
    except (sqlite3.Error, sqlite3.Warning) as error:
        return f"does not prepare ({error})"
    finally:
        database.set_authorizer(None)
    for reference in statement.references:
        named = (reference.table.name.lower(), reference.column.epoch.lower())
        if reference.epoch and reference.access == "read" and named not in read:
            return f"names {reference.name}, and SQLite takes it for something else"
    return None
