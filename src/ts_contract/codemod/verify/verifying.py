"""The database's own word on a rewrite: every rewritten statement prepared, every SELECT compared.

Nothing is done to the database: it is copied into memory, the copy is migrated, and from a second
copy the legacy columns are dropped, with whatever of the schema needs them.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ...contract import Contract
from ...files.read import decode
from ...migration import Refused, migrate
from ...migration.forms import convert
from ...source.columns.model import Resolved
from ...source.file import File
from ...source.python.source import Source
from ...source.sql.queries import Query
from ...source.sql.text import Statement
from ..changes import NotProvedError
from ..files import Result
from ..rewrite import Settings
from ..sql.tokens import Clauses, Place
from ..sql.usage import usage_of

__all__ = ["Outcome", "verify_rewrites"]

_ROWS = 1_000
_DRAWS = 3
_SECONDS = 2.0
_UNKNOWN = re.compile("[\uf000-\uf8fe]")

Value = str | int | float | bytes | None
Parameters = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the database says of a run.

    Attributes:
        statements: rewritten statements that are whole and meant for this schema.
        prepared: those of them that prepare without the legacy columns, and read the epoch ones.
        compared: the SELECTs of them that gave the same rows as before.
        problems: one line for each that does not.
    """

    statements: int
    prepared: int
    compared: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A statement before and after."""

    place: str
    old: Resolved
    new: Resolved


def verify_rewrites(database: Path, results: Iterable[Result], settings: Settings) -> Outcome:
    """Prepare and run the rewritten statements of some files.

    Args:
        database: a SQLite database of the program, legacy or migrated; it is only read.
        results: what became of each file.
        settings: how they were rewritten.

    Raises:
        Refused: the database cannot be copied or migrated.
    """
    if settings.contract is None:
        raise Refused(f"{database}: --verify needs a contract")
    pairs = [pair for result in results for pair in _pairs(result, settings)]
    with (
        closing(_migrated(database, settings.contract)) as migrated,
        closing(sqlite3.connect(":memory:")) as finalized,
    ):
        migrated.backup(finalized)
        _drop_legacy(finalized, settings.contract)
        return _judge(pairs, migrated, finalized, settings.contract)


def _judge(
    pairs: Sequence[_Pair],
    migrated: sqlite3.Connection,
    finalized: sqlite3.Connection,
    contract: Contract,
) -> Outcome:
    statements = prepared = compared = 0
    problems: list[str] = []
    for pair in pairs:
        if _prepare(migrated, pair.old) is not None:
            continue  # another schema's
        if any(not r.epoch for r in pair.new.references):
            continue  # a part of it is left, and marked
        statements += 1
        problem = _prepare(finalized, pair.new)
        if problem is None:
            prepared += 1
            if pair.old.outputs is not None and _is_select(pair.old):
                problem = _difference(migrated, pair, contract)
                compared += problem is None
        if problem is not None:
            problems.append(f"{pair.place}: {problem}")
    return Outcome(statements, prepared, compared, tuple(problems))


# --- the statements --------------------------------------------------------------------------


def _pairs(result: Result, settings: Settings) -> Iterator[_Pair]:
    """Yield the whole statements of a file that the rewrite has changed."""
    if result.before is None or result.after is None:
        return
    old = File(Source(decode(result.before)), settings.contract, settings.schema)
    new = File(Source(decode(result.after)), settings.contract, settings.schema)
    by_query = {(r.query, r.statement.first): r for r in new.analysis.queries}
    later = {id(before): after for before, after in zip(old.queries, new.queries, strict=False)}
    for resolved in old.analysis.queries:
        query = later.get(id(resolved.query))
        if query is None or _UNKNOWN.search(resolved.statement.sql):
            continue
        at = resolved.query.statements.index(resolved.statement)
        after = (
            by_query.get((query, query.statements[at].first))
            if at < len(query.statements)
            else None
        )
        if after is not None and after.statement.sql != resolved.statement.sql:
            line, _ = old.source.position(old.source.span(resolved.query.anchor)[0])
            yield _Pair(f"{result.path}:{line}", resolved, after)


def _runnable(query: Query, statement: Statement) -> str:
    """Return a statement's SQL with each placeholder as `:p` and its key."""
    first, last = statement.first, statement.first + len(statement.sql)
    pieces, at = [], first
    for mark in query.placeholders:
        if first <= mark.first < last:
            pieces += [query.text.value[at : mark.first], f":p{mark.key}"]
            at = mark.last
    return "".join((*pieces, query.text.value[at:last]))


def _is_select(resolved: Resolved) -> bool:
    return not any(r.access == "write" for r in resolved.references) and bool(
        re.match(r"\s*(?:SELECT|WITH)\b", resolved.statement.sql, re.IGNORECASE)
    )


def _prepare(database: sqlite3.Connection, resolved: Resolved) -> str | None:
    """Return why a statement does not prepare, or does not read what it names; None if it does."""
    read: set[tuple[str, str]] = set()

    def authorizer(action: int, table: str | None, column: str | None, *_: object) -> int:
        if action in {sqlite3.SQLITE_READ, sqlite3.SQLITE_UPDATE} and table and column:
            read.add((table.lower(), column.lower()))
        return sqlite3.SQLITE_OK

    marks = {f"p{mark.key}": None for mark in resolved.query.placeholders}
    database.set_authorizer(authorizer)
    try:
        database.execute(f"EXPLAIN {_runnable(resolved.query, resolved.statement)}", marks)
    except (sqlite3.Error, sqlite3.Warning) as error:
        return f"does not prepare ({error})"
    finally:
        database.set_authorizer(None)
    for reference in resolved.references:
        named = (reference.table.name.lower(), reference.column.epoch.lower())
        if reference.epoch and reference.access == "read" and named not in read:
            return f"names {reference.name}, and SQLite takes it for something else"
    return None


# --- the databases ---------------------------------------------------------------------------


def _migrated(path: Path, contract: Contract) -> sqlite3.Connection:
    memory = sqlite3.connect(":memory:", isolation_level=None)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as original:
            original.backup(memory)
        migrate(memory, contract)
    except sqlite3.Error as error:
        memory.close()
        raise Refused(f"{path}: cannot be copied ({error}); name a SQLite database") from error
    except BaseException:
        memory.close()
        raise
    return memory


def _drop_legacy(database: sqlite3.Connection, contract: Contract) -> None:
    """Drop the legacy columns, and before them what would hold them."""
    schema = database.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ).fetchall()
    views = [sql for kind, _, _, sql in schema if kind == "view"]
    for kind, name, table, sql in schema:
        owner = contract.table(table)
        legacy = [c.legacy for c in owner.columns] if owner else []
        holds = any(re.search(rf"\b{re.escape(n)}\b", sql, re.IGNORECASE) for n in legacy)
        if kind in {"view", "trigger"} or (kind == "index" and holds):
            database.execute(f"DROP {kind} IF EXISTS {_quoted(name)}")
    for owner, column in contract.columns():
        columns = f"SELECT 1 FROM pragma_table_info({_literal(owner.name)}) WHERE lower(name) = ?"
        if database.execute(columns, (column.legacy.lower(),)).fetchone():
            _drop_column(database, owner.name, column.legacy)
    for sql in views:
        try:
            database.execute(sql)
        except sqlite3.Error:
            continue  # the view needs a legacy column; so does who reads it


def _drop_column(database: sqlite3.Connection, table: str, column: str) -> None:
    """Drop a column, or rename one that a key holds: its name is gone either way."""
    alter = f"ALTER TABLE {_quoted(table)}"
    try:
        database.execute(f"{alter} DROP COLUMN {_quoted(column)}")
    except sqlite3.Error:
        gone = _quoted(f"{column} without its name")
        database.execute(f"{alter} RENAME COLUMN {_quoted(column)} TO {gone}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


# --- old and new rows ------------------------------------------------------------------------


def _difference(database: sqlite3.Connection, pair: _Pair, contract: Contract) -> str | None:
    """Run a SELECT old and new; return how the rows differ, or None."""
    for draw in range(_DRAWS):
        old, new = _parameters(database, pair, contract, draw)
        before = _rows(database, pair.old, old, contract)
        after = _rows(database, pair.new, new, contract)
        if before is None or after is None:
            continue  # it takes too long, or the values drawn do not suit it
        if len(before) != len(after):
            return f"{len(before)} rows before, {len(after)} after, with {old}"
        if not _same_rows(before, after):
            return f"gives other rows, with {old}"
    return None


def _rows(
    database: sqlite3.Connection, resolved: Resolved, parameters: Parameters, contract: Contract
) -> list[tuple[Value, ...]] | None:
    """Return the first rows of a SELECT; None where it takes too long or the values do not suit.

    What the migration itself adds to a `*` is left out.
    """
    stop = time.monotonic() + _SECONDS
    database.set_progress_handler(lambda: time.monotonic() > stop, 10_000)
    try:
        cursor = database.execute(_runnable(resolved.query, resolved.statement), parameters)
        rows: list[tuple[Value, ...]] = cursor.fetchmany(_ROWS)
    except sqlite3.Error:
        return None
    finally:
        database.set_progress_handler(None, 0)
    if not any(output.is_star for output in resolved.outputs or ()):
        return rows
    epochs = {column.epoch.lower() for _, column in contract.columns()}
    kept = [i for i, (name, *_) in enumerate(cursor.description) if name.lower() not in epochs]
    return [tuple(row[i] for i in kept) for row in rows]


def _same_rows(before: list[tuple[Value, ...]], after: list[tuple[Value, ...]]) -> bool:
    """Tell whether rows are the same, times as texts or milliseconds; equal keys in any order."""
    if all(map(_same_row, before, after)):
        return True
    left = list(after)
    for row in before:
        found = next((other for other in left if _same_row(row, other)), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _same_row(before: tuple[Value, ...], after: tuple[Value, ...]) -> bool:
    return len(before) == len(after) and all(map(_same_value, before, after))


def _same_value(before: Value, after: Value) -> bool:
    return before == after or (before is not None and _ms(before) == _ms(after) is not None)


def _ms(value: Value) -> int | None:
    return value if isinstance(value, int) and value > 10**11 else convert(value).ms


def _parameters(
    database: sqlite3.Connection, pair: _Pair, contract: Contract, draw: int
) -> tuple[Parameters, Parameters]:
    """Return what is bound to the old and to the new statement: the same instants."""
    old: Parameters = {}
    new: Parameters = {}
    converted = {
        value.placeholder.key
        for reference in pair.new.references
        if reference.epoch
        for value in reference.values
        if value.placeholder is not None
    }
    clauses = Clauses(pair.old.statement, contract.dialect)
    for mark in pair.old.query.placeholders:
        name = f"p{mark.key}"
        place = clauses.place(mark.first, mark.last)
        text, ms = _drawn(database, pair.old, clauses, place, draw) if place else (1, None)
        old[name] = text
        new[name] = ms if mark.key in converted and ms is not None else text
    return old, new


def _drawn(
    database: sqlite3.Connection, resolved: Resolved, clauses: Clauses, place: Place, draw: int
) -> tuple[Value, Value]:
    """Return a value out of the column that a placeholder meets, and its milliseconds."""
    for reference in resolved.references:
        for value in reference.values:
            if clauses.place(value.first, value.last) == place and not reference.epoch:
                table, column = reference.table.name, reference.column
                found = _sample(
                    database, table, f"{_quoted(column.legacy)}, {_quoted(column.epoch)}", draw
                )
                return (found[0], found[1]) if found else (None, None)
    try:
        usage = usage_of(clauses, place)
    except (NotProvedError, IndexError):
        return 1, None
    if clauses.clause(place) == "limit":
        return 10, None
    for operand in usage.operands:
        name = clauses.tokens[operand.last].text
        for table in (
            t for (t,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ):
            if table.lower() in clauses.statement.sql.lower():
                found = _sample(database, table, _quoted(name), draw)
                if found and found[0] != name:
                    return found[0], None
    return 1, None


def _sample(
    database: sqlite3.Connection, table: str, columns: str, draw: int
) -> tuple[Value, ...] | None:
    """Return one row's values, another for each draw."""
    first = columns.partition(",")[0]
    sql = (
        f"SELECT {columns} FROM {_quoted(table)} WHERE {first} IS NOT NULL"
        f" LIMIT 1 OFFSET ? % max(1, (SELECT count(*) FROM {_quoted(table)}))"
    )
    try:
        row: tuple[Value, ...] | None = database.execute(sql, (draw * 7,)).fetchone()
    except sqlite3.Error:
        return None
    return row
