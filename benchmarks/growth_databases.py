"""Databases that grow, for growth.py: each is handed to a command of the migration."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ts_contract.loading import parse_contract
from ts_contract.migration import migrate

__all__ = ["DATABASE_CASES", "DatabaseCase"]


Make = Callable[[int, Path], None]


@dataclass(frozen=True, slots=True)
class DatabaseCase:
    """One kind of database.

    Attributes:
        name: what grows.
        command: what it is handed to, with its options.
        first: the first of its three sizes.
        make: writes a.db and ts-contract.toml of a size into a directory.
        limit: how many times as long a doubling may take.
    """

    name: str
    command: tuple[str, ...]
    first: int
    make: Make
    limit: float = 2.6


DATABASE_CASES: list[DatabaseCase] = []


def case(name: str, first: int, *commands: str, limit: float = 2.6) -> Callable[..., Make]:
    """Register what makes a database, for each of some commands."""

    def register(make: Make) -> Make:
        DATABASE_CASES.extend(
            DatabaseCase(name, tuple(command.split()), first, make, limit) for command in commands
        )
        return make

    return register


def build(directory: Path, script: str, tables: list[str], *, migrated: bool = False) -> None:
    """Write a database and its contract, `at` in each of the tables."""
    path = directory / "a.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"PRAGMA journal_mode = WAL; BEGIN; {script}; COMMIT;")
    lines = "".join(f'{table} = ["at"]\n' for table in tables)
    (directory / "ts-contract.toml").write_text(f"[tables]\n{lines}", encoding="utf-8")
    if migrated:
        contract = parse_contract({"tables": {table: ["at"] for table in tables}})
        migrate(path, contract, pause=0)


def numbers(n: int) -> str:
    """Return the numbers from 1 to n as a table `c (x)`."""
    return f"WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {n})"


def many_tables(n: int) -> tuple[str, list[str]]:
    """Return the script of n tables with a row each, and their names."""
    names = [f"t{i}" for i in range(n)]
    create = (
        "CREATE TABLE {0} (id INTEGER PRIMARY KEY, at TIMESTAMP); INSERT INTO {0} VALUES (1, {1})"
    )
    return ";".join(create.format(name, "'2024-01-15 12:00:00'") for name in names), names


@case("tables", 40, "plan", "plan --finalize", "migrate --pause 0")
def _(n: int, directory: Path) -> None:
    build(directory, *many_tables(n))


# SQLite parses the whole schema again for each DROP COLUMN, four times.
@case("tables, migrated", 40, "finalize --yes", "rollback", limit=4.2)
@case("tables, migrated", 40, "status", "verify")
def _(n: int, directory: Path) -> None:
    build(directory, *many_tables(n), migrated=True)


@case("rows", 50_000, "plan", "migrate --pause 0", "migrate --offline")
def _(n: int, directory: Path) -> None:
    rows = f"{numbers(n)} INSERT INTO t SELECT x, '2024-01-15 12:00:00' FROM c"
    build(directory, f"CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP); {rows}", ["t"])


@case("rows that go to the quarantine", 10_000, "plan", "migrate --pause 0")
def _(n: int, directory: Path) -> None:
    rows = f"{numbers(n)} INSERT INTO t SELECT x, 'soon ' || x FROM c"
    build(directory, f"CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP); {rows}", ["t"])


@case("rows in the quarantine", 50_000, "status", "status --format prometheus")
def _(n: int, directory: Path) -> None:
    script = (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP); INSERT INTO t VALUES (1, 'soon')"
    )
    build(directory, script, ["t"], migrated=True)
    with closing(sqlite3.connect(directory / "a.db")) as db:
        db.executescript(
            f"{numbers(n)} INSERT OR IGNORE INTO _ts_contract_quarantine"
            " SELECT 't', 'at', json_object('id', x), 'soon', 'garbage', 'no date' FROM c"
        )


@case("one value in the quarantine", 500_000, "status", "plan")
def _(n: int, directory: Path) -> None:
    value = f"printf('%.*c', {n}, 'x')"
    script = f"CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT); INSERT INTO t VALUES (1, {value})"
    build(directory, script, ["t"], migrated=True)
