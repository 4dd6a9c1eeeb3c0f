"""What a legacy column meets in SQL, made epoch milliseconds like the column itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cached_property

from ...source.columns.model import Resolved, RowRead
from ...source.edits import Edit
from ...source.sql.queries import Query
from ...source.sql.text import Placeholder
from ...timestamps import to_epoch_ms
from ..changes import NoTextError, UnclearError
from ..python.bound_values import Rewrite, bound_value
from .rewrites import Atom, Shared
from .spelling import SCALES
from .tokens import Place
from .usage import Usage

__all__ = ["FIRST_ARGUMENT_ONLY", "SAME_VALUE", "Operands"]

SAME_VALUE = frozenset({
    "COALESCE", "FIRST_VALUE", "GREATEST", "IFNULL", "IIF", "LAG", "LAST_VALUE", "LEAD", "LEAST",
    "MAX", "MIN", "NTH_VALUE", "NULLIF",
})  # fmt: skip
"""Functions that hand on one of their arguments."""

FIRST_ARGUMENT_ONLY = frozenset({"FIRST_VALUE", "LAG", "LAST_VALUE", "LEAD", "NTH_VALUE"})
"""Those of them whose other arguments count rows."""

_WHOLE_SECOND_CLOCKS = frozenset({"CURRENT_TIMESTAMP"})
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Operands:
    """Makes the operands of one file's legacy columns epoch milliseconds.

    Args:
        shared: the state of the file's rewrite.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def milliseconds(
        self,
        resolved: Resolved,
        place: Place,
        atom: Atom,
        usage: Usage | None,
    ) -> None:
        """Make a value that meets the column epoch milliseconds.

        Args:
            resolved: the statement.
            place: the value.
            atom: the atom that needs it.
            usage: the comparison; None where values are handed on.
        """
        clauses = self._shared.clauses(resolved)
        query = atom.reference.query
        place = clauses.inside(place)
        mark = clauses.placeholder(place)
        reference = self._shared.columns(resolved).get(place)
        text = clauses.text(place)
        if atom.reference.column.storage in SCALES and reference is None:
            self._scaled(resolved, place, atom)
        elif (resolved, place) in self._shared.derived:
            atom.links.add(self._shared.derived[resolved, place])
        elif mark is not None:
            self._bound(resolved, mark, place, atom)
        elif reference is not None:
            if not reference.epoch:
                atom.links.add(reference.span)
        elif text.upper() == "NULL":
            pass
        elif clauses.is_string(place):
            self._literal(resolved, place, atom, usage)
        elif text.upper() in _WHOLE_SECOND_CLOCKS or text.upper() == "NOW()":
            self._shared.need_text_in_utc(atom.reference.column)
            atom.rewrite.edits.append(
                self._shared.editor.replaced(query, *clauses.indexes(place), self._shared.sql.clock)
            )
        else:
            self._expression(resolved, place, atom, usage)

    def _scaled(self, resolved: Resolved, place: Place, atom: Atom) -> None:
        """Convert a number to milliseconds in SQL: its unit is that of the column."""
        clauses = self._shared.clauses(resolved)
        text = clauses.text(place).upper()
        before, behind = SCALES[atom.reference.column.storage][1]
        if text == "NULL" or not behind:
            return
        if any(
            place.first <= p.first and p.last <= place.last for p in self._shared.columns(resolved)
        ):
            raise UnclearError("the column meets an expression of another column")
        query = atom.reference.query
        first, last = clauses.indexes(place)
        simple = place.first == place.last or clauses.call(place) is not None
        inner = ("", "") if simple else ("(", ")")
        atom.rewrite.edits += [
            self._shared.editor.before(query, first, before + inner[0]),
            self._shared.editor.after(query, last, inner[1] + behind),
        ]

    def _expression(
        self,
        resolved: Resolved,
        place: Place,
        atom: Atom,
        usage: Usage | None,
    ) -> None:
        clauses = self._shared.clauses(resolved)
        given = clauses.case_values(place)
        call = clauses.call(place)
        if given is not None:
            for value in given:
                self.milliseconds(resolved, value, atom, usage)
        elif call is None:
            self._subquery(resolved, place, atom, usage)
        elif call[0] in SAME_VALUE:
            name, arguments = call
            start = 1 if name == "IIF" else 0
            for value in arguments[start : 1 if name in FIRST_ARGUMENT_ONLY else None]:
                self.milliseconds(resolved, value, atom, usage)
        elif call[0] in {"DATETIME", "DATE"} and self._shared.sql.seconds is not None and call[1]:
            self._shared.need_text_in_utc(atom.reference.column)
            if call[0] == "DATE":
                self._need_whole_day(usage)
            self._seconds(resolved, place, call, atom)
        else:
            raise UnclearError(f"the column meets {call[0].lower()}(), which cannot be converted")

    def _seconds(
        self, resolved: Resolved, place: Place, call: tuple[str, list[Place]], atom: Atom
    ) -> None:
        """Turn a call that gives a text of whole seconds into epoch milliseconds."""
        if any(p in self._shared.columns(resolved) for argument in call[1] for p in (argument,)):
            raise UnclearError("the column meets a text that is computed from a column")
        clauses, query = self._shared.clauses(resolved), atom.reference.query
        assert self._shared.sql.seconds is not None
        first, last = clauses.indexes(place)
        before, after = self._shared.sql.seconds
        if call[0] == "DATE":
            edits = [
                self._shared.editor.before(query, first, before),
                self._shared.editor.after(query, last, after),
            ]
        else:
            opening = clauses.indexes(Place(place.first, place.first + 1))[1]
            edits = [
                self._shared.editor.replaced(query, first, opening, before),
                self._shared.editor.replaced(query, last - 1, last, after),
            ]
        atom.rewrite.edits += edits

    def _need_whole_day(self, usage: Usage | None) -> None:
        """Refuse a day where a text of the same day compares otherwise than midnight does."""
        if usage is None or usage.kind != "compare" or usage.name not in {"<", ">="}:
            raise UnclearError(
                "a day without a time is compared, and midnight would count otherwise"
            )

    def _subquery(self, resolved: Resolved, place: Place, atom: Atom, usage: Usage | None) -> None:
        """Make what a scalar subquery gives epoch milliseconds."""
        clauses = self._shared.clauses(resolved)
        items = clauses.select_items(place.first) if clauses.word(place.first) == "SELECT" else []
        if len(items) != 1:
            raise UnclearError("what the column meets cannot be converted")
        self.milliseconds(resolved, clauses.split_alias(items[0])[0], atom, usage)

    def _literal(
        self,
        resolved: Resolved,
        place: Place,
        atom: Atom,
        usage: Usage | None,
    ) -> None:
        """Put the milliseconds of a text in its place."""
        self._shared.need_text_in_utc(atom.reference.column)
        clauses = self._shared.clauses(resolved)
        first, last = clauses.indexes(place)
        text = clauses.text(place)[1:-1]
        if _DATE.fullmatch(text):
            self._need_whole_day(usage)
        try:
            ms = to_epoch_ms(text)
        except ValueError:
            raise UnclearError(
                f"the column meets the text '{text}', which is no date-time"
            ) from None
        query = atom.reference.query
        atom.rewrite.edits.append(self._shared.editor.replaced(query, first, last, str(ms)))

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
            self._refuse_hidden(query, mark, nodes)
            self._refuse_shared(query, mark, nodes)
            rewrites = [self._bound_node(node, atom) for node in nodes]
        except UnclearError as unclear:
            if not self._shared.options.unsafe or not self._can_parse(nodes, atom):
                offered = unclear.offered or self._can_parse(nodes, atom)
                raise UnclearError(unclear.reason, offered=offered) from None
            first, last = self._shared.clauses(resolved).indexes(place)
            atom.rewrite.edits += [
                self._shared.editor.before(query, first, self._shared.sql.parsed[0]),
                self._shared.editor.after(query, last, self._shared.sql.parsed[1]),
            ]
            atom.rewrite.reasons.append(f"{unclear.reason}; SQL converts it, if it is a text")
            return
        for rewrite in rewrites:
            atom.rewrite.add(rewrite)

    def _bound_node(self, node: ast.expr, atom: Atom) -> Rewrite:
        column = atom.reference.column
        origin = self._shared.origins.get(node)
        if origin is not None:
            atom.links.add(origin)  # it comes out of a row as milliseconds
            return Rewrite()
        if self._is_either(node):
            raise NoTextError("the bound value may be a text or milliseconds")
        through_star = self._star_reads.get(node)
        if through_star is not None:
            return Rewrite([Edit(*through_star.span, through_star.column.epoch)])
        return bound_value(node, column, self._shared.file, unsafe=self._shared.options.unsafe)

    def _is_either(self, node: ast.expr) -> bool:
        """Tell whether a name holds milliseconds that come out of a row, or something else."""
        return isinstance(node, ast.Name) and any(
            binding.value in self._shared.origins
            for binding in self._shared.file.source.bindings(node)
            if binding.value is not None
        )

    def _can_parse(self, nodes: Sequence[ast.expr], atom: Atom) -> bool:
        """Tell whether SQL may convert a bound value: a text, as far as can be told."""
        column = atom.reference.column
        if column.storage != "auto" or column.timezone.upper() not in {"UTC", "ETC/UTC"}:
            return False
        for node in nodes:
            try:
                self._bound_node(node, atom)
            except NoTextError:
                return False
            except UnclearError:
                continue
        return True

    def _refuse_hidden(self, query: Query, mark: Placeholder, nodes: Sequence[ast.expr]) -> None:
        """Refuse a position that placeholders in a part filled in at run time may shift."""
        if isinstance(mark.key, str) or not query.text.holes:
            return
        seen = sum(isinstance(other.key, int) for other in query.placeholders)
        for node in nodes:
            holder = self._shared.file.source.parent(node)
            given = holder.elts if isinstance(holder, ast.Tuple | ast.List) else []
            stars = [i for i, element in enumerate(given) if isinstance(element, ast.Starred)]
            if not stars and len(given) == seen:
                continue
            from_start = not stars or (node in given and given.index(node) < stars[0])
            text = query.text.value
            part = text[: mark.first] if from_start else text[mark.last :]
            if any(hole in part for hole in query.text.holes):
                raise UnclearError(
                    "placeholders may be filled in with a part of the statement", offered=True
                )

    def _refuse_shared(self, query: Query, mark: Placeholder, nodes: Sequence[ast.expr]) -> None:
        """Refuse a value that is bound to anything but legacy columns as well."""
        if self._shared.claims is None:
            return
        for node in nodes:
            for other, another in self._bindings.get(node, ()):
                if (other, another.char) not in self._shared.claims:
                    raise UnclearError("the bound value is used in another place too")

    def refuse_shared_marks(self, query: Query, marks: Sequence[Placeholder]) -> None:
        """Refuse to take a value out of a tuple that other statements are bound to as well."""
        for mark in marks:
            for node in query.bound.get(mark.key, ()):
                if isinstance(mark.key, int) and len(self._bindings.get(node, ())) > 1:
                    raise UnclearError("the tuple is bound in several statements")

    @cached_property
    def _star_reads(self) -> dict[ast.expr, RowRead]:
        """The legacy columns that are taken by name out of rows with a `*`."""
        return {
            read.node: read
            for read in self._shared.file.analysis.row_reads
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
        for query in self._shared.file.queries:
            for mark in query.placeholders:
                for node in query.bound.get(mark.key, ()):
                    bindings.setdefault(node, []).append((query, mark))
        return bindings
