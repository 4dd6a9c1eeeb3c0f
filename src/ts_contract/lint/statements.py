"""One SQL statement: parsed, and every column in it given to its table."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import Dialect, Token, exp
from sqlglot.errors import SqlglotError

from ..contract import ColumnContract, Contract, TableContract
from .analysis import Access, Output, Reference, Resolved, Role, Star, Unsure, Value
from .catalog import Catalog
from .queries import Query
from .scopes import Derived, Relation, Scope, Table
from .sqltext import Statement, is_hole, iter_words, statement_spans
from .values import Places, Writes

__all__ = ["Found", "resolve_statement"]

_LOGGER = logging.getLogger("sqlglot")
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}
_FUNCTION_COLUMNS = {
    "json_each": ("key", "value", "type", "atom", "id", "parent", "fullkey", "path"),
    "json_tree": ("key", "value", "type", "atom", "id", "parent", "fullkey", "path"),
    "generate_series": ("value", "start", "stop", "step"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What one statement gives.

    Attributes:
        resolved: the statement with its references and outputs.
        stars: `*` over contract tables.
        unsure: names that cannot be told.
    """

    resolved: Resolved
    stars: tuple[Star, ...] = ()
    unsure: tuple[Unsure, ...] = ()


def resolve_statement(query: Query, statement: Statement, catalog: Catalog) -> Found:
    """Resolve one statement of a query.

    Args:
        query: the query.
        statement: one of its statements.
        catalog: the tables that are known.
    """
    return _Resolver(query, statement, catalog).resolve()


def parse(sql: str, dialect: str) -> tuple[exp.Expr | None, list[Token]]:
    """Parse one statement, silently.

    Args:
        sql: the statement; its offsets are those of the tree.
        dialect: a contract's dialect.

    Returns:
        The tree, or None where sqlglot cannot parse it, and the tokens.
    """
    engine = Dialect.get_or_raise(_DIALECTS[dialect])
    was_disabled, _LOGGER.disabled = _LOGGER.disabled, True
    tokens: list[Token] = []
    try:
        tokens = engine.tokenize(sql)
        trees = engine.parser().parse(tokens, sql)
    except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, IndexError):
        return None, tokens  # whatever its parser stumbles over is a statement not understood
    finally:
        _LOGGER.disabled = was_disabled
    tree = trees[0] if len(trees) == 1 else None
    return tree, tokens


@dataclass(slots=True, eq=False)
class _Resolver:
    """Walks one statement. What it finds is collected in the lists below."""

    query: Query
    statement: Statement
    catalog: Catalog
    references: list[Reference] = field(default_factory=list)
    stars: list[Star] = field(default_factory=list)
    unsure: list[Unsure] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    outer: Scope | None = None
    opaque: bool = False

    @property
    def contract(self) -> Contract:
        return self.catalog.contract

    def resolve(self) -> Found:
        outputs: list[Output] | None = None
        trigger = _TRIGGER.match(self.statement.sql)
        tree = None
        if trigger:
            self.trigger(trigger)
        else:
            tree, self.tokens = parse(self.statement.sql, self.contract.dialect)
            if tree is None or isinstance(tree, exp.Command | exp.Block):
                tree = None
                self.words()
            else:
                outputs = self.top(tree)
        self.references = _with_pairs(sorted(self.references, key=lambda r: r.first))
        resolved = Resolved(
            self.query,
            self.statement,
            tree,
            tuple(self.references),
            None if outputs is None else tuple(outputs),
        )
        return Found(resolved, tuple(self.stars), tuple(self.unsure))

    # --- statements --------------------------------------------------------------------------

    def top(self, tree: exp.Expr) -> list[Output] | None:
        """Resolve a whole statement; return the columns of its rows."""
        match tree:
            case exp.Insert():
                return self.insert(tree)
            case exp.Update():
                return self.update(tree)
            case exp.Delete():
                return self.delete(tree)
            case exp.Create():
                self.create(tree)
            case exp.Alter():
                self.alter(tree)
            case exp.Query():
                return self.query_outputs(tree, None)[1]
            case exp.Merge():
                self.merge(tree)
        return None

    def insert(self, tree: exp.Insert) -> list[Output] | None:
        scope = Scope()
        self.with_clause(tree, scope)
        target = tree.this
        names: list[exp.Expr] = []
        if isinstance(target, exp.Schema):
            names, target = target.expressions, target.this
        table = self.add_table(target, scope)
        source = tree.expression
        if isinstance(source, exp.Values):
            for row in source.expressions:
                self.visit(row, Scope(), "value")
        elif isinstance(source, exp.Query):
            self.query_outputs(source, scope=Scope(ctes=scope.ctes))
        if table is None:
            return None
        identifiers = [n.this if isinstance(n, exp.Column) else n for n in names]
        last_name = identifiers[-1].meta.get("start", -1) if identifiers else -1
        for index, identifier in enumerate(identifiers):
            if isinstance(identifier, exp.Identifier):
                values = self.writes.inserted(last_name, index)
                self.named(identifier, table, "write", "insert", values=values)
        scope.hidden["excluded"] = table
        conflict = tree.args.get("conflict")
        if isinstance(conflict, exp.OnConflict):
            self.conflict(conflict, scope, table)
        return self.returning(tree, scope)

    def conflict(self, conflict: exp.OnConflict, scope: Scope, table: Table) -> None:
        for key in conflict.args.get("conflict_keys") or ():
            self.visit(key, scope, "conflict")
        self.assignments(conflict.expressions, scope, table)
        self.clause(conflict, "where", scope, "where")

    def assignments(
        self,
        expressions: Sequence[exp.Expr],
        scope: Scope,
        table: Table,
    ) -> None:
        """Resolve the list of a SET: targets belong to the table, values to the scope."""
        for assignment in expressions:
            if not isinstance(assignment, exp.EQ):
                self.visit(assignment, scope, "value")
                continue
            left = assignment.this
            targets = left.expressions if isinstance(left, exp.Tuple) else [left]
            for target in targets:
                identifier = target.this if isinstance(target, exp.Column) else target
                if isinstance(identifier, exp.Identifier):
                    start = identifier.meta.get("start", -1)
                    values = self.writes.assigned(start) if target is left else ()
                    self.named(identifier, table, "write", "update", values=values)
            self.visit(assignment.expression, scope, "value")

    def update(self, tree: exp.Update) -> list[Output] | None:
        scope = Scope()
        self.with_clause(tree, scope)
        table = self.add_table(tree.this, scope)
        self.from_clause(tree, scope)
        if table is None:
            return None
        self.assignments(tree.expressions, scope, table)
        self.clause(tree, "where", scope, "where")
        self.clause(tree, "order", scope, "order-by")
        return self.returning(tree, scope)

    def delete(self, tree: exp.Delete) -> list[Output] | None:
        scope = Scope()
        self.with_clause(tree, scope)
        self.add_table(tree.this, scope)
        for using in _listed(tree.args.get("using")):
            self.add_relation(using, scope)
        self.clause(tree, "where", scope, "where")
        return self.returning(tree, scope)

    def merge(self, tree: exp.Merge) -> None:
        scope = Scope()
        table = self.add_table(tree.this, scope)
        self.add_relation(tree.args["using"], scope)
        self.clause(tree, "on", scope, "on")
        for when in tree.find_all(exp.When):
            then = when.args.get("then")
            if isinstance(then, exp.Update) and table is not None:
                self.assignments(then.expressions, scope, table)
            elif then is not None:
                self.visit(then, scope, "value")

    def returning(self, tree: exp.Expr, scope: Scope) -> list[Output] | None:
        clause = tree.args.get("returning")
        return self.projections(clause.expressions, scope, "returning") if clause else None

    # --- definitions -------------------------------------------------------------------------

    def create(self, tree: exp.Create) -> None:
        this = tree.this
        if isinstance(this, exp.Index):
            self.index(this)
        elif isinstance(this, exp.Schema) and tree.args.get("kind") == "TABLE":
            self.table_definition(this)
        if isinstance(tree.expression, exp.Query):
            self.query_outputs(tree.expression, None)

    def index(self, index: exp.Index) -> None:
        scope = Scope()
        table = index.args.get("table")
        if table is None:
            return
        self.add_table(table, scope)
        parameters = index.args.get("params")
        if parameters is not None:
            self.visit(parameters, scope, "index", "ddl")

    def table_definition(self, schema: exp.Schema) -> None:
        scope = Scope()
        table = self.add_table(schema.this, scope)
        for part in schema.expressions:
            if isinstance(part, exp.ColumnDef):
                if table is not None and isinstance(part.this, exp.Identifier):
                    self.definition(part, table)
                for constraint in part.args.get("constraints") or ():
                    self.constraint(constraint, scope, table)
            else:
                self.constraint(part, scope, table)

    def constraint(self, part: exp.Expr, scope: Scope, table: Table | None) -> None:
        """Resolve a constraint: its own names mean this table, those of REFERENCES another."""
        for reference in part.find_all(exp.Reference):
            target = reference.this
            if isinstance(target, exp.Schema) and isinstance(target.this, exp.Table):
                other = self.catalog.table(target.this.name.lower())
                for identifier in target.expressions:
                    self.named(identifier, other, "ddl", "constraint")
        if isinstance(part, exp.PrimaryKey | exp.ForeignKey | exp.UniqueColumnConstraint):
            names = part.expressions or getattr(part.this, "expressions", [])
            for name in names:
                bare = name.this if isinstance(name, exp.Ordered) else name
                bare = bare.this if isinstance(bare, exp.Column) else bare
                if isinstance(bare, exp.Identifier) and table is not None:
                    self.named(bare, table, "ddl", "constraint")
            return
        self.visit(part, scope, "constraint", "ddl")

    def alter(self, tree: exp.Alter) -> None:
        scope = Scope()
        table = self.add_table(tree.this, scope)
        if table is None:
            return
        for action in tree.args.get("actions") or ():
            for node in action.find_all(exp.ColumnDef, exp.AlterColumn, exp.Column):
                if isinstance(node.this, exp.Identifier):
                    self.definition(node, table)

    def definition(self, node: exp.Expr, table: Table) -> None:
        """Record a column that is defined, with its DEFAULT."""
        values = self.writes.default(node.this.meta.get("start", -1))
        self.named(node.this, table, "ddl", "definition", values=values, node=node)

    # --- triggers and what cannot be parsed --------------------------------------------------

    def trigger(self, header: re.Match[str]) -> None:
        """Resolve a trigger: its table, and each statement of its body."""
        self.opaque = True
        sql = self.statement.sql
        table = self.catalog.table(_unquoted(header["table"]).lower())
        outer = Scope(hidden={"new": table, "old": table})
        if header["columns"]:
            for word, first, last in iter_words(header["columns"]):
                start = header.start("columns")
                place = (start + first, start + last)
                self.found(table, word.lower(), place, access="read", role="trigger")
        body = _BODY.search(sql, header.end())
        if body is None:
            return
        when = sql[header.end() : body.start()].upper().find("WHEN")
        if when >= 0:
            start = header.end() + when + len("WHEN")
            self.trigger_part("SELECT ", start, sql[start : body.start()], outer)
        for first, last in _body_parts(sql, body.end()):
            self.trigger_part("", first, sql[first:last], outer)

    def trigger_part(self, head: str, first: int, part: str, outer: Scope) -> None:
        """Resolve a part of a trigger at its own offsets."""
        padded = " " * (first - len(head)) + head + part
        tree, self.tokens = parse(padded, self.contract.dialect)
        if tree is None:
            return
        self.outer = outer
        self.top(tree)

    def words(self) -> None:
        """Read a statement word by word: sure only if it names a single table."""
        self.opaque = True
        words = list(iter_words(self.statement.sql))
        named = {_unquoted(match[1]).lower() for match in _NAMES_TABLE.finditer(self.statement.sql)}
        tables = [self.catalog.table(name) for name in sorted(named)]
        for word, first, last in words:
            name = word.lower()
            holders = [table for table in tables if name in table.named]
            if len(tables) == 1 and holders:
                self.found(holders[0], name, (first, last), access="read", role="opaque")
            elif holders or (not tables and name in self.catalog.legacy):
                self.not_told(word, (first, last), holders)

    # --- queries -----------------------------------------------------------------------------

    def query_outputs(
        self, node: exp.Expr, scope: Scope | None
    ) -> tuple[Derived, list[Output] | None]:
        """Resolve a SELECT, a set operation or a VALUES; return its columns twice."""
        while isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            node = node.this
        if isinstance(node, exp.Select):
            return self.select(node, scope)
        if isinstance(node, exp.SetOperation):
            return self.set_operation(node, scope)
        inner = Scope(scope or self.outer)
        for child in node.iter_expressions():
            self.visit(child, inner, "select")
        return Derived(complete=False), None

    def set_operation(
        self, node: exp.SetOperation, outer: Scope | None
    ) -> tuple[Derived, list[Output] | None]:
        scope = Scope(outer or self.outer)
        self.with_clause(node, scope)
        left, outputs = self.query_outputs(node.this, scope)
        right, _ = self.query_outputs(node.expression, scope)
        for ordered in _listed(node.args.get("order")):
            self.order_by_output(ordered, outputs or [], scope)
        return replace(left, stars=(*left.stars, *right.stars)), outputs

    def order_by_output(self, order: exp.Expr, outputs: Sequence[Output], scope: Scope) -> None:
        """Resolve the ORDER BY of a compound: its names are those of the result."""
        for ordered in order.expressions:
            column = ordered.this if isinstance(ordered, exp.Ordered) else ordered
            if not isinstance(column, exp.Column) or not isinstance(column.this, exp.Identifier):
                continue
            for output in outputs:
                if output.reference and output.name.lower() == column.name.lower():
                    base = self.catalog.table(output.reference.table.name.lower())
                    self.named(column.this, base, "read", "order-by", node=column)
                    break

    def select(self, node: exp.Select, outer: Scope | None) -> tuple[Derived, list[Output] | None]:
        scope = Scope(outer or self.outer)
        self.with_clause(node, scope)
        self.from_clause(node, scope)
        scope.aliases = {
            projection.alias.lower()
            for projection in node.expressions
            if isinstance(projection, exp.Alias)
        }
        outputs = self.projections(node.expressions, scope, "select")
        for key, role in _CLAUSES:
            self.clause(node, key, scope, role)
        return self.derived(node, scope, outputs), outputs

    def derived(self, node: exp.Select, scope: Scope, outputs: Sequence[Output]) -> Derived:
        """Return the rows of a SELECT as a relation."""
        named: dict[str, tuple[Table, str] | None] = {}
        stars: list[Relation] = []
        complete = True
        for projection in node.expressions:
            qualifier = _star_qualifier(projection)
            if qualifier is None:
                name = projection.alias_or_name.lower()
                complete = complete and not is_hole(name)
                named[name] = None
            elif qualifier:
                relation = scope.relation(qualifier)
                stars += [relation] if relation else []
                complete = complete and relation is not None
            else:
                stars += [relation for _, relation in scope.relations]
        return Derived(named, tuple(stars), complete)

    def projections(
        self, expressions: Sequence[exp.Expr], scope: Scope, role: Role
    ) -> list[Output]:
        """Resolve a result list; return the columns that it gives."""
        outputs: list[Output] = []
        for projection in expressions:
            qualifier = _star_qualifier(projection)
            if qualifier is not None:
                outputs += self.star(projection, qualifier, scope)
                continue
            before = len(self.references)
            self.visit(projection, scope, role)
            bare = projection.this if isinstance(projection, exp.Alias) else projection
            name = projection.alias_or_name
            reference = None
            if isinstance(bare, exp.Column) and len(self.references) == before + 1:
                reference = replace(self.references[before], output=name)
                self.references[before] = reference
            outputs.append(Output("" if is_hole(name) else name, reference))
        return outputs

    def star(self, projection: exp.Expr, qualifier: str, scope: Scope) -> list[Output]:
        """Record a `*` over contract tables; return one output a relation."""
        if qualifier:
            one = scope.relation(qualifier)
            relations = [one] if one is not None else []
        else:
            relations = [relation for _, relation in scope.relations]
        outputs: list[Output] = []
        place = self.star_place(projection)
        for table in [table for relation in relations for table in _star_tables(relation)]:
            outputs.append(Output("", star=table.contract))
            if table.contract is not None and place is not None:
                self.stars.append(Star(self.query, table.contract, self.span(*place)))
        return outputs

    def star_place(self, projection: exp.Expr) -> tuple[int, int] | None:
        """Return the indexes of a `*` in the query's text."""
        star = projection if isinstance(projection, exp.Star) else projection.this
        start = star.meta.get("start")
        if start is None:
            return None
        return start, start + 1

    def with_clause(self, node: exp.Expr, scope: Scope) -> None:
        clause = _argument(node, "with")
        if clause is None:
            return
        for cte in clause.expressions:
            name = cte.alias.lower()
            renamed = tuple(column.lower() for column in cte.alias_column_names)
            if clause.args.get("recursive"):
                scope.ctes[name] = Derived(dict.fromkeys(renamed), (), bool(renamed))
            derived, _ = self.query_outputs(cte.this, scope)
            if renamed:
                derived = Derived(dict.fromkeys(renamed))
            scope.ctes[name] = derived

    def from_clause(self, node: exp.Expr, scope: Scope) -> None:
        clause = _argument(node, "from")
        if clause is not None:
            self.add_relation(clause.this, scope)
        self.joins(node, scope)
        for lateral in node.args.get("laterals") or ():
            self.add_relation(lateral, scope)

    def joins(self, node: exp.Expr, scope: Scope) -> None:
        joins = node.args.get("joins") or ()
        for join in joins:
            self.add_relation(join.this, scope)
        for join in joins:
            self.clause(join, "on", scope, "on")
            for name in join.args.get("using") or ():
                identifier = name.this if isinstance(name, exp.Column) else name
                for _, relation in scope.relations:
                    if relation.has(identifier.name.lower()):
                        self.through(identifier, relation, "using", None)

    def add_table(self, node: exp.Expr, scope: Scope) -> Table | None:
        """Add the table that a statement changes or defines; None if its name is not known."""
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            return None
        table = self.catalog.table(node.name.lower())
        scope.relations.append(((node.alias or node.name).lower(), table))
        if node.alias:
            scope.hidden[node.name.lower()] = table
        return table

    def add_relation(self, node: exp.Expr, scope: Scope) -> None:
        """Add what stands in a FROM or a JOIN."""
        alias = node.alias_or_name.lower()
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            name = node.name.lower()
            relation: Relation = (None if node.db else scope.cte(name)) or self.catalog.table(name)
            if is_hole(alias):  # f"FROM tasks {clause}" reads like an alias
                alias = name
            scope.relations.append((alias, relation))
        elif isinstance(node, exp.Table):
            self.visit(node.this, scope, "on")
            columns = _FUNCTION_COLUMNS.get(node.this.name.lower())
            outputs = dict.fromkeys(columns or ())
            scope.relations.append((alias, Derived(outputs, (), columns is not None)))
        elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
            self.add_relation(node.this, scope)
        elif isinstance(node, exp.Subquery | exp.Lateral | exp.Query):
            inner = node.this if isinstance(node, exp.Subquery | exp.Lateral) else node
            derived: Derived = Derived(complete=False)
            if isinstance(inner, exp.Query):
                derived, _ = self.query_outputs(
                    inner,
                    scope if isinstance(node, exp.Lateral) else Scope(scope.outer, ctes=scope.ctes),
                )
            scope.relations.append((alias, self.renamed(node, derived)))
        else:
            scope.relations.append((alias, Derived(complete=False)))
        self.joins(node, scope)

    def renamed(self, node: exp.Expr, derived: Derived) -> Derived:
        """Return a relation under the column names that its alias lists, if it lists any."""
        columns = [column.lower() for column in getattr(node, "alias_column_names", ())]
        return Derived(dict.fromkeys(columns)) if columns else derived

    # --- expressions -------------------------------------------------------------------------

    def clause(self, node: exp.Expr, key: str, scope: Scope, role: Role) -> None:
        for part in _listed(node.args.get(key)):
            self.visit(part, scope, role)

    def visit(self, node: exp.Expr, scope: Scope, role: Role, access: Access = "read") -> None:
        """Resolve every column below `node`."""
        stack = [node]
        while stack:
            part = stack.pop()
            if isinstance(part, exp.Column):
                self.column(part, scope, role, access)
            elif isinstance(part, exp.Query):
                self.query_outputs(part, scope)
            else:
                stack.extend(reversed(list(part.iter_expressions())))

    def column(self, node: exp.Column, scope: Scope, role: Role, access: Access) -> None:
        identifier = node.this
        if not isinstance(identifier, exp.Identifier) or is_hole(identifier.name):
            return
        name = identifier.name.lower()
        if node.table:
            relation = scope.relation(node.table.lower())
            if relation is not None:
                hidden = node.table.lower() in {"excluded", "new", "old"}
                self.through(identifier, relation, "excluded" if hidden else role, node, access)
            elif name in self.catalog.legacy:
                self.unsure_at(identifier, list(self.catalog.legacy[name]))
            return
        if self.is_alias(node, scope):
            return
        holders, sure = scope.holders(name, finalized=self.contract.phase == "finalized")
        if sure:
            for holder in holders:
                self.through(identifier, holder, role, node, access)
        elif name in self.catalog.legacy:
            candidates = [
                t.contract
                for h in holders
                for t in _star_tables(h)
                if t.contract and name in t.named
            ]
            if candidates or any(isinstance(h, Table) and not h.contract for h in holders):
                self.unsure_at(identifier, candidates or list(self.catalog.legacy[name]))

    def is_alias(self, node: exp.Column, scope: Scope) -> bool:
        """Tell whether a name means a column of the result: ORDER BY looks there first."""
        name = node.name.lower()
        if name not in scope.aliases:
            return False
        if isinstance(node.parent, exp.Ordered) and isinstance(node.parent.parent, exp.Order):
            return isinstance(node.parent.parent.parent, exp.Select)
        return not any(relation.has(name) for _, relation in scope.relations)

    def through(
        self,
        identifier: exp.Identifier,
        relation: Relation,
        role: Role,
        node: exp.Expr | None,
        access: Access = "read",
    ) -> None:
        """Record a name for each table column that it reads."""
        for table, _ in relation.bases(identifier.name.lower()):
            self.named(identifier, table, access, role, node=node)

    def named(
        self,
        identifier: exp.Identifier,
        table: Table,
        access: Access,
        role: Role,
        *,
        values: Places = (),
        node: exp.Expr | None = None,
    ) -> None:
        """Record an identifier that names a column of `table`, if the contract has it."""
        start, end = identifier.meta.get("start"), identifier.meta.get("end")
        if start is None or end is None:
            return
        quotes = (
            1 if identifier.args.get("quoted") and end - start + 1 > len(identifier.name) else 0
        )
        self.found(
            table,
            identifier.name.lower(),
            (start + quotes, end + 1 - quotes),
            access=access,
            role=role,
            values=values,
            node=node or identifier,
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
    ) -> None:
        """Record a contract column at indexes of the statement."""
        contract = table.contract
        if contract is None and is_hole(table.name) and name in self.catalog.legacy:
            self.not_told(name, place, self.catalog.legacy[name])
        if contract is None or name not in table.named:
            return
        column, epoch = _contract_column(contract, name)
        span = self.span(*place)
        self.references.append(
            Reference(
                self.query,
                self.statement,
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
                values=tuple(self.value(place) for place in values),
            )
        )

    def value(self, place: tuple[int, int]) -> Value:
        """Return what stands at a place of the statement, and what is bound to it."""
        text = self.statement.sql[slice(*place)]
        clock = self.writes.clock(place)
        marks = [mark for mark in self.statement.placeholders if mark.char in text]
        alone = marks[0] if len(marks) == 1 and text.rstrip(_PADDING) == marks[0].char else None
        return Value(
            *self.indexes(*place),
            self.span(*place),
            text,
            None if clock is None else self.span(*clock),
            "" if clock is None else self.statement.sql[slice(*clock)],
            alone,
            self.query.bound.get(alone.key, ()) if alone else (),
        )

    def indexes(self, first: int, last: int) -> tuple[int, int]:
        """Return indexes of the statement as indexes of the query's text."""
        return self.statement.first + first, self.statement.first + last

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return indexes of the statement as offsets in the file."""
        return self.query.text.span(*self.indexes(first, last))

    @property
    def writes(self) -> Writes:
        return Writes(self.tokens)

    def unsure_at(self, identifier: exp.Identifier, tables: list[TableContract]) -> None:
        start, end = identifier.meta.get("start"), identifier.meta.get("end")
        if start is not None and end is not None:
            self.not_told(identifier.name, (start, end + 1), tables)

    def not_told(
        self, name: str, place: tuple[int, int], tables: Sequence[Table | TableContract]
    ) -> None:
        contracts = tuple(
            dict.fromkeys(
                contract
                for table in tables
                if (contract := table.contract if isinstance(table, Table) else table)
            )
        )
        self.unsure.append(Unsure(name, contracts, self.span(*place)))


# --- small helpers ---------------------------------------------------------------------------

_PADDING = "\uf8ff"
_CLAUSES: tuple[tuple[str, Role], ...] = (
    ("where", "where"),
    ("group", "group-by"),
    ("having", "having"),
    ("qualify", "having"),
    ("windows", "window"),
    ("distinct", "select"),
    ("order", "order-by"),
    ("limit", "limit"),
    ("offset", "limit"),
)
_NAME = r"""(?:\w+|"[^"]+"|\[[^\]]+\]|`[^`]+`)"""
_TRIGGER = re.compile(
    rf"""\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+)?TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?
    .*?\b(?:DELETE|INSERT|UPDATE(?:\s+OF\s+(?P<columns>.*?))?)\s+
    ON\s+(?:{_NAME}\s*\.\s*)?(?P<table>{_NAME})""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_BODY = re.compile(r"\bBEGIN\b", re.IGNORECASE)
_NAMES_TABLE = re.compile(
    rf"\b(?:FROM|JOIN|INTO|UPDATE|TABLE|ON)\b[\s(]+(?!SELECT\b)(?:{_NAME}\s*\.\s*)?({_NAME})",
    re.IGNORECASE,
)


def _body_parts(sql: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield the statements of a trigger's body."""
    for first, last in statement_spans(sql, at):
        if sql[first:last].strip().upper() not in {"", "END"}:
            yield first, last


def _unquoted(name: str) -> str:
    return name[1:-1] if name[:1] in '"[`' else name


def _argument(node: exp.Expr, key: str) -> exp.Expr | None:
    """Return a child whose key is a Python keyword, as old and new sqlglot spell it."""
    return node.args.get(f"{key}_") or node.args.get(key)


def _listed(value: object) -> list[exp.Expr]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, exp.Expression) else []


def _star_qualifier(projection: exp.Expr) -> str | None:
    """Return "" for `*`, the qualifier for `t.*`, None for anything else."""
    if isinstance(projection, exp.Star):
        return ""
    if isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star):
        return projection.table.lower()
    return None


def _star_tables(relation: Relation) -> Iterator[Table]:
    """Yield the tables whose columns a `*` over a relation takes along."""
    if isinstance(relation, Table):
        yield relation
    else:
        for inner in relation.stars:
            yield from _star_tables(inner)


def _contract_column(table: TableContract, name: str) -> tuple[ColumnContract, bool]:
    """Return the column that a name in lower case means, and whether it is the epoch column."""
    for column in table.columns:
        if column.legacy.lower() == name:
            return column, False
    return next(c for c in table.columns if c.epoch.lower() == name), True


def _with_pairs(references: list[Reference]) -> list[Reference]:
    """Mark the writes and definitions that stand beside those of the other column of the pair."""
    seen = {
        (r.table.name, r.column.legacy, r.role, r.epoch) for r in references if r.access != "read"
    }
    return [
        replace(r, dual=True)
        if r.access != "read" and (r.table.name, r.column.legacy, r.role, not r.epoch) in seen
        else r
        for r in references
    ]
