"""DDL on a legacy column.

## What it does
Flags a legacy column that CREATE TABLE, ALTER TABLE or CREATE INDEX defines, changes or indexes.
In phase `migrate` a definition stays silent where the epoch column is defined beside it.

## Why is this bad
A new database gets the column that the contract replaces, or an index that no query should use.

## Example
```python
SCHEMA = "CREATE TABLE tasks (id TEXT PRIMARY KEY, created_at TIMESTAMP)"
```

## Use instead
```python
SCHEMA = "CREATE TABLE tasks (id TEXT PRIMARY KEY, created_at_ms INTEGER)"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.file import File
from ...source.sql.references import Reference
from . import Match, rule
from .needs import LEGACY_SQL
from .sql import dual_write_allowed


@rule(
    "TSC203",
    "DDL on legacy column {name}: define or index {epoch}",
    on=Reference,
    needs=LEGACY_SQL,
)
def check(reference: Reference, file: File) -> Iterator[Match]:
    """Yield a match for a legacy column that is defined, and may not be in this phase."""
    if reference.epoch or reference.access != "ddl" or reference.opaque:
        return
    if reference.role == "definition" and dual_write_allowed(reference, file.contract):
        return
    yield Match(reference.span, {"name": reference.name, "epoch": reference.column.epoch})
