"""Records what the walk over a statement finds: references, stars, names that stay unsure.

Indexes of the parsed statement become places in the file here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...contract import ColumnContract, TableContract
from .catalog import Catalog
from .queries import Query
from .references import Access, Reference, Role, Star, Unsure, Value
from .tables import Table
from .text import PADDING, StatementText, is_hole
from .values import Places, Values

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Recorder"]


@dataclass(slots=True, eq=False)
class Recorder:
    """Collects the findings of one statement.

    Attributes:
        query: the query.
        text: the text of the statement that is walked.
        catalog: the tables that are known.
        written: finds the values in what is being walked, the statement or a part of it.
        opaque: whether the statement is a trigger, or another that cannot be parsed.
        tables: contract tables that the statement names.
        references: contract columns, in the order of the walk.
        stars: `*` over contract tables.
        unsure: names that cannot be told.
    """

    query: Query
    text: StatementText
    catalog: Catalog
    written: Values
    opaque: bool = False
    tables: list[TableContract] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    stars: list[Star] = field(default_factory=list)
    unsure: list[Unsure] = field(default_factory=list)

    def table(self, name: str) -> Table:
        """Return the table of a name in lower case, and record it if it has a contract."""
        table = self.catalog.table(name)
        if table.contract is not None:
            self.tables.append(table.contract)
        return table

    def named(
        self,
        identifier: exp.Identifier,
        table: Table,
        access: Access,
        role: Role,
        *,
        values: Places = (),
        node: exp.Expr | None = None,
        through_subquery: bool = False,
    ) -> None:
        """Record an identifier that names a column of `table`, if the contract has it."""
        place = _place(identifier)
        if place is None:
            return
        self.found(
            table,
            identifier.name.lower(),
            place,
            access=access,
            role=role,
            values=values,
            node=node or identifier,
            through_subquery=through_subquery,
        )

    def found(
        self,
        table: Table,
        name: str,
        place: tuple[int, int],
        *,
        access: Access,
        role: Role,
        values: Places = (),
        node: exp.Expr | None = None,
        through_subquery: bool = False,
    ) -> None:
        """Record a contract column at indexes of the statement."""
        contract = table.contract
        if contract is None and is_hole(table.name) and name in self.catalog.legacy:
            self.not_told(name, place, self.catalog.legacy[name])
        if contract is None or name not in table.named:
            return
        if access == "read" and not self.opaque:
            values = self.written.compared(place[0])
        column, epoch = _contract_column(contract, name)
        span = self.span(*place)
        self.references.append(
            Reference(
                self.query,
                node,
                contract,
                column,
                epoch,
                access,
                role,
                *self.indexes(*place),
                span,
                self.query.is_fragment(span),
                self.opaque,
                through_subquery,
                values=tuple(self.value(place) for place in values),
            )
        )

    def value(self, place: tuple[int, int]) -> Value:
        """Return what stands at a place of the statement, and what is bound to it."""
        text = self.text.sql[slice(*place)]
        clock = self.written.clock(place)
        marks = self.text.marks_in(text)
        alone = marks[0] if len(marks) == 1 and text.rstrip(PADDING) == marks[0].char else None
        return Value(
            *self.indexes(*place),
            self.span(*place),
            text,
            None if clock is None else self.span(*clock),
            "" if clock is None else self.text.sql[slice(*clock)],
            alone,
            self.query.bound.get(alone.key, ()) if alone else (),
        )

    def indexes(self, first: int, last: int) -> tuple[int, int]:
        """Return indexes of the statement as indexes of the query's text."""
        return self.text.first + first, self.text.first + last

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return indexes of the statement as offsets in the file."""
        return self.query.text.span(*self.indexes(first, last))

    def star(self, table: TableContract, first: int) -> None:
        """Record a `*` at an index of the statement."""
        self.stars.append(Star(self.query, table, self.span(first, first + 1)))

    def unsure_at(self, identifier: exp.Identifier, tables: Iterable[TableContract]) -> None:
        """Record an identifier that may name a legacy column of one of `tables`."""
        place = _place(identifier)
        if place is not None:
            self.not_told(identifier.name, place, tables)

    def not_told(self, name: str, place: tuple[int, int], tables: Iterable[TableContract]) -> None:
        """Record a name at indexes of the statement that may be a legacy column."""
        self.unsure.append(Unsure(name, tuple(dict.fromkeys(tables)), self.span(*place)))

    def paired(self) -> tuple[Reference, ...]:
        """Return the references in order of the text, dual writes and definitions marked."""
        seen = {_pair(r, r.epoch) for r in self.references if r.access != "read"}
        return tuple(
            replace(r, dual=True) if r.access != "read" and _pair(r, not r.epoch) in seen else r
            for r in sorted(self.references, key=lambda r: r.first)
        )


def _pair(reference: Reference, epoch: bool) -> tuple[str, str, Role, bool]:
    return reference.table.name, reference.column.legacy, reference.role, epoch


def _place(identifier: exp.Identifier) -> tuple[int, int] | None:
    """Return the indexes of an identifier in the statement, its quotes left out."""
    start, end = identifier.meta.get("start"), identifier.meta.get("end")
    if start is None or end is None:
        return None
    quotes = int(bool(identifier.args.get("quoted")) and end - start + 1 > len(identifier.name))
    return start + quotes, end + 1 - quotes


def _contract_column(table: TableContract, name: str) -> tuple[ColumnContract, bool]:
    """Return the column that a name in lower case means, and whether it is the epoch column."""
    for column in table.columns:
        if column.legacy.lower() == name:
            return column, False
    return next(c for c in table.columns if c.epoch.lower() == name), True
