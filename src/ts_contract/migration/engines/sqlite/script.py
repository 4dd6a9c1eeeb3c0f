"""Scripts: the steps in a transaction that is committed only if all of it was done, and a verify.

A shell goes on behind an error, and commits what is left. So the script makes a note behind each
step whose work can be seen in the database, in a temporary table, and rolls back at the end if one
is lacking. The savepoints are there because of errors that end the transaction, like a full disk,
or keep it from beginning, like a lock: each of them begins one where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ....contract import index_name
from ...own_tables import QUARANTINE
from ...pairs import PairedTable
from ...steps import Step
from . import ddl
from .backfill import by_reading
from .expectations import done, has_columns, ready, undoable, undone
from .names import column_in, literal, quote
from .proof import sure_expression
from .recognise import classified_rows
from .sync import EVENTS, WITHOUT_INSTANT, has_conversions, trigger_name

__all__ = ["KEY", "LIMITS", "NEEDS", "do_script", "undo_script", "verify_script"]

NEEDS: Final = "SQLite 3.35 or newer"
KEY: Final = ("rowid",)
LIMITS: Final = (
    "Triggers that change other tables after an update fire once per row: drop them",
    "before and create them afterwards. Rows are addressed by rowid, which a table",
    "WITHOUT ROWID has not. Indexes and keys on the old columns have no successors:",
    "`ts-contract plan DB --sql` prints them. `ts-contract migrate` has none of these limits.",
)

_DONE = "_ts_contract_done"
_FAILED = "the script was not done as a whole; nothing is changed"


def do_script(
    tables: tuple[PairedTable, ...], steps: Iterable[Step], *, expanded: bool
) -> tuple[str, ...]:
    """Return the statements that do some steps, all of them or none.

    Args:
        tables: the tables of the contract, whose names the database has to know.
        steps: what to do.
        expanded: whether their epoch columns have to be there already.
    """
    parts = ((ready(step), ddl.do(step), done(step)) for step in steps)
    return _whole_or_not_at_all(tables, parts, expanded=expanded)


def undo_script(tables: tuple[PairedTable, ...], steps: Iterable[Step]) -> tuple[str, ...]:
    """Return the statements that take some steps back, all of them or none."""
    parts = ((undoable(step), ddl.undo(step), undone(step)) for step in steps)
    return _whole_or_not_at_all(tables, parts, expanded=True)


def verify_script(tables: tuple[PairedTable, ...], valid_range: tuple[int, int]) -> tuple[str, ...]:
    """Return queries for the columns with wrong values; no row means that none is wrong.

    A value is proved by turning it back into a text. What that cannot prove is judged by the
    long conversion, which shares nothing with the one that the backfill uses for usual shapes.
    """
    names = (_names(table, expanded=True) for table in tables)
    return (*names, *_wrong_values(tables, valid_range), _missing_objects(tables))


# --- all or nothing --------------------------------------------------------------------------


def _whole_or_not_at_all(
    tables: tuple[PairedTable, ...],
    parts: Iterable[tuple[str, tuple[str, ...], str]],
    *,
    expanded: bool,
) -> tuple[str, ...]:
    """Return a transaction of parts, each with what has to be true before it, and behind it."""
    statements, notes = [], 0

    def note(condition: str) -> str:
        nonlocal notes
        notes += 1
        return f"INSERT INTO temp.{_DONE} SELECT {notes} WHERE {condition}"

    for table in tables:
        statements += [_names(table, expanded=expanded), note(has_columns(table, expanded))]
    for before, work, behind in parts:
        if work:
            statements += [note(before), *map(_in_savepoint, work), note(behind)]
    return (
        f"CREATE TEMP TABLE IF NOT EXISTS {_DONE}"
        f" (step INTEGER PRIMARY KEY, CONSTRAINT {quote(_FAILED)} CHECK (step > 0))",
        "BEGIN IMMEDIATE",
        _in_savepoint(f"DELETE FROM temp.{_DONE}"),
        *statements,
        f"INSERT OR ROLLBACK INTO temp.{_DONE}"
        f" SELECT 0 WHERE (SELECT count(*) FROM temp.{_DONE}) <> {notes}",
        "COMMIT",
        f"DROP TABLE temp.{_DONE}",
    )


def _in_savepoint(statement: str) -> str:
    return f"SAVEPOINT _ts_contract;\n{statement}"


def _names(table: PairedTable, *, expanded: bool) -> str:
    """A query without rows, which is an error where one of the names is wrong."""
    names = [column_in(c.legacy, table.name) for c in table.columns]
    if expanded:
        names += [column_in(c.epoch, table.name) for c in table.columns]
    return f"SELECT {', '.join(names)} FROM {quote(table.name)} LIMIT 0"


# --- what is wrong ---------------------------------------------------------------------------


def _wrong_values(tables: tuple[PairedTable, ...], valid_range: tuple[int, int]) -> Iterator[str]:
    """Yield queries that count the values that differ, or are neither converted nor listed.

    Of what cannot be converted, each value has to be listed as often as it is there.
    """
    for reading, places in by_reading(tables).items():
        unsure = " UNION ALL ".join(
            f"SELECT {literal(f'{table.name}.{column.legacy}')} AS place,"
            f" {quote(column.epoch)} AS epoch, {quote(column.legacy)} AS v"
            f" FROM (SELECT {column_in(column.legacy, table.name)} AS {quote(column.legacy)},"
            f" {column_in(column.epoch, table.name)} AS {quote(column.epoch)}"
            f" FROM {quote(table.name)}) WHERE NOT {sure_expression(column, valid_range)}"
            for table, column in places
        )
        listed = " OR ".join(
            f"table_name = {literal(table.name)} COLLATE NOCASE"
            f" AND column_name = {literal(column.legacy)} COLLATE NOCASE"
            for table, column in places
        )
        judged = classified_rows(unsure, ("place", "epoch"), reading)
        first, last = valid_range
        yield (
            "SELECT place, sum(n) AS wrong FROM (\n"
            "SELECT place, sum(differs) + max(sum(unlisted), 0) AS n FROM (\n"
            "SELECT place, v, differs, NOT differs AND ms IS NULL"
            f" AND form NOT IN ({WITHOUT_INSTANT}) AS unlisted"
            f" FROM (SELECT *, epoch IS NOT ms OR coalesce(epoch NOT BETWEEN {first} AND {last}, 0)"
            f" AS differs FROM (\n{judged}\n))\n"
            "UNION ALL SELECT table_name || '.' || column_name, value, 0, -1"
            f" FROM {quote(QUARANTINE)} WHERE {listed}\n"
            ") GROUP BY place COLLATE NOCASE, v\n"
            ") GROUP BY place COLLATE NOCASE HAVING sum(n) > 0"
        )


def _missing_objects(tables: tuple[PairedTable, ...]) -> str:
    """A query for the indexes that are not there, and the triggers, once they were installed."""
    indexes = (
        ("index", index_name(table.name, column.epoch), column.epoch)
        for table in tables
        for column in table.columns
        if column.index
    )
    triggers = (
        ("trigger", trigger_name(table.name, event), "") for table in tables for event in EVENTS
    )
    wanted = ",\n  ".join(f"({', '.join(map(literal, row))})" for row in (*indexes, *triggers))
    return (
        f"WITH wanted (kind, name, indexed) AS (VALUES\n  {wanted}\n)"
        " SELECT name AS place, kind || ' is missing' AS wrong FROM wanted WHERE CASE kind"
        " WHEN 'index' THEN NOT EXISTS (SELECT 1 FROM pragma_index_info(wanted.name) AS found"
        " WHERE found.name = indexed COLLATE NOCASE)"
        f" ELSE {has_conversions()} AND NOT EXISTS (SELECT 1 FROM sqlite_schema AS found"
        " WHERE found.type = 'trigger' AND found.name = wanted.name COLLATE NOCASE) END"
    )
