"""SQLite 3.35 or newer, by the module sqlite3 of the standard library.

The facets, in the order in which a migration asks them:

- `connection` opens a file or borrows a connection; `names`, `errors`: what is quoted, what failed.
- `inspection`: what a database has; `indexes`: what succeeds its indexes and keys.
- `room`: how many bytes there are, and how many are free.
- `survey`: which storage forms a column holds, by the expressions of `recognise` and `usual`.
- `trial`: what the application's triggers make of those of ours.
- `ddl`: the statements of each step; `sync`: the triggers; `script`: whole phases as a script.
- `traces`: what a database shows of the steps, told by the texts of `ddl`.
- `rows`: filling, by `ranges` and `updates`; `quiet` without triggers, `offline` by threads.
- `repairing`: writing one column of a pair by the other.
- `proof`: which values are certainly right.
- `removal`: `columns` out of tables, by their `create_text`; `dependents`, `foreign_keys`: what
  needs them; `successions`: what epoch columns take over, by `clauses`, `epoch_checks` and
  `epoch_defaults`.
- `backup`: a verified copy.
"""

from __future__ import annotations

from typing import Final

from ..base import Engine, Features
from . import (
    backup,
    connection,
    ddl,
    indexes,
    inspection,
    proof,
    removal,
    repairing,
    room,
    rows,
    script,
    survey,
    traces,
    trial,
)

__all__ = ["ENGINE"]

ENGINE: Final = Engine(
    name="sqlite",
    features=Features(index_in_transaction=True),
    connection=connection,
    inspection=inspection,
    room=room,
    indexes=indexes,
    trial=trial,
    ddl=ddl,
    trace=traces,
    script=script,
    survey=survey,
    rows=rows,
    repairing=repairing,
    proof=proof,
    removal=removal,
    backup=backup,
)
