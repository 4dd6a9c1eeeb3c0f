"""What a statement says about contract columns: plain data that finders, rules and codemod share.

Every place is given twice: as offsets in the file (`span`), and as indexes in the query's own text
(`first`, `last`), which are those of the parsed statement too.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...contract import ColumnContract, TableContract
from .queries import Query
from .text import Placeholder, StatementText

if TYPE_CHECKING:
    from sqlglot import exp

__all__ = ["Access", "Output", "Reference", "Role", "Star", "Statement", "Unsure", "Value"]

Access = Literal["read", "write", "ddl"]
Role = Literal[
    "select",  # select list
    "where",
    "on",  # join condition
    "using",
    "group-by",
    "having",
    "order-by",
    "window",
    "limit",
    "insert",  # column list of INSERT
    "update",  # left of = in UPDATE SET or DO UPDATE SET
    "value",  # within a value that is written
    "excluded",  # excluded.created_at, or NEW.created_at and OLD.created_at
    "conflict",  # target of ON CONFLICT
    "returning",
    "definition",  # column definition in CREATE TABLE or ALTER TABLE
    "constraint",
    "index",
    "trigger",  # UPDATE OF list
    "opaque",  # in a statement that nothing here can parse
]


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """What a statement writes into a column, or compares with it.

    Attributes:
        first: index of its first character in the query's text.
        last: index after its last one.
        span: offsets in the file.
        text: the SQL of it, placeholders and holes as private-use characters.
        clock: span in the file of the SQL clock in it, if it is one or holds one.
        clock_text: the SQL of that clock.
        placeholder: the placeholder that is the whole value, if it is one.
        bound: the Python expressions bound to it; empty when unknown.
    """

    first: int
    last: int
    span: tuple[int, int]
    text: str
    clock: tuple[int, int] | None
    clock_text: str
    placeholder: Placeholder | None
    bound: tuple[ast.expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """One place where SQL names a contract column.

    Attributes:
        query: the query.
        node: the `exp.Column`, `exp.Identifier` or `exp.ColumnDef`; None in an opaque statement.
        table: contract of the table.
        column: contract of the column.
        epoch: whether the epoch column is named, rather than the legacy one.
        access: whether the statement reads, writes or defines it.
        role: the clause that it stands in.
        first: index of the name in the query's text, without quotes.
        last: index after the name.
        span: offsets of the name in the file.
        fragment: whether it stands outside the literal that the query begins in.
        opaque: whether the statement is a trigger or another that is not a plain query.
        through_subquery: whether it means a column of a subquery or CTE that passes the table's
            column on under its own name, and names it inside: rules report only that place.
        output: the name under which it leaves a SELECT, where it is a whole result column.
        dual: whether the same statement writes or defines the other column of the pair too.
        values: what is written (one for each row of VALUES), the DEFAULT that is defined, or, for
            a read, what the column itself is compared with.
    """

    query: Query
    node: exp.Expr | None
    table: TableContract
    column: ColumnContract
    epoch: bool
    access: Access
    role: Role
    first: int
    last: int
    span: tuple[int, int]
    fragment: bool
    opaque: bool = False
    through_subquery: bool = False
    output: str | None = None
    dual: bool = False
    values: tuple[Value, ...] = ()

    @property
    def name(self) -> str:
        """The column, as `tasks.created_at`."""
        column = self.column.epoch if self.epoch else self.column.legacy
        return f"{self.table.name}.{column}"

    @property
    def follows_hole(self) -> bool:
        """Whether a part before it is filled in at run time, and may hold columns of its own."""
        text = self.query.text
        if not text.holes:
            return False
        begins = max(s.first for s in self.query.statements if s.first <= self.first)
        before = text.value[begins : self.first]
        if self.role == "returning":
            before = before[before.upper().rfind("RETURNING") :]
        return any(hole in before for hole in text.holes)


@dataclass(frozen=True, slots=True, eq=False)
class Star:
    """A `*` that takes legacy columns along.

    Attributes:
        query: the query.
        table: contract of the table.
        span: offsets of the star in the file.
    """

    query: Query
    table: TableContract
    span: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Unsure:
    """A name that is a legacy column of some contract table, but perhaps not here.

    Attributes:
        name: the name, as written.
        tables: contract tables that it may belong to.
        span: offsets in the file.
    """

    name: str
    tables: tuple[TableContract, ...]
    span: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """One column of the rows that a statement gives.

    Attributes:
        name: the name that a row has it under; empty where only the database knows.
        reference: the contract column that it is, unchanged.
        is_star: whether the columns of a whole table stand here, for a `*`.
        star: the contract of that table, if it has one.
    """

    name: str
    reference: Reference | None = None
    is_star: bool = False
    star: TableContract | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement of a query, each column in it given to its table.

    Attributes:
        query: the query.
        text: its own text, ready to be parsed.
        tree: its syntax tree; None where sqlglot cannot parse it.
        tables: contract tables that it names.
        references: contract columns that it names, in order of the text.
        outputs: the columns of its rows, in order; None where a part is not known.
    """

    query: Query
    text: StatementText
    tree: exp.Expr | None
    tables: tuple[TableContract, ...]
    references: tuple[Reference, ...]
    outputs: tuple[Output, ...] | None
