"""Converts whatever a legacy column is compared with, or set to, to milliseconds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...timestamps import to_epoch_ms
from ..changes import NotProvedError
from .placeholders import Placeholders
from .rewrites import ColumnRewrite, FileRewrite, need_text_in_utc
from .spelling import SCALES, literal_ms
from .spot import Spot
from .tokens import Place
from .usage import Usage

__all__ = ["SAME_VALUE", "Operands", "handed_on"]

SAME_VALUE = frozenset({
    "COALESCE", "FIRST_VALUE", "GREATEST", "IFNULL", "IIF", "LAG", "LAST_VALUE", "LEAD", "LEAST",
    "MAX", "MIN", "NTH_VALUE", "NULLIF",
})  # fmt: skip
"""Functions that hand on one of their arguments."""

_FIRST_ARGUMENT_ONLY = frozenset({"FIRST_VALUE", "LAG", "LAST_VALUE", "LEAD", "NTH_VALUE"})
_WHOLE_SECOND_CLOCKS = frozenset({"CURRENT_TIMESTAMP", "NOW()"})
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def handed_on(name: str, arguments: Sequence[Place]) -> Sequence[Place]:
    """Return the arguments of which a function hands one on.

    Args:
        name: one of `SAME_VALUE`.
        arguments: all of them; those that count rows or are a condition are left out.
    """
    if name in _FIRST_ARGUMENT_ONLY:
        return arguments[:1]
    return arguments[1:] if name == "IIF" else arguments


class Operands:
    """Makes the operands of one file's legacy columns epoch milliseconds.

    Args:
        state: the state of the file's rewrite.
        placeholders: rewrites what Python binds.
    """

    def __init__(self, state: FileRewrite, placeholders: Placeholders) -> None:
        self._state = state
        self._placeholders = placeholders

    def milliseconds(self, spot: Spot, rewrite: ColumnRewrite, usage: Usage | None) -> None:
        """Make a value that meets the column epoch milliseconds.

        Args:
            spot: the value.
            rewrite: the column rewrite that needs it.
            usage: the comparison; None where values are handed on.
        """
        spot = spot.inside
        mark = spot.tokens.placeholder(spot.place)
        reference = self._state.columns(spot.statement).get(spot.place)
        given = self._state.subquery_columns.get((spot.statement, spot.place))
        word = spot.text.upper()
        if rewrite.reference.column.storage in SCALES and reference is None:
            self._scaled(spot, rewrite)
        elif given is not None:
            rewrite.links.add(given)
        elif mark is not None:
            self._placeholders.milliseconds(spot, mark, rewrite)
        elif reference is not None:
            if not reference.epoch:
                rewrite.links.add(reference.span)
        elif word == "NULL":
            pass
        elif spot.tokens.is_string(spot.place):
            self._literal(spot, rewrite, usage)
        elif word in _WHOLE_SECOND_CLOCKS:
            need_text_in_utc(rewrite.reference.column)
            self._state.put_instead(spot, rewrite, self._state.sql.clock)
        else:
            self._expression(spot, rewrite, usage)

    def _scaled(self, spot: Spot, rewrite: ColumnRewrite) -> None:
        """Convert a number to milliseconds in SQL: its unit is that of the column."""
        storage = rewrite.reference.column.storage
        before, behind = self._state.sql.from_number[storage]
        if spot.text.upper() == "NULL" or not behind:
            return
        if _NUMBER.fullmatch(spot.text):
            self._state.put_instead(spot, rewrite, str(literal_ms(spot.text, storage)))
            return
        place = spot.place
        if any(
            place.first <= column.first and column.last <= place.last
            for column in self._state.columns(spot.statement)
        ):
            raise NotProvedError("the column is used with an expression of another column")
        simple = place.first == place.last or spot.tokens.call(place) is not None
        opening, closing = ("", "") if simple else ("(", ")")
        self._state.put_around(spot, rewrite, before + opening, closing + behind)

    def _expression(self, spot: Spot, rewrite: ColumnRewrite, usage: Usage | None) -> None:
        cases = spot.tokens.case_values(spot.place)
        if cases is not None:
            for value in cases:
                self.milliseconds(spot.at(value), rewrite, usage)
            return
        call = spot.tokens.call(spot.place)
        if call is None:
            self._subquery(spot, rewrite, usage)
            return
        name, arguments = call
        if name in SAME_VALUE:
            for value in handed_on(name, arguments):
                self.milliseconds(spot.at(value), rewrite, usage)
        elif name in {"DATETIME", "DATE"} and self._state.sql.seconds is not None and arguments:
            need_text_in_utc(rewrite.reference.column)
            if name == "DATE":
                _need_whole_day(usage)
            if any(argument in self._state.columns(spot.statement) for argument in arguments):
                raise NotProvedError(
                    "the column is used with a text that is computed from a column"
                )
            self._seconds(name, spot, rewrite)
        else:
            raise NotProvedError(
                f"the column is used with {name.lower()}(), which cannot be converted"
            )

    def _seconds(self, name: str, spot: Spot, rewrite: ColumnRewrite) -> None:
        """Turn a call that gives a text of whole seconds into epoch milliseconds."""
        assert self._state.sql.seconds is not None
        before, behind = self._state.sql.seconds
        call = spot.tokens.call(spot.place)
        is_clock = call is not None and spot.tokens.text(call[1][0])[1:-1].lower() == "now"
        if name == "DATE" or not is_clock:  # of a text datetime() drops the fraction
            self._state.put_around(spot, rewrite, before, behind)
            return
        first, last = spot.place.first, spot.place.last
        self._state.put_instead(spot.at(Place(first, first + 1)), rewrite, before)
        self._state.put_instead(spot.at(Place(last, last)), rewrite, behind)

    def _subquery(self, spot: Spot, rewrite: ColumnRewrite, usage: Usage | None) -> None:
        """Make what a scalar subquery gives epoch milliseconds."""
        tokens, first = spot.tokens, spot.place.first
        items = tokens.select_items(first) if tokens.word(first) == "SELECT" else []
        if len(items) != 1:
            raise NotProvedError("what the column is used with cannot be converted")
        self.milliseconds(spot.at(tokens.split_alias(items[0])[0]), rewrite, usage)

    def _literal(self, spot: Spot, rewrite: ColumnRewrite, usage: Usage | None) -> None:
        """Put the milliseconds of a text in its place."""
        need_text_in_utc(rewrite.reference.column)
        text = spot.text[1:-1]
        if _DATE.fullmatch(text):
            _need_whole_day(usage)
        try:
            ms = to_epoch_ms(text)
        except ValueError:
            raise NotProvedError(
                f"the column is used with the text '{text}', which is not a date-time"
            ) from None
        self._state.put_instead(spot, rewrite, str(ms))


def _need_whole_day(usage: Usage | None) -> None:
    """Refuse a day where a text of the same day compares otherwise than midnight does."""
    if usage is None or usage.kind != "compare" or usage.name not in {"<", ">="}:
        raise NotProvedError(
            "a date without a time is compared, and midnight would compare differently"
        )
