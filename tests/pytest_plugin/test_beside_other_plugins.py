"""The plugin beside those that suites have: each test is judged as it is without them.

The tox environment `beside` installs them at their newest versions; elsewhere what is missing is
skipped.
"""

import json
from importlib.util import find_spec

import pytest

pytest_plugins = ["pytester"]

OTHERS = {
    "pytest_asyncio": """
        import aiosqlite
        import pytest

        @pytest.mark.asyncio
        async def test_asyncio(contract_db_path):
            async with aiosqlite.connect(contract_db_path) as db:
                await (await db.execute("SELECT created_at FROM tasks")).fetchall()
        """,
    "anyio": """
        import aiosqlite
        import pytest

        @pytest.fixture
        def anyio_backend(): return "asyncio"

        @pytest.mark.anyio
        async def test_anyio(contract_db_path, anyio_backend):
            async with aiosqlite.connect(contract_db_path) as db:
                await (await db.execute("SELECT created_at FROM tasks")).fetchall()
        """,
    "pytest_timeout": """
        import pytest

        @pytest.mark.timeout(60)
        def test_timeout(opened): opened.newest()
        """,
    "pytest_bdd": """
        import pathlib

        import pytest_bdd

        pathlib.Path("tasks.feature").write_text(
            "Feature: tasks\\n  Scenario: newest\\n    When the newest is asked for\\n"
        )
        test_newest = pytest_bdd.scenario("tasks.feature", "newest")(lambda: None)

        @pytest_bdd.when("the newest is asked for")
        def newest(opened): opened.newest()
        """,
    "freezegun": """
        import freezegun

        @freezegun.freeze_time("2090-01-01")
        def test_frozen(opened): opened.newest()
        """,
    "time_machine": """
        import time_machine

        @time_machine.travel("2090-01-01T00:00:00Z", tick=False)
        def test_travelled(opened): opened.newest()
        """,
}


def sites(project):
    report = json.loads((project.path / "reads.json").read_text())
    assert report["connections"]["opened"] == report["connections"]["watched"]
    return [(site["count"], len(site["tests"])) for site in report["sites"]], report["tests"]


@pytest.mark.parametrize("other", OTHERS)
def test_a_read_fails_its_test_beside(project, other):
    pytest.importorskip(other)
    project.makepyfile(OTHERS[other], test_innocent="def test_titles(opened): opened.titles()")
    result = project.runpytest_subprocess("--migrated-db", "--ts-report=reads.json", "-p", "no:cov")
    result.assert_outcomes(passed=1, failed=1)
    assert sites(project) == ([(1, 1)], 2)


MANY = """
import pytest


@pytest.mark.parametrize("number", range(6))
def test_newest(opened, number):
    opened.newest() if number % 2 else opened.titles()
"""


@pytest.mark.parametrize(
    ("needs", "options"),
    [
        ("pytest_randomly", ["-p", "randomly"]),
        ("pytest_cov", ["--cov=."]),
        *(("xdist", ["-n2", f"--dist={mode}"]) for mode in ("load", "loadscope", "loadfile")),
        *(("xdist", ["-n2", f"--dist={mode}"]) for mode in ("loadgroup", "worksteal")),
    ],
)
def test_the_same_is_seen_under(project, needs, options):
    pytest.importorskip(needs)
    project.makepyfile(MANY)
    options = [] if needs == "pytest_randomly" else options
    result = project.runpytest_subprocess("--migrated-db", "--ts-report=reads.json", *options)
    result.assert_outcomes(passed=3, failed=3)
    report = json.loads((project.path / "reads.json").read_text())
    [site] = report["sites"]
    assert (site["count"], len(site["tests"]), report["tests"]) == (3, 3, 6)


def test_a_test_that_is_run_again_is_counted_once(project):
    pytest.importorskip("pytest_rerunfailures")
    project.makepyfile("""
        from pathlib import Path

        def test_flaky(opened):
            opened.titles()
            if not Path("ran.txt").exists():
                Path("ran.txt").write_text("")
                raise OSError
        """)
    options = ("--migrated-db", "--ts-report=reads.json", "--reruns=2", "-p", "no:cov")
    result = project.runpytest_subprocess(*options)
    assert result.ret == pytest.ExitCode.OK
    assert json.loads((project.path / "reads.json").read_text())["tests"] == 1


@pytest.mark.skipif(
    pytest.version_tuple < (9,) and find_spec("pytest_subtests") is None, reason="no subtests"
)
def test_what_subtests_read_is_their_tests(project):
    project.makepyfile("""
        def test_each(opened, subtests):
            for number in range(3):
                with subtests.test(number=number):
                    opened.newest()
        """)
    options = ("--migrated-db", "--ts-report=reads.json", "-p", "no:cov")
    result = project.runpytest_subprocess(*options)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["legacy column tasks.created_at is read at store.py:13 *"])
    assert sites(project) == ([(1, 1)], 1)
