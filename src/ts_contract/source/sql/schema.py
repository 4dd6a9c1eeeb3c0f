"""Loads the tables that are known beside the contract's: what its `schema` names.

SQL files are read in the order that migrations run in, and CREATE, ALTER and DROP are followed;
a SQLite database is asked. Nothing of the user's is run.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from sqlglot import exp

from ...contract import Contract, ContractError
from ...files.migrations import is_sqlite_database, migration_files
from ...files.read import regular_bytes
from ..file import Constraints, File, Schema
from ..python.literals import Run
from .constraints import constraints_of
from .parse import parse
from .queries import find_queries
from .text import Text, split_statements

__all__ = ["find_own_schema", "load_schema", "schema_of_sql"]


def load_schema(contract: Contract) -> Schema | None:
    """Load what the contract's `schema` names.

    Args:
        contract: its `schema` lists SQL files, directories of them (see `migration_files`), or
            SQLite databases, relative to its `root`.

    Returns:
        The tables of all of them, those of later ones over earlier ones; None if it lists none.

    Raises:
        ContractError: a path does not exist or cannot be read.
    """
    tables: dict[str, tuple[str, ...]] = {}
    constraints: dict[str, Constraints] = {}
    for name in contract.schema:
        path = (contract.root or Path()) / name
        try:
            for file in migration_files(path):
                if is_sqlite_database(file):
                    tables.update(_tables_of_database(file))
                    constraints.update(_constraints_of_database(file, contract.dialect))
                else:
                    sql = regular_bytes(file).decode("utf-8-sig", errors="replace")
                    _follow(tables, constraints, sql, contract.dialect)
        except (OSError, RecursionError, sqlite3.Error) as error:
            raise ContractError(
                f"{contract.name}: schema: {name!r} cannot be read ({error}); name a SQL file, a "
                "directory of them, or a SQLite database"
            ) from error
    return Schema(tables, constraints) if contract.schema else None


def schema_of_sql(sql: str, dialect: str = "sqlite") -> Schema:
    """Return the tables that a script leaves behind.

    Args:
        sql: CREATE, ALTER and DROP statements; others are passed over.
        dialect: a contract's dialect.

    Example:
        >>> schema_of_sql("CREATE TABLE t (a, b); ALTER TABLE t DROP COLUMN a").tables
        {'t': ('b',)}
    """
    tables: dict[str, tuple[str, ...]] = {}
    constraints: dict[str, Constraints] = {}
    _follow(tables, constraints, sql, dialect)
    return Schema(tables, constraints)


def find_own_schema(file: File) -> Schema:
    """Return the tables that the SQL of a Python file creates, as far as all of it is written."""
    dialect = file.contract.dialect if file.contract else "sqlite"
    texts = [
        query.text.value
        for query in file.part(find_queries)
        if not query.text.holes and _CHANGES_TABLES.match(query.text.value)
    ]
    return schema_of_sql(";\n".join(texts), dialect)


# --- databases -------------------------------------------------------------------------------


def _tables_of_database(path: Path) -> dict[str, tuple[str, ...]]:
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        rows = database.execute(
            "SELECT lower(t.name), lower(c.name) FROM sqlite_master t, pragma_table_info(t.name) c"
            " WHERE t.type IN ('table', 'view') ORDER BY t.name, c.cid"
        ).fetchall()
    finally:
        database.close()
    tables: dict[str, list[str]] = {}
    for table, column in rows:
        tables.setdefault(table, []).append(column)
    return {table: tuple(columns) for table, columns in tables.items()}


def _constraints_of_database(path: Path, dialect: str) -> dict[str, Constraints]:
    """Return what the tables of a database demand, as their definitions say it."""
    database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        definitions = database.execute(
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index')"
            " ORDER BY type DESC"
        ).fetchall()
        triggers = database.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
            r" AND name NOT LIKE '\_ts\_contract\_%' ESCAPE '\'"
        ).fetchall()
    finally:
        database.close()
    constraints: dict[str, Constraints] = {}
    for (sql,) in definitions:
        _follow({}, constraints, sql, dialect)
    for (sql,) in triggers:
        _follow_trigger(constraints, sql)
    return constraints


# --- following DDL ---------------------------------------------------------------------------


_NAME = r"""(\w+|"[^"]+"|`[^`]+`|\[[^\]]+\])"""
# Not every release of sqlglot parses it for SQLite.
_RENAME_TABLE = re.compile(
    rf"\s*ALTER\s+TABLE\s+{_NAME}\s+RENAME\s+TO\s+{_NAME}\s*$", re.IGNORECASE
)


_SPACE = r"(?:\s++|--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z))*+"
_TRIGGER = re.compile(
    rf"{_SPACE}CREATE\s++(?:TEMP(?:ORARY)?\s++)?TRIGGER\b.*?\bON\s++{_NAME}",
    re.IGNORECASE | re.DOTALL,
)
_ROW = re.compile(r"\b(?:NEW|OLD)\s*+\.\s*+[\"`\[]?(\w++)", re.IGNORECASE)
_CHANGES_TABLES = re.compile(rf"{_SPACE}(?:CREATE|ALTER|DROP)\b", re.IGNORECASE)
_ROWS = re.compile(rf"{_SPACE}(?:INSERT|REPLACE)\b", re.IGNORECASE)
_STATEMENT = re.compile(
    r"""(?: [^;'"`\-/$]++ | '[^']*+' | "[^"]*+" | `[^`]*+` | --[^\n]*+
          | /\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)
          | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z) | [^;] )*+ ;?""",
    re.VERBOSE | re.DOTALL,
)


def _without_rows(sql: str) -> str:
    """Return a script without the statements that fill tables: nearly all of a dump."""
    kept: list[str] = []
    at = 0
    while at < len(sql):
        statement = _STATEMENT.match(sql, at)
        assert statement is not None
        if not _ROWS.match(sql, at):
            kept.append(statement[0])
        at = statement.end()
    return "".join(kept)


def _follow(
    tables: dict[str, tuple[str, ...]],
    constraints: dict[str, Constraints],
    sql: str,
    dialect: str,
) -> None:
    """Change `tables` as the statements of a script would."""
    changing = _without_rows(sql)
    for statement in split_statements(Text([Run(changing, 0, len(changing))])):
        if not _CHANGES_TABLES.match(statement.sql):
            continue
        renamed = _RENAME_TABLE.match(statement.sql)
        if renamed:
            old, new = (name.strip('"`[]').lower() for name in renamed.groups())
            if old in tables:
                tables[new] = tables.pop(old)
            if old in constraints:
                constraints[new] = constraints.pop(old)
            continue
        _follow_trigger(constraints, statement.sql)
        tree, _ = parse(statement.sql, dialect)
        if tree is not None:
            _follow_statement(tables, tree)
            _follow_constraints(constraints, tree)


def _follow_statement(tables: dict[str, tuple[str, ...]], tree: exp.Expr) -> None:
    match tree:
        case exp.Create(this=exp.Schema() as definition) if tree.args.get("kind") == "TABLE":
            columns = (
                _name(part)
                for part in definition.expressions
                if isinstance(part, exp.ColumnDef | exp.Identifier)  # the latter has no type
            )
            tables.setdefault(_name(definition.this), tuple(columns))
        case exp.Create() if isinstance(tree.expression, exp.Query):
            _follow_query(tables, tree)
        case exp.Drop() if tree.args.get("kind") in {"TABLE", "VIEW"}:
            for dropped in tree.find_all(exp.Table):
                tables.pop(_name(dropped), None)
        case exp.Alter():
            _follow_alter(tables, tree)


def _follow_query(tables: dict[str, tuple[str, ...]], tree: exp.Create) -> None:
    """Add the table or view that a query fills, if the query names all its columns."""
    if isinstance(tree.this, exp.Schema):
        tables[_name(tree.this.this)] = tuple(_name(c) for c in tree.this.expressions)
        return
    names = [name.lower() for name in tree.expression.named_selects]
    if names and "*" not in names and "" not in names:
        tables[_name(tree.this)] = tuple(names)


def _follow_alter(tables: dict[str, tuple[str, ...]], tree: exp.Alter) -> None:
    table = _name(tree.this)
    for action in tree.args.get("actions") or ():
        columns = tables.get(table)
        if columns is None:
            return
        match action:
            case exp.ColumnDef():
                tables[table] = (*columns, _name(action))
            case exp.RenameColumn():
                old, new = _name(action.this), action.args["to"].name.lower()
                tables[table] = tuple(new if column == old else column for column in columns)
            case exp.Drop():
                gone = {_name(c) for c in action.find_all(exp.Column)}
                tables[table] = tuple(column for column in columns if column not in gone)


# --- what tables demand ----------------------------------------------------------------------


def _follow_constraints(constraints: dict[str, Constraints], tree: exp.Expr) -> None:
    match tree:
        case exp.Create(this=exp.Schema() as definition) if tree.args.get("kind") == "TABLE":
            constraints.setdefault(_name(definition.this), constraints_of(definition.expressions))
        case exp.Create(this=exp.Index() as index) if tree.args.get("unique"):
            table = index.args.get("table")
            if table is not None:
                names = [identifier.name for identifier in index.find_all(exp.Identifier)]
                known = constraints.get(_name(table), Constraints())
                constraints[_name(table)] = known.comparing(names)
        case exp.Drop() if tree.args.get("kind") == "TABLE":
            for dropped in tree.find_all(exp.Table):
                constraints.pop(_name(dropped), None)
        case exp.Alter():
            table = _name(tree.this)
            known = constraints.get(table, Constraints())
            for action in tree.args.get("actions") or ():
                if isinstance(action, exp.RenameColumn):
                    known = known.renamed(_name(action.this), action.args["to"].name.lower())
                else:
                    known |= constraints_of([action])
            constraints[table] = known


def _follow_trigger(constraints: dict[str, Constraints], sql: str) -> None:
    """Add what a trigger of the application reads of a row, before ours has filled it."""
    trigger = _TRIGGER.match(sql)
    if trigger:
        table = trigger[1].strip('"`[]').lower()
        known = constraints.get(table, Constraints())
        constraints[table] = known.comparing(_ROW.findall(sql))


def _name(node: exp.Expr) -> str:
    return node.name.lower()
