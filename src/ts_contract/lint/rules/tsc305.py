"""A legacy column's name is held as data that reaches SQL.

## What it does
Follows the hole of a query to the collection that it is checked against or looked up in
(`if sort not in SORTABLE`, `ORDERS[key]`), and flags the legacy columns of the query's tables
there. Flags them too where a call names their table beside them: `insert("tasks", {"created_at":
now})`, `select(table="tasks", columns=["created_at"])`. Off by default: names that users choose
from are often part of an interface.

## Why is this bad
No text of SQL shows the column, so every other rule passes; the query reads it all the same.

## Example
```python
SORTABLE = {"title", "created_at"}


def listed(conn, sort):
    if sort not in SORTABLE:
        raise ValueError(sort)
    return conn.execute(f"SELECT id FROM tasks ORDER BY {sort}").fetchall()
```

## Use instead
```python
SORTABLE = {"title": "title", "created": "created_at_ms"}


def listed(conn, sort):
    return conn.execute(f"SELECT id FROM tasks ORDER BY {SORTABLE[sort]}").fetchall()
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.columns.model import ColumnData
from ...source.file import File
from . import Match, rule
from .needs import columns_in_calls, endings, legacy, tables


@rule(
    "TSC305",
    "legacy column {name} is held as data that reaches SQL: hold {epoch}",
    on=ColumnData,
    needs=(endings, legacy, tables, columns_in_calls),
    severity="warning",
    default=False,
)
def check(data: ColumnData, file: File) -> Iterator[Match]:
    """Yield a match for each legacy column in a collection that fills a query."""
    name = f"{data.table.name}.{data.column.legacy}"
    yield Match(data.span, {"name": name, "epoch": data.column.epoch})
