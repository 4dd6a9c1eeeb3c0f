"""Some tables of a contract by themselves: one may be migrated, or finalized, before the others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..contract import Contract
from .changes import Change
from .engines.base import Session
from .errors import Refused
from .state import State

__all__ = ["left_out", "of_others", "part_of", "refuse_ties", "state_of"]


def part_of(session: Session, contract: Contract, tables: Collection[str] | None) -> Contract:
    """Return a contract with some of its tables alone; without the version row, which is of all.

    Args:
        session: the database, for messages.
        contract: the whole contract.
        tables: names of its tables (case does not count); None for all of it.

    Raises:
        Refused: a name is not of a table of the contract.
    """
    if tables is None:
        return contract
    unknown = [name for name in tables if contract.table(name) is None]
    if unknown:
        raise Refused(
            f"{session.name}: {', '.join(unknown)} is not a table of the contract; it has "
            f"{', '.join(contract.table_names) or 'none'}"
        )
    wanted = {name.lower() for name in tables}
    chosen = tuple(table for table in contract.tables if table.name.lower() in wanted)
    is_whole = len(chosen) == len(contract.tables)
    return contract if is_whole else replace(contract, tables=chosen, version=None)


def left_out(contract: Contract, part: Contract) -> Contract:
    """Return what a part of a contract leaves out of it."""
    tables = (table for table in contract.tables if part.table(table.name) is None)
    return replace(contract, tables=tuple(tables), version=None)


def state_of(state: State, part: Contract) -> State:
    """Return a state with those of its tables alone that a part of the contract has."""
    tables = (table for table in state.tables if part.table(table.name) is not None)
    return replace(state, tables=tuple(tables))


def of_others(changes: Collection[Change], part: Contract, state: State) -> list[Change]:
    """Return the changes that have to be made to tables on record which a part leaves out."""
    return [
        change
        for change in changes
        if any(
            part.table(name) is None and state.table(name) is not None
            for name in (*change.again, *filter(None, (change.table,)))
        )
    ]


def refuse_ties(session: Session, part: Contract, rest: Contract) -> None:
    """Refuse to part tables whose instants refer to each other.

    Args:
        session: an open database.
        part: the tables that are chosen.
        rest: those that are left out, and would stay as they are.

    Raises:
        Refused: a foreign key has instants of both.
    """
    ties = session.engine.removal.ties(session, part, rest)
    if ties:
        raise Refused(
            f"{session.name}: {'; '.join(ties)}; name both tables, one --table each, or none; "
            "nothing was changed"
        )
