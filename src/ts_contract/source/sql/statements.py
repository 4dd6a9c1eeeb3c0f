"""Resolves one SQL statement: parses it, and finds the table of every column that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from .catalog import Catalog
from .parse import parse
from .queries import Query
from .recorder import Recorder
from .references import Output, Star, Statement, Unsure
from .selects import Selects, listed
from .tables import Scope, Table
from .text import StatementText, iter_words, statement_spans
from .tokens import Tokens
from .values import Values

__all__ = ["Found", "resolve_statement"]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What one statement gives.

    Attributes:
        statement: the statement with its references and outputs.
        stars: `*` over contract tables.
        unsure: names that cannot be told.
    """

    statement: Statement
    stars: tuple[Star, ...] = ()
    unsure: tuple[Unsure, ...] = ()


def resolve_statement(query: Query, text: StatementText, catalog: Catalog) -> Found:
    """Resolve one statement of a query.

    Args:
        query: the query.
        text: the text of one of its statements.
        catalog: the tables that are known.
    """
    recorder = Recorder(query, text, catalog, Values(Tokens(())))
    walk = Selects(recorder)
    tree, outputs = None, None
    trigger = _TRIGGER.match(text.sql)
    if trigger:
        _trigger(walk, trigger)
    else:
        tree, tokens = parse(text.sql, catalog.contract.dialect)
        recorder.written = Values(tokens)
        if tree is None or tree.key in {"command", "block"}:
            _words(walk)
        else:
            outputs = _top(walk, tree)
    statement = Statement(
        query,
        text,
        tree,
        tuple(dict.fromkeys(recorder.tables)),
        recorder.paired(),
        None if outputs is None else tuple(outputs),
    )
    return Found(statement, tuple(recorder.stars), tuple(recorder.unsure))


# What may be long is bounded: who looks for the end of a name from every place where one begins,
# and finds none, reads the rest of the text each time.
_NAME = r"""(?:\w+|"[^"]{1,200}"|\[[^\]]{1,200}\]|`[^`]{1,200}`)"""
_TRIGGER = re.compile(
    rf"""\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+)?TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?
    .{{0,200}}?\b(?:DELETE|INSERT|UPDATE(?:\s+OF\s+(?P<columns>.{{0,2000}}?))?)\s+
    ON\s+(?:{_NAME}\s*\.\s*)?(?P<table>{_NAME})""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_BODY = re.compile(r"\bBEGIN\b", re.IGNORECASE)
_NAMES_TABLE = re.compile(
    rf"""\b(?:FROM|JOIN|INTO|UPDATE|TABLE|(?<!JOIN\s)ON)\b[\s(]+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?
    (?!(?:SELECT|CONFLICT|SET|DELETE|UPDATE)\b)(?:{_NAME}\s*\.\s*)?({_NAME})""",
    re.IGNORECASE | re.VERBOSE,
)


# --- statements that read and write ----------------------------------------------------------


def _top(walk: Selects, tree: exp.Expr) -> list[Output] | None:
    """Resolve a whole statement; return the columns of its rows."""
    match tree:
        case exp.Insert():
            return _insert(walk, tree)
        case exp.Update():
            return _update(walk, tree)
        case exp.Delete():
            return _delete(walk, tree)
        case exp.Create():
            _create(walk, tree)
        case exp.Alter():
            _alter(walk, tree)
        case exp.Query():
            return walk.query_outputs(tree, None)[1]
        case exp.Merge():
            _merge(walk, tree)
    return None


def _insert(walk: Selects, tree: exp.Insert) -> list[Output] | None:
    scope = Scope()
    walk.with_clause(tree, scope)
    target = tree.this
    names: list[exp.Expr] = []
    if isinstance(target, exp.Schema):
        names, target = target.expressions, target.this
    table = walk.add_table(target, scope)
    source = tree.expression
    if isinstance(source, exp.Values):
        for row in source.expressions:
            walk.visit(row, Scope(), "value")
    elif isinstance(source, exp.Query):
        walk.query_outputs(source, scope=Scope(ctes=scope.ctes))
    if table is None:
        return None
    identifiers = [n.this if isinstance(n, exp.Column) else n for n in names]
    last_name = identifiers[-1].meta.get("start", -1) if identifiers else -1
    for index, identifier in enumerate(identifiers):
        if isinstance(identifier, exp.Identifier):
            values = walk.recorder.written.inserted(last_name, index)
            walk.recorder.named(identifier, table, "write", "insert", values=values)
    scope.hidden["excluded"] = table
    conflict = tree.args.get("conflict")
    if isinstance(conflict, exp.OnConflict):
        _conflict(walk, conflict, scope, table)
    return _returning(walk, tree, scope)


def _conflict(walk: Selects, conflict: exp.OnConflict, scope: Scope, table: Table) -> None:
    for key in conflict.args.get("conflict_keys") or ():
        # sqlglot 26 gives the bare names
        column = exp.Column(this=key) if isinstance(key, exp.Identifier) else key
        walk.visit(column, scope, "conflict")
    _assignments(walk, conflict.expressions, scope, table)
    walk.clause(conflict, "where", scope, "where")


def _assignments(
    walk: Selects,
    expressions: Sequence[exp.Expr],
    scope: Scope,
    table: Table,
) -> None:
    """Resolve the list of a SET: targets belong to the table, values to the scope."""
    for assignment in expressions:
        if not isinstance(assignment, exp.EQ):
            walk.visit(assignment, scope, "value")
            continue
        left = assignment.this
        targets = left.expressions if isinstance(left, exp.Tuple) else [left]
        for target in targets:
            identifier = target.this if isinstance(target, exp.Column) else target
            if isinstance(identifier, exp.Identifier):
                start = identifier.meta.get("start", -1)
                values = walk.recorder.written.assigned(start) if target is left else ()
                walk.recorder.named(identifier, table, "write", "update", values=values)
        walk.visit(assignment.expression, scope, "value")


def _update(walk: Selects, tree: exp.Update) -> list[Output] | None:
    scope = Scope()
    walk.with_clause(tree, scope)
    table = walk.add_table(tree.this, scope)
    walk.from_clause(tree, scope)
    if table is None:
        return None
    _assignments(walk, tree.expressions, scope, table)
    walk.clause(tree, "where", scope, "where")
    walk.clause(tree, "order", scope, "order-by")
    return _returning(walk, tree, scope)


def _delete(walk: Selects, tree: exp.Delete) -> list[Output] | None:
    scope = Scope()
    walk.with_clause(tree, scope)
    walk.add_table(tree.this, scope)
    for using in listed(tree.args.get("using")):
        walk.add_relation(using, scope)
    walk.clause(tree, "where", scope, "where")
    return _returning(walk, tree, scope)


def _merge(walk: Selects, tree: exp.Merge) -> None:
    scope = Scope()
    table = walk.add_table(tree.this, scope)
    walk.add_relation(tree.args["using"], scope)
    walk.clause(tree, "on", scope, "on")
    for when in tree.find_all(exp.When):
        then = when.args.get("then")
        if isinstance(then, exp.Update) and table is not None:
            _assignments(walk, then.expressions, scope, table)
        elif then is not None:
            walk.visit(then, scope, "value")


def _returning(walk: Selects, tree: exp.Expr, scope: Scope) -> list[Output] | None:
    clause = tree.args.get("returning")
    return walk.projections(clause.expressions, scope, "returning") if clause else None


# --- definitions -------------------------------------------------------------------------


def _create(walk: Selects, tree: exp.Create) -> None:
    this = tree.this
    if isinstance(this, exp.Index):
        _index(walk, this)
    elif isinstance(this, exp.Schema) and tree.args.get("kind") == "TABLE":
        _table_definition(walk, this)
    if isinstance(tree.expression, exp.Query):
        walk.query_outputs(tree.expression, None)


def _index(walk: Selects, index: exp.Index) -> None:
    scope = Scope()
    table = index.args.get("table")
    if table is None:
        return
    walk.add_table(table, scope)
    parameters = index.args.get("params")
    if parameters is not None:
        walk.visit(parameters, scope, "index", "ddl")


def _table_definition(walk: Selects, schema: exp.Schema) -> None:
    scope = Scope()
    table = walk.add_table(schema.this, scope)
    for part in schema.expressions:
        if isinstance(part, exp.Identifier):  # a column without a type
            if table is not None:
                _definition(walk, part, part, table)
        elif isinstance(part, exp.ColumnDef):
            if table is not None and isinstance(part.this, exp.Identifier):
                _definition(walk, part, part.this, table)
            for constraint in part.args.get("constraints") or ():
                _constraint(walk, constraint, scope, table)
        else:
            _constraint(walk, part, scope, table)


def _constraint(walk: Selects, part: exp.Expr, scope: Scope, table: Table | None) -> None:
    """Resolve a constraint: its own names mean this table, those of REFERENCES another."""
    for reference in part.find_all(exp.Reference):
        target = reference.this
        if isinstance(target, exp.Schema) and isinstance(target.this, exp.Table):
            other = walk.catalog.table(target.this.name.lower())
            for identifier in target.expressions:
                walk.recorder.named(identifier, other, "ddl", "constraint")
    if isinstance(part, exp.PrimaryKey | exp.ForeignKey | exp.UniqueColumnConstraint):
        names = part.expressions or getattr(part.this, "expressions", [])
        for name in names:
            bare = name.this if isinstance(name, exp.Ordered) else name
            bare = bare.this if isinstance(bare, exp.Column) else bare
            if isinstance(bare, exp.Identifier) and table is not None:
                walk.recorder.named(bare, table, "ddl", "constraint")
        return
    walk.visit(part, scope, "constraint", "ddl")


def _alter(walk: Selects, tree: exp.Alter) -> None:
    scope = Scope()
    table = walk.add_table(tree.this, scope)
    if table is None:
        return
    for action in tree.args.get("actions") or ():
        for node in action.find_all(exp.ColumnDef, exp.AlterColumn, exp.Column):
            if isinstance(node.this, exp.Identifier):
                _definition(walk, node, node.this, table)


def _definition(walk: Selects, node: exp.Expr, name: exp.Identifier, table: Table) -> None:
    """Record a column that is defined, with its DEFAULT."""
    values = walk.recorder.written.default(name.meta.get("start", -1))
    walk.recorder.named(name, table, "ddl", "definition", values=values, node=node)


# --- triggers and what cannot be parsed --------------------------------------------------


def _trigger(walk: Selects, header: re.Match[str]) -> None:
    """Resolve a trigger: its table, and each statement of its body."""
    walk.recorder.opaque = True
    sql = walk.recorder.text.sql
    table = walk.recorder.table(_unquoted(header["table"]).lower())
    outer = Scope(hidden={"new": table, "old": table})
    if header["columns"]:
        for word, first, last in iter_words(header["columns"]):
            start = header.start("columns")
            place = (start + first, start + last)
            walk.recorder.found(table, word.lower(), place, access="read", role="trigger")
    body = _BODY.search(sql, header.end())
    if body is None:
        return
    when = sql[header.end() : body.start()].upper().find("WHEN")
    if when >= 0:
        start = header.end() + when + len("WHEN")
        _trigger_part(walk, "SELECT ", start, sql[start : body.start()], outer)
    for first, last in _body_parts(sql, body.end()):
        _trigger_part(walk, "", first, sql[first:last], outer)


def _trigger_part(walk: Selects, head: str, first: int, part: str, outer: Scope) -> None:
    """Resolve a part of a trigger at its own offsets."""
    padded = " " * (first - len(head)) + head + part
    tree, tokens = parse(padded, walk.catalog.contract.dialect)
    walk.recorder.written = Values(tokens)
    if tree is None:
        return
    walk.outer = outer
    _top(walk, tree)


def _words(walk: Selects) -> None:
    """Read a statement word by word: sure only if it names a single table."""
    recorder = walk.recorder
    recorder.opaque = True
    sql = recorder.text.sql
    named = {_unquoted(match[1]).lower() for match in _NAMES_TABLE.finditer(sql)}
    tables = [recorder.table(name) for name in sorted(named)]
    for word, first, last in iter_words(sql):
        name = word.lower()
        candidates = walk.candidates(name, tables)
        if len(tables) == 1 and tables[0].contract in candidates:
            recorder.found(tables[0], name, (first, last), access="read", role="opaque")
        elif name in walk.catalog.legacy and candidates:
            recorder.not_told(word, (first, last), candidates)


def _body_parts(sql: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield the statements of a trigger's body."""
    for first, last in statement_spans(sql, at):
        if sql[first:last].strip().upper() not in {"", "END"}:
            yield first, last


def _unquoted(name: str) -> str:
    return name[1:-1] if name[:1] in '"[`' else name
