"""What needs a process of its own: entry points, imports, xdist, kills."""

import json
import re
import subprocess
import sys
import time

import pytest

pytest_plugins = ["pytester"]

PLAIN = ("-p", "no:benchmark", "-p", "no:cov", "-p", "no:hypothesispytest")

UNTOUCHED = """
import sqlite3
import sys


def test_nothing_is_changed():
    assert type(sqlite3.connect).__name__ == "builtin_function_or_method"
    assert sqlite3.dbapi2.connect is sqlite3.connect
    heavy = {"libcst", "sqlglot", "rich", "psycopg", "click", "sqlalchemy", "alembic"}
    assert not heavy & sys.modules.keys()
    ours = {name for name in sys.modules if name.startswith("ts_contract")}
    assert ours <= {
        "ts_contract",
        "ts_contract.pytest_plugin",
        "ts_contract.pytest_plugin.fixtures",
        "ts_contract.pytest_plugin.plugin",
    }
"""


def test_installed_but_unused_it_does_nothing(pytester):
    pytester.makepyfile(UNTOUCHED)
    result = pytester.runpytest_subprocess(*PLAIN, "--strict-config", "-W", "error")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["plugins: *ts-contract-*"])
    result.stdout.no_fnmatch_line("*ts-contract:*")


def test_its_import_brings_no_database_and_no_other_part(pytester):
    code = (
        "import sys, pytest; before = set(sys.modules); import ts_contract.pytest_plugin.plugin;"
        "new = set(sys.modules) - before;"
        "print(sorted(n for n in new if not n.startswith('ts_contract')))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_it_can_be_switched_off(project):
    project.makepyfile("def test_one(): pass")
    off = ("-p", "no:ts_contract", *PLAIN)
    ini = project.path / "pyproject.toml"
    ini.write_text(ini.read_text().replace('ts_contract_migrations = ["migrations"]', ""))
    project.runpytest_subprocess(*off, "-W", "error").assert_outcomes(passed=1)
    refused = project.runpytest_subprocess(*off, "--migrated-db")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    refused.stderr.fnmatch_lines(["*unrecognized arguments: --migrated-db*"])


def test_a_conftest_may_load_it_where_plugins_are_not_loaded_by_themselves(project, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    conftest = project.path / "conftest.py"
    plugins = 'pytest_plugins = ["ts_contract.pytest_plugin.plugin"]\n'
    conftest.write_text(plugins + conftest.read_text())
    project.makepyfile("def test_newest(opened): opened.newest()")
    project.runpytest_subprocess().assert_outcomes(passed=1)
    project.runpytest_subprocess("--migrated-db").assert_outcomes(failed=1)


def test_fixtures_options_ini_keys_and_markers_are_documented(project):
    fixtures = project.runpytest_subprocess("--fixtures", *PLAIN).stdout.str()
    for name in (
        "ts_contract",
        "ts_legacy_builder",
        "legacy_db",
        "legacy_db_path",
        "migrated_db",
        "migrated_db_path",
        "finalized_db",
        "finalized_db_path",
        "contract_db",
        "contract_db_path",
        "contract_db_url",
        "contract_engine",
        "contract_async_engine",
        "make_contract_db",
        "migrate_django_db",
        "ts_schema",
        "ts_clock",
        "legacy_reads",
    ):
        found = re.search(rf"^{name}(?: .*)? -- .*\n    (.*)$", fixtures, re.MULTILINE)
        assert found, name
        assert "no docstring" not in found[1], name
    text = project.runpytest_subprocess("--help", *PLAIN).stdout.str()
    for name in (
        "--migrated-db",
        "--ts-schema",
        "--ts-legacy-reads",
        "--ts-report",
        "ts_contract_migrations",
        "ts_contract_seed",
        "ts_contract_before_finalize",
        "ts_contract_allow",
        "ts_contract_allow_file",
        "ts_contract_helpers",
        "--ts-update-allow",
    ):
        assert name in text
    markers = project.runpytest_subprocess("--markers", *PLAIN).stdout
    markers.fnmatch_lines(
        ["@pytest.mark.ts_schema(schema): *", "@pytest.mark.allow_legacy_reads(*): *"]
    )


# --- xdist -----------------------------------------------------------------------------------

SPREAD = """
import pytest


@pytest.mark.parametrize("number", range(8))
def test_newest(opened, number):
    opened.add(f"task {number}")
    assert opened.titles() == ["first", f"task {number}"]
    if number % 2:
        opened.newest()


@pytest.mark.allow_legacy_reads("tasks.created_at", reason="one of two")
@pytest.mark.parametrize("number", range(2))
def test_allowed(opened, number):
    if number:
        opened.newest()
"""


def test_the_workers_share_one_build_and_one_summary(project):
    project.makepyfile(test_spread=SPREAD)
    allow = "ts_contract_allow=* tasks.updated_at nowhere"
    options = ("--migrated-db", "--ts-report=reads.json", "-o", allow, *PLAIN)
    result = project.runpytest_subprocess("-n", "4", *options)
    result.assert_outcomes(passed=6, failed=4)
    result.stdout.fnmatch_lines(
        [
            "ts-contract: schema migrated (--migrated-db), legacy reads: fail",
            "ts-contract: templates: migrated built (*)",
            "10 of 10 sqlite3 connections were watched, in 10 executed tests; *",
            "     5  store.py:13 in Store.newest: tasks.created_at -> created_at_ms (5 tests)",
            "unused allowance, remove it: ts_contract_allow: * tasks.updated_at (nowhere)",
        ]
    )
    result.stdout.no_fnmatch_line("unused allowance*test_allowed*")  # used in another worker
    [site] = json.loads((project.path / "reads.json").read_text())["sites"]
    assert site["count"] == len(site["tests"]) == 5
    assert len(list((project.path / ".pytest_cache").rglob("*-migrated.db"))) == 1


def test_each_of_two_schemas_in_four_workers(project):
    project.makepyfile(test_spread=SPREAD)
    result = project.runpytest_subprocess("-n", "4", "--ts-schema=both", *PLAIN)
    result.assert_outcomes(passed=16, failed=4)


BUILDER = """
import os
import sqlite3
import time

import pytest


@pytest.fixture(scope="session")
def ts_legacy_builder():
    def build(path):
        with open("builds.txt", "a") as file:
            file.write("built\\n")
        time.sleep(float(os.environ.get("BUILD_SECONDS", "0.3")))
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE tasks(id, created_at, updated_at)")
        db.execute("CREATE TABLE versions(version, applied_at)")
        db.close()

    return build
"""


def test_a_builder_of_the_project_runs_once_for_all_workers(project):
    project.makeconftest(BUILDER)
    project.makepyfile("""
        import pytest

        @pytest.mark.parametrize("number", range(8))
        def test_one(contract_db, number): pass
        """)
    result = project.runpytest_subprocess("-n", "4", "--migrated-db", *PLAIN)
    result.assert_outcomes(passed=8)
    assert (project.path / "builds.txt").read_text() == "built\n"


def test_a_worker_that_crashes_is_told(project):
    project.makepyfile("""
        import os

        def test_crash():
            os._exit(3)

        def test_fine(opened):
            opened.titles()
        """)
    result = project.runpytest_subprocess("-n", "1", "--migrated-db", *PLAIN)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["crashed workers: 1; what their unfinished tests saw is missing here"]
    )


def test_what_finished_tests_have_read_outlives_their_worker(project):
    project.makepyfile("""
        import os

        def test_first(opened): opened.newest()

        def test_crash(opened):
            opened.titles()
            os._exit(3)

        def test_last(opened): opened.newest()
        """)
    options = ("-n", "1", "--migrated-db", "--ts-report=reads.json")
    result = project.runpytest_subprocess(*options, *PLAIN)
    result.assert_outcomes(failed=3)
    report = json.loads((project.path / "reads.json").read_text())
    [site] = report["sites"]
    assert (site["count"], len(site["tests"]), report["tests"]) == (2, 2, 2)


FORKS = """
import json
import os

import pytest
from _pytest.runner import runtestprotocol


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    hook, config = item.config.hook, item.config
    reading, writing = os.pipe()
    if os.fork() == 0:
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        data = [hook.pytest_report_to_serializable(config=config, report=r) for r in reports]
        with os.fdopen(writing, "w") as pipe:
            json.dump(data, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        reports = json.load(pipe)
    os.wait()
    for data in reports:
        report = hook.pytest_report_from_serializable(config=config, data=data)
        hook.pytest_runtest_logreport(report=report)
    return True
"""


@pytest.mark.parametrize("options", [[], ["-n2"]])
def test_a_run_that_forks_for_each_test_loses_nothing(project, options):
    conftest = project.path / "conftest.py"
    conftest.write_text(f"{FORKS}\n{conftest.read_text()}")
    project.makepyfile(test_spread=SPREAD)
    plain = (*PLAIN, "-W", "ignore::DeprecationWarning")
    result = project.runpytest_subprocess("--migrated-db", "--ts-report=r.json", *options, *plain)
    result.assert_outcomes(passed=6, failed=4)
    result.stdout.fnmatch_lines(
        [
            "10 of 10 sqlite3 connections were watched, in 10 executed tests; *",
            "     5  store.py:13 in Store.newest: tasks.created_at -> created_at_ms (5 tests)",
        ]
    )
    report = json.loads((project.path / "r.json").read_text())
    assert (report["tests"], report["connections"]) == (10, {"opened": 10, "watched": 10})


def test_a_build_that_is_killed_leaves_nothing_that_is_used(project, monkeypatch):
    project.makeconftest(BUILDER)
    project.makepyfile("def test_one(legacy_db): legacy_db.execute('SELECT id FROM tasks')")
    monkeypatch.setenv("BUILD_SECONDS", "30")
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *PLAIN], stdout=subprocess.DEVNULL
    ) as run:
        for _ in range(300):
            if (project.path / "builds.txt").exists():
                break
            time.sleep(0.1)
        run.kill()
    assert not list((project.path / ".pytest_cache").rglob("*-legacy.db"))
    monkeypatch.setenv("BUILD_SECONDS", "0")
    project.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1)
    assert (project.path / "builds.txt").read_text() == "built\nbuilt\n"


# --- the clock -------------------------------------------------------------------------------


def test_the_clock_freezes_python_and_database_whatever_the_order_of_the_fixtures(project):
    project.makepyfile("""
        import time_machine
        from freezegun import freeze_time
        from ts_contract import now_ms
        from ts_contract.testing import IsNowMs

        def added(opened, db):
            opened.add("now")
            return db.execute("SELECT created_at FROM tasks ORDER BY id DESC").fetchone()[0]

        def test_clock(contract_db, opened, ts_clock):
            ts_clock.move_to("2024-01-15 12:00:00")
            assert now_ms() == ts_clock.now_ms == 1705320000000
            assert added(opened, contract_db) == "2024-01-15 12:00:00"
            ts_clock.advance(60_000)
            assert now_ms() == IsNowMs(delta_ms=0) == 1705320060000
            assert added(opened, contract_db) == "2024-01-15 12:01:00"

        def test_it_runs_again(opened, contract_db):
            assert added(opened, contract_db) > "2024-01-16"

        @time_machine.travel("2022-02-02T00:00:00Z", tick=False)
        def test_beside_time_machine(contract_db, opened, ts_clock):
            ts_clock.move_to("2024-01-15 12:00:00")
            assert added(opened, contract_db) == "2024-01-15 12:00:00"

        @freeze_time("2022-02-02")
        def test_beside_freezegun(contract_db, opened, ts_clock):
            ts_clock.move_to("2024-01-15 12:00:00")
            assert added(opened, contract_db) == "2024-01-15 12:00:00"
        """)
    project.runpytest_subprocess(*PLAIN).assert_outcomes(passed=4)
    watched = ("--migrated-db", "--ts-legacy-reads=warn")
    project.runpytest_subprocess(*watched, *PLAIN).assert_outcomes(passed=4)
