"""How each dialect says a time: PostgreSQL's text is its grammar's, SQLite's values are its own."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from sqlite3 import connect
from tempfile import TemporaryDirectory

import pytest
from sqlglot import exp, parse_one

from ts_contract import now_ms, to_epoch_ms
from ts_contract.codemod.changes import Options
from ts_contract.codemod.rewrite import RewriteSettings, rewrite
from ts_contract.codemod.sql.spelling import DIALECTS, literal_ms
from ts_contract.lint.rules import all_rules
from ts_contract.loading import parse_contract

DEFAULT = frozenset(rule.code for rule in all_rules() if rule.default)
POSTGRESQL = parse_contract({
    "dialect": "postgresql",
    "tables": {
        "tasks": ["created_at"],
        "runs": {"started": {"epoch": "started_ms", "storage": "seconds"}},
        "visits": {"seen": {"epoch": "seen_ms", "storage": "microseconds"}},
    },
})  # fmt: skip
SAFE, UNSAFE, COMPAT = Options(markers=False), Options(unsafe=True), Options(compat_reads=True)

CLOCK = "CAST(FLOOR(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP) * 1000) AS BIGINT)"
SHOWN = "(to_timestamp(created_at_ms / 1000.0) AT TIME ZONE 'UTC')"


def rewritten(sql: str, options: Options) -> str:
    """Return a statement that binds something unknown, and whose rows leave, after the rewrite."""
    source = f'def f(c, *args):\n    return c.execute("{sql}", *args).fetchall()\n'
    text = rewrite(source, "program.py", RewriteSettings(POSTGRESQL, None, DEFAULT, options)).text
    found = re.search(r'execute\("(.*)", ', text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("before", "after", "options"),
    [
        ("SELECT id FROM tasks WHERE created_at < now()", f"< {CLOCK}", SAFE),
        ("UPDATE tasks SET created_at = CURRENT_TIMESTAMP", f"= {CLOCK}", SAFE),
        ("SELECT id FROM tasks WHERE created_at < %s", "created_at < %s", UNSAFE),
        ("SELECT to_char(created_at, 'YYYY') FROM tasks", f"to_char({SHOWN}, 'YYYY')", UNSAFE),
        ("SELECT date(created_at) FROM tasks", f"date({SHOWN})", UNSAFE),
        ("SELECT created_at FROM tasks", f"{SHOWN} AS created_at", COMPAT),
        (
            "SELECT started FROM runs",
            "CAST(started_ms / 1000.0 AS DOUBLE PRECISION) AS started",
            COMPAT,
        ),
        ("SELECT seen FROM visits", "SELECT (seen_ms * 1000) AS seen", COMPAT),
        ("SELECT id FROM visits WHERE seen < 5000", "seen_ms < 5", SAFE),
        ("SELECT id FROM visits WHERE seen < -1", "seen_ms < -1", SAFE),
    ],
)
def test_postgresql_gets_its_own_text(before: str, after: str, options: Options) -> None:
    new = rewritten(before, options)
    assert after in new
    parse_one(new.replace("%s", "$1"), dialect="postgres")


def test_nothing_of_sqlite_is_in_what_postgresql_gets() -> None:
    sql = DIALECTS["postgresql"]
    numbers = [*sql.from_number.values(), *sql.to_number.values()]
    pieces = [sql.clock, *sql.shown, *(piece for around in numbers for piece in around)]
    assert sql.seconds is None
    assert sql.instant is None
    assert not re.search(r"strftime|julianday|unixepoch", " ".join(pieces))


@pytest.mark.parametrize(("dialect", "read"), [("sqlite", "sqlite"), ("postgresql", "postgres")])
def test_what_goes_around_a_column_keeps_it(dialect: str, read: str) -> None:
    sql = DIALECTS[dialect]  # type: ignore[index]
    for around in (sql.shown, *sql.from_number.values(), *sql.to_number.values()):
        tree = parse_one(f"SELECT {'moment'.join(around)}", dialect=read)
        assert [column.name for column in tree.find_all(exp.Column)] == ["moment"]


# --- what databases make of it ---------------------------------------------------------------

INSTANTS = [0, 1, -1, 999, -1_500, 1_705_320_000_000, 1_705_320_000_500, -62_135_596_800_000]
INSTANTS += [int(random.Random(7).uniform(-6e13, 2e14)) for _ in range(300)]
SECONDS = ["-1.0005", "-1", "-1.5", "0.0004", "1705320000", "1705320000.5", "1705320000.094", "7e9"]
SECONDS += [f"{ms / 1000:.3f}" for ms in INSTANTS if abs(ms) < 10**13]
MICROSECONDS = [-1, 0, 1, 999, -1_000, -1_001, 1_705_320_000_094_595, -62_135_596_800_000_000]


def asked_of_sqlite(expressions: list[str]) -> list[object]:
    with closing(connect(":memory:")) as database:
        return [database.execute(f"SELECT {e}").fetchone()[0] for e in expressions]


@pytest.mark.parametrize("text", ["2024-03-10 06:30:00", "2024-03-10 06:30:00.123"])
def test_sqlite_gives_a_text_back_as_it_was(text: str) -> None:
    sql = DIALECTS["sqlite"]
    assert sql.seconds is not None
    ms = to_epoch_ms(text)
    shown, seconds, moment = asked_of_sqlite([
        str(ms).join(sql.shown), repr(text).join(sql.seconds), f"datetime({ms}{sql.instant})"
    ])  # fmt: skip
    assert (shown, seconds, moment) == (text, ms // 1000 * 1000, text[:19])


def test_sqlite_shows_each_instant_to_the_millisecond() -> None:
    shown = asked_of_sqlite([str(ms).join(DIALECTS["sqlite"].shown) for ms in INSTANTS])
    assert [to_epoch_ms(str(text)) for text in shown] == INSTANTS


def floored(number: str, per_ms: Decimal) -> int:
    return int((Decimal(number) / per_ms).to_integral_value(ROUND_FLOOR))


NUMBERS = [("seconds", number, floored(number, Decimal("0.001"))) for number in SECONDS]
NUMBERS += [("microseconds", str(n), n // 1000) for n in MICROSECONDS]
NUMBERS += [("milliseconds", str(n), n) for n in INSTANTS]


def test_sqlite_rounds_numbers_down() -> None:
    from_number = DIALECTS["sqlite"].from_number
    found = asked_of_sqlite([number.join(from_number[s]) for s, number, _ in NUMBERS])
    assert found == [ms for _, _, ms in NUMBERS]


def test_a_number_that_is_written_out_is_rounded_down() -> None:
    found = [literal_ms(number, storage) for storage, number, _ in NUMBERS]
    assert found == [ms for _, _, ms in NUMBERS]


def test_sqlite_gives_back_the_number_that_was_stored() -> None:
    to_number = DIALECTS["sqlite"].to_number
    found = asked_of_sqlite([str(ms).join(to_number["seconds"]) for ms in INSTANTS])
    assert found == [ms / 1000 for ms in INSTANTS]
    assert [type(n) for n in found] == [float if ms % 1000 else int for ms in INSTANTS]
    micros = asked_of_sqlite([str(ms).join(to_number["microseconds"]) for ms in INSTANTS])
    assert micros == [ms * 1000 for ms in INSTANTS]


# --- PostgreSQL ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def asked_of_postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Start a server of PostgreSQL that listens on a socket, in a zone that is not UTC."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    found = shutil.which("initdb")
    programs = [Path(found).resolve()] if found else installed
    if not programs:
        pytest.skip("PostgreSQL is not installed")
    bin_, user = programs[0].parent, "nobody" if os.getuid() == 0 else None
    with TemporaryDirectory(prefix="pg", dir="/tmp") as folder:
        if user:
            shutil.chown(folder, user)

        def run(program: str, *arguments: str) -> str:
            command = [str(bin_ / program), *arguments]
            return subprocess.run(
                command, check=True, user=user, cwd=folder, text=True, stdout=subprocess.PIPE
            ).stdout

        run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "--no-sync")
        options = f"-k {folder} -h '' -c timezone=America/New_York -c fsync=off"
        run("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield lambda sql: run(
                "psql", "-h", folder, "-U", "postgres", "-d", "postgres", "-Atqc", sql
            ).splitlines()
        finally:
            run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")


Asked = Callable[[str], list[str]]


def _each(expressions: Iterable[str]) -> str:
    """Return one query with a row for each expression."""
    return " UNION ALL ".join(f"(SELECT {e})" for e in expressions)


def test_postgresql_rounds_numbers_down_without_overflow(asked_of_postgresql: Asked) -> None:
    from_number = DIALECTS["postgresql"].from_number
    found = asked_of_postgresql(_each(f"({n})".join(from_number[s]) for s, n, _ in NUMBERS))
    assert list(map(int, found)) == [ms for _, _, ms in NUMBERS]


def test_postgresql_gives_back_the_number_that_was_stored(asked_of_postgresql: Asked) -> None:
    to_number = DIALECTS["postgresql"].to_number
    found = asked_of_postgresql(
        _each(f"({ms}::bigint)".join(to_number["seconds"]) for ms in INSTANTS)
    )
    assert list(map(float, found)) == [ms / 1000 for ms in INSTANTS]


def test_postgresql_shows_utc_in_any_zone_of_the_session(asked_of_postgresql: Asked) -> None:
    shown = DIALECTS["postgresql"].shown
    instants = [ms for ms in INSTANTS if abs(ms) < 8e13]
    found = asked_of_postgresql(
        _each(
            f"to_char({f'({ms}::bigint)'.join(shown)}, 'YYYY-MM-DD HH24:MI:SS.MS')"
            for ms in instants
        )
    )
    assert list(map(to_epoch_ms, found)) == instants


def test_postgresql_says_its_clock_to_the_millisecond(asked_of_postgresql: Asked) -> None:
    (clock,) = asked_of_postgresql(f"SELECT {CLOCK}")
    assert abs(int(clock) - now_ms()) < 60_000
