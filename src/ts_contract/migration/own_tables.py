"""The names of what the migration adds to a database for itself."""

from __future__ import annotations

from typing import Final

__all__ = ["FORMAT", "PREFIX", "QUARANTINE", "STATE", "is_ours"]

PREFIX: Final = "_ts_contract_"
STATE: Final = f"{PREFIX}state"
FORMAT: Final = 2
"""The format of the state: 1 is that of version 0.1.0, which did not write it down."""

QUARANTINE: Final = f"{PREFIX}quarantine"


def is_ours(name: str) -> bool:
    """Return whether a table, view or trigger has a name of ours; its text tells whether it is.

    Example:
        >>> is_ours("_ts_contract_tasks_insert")
        True
    """
    return name.lower().startswith(PREFIX)
