"""What the contract's `schema` names is read in order, and never run nor changed."""

from __future__ import annotations

import os
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


@pytest.mark.parametrize("name", ["pipe.sql", "/dev/zero", "a\0b", "gone.sql"])
def test_what_is_not_a_regular_file_is_a_mistake_of_the_contract(tmp_path, name) -> None:
    os.mkfifo(tmp_path / "pipe.sql")
    with pytest.raises(ContractError, match="cannot be read") as caught:
        load_schema(parse_contract({"schema": [str(tmp_path / name)]}))
    assert "name a SQL file, a directory of them, or a SQLite database" in str(caught.value)


def test_a_directory_is_read_without_what_is_not_a_file(tmp_path) -> None:
    os.mkfifo(tmp_path / "1.sql")
    (tmp_path / "1²2.sql").write_text("CREATE TABLE t (a)")
    schema = load_schema(parse_contract({"schema": [str(tmp_path)]}))
    assert schema is not None
    assert schema.tables == {"t": ("a",)}


@pytest.mark.parametrize(
    "sql", ["(" * 100_000, "CREATE TABLE t (a CHECK " + "(" * 20_000, "'" * 9_999]
)
def test_sql_that_nobody_can_parse_is_passed_over(tmp_path, sql) -> None:
    (tmp_path / "a.sql").write_text(f"CREATE TABLE u (b);\n{sql}")
    schema = load_schema(parse_contract({"schema": [str(tmp_path / "a.sql")]}))
    assert schema is not None
    assert schema.tables["u"] == ("b",)
