"""The database side: a legacy schema becomes a migrated one, online, verified, reversible.

- Values and structure, as data: `forms` and `zones` (which instant a stored value stands for),
  `schema` (what a database has), `pairs` (legacy and epoch columns), `own_tables` (our names).
- What is left to do, as data: `steps`, those `remaining`, `plan` and its `notices`; `survey` reads
  a database for it.
- Doing it: `execute` runs a plan, `run` holds its lease and transactions, `backfill` fills;
  `state` and `lease` are what is stored of it, in `state_rows`; `whereabouts` finds what is on
  record under its name of today, `changes` how another contract differs from it,
  `selection` is some of its tables; `stopping` is how it is stopped.
- Judging it: `verify` and its `verify_report`, `status`; `repair` settles what differs.
- Ending it: `finalize` and `rollback`, which share `dropping`.
- Without running it: `discover` proposes a contract, `script` writes the steps down.
- `engines`: all that differs from engine to engine. Nothing else knows a driver or its SQL.
"""

from __future__ import annotations

from ..progress import Progress
from .discover import Proposal, discover
from .errors import Failed, Interrupted, MigrationError, Refused
from .execute import migrate
from .finalize import FinalizeReport, columns_to_drop, finalize, plan_finalize
from .plan import Plan
from .repair import RepairReport, repair
from .rollback import RollbackReport, rollback
from .script import script
from .status import Status, status
from .survey import plan
from .verify import verify
from .verify_report import VerifyReport

__all__ = [
    "Failed",
    "FinalizeReport",
    "Interrupted",
    "MigrationError",
    "Plan",
    "Progress",
    "Proposal",
    "Refused",
    "RepairReport",
    "RollbackReport",
    "Status",
    "VerifyReport",
    "columns_to_drop",
    "discover",
    "finalize",
    "migrate",
    "plan",
    "plan_finalize",
    "repair",
    "rollback",
    "script",
    "status",
    "verify",
]
