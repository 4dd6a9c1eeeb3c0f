"""SQL writes a legacy column.

## What it does
Flags each legacy column that an INSERT or UPDATE writes. In phase `migrate` it stays silent where
the same statement writes the epoch column too; in `enforce` and `finalized` it does not.

## Why is this bad
A row whose legacy column alone is written has no instant for readers of the epoch column, unless
a sync trigger fills it in; and the statement fails once the migration is finalized.

## Example
```python
def touch(conn, task_id, now):
    conn.execute("UPDATE tasks SET updated_at = ? WHERE id = ?", (now, task_id))
```

## Use instead
```python
from ts_contract import now_ms


def touch(conn, task_id):
    conn.execute("UPDATE tasks SET updated_at_ms = ? WHERE id = ?", (now_ms(), task_id))
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
    "TSC202",
    "SQL writes legacy column {name}: write {epoch}, in epoch milliseconds",
    on=Reference,
    needs=LEGACY_SQL,
)
def check(reference: Reference, file: File) -> Iterator[Match]:
    """Yield a match for a legacy column that is written, and may not be in this phase."""
    if reference.epoch or reference.access != "write" or reference.opaque:
        return
    if dual_write_allowed(reference, file.contract):
        return
    yield Match(reference.span, {"name": reference.name, "epoch": reference.column.epoch})
