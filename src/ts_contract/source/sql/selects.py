"""Walks the SELECTs of a statement: their relations, clauses, and the columns of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from ...contract import TableContract
from .catalog import Catalog
from .recorder import Recorder
from .references import Access, Output, Role
from .tables import DerivedTable, Relation, Scope, Table, base_tables, had
from .text import is_hole

__all__ = ["Selects", "listed"]

_FUNCTION_COLUMNS = {
    "json_each": ("key", "value", "type", "atom", "id", "parent", "fullkey", "path"),
    "json_tree": ("key", "value", "type", "atom", "id", "parent", "fullkey", "path"),
    "generate_series": ("value", "start", "stop", "step"),
}
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


@dataclass(slots=True, eq=False)
class Selects:
    """Walks the queries and expressions of one statement.

    Attributes:
        recorder: what is found is written down there.
        outer: the scope around all queries: in a trigger that of NEW and OLD.
    """

    recorder: Recorder
    outer: Scope | None = None

    @property
    def catalog(self) -> Catalog:
        """The tables that are known."""
        return self.recorder.catalog

    @property
    def finalized(self) -> bool:
        """Whether the legacy columns are gone."""
        return self.catalog.contract.phase == "finalized"

    def query_outputs(
        self, node: exp.Expr, scope: Scope | None
    ) -> tuple[DerivedTable, list[Output] | None]:
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
        return DerivedTable(complete=False), None

    def set_operation(
        self, node: exp.SetOperation, outer: Scope | None
    ) -> tuple[DerivedTable, list[Output] | None]:
        """Resolve a UNION, INTERSECT or EXCEPT; its columns are those of the left side."""
        scope = Scope(outer or self.outer)
        self.with_clause(node, scope)
        left, outputs = self.query_outputs(node.this, scope)
        right, _ = self.query_outputs(node.expression, scope)
        for ordered in listed(node.args.get("order")):
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
                    self.recorder.named(column.this, base, "read", "order-by", node=column)
                    break

    def select(
        self, node: exp.Select, outer: Scope | None
    ) -> tuple[DerivedTable, list[Output] | None]:
        """Resolve one SELECT."""
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
        return self.derived_table(node, scope, outputs), outputs

    def derived_table(
        self, node: exp.Select, scope: Scope, outputs: Sequence[Output]
    ) -> DerivedTable:
        """Return the rows of a SELECT as a relation."""
        named: dict[str, Table | None] = {}
        stars: list[Relation] = []
        complete = True
        passed_on = {o.name.lower(): o.reference for o in outputs if o.reference is not None}
        for projection in node.expressions:
            qualifier = _star_qualifier(projection)
            if qualifier is None:
                name = projection.alias_or_name.lower()
                complete = complete and not is_hole(name)
                reference = passed_on.get(name) if isinstance(projection, exp.Column) else None
                named[name] = (
                    self.catalog.table(reference.table.name.lower()) if reference else None
                )
            elif qualifier:
                relation = scope.relation(qualifier)
                stars += [relation] if relation else []
                complete = complete and relation is not None
            else:
                stars += [relation for _, relation in scope.relations]
        return DerivedTable(named, tuple(stars), complete)

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
            before = len(self.recorder.references)
            self.visit(projection, scope, role)
            bare = projection.this if isinstance(projection, exp.Alias) else projection
            name = projection.alias_or_name
            reference = None
            if isinstance(bare, exp.Column) and len(self.recorder.references) == before + 1:
                reference = replace(self.recorder.references[before], output=name)
                self.recorder.references[before] = reference
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
        star = projection if isinstance(projection, exp.Star) else projection.this
        at = star.meta.get("start")
        for relation in relations:
            for table in base_tables(relation):
                outputs.append(Output("", is_star=True, star=table.contract))
                if table.contract is not None and at is not None:
                    self.recorder.star(table.contract, at)
            if isinstance(relation, DerivedTable) and (relation.outputs or not relation.complete):
                outputs.append(Output("", is_star=True))
        return outputs

    def with_clause(self, node: exp.Expr, scope: Scope) -> None:
        """Declare the common table expressions of a statement in `scope`."""
        clause = _argument(node, "with")
        if clause is None:
            return
        for cte in clause.expressions:
            name = cte.alias.lower()
            renamed = tuple(column.lower() for column in cte.alias_column_names)
            if clause.args.get("recursive"):
                scope.ctes[name] = DerivedTable(dict.fromkeys(renamed), (), bool(renamed))
            derived, _ = self.query_outputs(cte.this, scope)
            if renamed:
                derived = DerivedTable(dict.fromkeys(renamed))
            scope.ctes[name] = derived

    def from_clause(self, node: exp.Expr, scope: Scope) -> None:
        """Add what FROM and its joins name to `scope`."""
        clause = _argument(node, "from")
        if clause is not None:
            self.add_relation(clause.this, scope)
        self.joins(node, scope)
        for lateral in node.args.get("laterals") or ():
            self.add_relation(lateral, scope)

    def joins(self, node: exp.Expr, scope: Scope) -> None:
        """Add the joins of a node to `scope`, and resolve their conditions."""
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
        table = self.recorder.table(node.name.lower())
        scope.relations.append(((node.alias or node.name).lower(), table))
        if node.alias:
            scope.hidden[node.name.lower()] = table
        return table

    def add_relation(self, node: exp.Expr, scope: Scope) -> None:
        """Add what stands in a FROM or a JOIN."""
        alias = node.alias_or_name.lower()
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            name = node.name.lower()
            relation: Relation = (None if node.db else scope.cte(name)) or self.recorder.table(name)
            if is_hole(alias):  # f"FROM tasks {clause}" reads like an alias
                alias = name
            scope.relations.append((alias, relation))
        elif isinstance(node, exp.Table):
            self.visit(node.this, scope, "on")
            columns = _FUNCTION_COLUMNS.get(node.this.name.lower())
            outputs = dict.fromkeys(columns or ())
            scope.relations.append((alias, DerivedTable(outputs, (), columns is not None)))
        elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table):
            self.add_relation(node.this, scope)
        elif isinstance(node, exp.Subquery | exp.Lateral | exp.Query):
            inner = node.this if isinstance(node, exp.Subquery | exp.Lateral) else node
            derived: DerivedTable = DerivedTable(complete=False)
            if isinstance(inner, exp.Query):
                derived, _ = self.query_outputs(
                    inner,
                    scope if isinstance(node, exp.Lateral) else Scope(scope.outer, ctes=scope.ctes),
                )
            scope.relations.append((alias, self.renamed(node, derived)))
        else:
            scope.relations.append((alias, DerivedTable(complete=False)))
        self.joins(node, scope)

    def renamed(self, node: exp.Expr, derived: DerivedTable) -> DerivedTable:
        """Return a relation under the column names that its alias lists, if it lists any."""
        columns = [column.lower() for column in getattr(node, "alias_column_names", ())]
        return DerivedTable(dict.fromkeys(columns)) if columns else derived

    # --- expressions -------------------------------------------------------------------------

    def clause(self, node: exp.Expr, key: str, scope: Scope, role: Role) -> None:
        """Resolve one clause of a node."""
        for part in listed(node.args.get(key)):
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
        """Give one column to its table, if that is sure; else record that it is not."""
        identifier = node.this
        if not isinstance(identifier, exp.Identifier) or is_hole(identifier.name):
            return
        name = identifier.name.lower()
        if node.table:
            relation = scope.relation(node.table.lower())
            if relation is not None:
                hidden = scope.hides(node.table.lower())
                self.through(identifier, relation, "excluded" if hidden else role, node, access)
            elif name in self.catalog.legacy:
                self.recorder.unsure_at(identifier, self.catalog.legacy[name])
            return
        if self.is_alias(node, scope):
            return
        holders, sure = scope.holders(name, finalized=self.finalized)
        if sure:
            for holder in holders:
                self.through(identifier, holder, role, node, access)
        elif name in self.catalog.legacy:
            candidates = self.candidates(name, holders)
            if candidates:
                self.recorder.unsure_at(identifier, candidates)

    def candidates(self, name: str, holders: Sequence[Relation]) -> list[TableContract]:
        """Return the contract tables that a name may mean among relations that may have it."""
        tables = [table for holder in holders for table in base_tables(holder)]
        if any(is_hole(table.name) for table in tables):
            return list(self.catalog.legacy.get(name, ()))
        return [t.contract for t in tables if t.contract is not None and name in t.named]

    def is_alias(self, node: exp.Column, scope: Scope) -> bool:
        """Tell whether a name means a column of the result: ORDER BY looks there first."""
        name = node.name.lower()
        if name not in scope.aliases:
            return False
        if isinstance(node.parent, exp.Ordered) and isinstance(node.parent.parent, exp.Order):
            return isinstance(node.parent.parent.parent, exp.Select)
        return not any(
            relation.has(name) and not (self.finalized and had(relation, name))
            for _, relation in scope.relations
        )

    def through(
        self,
        identifier: exp.Identifier,
        relation: Relation,
        role: Role,
        node: exp.Expr | None,
        access: Access = "read",
    ) -> None:
        """Record a name for each table column that it reads."""
        for table, named_inside in relation.bases(identifier.name.lower()):
            self.recorder.named(
                identifier, table, access, role, node=node, through_subquery=named_inside
            )


def _argument(node: exp.Expr, key: str) -> exp.Expr | None:
    """Return a child whose key is a Python keyword, as old and new sqlglot spell it."""
    return node.args.get(f"{key}_") or node.args.get(key)


def listed(value: object) -> list[exp.Expr]:
    """Return an argument of a node as a list of nodes."""
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
