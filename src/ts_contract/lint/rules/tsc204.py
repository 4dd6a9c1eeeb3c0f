"""The SQL clock is written to a contract column.

## What it does
Flags `CURRENT_TIMESTAMP`, `datetime('now')`, `NOW()` and their like as the value, or as a
fallback within the value, that an INSERT or UPDATE writes to a legacy or an epoch column, and as
the DEFAULT of one. In phase `migrate` the clock of a legacy column stays silent where the epoch
column is written beside it.

## Why is this bad
The SQL clock is text in whole seconds. In an epoch column SQLite keeps it as text, and text
compares greater than every number; and a test that freezes the program's clock does not freeze
the database's.

## Example
```python
def finish(conn, run_id):
    conn.execute("UPDATE runs SET completed_at_ms = CURRENT_TIMESTAMP WHERE id = ?", (run_id,))
```

## Use instead
```python
from ts_contract import now_ms


def finish(conn, run_id):
    conn.execute("UPDATE runs SET completed_at_ms = ? WHERE id = ?", (now_ms(), run_id))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from ...source.file import File
from ...source.sql.references import Reference
from . import Match, rule
from .needs import SQL, columns, endings, tables
from .sql import dual_write_allowed


@rule(
    "TSC204",
    "the SQL clock {clock} is written to {name}: bind now_ms() to {epoch}",
    on=Reference,
    needs=(endings, columns, tables, SQL),
)
def check(reference: Reference, file: File) -> Iterator[Match]:
    """Yield a match for each SQL clock that becomes the value of a contract column."""
    if reference.access == "read" or reference.opaque:
        return
    if not reference.epoch and dual_write_allowed(reference, file.contract):
        return
    for value in reference.values:
        if value.clock is not None and not _is_number(value.clock_text):
            fields = {
                "clock": value.clock_text,
                "name": reference.name,
                "epoch": reference.column.epoch,
            }
            yield Match(value.clock, fields)


def _is_number(clock: str) -> bool:
    """Tell whether a clock gives seconds or days: TSC406 has those in an epoch column."""
    lowered = clock.lower().replace('"', "'")
    return lowered.startswith(("unixepoch", "julianday")) or "'%s'" in lowered
