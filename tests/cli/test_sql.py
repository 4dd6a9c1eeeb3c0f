"""The script for other migrators: the copy that ships, run by those who have only SQLite."""

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

import ts_contract
from ts_contract.cli.sql import command
from ts_contract.migration.script import ScriptPhase

SHIPPED = (
    Path(ts_contract.__file__).parent
    / "contracts"
    / "agentos"
    / "schema_v44_epoch_ms_timestamps.sql"
)


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def test_the_shipped_script_is_what_the_command_prints(run):
    printed = run("sql", "all", "--contract", "agentos").stdout
    assert SHIPPED.read_text(encoding="utf-8") == printed, (
        f"write it anew: ts-contract sql all --contract agentos > {SHIPPED.name}"
    )


def test_every_phase_can_be_asked_for():
    (phase, *_) = command.params
    assert set(phase.type.choices) == set(get_args(ScriptPhase))


def test_it_has_the_columns_and_indexes_that_the_contract_counts():
    script = SHIPPED.read_text(encoding="utf-8")
    assert script.count(" ADD COLUMN ") == 15
    assert script.count("CREATE INDEX ") == 11
    assert script.count("\nBEGIN IMMEDIATE;") == script.count("\nCOMMIT;") == 1


def test_the_optional_tables_add_fourteen_columns(run):
    script = run("sql", "all", "--contract", "agentos", "--optional").stdout
    assert script.count(" ADD COLUMN ") == 29


def executescript(store: Path) -> None:
    with closing(sqlite3.connect(store)) as db:
        db.executescript(SHIPPED.read_text(encoding="utf-8"))


def sqlite3_shell(store: Path) -> None:
    shell = shutil.which("sqlite3")
    if shell is None:
        pytest.skip("no sqlite3 shell")
    version = subprocess.run([shell, "--version"], capture_output=True, text=True, check=True)
    if tuple(map(int, version.stdout.split()[0].split("."))) < (3, 35):
        pytest.skip("the sqlite3 shell is older than 3.35")
    with SHIPPED.open() as script:
        subprocess.run([shell, "-bail", store], stdin=script, check=True)


@pytest.mark.parametrize("migrator", [executescript, sqlite3_shell])
def test_it_migrates_the_sample_store_on_its_own(run, store, migrator):
    migrator(store)
    assert query(store, "SELECT version, applied_at_ms > 0 FROM schema_version")[-1] == (
        "0.44.0",
        1,
    )
    # verify takes optional tables that are there into account; the script of the core does not.
    report = run("verify", store, "--contract", "agentos").stdout
    assert "task_events.created_at_ms is not in the database" in report
    assert "0 differences, 1 problem, 10 values in the quarantine" in report
