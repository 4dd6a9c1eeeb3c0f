"""Legacy reads in a run: failures, modes, allowances, summary, report."""

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


def test_a_test_that_reads_a_legacy_column_fails_at_the_line_that_does(project, run):
    project.makepyfile(test_store=READS)
    result = run("--migrated-db")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_newest _*",
            f"legacy column tasks.created_at is read at store.py:{LINE} in Store.newest: "
            "read created_at_ms there",
            '(to allow it for now: @pytest.mark.allow_legacy_reads("tasks.created_at", '
            'reason="..."))',
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_without_an_option_nothing_is_watched(project, run):
    project.makepyfile(test_store=READS)
    result = run()
    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*ts-contract:*")
    result.stdout.no_fnmatch_line("*legacy reads*")


@pytest.mark.parametrize("schema", ["--migrated-db", "--ts-schema=legacy"])
def test_warn_lists_and_fails_nothing(project, run, schema):
    project.makepyfile(test_store=READS)
    result = run(schema, "--ts-legacy-reads=warn")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "legacy reads by place:",
            f"     2  store.py:{LINE} in Store.newest: tasks.created_at -> created_at_ms (2 tests)",
        ]
    )


def test_off_watches_nothing(project, run):
    project.makepyfile(
        test_store=READS,
        test_original="""
        import sqlite3

        def test_original():
            assert type(sqlite3.connect).__name__ == "builtin_function_or_method"
        """,
    )
    run("--migrated-db", "--ts-legacy-reads=off").assert_outcomes(passed=4)


def test_fail_on_the_legacy_schema_shows_what_lies_ahead(project, run):
    project.makepyfile(test_store=READS)
    run("--ts-legacy-reads=fail").assert_outcomes(passed=1, failed=2)


def test_what_a_fixture_reads_fails_the_test_and_a_teardown_is_an_error(project, run):
    project.makepyfile("""
        import pytest

        @pytest.fixture
        def reads_first(opened):
            opened.newest()

        @pytest.fixture
        def reads_last(opened):
            yield
            opened.newest()

        def test_first(reads_first): pass

        def test_last(reads_last): pass
        """)
    result = run("--migrated-db", "-rA")
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_last*", "FAILED *::test_first*"])


def test_a_test_that_fails_anyway_keeps_its_own_failure(project, run):
    project.makepyfile("""
        def test_both(opened):
            opened.newest()
            assert opened.titles() == ["other"]
        """)
    result = run("--migrated-db")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*assert *'first'*",
            "*Captured legacy reads call*",
            f"legacy column tasks.created_at is read at store.py:{LINE} in Store.newest: *",
        ]
    )


def test_an_expected_failure_is_one_and_a_skipped_test_is_skipped(project, run):
    project.makepyfile("""
        import pytest

        @pytest.mark.xfail(strict=True)
        def test_expected(opened):
            opened.newest()

        def test_skipped(opened):
            opened.newest()
            pytest.skip("after all")
        """)
    run("--migrated-db").assert_outcomes(xfailed=1, skipped=1)


def test_a_read_is_of_the_test_that_makes_it_also_from_a_cached_statement(project, run):
    project.makepyfile("""
        import pytest
        import store

        @pytest.fixture(scope="module")
        def shared(tmp_path_factory):
            path = tmp_path_factory.mktemp("x") / "store.db"
            opened = store.Store(path)
            opened.db.execute("CREATE TABLE tasks(id, title, created_at, created_at_ms)")
            opened.add("x")
            yield opened
            opened.close()

        def test_first(shared): shared.newest()

        def test_innocent(shared): shared.titles()

        def test_second(shared): shared.newest()
        """)
    result = run("--migrated-db", "-rA")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["PASSED *::test_innocent"])


def test_a_name_that_a_conftest_imports_from_sqlite3_is_watched(project, run):
    project.makeconftest("from sqlite3 import connect")
    project.makepyfile("""
        from conftest import connect

        def test_newest(contract_db_path):
            db = connect(contract_db_path)
            db.execute("SELECT created_at FROM tasks")
            db.close()
        """)
    run("--migrated-db").assert_outcomes(failed=1)


def test_reads_outside_of_any_test_are_listed(project, run):
    project.makepyfile("""
        import sqlite3

        db = sqlite3.connect(":memory:")
        db.execute("CREATE TABLE tasks(created_at)")
        db.execute("SELECT created_at FROM tasks")
        db.close()

        def test_nothing(): pass
        """)
    result = run("--migrated-db")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["     1  test_*.py:5 in <module>: *-> created_at_ms (0 tests)"])


def test_the_contract_of_a_conftest_is_the_one_that_is_looked_for(project, run):
    project.makeconftest("""
        import pytest
        from ts_contract.loading import parse_contract

        @pytest.fixture(scope="session")
        def ts_contract():
            return parse_contract({"tables": {"notes": ["created_at"]}})
        """)
    project.makepyfile("""
        def test_tasks(contract_db): contract_db.execute("SELECT created_at FROM tasks")

        def test_notes(contract_db): contract_db.execute("SELECT created_at FROM notes")
        """)
    result = run("--migrated-db")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["legacy column notes.created_at is read at *"])


def test_a_case_of_unittest_fails_too(project, run):
    project.makepyfile("""
        import sqlite3
        import unittest

        class Case(unittest.TestCase):
            def test_case(self):
                db = sqlite3.connect(":memory:")
                db.execute("CREATE TABLE tasks(created_at)")
                db.execute("SELECT created_at FROM tasks")
                db.close()
        """)
    run("--migrated-db").assert_outcomes(failed=1)


# --- allowances ------------------------------------------------------------------------------


def test_a_marker_allows_a_column_to_a_test(project, run):
    project.makepyfile("""
        import pytest

        @pytest.mark.allow_legacy_reads("tasks.created_at", reason="rewritten next week")
        def test_allowed(opened): opened.newest()

        @pytest.mark.allow_legacy_reads("tasks.updated_at", "TASKS.Created_At", reason="both")
        def test_allowed_too(opened): opened.newest()

        @pytest.mark.allow_legacy_reads("tasks.updated_at", reason="another column")
        def test_refused(opened): opened.newest()
        """)
    result = run("--migrated-db", "--strict-markers", "-rA")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_refused *"])


@pytest.mark.parametrize(
    "line",
    [
        "* tasks.created_at the whole suite",
        "test_store.py tasks.created_at the file",
        "test_store.py::TestStore tasks.created_at the class",
        "test_store.py::TestStore::test_newest tasks.created_at the test with all parameters",
        "test_store.py::TestStore::test_newest[a b] tasks.created_at with this parameter",
    ],
)
def test_a_line_of_the_ini_key_allows_a_column(project, run, line):
    project.makepyfile(
        test_store="""
        import pytest

        class TestStore:
            @pytest.mark.parametrize("text", ["a b"])
            def test_newest(self, opened, text): opened.newest()
        """
    )
    run("--migrated-db", "-o", f"ts_contract_allow={line}").assert_outcomes(passed=1)


def test_a_line_for_another_test_allows_nothing(project, run):
    project.makepyfile(test_store="def test_newest(opened): opened.newest()")
    line = "test_store.py::test_new tasks.created_at the name goes on"
    run("--migrated-db", "-o", f"ts_contract_allow={line}").assert_outcomes(failed=1)


@pytest.mark.parametrize(
    "line", ["tasks.created_at", "* tasks.created_at", "test_x.py created_at why", "*"]
)
def test_a_line_without_test_column_or_reason_is_refused(project, run, line):
    project.makepyfile("def test_nothing(): pass")
    result = run("--migrated-db", "-o", f"ts_contract_allow={line}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"ERROR: ts_contract_allow: {line!r} is not of the form TEST TABLE.COLUMN REASON, *"]
    )


@pytest.mark.parametrize(
    "arguments", ["", "'tasks.created_at'", "reason='x'", "'created_at', reason='x'"]
)
def test_a_marker_without_column_or_reason_is_told(project, run, arguments):
    project.makepyfile(f"""
        import pytest

        @pytest.mark.allow_legacy_reads({arguments})
        def test_one(opened): pass
        """)
    result = run("--migrated-db")
    result.assert_outcomes(errors=1)
    said = [line for line in result.outlines if "allow_legacy_reads" in line]
    assert len(said) == 1
    assert 'write @pytest.mark.allow_legacy_reads("tasks.created_at", reason="...")' in said[0]


def test_an_allowance_is_used_if_any_case_of_its_test_class_or_module_uses_it(project, run):
    project.makepyfile("""
        import pytest

        pytestmark = pytest.mark.allow_legacy_reads("tasks.created_at", reason="the module")

        @pytest.mark.allow_legacy_reads("tasks.updated_at", reason="the class")
        class TestStore:
            def test_titles(self, opened): opened.titles()

            @pytest.mark.allow_legacy_reads("versions.applied_at", reason="the test")
            @pytest.mark.parametrize("column", ["title", "updated_at"])
            def test_column(self, opened, column):
                opened.db.execute(f"SELECT {column} FROM tasks")

        def test_newest(opened): opened.newest()
        """)
    result = run("--migrated-db")
    result.assert_outcomes(passed=4)
    assert [line for line in result.outlines if line.startswith("unused allowance")] == [
        "unused allowance, remove it: allow_legacy_reads: "
        "test_an_allowance_is_used_if_any_case_of_its_test_class_or_module_uses_it.py::"
        "TestStore::test_column versions.applied_at (the test)",
    ]


def test_an_allowance_is_not_unused_where_the_schema_has_nothing_else_to_read(project, run):
    project.makepyfile("""
        import pytest

        @pytest.mark.allow_legacy_reads("tasks.created_at", reason="until March")
        def test_newest(opened): opened.newest()
        """)
    result = run("--ts-schema=both")
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("unused allowance*")


def test_an_allowance_that_nothing_used_is_reported_if_its_test_was_run(project, run):
    project.makepyfile(
        test_store="""
        import pytest

        @pytest.mark.allow_legacy_reads("tasks.created_at", reason="once needed")
        def test_titles(opened): opened.titles()

        def test_newest(opened): opened.newest()
        """
    )
    allow = "\n".join(
        (
            "test_store.py::test_newest tasks.created_at used",
            "test_store.py::test_newest tasks.updated_at not used",
            "test_store.py::test_gone tasks.created_at not run",
            "* tasks.updated_at nowhere",
        )
    )
    result = run("--migrated-db", "-o", f"ts_contract_allow={allow}")
    result.assert_outcomes(passed=2)
    unused = [line for line in result.outlines if line.startswith("unused allowance")]
    assert unused == [
        "unused allowance, remove it: allow_legacy_reads: test_store.py::test_titles "
        "tasks.created_at (once needed)",
        "unused allowance, remove it: ts_contract_allow: * tasks.updated_at (nowhere)",
        "unused allowance, remove it: ts_contract_allow: test_store.py::test_newest "
        "tasks.updated_at (not used)",
    ]


# --- summary, header, report -----------------------------------------------------------------


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
            "executed tests; code that no test ran was not seen"
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


# --- the fixture -----------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--migrated-db", "--ts-legacy-reads=warn"]])
def test_legacy_reads_lists_what_the_test_has_read_so_far(project, run, options):
    project.makepyfile(f"""
        def test_reads(opened, legacy_reads):
            opened.titles()
            assert legacy_reads == []
            opened.newest()
            [read] = legacy_reads
            assert (read.table, read.column, read.epoch) == ("tasks", "created_at", "created_at_ms")
            assert read.site.path.endswith("store.py")
            assert (read.site.line, read.site.function) == ({LINE}, "Store.newest")
            assert "tasks.created_at is read at" in repr(legacy_reads)

        def test_next(opened, legacy_reads):
            assert not legacy_reads
        """)
    project.makeconftest(
        (project.path / "conftest.py")
        .read_text()
        .replace("contract_db_path)", "legacy_reads, contract_db_path)", 1)
    )
    run(*options).assert_outcomes(passed=2)
