"""What plan prints, in text and JSON, of what a run would find; and what it exits with."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import pytest

CONTRACT = '[tables]\nt = ["at"]\n'
SINCE_2020 = f'valid-range = ["2020-01-01", "2030-01-01"]\n{CONTRACT}'
NOON = "2024-01-15 12:00:00"


@pytest.fixture
def make(run, tmp_path) -> Callable[..., Path]:
    """Return a function that makes a.db with one column of values, and its contract."""

    def make(values: Iterable[object], contract: str = CONTRACT) -> Path:
        (tmp_path / "ts-contract.toml").write_text(contract)
        with closing(sqlite3.connect(tmp_path / "a.db")) as db, db:
            db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP)")
            db.executemany("INSERT INTO t (at) VALUES (?)", [(value,) for value in values])
        return tmp_path / "a.db"

    return make


def column(plan: str) -> dict[str, object]:
    return json.loads(plan)["tables"]["t"]["columns"]["at"]


def test_it_exits_as_migrate_does_where_values_lie_outside_the_range(run, make):
    make(["2015-05-02 10:51:37"], SINCE_2020)

    planned = run("plan", "a.db", "--format", "json")
    migrated = run("migrate", "a.db")

    assert (planned.exit_code, migrated.exit_code) == (1, 1)
    assert column(planned.stdout)["outside"] == 1
    assert column(planned.stdout)["forms"]["datetime"]["outside"] == 1


def test_notices_name_what_they_are_about(run, make):
    make(["soon"])

    notices = json.loads(run("plan", "a.db", "--format", "json").stdout)["notices"]

    (warning,) = (notice for notice in notices if notice["kind"] == "warning")
    assert warning.keys() == {"kind", "message", "table", "column", "name"}
    assert (warning["table"], warning["column"], warning["name"]) == ("t", "at", None)


class TestSample:
    def test_counts_are_marked_as_estimates(self, run, make):
        make([NOON] * 1_000)

        result = run("plan", "a.db", "--sample", "100")

        assert result.exit_code == 0
        assert "about 1,000" in result.stdout
        assert "estimated by 100 rows of a table, the first and the last" in result.stdout
        plan = json.loads(run("plan", "a.db", "--sample", "100", "--format", "json").stdout)
        assert plan["tables"]["t"]["sample"] == 100
        assert plan["tables"]["t"]["columns"]["at"]["forms"]["datetime"]["rows"] == 1_000

    def test_both_ends_are_looked_at(self, run, make):
        make(["soon"] * 10 + [NOON] * 980 + [1_705_320_000] * 10)

        forms = column(run("plan", "a.db", "--sample", "20", "--format", "json").stdout)["forms"]

        assert {form: count["rows"] for form, count in forms.items()} == {
            "garbage": 500,
            "seconds": 500,
        }

    def test_a_table_that_is_no_larger_is_counted(self, run, make):
        make([NOON] * 100)

        plan = json.loads(run("plan", "a.db", "--sample", "100", "--format", "json").stdout)

        assert plan["tables"]["t"]["sample"] is None

    @pytest.mark.parametrize("number", ["0", "1", "-5", "many", "1.5"])
    def test_a_number_that_cannot_be_meant_is_refused(self, run, make, number):
        make([NOON])
        assert run("plan", "a.db", "--sample", number).exit_code == 2


def test_the_time_is_told_for_both_modes(run, make):
    make([NOON])

    plan = json.loads(run("plan", "a.db", "--format", "json").stdout)

    assert plan["seconds"] > plan["seconds_offline"] > 0
    assert "in about 1 s, or 1 s with --offline.\n" in run("plan", "a.db").stdout


def test_rows_that_lose_their_order_are_counted(run, make):
    make(["2024-01-15 12:00:00.123001", "2024-01-15 12:00:00.123002", "2024-01-15 12:00:00.123"])
    assert (
        "note: t.at holds more than milliseconds: 3 rows differ below them only, and lose their "
        "order in at_ms; order by the key, too\n"
    ) in run("plan", "a.db").stdout


@pytest.mark.parametrize(
    "values",
    [
        ["2024-01-15 12:00:00.123001", "2024-01-15 12:00:00.124001"],
        ["2024-01-15 12:00:00.123456", "2024-01-15 12:00:00.123456"],
        ["2024-01-15 12:00:00", "2024-01-15T12:00:00"],
    ],
)
def test_rows_whose_order_is_kept_are_not(run, make, values):
    make(values)
    assert "lose their order" not in run("plan", "a.db").stdout


@pytest.mark.parametrize("option", ["--no-sync", "--check-range", "--sql", "--sample=100"])
def test_what_is_about_migrate_is_refused_with_finalize(run, make, option):
    make([NOON])
    result = run("plan", "a.db", "--finalize", option)
    assert result.exit_code == 2
    assert "leave them out with --finalize" in result.stderr


@pytest.mark.parametrize("option", ["--batch-size=10", "--pause=0", "--pause=0.005"])
def test_a_pace_is_refused_where_there_are_no_batches(run, make, option):
    path = make([NOON])
    before = path.read_bytes()
    result = run("migrate", "a.db", "--offline", option)
    assert (result.exit_code, path.read_bytes()) == (2, before)
    assert "leave --batch-size and --pause out" in result.stderr
