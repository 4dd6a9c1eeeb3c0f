"""The database side: a legacy schema becomes a migrated one, online, verified, reversible."""

from __future__ import annotations

from ..progress import Progress
from .discover import Proposal, discover
from .errors import Failed, Interrupted, MigrationError, Refused
from .execute import migrate
from .finalize import FinalizeReport, finalize
from .plan import Plan
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
    "RollbackReport",
    "Status",
    "VerifyReport",
    "discover",
    "finalize",
    "migrate",
    "plan",
    "rollback",
    "script",
    "status",
    "verify",
]
