"""Our own tables in the user's database: progress, lease, history, quarantine.

`_ts_contract_state` holds one JSON value per name: `contract`, `options`, `table:<table>` (its
columns and its CREATE statement before us), `backfill:<table>` (how far it is), `phase:<phase>`
(when it was finished), `version` (we wrote the row), `verified` (when), `lease` (who is at work).
"""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ..timestamps import now_ms
from .engines.base import Session
from .engines.sqlite.ddl import QUARANTINE, STATE
from .engines.sqlite.names import literal
from .errors import Failed, Refused

__all__ = ["Lease", "QuarantineRow", "State", "quarantined", "read_state"]

# How long a run may give no sign of life: building an index of a large table takes minutes.
_SILENCE_HERE_MS: Final = 600_000
_SILENCE_ELSEWHERE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class State:
    """What an earlier run left; empty if there was none.

    Attributes:
        values: the JSON values by name.
    """

    values: dict[str, Any] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str | None:
        """Fingerprint of the contract in work; None before the expand phase."""
        contract = self.values.get("contract")
        return None if contract is None else str(contract["fingerprint"])

    def table(self, name: str) -> dict[str, Any] | None:
        """Return what was recorded of a table before it was changed."""
        return self._folded("table:", name)

    def backfill(self, name: str) -> dict[str, Any] | None:
        """Return how far the backfill of a table is."""
        return self._folded("backfill:", name)

    def tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield every recorded table."""
        for name, value in self.values.items():
            if name.startswith("table:"):
                yield name.removeprefix("table:"), value

    def _folded(self, kind: str, name: str) -> dict[str, Any] | None:
        wanted = (kind + name).lower()
        return next((v for n, v in self.values.items() if n.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One value that has no instant."""

    table: str
    column: str
    row_key: str
    value: object
    form: str
    reason: str


def read_state(session: Session) -> State:
    """Read all of the state; an empty one where our tables do not exist."""
    if not has_state(session):
        return State()
    rows = session.run(f"SELECT name, value FROM {session.qualified(STATE)} ORDER BY name")
    return State({name: json.loads(value) for name, value in rows})


def has_state(session: Session) -> bool:
    """Return whether our tables exist."""
    return bool(
        session.value(
            f"SELECT count(*) FROM {session.qualified('sqlite_schema')} WHERE type = 'table'"
            f" AND name = {literal(STATE)}"
        )
    )


def write(session: Session, name: str, value: Any) -> None:
    """Write one value of the state."""
    session.run(
        f"INSERT OR REPLACE INTO {session.qualified(STATE)} VALUES (?, ?)", name, json.dumps(value)
    )


def forget(session: Session, name: str) -> None:
    """Delete one value of the state."""
    session.run(f"DELETE FROM {session.qualified(STATE)} WHERE name = ?", name)


def note_backfill(session: Session, table: str, progress: dict[str, Any]) -> None:
    """Note how far the backfill of a table is, whose name may have changed its case since."""
    name = f"backfill:{table}"
    session.run(f"DELETE FROM {session.qualified(STATE)} WHERE name = ? COLLATE NOCASE", name)
    write(session, name, progress)


def finish_phase(session: Session, phase: str) -> None:
    """Note when a phase was finished, and that an earlier verify no longer counts."""
    write(session, f"phase:{phase}", {"at": now_ms()})
    forget(session, "verified")


def quarantined(session: Session) -> Iterator[QuarantineRow]:
    """Yield the quarantine, by table, row and column."""
    if has_state(session):
        columns = "table_name, column_name, row_key, value, form, reason"
        for row in session.run(f"SELECT {columns} FROM {session.qualified(QUARANTINE)}"):
            yield QuarantineRow(*row)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to change the database's state, held by one run at a time.

    A run that died loses it: at once if its process is gone from this host, else after some
    minutes without a sign of life.
    """

    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def take(self, session: Session) -> None:
        """Take the lease, inside a transaction that holds the write lock.

        Raises:
            Refused: another run is at work.
        """
        holder = read_state(session).values.get("lease")
        if holder is not None and _alive(holder):
            raise Refused(
                f"{session.name}: another run is at work (process {holder['pid']} on "
                f"{holder['host']}); wait until it has ended"
            )
        self._write(session)

    def renew(self, session: Session) -> None:
        """Give a sign of life, inside each transaction of the run.

        Raises:
            Failed: the lease was lost to another run meanwhile.
        """
        holder = read_lease(session)
        if holder is None or holder["token"] != self.token:
            raise Failed(
                f"{session.name}: another run took over while this one stood still; let it finish"
            )
        self._write(session)

    def release(self, session: Session) -> None:
        """Give the lease back, if it is still ours."""
        holder = read_lease(session)
        if holder is not None and holder["token"] == self.token:
            forget(session, "lease")

    def _write(self, session: Session) -> None:
        sign = {"token": self.token, "pid": os.getpid(), "host": socket.gethostname()}
        write(session, "lease", {**sign, "at": now_ms()})


def read_lease(session: Session) -> dict[str, Any] | None:
    """Return who holds the lease, if anybody does."""
    value = session.value(f"SELECT value FROM {session.qualified(STATE)} WHERE name = 'lease'")
    lease: dict[str, Any] | None = None if value is None else json.loads(value)
    return lease


def _alive(holder: dict[str, Any]) -> bool:
    silence = now_ms() - holder["at"]
    if holder["host"] != socket.gethostname():
        return bool(silence < _SILENCE_ELSEWHERE_MS)
    # A container that was started again has the same host name, and perhaps our number.
    return holder["pid"] != os.getpid() and _runs(holder["pid"]) and silence < _SILENCE_HERE_MS


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
