"""What the pytest plugin costs: a private database per test, watching, and start-up.

Needs ts-contract[pytest]; run it as

    python benchmarks/pytest_plugin.py

Each pair takes turns. The medians are compared, and for watching and start-up the fastest runs,
because whatever else the machine does only adds. For start-up it installs pytest, and pytest with
ts-contract, into two fresh environments. Ends with 1 when a limit is broken.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ts_contract.loading import parse_contract
from ts_contract.testing.watching import Watch

ROOT = Path(__file__).resolve().parent.parent
TABLES = 100
INDEXES = 250
TESTS = 400
ROUNDS = 41
CONTRACT = parse_contract({"tables": {f"t{n}": ["created_at", "updated_at"] for n in range(10)}})

SUITE = """
import shutil
import sqlite3

import pytest


@pytest.fixture(scope="session")
def template(_ts_templates):
    return _ts_templates.template("migrated").path


@pytest.fixture
def bare(template, tmp_path_factory, request):
    path = tmp_path_factory.getbasetemp() / f"{request.node.name}.db"
    shutil.copyfile(template, path)
    connection = sqlite3.connect(path)
    yield connection
    connection.close()
    path.unlink()


@pytest.mark.parametrize("number", range({tests}))
def test_migrated(number, migrated_db):
    migrated_db.execute("SELECT count(*) FROM t1").fetchone()


@pytest.mark.parametrize("number", range({tests}))
def test_bare(number, bare):
    bare.execute("SELECT count(*) FROM t1").fetchone()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.callspec.params["number"])
"""


class Durations:
    """Collects what each test of the suite took, from its setup to its teardown."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add what one phase of a test took."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    def median(self, name: str) -> float:
        """Return the median over the tests of one function, without the first of them."""
        own = [seconds for node, seconds in self.seconds.items() if f"::{name}[" in node]
        return statistics.median(own[1:])


def schema() -> str:
    """Return 100 tables with 250 indexes, the first ten of them under the contract."""
    lines = []
    for n in range(TABLES):
        columns = ", ".join(f"c{c} TEXT" for c in range(8))
        lines.append(
            f"CREATE TABLE t{n}(id INTEGER PRIMARY KEY, created_at TIMESTAMP, "
            f"updated_at TIMESTAMP, {columns});"
        )
    for n in range(INDEXES):
        lines.append(f"CREATE INDEX i{n} ON t{n % TABLES}(c{n // TABLES}, created_at);")
    lines.append(
        "WITH n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000) "
        "INSERT INTO t1(created_at, c0) SELECT '2024-01-15 12:00:00', 'x' FROM n;"
    )
    return "\n".join(lines)


# --- a database per test ----------------------------------------------------------------------


def database_per_test(directory: Path) -> tuple[float, float]:
    """Return the seconds of a test with migrated_db, and of one with a bare copy."""
    tables = "\n".join(f't{n} = ["created_at", "updated_at"]' for n in range(10))
    (directory / "ts-contract.toml").write_text(f"[tables]\n{tables}\n")
    (directory / "pytest.ini").write_text("[pytest]\nts_contract_migrations = schema.sql\n")
    (directory / "schema.sql").write_text(schema())
    suite, _, hook = SUITE.partition("def pytest_collection_modifyitems")
    (directory / "conftest.py").write_text(f"def pytest_collection_modifyitems{hook}")
    (directory / "test_suite.py").write_text(suite.replace("{tests}", str(TESTS)))
    durations = Durations()
    options = [f"--basetemp={directory / 'temp'}", "-p", "no:xdist", "-p", "no:terminal"]
    status = pytest.main([str(directory), *options], plugins=[durations])
    assert status == pytest.ExitCode.OK, status
    return durations.median("test_migrated"), durations.median("test_bare")


# --- watching ---------------------------------------------------------------------------------


@contextmanager
def connected(path: Path, *, watched: bool) -> Iterator[sqlite3.Connection]:
    """Open a connection with the schema in its cache, watched or not."""
    if not watched:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT id FROM t1").fetchone()
            yield connection
        return
    with Watch(CONTRACT), closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT id FROM t1").fetchone()
        yield connection


def watching(path: Path, work: Callable[[sqlite3.Connection, int], object]) -> tuple[float, float]:
    """Return the seconds that some work takes on a watched and on a plain connection."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    for number in range(ROUNDS):
        for watched in (True, False):
            with connected(path, watched=watched) as connection:
                start = time.perf_counter()
                work(connection, number)
                taken[watched].append(time.perf_counter() - start)
    return min(taken[True]), min(taken[False])


def cached(connection: sqlite3.Connection, number: int) -> None:
    """Execute one statement many times."""
    for n in range(2000):
        connection.execute("SELECT id, created_at_ms FROM t1 WHERE id = ?", (n,)).fetchone()


def new(connection: sqlite3.Connection, number: int) -> None:
    """Execute many statements once, none of which reads a legacy column."""
    for n in range(500):
        sql = f"SELECT id, created_at_ms, c0, c1 FROM t1 WHERE id = ? AND {n} ORDER BY c2 LIMIT 5"
        connection.execute(sql, (n,)).fetchone()


def new_join(connection: sqlite3.Connection, number: int) -> None:
    """Execute many statements with a CTE and a join once."""
    for n in range(500):
        sql = (
            f"WITH x AS (SELECT id, c0 FROM t2 WHERE id > {n}) SELECT x.id, t1.c1 FROM x "
            "JOIN t1 ON t1.id = x.id WHERE t1.created_at_ms > ? ORDER BY t1.c2"
        )
        connection.execute(sql, (n,)).fetchone()


def new_insert(connection: sqlite3.Connection, number: int) -> None:
    """Execute many statements once that fire our sync triggers."""
    for n in range(3):
        connection.execute(f"INSERT INTO t3(created_at_ms, c0) VALUES (?, '{n}')", (n,))
    connection.rollback()


def new_legacy(connection: sqlite3.Connection, number: int) -> None:
    """Execute many statements once, each of which reads a legacy column."""
    for n in range(500):
        sql = f"SELECT id, created_at, c0, c1 FROM t1 WHERE id = ? AND {n} ORDER BY c2 LIMIT 5"
        connection.execute(sql, (n,)).fetchone()


# --- start-up ---------------------------------------------------------------------------------


START_UP = """
import contextlib, gc, os, pytest, sys, time

def start(*options):
    began = time.process_time()
    pytest.main(["--collect-only", "-p", "no:cacheprovider", sys.argv[1], *options])
    return time.process_time() - began

with open(os.devnull, "w") as null, contextlib.redirect_stdout(null):
    start("-p", "no:ts_contract")
    gc.collect()
    gc.freeze()  # or chance decides in whose turn the collector looks through everything
    taken = start(*sys.argv[2:])
print(taken)
"""


def start_up(directory: Path) -> tuple[float, float, float]:
    """Return the processor seconds of a pytest without tests.

    Without ts-contract; with it installed as a user does, but blocked; and with it. What is blocked
    still costs: pytest looks through the files of each distribution that has a plugin. Each in
    fresh interpreters, in which pytest has run without the plugin before, so that everything else
    is imported.
    """
    plain, ours, empty = directory / "plain", directory / "ours", directory / "empty"
    empty.mkdir()
    for environment, package in ((plain, "pytest"), (ours, f"{ROOT}[pytest]")):
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        pip = [environment / "bin" / "pip", "install", "--quiet", package]
        subprocess.run(pip, check=True)
    contenders = ((plain, []), (ours, ["-p", "no:ts_contract"]), (ours, []))
    taken: list[list[float]] = [[] for _ in contenders]
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    variables["PYTHONHASHSEED"] = "0"  # another order in a dict is another time
    for _ in range(ROUNDS):
        for seconds, (environment, options) in zip(taken, contenders, strict=True):
            command = [environment / "bin" / "python", "-c", START_UP, empty, *options]
            output = subprocess.check_output(command, cwd=empty, env=variables, text=True)
            seconds.append(float(output))
    without, blocked, whole = map(min, taken)
    return without, blocked, whole


def main() -> int:
    """Measure everything, print the table, and say whether a limit is broken."""
    broken = False

    def tell(what: str, ours: float, other: float, limit: float) -> None:
        nonlocal broken
        ratio = ours / other
        over = ratio > limit
        broken = broken or over
        bound = f"at most {limit}x{'  BROKEN' if over else ''}"
        print(f"{what:45} {ours * 1e3:9.2f} ms {other * 1e3:9.2f} ms {ratio:6.2f}x  {bound}")

    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        (directory / "suite").mkdir()
        tell("migrated_db, against copyfile and open", *database_per_test(directory / "suite"), 1.5)
        [template] = (directory / "suite").rglob("*-migrated.db")
        path = directory / "watched.db"
        shutil.copyfile(template, path)
        tell("watched: 2000 times a cached statement", *watching(path, cached), 1.1)
        tell("watched: 500 new statements", *watching(path, new), 2)
        tell("watched: 500 new ones with a CTE and a join", *watching(path, new_join), 2)
        tell("watched: 3 new ones that fire our triggers", *watching(path, new_insert), 2)
        tell("watched: 500 new ones with a legacy read", *watching(path, new_legacy), 2)
        without, blocked, whole = (seconds * 1e3 for seconds in start_up(directory))
        over = whole - without > 5
        print(
            f"start-up of pytest: {without:.1f} ms, grows by {whole - without:.1f} ms "
            f"(at most 5 ms{', BROKEN' if over else ''}), {whole - blocked:.1f} ms of that the "
            "plugin's own"
        )
    return int(broken or over)


if __name__ == "__main__":
    sys.exit(main())
