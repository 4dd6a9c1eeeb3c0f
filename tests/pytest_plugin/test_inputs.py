"""What a builder of the project reads, also through a library, decides about its template."""

import sys

import pytest

pytest_plugins = ["pytester"]

OWN_CACHE = ("-o", "cache_dir=.pytest_cache")
SEE_TEMPLATE = """
def test_template(_ts_templates):
    templates = [_ts_templates.template(schema) for schema in ("legacy", "migrated")]
    print("TEMPLATE", *(template.built for template in templates))
"""
CONFTEST = """
import pytest


@pytest.fixture(scope="session")
def ts_legacy_builder():
    from migrator_of_somebody import run

    return run(BUILD)
"""
# The builder's own code names nothing of the project: all goes through a library.
LIBRARY = """
import importlib
import json
import os
import sqlite3
import tempfile


def run(name):
    def build(path):
        db = sqlite3.connect(path)
        for column in read(name):
            columns.append(column)
        db.execute(f"CREATE TABLE tasks({', '.join(['created_at', 'updated_at', *columns])})")
        db.execute("CREATE TABLE versions(version, applied_at)")
        db.close()

    columns = []
    return build


def read(name):
    kind, _, place = name.partition(" ")
    if kind == "module":
        return importlib.import_module(place).COLUMNS
    if kind == "json":
        with open(place) as file:
            return json.load(file)
    if kind == "listing":
        return [file.partition(".")[0] for file in sorted(os.listdir(place))]
    if kind == "scandir":
        return sorted(entry.name.partition(".")[0] for entry in os.scandir(place))
    if kind == "optional":
        return text(place).split() if exists(place) else []
    if kind == "writing":
        with open("log.txt", "a") as file:
            file.write("built ")
        text("log.txt")
        with tempfile.NamedTemporaryFile("w", dir=".", delete=False) as file:
            file.write("x")
        os.replace(file.name, "renamed.txt")
        return text("renamed.txt") and text("/proc/self/stat") and []
    raise ValueError(kind)


def text(place):
    with open(place) as file:
        return file.read()


def exists(place):
    try:
        open(place).close()
    except FileNotFoundError:
        return False
    return True
"""


@pytest.fixture
def built(project, run):
    """Run a test that uses the templates; return which were built, and not found."""
    site = project.path / "lib" / "site-packages"
    site.mkdir(parents=True)
    (site / "migrator_of_somebody.py").write_text(LIBRARY)
    project.syspathinsert(site)
    project.makepyfile(test_template=SEE_TEMPLATE)

    def built(what):
        project.makeconftest(f"BUILD = {what!r}\n{CONFTEST}")
        result = run("-s", *OWN_CACHE)
        result.assert_outcomes(passed=1)
        [line] = [line for line in result.outlines if "TEMPLATE" in line]
        return line.partition("TEMPLATE")[2].split()[:2] == ["True", "True"]

    return built


@pytest.mark.parametrize(
    ("what", "file", "texts"),
    [
        ("module columns_of_it", "columns_of_it.py", ("COLUMNS = ['a']", "COLUMNS = ['a', 'b']")),
        ("module parts.late", "parts/late.py", ("COLUMNS = ['a']", "COLUMNS = ['a', 'b']")),
        ("json columns.json", "columns.json", ('["a"]', '["a", "b"]')),
        ("listing parts", "parts/b.txt", (None, "")),
        ("scandir parts", "parts/b.txt", (None, "")),
        ("optional more.txt", "more.txt", (None, "a b")),
        ("optional more.txt", "more.txt", ("a b", None)),
    ],
)
def test_a_change_of_what_it_read_builds_anew(project, built, what, file, texts):
    path = project.path / file
    (project.path / "parts").mkdir()
    (project.path / "parts" / "a.txt").write_text("")

    def write(text):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)

    before, after = texts
    write(before)
    assert built(what)
    assert not built(what)
    write(after)
    for name in [name for name in sys.modules if name.startswith(("columns_", "parts"))]:
        del sys.modules[name]
    assert built(what)
    assert not built(what)


def test_what_the_build_writes_itself_is_not_an_input(project, built):
    assert built("writing")
    (project.path / "unrelated.txt").write_text("new")
    (project.path / "test_template.py").write_text(f"{SEE_TEMPLATE}\n# a word more")
    assert not built("writing")


def test_a_frozen_clock_removes_no_template(project, run):
    project.makepyfile(
        test_frozen="""
        import time_machine
        from freezegun import freeze_time

        @time_machine.travel("2099-01-01T00:00:00Z", tick=False)
        def test_ahead(legacy_db): pass

        @freeze_time("2098-01-01")
        def test_further(finalized_db): pass

        @time_machine.travel("1999-01-01T00:00:00Z", tick=False)
        def test_behind(migrated_db): pass

        def test_as_it_is(legacy_db, migrated_db, finalized_db): pass
        """
    )
    (project.path / "seed.sql").write_text("SELECT 2;")
    run("-o", "ts_contract_seed=seed.sql", *OWN_CACHE).assert_outcomes(passed=4)
    [cache] = (project.path / ".pytest_cache").rglob("ts_contract")
    names = sorted(path.name[33:] for path in cache.glob("*.db"))
    assert names == ["finalized.db", "legacy.db", "migrated.db"]
    times = [path.stat().st_mtime for path in cache.glob("*.db")]
    assert max(times) - min(times) < 600
