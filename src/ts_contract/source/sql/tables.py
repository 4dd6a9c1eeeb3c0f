"""The tables that a column name can belong to, at one place of a statement.

An unqualified name is looked up as databases do it: among the tables of its own SELECT, then of
the one around. If two tables of one FROM had the column, the statement would be ambiguous and
would not run; so a table that is known to have it settles the question even beside unknown ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...contract import ROWID_NAMES, TableContract

__all__ = ["DerivedTable", "Relation", "Scope", "Table", "Truth", "base_tables", "had"]

Truth = bool | None
"""True, False, or None for unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A table of the database.

    Attributes:
        name: its name in lower case.
        contract: its contract, if it has one.
        columns: the names of all its columns, in lower case; None if they are not known.
        named: names in lower case that the contract gives it, legacy and epoch.
    """

    name: str
    contract: TableContract | None
    columns: tuple[str, ...] | None
    named: frozenset[str] = frozenset()

    def has(self, column: str) -> Truth:
        """Tell whether the table has a column."""
        if column in self.named:
            return True
        if self.columns is None:
            return None
        return column in self.columns or column in ROWID_NAMES

    def bases(self, column: str) -> Iterator[tuple[Table, bool]]:
        """Yield the table itself; see `DerivedTable.bases`."""
        yield self, False


@dataclass(frozen=True, slots=True, eq=False)
class DerivedTable:
    """A subquery, a CTE, or a function that gives rows.

    Attributes:
        outputs: its named columns; each with the table whose column of that name it is, if so.
        stars: relations whose columns pass through a `*`.
        complete: whether `outputs` and `stars` are all.
    """

    outputs: Mapping[str, Table | None] = field(default_factory=dict)
    stars: tuple[Relation, ...] = ()
    complete: bool = True

    def has(self, column: str) -> Truth:
        """Tell whether the rows have a column."""
        if column in self.outputs:
            return True
        through = [star.has(column) for star in self.stars]
        if True in through:
            return True
        return None if None in through or not self.complete else False

    def bases(self, column: str) -> Iterator[tuple[Table, bool]]:
        """Yield the tables that a column of these rows comes from under its own name.

        With each goes whether the column is named inside; through a `*` it is not.
        """
        if column in self.outputs:
            table = self.outputs[column]
            if table is not None:
                yield table, True
            return
        for star in self.stars:
            if star.has(column):
                yield from star.bases(column)


Relation = Table | DerivedTable


@dataclass(slots=True, eq=False)
class Scope:
    """The relations that one SELECT, or one other statement, can name.

    Attributes:
        outer: the scope around.
        relations: relation by the name it is called here, in lower case, in order.
        hidden: relations that only a qualified name reaches: `excluded`, `new`, `old`.
        ctes: common table expressions declared here.
        aliases: names that the select list gives.
    """

    outer: Scope | None = None
    relations: list[tuple[str, Relation]] = field(default_factory=list)
    hidden: dict[str, Relation] = field(default_factory=dict)
    ctes: dict[str, Relation] = field(default_factory=dict)
    aliases: set[str] = field(default_factory=set)

    def chain(self) -> Iterator[Scope]:
        """Yield this scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def relation(self, name: str) -> Relation | None:
        """Return the relation that a qualifier means."""
        for scope in self.chain():
            for known, relation in scope.relations:
                if known == name:
                    return relation
            if name in scope.hidden:
                return scope.hidden[name]
        return None

    def hides(self, name: str) -> bool:
        """Tell whether a qualifier means `excluded`, `new` or `old`, and no table so called."""
        for scope in self.chain():
            if any(known == name for known, _ in scope.relations):
                return False
            if name in scope.hidden:
                return name in {"excluded", "new", "old"}
        return False

    def cte(self, name: str) -> Relation | None:
        """Return the common table expression of a name."""
        return next((scope.ctes[name] for scope in self.chain() if name in scope.ctes), None)

    def holders(self, column: str, *, finalized: bool) -> tuple[list[Relation], bool]:
        """Return the relations that an unqualified column belongs to, and whether that is sure.

        Args:
            column: the name, in lower case.
            finalized: whether legacy columns are gone, so that whatever else has or may have the
                column goes first, wherever it stands.

        Returns:
            The one relation, or none; when it is not sure, all that may be meant.
        """
        maybe: list[Relation] = []
        gone: list[Relation] = []
        for scope in self.chain():
            relations = [relation for _, relation in scope.relations]
            sure = [relation for relation in relations if relation.has(column)]
            unknown = [relation for relation in relations if relation.has(column) is None]
            if finalized:
                gone += [relation for relation in sure if had(relation, column)]
                sure = [relation for relation in sure if not had(relation, column)]
            if sure and not maybe:
                return sure[:1], True  # under USING or NATURAL the left one gives the value
            if sure:
                return [*gone, *maybe, *sure], False
            maybe += unknown
        if gone:
            return ([*gone, *maybe], False) if maybe else (gone[:1], True)
        # A lone candidate it is: every other relation is known not to have the column.
        return maybe, len(maybe) == 1


def had(relation: Relation, column: str) -> bool:
    """Tell whether a relation has a column only as the legacy column of tables."""
    bases = [table.contract for table, _ in relation.bases(column)]
    return bool(bases) and all(contract and contract.column(column) for contract in bases)


def base_tables(relation: Relation) -> Iterator[Table]:
    """Yield the tables whose columns a `*` over a relation takes along."""
    if isinstance(relation, Table):
        yield relation
    else:
        for inner in relation.stars:
            yield from base_tables(inner)
