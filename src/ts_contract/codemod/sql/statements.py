"""Works out what lets a statement read and write the epoch column instead of the legacy one.

The *column rewrite* of a legacy column takes in its name, what it is compared with, what is bound
to it, and who reads what comes out. Those that depend on each other are linked, and linked ones
are made together or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...source.sql.references import Reference, Statement
from ..changes import NotProvedError, UnknownValueError
from ..python.bound_values import DEFAULT_FOR_NULL, may_be_none
from .both_columns import BothColumns
from .dual_writes import collapse
from .operands import SAME_VALUE, Operands, handed_on
from .outputs import Outputs
from .placeholders import Placeholders
from .rewrites import (
    ColumnRewrite,
    FileRewrite,
    legacy_references,
    link_target,
    need_text_in_utc,
    not_in_schema,
)
from .spelling import SCALES
from .spot import Spot
from .tokens import Place, StatementTokens
from .usage import Usage

__all__ = ["Planner"]

_COUNTS = frozenset({"COUNT"})
_DATE_FUNCTIONS = {"DATE": 0, "TIME": 0, "DATETIME": 0, "JULIANDAY": 0, "STRFTIME": 1}
_HANDLES_CONFLICTS = re.compile(r"\s*+UPDATE\s++OR\b", re.IGNORECASE)
_NO_EXPRESSION = frozenset({"conflict", "excluded", "trigger", "using"})


class Planner:
    """Works out column rewrites, one statement after the other.

    Args:
        state: the state of the file's rewrite.
    """

    def __init__(self, state: FileRewrite) -> None:
        self._state = state
        self._placeholders = Placeholders(state)
        self._operands = Operands(state, self._placeholders)
        self._both = BothColumns(state, self._operands)
        self._outputs = Outputs(state, self._value_at)

    def rewrites(self, statement: Statement) -> list[ColumnRewrite]:
        """Return the column rewrites of one statement, each worked out on its own."""
        written = [v for r in statement.references if r.dual for v in r.values]
        return [
            self._column_rewrite(statement, r)
            for r in legacy_references(statement)
            if not self._is_kept_dual(r)
            and not any(v.first <= r.first and r.last <= v.last for v in written)
        ]

    def _is_kept_dual(self, reference: Reference) -> bool:
        """Tell whether a write is one of two that the phase lets stand beside each other."""
        assert self._state.file.contract is not None
        return reference.dual and self._state.file.contract.phase == "migrate"

    def _column_rewrite(self, statement: Statement, reference: Reference) -> ColumnRewrite:
        rewrite = ColumnRewrite(reference)
        if self._state.is_history(statement):
            reason = "a change of the schema belongs to the schema of its time"
            rewrite.failure = NotProvedError(reason)
            return rewrite
        try:
            if reference.access == "write":
                self._written(statement, rewrite)
            else:
                self._read(statement, rewrite)
        except UnknownValueError as error:
            rewrite = ColumnRewrite(reference, marks=rewrite.marks, failure=error)
        except NotProvedError as error:
            return self._shown(statement, rewrite, error)
        return rewrite

    def _shown(
        self, statement: Statement, failed: ColumnRewrite, error: NotProvedError
    ) -> ColumnRewrite:
        """Return what computes the text in SQL, where nothing else can be done."""
        reference = failed.reference
        rewrite = ColumnRewrite(reference, marks=failed.marks, values=failed.values, failure=error)
        place = self._state.tokens(statement).column(reference.first, reference.last)
        if reference.access != "read" or reference.role in _NO_EXPRESSION or place is None:
            return rewrite
        spot = self._state.spot(statement, place)
        shown = ColumnRewrite(reference, values=failed.values, gives_ms=False)
        try:
            need_text_in_utc(reference.column)
            self._state.show(spot, shown)
            if _is_whole_output(spot):
                self._state.put_behind(spot, shown, f" AS {reference.column.legacy}")
        except NotProvedError:
            return rewrite
        if not self._state.options.unsafe:
            rewrite.failure = NotProvedError(error.reason, offered=True)
            return rewrite
        shown.reasons.append(f"{error.reason}; the text is computed in SQL")
        return shown

    # --- columns that are read ---------------------------------------------------------------

    def _read(self, statement: Statement, rewrite: ColumnRewrite) -> None:
        reference = rewrite.reference
        place = self._state.tokens(statement).column(reference.first, reference.last)
        if place is None:
            raise NotProvedError("the column is not written in one piece")
        if reference.role == "excluded":  # what the INSERT of the same statement would have written
            rewrite.links |= {
                other.span
                for other in statement.references
                if other.role == "insert" and other.column is reference.column and not other.epoch
            }
        if reference.role in {"conflict", "using"}:
            raise NotProvedError(f"the column is named in {reference.role.upper()}")
        self._value_at(self._state.spot(statement, place), rewrite)

    def _value_at(self, spot: Spot, rewrite: ColumnRewrite) -> None:
        """Let a place whose value becomes milliseconds fit what stands around it."""
        usage = spot.usage
        match usage.kind:
            case "null-test":
                self._state.rename(rewrite)
            case "compare" | "between" | "in":
                self._state.rename(rewrite)
                for operand in usage.operands:
                    self._operands.milliseconds(spot.at(operand), rewrite, usage)
            case "argument":
                self._argument(spot, usage, rewrite)
            case "case":
                cases = spot.tokens.case_values(_held(usage)) or []
                self._same_value(spot, cases, usage, rewrite)
            case "item":
                self._item(spot, usage, rewrite)
            case _:
                self._as_text(spot, rewrite, "the use of the text is not understood")

    def _argument(self, spot: Spot, usage: Usage, rewrite: ColumnRewrite) -> None:
        name, column = usage.name, rewrite.reference.column
        instant = self._state.sql.instant
        if name in _COUNTS:
            self._state.rename(rewrite)
        elif name in SAME_VALUE:
            values = handed_on(name, usage.arguments)
            if usage.arguments[usage.index] not in values:
                raise NotProvedError(f"the column is not a value that {name} may return")
            self._same_value(spot, values, usage, rewrite)
        elif name in _DATE_FUNCTIONS and column.storage == "seconds":
            self._state.rename(rewrite)
            self._state.put_behind(spot, rewrite, " / 1000.0")
        elif name in _DATE_FUNCTIONS and instant is not None and column.storage not in SCALES:
            if usage.index != _DATE_FUNCTIONS[name]:
                raise NotProvedError(f"the column is a modifier of {name}")
            need_text_in_utc(column)
            self._state.rename(rewrite)
            self._state.put_behind(spot, rewrite, instant)
        elif name in {"SUBSTR", "SUBSTRING"} and _takes_day(spot, usage):
            need_text_in_utc(column)
            self._state.show(spot, rewrite)
        else:
            self._as_text(spot, rewrite, f"{name.lower()}() needs the text")

    def _same_value(
        self, spot: Spot, values: Iterable[Place], usage: Usage, rewrite: ColumnRewrite
    ) -> None:
        """Rewrite a call or a CASE that hands on one of its values: all become milliseconds."""
        self._state.rename(rewrite)
        for value in values:
            if value != spot.place and spot.tokens.inside(value) != spot.place:
                self._operands.milliseconds(spot.at(value), rewrite, None)
        self._value_at(spot.at(_held(usage)), rewrite)

    def _as_text(self, spot: Spot, rewrite: ColumnRewrite, reason: str) -> None:
        """Compute the legacy value from the epoch column, where only the text will do."""
        column = rewrite.reference.column
        need_text_in_utc(column)
        if column.storage != "milliseconds":
            form = "the form of CURRENT_TIMESTAMP" if column.storage == "auto" else "whole numbers"
            self._need_yes(reason, rewrite, f"{reason}; it is computed in {form}")
        self._state.show(spot, rewrite)

    def _need_yes(self, reason: str, rewrite: ColumnRewrite, consequence: str = "") -> None:
        """Refuse what is unsafe, unless the run may do it."""
        if not self._state.options.unsafe:
            raise NotProvedError(reason, offered=True)
        rewrite.reasons.append(consequence or reason)

    def _item(self, spot: Spot, usage: Usage, rewrite: ColumnRewrite) -> None:
        match usage.clause:
            case "order" if spot.tokens.is_compound and usage.holder is None:
                self._link_outputs(spot, rewrite)  # its names are those of the result
            case "group":
                self._state.rename(rewrite)
                self._link_outputs(spot, rewrite)
            case "order" | "where":
                self._state.rename(rewrite)
            case "select" | "returning":
                self._outputs.output(spot, rewrite)
            case "values" | "set" | "list":
                self._state.rename(rewrite)
                link_target(spot, rewrite)
            case _:
                raise NotProvedError("the clause around the column is not understood")

    def _link_outputs(self, spot: Spot, rewrite: ColumnRewrite) -> None:
        """Link a column to the same one in the select lists of its statement."""
        own = rewrite.reference
        for place, other in self._state.columns(spot.statement).items():
            is_same = other.table is own.table and other.column is own.column and not other.epoch
            if is_same and spot.tokens.clause(place) == "select":
                rewrite.links.add(other.span)

    # --- columns that are written ------------------------------------------------------------

    def _written(self, statement: Statement, rewrite: ColumnRewrite) -> None:
        """Rewrite a column of an INSERT's list or the target of an assignment."""
        if rewrite.reference.dual:
            self._collapse(statement, rewrite)
            return
        reference, tokens = rewrite.reference, self._state.tokens(statement)
        targets = [r for r in statement.references if r.role == "conflict" and not r.epoch]
        if targets:
            raise NotProvedError(f"the column {targets[0].column.legacy} stands in CONFLICT")
        if self._needs_both(statement, reference, rewrite):
            if _is_filled_in(reference, tokens):
                raise NotProvedError("the value written to the column is not visible in this file")
            self._both.write(statement, rewrite)
            return
        self._state.rename(rewrite)
        if not reference.values or _is_filled_in(reference, tokens):
            raise NotProvedError("the value written to the column is not visible in this file")
        for value in reference.values:
            place = tokens.place(value.first, value.last)
            if place is None:
                raise NotProvedError("the value written to the column is not in one piece")
            self._operands.milliseconds(self._state.spot(statement, place), rewrite, None)
        if reference.role == "insert" and _may_be_null(reference):
            self._need_yes(DEFAULT_FOR_NULL, rewrite)

    def _needs_both(
        self, statement: Statement, reference: Reference, rewrite: ColumnRewrite
    ) -> bool:
        """Tell whether a write has to give the legacy column its value too, until it is gone."""
        contract = self._state.file.contract
        assert contract is not None
        if contract.phase != "migrate":
            return False
        is_insert = reference.role == "insert"
        demands = self._state.demands(reference.table)
        if demands is None:
            sql = reference.query.text.value[statement.text.first :]
            if is_insert or _HANDLES_CONFLICTS.match(sql):
                self._need_yes(not_in_schema(reference.table, reference.column), rewrite)
            return False
        if not is_insert:
            return reference.column.legacy.lower() in demands.compared
        written = {r.column.legacy.lower() for r in statement.references if r.role == "insert"}
        return bool(written & (demands.required | demands.compared))

    def _collapse(self, statement: Statement, rewrite: ColumnRewrite) -> None:
        """Take the legacy half out of a dual write."""
        state = self._state
        collapsed, rewrite.marks = collapse(
            rewrite.reference, state.tokens(statement), state.editor, state.file
        )
        if collapsed.reasons and not state.options.unsafe:
            raise NotProvedError(collapsed.reasons[0], offered=True)
        self._placeholders.refuse_shared_tuples(rewrite.reference.query, rewrite.marks)
        rewrite.add(collapsed)


def _is_whole_output(spot: Spot) -> bool:
    """Tell whether a place is an item of a select list, without an alias."""
    usage = spot.usage
    if usage.kind != "item" or usage.clause not in {"select", "returning"}:
        return False
    return spot.place in spot.tokens.select_items(spot.tokens.select_of(spot.place))


def _takes_day(spot: Spot, usage: Usage) -> bool:
    """Tell whether a SUBSTR takes no more than the date, which all forms have in common."""
    texts = [spot.tokens.text(argument) for argument in usage.arguments[1:]]
    return len(texts) == 2 and texts[0] == "1" and texts[1] in {"4", "7", "10"}


def _is_filled_in(reference: Reference, tokens: StatementTokens) -> bool:
    """Tell whether a part of an INSERT's lists is only known when the program runs."""
    if reference.role != "insert" or not reference.query.text.holes:
        return False
    places = [tokens.place(reference.first, reference.last)]
    places += [tokens.place(value.first, value.last) for value in reference.values]
    return any(
        hole in tokens.text(item)
        for place in places
        if place is not None
        for item in tokens.list_around(place)
        for hole in reference.query.text.holes
    )


def _may_be_null(reference: Reference) -> bool:
    """Tell whether an INSERT visibly writes NULL, always or sometimes."""
    for value in reference.values:
        if value.text.strip().upper() == "NULL":
            return True
        if any(may_be_none(node) for node in value.bound):
            return True
    return False


def _held(usage: Usage) -> Place:
    assert usage.holder is not None
    return usage.holder
