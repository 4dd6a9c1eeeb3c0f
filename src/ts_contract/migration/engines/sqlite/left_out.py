"""What a sync trigger does where OR IGNORE has left its own UPDATE out.

The conflict clause of the outer statement takes the place of every other in a trigger. So an
instant that a unique successor refuses would be lost without a word: a row that was inserted is to
go again, as IGNORE means it, and one that was updated is an error.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...pairs import PairedTable, SuccessorIndex
from .create_index import without_order
from .create_text import tokens
from .names import column_in, literal, quote

__all__ = ["refuse_left_out", "take_left_out"]


def take_left_out(table: PairedTable, converted: Mapping[str, str]) -> str:
    """Return the statements that delete the new row where it is in the way of another one.

    Args:
        table: the table, with its unique successors.
        converted: what finds the conversion of each epoch column.
    """
    return "".join(
        f"DELETE FROM {quote(table.name)} WHERE {condition}; "
        for _, condition in _left_out(table, converted)
    )


def refuse_left_out(table: PairedTable, converted: Mapping[str, str]) -> str:
    """Return the statements that are an error there; the arguments are the same."""
    return "".join(
        f"SELECT RAISE(ABORT, {literal(_message(table, index))}) FROM {quote(table.name)}"
        f" WHERE {condition}; "
        for index, condition in _left_out(table, converted)
    )


def _message(table: PairedTable, index: SuccessorIndex) -> str:
    """Return what SQLite itself would say."""
    return "UNIQUE constraint failed: " + ", ".join(f"{table.name}.{c}" for c in index.columns)


def _left_out(table: PairedTable, converted: Mapping[str, str]) -> list[tuple[SuccessorIndex, str]]:
    unique = [index for index in table.indexes if index.unique and not index.where]
    conditions = ((index, _collides(table, index, converted)) for index in unique)
    return [(index, condition) for index, condition in conditions if condition is not None]


def _collides(
    table: PairedTable, index: SuccessorIndex, converted: Mapping[str, str]
) -> str | None:
    """Return whether a row is still as it was written, and another one has its instant.

    None is returned for an index of an expression.
    """
    legacy = {column.epoch: column.legacy for column in table.columns}
    own = [f"{column_in(name, table.name)} = new.{quote(name)}" for name in table.key]
    others, lagging = [], []
    for term in index.terms:
        name, *collation = without_order(tuple(tokens(term)))
        if name.kind != "name" or len(collation) not in (0, 2):
            return None
        column, value = quote(name.value), f"new.{quote(name.value)}"
        if name.value in legacy:
            found = f"{converted[name.value]} AND decider = 'legacy'"
            value = f"coalesce((SELECT ms {found}), {value})"
            lagging.append(f"EXISTS (SELECT 1 {found} AND ms IS NOT new.{column})")
            own += [
                f"{column_in(each, table.name)} IS new.{quote(each)}"
                for each in (name.value, legacy[name.value])
            ]
        collate = f" COLLATE {collation[1].text}" if collation else ""
        others.append(f"other.{column} = {value}{collate}")
    apart = " OR ".join(f"other.{quote(name)} IS NOT new.{quote(name)}" for name in table.key)
    return (
        f"{' AND '.join(own)} AND ({' OR '.join(lagging)})"
        f" AND EXISTS (SELECT 1 FROM {quote(table.name)} AS other"
        f" WHERE {' AND '.join(others)} AND ({apart}))"
    )
