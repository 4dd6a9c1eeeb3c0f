"""What a statement needs so that it reads and writes the epoch column instead of the legacy one.

Each legacy column is an *atom*: its name, what it is compared with, what is bound to it, and who
reads what comes out. Atoms that depend on each other are linked, and linked atoms are rewritten
together or not at all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..contract import ColumnContract, TableContract
from ..lint.analysis import Reference, Resolved, RowRead
from ..lint.clocks import is_none
from ..lint.context import Context as File
from ..lint.findings import Edit
from ..lint.queries import Query
from ..lint.source import Source
from ..lint.sqltext import Placeholder
from ..timestamps import to_epoch_ms
from .changes import Options, UnclearError
from .clauses import Clauses, Context, Place
from .dialects import DIALECTS, SCALES, shown
from .dualwrites import collapse
from .editing import Editor
from .readers import Readers, Uses
from .values import Rewrite, bound_value

__all__ = ["Atom", "Key", "Planner", "legacy_references"]

Key = tuple[int, int]
"""A place in the file: linked atoms are named by the spans of their columns."""

_SAME_VALUE = frozenset({
    "COALESCE", "FIRST_VALUE", "GREATEST", "IFNULL", "IIF", "LAG", "LAST_VALUE", "LEAD", "LEAST",
    "MAX", "MIN", "NTH_VALUE", "NULLIF",
})  # fmt: skip
_FIRST_ARGUMENT_ONLY = frozenset({"FIRST_VALUE", "LAG", "LAST_VALUE", "LEAD", "NTH_VALUE"})
_COUNTS = frozenset({"COUNT"})
_DATE_FUNCTIONS = {"DATE": 0, "TIME": 0, "DATETIME": 0, "JULIANDAY": 0, "STRFTIME": 1}
_WHOLE_SECOND_CLOCKS = frozenset({"CURRENT_TIMESTAMP"})
_NO_EXPRESSION = frozenset({"conflict", "excluded", "trigger", "using"})
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(slots=True, eq=False)
class Atom:
    """The rewrite of one legacy column in one statement.

    Attributes:
        reference: the column.
        rewrite: what is to be done; unsafe where it has reasons.
        links: the atoms that it needs.
        marks: the placeholders whose bound values it rewrites.
        values: the expressions that take it out of rows.
        gives_ms: whether those become milliseconds.
        failure: why nothing can be done; None while something can.
    """

    reference: Reference
    rewrite: Rewrite = field(default_factory=Rewrite)
    links: set[Key] = field(default_factory=set)
    marks: list[Placeholder] = field(default_factory=list)
    values: list[ast.expr] = field(default_factory=list)
    gives_ms: bool = True
    failure: UnclearError | None = None

    @property
    def key(self) -> Key:
        """What other atoms call it."""
        return self.reference.span


def legacy_references(resolved: Resolved) -> list[Reference]:
    """Return the legacy columns of a statement that can be rewritten at all."""
    return [r for r in resolved.references if not r.epoch and not r.opaque and r.access != "ddl"]


class Planner:
    """Works out atoms, one statement after the other.

    Args:
        file: the file under its contract.
        options: what the run may do.

    Attributes:
        readers: who reads the rows of the file.
    """

    def __init__(self, file: File, options: Options) -> None:
        assert file.contract is not None
        self._file = file
        self._source: Source = file.source
        self._options = options
        self._dialect = file.contract.dialect
        self._sql = DIALECTS[self._dialect]
        self._editor = Editor(file.source)
        self.readers = Readers(file)
        self._clauses: dict[Resolved, Clauses] = {}
        self._places: dict[Resolved, dict[Place, Reference]] = {}
        # What the round before has found out; see `learn`.
        self._claims: frozenset[tuple[Query, str]] | None = None
        self._origins: dict[ast.expr, Key] = {}
        self._derived: dict[tuple[Resolved, Place], Key] = {}

    def learn(self, atoms: Sequence[Atom]) -> None:
        """Keep what the atoms of one round tell about each other, for the next round."""
        marked = [(atom.reference.query, mark) for atom in atoms for mark in atom.marks]
        is_first = self._claims is None
        self._claims = frozenset((query, mark.char) for query, mark in marked)
        self.readers.bound = frozenset(n for q, mark in marked for n in q.bound.get(mark.key, ()))
        self._origins = {
            value: atom.key
            for atom in atoms
            if is_first or (atom.gives_ms and atom.failure is None)
            for value in atom.values
        }
        self.readers.converted = frozenset(self._origins)

    def known(self) -> tuple[object, ...]:
        """Return what `learn` has kept, to be compared."""
        return self._claims, dict(self._origins), dict(self._derived)

    def atoms(self, resolved: Resolved) -> list[Atom]:
        """Return the atoms of one statement, each worked out on its own."""
        written = [v for r in resolved.references if r.dual for v in r.values]
        references = [
            r
            for r in legacy_references(resolved)
            if not self._is_kept_dual(r)
            and not any(v.first <= r.first and r.last <= v.last for v in written)
        ]
        if not references:
            return []
        return [self._atom(resolved, reference) for reference in references]

    def _atom(self, resolved: Resolved, reference: Reference) -> Atom:
        atom = Atom(reference)
        try:
            self._rewrite(resolved, reference, atom)
        except UnclearError as unclear:
            return self._shown(resolved, atom, unclear)
        return atom

    def _shown(self, resolved: Resolved, failed: Atom, unclear: UnclearError) -> Atom:
        """Return the atom that computes the text in SQL, where nothing else can be done."""
        reference = failed.reference
        atom = Atom(reference, marks=failed.marks, values=failed.values, failure=unclear)
        place = self.clauses(resolved).column(reference.first, reference.last)
        if reference.access != "read" or reference.role in _NO_EXPRESSION or place is None:
            return atom
        shown = Atom(reference, values=failed.values, gives_ms=False)
        try:
            self._need_utc(reference.column)
            self._show(resolved, place, shown)
            if self._is_whole_output(resolved, place):
                last = self.clauses(resolved).indexes(place)[1]
                name = f" AS {reference.column.legacy}"
                shown.rewrite.edits.append(self._editor.after(reference.query, last, name))
        except UnclearError:
            return atom
        if not self._options.unsafe:
            atom.failure = UnclearError(unclear.reason, offered=True)
            return atom
        shown.rewrite.reasons.append(f"{unclear.reason}; the text is computed in SQL")
        return shown

    def _is_whole_output(self, resolved: Resolved, place: Place) -> bool:
        """Tell whether a place is an item of a select list, without an alias."""
        context = self.clauses(resolved).context(place)
        if context.kind != "item" or context.clause not in {"select", "returning"}:
            return False
        select = self.clauses(resolved).select_of(place)
        items = self.clauses(resolved).select_items(select)
        return place in items

    def _is_kept_dual(self, reference: Reference) -> bool:
        """Tell whether a write is one of two that the phase lets stand beside each other."""
        assert self._file.contract is not None
        return reference.dual and self._file.contract.phase == "migrate"

    def clauses(self, resolved: Resolved) -> Clauses:
        """Return the tokens of a statement."""
        known = self._clauses.get(resolved)
        if known is None:
            known = self._clauses[resolved] = Clauses(resolved.statement, self._dialect)
        return known

    def _columns(self, resolved: Resolved) -> dict[Place, Reference]:
        """Return the contract columns of a statement by their places."""
        known = self._places.get(resolved)
        if known is None:
            clauses = self.clauses(resolved)
            places = [(clauses.column(r.first, r.last), r) for r in resolved.references]
            known = self._places[resolved] = {p: r for p, r in places if p is not None}
        return known

    def columns_of(self, table: TableContract) -> tuple[str, ...]:
        """Return the columns of a table before the migration, as the schema tells them."""
        tables = self._file.schema.tables if self._file.schema else {}
        known = tables.get(table.name.lower(), ())
        epochs = {column.epoch.lower() for column in table.columns}
        if not all(_PLAIN_NAME.fullmatch(name) for name in known):
            return ()
        return tuple(name for name in known if name.lower() not in epochs)

    # --- one column --------------------------------------------------------------------------

    def _rewrite(self, resolved: Resolved, reference: Reference, atom: Atom) -> None:
        if reference.access == "write":
            self._written(resolved, reference, atom)
            return
        clauses = self.clauses(resolved)
        place = clauses.column(reference.first, reference.last)
        if place is None:
            raise UnclearError("the column is not written in one piece")
        if reference.role in {"conflict", "using"}:
            raise UnclearError(f"the column stands in {reference.role.upper()}")
        self._value_at(resolved, place, atom)

    def _rename(self, atom: Atom) -> None:
        """Put the epoch column's name in the place of the legacy one's."""
        reference = atom.reference
        name = reference.column.epoch
        if not _PLAIN_NAME.fullmatch(name) and not self._is_quoted(reference):
            name = '"' + name.replace('"', '""') + '"'
        query = reference.query
        edit = self._editor.replaced(query, reference.first, reference.last, name)
        if edit not in atom.rewrite.edits:
            atom.rewrite.edits.append(edit)

    def _is_quoted(self, reference: Reference) -> bool:
        text = reference.query.text.value
        return text[reference.first - 1 : reference.first] in {'"', "`", "["}

    def _value_at(self, resolved: Resolved, place: Place, atom: Atom) -> None:
        """Let a place whose value becomes milliseconds fit what stands around it."""
        clauses = self.clauses(resolved)
        context = clauses.context(place)
        match context.kind:
            case "null-test":
                self._rename(atom)
            case "compare" | "between" | "in":
                self._rename(atom)
                for operand in context.operands:
                    self._milliseconds(resolved, operand, atom, context)
            case "argument":
                self._argument(resolved, place, context, atom)
            case "case":
                self._same_value(
                    resolved,
                    place,
                    clauses.case_values(_held(context)) or [],
                    context,
                    atom,
                )
            case "item":
                self._item(resolved, place, context, atom)
            case _:
                self._as_text(resolved, place, atom, "what is done with the text is not known")

    def _argument(
        self,
        resolved: Resolved,
        place: Place,
        context: Context,
        atom: Atom,
    ) -> None:
        name = context.name
        is_number = atom.reference.column.storage in SCALES
        if name in _COUNTS:
            self._rename(atom)
        elif name in _SAME_VALUE:
            arguments = context.arguments
            start = 1 if name == "IIF" else 0
            stop = 1 if name in _FIRST_ARGUMENT_ONLY else len(arguments)
            if context.index < start or context.index >= stop:
                raise UnclearError(f"the column is no value of {name}")
            self._same_value(resolved, place, arguments[start:stop], context, atom)
        elif name in _DATE_FUNCTIONS and atom.reference.column.storage == "seconds":
            self._rename(atom)
            last = self.clauses(resolved).indexes(place)[1]
            atom.rewrite.edits.append(self._editor.after(atom.reference.query, last, " / 1000.0"))
        elif name in _DATE_FUNCTIONS and self._sql.instant is not None and not is_number:
            if context.index != _DATE_FUNCTIONS[name]:
                raise UnclearError(f"the column is a modifier of {name}")
            self._need_utc(atom.reference.column)
            self._rename(atom)
            last = self.clauses(resolved).indexes(place)[1]
            atom.rewrite.edits.append(
                self._editor.after(atom.reference.query, last, self._sql.instant)
            )
        elif name in {"SUBSTR", "SUBSTRING"} and self._takes_day(resolved, context):
            self._need_utc(atom.reference.column)
            self._show(resolved, place, atom)
        else:
            self._as_text(resolved, place, atom, f"{name.lower()}() needs the text")

    def _takes_day(self, resolved: Resolved, context: Context) -> bool:
        """Tell whether a SUBSTR takes no more than the date, which all forms have in common."""
        texts = [self.clauses(resolved).text(argument) for argument in context.arguments[1:]]
        return len(texts) == 2 and texts[0] == "1" and texts[1] in {"4", "7", "10"}

    def _same_value(
        self,
        resolved: Resolved,
        place: Place,
        values: Iterable[Place],
        context: Context,
        atom: Atom,
    ) -> None:
        """Rewrite a call or a CASE that hands on one of its values: all become milliseconds."""
        self._rename(atom)
        for value in values:
            if value != place and self.clauses(resolved).inside(value) != place:
                self._milliseconds(resolved, value, atom, None)
        self._value_at(resolved, _held(context), atom)

    def _need_utc(self, column: ColumnContract) -> None:
        if column.storage in SCALES:
            return
        if column.timezone.upper() not in {"UTC", "ETC/UTC"}:
            raise UnclearError(f"the text is local time in {column.timezone}")
        if column.storage != "auto":
            raise UnclearError(f"the column holds {column.storage}, not texts")

    # --- the text again ----------------------------------------------------------------------

    def _as_text(self, resolved: Resolved, place: Place, atom: Atom, reason: str) -> None:
        """Compute the legacy value from the epoch column, where only the text will do."""
        column = atom.reference.column
        self._need_utc(column)
        if column.storage != "milliseconds":
            if not self._options.unsafe:
                raise UnclearError(reason, offered=True)
            form = "the form of CURRENT_TIMESTAMP" if column.storage == "auto" else "whole numbers"
            atom.rewrite.reasons.append(f"{reason}; it is computed in {form}")
        self._show(resolved, place, atom)

    def _show(self, resolved: Resolved, place: Place, atom: Atom) -> None:
        """Rename a column and put around it what computes the legacy value."""
        self._rename(atom)
        first, last = self.clauses(resolved).indexes(place)
        query = atom.reference.query
        before, behind = shown(self._sql, atom.reference.column)
        if not behind:
            return
        atom.rewrite.edits += [
            self._editor.before(query, first, before),
            self._editor.after(query, last, behind),
        ]

    # --- list items --------------------------------------------------------------------------

    def _item(
        self,
        resolved: Resolved,
        place: Place,
        context: Context,
        atom: Atom,
    ) -> None:
        match context.clause:
            case "order" if self._is_compound(resolved) and context.holder is None:
                self._link_outputs(resolved, atom)  # its names are those of the result
            case "group":
                self._rename(atom)
                self._link_outputs(resolved, atom)
            case "order" | "where":
                self._rename(atom)
            case "select" | "returning":
                self._output(resolved, place, atom)
            case "values" | "set" | "list":
                self._rename(atom)
                self._copied(resolved, place, atom)
            case _:
                raise UnclearError("the clause that the column stands in is not known")

    def _is_compound(self, resolved: Resolved) -> bool:
        clauses = self.clauses(resolved)
        return any(
            word in {"UNION", "EXCEPT", "INTERSECT"} and clauses.depth(Place(index, index)) < 0
            for index, word in enumerate(clauses.words)
        )

    def _link_outputs(self, resolved: Resolved, atom: Atom) -> None:
        """Link a column to the same one in the select lists of its statement."""
        own = atom.reference
        for place, other in self._columns(resolved).items():
            is_same = other.table is own.table and other.column is own.column and not other.epoch
            if is_same and self.clauses(resolved).clause(place) == "select":
                atom.links.add(other.span)

    def _copied(self, resolved: Resolved, place: Place, atom: Atom) -> None:
        """Link a column whose value is written: what it is written to must change with it."""
        first, last = self.clauses(resolved).indexes(place)
        for target in resolved.references:
            if target.access == "write":
                for value in target.values:
                    if value.first <= first and last <= value.last:
                        if target.epoch:
                            return
                        atom.links.add(target.span)
                        return
        raise UnclearError("the value is written to a column outside the contract")

    def _output(self, resolved: Resolved, place: Place, atom: Atom) -> None:
        """Rewrite a column of a select list, with what reads it."""
        clauses = self.clauses(resolved)
        select = clauses.select_of(place)
        items = clauses.select_items(select)
        item = next((i for i in items if i.first <= place.first and place.last <= i.last), None)
        if item is None:
            raise UnclearError("the select list cannot be read")
        bare, alias = clauses.split_alias(item)
        if clauses.inside(bare) != place and bare != place:
            raise UnclearError("what is done with the column is not known")
        position = items.index(item)
        if resolved.outputs is None or not self._is_top(resolved, select):
            self._inner_output(resolved, select, items, position, alias, atom)
            return
        if any(clauses.word(i.last) == "*" for i in items[:position]):
            known: int | None = None
        else:
            known = position
        self._top_output(resolved, place, alias, known, atom)

    def _is_top(self, resolved: Resolved, select: int) -> bool:
        """Tell whether a SELECT or RETURNING gives the rows of its statement."""
        clauses = self.clauses(resolved)
        if clauses.depth(Place(select, select)) >= 0:
            return False
        if clauses.word(select) == "RETURNING":
            return True
        if self._is_compound(resolved):
            return False
        top = {w for i, w in enumerate(clauses.words) if clauses.depth(Place(i, i)) < 0}
        return not top & {"INSERT", "REPLACE", "UPDATE", "DELETE"}

    def _inner_output(
        self,
        resolved: Resolved,
        select: int,
        items: Sequence[Place],
        position: int,
        alias: str,
        atom: Atom,
    ) -> None:
        """Rewrite a column of an inner select list: where its value goes must be known."""
        clauses = self.clauses(resolved)
        opening = clauses.depth(Place(select, select))
        if opening < 0 and not self._is_compound(resolved):
            self._rename(atom)
            self._copied(resolved, clauses.split_alias(items[position])[0], atom)
            return
        if opening < 0 and self._options.compat_reads:
            legacy = "" if alias else atom.reference.column.legacy
            self._compat(resolved, clauses.split_alias(items[position])[0], legacy, atom)
            return
        if opening < 0:
            raise UnclearError("the parts of a compound query give one column together")
        before = clauses.word(opening - 1)
        if before == "EXISTS":
            self._rename(atom)
            return
        name = alias or atom.reference.column.legacy.lower()
        is_listed = before == "," and clauses.clause(Place(opening, opening)) == "from"
        is_relation = is_listed or before in {"FROM", "JOIN", "AS", "MATERIALIZED"}
        if not is_relation:
            whole = Place(opening, clauses.closing(opening))
            if len(items) != 1:
                raise UnclearError("a subquery gives several columns")
            self._rename(atom)
            self._value_at(resolved, whole, atom)
            return
        if any(clauses.word(i.last) == "*" for i in items):
            raise UnclearError("a subquery gives all columns of a table")
        self._relation_output(resolved, name, bool(alias), atom)

    def _relation_output(self, resolved: Resolved, name: str, aliased: bool, atom: Atom) -> None:
        """Follow a column of a subquery or a common table expression to its uses outside."""
        clauses = self.clauses(resolved)
        self._rename(atom)
        columns = self._columns(resolved)
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
            self._derived[resolved, place] = atom.key
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
        clauses = self.clauses(resolved)
        is_bare = clauses.column(atom.reference.first, atom.reference.last) == place
        is_name = (
            is_bare or clauses.column(*clauses.indexes(Place(place.last, place.last))) == place
        )
        name = alias or (clauses.tokens[place.last].text.lower() if is_name else "")
        uses = self.readers.uses(resolved, name, position)
        self._link_other_queries(resolved, uses.queries, name, position, atom)
        atom.values += [n for v in uses.values for n in (v, *self.readers.local_readers(v))]
        readers = Rewrite()
        failures = [UnclearError(reason, offered=True) for reason in uses.escapes]
        for value in uses.values:
            try:
                readers.add(self.readers.value_rewrite(value, unsafe=False))
            except UnclearError as unclear:
                failures.append(unclear)
        renames = is_bare and not alias
        if not failures and atom.reference.column.storage == "auto":
            self._rename(atom)
            self._take(readers, atom)
            if renames:
                atom.rewrite.edits += [Edit(*key, atom.reference.column.epoch) for key in uses.keys]
            return
        storage = atom.reference.column.storage
        if storage == "milliseconds" or (self._options.compat_reads and storage != "julian-day"):
            self._compat(resolved, place, legacy if renames else "", atom)
            return
        if not self._options.unsafe or storage != "auto":
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
        self._need_utc(atom.reference.column)
        atom.gives_ms = False
        self._rename(atom)
        first, last = self.clauses(resolved).indexes(place)
        query = atom.reference.query
        before, behind = shown(self._sql, atom.reference.column)
        behind += f" AS {name}" if name else ""
        atom.rewrite.edits += [
            self._editor.before(query, first, before),
            self._editor.after(query, last, behind),
        ]

    def _take(self, readers: Rewrite, atom: Atom) -> None:
        """Take in the rewrite of readers, and link what they need."""
        atom.rewrite.add(readers)
        atom.links |= {self._origins[need] for need in readers.needs if need in self._origins}

    def _unsafe_output(
        self, resolved: Resolved, place: Place, atom: Atom, uses: Uses, *, renames: bool
    ) -> None:
        """Let milliseconds leave the function: under a new name, or a row's under its old one."""
        readers = Rewrite()
        for value in uses.values:
            readers.add(self.readers.value_rewrite(value, unsafe=True))
        self._rename(atom)
        self._take(readers, atom)
        if renames and uses.escapes:
            last = self.clauses(resolved).indexes(place)[1]
            name = atom.reference.column.legacy
            atom.rewrite.edits.append(self._editor.after(atom.reference.query, last, f" AS {name}"))
        elif renames:
            atom.rewrite.edits += [Edit(*key, atom.reference.column.epoch) for key in uses.keys]

    # --- values ------------------------------------------------------------------------------

    def _milliseconds(
        self,
        resolved: Resolved,
        place: Place,
        atom: Atom,
        context: Context | None,
    ) -> None:
        """Make a value that meets the column epoch milliseconds.

        Args:
            resolved: the statement.
            place: the value.
            atom: the atom that needs it.
            context: the comparison; None where values are handed on.
        """
        clauses = self.clauses(resolved)
        query = atom.reference.query
        place = clauses.inside(place)
        mark = clauses.placeholder(place)
        reference = self._columns(resolved).get(place)
        text = clauses.text(place)
        if atom.reference.column.storage in SCALES and reference is None:
            self._scaled(resolved, place, atom)
        elif (resolved, place) in self._derived:
            atom.links.add(self._derived[resolved, place])
        elif mark is not None:
            self._bound(resolved, mark, place, atom)
        elif reference is not None:
            if not reference.epoch:
                atom.links.add(reference.span)
        elif text.upper() == "NULL":
            pass
        elif clauses.is_string(place):
            self._literal(resolved, place, atom, context)
        elif text.upper() in _WHOLE_SECOND_CLOCKS or text.upper() == "NOW()":
            self._need_utc(atom.reference.column)
            atom.rewrite.edits.append(
                self._editor.replaced(query, *clauses.indexes(place), self._sql.clock)
            )
        else:
            self._expression(resolved, place, atom, context)

    def _scaled(self, resolved: Resolved, place: Place, atom: Atom) -> None:
        """Convert a number to milliseconds in SQL: its unit is that of the column."""
        clauses = self.clauses(resolved)
        text = clauses.text(place).upper()
        before, behind = SCALES[atom.reference.column.storage][1]
        if text == "NULL" or not behind:
            return
        if any(place.first <= p.first and p.last <= place.last for p in self._columns(resolved)):
            raise UnclearError("the column meets an expression of another column")
        query = atom.reference.query
        first, last = clauses.indexes(place)
        simple = place.first == place.last or clauses.call(place) is not None
        inner = ("", "") if simple else ("(", ")")
        atom.rewrite.edits += [
            self._editor.before(query, first, before + inner[0]),
            self._editor.after(query, last, inner[1] + behind),
        ]

    def _expression(
        self,
        resolved: Resolved,
        place: Place,
        atom: Atom,
        context: Context | None,
    ) -> None:
        clauses = self.clauses(resolved)
        given = clauses.case_values(place)
        call = clauses.call(place)
        if given is not None:
            for value in given:
                self._milliseconds(resolved, value, atom, context)
        elif call is None:
            self._subquery(resolved, place, atom, context)
        elif call[0] in _SAME_VALUE:
            name, arguments = call
            start = 1 if name == "IIF" else 0
            for value in arguments[start : 1 if name in _FIRST_ARGUMENT_ONLY else None]:
                self._milliseconds(resolved, value, atom, context)
        elif call[0] in {"DATETIME", "DATE"} and self._sql.seconds is not None and call[1]:
            self._need_utc(atom.reference.column)
            if call[0] == "DATE":
                self._need_whole_day(context)
            self._seconds(resolved, place, call, atom)
        else:
            raise UnclearError(f"the column meets {call[0].lower()}(), which cannot be converted")

    def _seconds(
        self, resolved: Resolved, place: Place, call: tuple[str, list[Place]], atom: Atom
    ) -> None:
        """Turn a call that gives a text of whole seconds into epoch milliseconds."""
        if any(p in self._columns(resolved) for argument in call[1] for p in (argument,)):
            raise UnclearError("the column meets a text that is computed from a column")
        clauses, query = self.clauses(resolved), atom.reference.query
        assert self._sql.seconds is not None
        first, last = clauses.indexes(place)
        before, after = self._sql.seconds
        if call[0] == "DATE":
            edits = [
                self._editor.before(query, first, before),
                self._editor.after(query, last, after),
            ]
        else:
            opening = clauses.indexes(Place(place.first, place.first + 1))[1]
            edits = [
                self._editor.replaced(query, first, opening, before),
                self._editor.replaced(query, last - 1, last, after),
            ]
        atom.rewrite.edits += edits

    def _need_whole_day(self, context: Context | None) -> None:
        """Refuse a day where a text of the same day compares otherwise than midnight does."""
        if context is None or context.kind != "compare" or context.name not in {"<", ">="}:
            raise UnclearError(
                "a day without a time is compared, and midnight would count otherwise"
            )

    def _subquery(
        self, resolved: Resolved, place: Place, atom: Atom, context: Context | None
    ) -> None:
        """Make what a scalar subquery gives epoch milliseconds."""
        clauses = self.clauses(resolved)
        items = clauses.select_items(place.first) if clauses.word(place.first) == "SELECT" else []
        if len(items) != 1:
            raise UnclearError("what the column meets cannot be converted")
        self._milliseconds(resolved, clauses.split_alias(items[0])[0], atom, context)

    def _literal(
        self,
        resolved: Resolved,
        place: Place,
        atom: Atom,
        context: Context | None,
    ) -> None:
        """Put the milliseconds of a text in its place."""
        self._need_utc(atom.reference.column)
        clauses = self.clauses(resolved)
        first, last = clauses.indexes(place)
        text = clauses.text(place)[1:-1]
        if _DATE.fullmatch(text):
            self._need_whole_day(context)
        try:
            ms = to_epoch_ms(text)
        except ValueError:
            raise UnclearError(
                f"the column meets the text '{text}', which is no date-time"
            ) from None
        query = atom.reference.query
        atom.rewrite.edits.append(self._editor.replaced(query, first, last, str(ms)))

    def _bound(
        self,
        resolved: Resolved,
        mark: Placeholder,
        place: Place,
        atom: Atom,
    ) -> None:
        """Rewrite what Python binds to a placeholder, or else convert it in SQL."""
        query = atom.reference.query
        atom.marks.append(mark)
        nodes = query.bound.get(mark.key, ())
        try:
            if not nodes:
                raise UnclearError("what is bound to the placeholder is not seen", offered=True)
            self._refuse_shared(query, mark, nodes)
            rewrites = [self._bound_node(node, atom) for node in nodes]
        except UnclearError as unclear:
            if not self._options.unsafe or not self._can_parse(nodes, atom):
                offered = unclear.offered or self._can_parse(nodes, atom)
                raise UnclearError(unclear.reason, offered=offered) from None
            first, last = self.clauses(resolved).indexes(place)
            atom.rewrite.edits += [
                self._editor.before(query, first, self._sql.parsed[0]),
                self._editor.after(query, last, self._sql.parsed[1]),
            ]
            atom.rewrite.reasons.append(f"{unclear.reason}; SQL converts it, if it is a text")
            return
        for rewrite in rewrites:
            atom.rewrite.add(rewrite)

    def _bound_node(self, node: ast.expr, atom: Atom) -> Rewrite:
        column = atom.reference.column
        origin = self._origins.get(node)
        if origin is not None:
            atom.links.add(origin)  # it comes out of a row as milliseconds
            return Rewrite()
        through_star = self._star_reads.get(node)
        if through_star is not None:
            return Rewrite([Edit(*through_star.span, through_star.column.epoch)])
        return bound_value(node, column, self._file, unsafe=self._options.unsafe)

    def _can_parse(self, nodes: Sequence[ast.expr], atom: Atom) -> bool:
        """Tell whether SQL may convert a bound value: a text, as far as can be told."""
        column = atom.reference.column
        if column.storage != "auto" or column.timezone.upper() not in {"UTC", "ETC/UTC"}:
            return False
        for node in nodes:
            try:
                bound_value(node, column, self._file, unsafe=True)
            except UnclearError as unclear:
                if "number" in unclear.reason or "no date-time" in unclear.reason:
                    return False
        return True

    def _refuse_shared(self, query: Query, mark: Placeholder, nodes: Sequence[ast.expr]) -> None:
        """Refuse a value that is bound to anything but legacy columns as well."""
        if self._claims is None:
            return
        for node in nodes:
            for other, another in self._bindings.get(node, ()):
                if (other, another.char) not in self._claims:
                    raise UnclearError("the bound value is used in another place too")

    def _refuse_shared_marks(self, query: Query, marks: Sequence[Placeholder]) -> None:
        for mark in marks:
            for node in query.bound.get(mark.key, ()):
                if isinstance(mark.key, int) and len(self._bindings.get(node, ())) > 1:
                    raise UnclearError("the tuple is bound in several statements")

    @cached_property
    def _star_reads(self) -> dict[ast.expr, RowRead]:
        """The legacy columns that are taken by name out of rows with a `*`."""
        return {
            read.node: read
            for read in self._file.analysis.row_reads
            if read.kind in {"key", "get"}
            and not any(
                output.reference is not None and output.name.lower() == read.name.lower()
                for resolved in read.queries
                for output in resolved.outputs or ()
            )
        }

    @cached_property
    def _bindings(self) -> dict[ast.expr, list[tuple[Query, Placeholder]]]:
        """Each bound expression with the placeholders that it is bound to."""
        bindings: dict[ast.expr, list[tuple[Query, Placeholder]]] = {}
        for query in self._file.queries:
            for mark in query.placeholders:
                for node in query.bound.get(mark.key, ()):
                    bindings.setdefault(node, []).append((query, mark))
        return bindings

    # --- writes ------------------------------------------------------------------------------

    def _written(self, resolved: Resolved, reference: Reference, atom: Atom) -> None:
        """Rewrite a column of an INSERT's list or the target of an assignment."""
        if reference.dual:
            rewrite, atom.marks = collapse(
                reference, self.clauses(resolved), self._editor, self._file
            )
            if rewrite.reasons and not self._options.unsafe:
                raise UnclearError(rewrite.reasons[0], offered=True)
            self._refuse_shared_marks(reference.query, atom.marks)
            atom.rewrite.add(rewrite)
            return
        self._rename(atom)
        clauses = self.clauses(resolved)
        if not reference.values:
            raise UnclearError("what is written to the column is not seen")
        for value in reference.values:
            place = clauses.place(value.first, value.last)
            if place is None:
                raise UnclearError("what is written to the column is not written in one piece")
            self._milliseconds(resolved, place, atom, None)
        if reference.role == "insert" and self._may_be_null(reference):
            # The sync trigger takes a missing epoch value for one that it has to fill in.
            reason = "NULL may be inserted, and a DEFAULT of the legacy column would take its place"
            if not self._options.unsafe:
                raise UnclearError(reason, offered=True)
            atom.rewrite.reasons.append(reason)

    def _may_be_null(self, reference: Reference) -> bool:
        """Tell whether an INSERT is seen to write NULL, always or sometimes."""
        for value in reference.values:
            if value.text.strip().upper() == "NULL":
                return True
            for node in value.bound:
                branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]
                if any(is_none(branch) for branch in branches):
                    return True
        return False


def _held(context: Context) -> Place:
    assert context.holder is not None
    return context.holder
