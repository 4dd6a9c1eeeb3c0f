"""SQL reads a legacy column.

## What it does
Flags each place where a query reads a legacy column of the contract: in a select list, WHERE,
ORDER BY, GROUP BY, a join or a RETURNING.

The column is given to its table through aliases, joins, subqueries and common table expressions.
A column of the same name in a table outside the contract stays silent, and so do bind names
(`:created_at`), JSON paths, string values and comments.

## Why is this bad
The legacy column holds local or zoneless text in whatever form its writers chose. It sorts and
compares as text, and it is gone once the migration is finalized.

## Example
```python
def newest(conn):
    return conn.execute("SELECT id FROM tasks ORDER BY created_at DESC LIMIT 1").fetchone()
```

## Use instead
```python
def newest(conn):
    return conn.execute("SELECT id FROM tasks ORDER BY created_at_ms DESC LIMIT 1").fetchone()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.file import File
from ...source.sql.references import Reference
from . import Match, rule
from .needs import LEGACY_SQL


@rule(
    "TSC201",
    "SQL reads legacy column {name}: read {epoch}",
    on=Reference,
    needs=LEGACY_SQL,
)
def check(reference: Reference, file: File) -> Iterator[Match]:
    """Yield a match for a legacy column that a query reads in its own text."""
    if reference.epoch or reference.through_subquery or reference.access != "read":
        return
    if reference.opaque or reference.fragment or reference.role == "excluded":
        return  # TSC207, TSC206, and the write that TSC202 reports
    yield Match(reference.span, {"name": reference.name, "epoch": reference.column.epoch})
