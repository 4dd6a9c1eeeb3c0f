"""Old programs and rewritten ones on the same migrated database: the same rows, the same instants.

Hypothesis draws schemas' rows and programs. By default and with `compat_reads` what a program saw
must be equal to the last bit; with `unsafe` a text may have become the milliseconds of the same
instant.
"""

from __future__ import annotations

import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import HealthCheck, Phase, event, given, note, settings
from hypothesis import strategies as st

from ts_contract import to_epoch_ms
from ts_contract.codemod.changes import Options
from ts_contract.codemod.rewrite import RewriteSettings, rewrite
from ts_contract.lint.rules import all_rules
from ts_contract.migration import migrate
from ts_contract.source.sql.schema import schema_of_sql

from .programs import CONTRACT, FORMS, SCHEMA, Program, Row, programs, rows

DEFAULT = frozenset(rule.code for rule in all_rules() if rule.default)
OPTIONS = (
    Options(markers=False),
    Options(compat_reads=True, markers=False),
    Options(unsafe=True, markers=False),
)
START = datetime(2024, 1, 1, tzinfo=UTC)
BEGUN_MS = int(time.time() * 1000) - 5000


@pytest.fixture(autouse=True, scope="module")
def _templates_closed() -> Iterator[None]:
    yield
    for form in FORMS:
        template(form).close()


@cache
def template(form: str) -> sqlite3.Connection:
    """Return an empty migrated database whose sync triggers write texts as its rows were."""
    conn = sqlite3.connect(":memory:")
    conn.executescript(SCHEMA)
    text = START.strftime(FORMS[form])
    conn.execute("INSERT INTO tasks (id, created_at, updated_at) VALUES (1, ?, ?)", (text, text))
    conn.execute(
        "INSERT INTO events (id, task_id, happened_at, created_at) VALUES (1, 1, ?, ?)",
        (text, text),
    )
    conn.commit()
    migrate(conn, CONTRACT)
    conn.executescript("DELETE FROM events; DELETE FROM tasks")
    return conn


def database(stored: list[Row], form: str) -> sqlite3.Connection:
    conn = sqlite3.connect(":memory:")
    template(form).backup(conn)

    def text(seconds: int | None) -> str | None:
        if seconds is None:
            return None
        return (START + timedelta(seconds=seconds)).strftime(FORMS[form])

    for number, row in enumerate(stored, 1):
        created, happened = text(row.created), text(row.happened)
        conn.execute(
            "INSERT INTO tasks (id, title, created_at, updated_at) VALUES (?, 'x', ?, ?)",
            (number, created, text(row.updated)),
        )
        conn.execute(
            "INSERT INTO events (id, task_id, happened_at, created_at) VALUES (?, ?, ?, ?)",
            (number, 1 + number % 3, happened, created),
        )
        conn.execute(
            "INSERT INTO notes (id, task_id, created_at) VALUES (?, ?, ?)", (number, 1, created)
        )
    conn.row_factory = sqlite3.Row
    return conn


def outcome(source: str, conn: sqlite3.Connection, form: str) -> tuple[object, object]:
    """Run a program; return what it saw or how it failed, and the instants stored afterwards."""
    moment = START + timedelta(seconds=5 * 21_601)
    namespace: dict[str, object] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        exec(compile(source, "program.py", "exec"), namespace)
        try:
            text = moment.strftime(FORMS[form])
            given = {"text": text, "moment": moment, "form": FORMS[form]}
            seen = namespace["run"](conn, given)
        except Exception as error:
            seen = type(error).__name__
    conn.row_factory = None
    stored = [
        conn.execute("SELECT id, created_at_ms, updated_at_ms FROM tasks ORDER BY id").fetchall(),
        conn.execute("SELECT id, task_id, happened_ms FROM events ORDER BY id").fetchall(),
        conn.execute("SELECT id, created_at FROM notes ORDER BY id").fetchall(),
    ]
    return plain(seen), settled(stored)


def plain(value: object) -> object:
    if isinstance(value, sqlite3.Row):
        return tuple(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def settled(value: object) -> object:
    """Put one word for every instant that is the time of this run."""
    if isinstance(value, list | tuple):
        return [settled(item) for item in value]
    if isinstance(value, dict):
        return {name: settled(item) for name, item in value.items()}
    moment = as_instants(value)
    if isinstance(moment, int) and moment > BEGUN_MS - 86_400_000:
        return "yesterday" if moment < BEGUN_MS else "now"
    return value


def as_instants(value: object) -> object:
    """Take texts of a time for their milliseconds."""
    if isinstance(value, list | tuple):
        return [as_instants(item) for item in value]
    if isinstance(value, dict):
        return [as_instants(item) for item in value.values()]
    if isinstance(value, str):
        try:
            return to_epoch_ms(value)
        except ValueError:
            return value
    if isinstance(value, datetime):
        return to_epoch_ms(value)
    return value


def check(program: Program, stored: list[Row], form: str, options: Options) -> None:
    # An unsafe fix of a clock changes texts in tables outside of the contract too.
    codes = frozenset(c for c in DEFAULT if c[3] in "23") if options.unsafe else DEFAULT
    rewritten = rewrite(
        program.source,
        "program.py",
        RewriteSettings(CONTRACT, schema_of_sql(SCHEMA), codes, options),
    )
    note(program.source)
    note(rewritten.text)
    event("rewritten" if rewritten.text != program.source else "left alone")
    with closing(database(stored, form)) as conn:
        old_seen, old_stored = outcome(program.source, conn, form)
    with closing(database(stored, form)) as conn:
        new_seen, new_stored = outcome(rewritten.text, conn, form)
    assert new_stored == old_stored
    if options.unsafe:
        old_seen, new_seen = as_instants(old_seen), as_instants(new_seen)
    assert settled(new_seen) == settled(old_seen)


def forms(options: Options) -> st.SearchStrategy[str]:
    """Compat reads give the form of CURRENT_TIMESTAMP, so they are judged on that."""
    text_is_shown = options.compat_reads or options.unsafe
    return st.just("datetime") if text_is_shown else st.sampled_from(sorted(FORMS))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Program, list[Row], str, Options]:
    options = draw(st.sampled_from(OPTIONS))
    return draw(programs()), draw(rows()), draw(forms(options)), options


common = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@settings(common, max_examples=60)
@given(cases())
def test_a_rewritten_program_does_the_same(case: tuple[Program, list[Row], str, Options]) -> None:
    check(*case)


@pytest.mark.stress
@settings(common, max_examples=2000, phases=[Phase.explicit, Phase.generate])
@given(cases())
def test_2000_rewritten_programs_do_the_same(
    case: tuple[Program, list[Row], str, Options],
) -> None:
    check(*case)
