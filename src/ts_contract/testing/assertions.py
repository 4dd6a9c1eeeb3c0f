"""Assertions about databases and values; each failure names the place and the likely cause."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import Any

from ..contract import ColumnContract, Contract, TableContract, index_name
from ..loading import load_contract
from ..migration.forms import MAX_MS, MIN_MS, Reading, convert, reading_of
from ..migration.schema import DatabaseInfo
from ..timestamps import EPOCH_2020_MS, EPOCH_2030_MS
from .causes import cause_of_difference, problem_of_value
from .engines.sqlite.connections import Connection
from .engines.sqlite.tables import inspect_tables, plain_rows, read_rows
from .engines.sqlite.targets import borrowed
from .watching import Watch

__all__ = [
    "assert_epoch_ms",
    "assert_migrated",
    "assert_ms_matches",
    "assert_no_legacy_reads",
    "assert_no_null_ms",
]

_SHOWN = 5

Database = Any
"""What `migrate` takes: a path, a URL, or an open connection."""


def assert_epoch_ms(
    value: object, *, after: int = EPOCH_2020_MS, before: int = EPOCH_2030_MS
) -> None:
    """Assert that a value is an instant in epoch milliseconds.

    Args:
        value: what to judge.
        after: the first instant that is right, in epoch milliseconds.
        before: the last one.

    Raises:
        AssertionError: it is not an int, or outside the range; the message says what it looks
            like.

    Example:
        >>> assert_epoch_ms(1705320000000)
        >>> assert_epoch_ms(1705320000.5)
        Traceback (most recent call last):
        AssertionError: 1705320000.5 is a float: time.time() * 1000? use now_ms(), or // on integers
    """
    __tracebackhide__ = True
    problem = problem_of_value(value, after, before)
    if problem is not None:
        raise AssertionError(f"{value!r} {problem}")


def assert_ms_matches(
    database: Database,
    table: str,
    column: str | None = None,
    *,
    contract: Contract | None = None,
) -> None:
    """Assert that each epoch value of a table is the instant that its legacy value stands for.

    NULL stands for NULL. A legacy value that is not an instant (the migration lists it in its
    quarantine) has NULL beside it.

    Args:
        database: a path, a URL, or an open connection: sqlite3's, an Engine, Connection or Session
            of SQLAlchemy, Django's `connection`; its transaction, if it is in one, goes on.
        table: a table of the contract.
        column: one of its legacy columns; all of them by default.
        contract: the contract; the project's configuration by default.

    Raises:
        AssertionError: an epoch value differs; the message names the key, both values and the
            likely cause.
        ValueError: the contract has no such table or column, or the database no such table.
        TypeError: it is not a database that can be looked at.
    """
    __tracebackhide__ = True
    contract = contract or load_contract()
    with borrowed(database) as connection, plain_rows(connection):
        _fail_if(_mismatches(connection, contract, table, column))


def assert_no_null_ms(
    database: Database,
    table: str,
    column: str | None = None,
    *,
    contract: Contract | None = None,
) -> None:
    """Assert that no epoch column of a table is NULL where it has an instant to hold.

    That is where its legacy column is not NULL; where the legacy column is gone, everywhere.

    Args:
        database: a path, a URL, or an open connection: sqlite3's, an Engine, Connection or Session
            of SQLAlchemy, Django's `connection`; its transaction, if it is in one, goes on.
        table: a table of the contract.
        column: one of its legacy columns; all of them by default.
        contract: the contract; the project's configuration by default.

    Raises:
        AssertionError: an epoch value is NULL; the message names the keys.
        ValueError: the contract has no such table or column, or the database no such table.
        TypeError: it is not a database that can be looked at.
    """
    __tracebackhide__ = True
    contract = contract or load_contract()
    with borrowed(database) as connection, plain_rows(connection):
        info = inspect_tables(connection, (table,))
        _fail_if(
            problem
            for each in _columns(contract, table, column)
            for problem in _nulls(connection, info, table, each)
        )


def assert_migrated(database: Database, *, contract: Contract | None = None) -> None:
    """Assert that a database is migrated: every epoch column and index, and every value right.

    Tables that the contract calls optional may be missing. On a finalized database, whose legacy
    columns are gone, the values are held against the contract's valid range.

    Args:
        database: a path, a URL, or an open connection: sqlite3's, an Engine, Connection or Session
            of SQLAlchemy, Django's `connection`; its transaction, if it is in one, goes on.
        contract: the contract; the project's configuration by default.

    Raises:
        AssertionError: something is missing or wrong; the message names it.
        ValueError: there is no such file.
        TypeError: it is not a database that can be looked at.
    """
    __tracebackhide__ = True
    contract = contract or load_contract()
    with borrowed(database) as connection, plain_rows(connection):
        info = inspect_tables(connection, (table.name for table in contract.tables))
        _fail_if(
            problem
            for table in contract.tables
            for problem in _problems_of_table(connection, info, contract, table)
        )


@contextmanager
def assert_no_legacy_reads(
    *databases: Database, contract: Contract | None = None
) -> Iterator[None]:
    """Assert that the code of a `with` block reads no legacy column.

    Every connection that is opened inside the block is watched, and every one that was opened
    while another watch ran.

    Args:
        databases: connections that are open already, and are to be watched as well. One that was
            opened before any watch loses an authorizer that the application has set: SQLite hands
            it out to nobody.
        contract: the contract; the project's configuration by default.

    Raises:
        AssertionError: a legacy column was read; the message names the place in the code.
        TypeError: it is not a database that can be looked at.
    """
    __tracebackhide__ = True
    with Watch(contract or load_contract()) as watch:
        with ExitStack() as stack:
            connections = [stack.enter_context(borrowed(each)) for each in databases]
            stack.enter_context(watch.including(*connections))
            yield
        reads = watch.take().reads
    _fail_if(str(read) for read in sorted(reads))


# --- what is wrong ---------------------------------------------------------------------------


def _fail_if(problems: Iterator[str]) -> None:
    __tracebackhide__ = True
    shown = list(islice(problems, _SHOWN + 1))
    if len(shown) > _SHOWN:
        shown[_SHOWN] = f"and {1 + sum(1 for _ in problems)} more"
    if shown:
        raise AssertionError("\n".join(shown))


def _columns(contract: Contract, table: str, column: str | None) -> tuple[ColumnContract, ...]:
    known = contract.table(table)
    if known is None:
        raise ValueError(f"{table!r} is not a table of the contract {contract.name!r}")
    if column is None:
        return known.columns
    found = known.column(column)
    if found is None:
        names = ", ".join(each.legacy for each in known.columns)
        raise ValueError(f"{column!r} is not a legacy column of {table}; it has {names}")
    return (found,)


def _problems_of_table(
    connection: Connection, info: DatabaseInfo, contract: Contract, table: TableContract
) -> Iterator[str]:
    found = info.table(table.name)
    if found is None:
        if not table.optional:
            yield f"{table.name}: there is no such table"
        return
    for column in table.columns:
        missing = _missing(info, table.name, column)
        if missing:
            yield missing
            continue
        index = index_name(table.name, column.epoch)
        if column.index and index.lower() not in info.names:
            yield f"{table.name}.{column.epoch}: its index {index} is missing"
        if found.column(column.legacy) is None:
            yield from _out_of_range(connection, info, contract, table.name, column)
        else:
            yield from _differing(
                connection, info, table.name, column, reading_of(contract, column)
            )


def _missing(info: DatabaseInfo, table: str, column: ColumnContract) -> str:
    """Say that the database has no epoch column; nothing if it has, or has no such table."""
    found = info.table(table)
    if found is None or found.column(column.epoch) is not None:
        return ""
    return f"{table}.{column.epoch}: there is no such column; is it migrated?"


def _mismatches(
    connection: Connection, contract: Contract, table: str, column: str | None
) -> Iterator[str]:
    info = inspect_tables(connection, (table,))
    for each in _columns(contract, table, column):
        missing = _missing(info, table, each)
        if missing:
            yield missing
        else:
            yield from _differing(connection, info, table, each, reading_of(contract, each))


def _differing(
    connection: Connection, info: DatabaseInfo, table: str, column: ColumnContract, reading: Reading
) -> Iterator[str]:
    for *key, legacy, found in _rows(connection, info, table, column.legacy, column.epoch):
        converted = convert(legacy, reading)
        if found == converted.ms and type(found) is type(converted.ms):
            continue
        shown = "NULL" if found is None else repr(found)
        where = f"{table}.{column.epoch}, {_named_key(info, table, key)}: {shown}"
        if converted.ms is not None:
            cause = "" if found is None else f": {cause_of_difference(found, converted.ms)}"
            yield f"{where}, but {column.legacy} {legacy!r} is {converted.ms}{cause}"
        elif converted.reason is None:
            yield f"{where}, but {column.legacy} is NULL"
        else:
            yield f"{where}, but {column.legacy} {legacy!r} is not an instant: {converted.reason}"


def _nulls(
    connection: Connection, info: DatabaseInfo, table: str, column: ColumnContract
) -> Iterator[str]:
    missing = _missing(info, table, column)
    if missing:
        yield missing
        return
    known = info.table(table)
    has_legacy = known is not None and known.column(column.legacy) is not None
    for *key, legacy, found in _rows(
        connection, info, table, column.legacy if has_legacy else column.epoch, column.epoch
    ):
        if found is None and (legacy is not None or not has_legacy):
            beside = f", but {column.legacy} is {legacy!r}" if has_legacy else ""
            yield f"{table}.{column.epoch}, {_named_key(info, table, key)}: NULL{beside}"


def _out_of_range(
    connection: Connection,
    info: DatabaseInfo,
    contract: Contract,
    table: str,
    column: ColumnContract,
) -> Iterator[str]:
    valid_range = contract.valid_range or (MIN_MS, MAX_MS)
    for *key, found in _rows(connection, info, table, column.epoch):
        problem = None if found is None else problem_of_value(found, *valid_range)
        if problem is not None:
            yield f"{table}.{column.epoch}, {_named_key(info, table, key)}: {found!r} {problem}"


def _rows(connection: Connection, info: DatabaseInfo, table: str, *columns: str) -> Iterator[Any]:
    """Read columns of a table, each row behind its key."""
    known = info.table(table)
    if known is None:
        raise ValueError(f"the database has no table {table!r}")
    for column in columns:
        if known.column(column) is None:
            raise ValueError(f"the database has no column {table}.{column}; is it migrated?")
    return read_rows(connection, table, (*known.key, *columns))


def _named_key(info: DatabaseInfo, table: str, key: list[object]) -> str:
    known = info.table(table)
    names = known.key if known is not None else ()
    return ", ".join(f"{name}={value!r}" for name, value in zip(names, key, strict=True)) or "a row"
