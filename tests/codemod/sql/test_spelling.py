"""How each dialect says a time: PostgreSQL's text is its grammar's, SQLite's values are its own."""

from __future__ import annotations

import re
from contextlib import closing
from sqlite3 import connect

import pytest
from sqlglot import exp, parse_one

from ts_contract import to_epoch_ms
from ts_contract.codemod.changes import Options
from ts_contract.codemod.rewrite import RewriteSettings, rewrite
from ts_contract.codemod.sql.spelling import DIALECTS, SCALES
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
PARSED = "CAST(FLOOR(EXTRACT(EPOCH FROM CAST(%s AS TIMESTAMPTZ)) * 1000) AS BIGINT)"
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
        ("SELECT id FROM tasks WHERE created_at < %s", f"created_at_ms < {PARSED}", UNSAFE),
        ("SELECT to_char(created_at, 'YYYY') FROM tasks", f"to_char({SHOWN}, 'YYYY')", UNSAFE),
        ("SELECT date(created_at) FROM tasks", f"date({SHOWN})", UNSAFE),
        ("SELECT created_at FROM tasks", f"{SHOWN} AS created_at", COMPAT),
        ("SELECT started FROM runs", "SELECT (started_ms / 1000) AS started", COMPAT),
        ("SELECT seen FROM visits", "SELECT (seen_ms * 1000) AS seen", COMPAT),
        ("SELECT id FROM visits WHERE seen < 5", "seen_ms < 5 / 1000", SAFE),
    ],
)
def test_postgresql_gets_its_own_text(before: str, after: str, options: Options) -> None:
    new = rewritten(before, options)
    assert after in new
    parse_one(new.replace("%s", "$1"), dialect="postgres")


def test_nothing_of_sqlite_is_in_what_postgresql_gets() -> None:
    sql = DIALECTS["postgresql"]
    pieces = [sql.clock, *sql.parsed, *sql.shown]
    assert sql.seconds is None
    assert sql.instant is None
    assert not re.search(r"strftime|julianday|unixepoch", " ".join(pieces))


@pytest.mark.parametrize("around", ["parsed", "shown"])
@pytest.mark.parametrize(("dialect", "read"), [("sqlite", "sqlite"), ("postgresql", "postgres")])
def test_what_goes_around_a_column_keeps_it(dialect: str, read: str, around: str) -> None:
    before, behind = getattr(DIALECTS[dialect], around)  # type: ignore[index]
    tree = parse_one(f"SELECT {before}moment{behind}", dialect=read)
    assert [column.name for column in tree.find_all(exp.Column)] == ["moment"]


def value(expression: str) -> object:
    with closing(connect(":memory:")) as database:
        return database.execute(f"SELECT {expression}").fetchone()[0]


@pytest.mark.parametrize("text", ["2024-03-10 06:30:00", "2024-03-10 06:30:00.123"])
def test_sqlite_gives_a_text_back_as_it_was(text: str) -> None:
    sql = DIALECTS["sqlite"]
    assert sql.seconds is not None
    ms = to_epoch_ms(text)
    assert value(repr(text).join(sql.parsed)) == ms
    assert value(str(ms).join(sql.shown)) == text
    assert value(repr(text).join(sql.seconds)) == ms // 1000 * 1000
    assert value(f"datetime({ms}{sql.instant})") == text[:19]


@pytest.mark.parametrize("storage", sorted(SCALES))
def test_a_number_goes_to_milliseconds_and_back(storage: str) -> None:
    per_second = {"seconds": 1, "milliseconds": 1_000, "microseconds": 1_000_000}[storage]
    number = 1_710_052_200 * per_second
    to_legacy, to_ms = SCALES[storage]
    assert value(str(number).join(to_ms)) == 1_710_052_200_000
    assert value("1710052200000".join(to_legacy)) == number
