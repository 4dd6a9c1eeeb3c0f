"""A write keeps the legacy column where a trigger would come too late, judged by SQLite itself.

Each program runs on a migrated database, old and new, and must store the same rows in both columns.
In phase `enforce` the legacy half goes again, and what is left runs on a finalized database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from ts_contract.codemod.changes import Options
from ts_contract.codemod.rewrite import RewriteSettings, Rewritten, rewrite
from ts_contract.lint.rules import all_rules
from ts_contract.loading import parse_contract
from ts_contract.migration import finalize, migrate
from ts_contract.source.sql.schema import schema_of_sql

SCHEMA = """
CREATE TABLE feeds (url TEXT PRIMARY KEY, added TIMESTAMP NOT NULL, seen TEXT);
CREATE TABLE slots (owner TEXT, slot TEXT, note TEXT, UNIQUE (owner, slot));
CREATE TABLE keyed (at TEXT UNIQUE, n INTEGER);
CREATE TABLE checked (n INTEGER, at TEXT CHECK (at IS NOT NULL));
CREATE TABLE indexed (n INTEGER, at TEXT);
CREATE UNIQUE INDEX indexed_at ON indexed (at);
CREATE TABLE people (name TEXT, joined INTEGER NOT NULL);
"""
TABLES = {
    "feeds": ["added", "seen"],
    "slots": ["slot"],
    "keyed": {"at": "at_ms"},
    "checked": {"at": "at_ms"},
    "indexed": {"at": "at_ms"},
    "people": {"joined": {"epoch": "joined_ms", "storage": "seconds"}},
}
HEAD = """from datetime import datetime, timedelta, timezone


def run(db, when, calls=[]):
    def stamp():
        calls.append(1)
        return (when + timedelta(seconds=len(calls))).isoformat()

"""
CODES = frozenset(rule.code for rule in all_rules() if rule.default)


def rewritten(text: str, *, schema: str | None = SCHEMA, phase: str = "migrate") -> Rewritten:
    contract = parse_contract({"tables": TABLES, "phase": phase})
    known = None if schema is None else schema_of_sql(schema)
    return rewrite(text, "x.py", RewriteSettings(contract, known, CODES, Options()))


@pytest.fixture(scope="module")
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.executescript(SCHEMA)
        db.execute("INSERT INTO slots VALUES ('ada', '2024-01-15T12:00:00+00:00', 'old')")
        migrate(db, parse_contract({"tables": TABLES}))
        yield db


def copy_of(database: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", isolation_level=None)
    database.backup(copy)
    return copy


def run(text: str, database: sqlite3.Connection) -> None:
    from datetime import UTC, datetime

    namespace: dict[str, object] = {}
    exec(compile(text, "x.py", "exec"), namespace)
    namespace["run"](database, datetime(2024, 1, 15, 12, 0, tzinfo=UTC))


def stored(database: sqlite3.Connection) -> list[object]:
    rows = [
        database.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall() for table in TABLES
    ]
    return [[tuple("now" if _is_now(v) else v for v in row) for row in found] for found in rows]


def _is_now(value: object) -> bool:
    year = str(value)[:4]
    return (isinstance(value, str) and year > "2025") or (
        isinstance(value, int) and value > 1.75e12
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'db.execute("INSERT INTO feeds (url, added) VALUES (?, ?)", ("u", when.isoformat()))',
            'db.execute("INSERT INTO feeds (url, added, added_ms) VALUES (?, ?, ?)",'
            ' ("u", when.isoformat(), to_epoch_ms(when.isoformat())))',
        ),
        (
            'db.execute("INSERT INTO feeds (added) VALUES (?)", [stamp()])',
            'db.execute("INSERT INTO feeds (added, added_ms) VALUES (?, ?)",'
            " [(added_value := stamp()), to_epoch_ms(added_value)])",
        ),
        (
            'db.execute("INSERT INTO feeds (added, seen) VALUES (:now, :now)",'
            ' {"now": when.isoformat()})',
            'db.execute("INSERT INTO feeds (added, added_ms, seen, seen_ms) VALUES'
            ' (:now, :added_ms, :now, :seen_ms)", {"now": when.isoformat(),'
            ' "seen_ms": to_epoch_ms(when.isoformat()),'
            ' "added_ms": to_epoch_ms(when.isoformat())})',
        ),
        (
            'db.execute("INSERT INTO feeds (url, added) VALUES (?, CURRENT_TIMESTAMP)", ("u",))',
            'db.execute("INSERT INTO feeds (url, added, added_ms) VALUES (?, CURRENT_TIMESTAMP,'
            " CAST(strftime('%s', 'now') AS INTEGER) * 1000)\", (\"u\",))",
        ),
        (
            "db.execute(\"INSERT INTO feeds (added) VALUES ('2024-01-01 00:00:00')\")",
            "db.execute(\"INSERT INTO feeds (added, added_ms) VALUES ('2024-01-01 00:00:00',"
            ' 1704067200000)")',
        ),
        (
            'db.executemany("INSERT INTO feeds (url, added) VALUES (?, ?)",'
            " [(url, stamp()) for url in 'ab'])",
            'db.executemany("INSERT INTO feeds (url, added, added_ms) VALUES (?, ?, ?)",'
            " [(url, (added_value := stamp()), to_epoch_ms(added_value)) for url in 'ab'])",
        ),
        (
            'db.execute("INSERT INTO feeds (url, added) VALUES (?, ?), (?, ?)",'
            ' ("a", stamp(), "b", stamp()))',
            'db.execute("INSERT INTO feeds (url, added, added_ms) VALUES (?, ?, ?), (?, ?, ?)",'
            ' ("a", (added_value := stamp()), to_epoch_ms(added_value),'
            ' "b", (added_value := stamp()), to_epoch_ms(added_value)))',
        ),
        (
            'db.execute("INSERT OR IGNORE INTO slots (owner, slot) VALUES (?, ?)",'
            ' ("ada", when.isoformat()))',
            'db.execute("INSERT OR IGNORE INTO slots (owner, slot, slot_ms) VALUES (?, ?, ?)",'
            ' ("ada", when.isoformat(), to_epoch_ms(when.isoformat())))',
        ),
        (
            "db.execute(\"INSERT INTO slots (owner, slot) VALUES ('bob', NULL)\")",
            "db.execute(\"INSERT INTO slots (owner, slot, slot_ms) VALUES ('bob', NULL, NULL)\")",
        ),
        (
            'db.execute("UPDATE OR IGNORE slots SET slot = ?, note = ?", (when.isoformat(), "n"))',
            'db.execute("UPDATE OR IGNORE slots SET slot = ?, slot_ms = ?, note = ?",'
            ' (when.isoformat(), to_epoch_ms(when.isoformat()), "n"))',
        ),
        (
            'db.execute("INSERT INTO keyed (at, n) VALUES (?, 1)", (when.isoformat(),))',
            'db.execute("INSERT INTO keyed (at, at_ms, n) VALUES (?, ?, 1)",'
            " (when.isoformat(), to_epoch_ms(when.isoformat()),))",
        ),
        (
            'db.execute("INSERT INTO checked (at) VALUES (?)", (when.isoformat(),))',
            'db.execute("INSERT INTO checked (at, at_ms) VALUES (?, ?)",'
            " (when.isoformat(), to_epoch_ms(when.isoformat()),))",
        ),
        (
            'db.execute("REPLACE INTO indexed (n, at) VALUES (?, ?)", (1, when.isoformat()))',
            'db.execute("REPLACE INTO indexed (n, at, at_ms) VALUES (?, ?, ?)",'
            " (1, when.isoformat(), to_epoch_ms(when.isoformat())))",
        ),
        (
            'db.execute("INSERT INTO people (name, joined) VALUES (?, ?)", ("x", 1_705_320_000))',
            'db.execute("INSERT INTO people (name, joined, joined_ms)'
            ' VALUES (?, ?, ((CAST(ROUND(? * 1000000.0) AS INTEGER) + 62135596800000000) / 1000'
            ' - 62135596800000))", ("x", 1_705_320_000, 1_705_320_000))',
        ),
    ],
)  # fmt: skip
def test_the_legacy_column_keeps_its_value(
    database: sqlite3.Connection, before: str, after: str
) -> None:
    old = f"{HEAD}    {before}\n"
    new = rewritten(old).text
    assert new.splitlines()[-1] == f"    {after}"
    assert rewritten(new).text == new
    with closing(copy_of(database)) as one, closing(copy_of(database)) as other:
        run(old, one)
        run(new, other)
        assert stored(one) == stored(other)


@pytest.mark.parametrize(
    "statement",
    [
        'db.execute("INSERT INTO feeds (url, added) VALUES (?, ?)", ("u", when.isoformat()))',
        'db.execute("INSERT INTO feeds (url, added) VALUES (?, ?)", ("u", stamp()))',
        'db.executemany("INSERT INTO feeds (added) VALUES (?)", [[stamp()] for _ in "ab"])',
        'db.execute("INSERT INTO feeds (added) VALUES (?), (?)", (stamp(), stamp()))',
        'db.execute("INSERT INTO feeds (added) VALUES (:now)", {"now": when.isoformat()})',
        'db.execute("INSERT INTO feeds (added) VALUES (CURRENT_TIMESTAMP)")',
        'db.execute("UPDATE slots SET slot = ? WHERE owner = ?", (stamp(), "ada"))',
    ],
)
def test_phase_enforce_takes_the_legacy_half_out_again(
    database: sqlite3.Connection, statement: str
) -> None:
    both = rewritten(f"{HEAD}    {statement}\n").text
    alone = rewritten(both, phase="enforce").text
    assert both != alone
    with closing(copy_of(database)) as migrated, closing(copy_of(database)) as finalized:
        finalize(finalized, parse_contract({"tables": TABLES}))
        run(both, migrated)
        run(alone, finalized)
        for table, column in [("feeds", "added_ms"), ("slots", "slot_ms")]:
            query = f"SELECT {column} / 10000 FROM {table} ORDER BY rowid"
            assert migrated.execute(query).fetchall() == finalized.execute(query).fetchall()


def test_an_update_needs_the_legacy_column_only_where_it_is_compared() -> None:
    text = f'{HEAD}    db.execute("UPDATE feeds SET added = ?", (when.isoformat(),))\n'
    assert '"UPDATE feeds SET added_ms = ?"' in rewritten(text).text


def test_a_column_with_a_default_is_left_to_the_trigger() -> None:
    text = f'{HEAD}    db.execute("INSERT INTO feeds (added) VALUES (?)", (when.isoformat(),))\n'
    schema = "CREATE TABLE feeds (added TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)"
    assert "feeds (added_ms) VALUES (?)" in rewritten(text, schema=schema).text


def test_the_file_itself_may_tell_the_schema() -> None:
    text = (
        f'{HEAD}    db.execute("INSERT INTO feeds (added) VALUES (?)", (when.isoformat(),))\n'
        "\n\ndef begin(db):\n"
        '    db.execute("CREATE TABLE IF NOT EXISTS feeds (added TEXT NOT NULL)")\n'
    )
    assert "feeds (added, added_ms) VALUES (?, ?)" in rewritten(text, schema=None).text


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            'db.execute("INSERT INTO slots (owner, slot) VALUES (?, ?)'
            ' ON CONFLICT (owner, slot) DO UPDATE SET note = 1", ("a", when.isoformat()))',
            "the column slot stands in CONFLICT",
        ),
        (
            'db.execute("INSERT INTO feeds (added) SELECT slot FROM slots")',
            "the value comes from a column that has to change with it",
        ),
        (
            'db.execute("INSERT INTO feeds (added) VALUES (?)", ((when.isoformat()),))',
            "the bound value stands in parentheses",
        ),
        (
            'db.execute("INSERT INTO feeds (added) VALUES (?)", calls)',
            "the bound value is not visible in this file",
        ),
        (
            'db.execute("INSERT INTO feeds (added) VALUES (?1)", (when.isoformat(),))',
            "the bound value is not visible in this file",
        ),
        (
            'db.execute("INSERT INTO feeds (added) VALUES (:now)",'
            ' {"now": when.isoformat(), "added_ms": 1})',
            "the name added_ms is bound to something else",
        ),
        (
            "p = (when.isoformat(),);"
            ' db.execute("INSERT INTO feeds (added) VALUES (?)", p); db.execute("SELECT ?", p)',
            "what is bound is used in another place too",
        ),
    ],
)
def test_what_cannot_be_written_twice_is_left_whole(statement: str, reason: str) -> None:
    text = f"{HEAD}    {statement}\n"
    result = rewritten(text)
    assert [line for line in result.text.splitlines() if "# TODO" not in line] == text.splitlines()
    assert reason in {change.reason for change in result.changes}


@pytest.mark.parametrize(
    "verb", ["INSERT INTO feeds (added) VALUES (?)", "UPDATE OR IGNORE feeds SET added = ?"]
)
def test_without_a_schema_a_write_needs_a_yes(verb: str) -> None:
    text = f'{HEAD}    db.execute("{verb}", (when.isoformat(),))\n'
    (change,) = rewritten(text, schema=None).changes
    assert (change.status, change.safety) == ("marked", "unsafe")
    assert change.reason == (
        "whether feeds.added is NOT NULL or in a key is not in the contract's schema"
    )
