"""The SQL of each dialect for a time in terms of an epoch column, and for the clock.

The expressions work on SQLite 3.35 and PostgreSQL 14. Texts are inserted around what stands in
the source already, so each is a prefix and a suffix. Each rounds down, as `to_epoch_ms` does. A
text that is bound is never parsed in SQL: no database reads all that `to_epoch_ms` reads, and
SQLite rounds the digits of a fraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from ...contract import ColumnContract, Dialect, Storage

__all__ = ["DIALECTS", "SCALES", "Around", "Sql", "literal_ms", "shown"]

Around = tuple[str, str]
"""What goes before and behind what stands in the source."""

SCALES: Mapping[Storage, int] = {"seconds": 1_000_000, "milliseconds": 1_000, "microseconds": 1}
"""Storages whose numbers need no text, no zone and no parsing, with the microseconds of one."""

_YEAR_1_MS = -62_135_596_800_000
# A division cuts towards zero, and all instants since the year 1 are positive after the addition.
_FLOORED = f" + {-1000 * _YEAR_1_MS}) / 1000 - {-_YEAR_1_MS})"


@dataclass(frozen=True, slots=True)
class Sql:
    """The expressions of one dialect.

    Attributes:
        seconds: what goes around the arguments of a date function, a whole-second clock, so that
            epoch milliseconds come out; None where the dialect has no such function.
        clock: what the keyword CURRENT_TIMESTAMP becomes, to the precision that it has there.
        shown: what goes around an epoch column, so that the legacy value comes out, in the form
            that CURRENT_TIMESTAMP has there; milliseconds only where there are some.
        instant: what goes behind an epoch column that is the first argument of a date function;
            None where `shown` serves.
        from_number: what goes around a number, by its storage, so that milliseconds come out; a
            fraction of seconds is rounded to the microsecond first, as the migration does.
        to_number: what goes around an epoch column, so that the legacy number comes out.
    """

    seconds: Around | None
    clock: str
    shown: Around
    instant: str | None
    from_number: Mapping[Storage, Around]
    to_number: Mapping[Storage, Around]


_AS_IT_IS = ("", "")
DIALECTS: dict[Dialect, Sql] = {
    # https://www.sqlite.org/lang_datefunc.html: strftime('%s') gives whole seconds, and the
    # modifier 'unixepoch' takes fractional ones, to the millisecond.
    "sqlite": Sql(
        seconds=("CAST(strftime('%s', ", ") AS INTEGER) * 1000"),
        clock="CAST(strftime('%s', 'now') AS INTEGER) * 1000",
        shown=("replace(strftime('%Y-%m-%d %H:%M:%f', ", " / 1000.0, 'unixepoch'), '.000', '')"),
        instant=" / 1000.0, 'unixepoch'",
        from_number={
            "seconds": ("((CAST(ROUND(", f" * 1000000.0) AS INTEGER){_FLOORED}"),
            "milliseconds": _AS_IT_IS,
            "microseconds": ("((CAST(", f" AS INTEGER){_FLOORED}"),
        },
        to_number={
            # By way of a text, whole seconds come out as an integer and others with their fraction.
            "seconds": ("CAST(CAST(", " / 1000.0 AS TEXT) AS NUMERIC)"),
            "milliseconds": _AS_IT_IS,
            "microseconds": ("(", " * 1000)"),
        },
    ),
    "postgresql": Sql(
        seconds=None,
        clock="CAST(FLOOR(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000) AS BIGINT)",
        shown=("(to_timestamp(", " / 1000.0) AT TIME ZONE 'UTC')"),
        instant=None,
        from_number={
            "seconds": (
                "((CAST(ROUND(CAST(",
                f" AS DOUBLE PRECISION) * 1000000) AS BIGINT){_FLOORED}",
            ),
            "milliseconds": _AS_IT_IS,
            "microseconds": ("((CAST(", f" AS BIGINT){_FLOORED}"),
        },
        to_number={
            "seconds": ("CAST(", " / 1000.0 AS DOUBLE PRECISION)"),
            "milliseconds": _AS_IT_IS,
            "microseconds": ("(", " * 1000)"),
        },
    ),
}


def shown(sql: Sql, column: ColumnContract) -> Around:
    """Return what goes around an epoch column so that the legacy value comes out.

    Args:
        sql: the expressions of the dialect.
        column: the column, whose storage decides.
    """
    return sql.to_number.get(column.storage, sql.shown)


def literal_ms(number: str, storage: Storage) -> int:
    """Return the milliseconds of a number that is written out, rounded down.

    Example:
        >>> literal_ms("-1.0005", "seconds"), literal_ms("-1", "microseconds")
        (-1001, -1)
    """
    micros = Decimal(number) * SCALES[storage]
    return int((micros / 1000).to_integral_value(ROUND_FLOOR))
