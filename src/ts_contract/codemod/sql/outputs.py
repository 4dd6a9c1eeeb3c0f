"""Columns that leave a SELECT: their readers, in Python or around it, go on with milliseconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...source.columns.model import Resolved
from ...source.edits import Edit
from ..changes import UnclearError
from ..python.bound_values import Rewrite
from ..python.row_readers import Uses
from .rewrites import Atom, Shared
from .spelling import shown
from .tokens import Place

__all__ = ["Outputs"]

ValueAt = Callable[[Resolved, Place, Atom], None]


class Outputs:
    """Rewrites the select lists of one file.

    Args:
        shared: the state of the file's rewrite.
        value_at: lets a place whose value becomes milliseconds fit what stands around it.
    """

    def __init__(self, shared: Shared, value_at: ValueAt) -> None:
        self._shared = shared
        self._value_at = value_at

    def output(self, resolved: Resolved, place: Place, atom: Atom) -> None:
        """Rewrite a column of a select list, with what reads it."""
        clauses = self._shared.clauses(resolved)
        select = clauses.select_of(place)
        items = clauses.select_items(select)
        item = next((i for i in items if i.first <= place.first and place.last <= i.last), None)
        if item is None:
            raise UnclearError("the select list cannot be read")
        bare, alias = clauses.split_alias(item)
        if clauses.inside(bare) != place and bare != place:
            raise UnclearError("what is done with the column is not known")
        if resolved.outputs is None or not self._is_top(resolved, select):
            self._inner_output(resolved, bare, alias, items, atom)
            return
        position = items.index(item)
        behind_star = any(clauses.word(other.last) == "*" for other in items[:position])
        self._top_output(resolved, place, alias, None if behind_star else position, atom)

    def _is_top(self, resolved: Resolved, select: int) -> bool:
        """Tell whether a SELECT or RETURNING gives the rows of its statement."""
        clauses = self._shared.clauses(resolved)
        if clauses.depth(Place(select, select)) >= 0:
            return False
        if clauses.word(select) == "RETURNING":
            return True
        if self._shared.is_compound(resolved):
            return False
        top = {w for i, w in enumerate(clauses.words) if clauses.depth(Place(i, i)) < 0}
        return not top & {"INSERT", "REPLACE", "UPDATE", "DELETE"}

    def _inner_output(
        self,
        resolved: Resolved,
        bare: Place,
        alias: str,
        items: Sequence[Place],
        atom: Atom,
    ) -> None:
        """Rewrite a column of an inner select list: where its value goes must be known."""
        clauses = self._shared.clauses(resolved)
        opening = clauses.depth(bare)
        if opening < 0 and not self._shared.is_compound(resolved):
            self._shared.rename(atom)
            self._shared.link_target(resolved, bare, atom)
            return
        if opening < 0 and self._shared.options.compat_reads:
            legacy = "" if alias else atom.reference.column.legacy
            self._compat(resolved, bare, legacy, atom)
            return
        if opening < 0:
            raise UnclearError("the parts of a compound query give one column together")
        before = clauses.word(opening - 1)
        if before == "EXISTS":
            self._shared.rename(atom)
            return
        name = alias or atom.reference.column.legacy.lower()
        is_listed = before == "," and clauses.clause(Place(opening, opening)) == "from"
        is_relation = is_listed or before in {"FROM", "JOIN", "AS", "MATERIALIZED"}
        if not is_relation:
            whole = Place(opening, clauses.closing(opening))
            if len(items) != 1:
                raise UnclearError("a subquery gives several columns")
            self._shared.rename(atom)
            self._value_at(resolved, whole, atom)
            return
        if any(clauses.word(i.last) == "*" for i in items):
            raise UnclearError("a subquery gives all columns of a table")
        self._relation_output(resolved, name, bool(alias), atom)

    def _relation_output(self, resolved: Resolved, name: str, aliased: bool, atom: Atom) -> None:
        """Follow a column of a subquery or a common table expression to its uses outside."""
        clauses = self._shared.clauses(resolved)
        self._shared.rename(atom)
        columns = self._shared.columns(resolved)
        if any(
            w == "*" and clauses.word(i - 1) in {"SELECT", ",", "."}
            for i, w in enumerate(clauses.words)
        ):
            raise UnclearError("all columns of a subquery are taken")
        for index, word in enumerate(clauses.words):
            if clauses.tokens[index].text.lower() != name:
                continue
            place = clauses.column(*clauses.indexes(Place(index, index)))
            if place is None or place.last != index:
                continue
            reference = columns.get(place)
            if reference is not None:
                if reference.span != atom.key and not reference.epoch:
                    atom.links.add(reference.span)
                continue
            if clauses.word(index - 1) == "AS" or word.startswith("'"):
                continue  # where it is named
            if not aliased:
                raise UnclearError("a subquery gives the column to what cannot be told")
            self._shared.derived[resolved, place] = atom.key
            self._value_at(resolved, place, atom)

    def _top_output(
        self,
        resolved: Resolved,
        place: Place,
        alias: str,
        position: int | None,
        atom: Atom,
    ) -> None:
        """Rewrite a result column: its readers in Python must go on with milliseconds."""
        legacy = atom.reference.column.legacy.lower()
        clauses = self._shared.clauses(resolved)
        is_bare = clauses.column(atom.reference.first, atom.reference.last) == place
        is_name = (
            is_bare or clauses.column(*clauses.indexes(Place(place.last, place.last))) == place
        )
        name = alias or (clauses.tokens[place.last].text.lower() if is_name else "")
        uses = self._shared.readers.uses(resolved, name, position)
        self._link_other_queries(resolved, uses.queries, name, position, atom)
        atom.values += [n for v in uses.values for n in (v, *self._shared.taken.local_readers(v))]
        readers = Rewrite()
        failures = [UnclearError(reason, offered=True) for reason in uses.escapes]
        for value in uses.values:
            try:
                readers.add(self._shared.taken.value_rewrite(value, unsafe=False))
            except UnclearError as unclear:
                failures.append(unclear)
        renames = is_bare and not alias
        if not failures and atom.reference.column.storage == "auto":
            self._shared.rename(atom)
            self._take(readers, atom)
            if renames:
                atom.rewrite.edits += [Edit(*key, atom.reference.column.epoch) for key in uses.keys]
            return
        storage = atom.reference.column.storage
        if storage == "milliseconds" or (
            self._shared.options.compat_reads and storage != "julian-day"
        ):
            self._compat(resolved, place, legacy if renames else "", atom)
            return
        if not self._shared.options.unsafe or storage != "auto":
            raise failures[0] if failures else UnclearError("the readers expect another unit")
        self._unsafe_output(resolved, place, atom, uses, renames=renames)
        atom.rewrite.reasons += [failure.reason for failure in failures]

    def _link_other_queries(
        self,
        resolved: Resolved,
        others: Sequence[Resolved],
        name: str,
        position: int | None,
        atom: Atom,
    ) -> None:
        """Link what other queries give under the same name to the same readers."""
        for other in others:
            if other is resolved:
                continue
            found = [o for o in other.outputs or () if o.name.lower() == name and o.reference]
            if len(found) != 1 or found[0].reference is None or found[0].reference.epoch:
                raise UnclearError("the reader gets rows of several queries")
            if position is not None and (other.outputs or ()).index(found[0]) != position:
                raise UnclearError("the reader gets rows of several queries")
            atom.links.add(found[0].reference.span)

    def _compat(self, resolved: Resolved, place: Place, name: str, atom: Atom) -> None:
        """Let a result column go on to give the old text under the old name."""
        self._shared.need_text_in_utc(atom.reference.column)
        atom.gives_ms = False
        self._shared.rename(atom)
        first, last = self._shared.clauses(resolved).indexes(place)
        query = atom.reference.query
        before, behind = shown(self._shared.sql, atom.reference.column)
        behind += f" AS {name}" if name else ""
        atom.rewrite.edits += [
            self._shared.editor.before(query, first, before),
            self._shared.editor.after(query, last, behind),
        ]

    def _take(self, readers: Rewrite, atom: Atom) -> None:
        """Take in the rewrite of readers, and link what they need."""
        atom.rewrite.add(readers)
        atom.links |= {
            self._shared.origins[need] for need in readers.needs if need in self._shared.origins
        }

    def _unsafe_output(
        self, resolved: Resolved, place: Place, atom: Atom, uses: Uses, *, renames: bool
    ) -> None:
        """Let milliseconds leave the function: under a new name, or a row's under its old one."""
        readers = Rewrite()
        for value in uses.values:
            readers.add(self._shared.taken.value_rewrite(value, unsafe=True))
        self._shared.rename(atom)
        self._take(readers, atom)
        if renames and uses.escapes:
            last = self._shared.clauses(resolved).indexes(place)[1]
            name = atom.reference.column.legacy
            atom.rewrite.edits.append(
                self._shared.editor.after(atom.reference.query, last, f" AS {name}")
            )
        elif renames:
            atom.rewrite.edits += [Edit(*key, atom.reference.column.epoch) for key in uses.keys]
