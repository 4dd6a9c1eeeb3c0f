"""One run of a migration: its lease, and its transactions, each of which renews it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..progress import ProgressCallback
from .engines.base import Session, TransactionKind
from .errors import Failed, Refused
from .lease import Lease
from .steps import Step
from .stopping import StopFlag

__all__ = ["Run", "back_up", "execute"]

_LONG_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Run:
    """One run at work on a database.

    Attributes:
        session: the database.
        stop: whether somebody asked to stop.
        progress: told how far the work is.
        lease: what keeps other runs out.
    """

    session: Session
    stop: StopFlag
    progress: ProgressCallback
    lease: Lease = field(default_factory=Lease)

    @contextmanager
    def leased(self) -> Iterator[None]:
        """Hold the lease; the first change of all, so an error in taking it is a refusal."""
        try:
            with self.session.transaction():
                execute(self.session, self.session.engine.ddl.create_state(self.session.schema))
                self.lease.take(self.session)
        except Failed as error:
            raise Refused(str(error)) from error
        try:
            with self.session.stoppable(self.stop):
                yield
        finally:
            # The disk may be full or the file locked; a dead run's lease runs out.
            with suppress(Failed), self.session.transaction():
                self.lease.release(self.session)

    @contextmanager
    def transaction(self, kind: TransactionKind = "write") -> Iterator[None]:
        """One transaction that also gives the sign of life.

        After a long one, of an index say, the first sign would be old before anybody reads it.
        """
        self.stop.check()
        began = time.monotonic()
        with self.session.transaction(kind):
            self.lease.renew(self.session)
            yield
            if time.monotonic() - began > _LONG_SECONDS:
                self.lease.renew(self.session)

    def do(self, step: Step) -> None:
        """Do one step of the plan."""
        execute(self.session, self.session.engine.ddl.do(step, self.session.schema))

    def undo(self, step: Step) -> None:
        """Take one step back."""
        execute(self.session, self.session.engine.ddl.undo(step, self.session.schema))


def execute(session: Session, statements: tuple[str, ...]) -> None:
    """Execute statements in order."""
    for statement in statements:
        session.run(statement)


def back_up(session: Session, path: Path, progress: ProgressCallback, stop: StopFlag) -> None:
    """Write a verified copy of a database, before anything is changed.

    Raises:
        Refused: it cannot be written there.
        Failed: the copy is not sound.
        Interrupted: somebody asked to stop.
    """
    backup = session.engine.backup
    if backup is None:
        raise Refused(f"{session.name}: no backup can be written by itself; leave the option out")
    backup.back_up(session, path, progress, stop)
