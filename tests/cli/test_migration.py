"""The commands of the migration: what they print, in each format, and their exit codes."""

import json
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ts_contract import to_epoch_ms
from ts_contract.loading import parse_contract
from ts_contract.migration import script
from ts_contract.migration.script import PHASES

CONTRACT = """\
optional-tables = ["events"]
valid-range = ["2020-01-01", "2030-01-01"]

[tables]
tasks = ["created_at", "updated_at"]
runs = { started_at = { index = false } }
events = ["at"]
"""
SCHEMA = """\
CREATE TABLE tasks (id INTEGER PRIMARY KEY, created_at TIMESTAMP, updated_at TIMESTAMP);
CREATE TABLE runs (name TEXT PRIMARY KEY, started_at INTEGER NOT NULL, fetch_latency_ms INTEGER);
"""


@pytest.fixture
def make(tmp_path):
    """Return a function that makes app.db with the rows of table tasks, and its contract."""

    def make(*tasks: tuple[object, object]) -> Path:
        (tmp_path / "ts-contract.toml").write_text(CONTRACT)
        with closing(sqlite3.connect(tmp_path / "app.db")) as db, db:
            db.executescript(SCHEMA)
            db.executemany("INSERT INTO tasks (created_at, updated_at) VALUES (?, ?)", tasks)
            db.execute("INSERT INTO runs VALUES ('nightly', 1705320000, 12)")
        return tmp_path / "app.db"

    return make


@pytest.fixture
def clean(make) -> Path:
    """A database whose values can all be converted."""
    return make(("2024-01-15 12:00:00", None), ("2024-01-15T12:00:00.123Z", "2024-01-15"))


@pytest.fixture
def dirty(make) -> Path:
    """A database with two values that stand for no instant."""
    return make(("2024-01-15 12:00:00", "soon"), (b"\xff\x00", "2024-01-16 12:00:00"))


COLUMNS = ("tasks.created_at", "tasks.updated_at", "runs.started_at")


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db, db:
        return db.execute(sql).fetchall()


def dump(path: Path) -> list[tuple[object, ...]]:
    tables = [name for (name,) in query(path, "SELECT name FROM sqlite_master ORDER BY name")]
    schema = query(path, "SELECT * FROM sqlite_master WHERE type <> 'table' OR sql <> ''")
    return [tables, [row[:3] + row[4:] for row in schema], query(path, "SELECT * FROM tasks")]


class TestPlan:
    def test_it_shows_forms_notices_steps_and_changes_nothing(self, run, dirty):
        before = dirty.read_bytes()
        result = run("plan", dirty)
        assert dirty.read_bytes() == before
        assert result.exit_code == 1  # as migrate will: two values for the quarantine
        lines = [line.split() for line in result.stdout.splitlines()]
        day, other = (["2024-01-15", "…", "2024-01-15"], ["2024-01-16", "…", "2024-01-16"])
        assert ["tasks", "2"] in lines
        assert ["created_at", "blob", "!", "1", "X'FF00'"] in lines
        assert ["datetime", "1", "'2024-01-15", "12:00:00'", *day] in lines
        assert ["updated_at", "datetime", "1", "'2024-01-16", "12:00:00'", *other] in lines
        assert ["garbage", "!", "1", "'soon'"] in lines
        assert ["started_at", "seconds", "1", "1705320000", *day] in lines
        assert ["expand", "3", "epoch", "columns"] in lines
        assert ["sync", "triggers", "on", "2", "tables"] in lines
        assert ["backfill", "3", "rows", "of", "2", "tables"] in lines
        assert ["index", "2", "indexes"] in lines
        assert "note: table events is not there; it is optional and skipped" in result.stdout

    def test_worst_notices_come_first(self, run, dirty):
        kinds = [
            line.partition(":")[0]
            for line in run("plan", dirty).stdout.splitlines()
            if line.startswith(("refusal:", "warning:", "note:"))
        ]
        assert kinds == sorted(kinds, key=["refusal", "warning", "note"].index)
        assert {"warning", "note"} == set(kinds)

    def test_it_is_0_where_everything_can_be_converted(self, run, clean):
        assert run("plan", clean).exit_code == 0

    def test_nothing_is_left_after_the_migration(self, run, clean):
        run("migrate", clean)
        assert "Nothing is left to do." in run("plan", clean).stdout

    def test_the_statements_are_those_that_migrate(self, run, clean):
        stdout = run("plan", clean, "--sql").stdout
        statements = stdout[stdout.index("-- expand") :]
        assert 'ALTER TABLE "tasks" ADD COLUMN "created_at_ms" INTEGER;' in statements
        assert "-- sync" in statements
        assert "-- sync" not in run("plan", clean, "--sql", "--no-sync").stdout
        assert "CHECK" in run("plan", clean, "--sql", "--check-range").stdout

    def test_json(self, run, dirty):
        result = run("plan", dirty, "--format", "json")
        assert result.exit_code == 1
        plan = json.loads(result.stdout)
        assert (plan["version"], plan["database"]) == (1, str(dirty))
        assert plan["missing"] == ["events"]
        assert plan["tables"]["tasks"]["rows"] == 2
        assert plan["tables"]["tasks"]["columns"]["updated_at"] == {
            "epoch": "updated_at_ms",
            "index": True,
            "written_as": "2024-01-15 12:00:00",
            "told_by": "rows",
            "forms": {
                "datetime": {
                    "rows": 1,
                    "example": "'2024-01-16 12:00:00'",
                    "first": 1_705_406_400_000,
                    "last": 1_705_406_400_000,
                    "outside": 0,
                },
                "garbage": {
                    "rows": 1,
                    "example": "'soon'",
                    "first": None,
                    "last": None,
                    "outside": 0,
                },
            },
            "unconvertible": 1,
            "outside": 0,
        }
        assert {step["phase"] for step in plan["steps"]} == {"expand", "sync", "backfill", "index"}
        assert all(isinstance(sql, str) for step in plan["steps"] for sql in step["sql"])
        assert {notice["kind"] for notice in plan["notices"]} == {"warning", "note"}
        assert plan["growth_bytes"] > 0
        assert plan["seconds"] > 0


class TestMigrate:
    def test_it_fills_the_epoch_columns_and_verifies(self, run, clean):
        result = run("migrate", clean, "--quiet")
        assert (result.exit_code, result.stderr) == (0, "")
        noon = to_epoch_ms("2024-01-15 12:00:00")
        assert query(clean, "SELECT created_at_ms, updated_at_ms FROM tasks") == [
            (noon, None),
            (noon + 123, to_epoch_ms("2024-01-15")),
        ]
        assert query(clean, "SELECT started_at_ms FROM runs") == [(1_705_320_000_000,)]
        lines = [line.split() for line in result.stdout.splitlines()]
        assert ["tasks.updated_at", "2", "1", "1", "0", "0"] in lines
        assert result.stdout.endswith(
            "3 columns in 2 tables: 0 differences, 0 problems, 0 values in the quarantine\n"
        )

    def test_what_cannot_be_converted_is_counted_listed_and_makes_it_1(self, run, dirty):
        result = run("migrate", dirty)
        assert result.exit_code == 1
        assert "2 values in the quarantine" in result.stdout
        assert "ts-contract status" in result.stderr
        assert query(
            dirty,
            "SELECT column_name, row_key, value FROM _ts_contract_quarantine ORDER BY 1",
        ) == [("created_at", '{"id":2}', b"\xff\x00"), ("updated_at", '{"id":1}', "soon")]

    def test_quiet_keeps_the_result_only(self, run, dirty):
        assert run("migrate", dirty, "--quiet").stderr == ""

    def test_a_second_run_changes_nothing(self, run, clean):
        first = run("migrate", clean)
        before = clean.read_bytes()
        second = run("migrate", clean)
        assert (second.stdout, clean.read_bytes()) == (first.stdout, before)

    @pytest.mark.parametrize(
        "options",
        [["--offline"], ["--no-sync"], ["--check-range"], ["--batch-size", "1", "--pause", "0"]],
    )
    def test_each_way_leads_to_the_same_values(self, run, clean, options):
        assert run("migrate", clean, *options).exit_code == 0
        assert run("verify", clean).exit_code == 0

    def test_no_sync_leaves_no_trigger(self, run, clean):
        run("migrate", clean, "--no-sync")
        assert query(clean, "SELECT * FROM sqlite_master WHERE type = 'trigger'") == []

    def test_check_range_refuses_seconds_for_milliseconds(self, run, clean):
        run("migrate", clean, "--check-range", "--no-sync")
        with pytest.raises(sqlite3.IntegrityError):
            query(clean, "UPDATE tasks SET created_at_ms = 1705320000")

    def test_a_backup_is_the_database_as_it_was(self, run, clean, tmp_path):
        before = dump(clean)
        assert run("migrate", clean, "--backup", "before.db").exit_code == 0
        assert dump(tmp_path / "before.db") == before


class TestVerify:
    def test_a_difference_is_shown_and_makes_it_1(self, run, clean):
        run("migrate", clean, "--no-sync")
        query(clean, "UPDATE tasks SET created_at_ms = created_at_ms + 1 WHERE id = 1")
        result = run("verify", clean)
        assert result.exit_code == 1
        assert (
            "difference: tasks.created_at of row {\"id\":1}: '2024-01-15 12:00:00' is "
            "1705320000001, not 1705320000000 (value)\n"
        ) in result.stdout
        assert "1 difference, 0 problems" in result.stdout

    def test_what_differs_is_settled_by_repair(self, run, clean):
        run("migrate", clean, "--no-sync")
        query(clean, "UPDATE tasks SET created_at_ms = created_at_ms + 60000 WHERE id = 1")
        assert "repair DB --keep legacy" in " ".join(run("verify", clean).stderr.split())

        assert run("repair", clean).exit_code == 2
        result = run("repair", clean, "--keep", "legacy")

        assert result.exit_code == 0
        assert result.stdout.endswith("\n1 value settled.\n")
        assert run("verify", clean).exit_code == 0

    def test_what_migrate_makes_anew_is_named(self, run, clean):
        run("migrate", clean)
        query(clean, "DROP TRIGGER _ts_contract_tasks_insert")

        result = run("migrate", clean)

        assert result.exit_code == 0
        assert "made anew: trigger _ts_contract_tasks_insert is missing\n" in result.stdout

    def test_a_missing_index_is_a_problem(self, run, clean):
        run("migrate", clean)
        query(clean, "DROP INDEX idx_tasks_created_at_ms")
        result = run("verify", clean)
        assert result.exit_code == 1
        assert "problem: tasks.created_at_ms has no index" in result.stdout

    def test_before_the_migration_every_column_is_missing(self, run, clean):
        result = run("verify", clean)
        assert result.exit_code == 1
        assert result.stdout.startswith(
            "problem: tasks.created_at_ms is not in the database; run `ts-contract migrate`\n"
        )

    def test_json(self, run, dirty):
        run("migrate", dirty, "--no-sync")
        query(dirty, "UPDATE tasks SET created_at_ms = 5 WHERE id = 1")
        result = run("verify", dirty, "--format", "json")
        assert result.exit_code == 1
        report = json.loads(result.stdout)
        assert (report["version"], report["ok"], report["problems"]) == (1, False, [])
        assert report["missing"] == ["events"]
        assert report["tables"]["tasks"]["columns"]["created_at"] == {
            "epoch": "created_at_ms",
            "rows": 2,
            "converted": 1,
            "nulls": 0,
            "quarantined": 1,
            "null_values": 0,
            "differences": 1,
            "examples": [
                {
                    "row_key": '{"id":1}',
                    "kind": "value",
                    "legacy": "2024-01-15 12:00:00",
                    "epoch": 5,
                    "expected": 1705320000000,
                }
            ],
        }

    def test_json_of_what_json_does_not_have(self, run, make):
        path = make((b"\xff", float("inf")), ("x", "\x1b[31m"))
        query(path, "UPDATE tasks SET created_at = CAST(x'78ff' AS TEXT) WHERE id = 2")
        run("migrate", path)
        result = run("verify", path, "--format", "json")
        assert (
            json.loads(result.stdout)["tables"]["tasks"]["columns"]["created_at"]["quarantined"]
            == 2
        )
        assert result.stdout.isascii()


class TestStatus:
    def test_it_follows_the_migration(self, run, clean):
        legacy = run("status", clean)
        run("migrate", clean)
        verified = run("status", clean)
        assert [legacy.exit_code, verified.exit_code] == [0, 0]
        assert ["tasks.created_at", "legacy", "2", "0", "2", "0"] in fields(legacy.stdout)
        assert ["tasks.created_at", "verified", "2", "2", "0", "0"] in fields(verified.stdout)
        assert "Verified at" not in legacy.stdout
        assert "Verified at 20" in verified.stdout
        assert "Not in this database: events." in verified.stdout

    def test_it_lists_the_quarantine(self, run, dirty):
        run("migrate", dirty)
        stdout = run("status", dirty).stdout
        assert "tasks.created_at" in stdout
        assert "b'\\xff\\x00'" in stdout
        assert "'soon'" in stdout
        assert '{"id":2}' in stdout

    def test_a_long_quarantine_is_cut(self, run, make):
        path = make(*[("soon", None)] * 50)
        run("migrate", path)
        stdout = run("status", path).stdout
        assert stdout.count("'soon'") == 20
        assert "and 30 more: SELECT * FROM _ts_contract_quarantine\n" in stdout

    def test_json(self, run, dirty):
        run("migrate", dirty)
        status = json.loads(run("status", dirty, "--format", "json").stdout)
        assert status["version"] == 1
        assert status["running"] is None
        assert status["verified_at"] > 1_700_000_000_000
        assert status["missing"] == ["events"]
        assert status["tables"]["tasks"]["columns"]["created_at"] == {
            "epoch": "created_at_ms",
            "phase": "verified",
            "rows": 2,
            "converted": 1,
            "left": 0,
            "quarantined": 1,
            "null_values": 0,
        }
        assert {
            "table": "tasks",
            "column": "updated_at",
            "row_key": '{"id":1}',
            "value": "soon",
            "form": "garbage",
            "reason": "no date-time form that is known",
        } in status["quarantine"]

    def test_prometheus_reads_its_format(self, run, dirty):
        run("migrate", dirty)
        result = run("status", dirty, "--format", "prometheus")
        assert result.stdout.endswith("\n")
        families = {family.name: family for family in text_string_to_metric_families(result.stdout)}
        assert {family.type for family in families.values()} == {"gauge"}
        assert all(family.documentation for family in families.values())
        values = {
            (sample.labels["column"], sample.labels["state"]): sample.value
            for sample in families["ts_contract_values"].samples
        }
        assert values["created_at", "converted"] == 1
        assert values["created_at", "left"] == 0
        assert values["updated_at", "quarantined"] == 1
        assert {s.labels["phase"] for s in families["ts_contract_phase"].samples} == {"verified"}
        assert families["ts_contract_running"].samples[0].value == 0
        assert families["ts_contract_verified_timestamp_seconds"].samples[0].value > 1.7e9

    def test_prometheus_labels_survive_any_name(self, run, tmp_path):
        name = 'say "hi" \\n back\\slash'
        quoted = name.replace('"', '""')
        query(tmp_path / "app.db", f'CREATE TABLE "{quoted}" (at TIMESTAMP)')
        (tmp_path / "ts-contract.toml").write_text(f"[tables.'{name}']\nat = {{}}\n")
        stdout = run("status", "app.db", "--format", "prometheus").stdout
        families = list(text_string_to_metric_families(stdout))
        assert {s.labels["table"] for s in families[0].samples} == {name}
        assert "verified_timestamp" not in stdout


def fields(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


class TestRollback:
    def test_all_is_as_it_was(self, run, dirty):
        before = dump(dirty)
        run("migrate", dirty)
        result = run("rollback", dirty)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == f"{dirty}: 3 epoch columns taken out; all is as it was.\n"
        assert dump(dirty) == before

    def test_a_backup_is_what_was_there(self, run, clean):
        run("migrate", clean)
        before = dump(clean)
        assert run("rollback", clean, "--backup", "copy.db").exit_code == 0
        assert dump(Path("copy.db")) == before
        assert dump(clean) != before

    def test_a_backup_is_written_where_nothing_is_to_be_taken_out(self, run, clean):
        assert run("rollback", clean, "--backup", "copy.db").exit_code == 0
        assert dump(Path("copy.db")) == dump(clean)


class TestFinalize:
    def test_the_legacy_columns_go(self, run, clean):
        query(clean, "CREATE INDEX by_age ON tasks (created_at)")
        run("migrate", clean)
        result = run("finalize", clean, "--yes", "--quiet")
        assert (result.exit_code, result.stderr) == (0, "")
        assert f"{clean}: 3 legacy columns dropped.\n" in result.stdout
        assert "Indexes that went with them: by_age\n" in result.stdout
        assert [name for _, name, *_ in query(clean, "PRAGMA table_info(tasks)")] == [
            "id",
            "created_at_ms",
            "updated_at_ms",
        ]
        assert run("status", clean).stdout.count("finalized") == 3

    def test_nothing_is_dropped_unasked(self, run, clean):
        run("migrate", clean)
        before = dump(clean)
        result = run("finalize", clean, "--backup", "copy.db")
        assert (result.exit_code, result.stdout) == (2, "")
        (line,) = result.stderr.splitlines()
        assert all(word in line for word in (f"{clean}: ", "--yes", *COLUMNS))
        assert dump(clean) == before
        assert not Path("copy.db").exists()

    @pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2), ("\4", 2)])
    def test_a_terminal_is_asked(self, run, on_terminal, clean, answer, code):
        run("migrate", clean)
        before = dump(clean)
        streams = ("stdin", "stdout", "stderr")
        ended, written = on_terminal("finalize", clean, streams=streams, typed=answer)
        assert ended == code
        text = " ".join(written.split())
        assert all(word in text for word in ("for good", "Drop them? [y/N]", *COLUMNS))
        assert ("nothing was changed" in text) == (code == 2)
        assert (dump(clean) == before) == (code == 2)

    def test_a_backup_is_what_was_there(self, run, clean):
        run("migrate", clean)
        before = dump(clean)
        assert run("finalize", clean, "--yes", "--backup", "copy.db").exit_code == 0
        assert dump(Path("copy.db")) == before
        assert dump(clean) != before

    def test_a_backup_is_not_kept_for_nothing(self, run, dirty):
        run("migrate", dirty)
        result = run("finalize", dirty, "--yes", "--backup", "copy.db")
        assert (result.exit_code, result.stdout) == (2, "")
        assert not Path("copy.db").exists()

    def test_an_existing_file_is_not_overwritten(self, run, clean):
        run("migrate", clean)
        Path("copy.db").write_text("mine")
        for command in (("finalize", "--yes"), ("rollback",)):
            result = run(*command, clean, "--backup", "copy.db")
            assert result.exit_code == 2
            assert "copy.db: exists already" in result.stderr
        assert Path("copy.db").read_text() == "mine"

    def test_not_with_values_in_the_quarantine(self, run, dirty):
        run("migrate", dirty)
        result = run("finalize", dirty, "--yes")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "2 values are in the quarantine" in result.stderr

    def test_a_rollback_afterwards_is_refused(self, run, clean):
        run("migrate", clean)
        run("finalize", clean, "--yes")
        result = run("rollback", clean)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "restore a backup" in result.stderr


class TestDiscover:
    def test_what_it_proposes_is_a_contract(self, run, clean, tmp_path):
        result = run("discover", clean)
        assert result.exit_code == 0
        proposed = parse_contract(tomllib.loads(result.stdout))
        assert {(table.name, column.legacy) for table, column in proposed.columns()} == {
            ("tasks", "created_at"),
            ("tasks", "updated_at"),
            ("runs", "started_at"),
        }
        assert "# fetch_latency_ms" in result.stdout
        (tmp_path / "ts-contract.toml").write_text(result.stdout)
        assert run("migrate", clean).exit_code == 0


class TestSql:
    def test_it_prints_what_the_function_returns(self, run, clean):
        contract = parse_contract(tomllib.loads(CONTRACT), name=clean.parent.name)
        for phase in PHASES:
            for optional in (False, True):
                result = run("sql", phase, *["--optional"] * optional)
                assert (result.exit_code, result.stderr) == (0, "")
                assert result.stdout == script(contract, phase, optional=optional)

    def test_the_script_migrates(self, run, clean):
        with closing(sqlite3.connect(clean)) as db:
            db.executescript(run("sql", "all").stdout)
        result = run("verify", clean)
        assert (result.exit_code, result.stderr) == (0, ""), result.stdout

    def test_no_script_of_another_dialect_than_asked_for(self, run, clean, tmp_path):
        (tmp_path / "ts-contract.toml").write_text(f'dialect = "postgresql"\n{CONTRACT}')
        for args in (["all"], ["all", "--dialect", "postgresql"]):
            result = run("sql", *args)
            assert (result.exit_code, result.stdout) == (2, "")
            assert result.stderr.endswith("give --dialect sqlite\n")
        with closing(sqlite3.connect(clean)) as db:
            db.executescript(run("sql", "all", "--dialect", "sqlite").stdout)

    def test_an_unknown_phase_or_dialect_is_a_usage_error(self, run, clean):
        for args in (["everything"], ["all", "--dialect", "mysql"], []):
            result = run("sql", *args)
            assert (result.exit_code, result.stdout) == (2, "")
            assert "Usage: ts-contract sql" in result.stderr


def test_what_lies_outside_the_valid_range_is_named_with_the_range(run, clean):
    query(clean, "UPDATE tasks SET created_at = '2019-12-31 12:00:00' WHERE id = 1")
    result = run("migrate", clean)
    assert result.exit_code == 1
    assert (
        'difference: tasks.created_at of row {"id":1}: 2019-12-31 12:00:00 is outside valid-range '
        "2020-01-01 to 2030-01-01; widen it, correct the row, or list the value in null-values\n"
    ) in result.stdout
