"""What a statement needs so that it reads and writes the epoch column instead of the legacy one.

The *column rewrite* of a legacy column takes in its name, what it is compared with, what is bound
to it, and who reads what comes out. Those that depend on each other are linked, and linked ones
are made together or not at all.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ...source.instants.clocks import is_none
from ...source.sql.references import Reference, Statement
from ..changes import NotProvedError
from .dual_writes import collapse
from .operands import FIRST_ARGUMENT_ONLY, SAME_VALUE, Operands
from .outputs import Outputs
from .rewrites import ColumnRewrite, FileRewrite, legacy_references
from .spelling import SCALES
from .tokens import Place
from .usage import Usage, usage_of

__all__ = ["Planner"]

_COUNTS = frozenset({"COUNT"})
_DATE_FUNCTIONS = {"DATE": 0, "TIME": 0, "DATETIME": 0, "JULIANDAY": 0, "STRFTIME": 1}
_NO_EXPRESSION = frozenset({"conflict", "excluded", "trigger", "using"})


class Planner:
    """Works out column rewrites, one statement after the other.

    Args:
        state: the state of the file's rewrite.
    """

    def __init__(self, state: FileRewrite) -> None:
        self._state = state
        self._operands = Operands(state)
        self._outputs = Outputs(state, self._value_at)

    def rewrites(self, statement: Statement) -> list[ColumnRewrite]:
        """Return the column rewrites of one statement, each worked out on its own."""
        written = [v for r in statement.references if r.dual for v in r.values]
        references = [
            r
            for r in legacy_references(statement)
            if not self._is_kept_dual(r)
            and not any(v.first <= r.first and r.last <= v.last for v in written)
        ]
        if not references:
            return []
        return [self._column_rewrite(statement, reference) for reference in references]

    def _column_rewrite(self, statement: Statement, reference: Reference) -> ColumnRewrite:
        rewrite = ColumnRewrite(reference)
        try:
            self._rewrite(statement, reference, rewrite)
        except NotProvedError as error:
            return self._shown(statement, rewrite, error)
        return rewrite

    def _shown(
        self, statement: Statement, failed: ColumnRewrite, error: NotProvedError
    ) -> ColumnRewrite:
        """Return what computes the text in SQL, where nothing else can be done."""
        reference = failed.reference
        rewrite = ColumnRewrite(reference, marks=failed.marks, values=failed.values, failure=error)
        place = self._state.clauses(statement).column(reference.first, reference.last)
        if reference.access != "read" or reference.role in _NO_EXPRESSION or place is None:
            return rewrite
        shown = ColumnRewrite(reference, values=failed.values, gives_ms=False)
        try:
            self._state.need_text_in_utc(reference.column)
            self._state.show(statement, place, shown)
            if self._is_whole_output(statement, place):
                last = self._state.clauses(statement).indexes(place)[1]
                name = f" AS {reference.column.legacy}"
                shown.edits.append(self._state.editor.after(reference.query, last, name))
        except NotProvedError:
            return rewrite
        if not self._state.options.unsafe:
            rewrite.failure = NotProvedError(error.reason, offered=True)
            return rewrite
        shown.reasons.append(f"{error.reason}; the text is computed in SQL")
        return shown

    def _is_whole_output(self, statement: Statement, place: Place) -> bool:
        """Tell whether a place is an item of a select list, without an alias."""
        usage = usage_of(self._state.clauses(statement), place)
        if usage.kind != "item" or usage.clause not in {"select", "returning"}:
            return False
        select = self._state.clauses(statement).select_of(place)
        items = self._state.clauses(statement).select_items(select)
        return place in items

    def _is_kept_dual(self, reference: Reference) -> bool:
        """Tell whether a write is one of two that the phase lets stand beside each other."""
        assert self._state.file.contract is not None
        return reference.dual and self._state.file.contract.phase == "migrate"

    def _rewrite(self, statement: Statement, reference: Reference, rewrite: ColumnRewrite) -> None:
        if reference.access == "write":
            self._written(statement, reference, rewrite)
            return
        clauses = self._state.clauses(statement)
        place = clauses.column(reference.first, reference.last)
        if place is None:
            raise NotProvedError("the column is not written in one piece")
        if reference.role == "excluded":  # what the INSERT of the same statement would have written
            rewrite.links |= {
                other.span
                for other in statement.references
                if other.role == "insert" and other.column is reference.column and not other.epoch
            }
        if reference.role in {"conflict", "using"}:
            raise NotProvedError(f"the column stands in {reference.role.upper()}")
        self._value_at(statement, place, rewrite)

    def _value_at(self, statement: Statement, place: Place, rewrite: ColumnRewrite) -> None:
        """Let a place whose value becomes milliseconds fit what stands around it."""
        clauses = self._state.clauses(statement)
        usage = usage_of(clauses, place)
        match usage.kind:
            case "null-test":
                self._state.rename(rewrite)
            case "compare" | "between" | "in":
                self._state.rename(rewrite)
                for operand in usage.operands:
                    self._operands.milliseconds(statement, operand, rewrite, usage)
            case "argument":
                self._argument(statement, place, usage, rewrite)
            case "case":
                self._same_value(
                    statement,
                    place,
                    clauses.case_values(_held(usage)) or [],
                    usage,
                    rewrite,
                )
            case "item":
                self._item(statement, place, usage, rewrite)
            case _:
                self._as_text(statement, place, rewrite, "what is done with the text is not known")

    def _argument(
        self,
        statement: Statement,
        place: Place,
        usage: Usage,
        rewrite: ColumnRewrite,
    ) -> None:
        name = usage.name
        is_number = rewrite.reference.column.storage in SCALES
        if name in _COUNTS:
            self._state.rename(rewrite)
        elif name in SAME_VALUE:
            arguments = usage.arguments
            start = 1 if name == "IIF" else 0
            stop = 1 if name in FIRST_ARGUMENT_ONLY else len(arguments)
            if usage.index < start or usage.index >= stop:
                raise NotProvedError(f"the column is no value of {name}")
            self._same_value(statement, place, arguments[start:stop], usage, rewrite)
        elif name in _DATE_FUNCTIONS and rewrite.reference.column.storage == "seconds":
            self._state.rename(rewrite)
            last = self._state.clauses(statement).indexes(place)[1]
            rewrite.edits.append(
                self._state.editor.after(rewrite.reference.query, last, " / 1000.0")
            )
        elif name in _DATE_FUNCTIONS and self._state.sql.instant is not None and not is_number:
            if usage.index != _DATE_FUNCTIONS[name]:
                raise NotProvedError(f"the column is a modifier of {name}")
            self._state.need_text_in_utc(rewrite.reference.column)
            self._state.rename(rewrite)
            last = self._state.clauses(statement).indexes(place)[1]
            rewrite.edits.append(
                self._state.editor.after(rewrite.reference.query, last, self._state.sql.instant)
            )
        elif name in {"SUBSTR", "SUBSTRING"} and self._takes_day(statement, usage):
            self._state.need_text_in_utc(rewrite.reference.column)
            self._state.show(statement, place, rewrite)
        else:
            self._as_text(statement, place, rewrite, f"{name.lower()}() needs the text")

    def _takes_day(self, statement: Statement, usage: Usage) -> bool:
        """Tell whether a SUBSTR takes no more than the date, which all forms have in common."""
        texts = [self._state.clauses(statement).text(argument) for argument in usage.arguments[1:]]
        return len(texts) == 2 and texts[0] == "1" and texts[1] in {"4", "7", "10"}

    def _same_value(
        self,
        statement: Statement,
        place: Place,
        values: Iterable[Place],
        usage: Usage,
        rewrite: ColumnRewrite,
    ) -> None:
        """Rewrite a call or a CASE that hands on one of its values: all become milliseconds."""
        self._state.rename(rewrite)
        for value in values:
            if value != place and self._state.clauses(statement).inside(value) != place:
                self._operands.milliseconds(statement, value, rewrite, None)
        self._value_at(statement, _held(usage), rewrite)

    def _as_text(
        self, statement: Statement, place: Place, rewrite: ColumnRewrite, reason: str
    ) -> None:
        """Compute the legacy value from the epoch column, where only the text will do."""
        column = rewrite.reference.column
        self._state.need_text_in_utc(column)
        if column.storage != "milliseconds":
            if not self._state.options.unsafe:
                raise NotProvedError(reason, offered=True)
            form = "the form of CURRENT_TIMESTAMP" if column.storage == "auto" else "whole numbers"
            rewrite.reasons.append(f"{reason}; it is computed in {form}")
        self._state.show(statement, place, rewrite)

    def _item(
        self,
        statement: Statement,
        place: Place,
        usage: Usage,
        rewrite: ColumnRewrite,
    ) -> None:
        match usage.clause:
            case "order" if self._state.is_compound(statement) and usage.holder is None:
                self._link_outputs(statement, rewrite)  # its names are those of the result
            case "group":
                self._state.rename(rewrite)
                self._link_outputs(statement, rewrite)
            case "order" | "where":
                self._state.rename(rewrite)
            case "select" | "returning":
                self._outputs.output(statement, place, rewrite)
            case "values" | "set" | "list":
                self._state.rename(rewrite)
                self._state.link_target(statement, place, rewrite)
            case _:
                raise NotProvedError("the clause that the column stands in is not known")

    def _link_outputs(self, statement: Statement, rewrite: ColumnRewrite) -> None:
        """Link a column to the same one in the select lists of its statement."""
        own = rewrite.reference
        for place, other in self._state.columns(statement).items():
            is_same = other.table is own.table and other.column is own.column and not other.epoch
            if is_same and self._state.clauses(statement).clause(place) == "select":
                rewrite.links.add(other.span)

    def _written(self, statement: Statement, reference: Reference, rewrite: ColumnRewrite) -> None:
        """Rewrite a column of an INSERT's list or the target of an assignment."""
        if reference.dual:
            collapsed, rewrite.marks = collapse(
                reference, self._state.clauses(statement), self._state.editor, self._state.file
            )
            if collapsed.reasons and not self._state.options.unsafe:
                raise NotProvedError(collapsed.reasons[0], offered=True)
            self._operands.refuse_shared_marks(reference.query, rewrite.marks)
            rewrite.add(collapsed)
            return
        self._state.rename(rewrite)
        clauses = self._state.clauses(statement)
        if not reference.values or self._is_filled_in(statement, reference):
            raise NotProvedError("what is written to the column is not seen")
        for value in reference.values:
            place = clauses.place(value.first, value.last)
            if place is None:
                raise NotProvedError("what is written to the column is not written in one piece")
            self._operands.milliseconds(statement, place, rewrite, None)
        if reference.role == "insert" and self._may_be_null(reference):
            # The sync trigger takes a missing epoch value for one that it has to fill in.
            reason = "NULL may be inserted, and a DEFAULT of the legacy column would take its place"
            if not self._state.options.unsafe:
                raise NotProvedError(reason, offered=True)
            rewrite.reasons.append(reason)

    def _is_filled_in(self, statement: Statement, reference: Reference) -> bool:
        """Tell whether a part of an INSERT's lists is only known when the program runs."""
        if reference.role != "insert" or not reference.query.text.holes:
            return False
        clauses = self._state.clauses(statement)
        places = [clauses.place(reference.first, reference.last)]
        places += [clauses.place(value.first, value.last) for value in reference.values]
        return any(
            hole in clauses.text(item)
            for place in places
            if place is not None
            for item in clauses.list_around(place)
            for hole in reference.query.text.holes
        )

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


def _held(usage: Usage) -> Place:
    assert usage.holder is not None
    return usage.holder
