"""What the contract's `schema` names is read in order, and never run nor changed."""

from __future__ import annotations

import sqlite3

import pytest

from ts_contract import ContractError
from ts_contract.loading import parse_contract
from ts_contract.source.sql.schema import load_schema

SCHEMA = """
CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, created_at TEXT, updated_at TEXT);
CREATE TABLE runs (id INTEGER PRIMARY KEY, task INTEGER, started_at TEXT, title TEXT);
"""


def test_migrations_are_followed_in_numeric_order(tmp_path) -> None:
    (tmp_path / "2_add.sql").write_text("ALTER TABLE t ADD COLUMN b TEXT; CREATE TABLE gone (x);")
    (tmp_path / "10_more.sql").write_text(
        "ALTER TABLE t RENAME COLUMN b TO c; DROP TABLE gone; ALTER TABLE t RENAME TO u;"
    )
    (tmp_path / "10_more.down.sql").write_text("ALTER TABLE u RENAME TO t;")
    (tmp_path / "1_init.sql").write_text("CREATE TABLE t (a INTEGER PRIMARY KEY, z);")
    schema = load_schema(parse_contract({"schema": [str(tmp_path)]}))
    assert schema is not None
    assert schema.tables == {"u": ("a", "z", "c")}


def test_a_database_is_asked(tmp_path) -> None:
    path = tmp_path / "a b%.db"
    connection = sqlite3.connect(path)
    connection.executescript(SCHEMA + "CREATE VIEW seen AS SELECT id AS n FROM tasks;")
    connection.close()
    before = path.read_bytes()
    schema = load_schema(parse_contract({"schema": [str(path)]}))
    assert schema is not None
    assert schema.tables["seen"] == ("n",)
    assert schema.tables["runs"] == ("id", "task", "started_at", "title")
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"SQLite format 3\x00 and nothing behind it"])
def test_a_schema_that_cannot_be_read_is_named(tmp_path, content) -> None:
    path = tmp_path / "app.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ContractError, match=r"schema: .*app\.db.* cannot be read"):
        load_schema(parse_contract({"schema": [str(path)]}))
