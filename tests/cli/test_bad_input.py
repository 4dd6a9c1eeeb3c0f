"""Bad input: one line that says what, where and what to do, and nothing is touched."""

import ctypes
import json
import os
import resource
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ts_contract import now_ms
from ts_contract.migration.engines.sqlite import connection as sqlite

READING = ["plan", "status", "verify", "discover"]
WRITING = ["migrate", "rollback", "finalize"]
every_command = pytest.mark.parametrize("command", [*READING, *WRITING])

CONTRACT = 'tables.tasks = ["created_at"]\n'
TASKS = "CREATE TABLE tasks (id INTEGER PRIMARY KEY, created_at TIMESTAMP)"


@pytest.fixture(autouse=True)
def contract(tmp_path):
    (tmp_path / "ts-contract.toml").write_text(CONTRACT)


@pytest.fixture
def tasks(tmp_path) -> Path:
    """A database with one table and one row, as the contract has it."""
    return make(tmp_path / "tasks.db", TASKS, "INSERT INTO tasks VALUES (1, '2024-01-15 12:00')")


def make(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(";\n".join(statements))
    return path


@contextmanager
def unchanged(directory: Path):
    """Fail if the block changes any file, or leaves or removes one."""
    before = {path: path.read_bytes() for path in directory.iterdir() if path.is_file()}
    yield
    assert {path: path.read_bytes() for path in directory.iterdir() if path.is_file()} == before


def refused(result, *parts: str, code: int = 2) -> None:
    assert (result.exit_code, result.stdout) == (code, "")
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    for part in parts:
        assert part in result.stderr


class TestTheFile:
    @every_command
    @pytest.mark.parametrize(
        ("db", "parts"),
        [
            ("gone.db", ["gone.db: No such file or directory; check the path"]),
            ("sqlite:///gone.db", ["gone.db: No such file or directory; check the path"]),
            ("no/such/dir.db", ["no/such/dir.db: No such file or directory; check the path"]),
            (".", [".: is not a file; give the path of a SQLite database"]),
            ("ts-contract.toml", ["ts-contract.toml: is not a SQLite database; check the path"]),
            ("postgresql://localhost/app", ["only SQLite", "give a path or sqlite:///path"]),
            ("mysql://root:secret@localhost/app", ["only SQLite", "give a path"]),
            ("", ["give the path"]),
            ("sqlite:///a%00b.db", ["a%00b.db: is not a path; give that of a SQLite database"]),
            ("sqlite://[::1/a.db", ["is not a path; give that of a SQLite database"]),
            ("x://[", ["only SQLite", "give a path"]),
        ],
    )
    def test_is_not_there_or_is_no_database(self, run, tmp_path, command, db, parts):
        with unchanged(tmp_path):
            result = run(command, db)
        refused(result, *parts)
        assert "secret" not in result.stderr

    @every_command
    def test_is_damaged(self, run, tmp_path, tasks, command):
        content = bytearray(tasks.read_bytes())
        content[100:200] = b"\xff" * 100
        tasks.write_bytes(content)
        with unchanged(tmp_path):
            result = run(command, tasks)
        assert result.exit_code in {2, 3}
        refused(result, "tasks.db", "; ", code=result.exit_code)

    @every_command
    def test_is_locked(self, run, tmp_path, tasks, command, monkeypatch):
        monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
        with closing(sqlite3.connect(tasks, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with unchanged(tmp_path):
                result = run(command, tasks)
        assert result.exit_code in {2, 3}
        refused(result, "tasks.db", "is locked by another connection", code=result.exit_code)

    @pytest.mark.parametrize("command", [*WRITING[:-1], "finalize --yes"])
    def test_is_read_only(self, shell, run, tmp_path, tasks, command):
        if command != "migrate":
            assert run("migrate", tasks).exit_code == 0
        tasks.chmod(0o444)
        tmp_path.chmod(0o555)
        with unchanged(tmp_path):
            process = shell(*command.split(), tasks, preexec_fn=without_root_rights)
            stdout, stderr = process.communicate()
        tmp_path.chmod(0o755)
        assert process.returncode in {2, 3}
        assert stdout == ""
        assert "tasks.db" in stderr
        assert "cannot be written; check the rights of the file and its directory" in stderr

    @pytest.mark.parametrize("command", READING)
    def test_read_only_is_enough_to_read(self, shell, tmp_path, tasks, command):
        tasks.chmod(0o444)
        tmp_path.chmod(0o555)
        process = shell(command, tasks, preexec_fn=without_root_rights)
        process.communicate()
        tmp_path.chmod(0o755)
        assert process.returncode == (1 if command == "verify" else 0)

    def test_outgrows_the_space_and_goes_on_when_there_is_more(self, shell, run, store):
        limit = store.stat().st_size + 50_000
        process = shell(
            "migrate",
            store,
            "--contract",
            "agentos",
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )
        stdout, stderr = process.communicate()
        assert (process.returncode, stdout) == (3, "")
        assert "run the same command again" in stderr
        assert "Traceback" not in stderr
        result = run("migrate", store, "--contract", "agentos")
        assert result.exit_code == 1  # for the quarantine
        assert run("verify", store, "--contract", "agentos").stdout == result.stdout


def without_root_rights() -> None:
    """Let the rights of files count even for root: drop CAP_DAC_OVERRIDE and _READ_SEARCH."""
    if os.geteuid() == 0:
        drop_from_bounding_set = 24
        libc = ctypes.CDLL(None)
        for capability in (1, 2):
            assert libc.prctl(drop_from_bounding_set, capability, 0, 0, 0) == 0


class TestANameThatIsNotUtf8:
    """Every file system of POSIX takes it."""

    @pytest.fixture
    def odd(self, tmp_path, tasks) -> Path:
        (tmp_path / os.fsdecode(b"d\xff")).mkdir()
        return tasks.rename(tmp_path / os.fsdecode(b"d\xff/\xe9.db"))

    def test_every_command_takes_it(self, run, odd):
        backup = odd.with_name(os.fsdecode(b"\xfe.db"))
        for arguments in (
            ["discover", odd],
            ["plan", odd],
            ["plan", odd, "--sql"],
            ["plan", odd, "--format", "json"],
            ["migrate", odd],
            ["verify", odd],
            ["rollback", odd],
            ["migrate", odd, "--backup", backup],
            *(["status", odd, "--format", form] for form in ("text", "json", "prometheus")),
            ["verify", odd, "--format", "json"],
            ["finalize", odd, "--yes"],
        ):
            result = run(*arguments)
            assert result.exit_code == 0, result.stderr
        assert backup.exists()

    def test_a_url_can_spell_it(self, run, odd):
        assert run("plan", "sqlite:///d%FF/%E9.db").exit_code == 0

    def test_prometheus_reads_it(self, run, odd):
        assert run("migrate", odd).exit_code == 0
        stdout = run("status", odd, "--format", "prometheus").stdout
        (database,) = {
            sample.labels["database"]
            for family in text_string_to_metric_families(stdout)
            for sample in family.samples
        }
        assert database.endswith("d\\udcff/\\udce9.db")


class TestTheContract:
    @pytest.mark.parametrize("command", [*READING[:-1], *WRITING])
    def test_is_broken(self, run, tmp_path, tasks, command):
        (tmp_path / "ts-contract.toml").write_text("tables = [\n")
        with unchanged(tmp_path):
            refused(run(command, tasks), "ts-contract.toml: is not valid TOML", "correct it there")

    def test_discover_reads_none(self, run, tmp_path, tasks):
        (tmp_path / "ts-contract.toml").write_text("tables = [\n")
        assert run("discover", tasks).exit_code == 0


class TestTheSchema:
    """What the database has is not what the contract says: refused before any change."""

    @pytest.mark.parametrize(
        ("schema", "contract", "parts"),
        [
            pytest.param(
                "CREATE TABLE other (id INTEGER)",
                CONTRACT,
                ["table tasks is not in the database", "optional-tables"],
                id="missing table",
            ),
            pytest.param(
                "CREATE TABLE tasks (id INTEGER)",
                CONTRACT,
                ["tasks.created_at is not in the database", "correct the contract"],
                id="missing column",
            ),
            pytest.param(
                "CREATE TABLE tasks (created_at TIMESTAMP, created_at_ms INTEGER)",
                CONTRACT,
                ["tasks.created_at_ms is there already", "drop the column"],
                id="column that is already there",
            ),
            pytest.param(
                f"{TASKS}; CREATE TABLE t (x); CREATE INDEX idx_tasks_created_at_ms ON t (x)",
                CONTRACT,
                ["the name idx_tasks_created_at_ms is taken", "rename what has it"],
                id="index name that is taken",
            ),
            pytest.param(
                "CREATE TABLE t (created_at); CREATE VIEW tasks AS SELECT created_at FROM t",
                CONTRACT,
                ["tasks is a view, not a table", "take it out of the contract"],
                id="view",
            ),
            pytest.param(
                TASKS,
                CONTRACT + 'version = {table = "schema_version", value = "2"}\n',
                ["table schema_version", "create it, or take [version] out"],
                id="no table for the version row",
            ),
            pytest.param(TASKS, "", ["the contract has no tables"], id="contract without tables"),
        ],
    )
    def test_a_migration_is_refused(self, run, tmp_path, schema, contract, parts):
        (tmp_path / "ts-contract.toml").write_text(contract)
        path = make(tmp_path / "app.db", schema)
        with unchanged(tmp_path):
            refused(run("migrate", path), *parts)
            planned = run("plan", path)
        assert planned.exit_code == 2
        for part in parts:
            assert f"refusal: {part}" in planned.stdout or part in planned.stdout

    def test_a_missing_optional_table_is_skipped_and_named(self, run, tmp_path, tasks):
        (tmp_path / "ts-contract.toml").write_text(
            'optional-tables = ["events"]\ntables = {tasks = ["created_at"], events = ["at"]}\n'
        )
        assert "note: table events is not there; it is optional and skipped" in (
            run("plan", tasks).stdout
        )
        assert run("migrate", tasks).exit_code == 0
        assert "Not in this database: events." in run("status", tasks).stdout

    def test_status_misses_a_table_that_is_not_optional(self, run, tmp_path, tasks):
        (tmp_path / "ts-contract.toml").write_text(
            'tables = {tasks = ["created_at"], events = ["at"]}\n'
        )
        result = run("status", tasks)
        assert result.exit_code == 1
        assert "Not in this database: events." in result.stdout

    def test_what_was_never_migrated_cannot_be_finalized(self, run, tmp_path, tasks):
        with unchanged(tmp_path):
            refused(run("finalize", tasks), "is not migrated; run `ts-contract migrate` first")

    def test_rollback_has_nothing_to_take_out_where_nothing_was_put_in(self, run, tmp_path, tasks):
        with unchanged(tmp_path):
            result = run("rollback", tasks)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == f"{tasks}: nothing to take out.\n"

    def test_another_contract_is_refused(self, run, tmp_path, tasks):
        assert run("migrate", tasks).exit_code == 0
        (tmp_path / "ts-contract.toml").write_text('tables.tasks = {created_at = "other_ms"}\n')
        with unchanged(tmp_path):
            refused(run("migrate", tasks), "another contract")
            refused(run("finalize", tasks, "--yes"), "not migrated by this contract")

    @pytest.mark.parametrize(
        "toml",
        [None, 'tables.tasks = {created_at = "other_ms"}\n'],
        ids=["none", "another"],
    )
    def test_rollback_needs_no_contract(self, run, tmp_path, tasks, toml):
        before = tasks.read_bytes()
        assert run("migrate", tasks).exit_code == 0
        (tmp_path / "ts-contract.toml").unlink()
        if toml is not None:
            (tmp_path / "ts-contract.toml").write_text(toml)

        result = run("rollback", tasks)

        assert (result.exit_code, result.stderr) == (0, "")
        with closing(sqlite3.connect(tasks)) as db, closing(sqlite3.connect(":memory:")) as old:
            old.deserialize(before)
            assert list(db.iterdump()) == list(old.iterdump())

    def test_a_contract_that_the_command_line_names_has_to_be_right(self, run, tmp_path, tasks):
        assert run("migrate", tasks).exit_code == 0
        with unchanged(tmp_path):
            refused(run("rollback", tasks, "--contract", "nowhere"), "no contract is called")

    def test_a_newer_format_is_refused_by_both_numbers(self, run, tmp_path, tasks):
        assert run("migrate", tasks).exit_code == 0
        with closing(sqlite3.connect(tasks, isolation_level=None)) as db:
            db.execute("UPDATE _ts_contract_state SET value = '3' WHERE name = 'format'")
        with unchanged(tmp_path):
            for command in ("plan", "migrate", "verify", "status", "finalize", "rollback"):
                refused(run(command, tasks), "in format 3", "formats up to 2")

    def test_what_only_the_epoch_column_holds_is_lost_by_discard_alone(self, run, tmp_path, tasks):
        assert run("migrate", tasks, "--no-sync").exit_code == 0
        with closing(sqlite3.connect(tasks, isolation_level=None)) as db:
            db.execute("INSERT INTO tasks (created_at_ms) VALUES (1705320001000)")
        with unchanged(tmp_path):
            refused(
                run("rollback", tasks), "1 row of tasks", f"`ts-contract rollback --discard {tasks}"
            )
        assert run("rollback", tasks, "--discard").exit_code == 0
        with closing(sqlite3.connect(tasks)) as db:
            assert db.execute("SELECT created_at FROM tasks").fetchall()[-1] == (None,)

    @pytest.mark.parametrize("name", ['say "hi"', "a; DROP TABLE x; --", "[red]", "\\", "order"])
    def test_a_hostile_name_is_a_name(self, run, tmp_path, name):
        quoted = name.replace('"', '""')
        path = make(
            tmp_path / "app.db",
            f'CREATE TABLE "{quoted}" (id INTEGER PRIMARY KEY, "{quoted}" TIMESTAMP)',
            f"INSERT INTO \"{quoted}\" VALUES (1, '2024-01-15 12:00:00')",
        )
        (tmp_path / "ts-contract.toml").write_text(
            f"[tables.'{name}']\n'{name}' = {{ epoch = 'at_ms' }}\n"
        )
        before = path.read_bytes()
        for command in ("plan", "migrate", "verify", "status", "rollback"):
            result = run(command, path)
            assert result.exit_code == 0
            assert all(line.startswith("Next: ") for line in result.stderr.splitlines())
            if command != "rollback":
                assert name in result.stdout
        with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(":memory:")) as old:
            old.deserialize(before)
            assert list(db.iterdump()) == list(old.iterdump())


class TestAHotJournal:
    @pytest.fixture
    def crashed(self, tmp_path, tasks):
        """A copy of a database whose application has crashed after it wrote some pages."""
        with closing(sqlite3.connect(tasks, isolation_level=None)) as db:
            db.execute("PRAGMA cache_size = 5")
            db.execute(
                "INSERT INTO tasks (created_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
                " SELECT i + 1 FROM n WHERE i < 20000) SELECT '2024-01-15 12:00:00' FROM n"
            )
            db.execute("BEGIN")
            db.execute("UPDATE tasks SET created_at = '2024-01-15 12:00:01'")
            for end in ("", "-journal"):
                Path(f"crashed.db{end}").write_bytes(Path(f"{tasks}{end}").read_bytes())
        return Path("crashed.db")

    def test_what_only_reads_says_how_to_go_on(self, run, tmp_path, crashed):
        with unchanged(tmp_path):
            for command in ("plan", "status", "verify", "discover"):
                refused(run(command, crashed), "left by a crash", "run `ts-contract migrate`")
        assert run("migrate", crashed).exit_code == 0
        assert run("verify", crashed).exit_code == 0


class TestTheUrl:
    def test_the_driver_does_not_matter(self, run, tasks):
        assert run("migrate", f"sqlite+pysqlite:///{tasks}").exit_code == 0

    def test_one_for_reading_only_is_obeyed(self, run, tmp_path, tasks):
        url = f"sqlite:///{tasks}?mode=ro"
        with unchanged(tmp_path):
            assert run("plan", url).exit_code == 0
            for command in ("migrate", "rollback", "finalize"):
                refused(run(command, url), "for reading only", "leave mode=ro out")

    def test_what_else_is_asked_for_is_refused(self, run, tmp_path, tasks):
        with unchanged(tmp_path):
            refused(run("migrate", f"sqlite:///{tasks}?immutable=1"), "leave immutable=1 out")


class TestTheLease:
    def hold(self, tasks, at, host="elsewhere"):
        sign = {"token": "00", "pid": 4_000_000, "host": host, "at": at}
        with closing(sqlite3.connect(tasks, isolation_level=None)) as db:
            db.execute(
                "INSERT OR REPLACE INTO _ts_contract_state VALUES ('lease', ?)", (json.dumps(sign),)
            )
            db.execute("DROP INDEX idx_tasks_created_at_ms")  # something is left to do

    @pytest.mark.parametrize("ahead", [180_000, 86_400_000, 10**15])
    def test_a_sign_of_life_from_the_future_is_none(self, run, tasks, ahead):
        assert run("migrate", tasks).exit_code == 0
        self.hold(tasks, now_ms() + ahead)
        assert run("migrate", tasks).exit_code == 0

    @pytest.mark.parametrize("ahead", [30_000, 0, -30_000])
    def test_one_of_now_is_broken_by_take_over_alone(self, run, tmp_path, tasks, ahead):
        assert run("migrate", tasks).exit_code == 0
        self.hold(tasks, now_ms() + ahead)
        with unchanged(tmp_path):
            refused(run("migrate", tasks), "process 4000000 on elsewhere", "--take-over")
        assert run("migrate", tasks, "--take-over").exit_code == 0
        assert run("status", tasks).stdout.count("At work") == 0


class TestTheNumbers:
    @pytest.mark.parametrize(
        "option",
        [
            ("--batch-size", "99999999999999999999"),
            ("--batch-size", "1000000001"),
            ("--batch-size", "0"),
            ("--batch-size", "-1"),
            ("--batch-size", "nan"),
            *(("--pause", pause) for pause in ("nan", "inf", "-inf", "1e12", "-1", "3600.1")),
        ],
        ids="=".join,
    )
    def test_one_that_cannot_be_meant_changes_nothing(self, run, tmp_path, tasks, option):
        with unchanged(tmp_path):
            result = run("migrate", tasks, *option)
        assert (result.exit_code, result.stdout) == (2, "")
        assert option[0].strip("-") in result.stderr
        assert "Traceback" not in result.stderr


class TestTheOptions:
    @pytest.mark.parametrize(
        "options",
        [
            ["--batch-size", "0"],
            ["--batch-size", "many"],
            ["--pause", "-1"],
            ["--pause"],
            ["--backup"],
            ["--format", "xml"],
        ],
    )
    def test_a_wrong_value_is_a_usage_error(self, run, tmp_path, tasks, options):
        with unchanged(tmp_path):
            result = run("migrate", tasks, *options)
        assert (result.exit_code, result.stdout) == (2, "")

    @pytest.mark.parametrize("backup", ["tasks.db", "ts-contract.toml", "no/such/dir.db", "."])
    def test_a_backup_writes_over_nothing(self, run, tmp_path, tasks, backup):
        with unchanged(tmp_path):
            refused(run("migrate", tasks, "--backup", backup), backup)
