"""Which schema a test runs on: options, marker, and each in turn."""

import pytest

pytest_plugins = ["pytester"]

TELL = """
def test_schema(contract_db, ts_schema):
    names = {name for (name,) in contract_db.execute("SELECT name FROM pragma_table_info('tasks')")}
    print(f"<{ts_schema}: {'created_at' in names}, {'created_at_ms' in names}>")
"""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "<legacy: True, False>"),
        (["--migrated-db"], "<migrated: True, True>"),
        (["--ts-schema=legacy"], "<legacy: True, False>"),
        (["--ts-schema=migrated"], "<migrated: True, True>"),
        (["--ts-schema=migrated", "--migrated-db"], "<migrated: True, True>"),
        (["--ts-schema", "finalized"], "<finalized: False, True>"),
    ],
)
def test_an_option_chooses_the_schema(project, run, options, told):
    project.makepyfile(TELL)
    result = run("-s", *options)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"*{told}*"])


def test_the_flag_does_not_eat_the_path_that_follows_it(project, run):
    project.makepyfile(test_one=TELL, test_two=TELL)
    run("--migrated-db", "test_one.py").assert_outcomes(passed=1)


@pytest.mark.parametrize("schema", ["legacy", "finalized", "both"])
def test_options_that_contradict_each_other_are_refused(project, run, schema):
    project.makepyfile(TELL)
    result = run("--migrated-db", f"--ts-schema={schema}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: --migrated-db is --ts-schema=migrated, and --ts-schema={schema} was given "
            "too; give one of them"
        ]
    )


def test_an_unknown_schema_is_refused_with_the_known_ones(project, run):
    result = run("--ts-schema=new")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*invalid choice: 'new' (choose from *legacy*migrated*"])


BOTH = """
import pytest


def test_direct(contract_db): pass


def test_through_another_fixture(opened): pass


@pytest.mark.usefixtures("contract_db_path")
class TestGroup:
    def test_in_a_class(self): pass


@pytest.mark.parametrize("number", [1, 2])
def test_with_parameters(number, contract_db_path): pass


@pytest.mark.ts_schema("legacy")
def test_pinned(contract_db, ts_schema):
    assert ts_schema == "legacy"


@pytest.mark.parametrize("ts_schema", ["finalized"], indirect=True)
def test_with_its_own_schemas(contract_db, ts_schema):
    assert ts_schema == "finalized"


def test_without(tmp_path): pass


def test_of_one_schema(legacy_db): pass
"""


def test_both_runs_each_test_that_uses_a_contract_fixture_twice(project, run):
    project.makepyfile(test_both=BOTH)
    result = run("--ts-schema=both", "--collect-only", "-q")
    result.stdout.fnmatch_lines(
        [
            "test_both.py::test_direct[[]legacy[]]",
            "test_both.py::test_direct[[]migrated[]]",
            "test_both.py::test_through_another_fixture[[]legacy[]]",
            "test_both.py::test_through_another_fixture[[]migrated[]]",
            "test_both.py::TestGroup::test_in_a_class[[]legacy[]]",
            "test_both.py::TestGroup::test_in_a_class[[]migrated[]]",
            "test_both.py::test_with_parameters[[]legacy-1[]]",
            "test_both.py::test_with_parameters[[]legacy-2[]]",
            "test_both.py::test_with_parameters[[]migrated-1[]]",
            "test_both.py::test_with_parameters[[]migrated-2[]]",
            "test_both.py::test_pinned",
            "test_both.py::test_with_its_own_schemas[[]finalized[]]",
            "test_both.py::test_without",
            "test_both.py::test_of_one_schema",
        ]
    )
    run("--ts-schema=both").assert_outcomes(passed=14)


def test_both_gives_each_its_schema_and_a_parameter_can_be_selected(project, run):
    project.makepyfile(TELL)
    result = run("-s", "--ts-schema=both")
    result.stdout.fnmatch_lines(["*<legacy: True, False>*", "*<migrated: True, True>*"])
    chosen = run("-s", "--ts-schema=both", "-k", "migrated and not legacy")
    chosen.assert_outcomes(passed=1, deselected=1)


def test_only_the_schema_that_failed_is_run_again_by_lf(project, run):
    project.makepyfile("""
        def test_legacy_only(contract_db, ts_schema):
            assert ts_schema == "legacy"
        """)
    options = ("--ts-schema=both", "-o", "cache_dir=.pytest_cache")
    run(*options).assert_outcomes(passed=1, failed=1)
    result = run(*options, "--lf", "-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*::test_legacy_only[[]migrated[]] FAILED*"])


def test_junit_names_the_schema(project, run):
    project.makepyfile(TELL)
    run("--ts-schema=both", "--junitxml=junit.xml").assert_outcomes(passed=2)
    text = (project.path / "junit.xml").read_text()
    assert 'name="test_schema[legacy]"' in text
    assert 'name="test_schema[migrated]"' in text


def test_under_both_legacy_reads_count_on_the_migrated_schema_only(project, run):
    project.makepyfile("def test_newest(opened): assert opened.newest() == 'first'")
    result = run("--ts-schema=both", "-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*test_newest[[]legacy[]] PASSED*", "*test_newest[[]migrated[]] FAILED*"]
    )


@pytest.mark.parametrize(
    "body",
    [
        "def test_late(request): request.getfixturevalue('contract_db')",
        """
        import unittest
        import pytest

        @pytest.mark.usefixtures("contract_db_path")
        class Case(unittest.TestCase):
            def test_case(self): pass
        """,
    ],
    ids=["requested while it runs", "unittest"],
)
def test_a_test_that_both_cannot_double_says_what_to_do(project, run, body):
    project.makepyfile(body)
    result = run("--ts-schema=both")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*under --ts-schema=both this test would run only once*"])
    run("--migrated-db").assert_outcomes(passed=1)


def test_a_marker_pins_a_test_or_a_class(project, run):
    project.makepyfile("""
        import pytest

        @pytest.mark.ts_schema("finalized")
        class TestPinned:
            def test_class(self, ts_schema):
                assert ts_schema == "finalized"

            @pytest.mark.ts_schema("migrated")
            def test_nearer(self, ts_schema):
                assert ts_schema == "migrated"
        """)
    run("--strict-markers").assert_outcomes(passed=2)


@pytest.mark.parametrize("arguments", ["", "'new'", "'legacy', 'migrated'", "schema='legacy'"])
def test_a_marker_that_names_no_schema_is_told(project, run, arguments):
    project.makepyfile(f"""
        import pytest

        @pytest.mark.ts_schema({arguments})
        def test_pinned(contract_db): pass
        """)
    for options in ([], ["--migrated-db"], ["--ts-schema=both"]):
        result = run(*options)
        result.assert_outcomes(errors=1)
        said = [line for line in result.outlines if "names one schema" in line]
        assert len([line for line in said if not line.startswith("ERROR")]) == 1
        assert "::test_pinned: the marker ts_schema names one schema: @" in said[0]
        result.stdout.no_fnmatch_line("*schemas.py:*")


def test_a_pinned_test_may_read_what_its_schema_has(project, run):
    project.makepyfile("""
        import sqlite3

        import pytest

        @pytest.mark.ts_schema("legacy")
        def test_pinned(opened, tmp_path):
            opened.newest()
            copy = sqlite3.connect(tmp_path / "copy.db")
            opened.db.backup(copy)
            copy.execute("SELECT created_at FROM tasks")
            copy.close()

        def test_explicit(legacy_db, legacy_db_path):
            legacy_db.execute("SELECT created_at FROM tasks")
            with sqlite3.connect(f"file:{legacy_db_path}?mode=ro", uri=True) as db:
                db.execute("SELECT created_at FROM tasks")
            db.close()
        """)
    run("--migrated-db").assert_outcomes(passed=2)
