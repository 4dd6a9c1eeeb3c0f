"""Looking up the offset of a named zone in the table of its steps, in SQLite."""

from __future__ import annotations

from ...forms import Reading
from ...zones import is_utc, zone_steps
from .names import name_in

__all__ = [
    "ZONE_TABLE",
    "create_zone_table",
    "local_offset",
    "local_step",
    "utc_step",
    "zone_rows",
]

ZONE_TABLE = "_ts_contract_zone"


def create_zone_table(schema: str = "") -> str:
    """Return the statement that creates the table, where it is not there yet."""
    return (
        f"CREATE TABLE IF NOT EXISTS {name_in(ZONE_TABLE, schema)} (zone TEXT NOT NULL,"
        " clock TEXT NOT NULL, start INTEGER NOT NULL, utc_offset INTEGER, note TEXT NOT NULL,"
        " PRIMARY KEY (zone, clock, start)) WITHOUT ROWID"
    )


def zone_rows(reading: Reading) -> list[tuple[str, int, int | None, str]]:
    """Return the rows of the zone of a reading, without its name, by clock and start."""
    steps = zone_steps(reading.timezone, reading.on_overlap, reading.on_gap)
    return [(step.clock, step.start, step.offset, step.note) for step in steps]


def local_offset(local: str, reading: Reading) -> str:
    """Return SQL for the seconds east of UTC of a local time; NULL where it is no single instant.

    Args:
        local: SQL expression of the local time, in seconds as if it were UTC.
        reading: how the column is read.
    """
    return "0" if is_utc(reading.timezone) else local_step("utc_offset", local, reading)


def local_step(column: str, local: str, reading: Reading) -> str:
    """Return SQL for a column of the step that holds at a local time."""
    return _step(column, "local", local, reading)


def utc_step(column: str, instant: str, reading: Reading) -> str:
    """Return SQL for a column of the step that holds at an instant, in epoch seconds."""
    return _step(column, "utc", instant, reading)


def _step(column: str, clock: str, start: str, reading: Reading) -> str:
    return (
        f"(SELECT {column} FROM {ZONE_TABLE} WHERE zone='{reading.timezone}' AND clock='{clock}'"
        f" AND start<={start} ORDER BY start DESC LIMIT 1)"
    )
