"""A fragment of SQL names a legacy column of the query that it joins.

## What it does
Follows a piece of SQL (`sql += " ORDER BY created_at"`, `parts.append("AND created_at > ?")`, a
clause in an f-string's hole) to the query that it becomes part of within the function, and flags
the legacy columns of that query's tables in it.

## Why is this bad
It is TSC201 at a distance: the query looks migrated, and the fragment still reads the legacy
column.

## Example
```python
def tasks(conn, newest_first):
    sql = "SELECT id FROM tasks"
    if newest_first:
        sql += " ORDER BY created_at DESC"
    return conn.execute(sql).fetchall()
```

## Use instead
```python
def tasks(conn, newest_first):
    sql = "SELECT id FROM tasks"
    if newest_first:
        sql += " ORDER BY created_at_ms DESC"
    return conn.execute(sql).fetchall()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.file import File
from ...source.sql.references import Reference
from . import Match, rule
from .needs import LEGACY_SQL


@rule(
    "TSC206",
    "SQL fragment reads legacy column {name}: read {epoch}",
    on=Reference,
    needs=LEGACY_SQL,
)
def check(reference: Reference, file: File) -> Iterator[Match]:
    """Yield a match for a legacy column that a fragment reads."""
    if reference.epoch or reference.through_subquery or reference.access != "read":
        return
    if reference.opaque or not reference.fragment or reference.role == "excluded":
        return
    yield Match(reference.span, {"name": reference.name, "epoch": reference.column.epoch})
