"""Which columns a table demands, told by SQL files and by a database alike."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ts_contract.loading import parse_contract
from ts_contract.source.file import Constraints
from ts_contract.source.sql.schema import load_schema, schema_of_sql

REQUIRED = Constraints(required=frozenset({"at"}))
COMPARED = Constraints(compared=frozenset({"at"}))


@pytest.mark.parametrize(
    ("sql", "demanded"),
    [
        ("CREATE TABLE t (at TEXT)", Constraints()),
        ("CREATE TABLE t (at TEXT NULL)", Constraints()),
        ("CREATE TABLE t (at TEXT NOT NULL)", REQUIRED),
        ('CREATE TABLE "T" ("At" TEXT NOT NULL DEFAULT NULL)', REQUIRED),
        ("CREATE TABLE t (at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)", Constraints()),
        ("CREATE TABLE t (at TEXT PRIMARY KEY)", COMPARED),
        ("CREATE TABLE t (at TEXT UNIQUE)", COMPARED),
        ("CREATE TABLE t (at TEXT, CONSTRAINT one UNIQUE (at))", COMPARED),
        ("CREATE TABLE t (at TEXT, PRIMARY KEY (at))", COMPARED),
        ("CREATE TABLE t (at TEXT CHECK (at IS NOT NULL))", COMPARED),
        ("CREATE TABLE t (at TEXT, CHECK (at > '2020'))", COMPARED),
        ("CREATE TABLE t (n INTEGER, at TEXT REFERENCES other (id))", Constraints()),
        ("CREATE TABLE t (n INTEGER); ALTER TABLE t ADD COLUMN at TEXT NOT NULL", REQUIRED),
    ],
)
def test_a_definition_tells_what_is_demanded(sql: str, demanded: Constraints) -> None:
    assert schema_of_sql(sql).constraints == {"t": demanded}


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE UNIQUE INDEX i ON t (at)",
        "CREATE UNIQUE INDEX i ON t (date(at))",
        "CREATE TRIGGER r AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.at); END",
    ],
)
def test_indexes_and_triggers_beside_the_table_count(sql: str, tmp_path: Path) -> None:
    create = "CREATE TABLE log (x); CREATE TABLE t (at TEXT, n INTEGER)"
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        database.executescript(f"{create}; {sql}")
    contract = parse_contract(
        {"tables": {"t": {"at": "at_ms"}}, "schema": [str(tmp_path / "a.db")]}
    )
    stored = load_schema(contract)
    assert stored is not None
    for schema in (schema_of_sql(f"{create}; {sql}"), stored):
        assert "at" in schema.constraints["t"].compared
        assert "n" not in schema.constraints["t"].compared


def test_a_renamed_column_and_a_renamed_table_keep_their_constraints() -> None:
    sql = (
        "CREATE TABLE old (made TEXT NOT NULL); ALTER TABLE old RENAME COLUMN made TO at;"
        " ALTER TABLE old RENAME TO t"
    )
    assert schema_of_sql(sql).constraints == {"t": REQUIRED}
