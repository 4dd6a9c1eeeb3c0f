"""Legacy reads in a run: which test fails, where, and in which mode."""

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
