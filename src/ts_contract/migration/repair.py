"""Settles the rows in which both columns of a pair say different things, by one of the two.

Where sync triggers were lost for a while, either column may be right, and only a person can tell.
So nothing else overwrites a value that is there: a backfill fills what is empty.

Every batch is one transaction, and a settled row differs no more. So a run that was stopped or
killed leaves nothing behind, and the next one goes on with what is left.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..contract import Contract
from ..progress import Progress, ProgressCallback, silent
from .backfill import let_others_write
from .engines.answers import UnsureRow
from .engines.base import Session, Target
from .engines.choose import opened
from .errors import Refused
from .forms import MAX_MS, MIN_MS, convert
from .pairs import ColumnPair, PairedTable
from .plan import Plan
from .run import Run, back_up
from .state import Options
from .steps import Backfill
from .stopping import stop_on_signals
from .survey import plan_open
from .verify import needs_record, record_verified, verify_open, what_differs
from .verify_report import VerifyReport

__all__ = ["Keep", "RepairReport", "repair"]

Keep = Literal["legacy", "epoch"]
"""The column of a pair that is right."""

BATCH_SIZE = 2_000
PAUSE = 0.005
_ANY_INSTANT = (MIN_MS, MAX_MS)


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair did.

    Attributes:
        settled: how many pairs of values were.
        cleared: how many epoch values among them were taken out, as their legacy value has no
            instant.
        verified: what the verification found afterwards.
    """

    settled: int
    cleared: int
    verified: VerifyReport


def repair(
    db: Target,
    contract: Contract,
    *,
    keep: Keep,
    batch_size: int = BATCH_SIZE,
    pause: float = PAUSE,
    backup: Path | None = None,
    progress: ProgressCallback = silent,
    schema: str | None = None,
) -> RepairReport:
    """Settle each row that `verify` lists, the quarantine included.

    The column that is kept stays as it is, and the other one is written as the sync triggers write
    it; no trigger fires meanwhile. An epoch value that is not an instant cannot be kept: it is
    taken from the legacy column. A legacy value without an instant goes to the quarantine.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: the contract that the database was migrated by.
        keep: which of the two columns is right.
        batch_size: rows that one transaction looks at.
        pause: seconds between two transactions, at least.
        backup: where to write a verified copy before the first change.
        progress: told how far the work is.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Returns:
        What was settled, and what is left: a value outside of the valid range, for example.

    Raises:
        Refused: the database is not migrated, or something of it is missing.
        Interrupted: SIGINT or SIGTERM; the next run goes on.
        Failed: the database refused something on the way; the next run goes on.
    """
    if batch_size < 1 or not 0 <= pause <= 3_600:
        raise Refused("batch size must be 1 or more, pause 0 to 3,600 seconds; correct the options")
    with opened(db, write=True, schema=schema) as session, stop_on_signals() as stop:
        todo = plan_open(session, contract, Options())
        _refuse_unready(session, todo)
        with session.stoppable(stop):
            report = verify_open(session, contract, progress)
        tables = _tables_to_settle(todo, report)
        settled = cleared = 0
        if tables:
            if backup is not None:
                back_up(session, backup, progress, stop)
            run = Run(session, stop, progress)
            with run.leased():
                for table in tables:
                    work = _Work(run, table, keep, batch_size, pause)
                    for pairs, emptied in work.settle():
                        settled, cleared = settled + pairs, cleared + emptied
            with session.stoppable(stop):
                report = verify_open(session, contract, progress)
        if report.correct and needs_record(session):
            record_verified(session)
        return RepairReport(settled, cleared, report)


def _refuse_unready(session: Session, todo: Plan) -> None:
    if todo.refusals:
        raise Refused(f"{session.name}: " + "; ".join(todo.refusals))
    if any(not isinstance(step, Backfill) for step in todo.steps):
        raise Refused(
            f"{session.name}: is not migrated, or something is missing; run `ts-contract migrate` "
            "first, which makes it anew"
        )


def _tables_to_settle(todo: Plan, report: VerifyReport) -> list[PairedTable]:
    """Return the tables in which a value differs, or the quarantine does not fit the rows."""
    names = {t.name for t in report.tables if any(column.differences for column in t.columns)}
    names |= {t.name for step in todo.steps if isinstance(step, Backfill) for t in step.tables}
    return [each.paired for each in todo.tables if each.paired.name in names]


@dataclass(frozen=True, slots=True)
class _Work:
    """The work on one table."""

    run: Run
    table: PairedTable
    keep: Keep
    batch_size: int
    pause: float

    def settle(self) -> Iterator[tuple[int, int]]:
        """Settle the table, and yield of each batch how many pairs were, and were cleared."""
        session, table = self.run.session, self.table
        repairing, done = session.engine.repairing, 0
        with session.engine.rows.prepared(session, [table]):
            for after, upto in repairing.batches(session, table, self.batch_size):
                self.run.progress(Progress("repair", table.name, done, done + self.batch_size))
                self.run.stop.check()
                done += self.batch_size
                if any(map(self._is_open, repairing.unsure_rows(session, table, after, upto))):
                    yield self._settle_batch(after, upto)
            with self.run.transaction():
                session.engine.rows.prune(session, table)
        self.run.progress(Progress("repair", table.name, done, done))

    def _is_open(self, row: UnsureRow) -> bool:
        """Return whether something is to be done with a row, listing it included."""
        return any(
            epoch is None or _differs(pair, legacy, epoch)
            for pair, legacy, epoch in _pairs_of(self.table, row)
        )

    def _settle_batch(self, after: object, upto: object) -> tuple[int, int]:
        """Settle a range of rows, which are read again now that nobody else can write."""
        session, table = self.run.session, self.table
        rows, repairing = session.engine.rows, session.engine.repairing
        began, settled, cleared = time.monotonic(), 0, 0
        with self.run.transaction(), rows.without_triggers(session, table.name) as has_changed:
            for row in repairing.unsure_rows(session, table, after, upto):
                for pair, legacy, epoch in _pairs_of(table, row):
                    if _differs(pair, legacy, epoch):
                        settled += 1
                        if self.keep == "epoch" and pair.writable and _is_instant(epoch):
                            repairing.write_legacy(session, table, pair, row.key)
                        else:
                            ms = convert(legacy, pair.reading).ms
                            repairing.write_epoch(session, table, pair, row.key, ms)
                            cleared += ms is None
            repairing.list_unconverted(session, table, after, upto)
        let_others_write(time.monotonic() - began, self.pause, has_changed_schema=has_changed)
        return settled, cleared


def _pairs_of(table: PairedTable, row: UnsureRow) -> Iterator[tuple[ColumnPair, object, object]]:
    return zip(table.columns, row.values[::2], row.values[1::2], strict=True)


def _differs(pair: ColumnPair, legacy: object, epoch: object) -> bool:
    """Return whether the two values are of different instants; a range is not a question here."""
    expected = convert(legacy, pair.reading).ms
    return what_differs(pair, legacy, expected, epoch, _ANY_INSTANT) is not None


def _is_instant(epoch: object) -> bool:
    return isinstance(epoch, int) and MIN_MS <= epoch <= MAX_MS
