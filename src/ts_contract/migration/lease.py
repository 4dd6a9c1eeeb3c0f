"""The right to change a database's state, held by one run at a time.

A run that died loses it: at once if its process is gone from this host, else after some minutes
without a sign of life.
"""

from __future__ import annotations

import os
import socket
import uuid
from dataclasses import dataclass, field
from typing import Final

from ..timestamps import now_ms
from .engines.base import Session
from .errors import Failed, Refused
from .state import forget, write
from .state_rows import has_state, read_row

__all__ = ["Holder", "Lease", "read_holder"]

# How long a run may give no sign of life: building an index of a large table takes minutes.
_SILENCE_HERE_MS: Final = 600_000
_SILENCE_ELSEWHERE_MS: Final = 60_000
# How far the clocks of two hosts may be apart: a sign of life from further ahead is none.
_AHEAD_MS: Final = 120_000


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease, and when it gave its last sign of life, in epoch milliseconds."""

    token: str
    pid: int
    host: str
    at: int

    @property
    def description(self) -> str:
        """Process and host, for messages."""
        return f"process {self.pid} on {self.host}"

    @property
    def is_alive(self) -> bool:
        """Whether the run may still be at work."""
        silence = now_ms() - self.at
        if silence < -_AHEAD_MS:  # a clock that stood wrong then or stands wrong now
            return False
        if self.host != socket.gethostname():
            return silence < _SILENCE_ELSEWHERE_MS
        # A container that was started again has the same host name, and perhaps our number.
        return self.pid != os.getpid() and _runs(self.pid) and silence < _SILENCE_HERE_MS


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease as one run takes, renews and releases it.

    Attributes:
        takes_over: whether it is taken from a run that seems to be alive; that one ends where it
            next gives a sign of life.
        token: what tells it from those of other runs.
    """

    takes_over: bool = False
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def take(self, session: Session) -> None:
        """Take the lease, inside a transaction that holds the write lock.

        Raises:
            Refused: another run is at work.
        """
        holder = read_holder(session)
        if holder is not None and holder.is_alive and not self.takes_over:
            raise Refused(
                f"{session.name}: another run is at work ({holder.description});"
                " wait until it has ended, or if it is dead for certain: "
                "`ts-contract migrate --take-over`"
            )
        self._sign(session)

    def renew(self, session: Session) -> None:
        """Give a sign of life, inside each transaction of the run.

        Raises:
            Failed: the lease was lost to another run meanwhile, which may have rolled all back.
        """
        holder = read_holder(session) if has_state(session) else None
        if holder is None or holder.token != self.token:
            raise Failed(
                f"{session.name}: another run took over while this one stood still; let it finish"
            )
        self._sign(session)

    def release(self, session: Session) -> None:
        """Give the lease back, if it is still ours."""
        holder = read_holder(session)
        if holder is not None and holder.token == self.token:
            forget(session, "lease")

    def _sign(self, session: Session) -> None:
        sign = {"token": self.token, "pid": os.getpid(), "host": socket.gethostname()}
        write(session, "lease", {**sign, "at": now_ms()})


def read_holder(session: Session) -> Holder | None:
    """Return who holds the lease, if anybody does; our tables must exist."""
    value = read_row(session, "lease")
    return None if value is None else Holder(**value)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
