"""Rewrites the columns of a select list, together with what reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ...contract import Storage
from ...source.edits import Edit
from ...source.sql.references import Statement
from ..changes import NotProvedError, Rewrite
from ..python.row_readers import Uses
from .rewrites import ColumnRewrite, FileRewrite, link_target, need_text_in_utc
from .spelling import SCALES, shown
from .spot import Spot
from .tokens import Place

__all__ = ["LOSES_TYPE", "Outputs"]

LOSES_TYPE = "detect_types makes no datetime of what is computed"
"""Why the old text is not enough where sqlite3 goes by declared types."""

ValueAt = Callable[[Spot, ColumnRewrite], None]


@dataclass(frozen=True, slots=True)
class _Readers:
    """Who reads a result column.

    Attributes:
        uses: the places.
        rewrite: what lets those of them go on with milliseconds that are safe.
        failures: why the others cannot.
    """

    uses: Uses
    rewrite: Rewrite
    failures: tuple[NotProvedError, ...]


class Outputs:
    """Rewrites the select lists of one file.

    Args:
        state: the state of the file's rewrite.
        value_at: lets a place whose value becomes milliseconds fit what stands around it.
    """

    def __init__(self, state: FileRewrite, value_at: ValueAt) -> None:
        self._state = state
        self._value_at = value_at

    def output(self, spot: Spot, rewrite: ColumnRewrite) -> None:
        """Rewrite a column of a select list, with what reads it."""
        tokens, place = spot.tokens, spot.place
        select = tokens.select_of(place)
        items = tokens.select_items(select)
        item = next((i for i in items if i.first <= place.first and place.last <= i.last), None)
        if item is None:
            raise NotProvedError("the select list cannot be read")
        bare, alias = tokens.split_alias(item)
        if tokens.inside(bare) != place and bare != place:
            raise NotProvedError("the use of the column is not understood")
        if spot.statement.outputs is None or not _is_top(spot, select):
            self._inner_output(spot.at(bare), alias, items, rewrite)
            return
        position = items.index(item)
        behind_star = any(tokens.word(other.last) == "*" for other in items[:position])
        is_known = not behind_star and not rewrite.reference.follows_hole
        self._top_output(spot, alias, position if is_known else None, rewrite)

    # --- of a subquery, a compound or an INSERT ----------------------------------------------

    def _inner_output(
        self, spot: Spot, alias: str, items: Sequence[Place], rewrite: ColumnRewrite
    ) -> None:
        """Rewrite a column of an inner select list: where its value goes must be known."""
        tokens = spot.tokens
        opening = tokens.holder(spot.place.first)
        if opening < 0:
            self._top_of_several(spot, alias, rewrite)
            return
        before = tokens.word(opening - 1)
        if before == "EXISTS":
            self._state.rename(rewrite)
            return
        is_listed = before == "," and tokens.clause(Place(opening, opening)) == "from"
        is_relation = is_listed or before in {"FROM", "JOIN", "AS", "MATERIALIZED"}
        if not is_relation:
            if len(items) != 1:
                raise NotProvedError("a subquery gives several columns")
            self._state.rename(rewrite)
            self._value_at(spot.at(Place(opening, tokens.closing(opening))), rewrite)
            return
        if any(tokens.word(i.last) == "*" for i in items):
            raise NotProvedError("a subquery gives all columns of a table")
        self._relation_output(spot, alias, rewrite)

    def _top_of_several(self, spot: Spot, alias: str, rewrite: ColumnRewrite) -> None:
        """Rewrite a column of what an INSERT takes its rows from, or of a part of a compound."""
        if not spot.tokens.is_compound:
            self._state.rename(rewrite)
            link_target(spot, rewrite)
        elif self._state.options.compat_reads:
            self._give_legacy(spot, "" if alias else rewrite.reference.column.legacy, rewrite)
        else:
            raise NotProvedError("the parts of a compound query share the column")

    def _relation_output(self, spot: Spot, alias: str, rewrite: ColumnRewrite) -> None:
        """Follow a column of a subquery or a common table expression to its uses outside."""
        tokens, columns = spot.tokens, self._state.columns(spot.statement)
        name = alias or rewrite.reference.column.legacy.lower()
        self._state.rename(rewrite)
        if tokens.selects_all:
            raise NotProvedError("all columns of a subquery are selected")
        for index in tokens.called(name):
            place = tokens.column(*tokens.indexes(Place(index, index)))
            if place is None or place.last != index:
                continue
            reference = columns.get(place)
            if reference is not None:
                if reference.span != rewrite.span and not reference.epoch:
                    rewrite.links.add(reference.span)
                continue
            if tokens.word(index - 1) == "AS" or tokens.word(index).startswith("'"):
                continue  # where it is named
            if not alias:
                raise NotProvedError("where the column of a subquery is used cannot be told")
            self._state.subquery_columns[spot.statement, place] = rewrite.span
            self._value_at(spot.at(place), rewrite)

    # --- of the rows that Python gets --------------------------------------------------------

    def _top_output(
        self, spot: Spot, alias: str, position: int | None, rewrite: ColumnRewrite
    ) -> None:
        """Rewrite a result column: its readers in Python must go on with milliseconds."""
        tokens, place, reference = spot.tokens, spot.place, rewrite.reference
        is_bare = tokens.column(reference.first, reference.last) == place
        last = Place(place.last, place.last)
        is_name = is_bare or tokens.column(*tokens.indexes(last)) == place
        name = alias or (tokens.name(place.last) if is_name else "")
        uses = self._state.row_readers.uses(spot.statement, name, position)
        _link_other_queries(spot.statement, uses.statements, name, position, rewrite)
        value_readers = self._state.value_readers
        rewrite.values += [n for v in uses.values for n in (v, *value_readers.readers_of(v))]
        readers = self._readers(uses)
        own_name = is_bare and not alias
        match self._way(reference.column.storage, readers):
            case "milliseconds":
                self._give_milliseconds(readers, rewrite, own_name=own_name)
            case "legacy":
                legacy = reference.column.legacy.lower() if own_name else ""
                self._give_legacy(spot, legacy, rewrite)
            case "unsafe":
                self._let_leave(spot, readers, rewrite, own_name=own_name)

    def _readers(self, uses: Uses) -> _Readers:
        """Return how the readers of a result column go on, as far as that is safe."""
        rewrite = Rewrite()
        failures = [NotProvedError(reason, offered=True) for reason in uses.unknown]
        for value in uses.values:
            try:
                rewrite.add(self._state.value_readers.value_rewrite(value, unsafe=False))
            except NotProvedError as error:
                failures.append(error)
        return _Readers(uses, rewrite, tuple(failures))

    def _way(
        self, storage: Storage, readers: _Readers
    ) -> Literal["milliseconds", "legacy", "unsafe"]:
        """Decide what a result column gives: milliseconds, the legacy value, or either unsafely."""
        options, failures = self._state.options, readers.failures
        if storage == "auto" and not failures:
            return "milliseconds"
        if storage == "milliseconds" or (options.compat_reads and storage in ("auto", *SCALES)):
            return "legacy"
        if storage == "auto" and options.unsafe:
            return "unsafe"
        raise failures[0] if failures else NotProvedError("the readers expect another unit")

    def _give_milliseconds(
        self, readers: _Readers, rewrite: ColumnRewrite, *, own_name: bool
    ) -> None:
        """Let all readers take milliseconds, under the epoch column's name where it had its own."""
        self._state.rename(rewrite)
        self._take(readers.rewrite, rewrite)
        if own_name:
            _rename_keys(readers.uses, rewrite)

    def _give_legacy(self, spot: Spot, name: str, rewrite: ColumnRewrite) -> None:
        """Let a result column go on to give the old text under the old name."""
        need_text_in_utc(rewrite.reference.column)
        if self._state.needs_types:
            if not self._state.options.unsafe:
                raise NotProvedError(LOSES_TYPE, offered=True)
            rewrite.reasons.append(LOSES_TYPE)
        rewrite.gives_ms = False
        self._state.rename(rewrite)
        before, behind = shown(self._state.sql, rewrite.reference.column)
        behind += f" AS {name}" if name else ""
        self._state.put_around(spot, rewrite, before, behind)

    def _let_leave(
        self, spot: Spot, readers: _Readers, rewrite: ColumnRewrite, *, own_name: bool
    ) -> None:
        """Let milliseconds leave the function: under a new name, or a row's under its old one."""
        taken = Rewrite()
        for value in readers.uses.values:
            taken.add(self._state.value_readers.value_rewrite(value, unsafe=True))
        self._state.rename(rewrite)
        self._take(taken, rewrite)
        if own_name and readers.uses.unknown:
            self._state.put_behind(spot, rewrite, f" AS {rewrite.reference.column.legacy}")
        elif own_name:
            _rename_keys(readers.uses, rewrite)
        rewrite.reasons += [failure.reason for failure in readers.failures]

    def _take(self, readers: Rewrite, rewrite: ColumnRewrite) -> None:
        """Take in the rewrite of readers, and link what they need."""
        converted = self._state.converted
        rewrite.add(readers)
        rewrite.links |= {converted[need] for need in readers.needs if need in converted}


def _is_top(spot: Spot, select: int) -> bool:
    """Tell whether a SELECT or RETURNING gives the rows of its statement."""
    tokens = spot.tokens
    if tokens.holder(select) >= 0:
        return False
    if tokens.word(select) == "RETURNING":
        return True
    if tokens.is_compound:
        return False
    return tokens.top_words.isdisjoint({"INSERT", "REPLACE", "UPDATE", "DELETE"})


def _link_other_queries(
    statement: Statement,
    others: Sequence[Statement],
    name: str,
    position: int | None,
    rewrite: ColumnRewrite,
) -> None:
    """Link what other queries give under the same name to the same readers."""
    for other in others:
        if other is statement:
            continue
        found = [o for o in other.outputs or () if o.name.lower() == name and o.reference]
        if len(found) != 1 or found[0].reference is None or found[0].reference.epoch:
            raise NotProvedError("the reader gets rows of several queries")
        if position is not None and (other.outputs or ()).index(found[0]) != position:
            raise NotProvedError("the reader gets rows of several queries")
        rewrite.links.add(found[0].reference.span)


def _rename_keys(uses: Uses, rewrite: ColumnRewrite) -> None:
    """Let what reads the column by name take it by the epoch column's."""
    rewrite.edits += [Edit(*key, rewrite.reference.column.epoch) for key in uses.keys]
