"""The SQL of each dialect for a time in terms of an epoch column, and for the clock.

The expressions work on SQLite 3.35 and PostgreSQL 14. Texts are inserted around what stands in
the source already, so each is a prefix and a suffix.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...contract import ColumnContract, Dialect, Storage

__all__ = ["DIALECTS", "SCALES", "Sql", "shown"]


@dataclass(frozen=True, slots=True)
class Sql:
    """The expressions of one dialect.

    Attributes:
        seconds: what goes around the arguments of a date function, a whole-second clock, so that
            epoch milliseconds come out; None where the dialect has no such function.
        clock: what the keyword CURRENT_TIMESTAMP becomes, to the precision that it has there.
        parsed: what goes around a text or a placeholder, so that epoch milliseconds come out.
        shown: what goes around an epoch column, so that the legacy value comes out, in the form
            that CURRENT_TIMESTAMP has there; milliseconds only where there are some.
        instant: what goes behind an epoch column that is the first argument of a date function;
            None where `shown` serves.
    """

    seconds: tuple[str, str] | None
    clock: str
    parsed: tuple[str, str]
    shown: tuple[str, str]
    instant: str | None


DIALECTS: dict[Dialect, Sql] = {
    # https://www.sqlite.org/lang_datefunc.html: strftime('%s') gives whole seconds, and the
    # modifier 'unixepoch' takes fractional ones, to the millisecond.
    "sqlite": Sql(
        seconds=("CAST(strftime('%s', ", ") AS INTEGER) * 1000"),
        clock="CAST(strftime('%s', 'now') AS INTEGER) * 1000",
        parsed=("CAST(ROUND((julianday(", ") - 2440587.5) * 86400000.0) AS INTEGER)"),
        shown=("replace(strftime('%Y-%m-%d %H:%M:%f', ", " / 1000.0, 'unixepoch'), '.000', '')"),
        instant=" / 1000.0, 'unixepoch'",
    ),
    "postgresql": Sql(
        seconds=None,
        clock="CAST(FLOOR(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000) AS BIGINT)",
        parsed=("CAST(FLOOR(EXTRACT(EPOCH FROM CAST(", " AS TIMESTAMPTZ)) * 1000) AS BIGINT)"),
        shown=("(to_timestamp(", " / 1000.0) AT TIME ZONE 'UTC')"),
        instant=None,
    ),
}


# A column whose contract says its unit: what goes around the epoch column so that the legacy
# number comes out, and around a number in that unit so that milliseconds come out. Numbers need
# no text, no zone and no parsing, and NULL stays NULL.
SCALES: dict[Storage, tuple[tuple[str, str], tuple[str, str]]] = {
    "seconds": (("(", " / 1000)"), ("CAST(", " * 1000 AS INTEGER)")),
    "milliseconds": (("", ""), ("", "")),
    "microseconds": (("(", " * 1000)"), ("", " / 1000")),
}


def shown(sql: Sql, column: ColumnContract) -> tuple[str, str]:
    """Return what goes around an epoch column so that the legacy value comes out.

    Args:
        sql: the expressions of the dialect.
        column: the column, whose storage decides.
    """
    return SCALES[column.storage][0] if column.storage in SCALES else sql.shown
