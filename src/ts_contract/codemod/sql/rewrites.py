"""The rewrite of one legacy column, and what is known of the whole file while it is made."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ...contract import ColumnContract, TableContract, is_utc
from ...source.columns.history import find_history
from ...source.columns.model import RowRead
from ...source.edits import Edit, Import
from ...source.file import Constraints, File
from ...source.sql.queries import Query, find_queries
from ...source.sql.references import Reference, Statement
from ...source.sql.schema import find_own_schema
from ...source.sql.text import Placeholder
from ..changes import NotProvedError, Options, Rewrite, Span, parses_declared_types
from ..edits.sql import Editor
from ..python.row_readers import RowReaders
from ..python.value_readers import ValueReaders
from .spelling import DIALECTS, SCALES, shown
from .spot import Spot
from .tokens import Place, StatementTokens

__all__ = [
    "ColumnRewrite",
    "FileRewrite",
    "epoch_name",
    "legacy_references",
    "link_target",
    "need_text_in_utc",
    "not_in_schema",
    "result_column",
]

_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(slots=True, eq=False)
class ColumnRewrite:
    """The rewrite of one legacy column in one statement.

    Attributes:
        reference: the column.
        edits: the replacements.
        imports: names that they need.
        reasons: why the whole is unsafe; empty while it is safe.
        links: the column rewrites that it needs.
        marks: the placeholders whose bound values it rewrites.
        values: the expressions that take it out of rows.
        gives_ms: whether those become milliseconds.
        stays: whether what is bound stays as it is, and the milliseconds are bound beside it.
        failure: why nothing can be done; None while something can.
    """

    reference: Reference
    edits: list[Edit] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    links: set[Span] = field(default_factory=set)
    marks: list[Placeholder] = field(default_factory=list)
    values: list[ast.expr] = field(default_factory=list)
    gives_ms: bool = True
    stays: bool = False
    failure: NotProvedError | None = None

    @property
    def span(self) -> Span:
        """What other column rewrites call it."""
        return self.reference.span

    @property
    def bound(self) -> list[ast.expr]:
        """What Python binds to its placeholders."""
        bound = self.reference.query.bound
        return [node for mark in self.marks for node in bound.get(mark.key, ())]

    def add(self, other: Rewrite) -> None:
        """Take in what Python around the statement needs."""
        self.edits += other.edits
        self.imports += other.imports
        self.reasons += other.reasons


def epoch_name(column: ColumnContract) -> str:
    """Return the name of an epoch column as SQL spells it."""
    if _PLAIN_NAME.fullmatch(column.epoch):
        return column.epoch
    return '"' + column.epoch.replace('"', '""') + '"'


def not_in_schema(table: TableContract, column: ColumnContract) -> str:
    """Return why a write is unsafe that leaves a legacy column to the sync trigger."""
    return (
        f"whether {table.name}.{column.legacy} is NOT NULL or in a key is not in the"
        " contract's schema"
    )


def legacy_references(statement: Statement) -> list[Reference]:
    """Return the legacy columns of a statement that can be rewritten at all."""
    return [r for r in statement.references if not r.epoch and not r.opaque and r.access != "ddl"]


def result_column(read: RowRead) -> Reference | None:
    """Return the result column that a reader of rows takes; None if it comes through a `*`."""
    for statement in read.statements:
        for output in statement.outputs or ():
            if output.reference is not None and output.name.lower() == read.name.lower():
                return output.reference
    return None


class FileRewrite:
    """The state of the rewrite of one file's SQL.

    Args:
        file: the file under its contract.
        options: what the run may do.

    Attributes:
        file: the file under its contract.
        options: what the run may do.
        dialect: the SQL dialect of the contract.
        sql: how that dialect says things.
        editor: makes the edits.
        row_readers: who reads the rows of the file.
        value_readers: what reads the values that are taken out of them.
        legacy_marks: the placeholders that meet a legacy column, by query and character, as the
            round before has found them; None in the first.
        converted: expressions that become milliseconds, and the column rewrites that give them.
        needs_types: whether readers may get datetimes by the declared type of a column.
        subquery_columns: uses of a subquery's column, and the column rewrites that give it.
    """

    def __init__(self, file: File, options: Options) -> None:
        assert file.contract is not None
        self.file = file
        self.options = options
        self.dialect = file.contract.dialect
        self.sql = DIALECTS[self.dialect]
        self.editor = Editor(file.source)
        self.row_readers = RowReaders(file)
        self.value_readers = ValueReaders(file)
        self.legacy_marks: frozenset[tuple[Query, str]] | None = None
        self.converted: dict[ast.expr, Span] = {}
        self.subquery_columns: dict[tuple[Statement, Place], Span] = {}
        self.needs_types = options.declared_types or parses_declared_types(file.source.text)
        self._tokens: dict[Statement, StatementTokens] = {}
        self._places: dict[Statement, dict[Place, Reference]] = {}

    def learn(self, rewrites: Sequence[ColumnRewrite]) -> None:
        """Keep what the column rewrites of one round tell about each other, for the next round."""
        is_first = self.legacy_marks is None
        self.legacy_marks = frozenset(
            (rewrite.reference.query, mark.char) for rewrite in rewrites for mark in rewrite.marks
        )
        self.value_readers.bound = frozenset(node for r in rewrites for node in r.bound)
        self.converted = {
            value: rewrite.span
            for rewrite in rewrites
            if is_first or (rewrite.gives_ms and rewrite.failure is None)
            for value in rewrite.values
        }
        self.value_readers.converted = frozenset(self.converted)

    def known(self) -> tuple[object, ...]:
        """Return what `learn` has kept, to be compared."""
        return self.legacy_marks, dict(self.converted), dict(self.subquery_columns)

    def spot(self, statement: Statement, place: Place) -> Spot:
        """Return a place in a statement."""
        return Spot(statement, self.tokens(statement), place)

    def is_history(self, statement: Statement) -> bool:
        """Tell whether a statement is executed by a change of the schema."""
        place = self.file.source.span(statement.query.anchor)
        return any(True for _ in self.file.part(find_history).holding(*place))

    def tokens(self, statement: Statement) -> StatementTokens:
        """Return the tokens of a statement."""
        known = self._tokens.get(statement)
        if known is None:
            known = self._tokens[statement] = StatementTokens(statement.text, self.dialect)
        return known

    def columns(self, statement: Statement) -> dict[Place, Reference]:
        """Return the contract columns of a statement by their places."""
        known = self._places.get(statement)
        if known is None:
            tokens = self.tokens(statement)
            places = [(tokens.column(r.first, r.last), r) for r in statement.references]
            known = self._places[statement] = {p: r for p, r in places if p is not None}
        return known

    def columns_of(self, table: TableContract) -> tuple[str, ...]:
        """Return the columns of a table before the migration, as the schema tells them."""
        tables = self.file.schema.tables if self.file.schema else {}
        known = tables.get(table.name.lower(), ())
        epochs = {column.epoch.lower() for column in table.columns}
        if not all(_PLAIN_NAME.fullmatch(name) for name in known):
            return ()
        return tuple(name for name in known if name.lower() not in epochs)

    def demands(self, table: TableContract) -> Constraints | None:
        """Return which columns of a table a write cannot leave to a trigger; None if not known."""
        name = table.name.lower()
        schemas = (self.file.schema, self.file.part(find_own_schema))
        known = [s.constraints[name] for s in schemas if s and name in s.constraints]
        return known[0] if known else None

    @cached_property
    def bindings(self) -> dict[ast.expr, list[tuple[Query, Placeholder]]]:
        """Each bound expression with the placeholders that it is bound to."""
        bindings: dict[ast.expr, list[tuple[Query, Placeholder]]] = {}
        for query in self.file.part(find_queries):
            for mark in query.placeholders:
                for node in query.bound.get(mark.key, ()):
                    bindings.setdefault(node, []).append((query, mark))
        return bindings

    def is_used_again(self, holder: ast.AST) -> bool:
        """Tell whether a tuple or dict has a name that is read in several places."""
        source = self.file.source
        parent = source.parent(holder)
        if isinstance(holder, ast.keyword) and parent is not None:
            parent = source.parent(parent)  # of dict()
        while isinstance(parent, ast.Tuple | ast.List | ast.ListComp | ast.GeneratorExp):
            parent = source.parent(parent)
        match parent:
            case (
                ast.Assign(targets=[ast.Name() as name]) | ast.AnnAssign(target=ast.Name() as name)
            ):
                return len(source.loads_of(name)) != 1
        return isinstance(parent, ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.Return)

    # --- edits of a column rewrite -----------------------------------------------------------

    def rename(self, rewrite: ColumnRewrite) -> None:
        """Put the epoch column's name in the place of the legacy one's."""
        reference = rewrite.reference
        name = reference.column.epoch if _is_quoted(reference) else epoch_name(reference.column)
        query = reference.query
        edit = self.editor.replaced(query, reference.first, reference.last, name)
        if edit not in rewrite.edits:
            rewrite.edits.append(edit)

    def put_instead(self, spot: Spot, rewrite: ColumnRewrite, text: str) -> None:
        """Put SQL in the place of a spot."""
        first, last = spot.indexes
        rewrite.edits.append(self.editor.replaced(rewrite.reference.query, first, last, text))

    def put_behind(self, spot: Spot, rewrite: ColumnRewrite, text: str) -> None:
        """Put SQL behind a spot."""
        _, last = spot.indexes
        rewrite.edits.append(self.editor.after(rewrite.reference.query, last, text))

    def put_around(self, spot: Spot, rewrite: ColumnRewrite, before: str, behind: str) -> None:
        """Put SQL before and behind a spot."""
        first, last = spot.indexes
        query = rewrite.reference.query
        rewrite.edits += [
            self.editor.before(query, first, before),
            self.editor.after(query, last, behind),
        ]

    def show(self, spot: Spot, rewrite: ColumnRewrite) -> None:
        """Rename a column and put around it what computes the legacy value."""
        self.rename(rewrite)
        before, behind = shown(self.sql, rewrite.reference.column)
        if behind:
            self.put_around(spot, rewrite, before, behind)


def _is_quoted(reference: Reference) -> bool:
    text = reference.query.text.value
    return text[reference.first - 1 : reference.first] in {'"', "`", "["}


def need_text_in_utc(column: ColumnContract) -> None:
    """Refuse a column whose values are neither texts in UTC nor numbers of a known unit."""
    if column.storage in SCALES:
        return
    if not is_utc(column.timezone):
        raise NotProvedError(f"the text is local time in {column.timezone}")
    if column.storage != "auto":
        raise NotProvedError(f"the column holds {column.storage}, not texts")


def link_target(spot: Spot, rewrite: ColumnRewrite) -> None:
    """Link a column whose value is written: what it is written to must change with it."""
    first, last = spot.indexes
    for target in spot.statement.references:
        if target.access == "write":
            for value in target.values:
                if value.first <= first and last <= value.last:
                    if not target.epoch:
                        rewrite.links.add(target.span)
                    return
    raise NotProvedError("the value is written to a column outside the contract")
