"""What finalize and rollback share: taking columns out, when nothing needs them."""

from __future__ import annotations

from dataclasses import dataclass

from ..progress import Progress, ProgressCallback
from .engines.base import Session
from .engines.sqlite.columns import checks_on, drop_columns
from .engines.sqlite.create_text import names
from .engines.sqlite.dependents import dependents, failures
from .errors import Refused
from .forms import Reading
from .pairs import ColumnPair, PairedTable
from .schema import DatabaseInfo, SchemaObject
from .state import State
from .steps import InstallConversion, InstallSync, InstallZone

__all__ = ["Removal", "recorded_tables", "remove", "run"]


@dataclass(frozen=True, slots=True)
class Removal:
    """The columns to take out of one table.

    Attributes:
        table: the table.
        successors: the column that takes over, by each column to take out.
    """

    table: str
    successors: dict[str, str]


@dataclass(frozen=True, slots=True)
class Removed:
    """What went: columns as `table.column`, indexes and CHECKs; and what was rebuilt."""

    columns: tuple[str, ...]
    indexes: tuple[str, ...]
    checks: tuple[str, ...]
    rebuilt: tuple[str, ...]


def recorded_tables(state: State) -> list[PairedTable]:
    """Return the tables that the migration changed, as far as removing needs to know them."""
    return [
        PairedTable(
            name,
            (),
            tuple(ColumnPair(legacy, epoch, Reading()) for legacy, epoch, _ in table["columns"]),
        )
        for name, table in state.tables()
    ]


def remove(
    session: Session,
    tables: list[PairedTable],
    removals: list[Removal],
    phase: str,
    progress: ProgressCallback,
) -> Removed:
    """Take out our triggers, and columns with the application's indexes on them.

    Args:
        session: a database in a transaction, set up for a rebuild.
        tables: the tables with sync triggers of ours.
        removals: the columns to take out.
        phase: name of the work, for progress.
        progress: told of each table.

    Raises:
        Refused: a view, trigger, unique index or constraint of the application needs a column.
    """
    for table in tables:
        run(session, InstallSync(table).undo(session.schema))
    run(session, InstallConversion(Reading()).undo(session.schema))
    info = session.engine.inspection.inspect(session, ())
    broken = failures(session, info)
    _refuse_dependents(session, info, removals)
    indexes: list[str] = []
    checks: list[str] = []
    rebuilt: list[str] = []
    for done, removal in enumerate(removals):
        progress(Progress(phase, removal.table, done, len(removals)))
        for index in _indexes_on(info, removal):
            session.run(f"DROP INDEX {session.qualified(index.name)}")
            indexes.append(index.name)
        lost = checks_on(session, removal.table, removal.successors)
        checks += [f"{check} of {removal.table}" for check in lost]
        if drop_columns(session, removal.table, removal.successors):
            rebuilt.append(removal.table)
    run(session, InstallZone(Reading()).undo(session.schema))
    _refuse_broken(session, info, broken)
    progress(Progress(phase, "", len(removals), len(removals)))
    columns = (f"{r.table}.{column}" for r in removals for column in r.successors)
    return Removed(tuple(columns), tuple(indexes), tuple(checks), tuple(rebuilt))


def run(session: Session, statements: tuple[str, ...]) -> None:
    """Execute statements in order."""
    for statement in statements:
        session.run(statement)


def _refuse_dependents(session: Session, info: DatabaseInfo, removals: list[Removal]) -> None:
    columns = {
        (removal.table.lower(), column.lower()): f"{removal.table}.{column}"
        for removal in removals
        for column in removal.successors
    }
    needed = dependents(session, info, columns)
    if needed:
        listed = "; ".join(f"{d.kind} {d.name} needs {columns[d.table, d.column]}" for d in needed)
        raise Refused(f"{session.name}: {listed}; change these first, nothing was dropped")


def _indexes_on(info: DatabaseInfo, removal: Removal) -> list[SchemaObject]:
    """Return the application's indexes that name a column; refuse a unique one."""
    found = []
    for index in info.objects:
        if index.kind != "index" or index.sql is None:
            continue
        if index.table.lower() != removal.table.lower():
            continue
        named = [column for column in removal.successors if names(index.sql, column)]
        if named and index.sql.split(None, 2)[1].upper() == "UNIQUE":
            raise Refused(
                f"unique index {index.name} needs {removal.table}.{named[0]}; make one on "
                f"{removal.successors[named[0]]} and drop this one first, nothing was dropped"
            )
        if named:
            found.append(index)
    return found


def _refuse_broken(
    session: Session, info: DatabaseInfo, before: dict[tuple[str, str], str]
) -> None:
    """Refuse if something no longer compiles that did before; the transaction is rolled back."""
    for (kind, name), error in failures(session, info).items():
        if (kind, name) not in before:
            what = f"view {name}" if kind == "view" else f"a trigger on {name}"
            raise Refused(
                f"{session.name}: {what} needs a column that goes ({error}); change it first, "
                "nothing was dropped"
            )
