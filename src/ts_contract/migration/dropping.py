"""What finalize and rollback share: taking columns out, when nothing needs them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..contract import Contract
from ..progress import Progress, ProgressCallback
from .engines.answers import Succession
from .engines.base import Session
from .errors import Failed, Refused
from .forms import Reading
from .lease import Lease
from .pairs import SuccessorIndex
from .run import back_up, execute
from .schema import DatabaseInfo
from .state import State
from .steps import (
    BuildSuccessor,
    CreateState,
    InstallConversion,
    InstallSync,
    InstallZone,
    Step,
)
from .stopping import stop_on_signals

__all__ = [
    "Removal",
    "Removed",
    "backed_up",
    "drop_successors",
    "remove",
    "taking_out",
    "undo",
]


@dataclass(frozen=True, slots=True)
class Removal:
    """The columns to take out of one table.

    Attributes:
        table: the table.
        successors: the column that takes over, by each column to take out.
        succession: what the table is to be; None for all but what names the columns.
    """

    table: str
    successors: dict[str, str]
    succession: Succession | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """What went: columns as `table.column`, indexes and CHECKs; and what was rebuilt."""

    columns: tuple[str, ...]
    indexes: tuple[str, ...]
    checks: tuple[str, ...]
    rebuilt: tuple[str, ...]


@contextmanager
def backed_up(session: Session, path: Path | None, progress: ProgressCallback) -> Iterator[None]:
    """Write a copy before the block, if one is wanted; where the block refuses, it goes again.

    Raises:
        Refused: the copy cannot be written there.
        Failed: the copy is not sound.
        Interrupted: somebody asked to stop.
    """
    if path is None:
        yield
        return
    with stop_on_signals() as stop:
        back_up(session, path, progress, stop)
    try:
        yield
    except Refused:
        path.unlink()
        raise


@contextmanager
def taking_out(session: Session) -> Iterator[None]:
    """Hold one transaction with the lease, in which columns can be dropped.

    Raises:
        Refused: another run is at work.
        Failed: the database refused something; nothing was changed.
    """
    with session.engine.removal.prepared(session):
        try:
            with session.transaction():
                Lease().take(session)
                yield
        except Failed as error:
            raise Failed(f"{error}; nothing was changed") from error


def remove(
    session: Session,
    state: State,
    removals: list[Removal],
    *,
    phase: str,
    progress: ProgressCallback,
    staying: Collection[str] = (),
) -> Removed:
    """Take out columns with the application's indexes on them, our triggers, and our tables.

    Args:
        session: a database in a transaction, prepared for it.
        state: what the migration left.
        removals: the columns to take out.
        phase: name of the work, for progress.
        progress: told of each table.
        staying: names of tables whose migration goes on, for which our tables stay.

    Raises:
        Refused: a view, trigger, unique index or constraint of the application needs a column, or
            something that is not ours has a name like ours.
    """
    _refuse_strangers(session, state)
    for table in state.tables:
        if table.name not in staying:
            undo(session, InstallSync(table))
    if not staying:
        undo(session, InstallConversion(Reading()))
    info = session.engine.inspection.inspect(session, ())
    broken = session.engine.removal.broken(session, info)
    _refuse_dependents(session, info, removals)
    removed = _drop(session, info, removals, phase, progress)
    if not staying:
        undo(session, InstallZone(Reading()))
    _refuse_broken(session, info, broken)
    progress(Progress(phase, "", len(removals), len(removals)))
    if not staying:
        undo(session, CreateState(Contract("")))
    return removed


def undo(session: Session, step: Step) -> None:
    """Take one step back."""
    execute(session, session.engine.ddl.undo(step, session.schema))


def drop_successors(session: Session, successors: Iterable[tuple[str, SuccessorIndex]]) -> None:
    """Drop indexes that were built for the application's, each with its table, as they were built.

    Another one may have got such a name meanwhile.
    """
    info = session.engine.inspection.inspect(session, ())
    for table, index in successors:
        if session.engine.indexes.is_built(info, table, index):
            undo(session, BuildSuccessor(table, index))


def _drop(
    session: Session,
    info: DatabaseInfo,
    removals: list[Removal],
    phase: str,
    progress: ProgressCallback,
) -> Removed:
    removal = session.engine.removal
    indexes: list[str] = []
    checks: list[str] = []
    rebuilt: list[str] = []
    for done, each in enumerate(removals):
        progress(Progress(phase, each.table, done, len(removals)))
        going = removal.dependent_indexes(info, each.table, each.successors)
        dropped = removal.drop(session, each.table, each.successors, going, each.succession)
        indexes += (index.name for index in going)
        checks += (f"{check} of {each.table}" for check in dropped.checks)
        if dropped.rebuilt:
            rebuilt.append(each.table)
    columns = (f"{each.table}.{column}" for each in removals for column in each.successors)
    return Removed(tuple(columns), tuple(indexes), tuple(checks), tuple(rebuilt))


# --- what speaks against it ------------------------------------------------------------------


def _refuse_strangers(session: Session, state: State) -> None:
    info = session.engine.inspection.inspect(session, ())
    strangers = session.engine.trace.strangers(info, [table.name for table in state.tables])
    if strangers:
        raise Refused(f"{session.name}: {'; '.join(strangers)}; nothing was changed")


def _refuse_dependents(session: Session, info: DatabaseInfo, removals: list[Removal]) -> None:
    columns = {
        (removal.table.lower(), column.lower()): f"{removal.table}.{column}"
        for removal in removals
        for column in removal.successors
    }
    needed = session.engine.removal.dependents(session, info, columns)
    if needed:
        listed = "; ".join(f"{d.kind} {d.name} needs {columns[d.table, d.column]}" for d in needed)
        raise Refused(f"{session.name}: {listed}; change these first, nothing was dropped")


def _refuse_broken(
    session: Session, info: DatabaseInfo, before: dict[tuple[str, str], str]
) -> None:
    """Refuse if something no longer works that did before; the transaction is rolled back."""
    for (kind, name), error in session.engine.removal.broken(session, info).items():
        if (kind, name) not in before:
            what = f"view {name}" if kind == "view" else f"a trigger on {name}"
            raise Refused(
                f"{session.name}: {what} needs a column that goes ({error}); change it first, "
                "nothing was dropped"
            )
