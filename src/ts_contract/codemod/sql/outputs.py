"""Columns that leave a SELECT: their readers, in Python or around it, go on with milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...source.edits import Edit
from ...source.sql.references import Statement
from ..changes import NotProvedError, Rewrite
from ..python.row_readers import Uses
from .rewrites import ColumnRewrite, FileRewrite
from .spelling import shown
from .tokens import Place

__all__ = ["Outputs"]

ValueAt = Callable[[Statement, Place, ColumnRewrite], None]


class Outputs:
    """Rewrites the select lists of one file.

    Args:
        state: the state of the file's rewrite.
        value_at: lets a place whose value becomes milliseconds fit what stands around it.
    """

    def __init__(self, state: FileRewrite, value_at: ValueAt) -> None:
        self._state = state
        self._value_at = value_at

    def output(self, statement: Statement, place: Place, rewrite: ColumnRewrite) -> None:
        """Rewrite a column of a select list, with what reads it."""
        clauses = self._state.clauses(statement)
        select = clauses.select_of(place)
        items = clauses.select_items(select)
        item = next((i for i in items if i.first <= place.first and place.last <= i.last), None)
        if item is None:
            raise NotProvedError("the select list cannot be read")
        bare, alias = clauses.split_alias(item)
        if clauses.inside(bare) != place and bare != place:
            raise NotProvedError("what is done with the column is not known")
        if statement.outputs is None or not self._is_top(statement, select):
            self._inner_output(statement, bare, alias, items, rewrite)
            return
        position = items.index(item)
        behind_star = any(clauses.word(other.last) == "*" for other in items[:position])
        self._top_output(statement, place, alias, None if behind_star else position, rewrite)

    def _is_top(self, statement: Statement, select: int) -> bool:
        """Tell whether a SELECT or RETURNING gives the rows of its statement."""
        clauses = self._state.clauses(statement)
        if clauses.depth(Place(select, select)) >= 0:
            return False
        if clauses.word(select) == "RETURNING":
            return True
        if self._state.is_compound(statement):
            return False
        top = {w for i, w in enumerate(clauses.words) if clauses.depth(Place(i, i)) < 0}
        return not top & {"INSERT", "REPLACE", "UPDATE", "DELETE"}

    def _inner_output(
        self,
        statement: Statement,
        bare: Place,
        alias: str,
        items: Sequence[Place],
        rewrite: ColumnRewrite,
    ) -> None:
        """Rewrite a column of an inner select list: where its value goes must be known."""
        clauses = self._state.clauses(statement)
        opening = clauses.depth(bare)
        if opening < 0 and not self._state.is_compound(statement):
            self._state.rename(rewrite)
            self._state.link_target(statement, bare, rewrite)
            return
        if opening < 0 and self._state.options.compat_reads:
            legacy = "" if alias else rewrite.reference.column.legacy
            self._compat(statement, bare, legacy, rewrite)
            return
        if opening < 0:
            raise NotProvedError("the parts of a compound query give one column together")
        before = clauses.word(opening - 1)
        if before == "EXISTS":
            self._state.rename(rewrite)
            return
        name = alias or rewrite.reference.column.legacy.lower()
        is_listed = before == "," and clauses.clause(Place(opening, opening)) == "from"
        is_relation = is_listed or before in {"FROM", "JOIN", "AS", "MATERIALIZED"}
        if not is_relation:
            whole = Place(opening, clauses.closing(opening))
            if len(items) != 1:
                raise NotProvedError("a subquery gives several columns")
            self._state.rename(rewrite)
            self._value_at(statement, whole, rewrite)
            return
        if any(clauses.word(i.last) == "*" for i in items):
            raise NotProvedError("a subquery gives all columns of a table")
        self._relation_output(statement, name, bool(alias), rewrite)

    def _relation_output(
        self, statement: Statement, name: str, aliased: bool, rewrite: ColumnRewrite
    ) -> None:
        """Follow a column of a subquery or a common table expression to its uses outside."""
        clauses = self._state.clauses(statement)
        self._state.rename(rewrite)
        columns = self._state.columns(statement)
        if any(
            w == "*" and clauses.word(i - 1) in {"SELECT", ",", "."}
            for i, w in enumerate(clauses.words)
        ):
            raise NotProvedError("all columns of a subquery are taken")
        for index, word in enumerate(clauses.words):
            if clauses.tokens[index].text.lower() != name:
                continue
            place = clauses.column(*clauses.indexes(Place(index, index)))
            if place is None or place.last != index:
                continue
            reference = columns.get(place)
            if reference is not None:
                if reference.span != rewrite.span and not reference.epoch:
                    rewrite.links.add(reference.span)
                continue
            if clauses.word(index - 1) == "AS" or word.startswith("'"):
                continue  # where it is named
            if not aliased:
                raise NotProvedError("a subquery gives the column to what cannot be told")
            self._state.subquery_columns[statement, place] = rewrite.span
            self._value_at(statement, place, rewrite)

    def _top_output(
        self,
        statement: Statement,
        place: Place,
        alias: str,
        position: int | None,
        rewrite: ColumnRewrite,
    ) -> None:
        """Rewrite a result column: its readers in Python must go on with milliseconds."""
        legacy = rewrite.reference.column.legacy.lower()
        clauses = self._state.clauses(statement)
        is_bare = clauses.column(rewrite.reference.first, rewrite.reference.last) == place
        is_name = (
            is_bare or clauses.column(*clauses.indexes(Place(place.last, place.last))) == place
        )
        name = alias or (clauses.tokens[place.last].text.lower() if is_name else "")
        uses = self._state.row_readers.uses(statement, name, position)
        self._link_other_queries(statement, uses.statements, name, position, rewrite)
        rewrite.values += [
            n for v in uses.values for n in (v, *self._state.value_readers.local_readers(v))
        ]
        readers = Rewrite()
        failures = [NotProvedError(reason, offered=True) for reason in uses.unknown]
        for value in uses.values:
            try:
                readers.add(self._state.value_readers.value_rewrite(value, unsafe=False))
            except NotProvedError as error:
                failures.append(error)
        renames = is_bare and not alias
        if not failures and rewrite.reference.column.storage == "auto":
            self._state.rename(rewrite)
            self._take(readers, rewrite)
            if renames:
                rewrite.edits += [Edit(*key, rewrite.reference.column.epoch) for key in uses.keys]
            return
        storage = rewrite.reference.column.storage
        if storage == "milliseconds" or (
            self._state.options.compat_reads and storage != "julian-day"
        ):
            self._compat(statement, place, legacy if renames else "", rewrite)
            return
        if not self._state.options.unsafe or storage != "auto":
            raise failures[0] if failures else NotProvedError("the readers expect another unit")
        self._unsafe_output(statement, place, rewrite, uses, renames=renames)
        rewrite.reasons += [failure.reason for failure in failures]

    def _link_other_queries(
        self,
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

    def _compat(
        self, statement: Statement, place: Place, name: str, rewrite: ColumnRewrite
    ) -> None:
        """Let a result column go on to give the old text under the old name."""
        self._state.need_text_in_utc(rewrite.reference.column)
        rewrite.gives_ms = False
        self._state.rename(rewrite)
        first, last = self._state.clauses(statement).indexes(place)
        query = rewrite.reference.query
        before, behind = shown(self._state.sql, rewrite.reference.column)
        behind += f" AS {name}" if name else ""
        rewrite.edits += [
            self._state.editor.before(query, first, before),
            self._state.editor.after(query, last, behind),
        ]

    def _take(self, readers: Rewrite, rewrite: ColumnRewrite) -> None:
        """Take in the rewrite of readers, and link what they need."""
        rewrite.add(readers)
        rewrite.links |= {
            self._state.converted[need] for need in readers.needs if need in self._state.converted
        }

    def _unsafe_output(
        self,
        statement: Statement,
        place: Place,
        rewrite: ColumnRewrite,
        uses: Uses,
        *,
        renames: bool,
    ) -> None:
        """Let milliseconds leave the function: under a new name, or a row's under its old one."""
        readers = Rewrite()
        for value in uses.values:
            readers.add(self._state.value_readers.value_rewrite(value, unsafe=True))
        self._state.rename(rewrite)
        self._take(readers, rewrite)
        if renames and uses.unknown:
            last = self._state.clauses(statement).indexes(place)[1]
            name = rewrite.reference.column.legacy
            rewrite.edits.append(
                self._state.editor.after(rewrite.reference.query, last, f" AS {name}")
            )
        elif renames:
            rewrite.edits += [Edit(*key, rewrite.reference.column.epoch) for key in uses.keys]
