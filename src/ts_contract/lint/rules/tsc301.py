"""A legacy column is read from a row by its name.

## What it does
Flags `row["created_at"]` where the row is known to come from a query on a contract table, and the
value under that name is the legacy column. Rows are followed from `fetchone`, `fetchall`,
iteration, comprehensions, `dict(row)` and functions of the same file that return them.

A row whose query gives the epoch column under that name stays silent, and so does anything that
is not visibly a row: `response.json()["created_at"]`.

## Why is this bad
Once the query reads the epoch column the key is gone, and until then the value is zoneless text.

## Example
```python
def created(rows_of):
    for row in rows_of.execute("SELECT * FROM tasks"):
        yield row["created_at"]
```

## Use instead
```python
from ts_contract import from_epoch_ms


def created(rows_of):
    for row in rows_of.execute("SELECT created_at_ms FROM tasks"):
        yield from_epoch_ms(row["created_at_ms"])
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.columns.model import RowRead
from ...source.file import File
from . import Match, rule
from .needs import LEGACY_SQL


@rule(
    "TSC301",
    "row[{key!r}] is legacy column {name}: select and read {epoch}",
    on=RowRead,
    needs=LEGACY_SQL,
)
def check(read: RowRead, file: File) -> Iterator[Match]:
    """Yield a match for a legacy column taken out of a row by its name."""
    if read.kind != "key":
        return
    name = f"{read.table.name}.{read.column.legacy}"
    yield Match(read.span, {"key": read.name, "name": name, "epoch": read.column.epoch})
