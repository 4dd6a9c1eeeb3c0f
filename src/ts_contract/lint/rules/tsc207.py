"""A trigger or another opaque statement names a legacy column.

## What it does
Flags legacy columns in CREATE TRIGGER (its UPDATE OF list, its WHEN, each statement of its body),
in statements that cannot be parsed, if they name no table but one of the contract, and in those of
any dialect that are not analysed: MERGE, COPY, PREPARE, cursors, functions, procedures, policies.
In phase `migrate` one that names both columns of a pair stays silent about them.

## Why is this bad
A trigger keeps writing or comparing the legacy column behind every statement that was migrated;
after finalize each write to its table fails. No codemod can rewrite such a statement safely.

## Example
```python
TRIGGER = '''
CREATE TRIGGER touch AFTER UPDATE ON tasks
BEGIN
    UPDATE tasks SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;
END
'''
```

## Use instead
```python
TRIGGER = '''
CREATE TRIGGER touch AFTER UPDATE ON tasks
BEGIN
    UPDATE tasks SET updated_at_ms = CAST(unixepoch('subsec') * 1000 AS INTEGER)
    WHERE id = NEW.id;
END
'''
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.columns.model import OpaqueName
from ...source.file import File
from ...source.sql.references import Reference
from . import Match, rule
from .needs import endings, legacy, tables
from .sql import dual_write_allowed


@rule(
    "TSC207",
    "a trigger or opaque statement names legacy column {name}: rewrite it for {epoch}",
    on=(Reference, OpaqueName),
    needs=(endings, legacy, tables),
)
def check(reference: Reference | OpaqueName, file: File) -> Iterator[Match]:
    """Yield a match for a legacy column in a statement that nothing can rewrite."""
    if isinstance(reference, OpaqueName):
        if dual_write_allowed(reference, file.contract):
            return
        name = f"{reference.table.name}.{reference.column.legacy}"
        yield Match(reference.span, {"name": name, "epoch": reference.column.epoch})
        return
    if reference.epoch or reference.through_subquery or not reference.opaque:
        return
    if dual_write_allowed(reference, file.contract):
        return
    yield Match(reference.span, {"name": reference.name, "epoch": reference.column.epoch})
