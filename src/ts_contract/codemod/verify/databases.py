"""The databases that rewrites are checked on: copies in memory, one migrated, one finalized.

The original is only read. From the second copy the legacy columns are dropped, with whatever of
the schema needs them.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from ...contract import Contract
from ...files.read import check_regular
from ...migration import Refused, finalize, migrate
from ...migration.engines.sqlite.names import literal, quote

__all__ = ["drop_legacy", "finalized_copy", "migrated_copy"]


def migrated_copy(path: Path, contract: Contract) -> sqlite3.Connection:
    """Return a copy of a database in memory, migrated.

    Raises:
        Refused: it cannot be copied or migrated.
    """
    memory = sqlite3.connect(":memory:", isolation_level=None)
    try:
        check_regular(path)
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as original:
            original.backup(memory)
        migrate(memory, contract)
    except (OSError, sqlite3.Error) as error:
        memory.close()
        raise Refused(f"{path}: cannot be copied ({error}); name a SQLite database") from error
    except BaseException:
        memory.close()
        raise
    return memory


def finalized_copy(migrated: sqlite3.Connection, contract: Contract) -> sqlite3.Connection:
    """Return a copy in memory without the legacy columns, finalized where that is possible."""
    finalized = sqlite3.connect(":memory:", isolation_level=None)
    migrated.backup(finalized)
    try:
        finalize(finalized, contract)
    except (Refused, sqlite3.Error):
        drop_legacy(finalized, contract)
    return finalized


def drop_legacy(database: sqlite3.Connection, contract: Contract) -> None:
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
            database.execute(f"DROP {kind} IF EXISTS {quote(name)}")
    for owner, column in contract.columns():
        columns = f"SELECT 1 FROM pragma_table_info({literal(owner.name)}) WHERE lower(name) = ?"
        if database.execute(columns, (column.legacy.lower(),)).fetchone():
            _drop_column(database, owner.name, column.legacy)
    for sql in views:
        try:
            database.execute(sql)
        except sqlite3.Error:
            continue  # the view needs a legacy column; so does who reads it


def _drop_column(database: sqlite3.Connection, table: str, column: str) -> None:
    """Drop a column, or rename one that a key holds: its name is gone either way."""
    alter = f"ALTER TABLE {quote(table)}"
    try:
        database.execute(f"{alter} DROP COLUMN {quote(column)}")
    except sqlite3.Error:
        gone = quote(f"{column} without its name")
        database.execute(f"{alter} RENAME COLUMN {quote(column)} TO {gone}")
