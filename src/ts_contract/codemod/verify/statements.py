"""The statements of a file before and after its rewrite, and whether a database prepares them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ...files.read import decode
from ...source.columns.analysis import find_statements
from ...source.file import File
from ...source.python.source import Source
from ...source.sql.queries import find_queries
from ...source.sql.references import Statement
from ..files import Result
from ..rewrite import RewriteSettings, rewrite

__all__ = ["Pair", "is_select", "is_write", "pairs_in", "runnable", "why_not_prepared"]

_WRITES = re.compile(r"\s*+(?:INSERT|REPLACE|UPDATE|DELETE)\b", re.IGNORECASE)
_UNKNOWN = re.compile("[\uf000-\uf8fe]")


@dataclass(frozen=True, slots=True)
class Pair:
    """A statement before and after.

    Attributes:
        place: the file and line that it begins in.
        old: the statement before the rewrite.
        new: the statement after it.
        alone: of one that writes both columns, its form in phase `enforce`; else None.
    """

    place: str
    old: Statement
    new: Statement
    alone: Statement | None = None


def pairs_in(result: Result, settings: RewriteSettings) -> Iterator[Pair]:
    """Yield the whole statements of a file that the rewrite has changed."""
    if result.before is None or result.after is None:
        return
    after = decode(result.after)
    old = File(Source(decode(result.before)), settings.contract, settings.schema)
    new = File(Source(after), settings.contract, settings.schema)
    alone: dict[Statement, Statement] = {}
    if any(r.dual and r.access == "write" for s in new.part(find_statements) for r in s.references):
        enforced = File(Source(_enforced(after, settings)), settings.contract, settings.schema)
        alone = _matched(new, enforced)
    for statement, changed in _matched(old, new).items():
        if _UNKNOWN.search(statement.text.sql) or changed.text.sql == statement.text.sql:
            continue
        line, _ = old.source.position(old.source.span(statement.query.anchor)[0])
        place = f"{result.path}:{line}"
        yield Pair(place, statement, changed, alone.get(changed) if _is_dual(changed) else None)


def _is_dual(statement: Statement) -> bool:
    return any(r.dual and r.access == "write" for r in statement.references)


def _enforced(text: str, settings: RewriteSettings) -> str:
    """Return a source as it will be once only the epoch columns are written."""
    assert settings.contract is not None
    contract = replace(settings.contract, phase="enforce")
    options = replace(settings.options, markers=False)
    return rewrite(text, "<enforce>", replace(settings, contract=contract, options=options)).text


def _matched(old: File, new: File) -> dict[Statement, Statement]:
    """Return the statements of a file with what became of them."""
    by_query = {(r.query, r.text.first): r for r in new.part(find_statements)}
    later = {
        id(before): after
        for before, after in zip(old.part(find_queries), new.part(find_queries), strict=False)
    }
    matched = {}
    for statement in old.part(find_statements):
        query = later.get(id(statement.query))
        at = statement.query.statements.index(statement.text)
        if query is not None and at < len(query.statements):
            after = by_query.get((query, query.statements[at].first))
            if after is not None:
                matched[statement] = after
    return matched


def runnable(statement: Statement, added: Mapping[int, str] | None = None) -> str:
    """Return a statement's SQL with each placeholder as `:p` and its key.

    Args:
        statement: the statement.
        added: what is put before an index of the query's text.
    """
    query, text = statement.query, statement.text
    first, last = text.first, text.first + len(text.sql)
    puts = {
        mark.first: (f":p{mark.key}", mark.last)
        for mark in query.placeholders
        if first <= mark.first < last
    }
    puts |= {index: (sql, index) for index, sql in (added or {}).items() if index not in puts}
    pieces, at = [], first
    for index, (sql, behind) in sorted(puts.items()):
        pieces += [query.text.value[at:index], sql]
        at = behind
    return "".join((*pieces, query.text.value[at:last]))


def is_select(statement: Statement) -> bool:
    """Tell whether a statement only reads rows."""
    return not any(r.access == "write" for r in statement.references) and bool(
        re.match(r"\s*(?:SELECT|WITH)\b", statement.text.sql, re.IGNORECASE)
    )


def is_write(statement: Statement) -> bool:
    """Tell whether a statement changes rows."""
    return bool(_WRITES.match(statement.text.sql))


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
