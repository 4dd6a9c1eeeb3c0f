"""What a legacy column meets in SQL, made epoch milliseconds like the column itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cached_property

from ...source.columns.model import RowRead
from ...source.columns.rows import find_row_reads
from ...source.edits import Edit
from ...source.sql.queries import Query, find_queries
from ...source.sql.references import Statement
from ...source.sql.text import Placeholder
from ...timestamps import to_epoch_ms
from ..changes import NotATextError, NotProvedError, Rewrite
from ..python.bound_values import bound_value
from .rewrites import ColumnRewrite, FileRewrite
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
        state: the state of the file's rewrite.
    """

    def __init__(self, state: FileRewrite) -> None:
        self._state = state

    def milliseconds(
        self,
        statement: Statement,
        place: Place,
        rewrite: ColumnRewrite,
        usage: Usage | None,
    ) -> None:
        """Make a value that meets the column epoch milliseconds.

        Args:
            statement: the statement.
            place: the value.
            rewrite: the column rewrite that needs it.
            usage: the comparison; None where values are handed on.
        """
        clauses = self._state.clauses(statement)
        query = rewrite.reference.query
        place = clauses.inside(place)
        mark = clauses.placeholder(place)
        reference = self._state.columns(statement).get(place)
        text = clauses.text(place)
        if rewrite.reference.column.storage in SCALES and reference is None:
            self._scaled(statement, place, rewrite)
        elif (statement, place) in self._state.subquery_columns:
            rewrite.links.add(self._state.subquery_columns[statement, place])
        elif mark is not None:
            self._bound(statement, mark, place, rewrite)
        elif reference is not None:
            if not reference.epoch:
                rewrite.links.add(reference.span)
        elif text.upper() == "NULL":
            pass
        elif clauses.is_string(place):
            self._literal(statement, place, rewrite, usage)
        elif text.upper() in _WHOLE_SECOND_CLOCKS or text.upper() == "NOW()":
            self._state.need_text_in_utc(rewrite.reference.column)
            rewrite.edits.append(
                self._state.editor.replaced(query, *clauses.indexes(place), self._state.sql.clock)
            )
        else:
            self._expression(statement, place, rewrite, usage)

    def _scaled(self, statement: Statement, place: Place, rewrite: ColumnRewrite) -> None:
        """Convert a number to milliseconds in SQL: its unit is that of the column."""
        clauses = self._state.clauses(statement)
        text = clauses.text(place).upper()
        before, behind = SCALES[rewrite.reference.column.storage][1]
        if text == "NULL" or not behind:
            return
        if any(
            place.first <= p.first and p.last <= place.last for p in self._state.columns(statement)
        ):
            raise NotProvedError("the column meets an expression of another column")
        query = rewrite.reference.query
        first, last = clauses.indexes(place)
        simple = place.first == place.last or clauses.call(place) is not None
        inner = ("", "") if simple else ("(", ")")
        rewrite.edits += [
            self._state.editor.before(query, first, before + inner[0]),
            self._state.editor.after(query, last, inner[1] + behind),
        ]

    def _expression(
        self,
        statement: Statement,
        place: Place,
        rewrite: ColumnRewrite,
        usage: Usage | None,
    ) -> None:
        clauses = self._state.clauses(statement)
        given = clauses.case_values(place)
        call = clauses.call(place)
        if given is not None:
            for value in given:
                self.milliseconds(statement, value, rewrite, usage)
        elif call is None:
            self._subquery(statement, place, rewrite, usage)
        elif call[0] in SAME_VALUE:
            name, arguments = call
            start = 1 if name == "IIF" else 0
            for value in arguments[start : 1 if name in FIRST_ARGUMENT_ONLY else None]:
                self.milliseconds(statement, value, rewrite, usage)
        elif call[0] in {"DATETIME", "DATE"} and self._state.sql.seconds is not None and call[1]:
            self._state.need_text_in_utc(rewrite.reference.column)
            if call[0] == "DATE":
                self._need_whole_day(usage)
            self._seconds(statement, place, call, rewrite)
        else:
            raise NotProvedError(f"the column meets {call[0].lower()}(), which cannot be converted")

    def _seconds(
        self,
        statement: Statement,
        place: Place,
        call: tuple[str, list[Place]],
        rewrite: ColumnRewrite,
    ) -> None:
        """Turn a call that gives a text of whole seconds into epoch milliseconds."""
        if any(p in self._state.columns(statement) for argument in call[1] for p in (argument,)):
            raise NotProvedError("the column meets a text that is computed from a column")
        clauses, query = self._state.clauses(statement), rewrite.reference.query
        assert self._state.sql.seconds is not None
        first, last = clauses.indexes(place)
        before, after = self._state.sql.seconds
        if call[0] == "DATE":
            edits = [
                self._state.editor.before(query, first, before),
                self._state.editor.after(query, last, after),
            ]
        else:
            opening = clauses.indexes(Place(place.first, place.first + 1))[1]
            edits = [
                self._state.editor.replaced(query, first, opening, before),
                self._state.editor.replaced(query, last - 1, last, after),
            ]
        rewrite.edits += edits

    def _need_whole_day(self, usage: Usage | None) -> None:
        """Refuse a day where a text of the same day compares otherwise than midnight does."""
        if usage is None or usage.kind != "compare" or usage.name not in {"<", ">="}:
            raise NotProvedError(
                "a day without a time is compared, and midnight would count otherwise"
            )

    def _subquery(
        self, statement: Statement, place: Place, rewrite: ColumnRewrite, usage: Usage | None
    ) -> None:
        """Make what a scalar subquery gives epoch milliseconds."""
        clauses = self._state.clauses(statement)
        items = clauses.select_items(place.first) if clauses.word(place.first) == "SELECT" else []
        if len(items) != 1:
            raise NotProvedError("what the column meets cannot be converted")
        self.milliseconds(statement, clauses.split_alias(items[0])[0], rewrite, usage)

    def _literal(
        self,
        statement: Statement,
        place: Place,
        rewrite: ColumnRewrite,
        usage: Usage | None,
    ) -> None:
        """Put the milliseconds of a text in its place."""
        self._state.need_text_in_utc(rewrite.reference.column)
        clauses = self._state.clauses(statement)
        first, last = clauses.indexes(place)
        text = clauses.text(place)[1:-1]
        if _DATE.fullmatch(text):
            self._need_whole_day(usage)
        try:
            ms = to_epoch_ms(text)
        except ValueError:
            raise NotProvedError(
                f"the column meets the text '{text}', which is no date-time"
            ) from None
        query = rewrite.reference.query
        rewrite.edits.append(self._state.editor.replaced(query, first, last, str(ms)))

    def _bound(
        self,
        statement: Statement,
        mark: Placeholder,
        place: Place,
        rewrite: ColumnRewrite,
    ) -> None:
        """Rewrite what Python binds to a placeholder, or else convert it in SQL."""
        query = rewrite.reference.query
        rewrite.marks.append(mark)
        nodes = query.bound.get(mark.key, ())
        try:
            if not nodes:
                raise NotProvedError("what is bound to the placeholder is not seen", offered=True)
            self._refuse_hidden(query, mark, nodes)
            self._refuse_shared(query, mark, nodes)
            bound = [self._bound_node(node, rewrite) for node in nodes]
        except NotProvedError as error:
            if not self._state.options.unsafe or not self._can_parse(nodes, rewrite):
                offered = error.offered or self._can_parse(nodes, rewrite)
                raise NotProvedError(error.reason, offered=offered) from None
            first, last = self._state.clauses(statement).indexes(place)
            rewrite.edits += [
                self._state.editor.before(query, first, self._state.sql.parsed[0]),
                self._state.editor.after(query, last, self._state.sql.parsed[1]),
            ]
            rewrite.reasons.append(f"{error.reason}; SQL converts it, if it is a text")
            return
        for value in bound:
            rewrite.add(value)

    def _bound_node(self, node: ast.expr, rewrite: ColumnRewrite) -> Rewrite:
        column = rewrite.reference.column
        origin = self._state.converted.get(node)
        if origin is not None:
            rewrite.links.add(origin)  # it comes out of a row as milliseconds
            return Rewrite()
        if self._is_either(node):
            raise NotATextError("the bound value may be a text or milliseconds")
        through_star = self._star_reads.get(node)
        if through_star is not None:
            return Rewrite([Edit(*through_star.span, through_star.column.epoch)])
        return bound_value(node, column, self._state.file, unsafe=self._state.options.unsafe)

    def _is_either(self, node: ast.expr) -> bool:
        """Tell whether a name holds milliseconds that come out of a row, or something else."""
        return isinstance(node, ast.Name) and any(
            binding.value in self._state.converted
            for binding in self._state.file.source.bindings(node)
            if binding.value is not None
        )

    def _can_parse(self, nodes: Sequence[ast.expr], rewrite: ColumnRewrite) -> bool:
        """Tell whether SQL may convert a bound value: a text, as far as can be told."""
        column = rewrite.reference.column
        if column.storage != "auto" or column.timezone.upper() not in {"UTC", "ETC/UTC"}:
            return False
        for node in nodes:
            try:
                self._bound_node(node, rewrite)
            except NotATextError:
                return False
            except NotProvedError:
                continue
        return True

    def _refuse_hidden(self, query: Query, mark: Placeholder, nodes: Sequence[ast.expr]) -> None:
        """Refuse a position that placeholders in a part filled in at run time may shift."""
        if isinstance(mark.key, str) or not query.text.holes:
            return
        seen = sum(isinstance(other.key, int) for other in query.placeholders)
        for node in nodes:
            holder = self._state.file.source.parent(node)
            given = holder.elts if isinstance(holder, ast.Tuple | ast.List) else []
            stars = [i for i, element in enumerate(given) if isinstance(element, ast.Starred)]
            if not stars and len(given) == seen:
                continue
            from_start = not stars or (node in given and given.index(node) < stars[0])
            text = query.text.value
            part = text[: mark.first] if from_start else text[mark.last :]
            if any(hole in part for hole in query.text.holes):
                raise NotProvedError(
                    "placeholders may be filled in with a part of the statement", offered=True
                )

    def _refuse_shared(self, query: Query, mark: Placeholder, nodes: Sequence[ast.expr]) -> None:
        """Refuse a value that is bound to anything but legacy columns as well."""
        if self._state.legacy_marks is None:
            return
        for node in nodes:
            for other, another in self._bindings.get(node, ()):
                if (other, another.char) not in self._state.legacy_marks:
                    raise NotProvedError("the bound value is used in another place too")

    def refuse_shared_marks(self, query: Query, marks: Sequence[Placeholder]) -> None:
        """Refuse to take a value out of a tuple that other statements are bound to as well."""
        for mark in marks:
            for node in query.bound.get(mark.key, ()):
                if isinstance(mark.key, int) and len(self._bindings.get(node, ())) > 1:
                    raise NotProvedError("the tuple is bound in several statements")

    @cached_property
    def _star_reads(self) -> dict[ast.expr, RowRead]:
        """The legacy columns that are taken by name out of rows with a `*`."""
        return {
            read.node: read
            for read in self._state.file.part(find_row_reads)
            if read.kind in {"key", "get"}
            and not any(
                output.reference is not None and output.name.lower() == read.name.lower()
                for statement in read.statements
                for output in statement.outputs or ()
            )
        }

    @cached_property
    def _bindings(self) -> dict[ast.expr, list[tuple[Query, Placeholder]]]:
        """Each bound expression with the placeholders that it is bound to."""
        bindings: dict[ast.expr, list[tuple[Query, Placeholder]]] = {}
        for query in self._state.file.part(find_queries):
            for mark in query.placeholders:
                for node in query.bound.get(mark.key, ()):
                    bindings.setdefault(node, []).append((query, mark))
        return bindings
