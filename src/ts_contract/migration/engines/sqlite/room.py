"""How much room a database takes, and how much is left on its file system."""

from __future__ import annotations

import os
import shutil

from ...pairs import PairedTable
from ..answers import Room
from ..base import Session
from .connection import file_of, has_write_ahead_log
from .names import column_in, quote

__all__ = ["bytes_of", "room"]

_SAMPLED = 100
_COLUMNS = 1_500  # of a SELECT, which can have 2,000; who has more takes more than we say
_BYTES_OF_ROW = 8  # its header, its rowid, its place in the page


def room(session: Session) -> Room:
    """Return how much room there is for a database to grow."""
    path = file_of(session)
    free = shutil.disk_usage(os.path.dirname(path) or ".").free if path else None  # noqa: PTH120
    return Room(free, has_write_ahead_log(session))


def bytes_of(session: Session, table: PairedTable, rows: int) -> int:
    """Estimate what the rows of a table take, by the first and the last of them."""
    if not table.key:  # such a table is refused
        return 0
    schema, name = quote(session.schema), quote(table.name)
    columns = [
        column_in(row[1], table.name)
        for row in session.run(f"PRAGMA {schema}.table_xinfo({name})")
        if row[6] in (0, 3)  # neither hidden nor computed anew at each read
    ][:_COLUMNS]
    lengths = ", ".join(f"total(length(CAST({column} AS BLOB)))" for column in columns)
    found = bytes_read = 0
    for direction in ("", " DESC"):
        order = ", ".join(f"{column_in(key, table.name)}{direction}" for key in table.key)
        read, *sums = session.run(
            f"SELECT count(*), {lengths} FROM (SELECT * FROM {session.qualified(table.name)}"
            f" AS {name} ORDER BY {order} LIMIT {_SAMPLED}) AS {name}"
        ).fetchone()
        found, bytes_read = found + read, bytes_read + int(sum(sums))
    if not found:
        return 0
    return rows * (bytes_read // found + len(columns) + _BYTES_OF_ROW)
