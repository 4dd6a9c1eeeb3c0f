"""Our own tables in the user's database: progress, history, quarantine.

`_ts_contract_state` holds one JSON value per name: `contract`, `options`, `table:<table>` (its
columns, the templates of what triggers write, and its CREATE statement before us),
`backfill:<table>` (how far it is), `successor:<index>` (what we built for an index of the
application), `phase:<phase>` (when it was finished), `finalized:<table>` (when, and which columns,
while others are not), `version` (we wrote the row), `verified` (when, and which tables, if not
all), `lease` (who is at work), `reasons` (why a form has no instant), `format` (the number of all
this, where it is not the first).
The JSON is what earlier versions wrote, so that a migration that one of them began goes on.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..contract import Contract
from ..timestamps import now_ms
from .engines.answers import Cursor
from .engines.base import Session
from .own_tables import QUARANTINE, STATE
from .pairs import ColumnPair, PairedTable, SuccessorIndex
from .schema import TableInfo
from .state_rows import has_quarantine, has_state, read_row, read_rows
from .template_records import from_record
from .templates import Template

__all__ = [
    "Options",
    "QuarantineRow",
    "Recorded",
    "State",
    "finish_phase",
    "forget",
    "forget_backfill",
    "has_state",
    "note_backfill",
    "note_finalized",
    "note_options",
    "note_verified",
    "quarantine_counts",
    "quarantined",
    "read_cursor",
    "read_state",
    "write",
]


@dataclass(frozen=True, slots=True)
class Options:
    """What a migration was started with, and keeps.

    Attributes:
        sync: whether sync triggers are wanted.
        check_range: whether a CHECK on the epoch columns is wanted.
    """

    sync: bool = True
    check_range: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """Which contract a database is in migration by.

    Attributes:
        name: what it was called.
        fingerprint: the hash of all that decides what a migration does.
        contract: that itself; None where version 0.1.0 began the migration.
    """

    name: str
    fingerprint: str
    contract: Contract | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What an earlier run left; empty if there was none.

    Attributes:
        has_begun: whether anything was left.
        contract: the contract in work; None before the expand phase.
        options: what the migration was started with.
        tables: the tables that were changed, with their columns and without their keys.
        successors: what was built for the application's indexes and keys, each with its table.
        creates: their CREATE statements before that, by their names.
        templates: how the sync triggers write legacy columns, by both names in lower case.
        cursors: how far the backfill is, by the name of the table in lower case.
        has_recorded_version: whether the phase that writes the version row is finished.
        has_own_version: whether the version row was not there before us.
        verified_at: when the last change was verified, epoch milliseconds.
        verified: the tables that were, in lower case.
        finalized: the tables that are finalized while others are not.
    """

    has_begun: bool = False
    contract: Recorded | None = None
    options: Options | None = None
    tables: tuple[PairedTable, ...] = ()
    successors: tuple[tuple[str, SuccessorIndex], ...] = ()
    creates: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, Mapping[str, Template]] = field(default_factory=dict)
    cursors: Mapping[str, Cursor] = field(default_factory=dict)
    has_recorded_version: bool = False
    has_own_version: bool = False
    verified_at: int | None = None
    verified: frozenset[str] = frozenset()
    finalized: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str | None:
        """Fingerprint of the contract in work; None before the expand phase."""
        return None if self.contract is None else self.contract.fingerprint

    def table(self, name: str) -> PairedTable | None:
        """Return what was recorded of a table before it was changed (case does not count)."""
        return next((t for t in self.tables if t.name.lower() == name.lower()), None)

    def is_verified(self, table: str) -> bool:
        """Return whether a table was verified since it was last changed (case does not count)."""
        return table.lower() in self.verified

    def templates_of(self, found: TableInfo) -> Mapping[str, Template]:
        """Return how triggers write that are there already, by the legacy column in lower case.

        Args:
            found: the table, which may have been rebuilt since without an epoch column.
        """
        recorded = self.table(found.name)
        templates = self.templates.get(found.name.lower(), {})
        return {
            pair.legacy.lower(): templates[pair.legacy.lower()]
            for pair in (recorded.columns if recorded is not None else ())
            if found.column(pair.epoch) is not None and pair.legacy.lower() in templates
        }

    def cursor(self, table: str) -> Cursor | None:
        """Return how far the backfill of a table is (case does not count)."""
        return self.cursors.get(table.lower())


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One value that has no instant."""

    table: str
    column: str
    row_key: str
    value: object
    form: str
    reason: str


# --- reading ---------------------------------------------------------------------------------


def read_state(session: Session) -> State:
    """Read all of the state; an empty one where our tables do not exist.

    Raises:
        Refused: a newer version wrote it, or something else did.
    """
    return _state_of(read_rows(session))


def read_cursor(session: Session, table: str) -> Cursor | None:
    """Return how far the backfill of a table is (case does not count).

    Returns:
        None where it has not begun, also if another run has rolled all back meanwhile.

    Raises:
        Refused: this tool cannot have written it.
    """
    if not has_state(session):
        return None
    state = session.qualified(STATE)
    name = session.value(
        f"SELECT max(name) FROM {state} WHERE lower(name) = lower(?)", f"backfill:{table}"
    )
    return None if name is None else _cursor(read_row(session, name))


def _state_of(values: dict[str, Any]) -> State:
    contract, options = values.get("contract"), values.get("options")
    return State(
        has_begun=bool(values),
        contract=contract and _recorded(contract),
        options=options and Options(options["sync"], options["check_range"]),
        tables=tuple(_table(name, value) for name, value in _of_tables(values, "table:")),
        successors=tuple(_successor(value) for _, value in _of_tables(values, "successor:")),
        creates={name: value["sql"] for name, value in _of_tables(values, "table:")},
        templates=dict(_templates(name, value) for name, value in _of_tables(values, "table:")),
        cursors={name.lower(): _cursor(value) for name, value in _of_tables(values, "backfill:")},
        has_recorded_version="phase:version" in values,
        has_own_version="version" in values,
        verified_at=values.get("verified", {}).get("at"),
        verified=_verified(values),
        finalized=tuple(name for name, _ in _of_tables(values, "finalized:")),
    )


def _verified(values: dict[str, Any]) -> frozenset[str]:
    """Return the tables that were verified: all on record, if none are named."""
    if "verified" not in values:
        return frozenset()
    every = [name for name, _ in _of_tables(values, "table:")]
    return frozenset(name.lower() for name in values["verified"].get("tables", every))


def _recorded(value: dict[str, Any]) -> Recorded:
    name, decisive = value["name"], value.get("decisive")
    contract = None if decisive is None else Contract.of_decisive(name, decisive)
    return Recorded(name, value["fingerprint"], contract)


def _of_tables(values: dict[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the values of one kind, each with the name of its table."""
    for name, value in values.items():
        if name.startswith(kind):
            yield name.removeprefix(kind), value


def _table(name: str, value: dict[str, Any]) -> PairedTable:
    pairs = (ColumnPair(legacy, epoch, index=index) for legacy, epoch, index in value["columns"])
    return PairedTable(name, (), tuple(pairs))


def _successor(value: dict[str, Any]) -> tuple[str, SuccessorIndex]:
    index = SuccessorIndex(
        name=value["name"],
        source=value["source"],
        terms=tuple(value["terms"]),
        columns=tuple(value["columns"]),
        where=value["where"],
        unique=value["unique"],
        of_constraint=value["of_constraint"],
    )
    return value["table"], index


def _templates(name: str, value: dict[str, Any]) -> tuple[str, dict[str, Template]]:
    """Return the templates of a table, which earlier versions did not record."""
    records = value.get("templates", {}).items()
    return name.lower(), {legacy.lower(): from_record(record) for legacy, record in records}


def _cursor(value: dict[str, Any]) -> Cursor:
    return Cursor(
        after=value["cursor"],
        upto=value["bound"],
        density=value["density"],
        done=value["done"],
        filled=value["filled"],
        rows=value["rows"],
    )


def quarantined(session: Session, most: int | None = None) -> Iterator[QuarantineRow]:
    """Yield the quarantine, by table, row and column, at most so many of its rows."""
    if has_quarantine(session):
        columns = "table_name, column_name, row_key, value, form, reason"
        order = f"table_name, {session.engine.proof.KEY_ORDER}, column_name"
        limit = "" if most is None else f" LIMIT {most}"
        for row in session.run(
            f"SELECT {columns} FROM {session.qualified(QUARANTINE)} ORDER BY {order}{limit}"
        ):
            yield QuarantineRow(*row)


def quarantine_counts(session: Session) -> dict[tuple[str, str], int]:
    """Return how many values the quarantine lists, by table and legacy column in lower case."""
    counts: dict[tuple[str, str], int] = {}
    if has_quarantine(session):
        for table, column, rows in session.run(
            f"SELECT table_name, column_name, count(*) FROM {session.qualified(QUARANTINE)}"
            " GROUP BY table_name, column_name"
        ):
            place = table.lower(), column.lower()
            counts[place] = counts.get(place, 0) + rows
    return counts


# --- writing ---------------------------------------------------------------------------------


def write(session: Session, name: str, value: Any) -> None:
    """Write one value of the state."""
    session.run(
        f"INSERT INTO {session.qualified(STATE)} (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        name,
        json.dumps(value),
    )


def forget(session: Session, name: str) -> None:
    """Delete one value of the state."""
    session.run(f"DELETE FROM {session.qualified(STATE)} WHERE name = ?", name)


def note_options(session: Session, options: Options) -> None:
    """Note what the migration is started with, unless it was started already."""
    if read_state(session).options is None:
        write(session, "options", asdict(options))


def note_backfill(session: Session, table: str, cursor: Cursor) -> None:
    """Note how far the backfill of a table is, whose name may have changed its case since."""
    name = f"backfill:{table}"
    value = {
        "cursor": cursor.after,
        "bound": cursor.upto,
        "density": cursor.density,
        "done": cursor.done,
        "filled": cursor.filled,
        "rows": cursor.rows,
    }
    forget_backfill(session, table)
    state = session.qualified(STATE)
    session.run(f"INSERT INTO {state} (name, value) VALUES (?, ?)", name, json.dumps(value))


def forget_backfill(session: Session, table: str) -> None:
    """Forget how far the backfill of a table is, so that it begins again."""
    state = session.qualified(STATE)
    session.run(f"DELETE FROM {state} WHERE lower(name) = lower(?)", f"backfill:{table}")


def finish_phase(session: Session, phase: str, tables: Collection[str]) -> None:
    """Note when a phase was finished, and that an earlier verify of its tables no longer counts."""
    write(session, f"phase:{phase}", {"at": now_ms()})
    state = read_state(session)
    still = state.verified - {table.lower() for table in tables}
    if not still:
        forget(session, "verified")
    elif state.verified_at is not None:
        write(session, "verified", {"at": state.verified_at, "tables": sorted(still)})


def note_verified(session: Session, tables: Collection[str] | None = None) -> None:
    """Note that the last change of some tables was verified, by default of all."""
    value: dict[str, Any] = {"at": now_ms()}
    if tables is not None:
        verified = read_state(session).verified | {table.lower() for table in tables}
        value["tables"] = sorted(verified)
    write(session, "verified", value)


def note_finalized(session: Session, tables: Collection[PairedTable]) -> None:
    """Note that some tables are finalized while others are not: nothing else is kept of them."""
    names = {table.name.lower() for table in tables}
    for row, value in read_rows(session).items():
        kind, _, name = row.partition(":")
        of = value["table"] if kind == "successor" else name
        if kind in ("backfill", "successor", "table") and of.lower() in names:
            forget(session, row)
    for table in tables:
        columns = [[pair.legacy, pair.epoch, pair.index] for pair in table.columns]
        write(session, f"finalized:{table.name}", {"at": now_ms(), "columns": columns})
