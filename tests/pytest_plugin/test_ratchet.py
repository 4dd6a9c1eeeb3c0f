"""Reads that are allowed, by a file that only shrinks or by place; and those that are denied."""

import json

import pytest

pytest_plugins = ["pytester"]

READS = """
def test_titles(opened): opened.titles()


def test_newest(opened): opened.newest()


def test_again(opened): opened.newest()
"""
FILE = "allowed.txt"
UPDATE = ("--migrated-db", f"--ts-update-allow={FILE}")
HONOUR = ("--migrated-db", "-o", f"ts_contract_allow_file={FILE}")
ENTRY = (
    "store.py Store.newest tasks.created_at test_store.py::test_again test_store.py::test_newest"
)


def entries(project):
    lines = (project.path / FILE).read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_an_update_writes_what_is_read_and_fails_nothing(project, run):
    project.makepyfile(test_store=READS)
    run(*HONOUR).assert_outcomes(passed=1, failed=2)  # a file that is not there holds nothing
    run(*UPDATE).assert_outcomes(passed=3)
    assert entries(project) == [ENTRY]
    run(*HONOUR).assert_outcomes(passed=3)


def test_a_line_that_moves_is_not_a_new_read_and_another_function_is(project, run):
    project.makepyfile(test_store=READS)
    run(*UPDATE)
    store = project.path / "store.py"
    store.write_text(
        f"# a line\n# another\n{store.read_text()}\n"
        "    def oldest(self):\n"
        "        self.db.execute('SELECT id FROM tasks ORDER BY created_at')\n"
    )
    project.makepyfile(test_store=f"{READS}\n\ndef test_oldest(opened): opened.oldest()\n")
    result = run(*HONOUR, "-rA")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_oldest *"])


def without_reads(project):
    store = project.path / "store.py"
    store.write_text(store.read_text().replace("created_at DESC", "created_at_ms DESC"))


def test_a_read_that_is_gone_is_told_and_the_next_update_removes_it(project, run):
    project.makepyfile(test_store=READS)
    run(*UPDATE)
    without_reads(project)
    result = run(*HONOUR)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["allowed and not read any more*store.py Store.newest *"])
    assert entries(project) == [ENTRY]
    run(*UPDATE).assert_outcomes(passed=3)
    assert entries(project) == []


@pytest.mark.parametrize("options", [["-k", "newest"], ["--co"], ["-k", "titles"], ["-x"]])
def test_a_run_of_some_tests_removes_nothing(project, run, options):
    skipping = READS.replace("opened.newest()", "pytest.skip('later')", 1)
    project.makepyfile(test_store=READS)
    run(*UPDATE)
    without_reads(project)
    if options == ["-x"]:
        project.makepyfile(test_store=f"import pytest\n{skipping}")
        options = []
    result = run(*HONOUR, *options)
    result.stdout.no_fnmatch_line("*not read any more*")
    run(*UPDATE, *options)
    assert entries(project) == [ENTRY]


def test_a_test_that_is_not_there_any_more_holds_nothing_back(project, run):
    project.makepyfile(test_store=READS)
    run(*UPDATE)
    without_reads(project)
    project.makepyfile(test_store=READS.replace("test_again", "test_other"))
    run(*UPDATE)
    assert entries(project) == []


def test_a_file_of_another_form_is_refused(project, run):
    (project.path / FILE).write_text("store.py\n")
    project.makepyfile(test_store=READS)
    result = run(*HONOUR)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *allowed.txt:1: not of the form PATH FUNCTION *"])


def test_workers_write_one_file(project):
    project.makepyfile(test_store=READS)
    plain = ("-p", "no:benchmark", "-p", "no:cov")
    project.runpytest_subprocess(*UPDATE, *plain, "-n2").assert_outcomes(passed=3)
    assert entries(project) == [ENTRY]
    project.runpytest_subprocess(*HONOUR, *plain, "-n2").assert_outcomes(passed=3)


# --- by place --------------------------------------------------------------------------------


@pytest.mark.parametrize(("glob", "passed"), [("sto*.py", 3), ("**", 3), ("other/**", 1)])
def test_a_path_allows_reads_in_its_files_in_any_test(project, run, glob, passed):
    project.makepyfile(test_store=READS)
    line = f"ts_contract_allow=path:{glob} tasks.created_at the old store stays"
    result = run("--migrated-db", "-o", line)
    result.assert_outcomes(passed=passed, failed=3 - passed)
    unused = f"unused allowance, remove it: ts_contract_allow: path:{glob} tasks.created_at (*)"
    if passed == 3:
        result.stdout.no_fnmatch_line("unused allowance*")
    else:
        result.stdout.fnmatch_lines([unused.replace("[", "[[]")])


def test_what_the_contract_excludes_is_not_reported(project, run):
    config = project.path / "pyproject.toml"
    contract = '[tool.ts-contract]\nexclude = ["store.py"]\n\n[tool.ts-contract.version]'
    config.write_text(config.read_text().replace("[tool.ts-contract.version]", contract))
    project.makepyfile(test_store=READS)
    result = run("--migrated-db")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["no legacy reads"])


# --- helpers and callers ---------------------------------------------------------------------

EXECUTOR = """
import sqlite3


class Executor:
    def __init__(self, path):
        self.db = sqlite3.connect(path)

    def run(self, sql):
        return self.really(sql)

    def really(self, sql):
        return self.db.execute(sql).fetchall()


class Tasks:
    def __init__(self, path):
        self.executor = Executor(path)

    def newest(self):
        return self.executor.run("SELECT id FROM tasks ORDER BY created_at")

    def oldest(self):
        return self.executor.run("SELECT created_at FROM tasks")
"""
USES = """
import pytest
from shop import executor


@pytest.fixture
def tasks(contract_db_path):
    tasks = executor.Tasks(contract_db_path)
    yield tasks
    tasks.executor.db.close()


def test_tasks(tasks):
    tasks.newest()
    tasks.oldest()
"""


@pytest.mark.parametrize(
    ("helpers", "functions"),
    [
        ("", ["Executor.really", "Executor.really"]),
        ("shop.executor.Executor.*", ["Tasks.newest", "Tasks.oldest"]),
        ("shop.executor.Executor.really", ["Executor.run", "Executor.run"]),
        ("shop/*.py", ["test_tasks", "test_tasks"]),
        ("**.py", ["Executor.really", "Executor.really"]),
    ],
)
def test_a_read_is_told_at_the_line_that_calls_the_helper(project, run, helpers, functions):
    project.mkpydir("shop").joinpath("executor.py").write_text(EXECUTOR)
    project.makepyfile(test_tasks=USES)
    helpers = ("-o", f"ts_contract_helpers={helpers}") if helpers else ()
    run("--migrated-db", "--ts-report=reads.json", *helpers).assert_outcomes(failed=1)
    sites = json.loads((project.path / "reads.json").read_text())["sites"]
    found = [site["function"] for site in sites]
    assert sorted({*found}) == sorted({*functions})
    for site in sites:
        for chain in site["callers"]:
            assert len(chain) <= 3
            assert not {site["function"]} & {place["function"] for place in chain}
    if functions[0] == "Executor.really":
        [site] = sites
        names = [[place["function"] for place in chain] for chain in site["callers"]]
        assert names == [
            ["Executor.run", "Tasks.newest", "test_tasks"],
            ["Executor.run", "Tasks.oldest", "test_tasks"],
        ]


# --- deny ------------------------------------------------------------------------------------


def test_deny_fails_the_statement_at_its_line(project, run):
    project.makepyfile("""
        import sqlite3
        import pytest

        def test_denied(opened): opened.newest()

        def test_swallowed(opened):
            with pytest.raises(sqlite3.DatabaseError):
                opened.newest()

        def test_titles(opened):
            opened.titles()
            opened.add("x")
            opened.db.execute("CREATE INDEX i ON tasks(created_at)")

        @pytest.mark.allow_legacy_reads("tasks.created_at", reason="for now")
        def test_allowed(opened): opened.newest()

        @pytest.mark.ts_schema("legacy")
        def test_legacy(opened): opened.newest()
        """)
    result = run("--migrated-db", "--ts-legacy-reads=deny")
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_denied _*",
            "store.py:13: DatabaseError",
            "*_ test_swallowed _*",
            "legacy column tasks.created_at is read at store.py:13 in Store.newest: *",
        ]
    )
    result.stdout.fnmatch_lines(["E *access to tasks.created_at is prohibited"])


# --- what is not watched ---------------------------------------------------------------------


def test_what_no_watched_connection_opens_is_named(project, run):
    (project.path / "apsw.py").write_text("")
    project.makepyfile(
        test_other="""
        import subprocess
        import sys

        import apsw

        def test_process(contract_db_path):
            code = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).close()"
            subprocess.run([sys.executable, "-c", code, str(contract_db_path)], check=True)

        def test_opened(opened): opened.titles()

        def test_connection(contract_db): pass
        """
    )
    result = run("--migrated-db")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "imported, and not watched: apsw",
            "was given a database that no watched connection opened: test_other.py::test_process",
        ]
    )
    result.stdout.no_fnmatch_line("*that no watched connection opened: *::test_opened")
    result.stdout.no_fnmatch_line("*that no watched connection opened: *::test_connection")


@pytest.mark.parametrize(("reads", "level"), [("fail", "error"), ("warn", "warning")])
def test_on_github_each_place_is_an_annotation(project, run, monkeypatch, reads, level):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    project.makepyfile(test_store=READS)
    result = run("--migrated-db", f"--ts-legacy-reads={reads}")
    result.stdout.fnmatch_lines(
        [f"::{level} file=store.py,line=13::legacy column tasks.created_at is read here: *"]
    )
