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
from ..file import Schema
from ..python.literals import Run
from .parse import parse
from .text import Text, split_statements

__all__ = ["load_schema", "schema_of_sql"]


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
    for name in contract.schema:
        path = (contract.root or Path()) / name
        try:
            for file in migration_files(path):
                if is_sqlite_database(file):
                    tables.update(_tables_of_database(file))
                else:
                    sql = regular_bytes(file).decode("utf-8-sig", errors="replace")
                    _follow(tables, sql, contract.dialect)
        except (OSError, RecursionError, sqlite3.Error) as error:
            raise ContractError(
                f"{contract.name}: schema: {name!r} cannot be read ({error}); name a SQL file, a "
                "directory of them, or a SQLite database"
            ) from error
    return Schema(tables) if contract.schema else None


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
    _follow(tables, sql, dialect)
    return Schema(tables)


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


# --- following DDL ---------------------------------------------------------------------------


_NAME = r"""(\w+|"[^"]+"|`[^`]+`|\[[^\]]+\])"""
# Not every release of sqlglot parses it for SQLite.
_RENAME_TABLE = re.compile(
    rf"\s*ALTER\s+TABLE\s+{_NAME}\s+RENAME\s+TO\s+{_NAME}\s*$", re.IGNORECASE
)


_SPACE = r"(?:\s++|--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z))*+"
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


def _follow(tables: dict[str, tuple[str, ...]], sql: str, dialect: str) -> None:
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
            continue
        tree, _ = parse(statement.sql, dialect)
        if tree is not None:
            _follow_statement(tables, tree)


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


def _name(node: exp.Expr) -> str:
    return node.name.lower()
