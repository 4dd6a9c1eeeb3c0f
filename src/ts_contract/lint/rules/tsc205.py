"""SELECT * from a contract table.

## What it does
Flags `*` and `alias.*` over a table of the contract, also through a subquery that passes all
columns on. Off by default: `count(*)` and `EXISTS (SELECT 1 ...)` are silent, but much working
code selects everything and never looks at the legacy columns.

## Why is this bad
The rows carry the legacy columns along to code that this tool cannot follow, and their order
changes when the migration adds columns and when it drops some.

## Example
```python
def load(conn, task_id):
    return conn.execute("SELECT * FROM tasks WHERE id = ?", (task_id,)).fetchone()
```

## Use instead
```python
def load(conn, task_id):
    query = "SELECT id, title, created_at_ms FROM tasks WHERE id = ?"
    return conn.execute(query, (task_id,)).fetchone()
```
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...source.file import File
from ...source.sql.references import Star
from ..gate import any_of
from . import Match, rule
from .needs import SQL, tables

# Behind a star that takes columns stands no operand, as behind one that multiplies.
_STAR = any_of(re.compile(r"\*\s*(?:(?![\w\s(*])|from\b|into\b)"))


@rule(
    "TSC205",
    "SELECT * takes the legacy columns of {table} along: name the columns",
    on=Star,
    needs=(any_of("select", "returning"), _STAR, SQL, tables),
    severity="warning",
    default=False,
)
def check(star: Star, file: File) -> Iterator[Match]:
    """Yield a match for each `*` over a contract table."""
    yield Match(star.span, {"table": star.table.name})
