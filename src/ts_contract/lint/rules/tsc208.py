"""SQL that may touch a legacy column, but whose table cannot be told.

## What it does
Flags a name that is a legacy column of some contract table, in a statement or a fragment that
does not say which table it belongs to: an unknown table stands beside or around, the qualifier is
not known, the table is filled in at run time. Off by default.

Naming the project's other tables in the contract's `schema` makes most of these sure.

## Why is this bad
It may be TSC201 unseen. Before finalize, look at each one once.

## Example
```python
def newest(conn, table):
    return conn.execute(f"SELECT id FROM {table} ORDER BY created_at DESC").fetchone()
```

## Use instead
```python
def newest(conn):
    return conn.execute("SELECT id FROM tasks ORDER BY created_at_ms DESC").fetchone()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.file import File
from ...source.sql.references import Unsure
from . import Match, rule
from .needs import SQL_OR_CLAUSE, endings, legacy


@rule(
    "TSC208",
    "SQL may touch legacy column {name} of {tables}: its table cannot be told",
    on=Unsure,
    needs=(endings, legacy, SQL_OR_CLAUSE),
    severity="warning",
    default=False,
)
def check(unsure: Unsure, file: File) -> Iterator[Match]:
    """Yield a match for each name that cannot be told."""
    tables = [table.name for table in unsure.tables]
    shown = ", ".join(tables[:3]) + (", ..." if len(tables) > 3 else "")
    yield Match(unsure.span, {"name": unsure.name, "tables": shown})
