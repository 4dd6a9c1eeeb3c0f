"""A legacy column leaves a row by `.get`, by position, or with all the others.

## What it does
Flags `row.get("created_at")`, `row[3]` and `dict(row)` where the row is known to come from a
query on a contract table and carries a legacy column there. Off by default: each is less of a
fault than TSC301, and `dict(row)` is often one only if somebody looks at the key later.

## Why is this bad
`.get` gives None instead of an error once the key is gone; a position moves when columns are added
or dropped; a dict takes zoneless text to code that this tool cannot follow.

## Example
```python
def created(conn, task_id):
    query = "SELECT t.* FROM tasks t WHERE id = ?"
    return conn.execute(query, (task_id,)).fetchone().get("created_at")
```

## Use instead
```python
def created(conn, task_id):
    query = "SELECT created_at_ms FROM tasks WHERE id = ?"
    return conn.execute(query, (task_id,)).fetchone()["created_at_ms"]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.columns.model import RowRead
from ...source.file import File
from . import Match, rule
from .needs import LEGACY_SQL

_SHOWN = {"get": ".get({!r}) of this row", "position": "this position", "dict": "dict() of a row"}


@rule(
    "TSC302",
    "{what} takes legacy column {name} along: select and read {epoch}",
    on=RowRead,
    needs=LEGACY_SQL,
    severity="warning",
    default=False,
)
def check(read: RowRead, file: File) -> Iterator[Match]:
    """Yield a match for a legacy column that leaves a row otherwise than by its key."""
    if read.kind == "key":
        return
    name = f"{read.table.name}.{read.column.legacy}"
    what = _SHOWN[read.kind].format(read.name)
    yield Match(read.span, {"what": what, "name": name, "epoch": read.column.epoch})
