"""An ORM query names a legacy column.

## What it does
Flags `Task.created_at` where `Task` is a class of a contract table, `tasks.c.created_at` and
`tasks.c["created_at"]` of a Core table, and the names in `Task.objects.filter(created_at__gt=...)`,
`Q(created_at__gt=...)`, `F("created_at")`, `.order_by("-created_at")`, `filter_by(created_at=...)`,
`update(Task).values(created_at=...)`, `tasks.insert().values({"created_at": ...})` and
`Task(created_at=...)`. In phase `migrate` it stays silent where the epoch column is written beside
it.

A class may stand in any file of the project, and its table follows from `__tablename__`, a `Meta`,
a mapping, or the framework's own rule; the contract's `models` names the table of any other class.
A query is followed through the names that it is held in. What is not certain is not reported.

## Why is this bad
It is TSC201 in another language: the query reads or compares the legacy column.

## Example
```python
from sqlalchemy import select

from myapp.tables import Base


class Task(Base):
    __tablename__ = "tasks"


newest = select(Task).order_by(Task.created_at.desc())
```

## Use instead
```python
from sqlalchemy import select

from myapp.tables import Base


class Task(Base):
    __tablename__ = "tasks"


newest = select(Task).order_by(Task.created_at_ms.desc())
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.columns.model import ModelUse
from ...source.file import File
from . import Match, rule
from .needs import endings, legacy
from .sql import dual_write_allowed


@rule(
    "TSC303",
    "ORM query uses legacy column {name}: use {epoch}",
    on=ModelUse,
    needs=(endings, legacy),
)
def check(use: ModelUse, file: File) -> Iterator[Match]:
    """Yield a match for each legacy column that an ORM query names."""
    if dual_write_allowed(use, file.contract):
        return
    name = f"{use.table.name}.{use.column.legacy}"
    yield Match(use.span, {"name": name, "epoch": use.column.epoch})
