"""An object of a model is asked for a legacy column, or given one.

## What it does
Flags `task.created_at` and `task.created_at = x` where `task` is known to be an object of a class
of a contract table: it comes from a query, from a loop over one, from the class itself or from a
relation, is annotated as `Task`, or is `self` in the class's own methods. Classes of other files
of the project are known too. In phase `migrate` it stays silent where the same function sets the
epoch attribute of the object beside it.

## Why is this bad
The ORM reads the legacy column for it, or writes it with the next flush or `save`, in a statement
that no linter sees. Once the class no longer defines the column, the attribute is missing.

## Example
```python
from sqlalchemy import BigInteger, Column, DateTime

from myapp.tables import Base


class Task(Base):
    __tablename__ = "tasks"

    created_at = Column(DateTime)
    created_at_ms = Column(BigInteger)


def age(task: Task, now):
    return now - task.created_at
```

## Use instead
```python
from sqlalchemy import BigInteger, Column

from myapp.tables import Base


class Task(Base):
    __tablename__ = "tasks"

    created_at_ms = Column(BigInteger)


def age(task: Task, now):
    return now - task.created_at_ms
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.columns.model import ObjectUse
from ...source.file import File
from . import Match, rule
from .needs import endings, legacy
from .sql import dual_write_allowed


@rule(
    "TSC306",
    "object has legacy column {name}: use {epoch}",
    on=ObjectUse,
    needs=(endings, legacy),
)
def check(use: ObjectUse, file: File) -> Iterator[Match]:
    """Yield a match for each legacy attribute of an object."""
    if dual_write_allowed(use, file.contract):
        return
    name = f"{use.table.name}.{use.column.legacy}"
    yield Match(use.span, {"name": name, "epoch": use.column.epoch})
