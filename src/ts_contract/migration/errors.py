"""What can go wrong in a migration, by what the user has to do about it."""

from __future__ import annotations

__all__ = ["Failed", "Interrupted", "MigrationError", "Refused"]


class MigrationError(Exception):
    """Base of the errors below; its text is one line: what, where, what to do."""


class Refused(MigrationError):  # noqa: N818 - reads as what happened
    """Nothing was begun: the input, the contract or the database does not allow it."""


class Failed(MigrationError):  # noqa: N818
    """Something failed on the way; what was finished is kept, and the next run goes on."""


class Interrupted(Failed):
    """Stopped at the user's wish between two transactions; the next run goes on."""
