"""Runs a plan: short transactions, batches, pauses, checkpoints, progress, signals.

Whatever happens, the file is in one of the states that the next run knows how to go on from:
each transaction does a piece of the work together with the note that it is done.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from ..contract import Contract
from ..progress import Progress, ProgressCallback, silent
from .engines.base import Session, Target, TransactionKind
from .engines.choose import opened
from .engines.sqlite import rows as sqlite_rows
from .engines.sqlite.backup import back_up
from .engines.sqlite.connection import (
    has_write_ahead_log,
    not_waiting_for_the_disk,
    sorting_in_parallel,
)
from .engines.sqlite.offline import ProvedRanges, checkpointing_aside, proving_aside
from .engines.sqlite.quiet import without_triggers
from .engines.sqlite.survey import provide_zones
from .errors import Failed, Refused
from .pairs import PairedTable
from .plan import Plan, plan_open
from .state import Lease, finish_phase, note_backfill, read_state, write
from .steps import Backfill, BuildIndex, CreateState, InstallSync, Step
from .stopping import StopFlag, stop_on_signals
from .verify import VerifyReport, needs_record, record_verified, verify_open

__all__ = ["migrate"]

BATCH_SIZE = 2_000
BATCH_SIZE_WITHOUT_PAUSE = 20_000
ROWS_OF_ONE_STATEMENT = 100_000
PAUSE = 0.005
PAUSE_FOR_SCHEMA = 0.005


def migrate(
    db: Target,
    contract: Contract,
    *,
    offline: bool = False,
    sync: bool = True,
    check_range: bool = False,
    batch_size: int | None = None,
    pause: float = PAUSE,
    backup: Path | None = None,
    progress: ProgressCallback = silent,
    schema: str | None = None,
) -> VerifyReport:
    """Bring a database from the legacy to the migrated schema, and verify it.

    A run that was stopped, killed or refused space goes on where it was when it is run again;
    on a migrated database it verifies and changes nothing.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        contract: which columns.
        offline: take each table in one pass under an exclusive lock, instead of in batches.
        sync: install triggers that keep both columns equal while old and new code write.
        check_range: add a CHECK that lets only milliseconds of the valid range in.
        batch_size: rows in one transaction; 2,000 if None is given, without a pause 20,000.
        pause: seconds between two of them, at least; it is longer than the one before took, which
            bounds the wait of other writers. 0 for no pause at all.
        backup: where to write a verified copy before the first change.
        progress: told how far the work is.
        schema: which of the attached databases of a connection is meant; by default the main one.

    Returns:
        What the verification found.

    Raises:
        Refused: the plan has refusals, or another run is at work; nothing was changed.
        Interrupted: SIGINT or SIGTERM; the next run goes on.
        Failed: SQLite refused something on the way; the next run goes on.
    """
    if batch_size is None:
        batch_size = BATCH_SIZE if pause else BATCH_SIZE_WITHOUT_PAUSE
    if batch_size < 1 or pause < 0:
        raise Refused("batch size must be 1 or more, pause 0 or more; correct the options")
    with opened(db, write=True, schema=schema) as session, stop_on_signals() as stop:
        todo = _checked_plan(session, contract, sync=sync, check_range=check_range)
        if backup is not None:
            back_up(session, backup, progress, stop)
        if todo.steps:
            # Who lent a connection knows of no second one, and may have locked it out.
            aside = offline and isinstance(db, str | Path) and has_write_ahead_log(session)
            run = _Run(session, stop, progress, offline, aside, batch_size, pause)
            with run.leased():
                todo = _checked_plan(session, contract, sync=sync, check_range=check_range)
                run.options(sync=todo.sync, check_range=check_range)
                with checkpointing_aside(session) if aside else nullcontext():
                    run.steps(todo)
        with session.stoppable(stop):
            report = verify_open(session, contract, progress)
        if report.correct and needs_record(session):
            record_verified(session)
        return report


def _checked_plan(session: Session, contract: Contract, *, sync: bool, check_range: bool) -> Plan:
    todo = plan_open(session, contract, sync=sync, check_range=check_range)
    if todo.refusals:
        raise Refused(f"{session.name}: " + "; ".join(todo.refusals))
    return todo


@dataclass(frozen=True, slots=True)
class _Run:
    """One run.

    Attributes:
        aside: whether threads may read and checkpoint the file beside the one pass.
    """

    session: Session
    stop: StopFlag
    progress: ProgressCallback
    offline: bool
    aside: bool
    batch_size: int
    pause: float
    lease: Lease = field(default_factory=Lease)

    @contextmanager
    def leased(self) -> Iterator[None]:
        """Hold the lease; the first change of all, so an error in taking it is a refusal."""
        try:
            with self.session.transaction():
                for statement in CreateState.tables(self.session.schema):
                    self.session.run(statement)
                self.lease.take(self.session)
        except Failed as error:
            raise Refused(str(error)) from error
        try:
            with self.session.stoppable(self.stop):
                yield
        finally:
            self._release()

    def _release(self) -> None:
        # The disk may be full or the file locked; a dead run's lease runs out.
        with suppress(Failed), self.session.transaction():
            self.lease.release(self.session)

    def options(self, **options: bool) -> None:
        with self._transaction():
            if "options" not in read_state(self.session).values:
                write(self.session, "options", options)

    @contextmanager
    def _transaction(self, kind: TransactionKind = "write") -> Iterator[None]:
        """One transaction that also gives the sign of life."""
        self.stop.check()
        with self.session.transaction(kind):
            self.lease.renew(self.session)
            yield

    # -- the phases, in order

    def steps(self, todo: Plan) -> None:
        rows = {table.paired.name: table.rows for table in todo.tables}
        for phase, group in groupby(todo.steps, key=lambda step: step.phase):
            steps = list(group)
            if phase == "backfill":
                self._backfill(
                    [t for s in steps if isinstance(s, Backfill) for t in s.tables], rows
                )
            elif phase == "index":
                self._index([s for s in steps if isinstance(s, BuildIndex)])
            else:
                self._at_once(phase, steps, rows)

    def _at_once(self, phase: str, steps: list[Step], rows: dict[str, int]) -> None:
        """Quick steps: all of a phase in one transaction."""
        self.progress(Progress(phase, "", 0, len(steps)))
        with self._transaction():
            for step in steps:
                for statement in step.sql(self.session.schema):
                    self.session.run(statement)
                if isinstance(step, InstallSync):
                    note_backfill(self.session, step.table.name, self._start(step.table, rows))
            finish_phase(self.session, phase)
        self.progress(Progress(phase, "", len(steps), len(steps)))

    def _start(self, table: PairedTable, rows: dict[str, int]) -> dict[str, Any]:
        """Return the state at the beginning; what gets a greater key is the triggers' business."""
        count = rows[table.name]  # of the plan: counting would hold the lock too long
        bound = sqlite_rows.greatest_key(self.session, table)
        density = bound and sqlite_rows.density(self.session, table, bound, count)
        return {
            "cursor": None,
            "bound": bound,
            "density": density,
            "done": False,
            "filled": 0,
            "rows": count,
        }

    def _backfill(self, tables: list[PairedTable], rows: dict[str, int]) -> None:
        noticed = sqlite_rows.noticing_unusual(self.session)
        with not_waiting_for_the_disk(self.session):
            for table in tables:
                for column in table.columns:
                    provide_zones(self.session, column.reading)
                if self.offline:
                    self._one_pass(table, noticed, rows)
                else:
                    self._batches(table, noticed, rows)
            with self._transaction():
                finish_phase(self.session, "backfill")

    def _one_pass(
        self, table: PairedTable, noticed: sqlite_rows.Noticed, rows: dict[str, int]
    ) -> None:
        """Fill a table while nobody else can write."""
        with self._transaction("exclusive"), without_triggers(self.session, table.name):
            state = self._start(table, rows)
            # Of the end, at the beginning: for a page that the log holds already, the commit would
            # read all of the log behind it again.
            at_end = {"cursor": state["bound"], "filled": state["rows"], "done": True}
            note_backfill(self.session, table.name, {**state, **at_end})
            if state["bound"] is not None:  # None: the table is empty
                self._fill_all(table, state, noticed)
            sqlite_rows.prune(self.session, table)
        self.progress(Progress("backfill", table.name, state["rows"], state["rows"]))

    def _fill_all(
        self, table: PairedTable, state: dict[str, Any], noticed: sqlite_rows.Noticed
    ) -> None:
        size, rows = ROWS_OF_ONE_STATEMENT, state["rows"]
        step = int(size * (state["density"] or 1))
        ranges = partial(
            sqlite_rows.ranges,
            table=table,
            after=None,
            upto=state["bound"],
            size=size,
            dense=state["density"] is not None,
        )
        proving: AbstractContextManager[ProvedRanges] = nullcontext(ProvedRanges())
        if self.aside and rows > size and all(map(sqlite_rows.is_usual, table.columns)):
            proving = proving_aside(self.session, table, ranges)
        with proving as proofs:
            for number, (after, upto) in enumerate(ranges(self.session)):
                self.stop.check()
                self.progress(Progress("backfill", table.name, min(number * step, rows), rows))
                if proofs.take(number):
                    sqlite_rows.fill_unproved(self.session, table, after, upto)
                else:
                    sqlite_rows.fill(self.session, table, after, upto, noticed)

    def _batches(
        self, table: PairedTable, noticed: sqlite_rows.Noticed, rows: dict[str, int]
    ) -> None:
        state = read_state(self.session).backfill(table.name)
        if state is None or state["done"] or sqlite_rows.may_be_numbered_anew(table):
            with self._transaction():
                state = self._start(table, rows)
                note_backfill(self.session, table.name, state)
        while not state["done"]:
            self.progress(Progress("backfill", table.name, state["filled"], state["rows"]))
            begin = time.monotonic()
            with (
                self._transaction(),
                without_triggers(self.session, table.name) as has_changed_schema,
            ):
                state = self._fill(table, state, self.batch_size, noticed)
                note_backfill(self.session, table.name, state)
            held = time.monotonic() - begin
            self._let_others_write(held, has_changed_schema=has_changed_schema)
        self.progress(Progress("backfill", table.name, state["rows"], state["rows"]))

    def _fill(
        self, table: PairedTable, state: dict[str, Any], size: int, noticed: sqlite_rows.Noticed
    ) -> dict[str, Any]:
        """Fill the next rows of a table, and return the state behind them."""
        cursor, bound, density = state["cursor"], state["bound"], state["density"]
        end = None
        if bound is not None:  # None: the table was empty
            end = sqlite_rows.batch_end(
                self.session, table, cursor, bound, size, dense=density is not None
            )
            sqlite_rows.fill(self.session, table, cursor, end or bound, noticed)
        if end is None:
            sqlite_rows.prune(self.session, table)
        return {
            **state,
            "cursor": end or bound,
            "filled": min(state["filled"] + int(size * (density or 1)), state["rows"]),
            "done": end is None,
        }

    def _let_others_write(self, held: float, *, has_changed_schema: bool) -> None:
        """Pause longer than the lock was held.

        SQLite's busy handler looks again after 1, 2, 5, 10, 15, 20, 25 ms: from 8 ms on, no wait is
        more than a quarter longer than all before it together. So who waits for a transaction
        looks again during the pause that follows it, and does not wait for the next one too.
        Who finds another schema then reads it before coming back, which takes some time.
        """
        if self.pause:
            for_schema = PAUSE_FOR_SCHEMA if has_changed_schema else 0.0
            time.sleep(max(self.pause, 1.25 * held) + for_schema)

    def _index(self, steps: list[BuildIndex]) -> None:
        """Each index is a transaction of its own: it holds the write lock while it is built."""
        for done, step in enumerate(steps):
            self.progress(Progress("index", f"{step.table}.{step.epoch}", done, len(steps)))
            with sorting_in_parallel(self.session), self._transaction():
                for statement in step.sql(self.session.schema):
                    self.session.run(statement)
        with self._transaction():
            finish_phase(self.session, "index")
        self.progress(Progress("index", "", len(steps), len(steps)))
