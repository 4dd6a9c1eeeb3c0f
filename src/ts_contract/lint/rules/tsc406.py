"""SQL seconds in an epoch column: `created_at_ms = strftime('%s','now')`.

## What it does
Flags SQL that writes seconds into a column of milliseconds, or compares it with them:
`strftime('%s', ...)`, `unixepoch()`, `EXTRACT(EPOCH FROM ...)`, also in a cast, in a sum, in the
values of an INSERT, and in a column's DEFAULT.

## Why is this bad
The database's functions for the epoch count seconds. What they write is a thousand times too
small, and what they are compared with is a thousand times too large: the condition has always the
same result.

The fix multiplies by 1000; it is unsafe, since it changes what is stored or found.

## Example
```python
def touch(connection, task_id):
    connection.execute(
        "UPDATE jobs SET touched_at_ms = strftime('%s', 'now') WHERE id = ?", (task_id,)
    )
```

## Use instead
```python
def touch(connection, task_id):
    connection.execute(
        "UPDATE jobs SET touched_at_ms = strftime('%s', 'now') * 1000 WHERE id = ?", (task_id,)
    )
```
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ...source.edits import Edit, Fix
from ...source.file import File
from ...source.instants.sql_units import ColumnValue, column_values, sql_unit
from ...source.instants.units import named
from ...source.sql.queries import find_queries
from ..gate import any_of
from . import Match, rule
from .needs import SQL, milliseconds


@rule(
    "TSC406",
    "SQL seconds in {column}, which holds milliseconds: multiply by 1000",
    on=ast.Module,
    needs=(milliseconds, any_of("strftime", "unixepoch", "epoch from", "unix_timestamp"), SQL),
)
def check(node: ast.Module, file: File) -> Iterator[Match]:
    """Yield a match for each value in seconds beside a column of milliseconds."""
    for query in file.part(find_queries):
        for value in column_values(query):
            held = named(value.column, file)
            if held is None or held.unit != "ms" or sql_unit(value.tokens, file) != "s":
                continue
            yield Match(value.span, {"column": value.column}, _fix(value))


def _fix(value: ColumnValue) -> Fix:
    start, end = value.span
    is_sum = any(token.text in {"+", "-"} for token in value.tokens)
    edits: tuple[Edit, ...] = (Edit(end, end, " * 1000"),)
    if is_sum or value.tokens[0].text == "(":
        edits = (Edit(start, start, "("), Edit(end, end, " * 1000)"))
        if is_sum:
            edits = (Edit(start, start, "(("), Edit(end, end, ") * 1000)"))
    return Fix("unsafe", edits, reason="another number is stored or compared")
