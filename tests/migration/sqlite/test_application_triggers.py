"""The application's triggers rest during the backfill, and are there afterwards, byte for byte."""

import sqlite3
from contextlib import closing

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import migrate, rollback

CONTRACT = parse_contract({"tables": {"tasks": ["created_at", "updated_at"]}})
STORE = """
CREATE TABLE tasks (
    id INTEGER PRIMARY KEY, title TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP
);
CREATE TABLE audit (task INTEGER, what TEXT);
CREATE VIRTUAL TABLE tasks_text USING fts5 (title, content = 'tasks', content_rowid = 'id');
CREATE TRIGGER touch AFTER UPDATE ON tasks WHEN new.title IS NOT NULL BEGIN
    -- a comment;  with "quotes" and a semicolon;
    UPDATE tasks SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id;
END;
CREATE TRIGGER IF NOT EXISTS audit_update AFTER UPDATE ON tasks FOR EACH ROW BEGIN
    INSERT INTO audit VALUES (new.id, 'update');
END;
create  trigger "odd [name]" before update of created_at, updated_at on "tasks"
when new.title is not null begin insert into audit values (new.id, 'before'); end;
CREATE TRIGGER refuse BEFORE UPDATE ON tasks WHEN old.title = 'frozen' BEGIN
    SELECT RAISE(ABORT, 'this row is frozen');
END;
CREATE TRIGGER text_insert AFTER INSERT ON tasks BEGIN
    INSERT INTO tasks_text (rowid, title) VALUES (new.id, new.title);
END;
CREATE TRIGGER text_update AFTER UPDATE ON tasks BEGIN
    INSERT INTO tasks_text (tasks_text, rowid, title) VALUES ('delete', old.id, old.title);
    INSERT INTO tasks_text (rowid, title) VALUES (new.id, new.title);
END;
"""
ROWS = [
    (n, "frozen" if n == 7 else f"task {n}", "2024-01-15 12:00:00", "2023-12-31T23:59:59.999999Z")
    for n in range(1, 30)
]


@pytest.fixture
def store(build):
    store = build(STORE)
    store.run_many("INSERT INTO tasks VALUES (?, ?, ?, ?)", ROWS)
    return store


@pytest.fixture(params=[{"offline": True}, {"batch_size": 4, "pause": 0}, {"sync": False}])
def options(request):
    return request.param


def test_none_of_them_fires(store, options):
    assert migrate(store.url, CONTRACT, **options).ok

    with store.opened() as db:
        found = db.execute("SELECT id, title, created_at, updated_at FROM tasks").fetchall()
        assert found == ROWS
        assert db.execute("SELECT count(*) FROM audit").fetchone() == (0,)
        assert db.execute("SELECT DISTINCT created_at_ms, updated_at_ms FROM tasks").fetchall() == [
            (1_705_320_000_000, 1_704_067_199_999)
        ]


def test_they_are_there_afterwards_byte_for_byte_and_in_their_order(store, options):
    def triggers() -> list[str]:
        return [sql for kind, name, _, sql in store.look().schema if kind == "trigger"]

    before = triggers()
    migrate(store.url, CONTRACT, **options)
    assert [sql for sql in triggers() if "_ts_contract_" not in sql] == before

    rollback(store.url, CONTRACT)
    assert triggers() == before


def test_they_fire_again_afterwards(store, options):
    migrate(store.url, CONTRACT, **options)

    with store.opened() as db:
        db.execute("UPDATE tasks SET title = 'other' WHERE id = 1")
        updated_at, epoch = db.execute(
            "SELECT updated_at, updated_at_ms FROM tasks WHERE id = 1"
        ).fetchone()
        assert updated_at > "2026"
        expected = (
            "SELECT CAST(strftime('%s', ?) AS INTEGER) * 1000" if options.get("sync", 1) else ""
        )
        if expected:
            assert db.execute(expected, (updated_at,)).fetchone() == (epoch,)
        assert db.execute("SELECT count(*) FROM audit WHERE what = 'update'").fetchone()[0] >= 1
        with pytest.raises(sqlite3.IntegrityError, match="frozen"):
            db.execute("UPDATE tasks SET title = 'thawed' WHERE id = 7")


def test_the_full_text_index_stays_right(store, options):
    migrate(store.url, CONTRACT, **options)

    with store.opened() as db:
        db.execute("INSERT INTO tasks_text (tasks_text) VALUES ('integrity-check')")
        db.execute("INSERT INTO tasks (id, title, created_at_ms) VALUES (99, 'quixotic', 5)")
        db.execute("UPDATE tasks SET updated_at = '2024-01-15 12:00:00' WHERE id = 99")
        db.execute("INSERT INTO tasks_text (tasks_text) VALUES ('integrity-check')")
        found = db.execute("SELECT rowid FROM tasks_text WHERE tasks_text MATCH 'quixotic'")
        assert found.fetchall() == [(99,)]


def test_in_an_attached_database_too(store):
    before = store.look()
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("ATTACH ? AS aux", (str(store.path),))
        assert migrate(db, CONTRACT, batch_size=5, pause=0, schema="aux").ok
        rollback(db, CONTRACT, schema="aux")

    assert store.look() == before


@pytest.mark.parametrize("recursive", [0, 1])
def test_they_and_the_sync_triggers_end_in_agreement(store, recursive):
    """A touch trigger writes the row that our own trigger is writing; whichever fires first."""
    migrate(store.url, CONTRACT)

    with store.opened() as db:
        db.execute("DROP TRIGGER refuse")
        if recursive:  # the touch trigger as it stands would call itself for ever
            db.execute("DROP TRIGGER touch")
        db.execute(f"PRAGMA recursive_triggers = {recursive}")
        db.execute("UPDATE tasks SET created_at = '2024-02-01 00:00:00.5' WHERE id < 10")
        db.execute("UPDATE tasks SET updated_at_ms = 1705320000123 WHERE id BETWEEN 5 AND 15")
        db.execute("INSERT INTO tasks (title, created_at_ms) VALUES ('a', 1705320000123)")
        db.execute("INSERT INTO tasks (title, updated_at) VALUES ('b', '2024-01-15')")

    assert migrate(store.url, CONTRACT).ok
