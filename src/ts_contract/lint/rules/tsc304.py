"""A class or table in Python defines a legacy column.

## What it does
Flags the column definition in an ORM class, in a SQLAlchemy Core `Table` or alembic's
`create_table` and `add_column`, and the field of a dataclass or pydantic model that the contract's
`models` names. A column of a mixin or an abstract base is flagged if any class of a contract table
takes it from there. In phase `migrate` it stays silent where the epoch column is defined beside it.

## Why is this bad
The ORM creates, reads and writes every column that its class defines, in statements that no
linter sees.

## Example
```python
from sqlalchemy import Column, DateTime

from myapp.tables import Base


class Task(Base):
    __tablename__ = "tasks"

    created_at = Column(DateTime)
```

## Use instead
```python
from sqlalchemy import BigInteger, Column

from myapp.tables import Base


class Task(Base):
    __tablename__ = "tasks"

    created_at_ms = Column(BigInteger)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.columns.model import ModelColumn
from ...source.file import File
from . import Match, rule
from .needs import endings, legacy
from .sql import dual_write_allowed


@rule(
    "TSC304",
    "definition of legacy column {name}: define {epoch}",
    on=ModelColumn,
    needs=(endings, legacy),
)
def check(column: ModelColumn, file: File) -> Iterator[Match]:
    """Yield a match for a legacy column that is defined, and may not be in this phase."""
    if column.epoch or dual_write_allowed(column, file.contract):
        return
    name = f"{column.table.name}.{column.column.legacy}"
    yield Match(column.span, {"name": name, "epoch": column.column.epoch})
