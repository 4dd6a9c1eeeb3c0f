"""What a statement that writes leaves behind, before and after its rewrite.

Each form runs in a transaction that is rolled back: the old and the new one on the migrated copy,
and what is meant for it on the finalized one. The database's own errors count, too.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence

from ...contract import Contract
from ...migration.engines.sqlite.names import quote
from ...source.sql.references import Statement
from .parameters import Parameters, Value, draw_parameters
from .rows import same_value
from .statements import Pair, runnable

__all__ = ["write_difference"]

_DRAWS = 4
_ROWS = 20_000
_SECONDS = 2.0
_NOW_MS = 60_000

Left = Mapping[str, Sequence[Mapping[str, Value]]]
"""The rows of each table that a statement names, without the legacy columns."""


def write_difference(
    migrated: sqlite3.Connection, finalized: sqlite3.Connection, pair: Pair, contract: Contract
) -> str | None:
    """Run a statement that writes, old and new; return how what they leave differs, or None."""
    alone = pair.new if pair.alone is None else pair.alone
    for draw in range(_DRAWS):
        old, new, last = draw_parameters(migrated, pair, contract, draw)
        before = _left(migrated, pair.old, old, contract)
        for database, name, statement, parameters in (
            (migrated, "migrated", pair.new, new),
            (finalized, "finalized", alone, last),
        ):
            after = _left(database, statement, parameters, contract)
            problem = _difference(before, after)
            if problem is not None:
                return f"on the {name} database: {problem}, with {parameters}"
    return None


def _difference(before: Left | str | None, after: Left | str | None) -> str | None:
    if before is None or after is None:
        return None  # it takes too long
    if isinstance(before, str):
        return None if isinstance(after, str) else f"it failed before ({before}), and does not now"
    if isinstance(after, str):
        return f"it fails ({after})"
    for table, rows in before.items():
        others = after.get(table, ())
        if len(rows) != len(others):
            return f"{table} has {len(rows)} rows as it was, {len(others)} as it is"
        for row, other in zip(rows, others, strict=True):
            for column in row.keys() & other.keys():
                if not _same(row[column], other[column]):
                    return (
                        f"{table}.{column} is {row[column]!r} as it was, {other[column]!r} as it is"
                    )
    return None


def _same(before: Value, after: Value) -> bool:
    """Tell whether two values are the same; the present is, whenever it was read."""
    if same_value(before, after):
        return True
    now = time.time() * 1000
    return all(isinstance(v, int) and abs(v - now) < _NOW_MS for v in (before, after))


def _left(
    database: sqlite3.Connection, statement: Statement, parameters: Parameters, contract: Contract
) -> Left | str | None:
    """Return what a statement leaves, the database's words where it fails, None if it is slow."""
    stop = time.monotonic() + _SECONDS
    database.set_progress_handler(lambda: time.monotonic() > stop, 10_000)
    database.execute("BEGIN")
    try:
        database.execute(runnable(statement), parameters).fetchall()
        tables = {r.table.name: r.table for r in statement.references if r.access == "write"}
        tables |= {table.name: table for table in statement.tables}
        left: dict[str, list[dict[str, Value]]] = {}
        for table in tables.values():
            cursor = database.execute(f"SELECT * FROM {quote(table.name)} LIMIT {_ROWS}")
            names = [name.lower() for name, *_ in cursor.description]
            legacy = {column.legacy.lower() for column in table.columns}
            left[table.name] = [
                {n: v for n, v in zip(names, row, strict=True) if n not in legacy} for row in cursor
            ]
        return left
    except sqlite3.OperationalError as error:
        return None if "interrupted" in str(error) else str(error)
    except sqlite3.Error as error:
        return str(error)
    finally:
        database.set_progress_handler(None, 0)
        if database.in_transaction:
            database.execute("ROLLBACK")
