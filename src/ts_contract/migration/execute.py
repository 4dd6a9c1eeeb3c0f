"""Runs a plan: short transactions, batches, pauses, checkpoints, progress, signals.

Whatever happens, the database is in one of the states that the next run knows how to go on from:
each transaction does a piece of the work together with the note that it is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from ..contract import Contract
from ..progress import Progress, ProgressCallback, silent
from .backfill import Pace, fill_tables, note_start
from .engines.base import Session, Target
from .engines.choose import opened
from .errors import Failed, Refused
from .lease import Lease
from .pairs import PairedTable
from .plan import Plan
from .run import Run, back_up
from .space import refuse_offline_without_space
from .state import Options, finish_phase, forget_backfill, note_options
from .steps import (
    AddColumn,
    Backfill,
    BuildIndex,
    BuildSuccessor,
    ClearNullValues,
    InstallConversion,
    InstallSync,
    Step,
)
from .stopping import stop_on_signals
from .survey import plan_open, with_collisions
from .verify import needs_record, record_verified, verify_open
from .verify_report import VerifyReport

__all__ = ["migrate"]

BATCH_SIZE = 2_000
BATCH_SIZE_WITHOUT_PAUSE = 20_000
MAX_BATCH_SIZE = 1_000_000_000
PAUSE = 0.005
MAX_PAUSE = 3_600


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
    take_over: bool = False,
    tables: Collection[str] | None = None,
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
        take_over: go on although another run seems to be at work, which is dead for certain; one
            that is not ends before its next change.
        tables: the tables of the contract to migrate; None for all. The version row is written
            only by a migration of all.
        progress: told how far the work is.
        schema: which of the attached databases of a connection is meant.

    Returns:
        What the verification found.

    Raises:
        Refused: the plan has refusals, or another run is at work; nothing was changed.
        Interrupted: SIGINT or SIGTERM; the next run goes on.
        Failed: the database refused something on the way; the next run goes on.
    """
    pace = _pace(offline=offline, batch_size=batch_size, pause=pause)
    options = Options(sync=sync, check_range=check_range)
    with opened(db, write=True, schema=schema) as session, stop_on_signals() as stop:
        run = Run(session, stop, progress, Lease(take_over))
        todo = _unless_refused(
            with_collisions(session, _checked_plan(session, contract, options, tables))
        )
        if offline:
            refuse_offline_without_space(todo.space, session.name)
        if backup is not None:
            back_up(session, backup, progress, stop)
        if todo.steps:
            with run.leased():
                _execute(run, contract, options, pace, tables)
        with session.stoppable(stop):
            report = verify_open(session, contract, progress, tables)
        if report.correct and needs_record(session, tables):
            record_verified(session, tables)
        return replace(report, healed=tuple(map(str, todo.lost)))


def _pace(*, offline: bool, batch_size: int | None, pause: float) -> Pace:
    if batch_size is None:
        batch_size = BATCH_SIZE if pause else BATCH_SIZE_WITHOUT_PAUSE
    if not 1 <= batch_size <= MAX_BATCH_SIZE:
        raise Refused(f"batch size must be 1 to {MAX_BATCH_SIZE:,}; correct the options")
    if not 0 <= pause <= MAX_PAUSE:  # false for a NaN, too
        raise Refused(f"pause must be 0 to {MAX_PAUSE:,} seconds; correct the options")
    return Pace(offline, batch_size, pause)


def _checked_plan(
    session: Session, contract: Contract, options: Options, tables: Collection[str] | None
) -> Plan:
    return _unless_refused(plan_open(session, contract, options, tables))


def _unless_refused(todo: Plan) -> Plan:
    if todo.refusals:
        raise Refused(f"{todo.database}: " + "; ".join(todo.refusals))
    return todo


def _execute(
    run: Run, contract: Contract, options: Options, pace: Pace, tables: Collection[str] | None
) -> None:
    """Do what is left to do, planned again now that nobody else does it."""
    todo = _checked_plan(run.session, contract, options, tables)
    with run.transaction():
        note_options(run.session, Options(todo.sync, options.check_range))
    rows = {table.paired.name: table.rows for table in todo.tables}
    aside = run.session.engine.rows.alone(run.session) if pace.offline else nullcontext()
    with aside:
        for phase, group in groupby(todo.steps, key=lambda step: step.phase):
            steps = list(group)
            if phase == "backfill":
                filled = [t for step in steps if isinstance(step, Backfill) for t in step.tables]
                fill_tables(run, filled, rows, pace)
            else:
                indexes = [s for s in steps if isinstance(s, BuildIndex | BuildSuccessor)]
                if indexes:
                    _build_indexes(run, phase, indexes)
                others = [s for s in steps if not isinstance(s, BuildIndex | BuildSuccessor)]
                _do_at_once(run, phase, others, rows)


def _do_at_once(run: Run, phase: str, steps: list[Step], rows: dict[str, int]) -> None:
    """Quick steps: all of a phase in one transaction, which also notes that it is finished."""
    if steps:
        run.progress(Progress(phase, "", 0, len(steps)))
    with run.transaction():
        _clear_the_way(run, steps)
        synced = [step.table for step in steps if isinstance(step, InstallSync)]
        with _writable(run.session, synced):
            for step in steps:
                with _triggers_held_off(run, step):
                    run.do(step)
        for table in synced:
            # Rows inserted later are converted by the sync triggers. The number of rows is the
            # plan's: counting would hold the lock too long.
            note_start(run, table, rows[table.name])
        finish_phase(run.session, phase, rows)
    if steps:
        run.progress(Progress(phase, "", len(steps), len(steps)))


def _clear_the_way(run: Run, steps: list[Step]) -> None:
    """Take out what was changed since it was made, and forget what was filled in a lost column."""
    conversions = [step for step in steps if isinstance(step, InstallConversion)]
    if conversions:  # all of them stand on the same views
        run.undo(conversions[0])
    for step in steps:
        if isinstance(step, AddColumn):
            forget_backfill(run.session, step.table)


@contextmanager
def _writable(session: Session, tables: list[PairedTable]) -> Iterator[None]:
    """Prove that whatever could be written to some tables can still be, once the block is done.

    Raises:
        Failed: a trigger that the block created cannot work.
    """
    write_error = session.engine.proof.write_error
    before = {table.name: write_error(session, table.name) for table in tables}
    yield
    for name, earlier in before.items():
        error = write_error(session, name)
        if error is not None and earlier is None:
            raise Failed(
                f"{session.name}: with sync triggers, writes to {name} would fail ({error}); "
                "none was created"
            )


def _triggers_held_off(run: Run, step: Step) -> AbstractContextManager[object]:
    """Keep triggers from firing on what a step does to values."""
    if isinstance(step, ClearNullValues):
        return run.session.engine.rows.without_triggers(run.session, step.table.name)
    return nullcontext()


def _build_indexes(run: Run, phase: str, steps: list[BuildIndex | BuildSuccessor]) -> None:
    """Build each index by itself: others wait while it is built."""
    for done, step in enumerate(steps):
        what = step.epoch if isinstance(step, BuildIndex) else step.index.name
        run.progress(Progress(phase, f"{step.table}.{what}", done, len(steps)))
        with run.session.engine.rows.indexing(run.session), _building(run):
            run.undo(step)  # where another one has its name
            run.do(step)
    run.progress(Progress(phase, "", len(steps), len(steps)))


@contextmanager
def _building(run: Run) -> Iterator[None]:
    """Hold a transaction if the engine builds an index in one, and give the sign of life."""
    if run.session.engine.features.index_in_transaction:
        with run.transaction():
            yield
    else:
        with run.transaction():
            pass
        yield
