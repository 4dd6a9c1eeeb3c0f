"""A database is asked about rewrites, right ones and wrong ones that nobody would make."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest

from ts_contract.codemod.files import Result, rewrite_bytes
from ts_contract.codemod.rewrite import RewriteSettings
from ts_contract.codemod.verify import rewrites
from ts_contract.codemod.verify.rewrites import Verified, verify_rewrites
from ts_contract.codemod.verify.statements import Pair, pairs_in
from ts_contract.loading import parse_contract
from ts_contract.migration import Refused
from ts_contract.source.sql.schema import schema_of_sql

CONTRACT = parse_contract({"tables": {"tasks": ["created_at"]}})
SETTINGS = RewriteSettings(CONTRACT, None, frozenset({"TSC201", "TSC202"}))
BEFORE = 'c.execute("SELECT id FROM tasks WHERE created_at > ? ORDER BY created_at", (x,))\n'
AFTER = BEFORE.replace("created_at", "created_at_ms")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store.db"
    with closing(connect(path)) as database:
        database.executescript(
            """
            CREATE TABLE tasks (id INTEGER PRIMARY KEY, created_at TEXT);
            CREATE INDEX by_time ON tasks (created_at);
            CREATE VIEW latest AS SELECT max(created_at) FROM tasks;
            INSERT INTO tasks VALUES (1, '2024-03-02 10:00:00'), (2, '2024-03-01 10:00:00'),
                (3, '2024-03-05 10:00:00'), (4, NULL);
            """
        )
    return path


def verified(store: Path, after: str, before: str = BEFORE) -> Verified:
    result = Result("app.py", before.encode(), after.encode())
    return verify_rewrites(store, [result], SETTINGS)


def test_what_the_codemod_makes_gives_the_same_rows(store: Path) -> None:
    result = rewrite_bytes(BEFORE.encode(), "app.py", SETTINGS)
    assert verify_rewrites(store, [result], SETTINGS) == Verified(1, 1, 1, ())


def test_the_database_is_only_read(store: Path) -> None:
    data = store.read_bytes()
    verified(store, AFTER)
    assert store.read_bytes() == data


def test_other_rows_are_told_with_the_place(store: Path) -> None:
    lines = "import x\n\n"
    after = AFTER.replace("SELECT id", "SELECT -id")
    (problem,) = verified(store, lines + after, lines + BEFORE).problems
    assert problem.startswith("app.py:3: gives other rows, with ")


def test_another_number_of_rows_is_told(store: Path) -> None:
    (problem,) = verified(store, AFTER.replace("created_at_ms >", "created_at_ms + 1 >")).problems
    assert "rows before" in problem


def test_a_statement_that_does_not_prepare_without_legacy_columns_is_told(store: Path) -> None:
    outcome = verified(store, AFTER.replace("SELECT id", "SELECT other"))
    assert (outcome.statements, outcome.prepared) == (1, 0)
    assert "does not prepare (no such column: other)" in outcome.problems[0]


def test_what_still_names_a_legacy_column_is_marked_and_not_judged(store: Path) -> None:
    after = BEFORE.replace("ORDER BY created_at", "ORDER BY created_at_ms")
    assert verified(store, after) == Verified(0, 0, 0, ())


def test_a_statement_of_another_schema_is_not_judged(store: Path) -> None:
    before, after = (text.replace("SELECT id", "SELECT other") for text in (BEFORE, AFTER))
    assert verified(store, after, before) == Verified(0, 0, 0, ())


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be read as one\n" * 9)
    with pytest.raises(Refused, match=r"cannot be copied .*; name a SQLite database"):
        verified(path, AFTER)


def test_without_a_contract_there_is_nothing_to_migrate(store: Path) -> None:
    settings = RewriteSettings(None, None, frozenset({"TSC101"}))
    with pytest.raises(Refused, match="needs a contract"):
        verify_rewrites(store, [], settings)


def test_a_file_that_cannot_be_verified_is_a_problem_and_does_not_end_the_run(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(result: Result, settings: RewriteSettings) -> Iterator[Pair]:
        if result.path == "bad.py":
            raise IndexError("of ours")
        yield from pairs_in(result, settings)

    monkeypatch.setattr(rewrites, "pairs_in", broken)
    results = [Result(path, BEFORE.encode(), AFTER.encode()) for path in ("bad.py", "app.py")]
    done = verify_rewrites(store, results, SETTINGS)
    assert (done.statements, done.compared) == (1, 1)
    (problem,) = done.problems
    assert problem.startswith("bad.py: failed in codemod/verify/rewrites.py:")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "store.db")
    with pytest.raises(Refused, match=r"cannot be copied .*Not a regular file"):
        verified(tmp_path / "store.db", AFTER)


def test_rows_in_another_order_are_told(store: Path) -> None:
    before = 'c.execute("SELECT id FROM tasks WHERE id > ? ORDER BY created_at", (x,))\n'
    after = before.replace("created_at", "created_at_ms DESC")
    (problem,) = verified(store, after, before).problems
    assert problem.startswith("app.py:1: gives the rows in another order, with ")


def test_rows_of_equal_keys_come_in_any_order(store: Path) -> None:
    with closing(connect(store)) as database, database:
        database.execute("UPDATE tasks SET created_at = '2024-03-02 10:00:00'")
    before = 'c.execute("SELECT id FROM tasks WHERE id > ? ORDER BY created_at, id", (x,))\n'
    after = before.replace("created_at, id", "created_at_ms")
    assert verified(store, after, before).problems == ()


# --- statements that write -------------------------------------------------------------------

DEMANDING = """
CREATE TABLE feeds (url TEXT PRIMARY KEY, added TIMESTAMP NOT NULL);
CREATE TABLE slots (owner TEXT, slot TEXT, UNIQUE (owner, slot));
CREATE TABLE tasks (id INTEGER PRIMARY KEY, created_at TEXT);
INSERT INTO feeds VALUES ('a', '2024-03-02 10:00:00'), ('b', '2024-03-03 10:00:00.094');
INSERT INTO slots VALUES ('ada', '2024-03-02 10:00:00'), ('bob', '2024-03-03 10:00:00');
INSERT INTO tasks VALUES (1, '2024-03-02 10:00:00'), (2, NULL);
"""
WRITING = RewriteSettings(
    parse_contract({"tables": {"feeds": ["added"], "slots": ["slot"], "tasks": ["created_at"]}}),
    schema_of_sql(DEMANDING),
    frozenset({"TSC201", "TSC202", "TSC204"}),
)


def written(tmp_path: Path, before: str, after: str | None = None) -> Verified:
    """Verify a rewrite, the codemod's own if none is given."""
    path = tmp_path / "demanding.db"
    with closing(connect(path)) as database:
        database.executescript(DEMANDING)
    data = before.encode()
    made = rewrite_bytes(data, "app.py", WRITING) if after is None else None
    assert made is None or made.after is not None
    result = Result("app.py", data, after.encode()) if after is not None else made
    assert result is not None
    return verify_rewrites(path, [result], WRITING)


@pytest.mark.parametrize(
    "statement",
    [
        'c.execute("INSERT INTO feeds (url, added) VALUES (?, ?)", (url, when))',
        'c.execute("INSERT INTO feeds (url, added) VALUES (:url, :added)", {"url": 1, "added": w})',
        'c.execute("INSERT INTO feeds (url, added) VALUES (?, CURRENT_TIMESTAMP)", (url,))',
        'c.execute("INSERT OR IGNORE INTO slots (owner, slot) VALUES (?, ?)", (owner, slot))',
        'c.execute("UPDATE OR IGNORE slots SET slot = ? WHERE owner = ?", (slot, owner))',
        'c.execute("UPDATE tasks SET created_at = ? WHERE id = ?", (when, id))',
        'c.execute("UPDATE tasks SET created_at = CURRENT_TIMESTAMP")',
        'c.execute("DELETE FROM tasks WHERE created_at < ?", (when,))',
    ],
)
def test_a_right_write_leaves_the_same(tmp_path: Path, statement: str) -> None:
    assert written(tmp_path, f"{statement}\n") == Verified(1, 1, 1, ())


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (
            'c.execute("INSERT INTO feeds (url, added) VALUES (?, ?)", (url, when))',
            'c.execute("INSERT INTO feeds (url, added_ms) VALUES (?, ?)", (url, ms))',
            "on the migrated database: it fails (NOT NULL constraint failed: feeds.added)",
        ),
        (
            "c.execute(\"UPDATE tasks SET created_at = '2024-01-15 12:00:00.094595'\")",
            'c.execute("UPDATE tasks SET created_at_ms = 1705320000095")',
            "tasks.created_at_ms is 1705320000094 as it was, 1705320000095 as it is",
        ),
        (
            'c.execute("DELETE FROM tasks WHERE created_at <= ?", (when,))',
            'c.execute("DELETE FROM tasks WHERE created_at_ms < ?", (to_epoch_ms(when),))',
            "tasks has 1 rows as it was, 2 as it is",
        ),
    ],
)
def test_a_wrong_write_is_told_in_the_databases_words(
    tmp_path: Path, before: str, after: str, words: str
) -> None:
    (problem,) = written(tmp_path, f"{before}\n", f"{after}\n").problems
    assert problem.startswith("app.py:1: ")
    assert words in problem


def test_what_is_written_is_rolled_back(tmp_path: Path) -> None:
    first = 'c.execute("DELETE FROM tasks WHERE created_at IS NOT NULL OR id > 0")\n'
    second = 'c.execute("UPDATE tasks SET created_at = ? WHERE id = 1", (when,))\n'
    assert written(tmp_path, first + second) == Verified(2, 2, 2, ())
