"""Templates: built once, kept between runs, built anew when an input changes."""

import os

import pytest

pytest_plugins = ["pytester"]

OWN_CACHE = ("-o", "cache_dir=.pytest_cache")
ONE_TEST = "def test_one(legacy_db): assert legacy_db.execute('SELECT count(*) FROM tasks')"
SEE_TEMPLATE = """
def test_template(_ts_templates):
    template = _ts_templates.template("legacy")
    print("TEMPLATE", template.built, template.path.name)
"""


@pytest.fixture
def template(project, run):
    """Run a test that uses the legacy template: was it built, and under what name?"""
    project.makepyfile(SEE_TEMPLATE)

    def template():
        result = run("-s", *OWN_CACHE)
        result.assert_outcomes(passed=1)
        [line] = [line for line in result.outlines if "TEMPLATE" in line]
        _, built, name = line.partition("TEMPLATE")[2].strip().partition(" ")[0], *line.split()[-2:]
        return built == "True", name

    return template


def test_a_template_is_built_once_and_kept_between_runs(template):
    first, second = template(), template()
    assert (first[0], second[0]) == (True, False)
    assert first[1] == second[1]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("migrations/1_first.sql", "title TEXT", "title VARCHAR"),
        ("migrations/10_second.sql", "'first'", "'second'"),
        ("pyproject.toml", '"updated_at"]', '{ to = "x" }]'.replace('{ to = "x" }', '"title"')),
        ("pyproject.toml", 'value = "2"', 'value = "3"'),
        ("seed.sql", "0", "1"),
    ],
    ids=["migration", "later migration", "columns", "version", "seed"],
)
def test_a_change_of_any_input_makes_a_new_template(project, template, name, old, new):
    (project.path / "seed.sql").write_text("SELECT 0;")
    config = project.path / "pyproject.toml"
    config.write_text(
        config.read_text().replace("[tool.ts", 'ts_contract_seed = ["seed.sql"]\n\n[tool.ts', 1)
    )
    _, first = template()
    path = project.path / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert template() != (False, first)
    assert template()[1] != first


def test_a_change_of_the_package_that_the_builder_uses_makes_a_new_template(project, template):
    project.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def ts_legacy_builder():
            def build(path):
                from migrator.core import upgrade

                upgrade(path)

            return build
        """)
    package = project.mkpydir("migrator")
    (package / "core.py").write_text(
        "import sqlite3\nfrom .sql import SCHEMA\n"
        "def upgrade(path):\n    db = sqlite3.connect(path)\n    db.execute(SCHEMA)\n"
        "    db.commit()\n    db.close()\n"
    )
    (package / "sql.py").write_text('SCHEMA = "CREATE TABLE tasks(id, created_at)"\n')
    first = template()
    assert first[0]
    assert template() == (False, first[1])
    (package / "sql.py").write_text('SCHEMA = "CREATE TABLE tasks(id, created_at, other)"\n')
    assert template()[1] != first[1]


def test_what_the_ini_key_names_is_an_input_of_a_builder_of_the_project_too(project, template):
    project.makeconftest("""
        import pytest
        import sqlite3

        @pytest.fixture(scope="session")
        def ts_legacy_builder():
            def build(path):
                conn = sqlite3.connect(path)
                conn.executescript("CREATE TABLE t(x)")
                conn.close()
            return build
        """)
    first = template()
    assert template() == (False, first[1])
    (project.path / "migrations" / "notes.txt").write_text("read by the builder")
    assert template()[1] != first[1]


def test_what_a_killed_build_leaves_behind_is_no_template(project, template):
    _, name = template()
    [path] = (project.path / ".pytest_cache").rglob(name)
    path.rename(f"{path}.unfinished").write_bytes(b"half of it")
    assert template() == (True, name)


def test_templates_that_nobody_used_for_two_weeks_are_removed(project, template):
    template()
    [path] = (project.path / ".pytest_cache").rglob("*-legacy.db")
    old = path.with_name("0" * 32 + "-legacy.db")
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    path.unlink()
    template()
    assert path.exists()
    assert not old.exists()


def test_without_a_cache_the_templates_live_in_the_temporary_directory(project, run):
    project.makepyfile(ONE_TEST)
    run("--migrated-db", "-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert not (project.path / ".pytest_cache").exists()
    assert not list(project.path.glob("*.db"))


def test_a_cache_that_cannot_be_written_to_is_done_without(project, run):
    (project.path / "file").write_text("")
    project.makepyfile(ONE_TEST)
    run("-o", "cache_dir=file/cache", "-W", "ignore").assert_outcomes(passed=1)
    before = set(project.path.iterdir())
    run("--migrated-db", "-o", "cache_dir=file/cache", "-W", "ignore").assert_outcomes(passed=1)
    assert set(project.path.iterdir()) == before


def test_cache_clear_builds_anew(project, run):
    project.makepyfile(SEE_TEMPLATE)
    for _ in range(2):
        result = run("-s", "--cache-clear", *OWN_CACHE)
        result.stdout.fnmatch_lines(["*TEMPLATE True*"])
