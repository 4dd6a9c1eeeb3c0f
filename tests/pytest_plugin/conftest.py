"""A small downstream project for the plugin, and how to run its suite."""

import pytest

from ts_contract.testing.engines.sqlite import connections

PYPROJECT = """\
[tool.pytest.ini_options]
ts_contract_migrations = ["migrations"]

[tool.ts-contract.version]
table = "versions"
value = "2"

[tool.ts-contract.tables]
tasks = ["created_at", "updated_at"]
versions = { applied_at = { index = false } }
"""
FIRST = """\
CREATE TABLE tasks(
    id INTEGER PRIMARY KEY, title TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP
);
CREATE TABLE versions(version TEXT, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
"""
SECOND = """\
CREATE TABLE notes(id INTEGER PRIMARY KEY, created_at TIMESTAMP);
INSERT INTO tasks(title, created_at, updated_at)
VALUES ('first', '2024-01-15 12:00:00', '2024-01-16T00:00:00Z');
"""
STORE = """\
import sqlite3


class Store:
    def __init__(self, path):
        self.db = sqlite3.connect(path)

    def add(self, title):
        self.db.execute("INSERT INTO tasks(title) VALUES (?)", (title,))
        self.db.commit()

    def newest(self):
        rows = self.db.execute("SELECT title FROM tasks ORDER BY created_at DESC")
        return rows.fetchone()[0]

    def titles(self):
        return [title for (title,) in self.db.execute("SELECT title FROM tasks ORDER BY id")]

    def close(self):
        self.db.close()
"""
CONFTEST = """\
import pytest
import store


@pytest.fixture
def opened(contract_db_path):
    opened = store.Store(contract_db_path)
    yield opened
    opened.close()
"""


@pytest.fixture(autouse=True)
def plain_process(monkeypatch):
    """Keep what steers the outer run from the inner ones, and their audit hook to one."""
    connections.count_opened()
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(pytester):
    """A project with a store, a contract and numbered migrations, in the working directory."""
    (pytester.path / "pyproject.toml").write_text(PYPROJECT)
    migrations = pytester.mkdir("migrations")
    (migrations / "1_first.sql").write_text(FIRST)
    (migrations / "10_second.sql").write_text(SECOND)
    (pytester.path / "store.py").write_text(STORE)
    pytester.makeconftest(CONFTEST)
    pytester.syspathinsert()
    return pytester


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory):
    """A cache for runs that do not look at it, so that each template is built once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def run(project, shared_cache):
    """Run the project's tests with some options, in this process."""
    plain = ("-p", "no:xdist", "-p", "no:benchmark", "-o", f"cache_dir={shared_cache}")

    def run(*options):
        return project.runpytest_inprocess(*plain, *options)

    return run
