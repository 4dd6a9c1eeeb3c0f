"""SQLite's own clock, made to follow `now_ms`."""

from __future__ import annotations

import sqlite3
from contextlib import suppress

from ....timestamps import epoch_ms_to_sqlite_timestamp, now_ms

__all__ = ["freeze_sql_clock"]


def freeze_sql_clock(connection: sqlite3.Connection) -> None:
    """Let a connection's CURRENT_TIMESTAMP, CURRENT_DATE and CURRENT_TIME follow `now_ms`.

    A connection that is opened inside the `with` block of a `FrozenClock` has it already. SQLite
    cannot take the functions back; without a frozen clock they tell the real time, in UTC.

    Args:
        connection: an open connection.

    Example:
        >>> from ts_contract.testing import FrozenClock
        >>> connection = sqlite3.connect(":memory:")
        >>> freeze_sql_clock(connection)
        >>> with FrozenClock("2024-01-15 12:00:00"):
        ...     connection.execute("SELECT CURRENT_TIMESTAMP").fetchone()
        ('2024-01-15 12:00:00',)
        >>> connection.close()
    """
    create = sqlite3.Connection.create_function
    with suppress(sqlite3.ProgrammingError):  # closed meanwhile, or another thread's
        create(connection, "current_timestamp", 0, _timestamp)
        create(connection, "current_date", 0, lambda: _timestamp()[:10])
        create(connection, "current_time", 0, lambda: _timestamp()[11:])


def _timestamp() -> str:
    return epoch_ms_to_sqlite_timestamp(now_ms())
