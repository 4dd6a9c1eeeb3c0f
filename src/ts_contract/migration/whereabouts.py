"""Where the tables and columns that a migration has on record stand today.

The application may rename either at any time, and our triggers and indexes follow. So a recorded
column that is missing was not finalized because of that: finalize itself says so in the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .engines.base import Session
from .pairs import PairedTable
from .state import State

__all__ = ["Whereabouts", "missing", "whereabouts"]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where one table on record stands today.

    Attributes:
        recorded: the table on record.
        name: what it is called; None if it is missing and has left no trace.
        legacy: what its legacy columns are called, by their names on record; None for one that is
            missing and has left no trace.
        epochs: those of its epoch columns that are there.
    """

    recorded: PairedTable
    name: str | None
    legacy: Mapping[str, str | None]
    epochs: tuple[str, ...]

    @property
    def is_renamed(self) -> bool:
        """Whether the table is called otherwise than on record (case does not count)."""
        return self.name is not None and self.name.lower() != self.recorded.name.lower()


def whereabouts(session: Session, state: State) -> tuple[Whereabouts, ...]:
    """Return where each table on record stands."""
    return tuple(_whereabouts(session, state, table) for table in state.tables)


def missing(session: Session, state: State) -> tuple[str, ...]:
    """Return what is on record and missing, a line each, with what to do about it."""
    return tuple(
        f"{message}; rename it back, or `ts-contract rollback`, put the new name into the "
        "contract, and migrate again"
        for table in whereabouts(session, state)
        for message in _missing(table)
    )


def _missing(table: Whereabouts) -> Iterator[str]:
    recorded = table.recorded
    if table.name is None:
        yield f"table {recorded.name} is not in the database although it was not finalized"
    elif table.is_renamed:
        yield (
            f"table {recorded.name} is not in the database although it was not finalized: it is "
            f"called {table.name} now"
        )
    else:
        for pair in recorded.columns:
            now = table.legacy[pair.legacy]
            if now is None or now.lower() != pair.legacy.lower():
                called = "" if now is None else f": it seems to be called {now} now"
                yield (
                    f"{recorded.name}.{pair.legacy} is missing although it was not "
                    f"finalized{called}"
                )


def _whereabouts(session: Session, state: State, recorded: PairedTable) -> Whereabouts:
    inspection = session.engine.inspection
    ours = {pair.epoch.lower() for pair in recorded.columns}
    name, present = recorded.name, inspection.column_names(session, recorded.name)
    if not ours <= set(map(str.lower, present)):  # else it stands there: no need to look for it
        name = inspection.followed(session, recorded) or recorded.name
        present = inspection.column_names(session, name)
    if not present:
        return Whereabouts(recorded, None, dict.fromkeys(_legacy(recorded)), ())
    before = inspection.columns_of(state.creates[recorded.name])
    others = [column for column in present if column.lower() not in ours]
    return Whereabouts(
        recorded,
        name,
        {legacy: _today(legacy, before, others) for legacy in _legacy(recorded)},
        tuple(column for column in present if column.lower() in ours),
    )


def _legacy(recorded: PairedTable) -> tuple[str, ...]:
    return tuple(pair.legacy for pair in recorded.columns)


def _today(legacy: str, before: tuple[str, ...], others: list[str]) -> str | None:
    """Return what a column is called today: the one at its place, if nothing else has moved."""
    lowered = [column.lower() for column in others]
    if legacy.lower() in lowered:
        return others[lowered.index(legacy.lower())]
    if len(before) != len(others) or legacy.lower() not in before:
        return None
    now = others[before.index(legacy.lower())]
    return None if now.lower() in before else now
