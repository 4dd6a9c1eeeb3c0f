"""What the application's triggers make of the UPDATE that a sync trigger does: it is tried.

On a copy of the schema in memory, whose tables are bare: they have their columns, and no
constraint that could get in the way. A row is inserted as old code does it, and as new code does.
A trigger with a condition fires for some rows only, so the last rows of the table are tried, and
one that says nothing but its instants.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any, Final

from ...forms import convert
from ...own_tables import is_ours
from ...pairs import ColumnPair, PairedTable
from ...schema import DatabaseInfo
from ...steps import AddColumn, InstallConversion, InstallSync, InstallZone
from ...zones import is_utc
from ..answers import FiredTrigger
from ..base import Session
from . import ddl
from .inspection import table_names
from .names import quote
from .sync import EVENTS, legacy_value, trigger_name

__all__ = ["fired_triggers"]

_ROWS: Final = 3
_INSTANT: Final = 1_546_300_800_000
"""Long ago, so that a clock shows another one; midnight, which all columns can hold."""

Row = dict[str, Any]


def fired_triggers(
    session: Session, info: DatabaseInfo, table: PairedTable
) -> tuple[FiredTrigger, ...]:
    """Return the application's triggers that the sync triggers of a table will fire.

    Args:
        session: an open database, which is only read.
        info: its triggers.
        table: the table.
    """
    written = {name.lower() for c in table.columns for name in (c.epoch, *_writable(c))}
    names = [t.name for t in info.triggers_on(table.name) if t.fires_on_update_of(written)]
    names = [name for name in names if not is_ours(name)]
    if not names:
        return ()
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        try:
            _copy_schema(session, info, table, copy)
            trial = _Trial(copy, table, tuple(names), _rows(session, table, copy))
        except sqlite3.Error:  # a module or a function of the application is not there
            return tuple(map(FiredTrigger, names))
        if not any(trial.failures(names)):
            return tuple(map(FiredTrigger, names))
        return tuple(trial.judged(name) for name in names)


def _writable(column: ColumnPair) -> tuple[str, ...]:
    return (column.legacy,) if column.writable else ()


# --- the copy --------------------------------------------------------------------------------


def _copy_schema(
    session: Session, info: DatabaseInfo, table: PairedTable, copy: sqlite3.Connection
) -> None:
    """Make the tables, views and triggers of a database, and what keeps both columns equal."""
    for name in table_names(session):
        copy.execute(_bare_table(session, table, name))
    for create in _virtual_tables(session):
        with suppress(sqlite3.Error):  # a module that the application brings along
            copy.execute(create)
    for each in info.objects:
        if each.kind in ("view", "trigger") and each.sql and not is_ours(each.name):
            with suppress(sqlite3.Error):
                copy.execute(each.sql)
    for statement in _sync_statements(table):
        copy.execute(statement)


def _bare_table(session: Session, table: PairedTable, name: str) -> str:
    """Return the CREATE statement of a table that has nothing but its columns and its rowid."""
    is_tried = name == table.name
    epochs = {column.epoch.lower() for column in table.columns if is_tried}
    columns = session.run(f"PRAGMA {quote(session.schema)}.table_xinfo({quote(name)})").fetchall()
    definitions = []
    for _, column, declared, *_ in columns:
        if column.lower() not in epochs:
            is_rowid = is_tried and table.key == (column,) and declared.upper() == "INTEGER"
            words = (quote(column), quote(declared) if declared else "", "PRIMARY KEY" * is_rowid)
            definitions.append(" ".join(words))
    return f"CREATE TABLE {quote(name)} ({', '.join(definitions)})"


def _virtual_tables(session: Session) -> list[str]:
    rows = session.run(
        f"SELECT sql FROM {quote(session.schema)}.sqlite_schema"
        " WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%'"
    )
    return [sql for (sql,) in rows]


def _sync_statements(table: PairedTable) -> Iterator[str]:
    yield from ddl.create_state()
    readings = dict.fromkeys(column.reading for column in table.columns)
    for column in table.columns:
        yield from ddl.do(AddColumn(table.name, column.epoch))
    for reading in readings:
        if not is_utc(reading.timezone):
            yield from ddl.do(InstallZone(reading))
        yield from ddl.do(InstallConversion(reading))
    yield from ddl.do(InstallSync(table))


def _rows(session: Session, table: PairedTable, copy: sqlite3.Connection) -> list[Row]:
    """Return the last rows, and one of NULLs, each with an instant in every legacy column."""
    order = ", ".join(f"{quote(name)} DESC" for name in table.key)
    found = session.run(
        f"SELECT * FROM {session.qualified(table.name)} ORDER BY {order} LIMIT {_ROWS}"
    ).fetchall()
    described = session.run(
        f"PRAGMA {quote(session.schema)}.table_info({quote(table.name)})"
    ).fetchall()
    names = [column[1] for column in described]
    epochs = {column.epoch.lower() for column in table.columns}
    rows = [dict(zip(names, values, strict=False)) for values in found]
    rows.append(_bare_row(described, table, copy))
    for row in rows:
        for column in table.columns:
            if convert(row.get(column.legacy), column.reading).ms is None:
                value = legacy_value(str(_INSTANT), column)
                (row[column.legacy],) = copy.execute(f"SELECT {value}").fetchone()
    return [{name: row[name] for name in row if name.lower() not in epochs} for row in rows]


def _bare_row(
    described: list[tuple[Any, ...]], table: PairedTable, copy: sqlite3.Connection
) -> Row:
    """Return a row of NULLs, but for its key and what cannot be NULL and has a default."""
    row: Row = {}
    for _, name, _, not_null, default, is_key in described:
        row[name] = 1 if is_key or name in table.key else None
        if not_null and default is not None:
            with suppress(sqlite3.Error):
                (row[name],) = copy.execute(f"SELECT {default}").fetchone()
    return row


# --- the trial -------------------------------------------------------------------------------

_Values = tuple[Any, Any]
"""What a row holds in the legacy and in the epoch column of a pair."""


@dataclass(frozen=True, slots=True)
class _Trial:
    """A copy, with the rows to try.

    Attributes:
        copy: where it is tried.
        table: the table.
        names: the application's triggers that an UPDATE of ours fires.
        rows: the rows to insert.
    """

    copy: sqlite3.Connection
    table: PairedTable
    names: tuple[str, ...]
    rows: list[Row]

    def judged(self, name: str) -> FiredTrigger:
        """Judge one trigger by itself."""
        failures = self.failures([name])
        reason = next(filter(None, failures), None)
        return FiredTrigger(name, reason, is_always=reason is not None and all(failures))

    def failures(self, names: Collection[str]) -> list[str | None]:
        """Return for each row why it is not stored as it is written, with some of the triggers."""
        others = [name for name in self.names if name not in names]
        return [
            self._failure_of_old(row, others) or self._failure_of_new(row, others)
            for row in self.rows
        ]

    def _failure_of_old(self, row: Row, others: list[str]) -> str | None:
        """Compare what old code stores with what it would store without us."""
        ours = [trigger_name(self.table.name, event) for event in EVENTS]
        failure, pairs = self._compared(row, [*others, *ours], others)
        for column, (was, _), (legacy, epoch) in pairs:
            if was == row[column.legacy] and legacy != was:
                return f"{column.legacy} is changed to another value"
            if epoch is None and convert(legacy, column.reading).ms is not None:
                return f"{column.epoch} stays empty"
        return failure

    def _failure_of_new(self, row: Row, others: list[str]) -> str | None:
        """Compare what new code stores with what it would store without those triggers."""
        columns = [column for column in self.table.columns if column.writable]
        legacy = {column.legacy for column in columns}
        new = {name: value for name, value in row.items() if name not in legacy}
        new |= {c.epoch: convert(row[c.legacy], c.reading).ms for c in columns}
        failure, pairs = self._compared(new, self.names, others)
        for column, (_, was), (text, epoch) in pairs:
            if was == new.get(column.epoch) and epoch != was:
                return f"{column.epoch} is changed to another value"
            if text is None and epoch is not None:
                return f"{column.legacy} stays empty"
        return failure

    def _compared(
        self, row: Row, without: Collection[str], others: Collection[str]
    ) -> tuple[str | None, Iterator[tuple[ColumnPair, _Values, _Values]]]:
        """Return why a row is not stored that would be in the absence of more triggers.

        Where it is, return its values in the absence of those triggers, and with them.
        """
        before, after = self._stored(row, without), self._stored(row, others)
        if isinstance(before, tuple) and isinstance(after, tuple):
            return None, zip(self.table.columns, before, after, strict=True)
        is_lost = isinstance(before, tuple) and isinstance(after, str)
        return (str(after) if is_lost else None), iter(())

    def _stored(self, row: Row, without: Collection[str]) -> tuple[_Values, ...] | str | None:
        """Insert a row in the absence of some triggers, look, and take all of it back.

        Returns:
            What is stored, or why nothing is; None where what the application brings along to its
            triggers is not there, like a function.
        """
        table = quote(self.table.name)
        pairs = ", ".join(f"{quote(c.legacy)}, {quote(c.epoch)}" for c in self.table.columns)
        names, marks = ", ".join(map(quote, row)), ", ".join("?" for _ in row)
        self.copy.execute("BEGIN")
        try:
            for name in without:
                self.copy.execute(f"DROP TRIGGER IF EXISTS {quote(name)}")
            self.copy.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", (*row.values(),))
            found = self.copy.execute(f"SELECT {pairs} FROM {table} LIMIT 1").fetchone()
            if found is None:
                return "the row is gone"
            return tuple(zip(found[::2], found[1::2], strict=True))
        except sqlite3.IntegrityError as error:
            return str(error)
        except (sqlite3.Error, UnicodeError):
            return None
        finally:
            if self.copy.in_transaction:
                self.copy.execute("ROLLBACK")
