"""What a database would lose with its legacy columns, and what the epoch columns take over.

finalize refuses what would be lost; `plan --finalize` tells all of it beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..contract import Contract, index_name
from .engines.answers import Succession
from .engines.base import Session
from .errors import Refused
from .forms import reading_of
from .notices import Notice
from .own_tables import STATE
from .pairs import PairedTable
from .state import State

__all__ = ["losses_of", "recorded_tables"]


def recorded_tables(contract: Contract, state: State) -> tuple[PairedTable, ...]:
    """Return the tables that were migrated, their columns read as the contract says.

    Raises:
        Refused: the state pairs columns that the contract does not.
    """
    for table in state.tables:
        declared = contract.table(table.name)
        for pair in table.columns:
            column = None if declared is None else declared.column(pair.legacy)
            if column is None or column.epoch.lower() != pair.epoch.lower():
                raise Refused(
                    f"row 'table:{table.name}' of {STATE} has {pair.legacy} with {pair.epoch}, "
                    "which the contract does not have; restore that table from a backup"
                )
    readings = {
        (table.name.lower(), column.legacy.lower()): reading_of(contract, column)
        for table in contract.tables
        for column in table.columns
    }
    return tuple(
        replace(
            table,
            indexes=tuple(i for name, i in state.successors if name.lower() == table.name.lower()),
            columns=tuple(
                replace(pair, reading=readings[table.name.lower(), pair.legacy.lower()])
                for pair in table.columns
            ),
        )
        for table in state.tables
    )


def losses_of(
    session: Session, tables: tuple[PairedTable, ...], successions: Mapping[str, Succession]
) -> list[Notice]:
    """Return what finalize refuses, what goes, and what the epoch columns take over.

    Args:
        session: an open database.
        tables: the tables, with their legacy columns and the successors of their indexes.
        successions: what becomes of each table.
    """
    return [
        *_dependents(session, tables),
        *_indexes(session, tables),
        *(Notice("refusal", message) for each in successions.values() for message in each.refusals),
        *(
            Notice("note", f"{clause} is carried over")
            for each in successions.values()
            for clause in each.carried
        ),
    ]


def _dependents(session: Session, tables: tuple[PairedTable, ...]) -> Iterator[Notice]:
    """Name views and triggers that need a column."""
    columns = {
        (table.name.lower(), pair.legacy.lower()): f"{table.name}.{pair.legacy}"
        for table in tables
        for pair in table.columns
    }
    info = session.engine.inspection.inspect(session, ())
    for each in session.engine.removal.dependents(session, info, columns):
        place = columns[each.table, each.column]
        yield Notice("refusal", f"{each.kind} {each.name} needs {place}; change it first")


def _indexes(session: Session, tables: tuple[PairedTable, ...]) -> Iterator[Notice]:
    """Name the indexes that need a column, and what takes their place."""
    info = session.engine.inspection.inspect(session, ())
    for table in tables:
        epochs = {pair.legacy: pair.epoch for pair in table.columns}
        successors = {index.source: index.name for index in table.indexes}
        for index in session.engine.removal.dependent_indexes(info, table.name, epochs):
            place = f"{table.name}.{index.column}"
            successor = successors.get(f"index {index.name}")
            if successor is None and index.name in table.unsaid:
                yield Notice(
                    "refusal",
                    f"index {index.name} needs the stored form of {place}; make one on "
                    f"{epochs[index.column]} and drop this one first",
                )
            else:
                successor = successor or index_name(table.name, epochs[index.column])
                yield Notice("note", f"index {successor} takes the place of {index.name}")
