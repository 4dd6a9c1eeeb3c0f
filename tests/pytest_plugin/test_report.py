"""What a run says: its header, its summary, and the report as JSON."""

import json

import pytest

pytest_plugins = ["pytester"]

READS = """
def test_titles(opened):
    assert opened.titles() == ["first"]


def test_newest(opened):
    assert opened.newest() == "first"


def test_newest_again(opened):
    opened.add("second")
    assert opened.newest() == "second"
"""
LINE = 13  # of store.py, where newest() executes its statement


def test_the_header_says_what_was_chosen_and_how_the_templates_came(project, run):
    project.makepyfile(test_store=READS)
    for how in ("built", "cached"):
        result = run("--migrated-db", "-k", "titles", "-o", "cache_dir=.pytest_cache")
        result.stdout.fnmatch_lines(
            [
                "ts-contract: schema migrated (--migrated-db), legacy reads: fail",
                f"ts-contract: templates: migrated {how} (*.* s)",
            ]
        )


def test_with_a_builder_of_the_project_the_summary_says_how_the_templates_came(project, run):
    project.makeconftest("""
        import sqlite3

        import pytest

        @pytest.fixture(scope="session")
        def ts_legacy_builder():
            def build(path):
                db = sqlite3.connect(path)
                db.execute("CREATE TABLE tasks(id, created_at, updated_at)")
                db.execute("CREATE TABLE versions(version, applied_at)")
                db.close()

            return build
        """)
    project.makepyfile("def test_one(contract_db): pass")
    result = run("--migrated-db", "-o", "cache_dir=.pytest_cache")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "ts-contract: templates: made when a test first needs them",
            "templates: legacy built (*), migrated built (*)",
        ]
    )


def test_the_summary_counts_connections_and_says_what_was_not_seen(project, run):
    project.makepyfile(
        test_store=READS,
        test_more="""
        import sqlite3

        def test_past_connect(): sqlite3.Connection(":memory:").close()

        def test_legacy(legacy_db): pass

        def test_not_run(opened): opened.newest()
        """,
    )
    result = run("--migrated-db", "--ts-legacy-reads=warn", "-k", "not not_run")
    result.stdout.fnmatch_lines(
        [
            "4 of 5 sqlite3 connections were watched (1 of them on the legacy schema), in 5 "
            "executed tests; code that no test ran was not watched"
        ]
    )


def test_naive_datetimes_are_listed(project, run):
    project.makepyfile("""
        import datetime

        import pytest

        pytestmark = pytest.mark.filterwarnings("ignore:The default datetime adapter")

        def test_naive(contract_db):
            moment = datetime.datetime(2024, 1, 15)
            contract_db.execute("INSERT INTO notes(created_at) VALUES (?)", (moment,))
        """)
    result = run("--migrated-db")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["naive datetimes bound as a parameter*", "     1  test_*.py:9 in test_naive"]
    )


def test_the_report_is_the_format_of_the_design(project, run):
    project.makepyfile(test_store=READS)
    result = run("--migrated-db", "--ts-report=reads.json")
    result.stdout.fnmatch_lines([f"report: {project.path / 'reads.json'}"])
    assert json.loads((project.path / "reads.json").read_text()) == {
        "version": 1,
        "sites": [
            {
                "path": "store.py",
                "line": LINE,
                "function": "Store.newest",
                "table": "tasks",
                "column": "created_at",
                "epoch": "created_at_ms",
                "count": 2,
                "tests": ["test_store.py::test_newest", "test_store.py::test_newest_again"],
                "callers": [
                    [{"path": "test_store.py", "line": 6, "function": "test_newest"}],
                    [{"path": "test_store.py", "line": 11, "function": "test_newest_again"}],
                ],
            }
        ],
        "connections": {"opened": 3, "watched": 3},
        "tests": 3,
    }


def test_the_report_alone_lists_what_the_legacy_schema_hides(project, run):
    project.makepyfile(test_store=READS)
    run("--ts-report=reads.json").assert_outcomes(passed=3)
    assert len(json.loads((project.path / "reads.json").read_text())["sites"]) == 1


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("missing/reads.json", "is in a directory that does not exist"),
        ("migrations", "is a directory"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_run(project, run, path, problem):
    result = run(f"--ts-report={path}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --ts-report: {path} {problem}; name a file to write"])


def test_a_report_that_cannot_be_written_after_all_is_told(project, run):
    project.makepyfile("""
        import shutil

        def test_one(request):
            shutil.rmtree("out")
        """)
    project.mkdir("out")
    result = run("--ts-report=out/reads.json")
    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(["--ts-report: *reads.json: No such file or directory"])


def test_a_mistake_in_the_contract_is_a_usage_error(project, run):
    config = project.path / "pyproject.toml"
    config.write_text(config.read_text().replace("updated_at", "created_at"))
    result = run("--migrated-db")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *pyproject.toml: *tables.tasks: *twice*"])
