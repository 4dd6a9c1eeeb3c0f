"""status shows a quarantine in a few short lines, however much is in it."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

LONG = 4_000_000


@pytest.fixture
def migrated(run, tmp_path):
    """Return a function that builds a migrated database with some values."""

    def migrated(*values: object) -> Path:
        (tmp_path / "ts-contract.toml").write_text('[tables]\nt = ["at"]\n')
        with closing(sqlite3.connect(tmp_path / "a.db")) as db, db:
            db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT)")
            db.executemany("INSERT INTO t (at) VALUES (?)", [(value,) for value in values])
        assert run("migrate", "a.db").exit_code == 1
        return tmp_path / "a.db"

    return migrated


@pytest.mark.parametrize("value", ["x" * LONG, b"\xff" * LONG], ids=["text", "blob"])
def test_a_long_value_is_shortened_for_people_alone(run, migrated, value):
    migrated(value)

    assert len(run("status", "a.db").stdout) < 2_000
    assert len(run("status", "a.db", "--format", "prometheus").stdout) < 4_000
    (listed,) = json.loads(run("status", "a.db", "--format", "json").stdout)["quarantine"]
    assert len(listed["value"]) >= LONG


def test_a_value_that_is_short_stands_there_as_it_is(run, migrated):
    migrated("x" * 60, "y" * 61)

    shown = run("status", "a.db").stdout

    assert f"'{'x' * 60}' " in shown
    assert f"'{'y' * 60}… " in shown


def test_people_and_monitors_get_the_number_of_all_values(run, migrated):
    migrated(*(f"soon {n}" for n in range(50)))

    shown = run("status", "a.db").stdout
    assert "and 30 more: SELECT * FROM _ts_contract_quarantine\n" in shown
    assert shown.count("soon ") == 20
    metrics = run("status", "a.db", "--format", "prometheus").stdout
    assert 'column="at",state="quarantined"} 50' in metrics
