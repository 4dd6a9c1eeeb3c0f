"""What is read, and opened, by fixtures that are wider than a test."""

import json

import pytest

pytest_plugins = ["pytester"]

SLIM = """
import sqlite3

import pytest


class Slim(sqlite3.Connection):
    __slots__ = ()


@pytest.fixture(scope="module", params=[sqlite3.Connection, Slim])
def db(request):
    db = sqlite3.connect(":memory:", factory=request.param)
    db.execute("CREATE TABLE tasks(created_at)")
    yield db
    db.close()


def test_one(db): db.execute("SELECT created_at FROM tasks")


def test_two(db): db.execute("SELECT created_at FROM tasks")
"""


def test_a_connection_of_any_class_is_watched_in_every_test(project, run):
    project.makepyfile(SLIM)
    result = run("--ts-legacy-reads=fail")
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(["2 of 2 sqlite3 connections were watched*"])


STAFF = """
import sqlite3

import pytest


class Staff(sqlite3.Connection):
    pass


def no_salary(action, table, column, database, source):
    return sqlite3.SQLITE_DENY if column == "salary" else sqlite3.SQLITE_OK


@pytest.fixture(scope="module")
def staff():
    db = sqlite3.connect(":memory:", factory=Staff)
    db.execute("CREATE TABLE staff(salary)")
    db.set_authorizer(no_salary)
    yield db
    db.close()


@pytest.mark.parametrize("number", range(3))
def test_salary(staff, number):
    with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
        staff.execute("SELECT salary FROM staff")
"""


def test_the_authorizer_of_a_shared_connection_stays(project, run):
    project.makepyfile(STAFF)
    run("--ts-legacy-reads=fail").assert_outcomes(passed=3)


SET_UP = """
import sqlite3

import pytest


@pytest.fixture(scope="{scope}")
def shared():
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE tasks(id, created_at)")
    db.execute("SELECT created_at FROM tasks")
    yield db
    db.execute("SELECT created_at, id FROM tasks")
    db.close()


class TestShared:
    def test_innocent(self, shared): shared.execute("SELECT id FROM tasks")

    def test_as_well(self, shared): shared.execute("SELECT id FROM tasks")
"""


@pytest.mark.parametrize("scope", ["class", "module", "package", "session"])
def test_what_a_wide_fixture_reads_fails_no_test_but_the_run(project, run, scope):
    project.makepyfile(test_shared=SET_UP.format(scope=scope))
    result = run("--ts-legacy-reads=fail", "--ts-report=reads.json")
    result.assert_outcomes(passed=2, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*_ set-up _*",
            "in the set-up of shared:",
            "     1  test_shared.py:10 in shared: tasks.created_at -> created_at_ms",
            "in the tear-down of shared:",
            "     1  test_shared.py:12 in shared: tasks.created_at -> created_at_ms",
            "FAILED set-up*",
        ]
    )
    sites = json.loads((project.path / "reads.json").read_text())["sites"]
    assert [(site["tests"], site["set_ups"]) for site in sites] == [
        ([], ["in the set-up of shared"]),
        ([], ["in the tear-down of shared"]),
    ]


def test_warn_tells_what_a_wide_fixture_reads(project, run):
    project.makepyfile(SET_UP.format(scope="module"))
    result = run("--ts-legacy-reads=warn")
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["in the set-up of shared:", "in the tear-down of shared:"])


def test_an_allowance_for_any_test_is_for_wide_fixtures_too(project, run):
    project.makepyfile(SET_UP.format(scope="module"))
    allow = "ts_contract_allow=* tasks.created_at the fixture is rewritten in March"
    result = run("--ts-legacy-reads=fail", "-o", allow)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK


def test_what_a_test_reads_again_of_a_statement_that_its_fixture_has_prepared_is_its_own(
    project, run
):
    project.makepyfile(
        SET_UP.format(scope="module").replace("SELECT id FROM", "SELECT created_at FROM")
    )
    run("--ts-legacy-reads=fail").assert_outcomes(failed=3)


def test_a_class_of_unittest_is_named(project, run):
    project.makepyfile("""
        import sqlite3
        import unittest

        class Case(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.db = sqlite3.connect(":memory:")
                cls.db.execute("CREATE TABLE tasks(created_at)")
                cls.db.execute("SELECT created_at FROM tasks")

            @classmethod
            def tearDownClass(cls):
                cls.db.close()

            def test_one(self): pass
        """)
    result = run("--ts-legacy-reads=fail")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["in the set-up of setUpClass of Case:"])


def test_definitions_fail_nothing_and_are_listed_apart(project, run):
    project.makepyfile(
        test_store="""
        import sqlite3

        def test_schema():
            db = sqlite3.connect(":memory:")
            db.execute("CREATE TABLE tasks(id, created_at)")
            db.execute("CREATE INDEX i ON tasks(created_at)")
            db.execute("VACUUM")
            db.close()
        """
    )
    result = run("--ts-legacy-reads=fail", "--ts-report=reads.json")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "no legacy reads",
            "definitions that name a legacy column*",
            "     1  test_store.py:6 in *",
        ]
    )
    assert json.loads((project.path / "reads.json").read_text())["sites"] == []


def test_a_factory_of_something_else_breaks_no_test(project, run):
    project.makepyfile("""
        import sqlite3

        class Proxy:
            __class__ = sqlite3.Connection

            def __init__(self, *args, **kwargs):
                self.db = sqlite3.Connection(*args)

        def test_one():
            proxy = sqlite3.connect(":memory:", factory=Proxy)
            proxy.db.close()

        def test_two(): pass
        """)
    result = run("--ts-legacy-reads=fail")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["0 of 1 sqlite3 connections were watched*"])


@pytest.mark.parametrize("options", [["--co"], ["-k", "nothing"], ["--fixtures"], ["broken"]])
def test_a_run_without_a_test_leaves_the_report_alone(project, run, options):
    project.makepyfile(SLIM)
    project.mkdir("broken").joinpath("test_broken.py").write_text("import nothing_like_it")
    (project.path / "reads.json").write_text("the good one")
    result = run("--ts-report=reads.json", *options)
    assert (project.path / "reads.json").read_text() == "the good one"
    result.stdout.no_fnmatch_line("no legacy reads")


def test_a_run_whose_tests_read_nothing_writes_an_empty_list(project, run):
    project.makepyfile("def test_nothing(): pass")
    run("--ts-report=reads.json").assert_outcomes(passed=1)
    assert json.loads((project.path / "reads.json").read_text())["sites"] == []
