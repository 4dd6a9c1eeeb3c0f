"""Dropping columns in SQLite: by DROP COLUMN where it can, by a rebuild of the table where not."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from ....contract import ROWID_NAMES
from ...errors import Failed, Refused
from ..answers import Succession
from ..base import Session
from .create_text import checks_naming, create_text, in_schema, without_columns
from .errors import is_about_statement
from .names import literal, quote

__all__ = ["checks_on", "drop_columns", "prepared", "reraise_unless_refused"]


@contextmanager
def prepared(session: Session) -> Iterator[None]:
    """Set what a rebuild needs, and what cannot be set inside a transaction.

    With legacy_alter_table a rename changes no other text of the schema, and an unrelated broken
    view does not make it fail: https://sqlite.org/pragma.html#pragma_legacy_alter_table.
    """
    foreign_keys = session.value("PRAGMA foreign_keys")
    legacy_alter = session.value("PRAGMA legacy_alter_table")
    session.run("PRAGMA foreign_keys = OFF")
    session.run("PRAGMA legacy_alter_table = ON")
    try:
        yield
    finally:
        session.run(f"PRAGMA legacy_alter_table = {legacy_alter}")
        session.run(f"PRAGMA foreign_keys = {foreign_keys}")


def drop_columns(
    session: Session,
    table: str,
    successors: dict[str, str],
    succession: Succession | None = None,
) -> bool:
    """Drop columns, by a rebuild where SQLite cannot drop one of them or a clause has to move.

    Args:
        session: a database in a transaction, set up for a rebuild.
        table: the table.
        successors: the column that takes over, by each column to drop.
        succession: what the table is to be; None for all but what names the columns.

    Returns:
        Whether the table was rebuilt.

    Raises:
        Refused: something of the table itself depends on a column; the message names it.
    """
    if succession is not None and succession.is_rebuild:
        _rebuild(session, table, succession.create)
        return True
    session.run("SAVEPOINT drop_columns")
    try:
        for column in reversed(successors):
            session.run(f"ALTER TABLE {session.qualified(table)} DROP COLUMN {quote(column)}")
    except Failed as error:
        reraise_unless_refused(error)
        session.run("ROLLBACK TO drop_columns")
        _rebuild(session, table, _text_without(session, table, successors, succession))
        rebuilt = True
    else:
        rebuilt = False
    session.run("RELEASE drop_columns")
    return rebuilt


def checks_on(session: Session, table: str, columns: Collection[str]) -> tuple[str, ...]:
    """Return the CHECK constraints of a table that name one of some columns."""
    return checks_naming(create_text(session, table), columns)


def _text_without(
    session: Session, table: str, successors: dict[str, str], succession: Succession | None
) -> str:
    if succession is not None:
        return succession.create
    try:
        return without_columns(create_text(session, table), successors)
    except Refused as refusal:
        raise Refused(f"{table}: {refusal}; nothing was dropped") from refusal


def _rebuild(session: Session, table: str, wanted: str) -> None:
    """Give a table another CREATE statement, and keep everything else of it.

    The old table steps aside under another name and the new one is created by its own text, so
    that the text is stored as it is. Indexes and triggers of the table are made again, byte for
    byte and in their order. Views, and triggers of other tables, are not touched.
    """
    schema = quote(session.schema)
    aside = f"_ts_contract_old_{table}"
    attached = session.run(
        f"SELECT type, name, sql FROM {schema}.sqlite_schema WHERE tbl_name = {literal(table)}"
        " COLLATE NOCASE AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid"
    ).fetchall()
    for kind, name, _ in attached:
        session.run(f"DROP {kind} {session.qualified(name)}")
    sequence = _sequence(session, table)
    session.run(f"ALTER TABLE {session.qualified(table)} RENAME TO {quote(aside)}")
    session.run(in_schema(wanted, session.schema))
    columns = ", ".join(_stored_columns(session, table))
    _copy(session, aside, table, columns)
    session.run(f"DROP TABLE {session.qualified(aside)}")
    if sequence is not None:
        session.run(f"DELETE FROM {schema}.sqlite_sequence WHERE name = ?", table)
        session.run(f"INSERT INTO {schema}.sqlite_sequence VALUES (?, ?)", table, sequence)
    for _, _, sql in attached:
        session.run(in_schema(sql, session.schema))


def _copy(session: Session, source: str, table: str, columns: str) -> None:
    """Copy rows; OR ABORT, so that no ON CONFLICT clause of the table leaves one out."""
    try:
        session.run(
            f"INSERT OR ABORT INTO {session.qualified(table)} ({columns})"
            f" SELECT {columns} FROM {session.qualified(source)}"
        )
    except Failed as error:
        if isinstance(error.__cause__, sqlite3.IntegrityError):
            raise Refused(
                f"{table}: rows that the legacy columns allow are refused on the epoch columns "
                f"({error.__cause__}); correct them first, nothing was dropped"
            ) from error
        raise


def reraise_unless_refused(error: Failed) -> None:
    """Raise an error again that is not about the statement, but about the disk or a lock."""
    if not is_about_statement(error.__cause__):
        raise error


def _stored_columns(session: Session, table: str) -> list[str]:
    """Return the quoted names of what an INSERT fills, the rowid among them where it is hidden.

    Rows keep their rowids, which an external-content FTS table may refer to.
    """
    rows = session.run(f"PRAGMA {quote(session.schema)}.table_xinfo({quote(table)})").fetchall()
    columns = [quote(name) for _, name, _, _, _, _, hidden in rows if hidden == 0]
    taken = {row[1].lower() for row in rows}
    keyed = any(row[5] and row[2].upper() == "INTEGER" for row in rows)
    free = [name for name in ROWID_NAMES if name not in taken]
    if keyed or not free:
        return columns
    try:
        session.run(f"SELECT {free[0]} FROM {session.qualified(table)} LIMIT 0")
    except Failed as error:
        reraise_unless_refused(error)
        return columns  # WITHOUT ROWID
    return [free[0], *columns]


def _sequence(session: Session, table: str) -> int | None:
    schema = quote(session.schema)
    has = f"SELECT count(*) FROM {schema}.sqlite_schema WHERE name = 'sqlite_sequence'"
    if not session.value(has):
        return None
    sequence: int | None = session.value(
        f"SELECT seq FROM {schema}.sqlite_sequence WHERE name = ?", table
    )
    return sequence
