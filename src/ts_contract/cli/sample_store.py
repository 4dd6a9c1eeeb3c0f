"""The sample store of `ts-contract demo`: a small AgentOS store as years of writers leave one.

The same bytes of data every time. Its columns mix what different writers stored: SQLite's clock,
Python's ISO texts with and without a zone, numbers in seconds and milliseconds, and a few values
that stand for no instant at all.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random

__all__ = ["write_sample_store"]

_SCHEMA = """\
CREATE TABLE schema_version (
    version TEXT PRIMARY KEY,
    applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE projects (
    project_id TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    added_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE chat_sessions (
    session_id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE chat_messages (
    message_id INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES chat_sessions (session_id) ON DELETE CASCADE,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system')),
    content TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_chat_messages_session ON chat_messages (session_id, created_at);
CREATE TABLE tasks (
    task_id TEXT PRIMARY KEY,
    session_id TEXT REFERENCES chat_sessions (session_id),
    title TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'created',
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX idx_tasks_created ON tasks (created_at DESC);
CREATE TABLE task_lineage (
    task_id TEXT NOT NULL REFERENCES tasks (task_id),
    kind TEXT NOT NULL,
    ref_id INTEGER NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (task_id, kind, ref_id)
);
CREATE TABLE task_agents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL REFERENCES tasks (task_id),
    agent_type TEXT NOT NULL,
    started_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    ended_at TIMESTAMP
);
CREATE TABLE task_audits (
    audit_id INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL,
    event TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE runs (
    run_id INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL REFERENCES tasks (task_id),
    duration_ms INTEGER,
    started_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    completed_at TIMESTAMP,
    lease_until TIMESTAMP
);
CREATE TABLE artifacts (
    artifact_id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL REFERENCES runs (run_id),
    path TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE task_events (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT,
    task_id TEXT NOT NULL,
    event TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE run_changes (
    run_id INTEGER NOT NULL,
    changed_at TEXT NOT NULL
);
CREATE TABLE model_calls (
    call_id INTEGER PRIMARY KEY,
    total_latency_ms INTEGER NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE metrics (
    name TEXT NOT NULL,
    value REAL NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE VIEW open_tasks AS
    SELECT task_id, title, created_at FROM tasks WHERE status <> 'done';
"""

_TRIGGERS = """\
CREATE TRIGGER tasks_touch AFTER UPDATE OF title, status ON tasks BEGIN
    UPDATE tasks SET updated_at = CURRENT_TIMESTAMP WHERE task_id = NEW.task_id;
END;
CREATE TRIGGER chat_sessions_touch AFTER INSERT ON chat_messages BEGIN
    UPDATE chat_sessions SET updated_at = NEW.created_at WHERE session_id = NEW.session_id;
END;
CREATE TRIGGER runs_changed AFTER UPDATE ON runs BEGIN
    INSERT INTO run_changes VALUES (NEW.run_id, CURRENT_TIMESTAMP);
END;
"""

_ROLES = ("user", "assistant", "system")
_STATUSES = ("created", "running", "done")
_FIRST = datetime(2024, 1, 8, 9, tzinfo=UTC)
_DAYS = 600

Writer = Callable[[datetime], object]

_DATABASE_CLOCK: Writer = "{:%Y-%m-%d %H:%M:%S}".format
_PYTHON_ADAPTER: Writer = "{:%Y-%m-%d %H:%M:%S.%f}".format
_ISO_Z: Writer = "{:%Y-%m-%dT%H:%M:%S.%fZ}".format
_ISO_LOCAL: Writer = "{:%Y-%m-%dT%H:%M:%S}".format
_DATE: Writer = "{:%Y-%m-%d}".format


def _iso_offset(when: datetime) -> str:
    return when.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()


def _seconds(when: datetime) -> int:
    return int(when.timestamp())


def _milliseconds(when: datetime) -> int:
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


_USUAL = (_DATABASE_CLOCK, _DATABASE_CLOCK, _DATABASE_CLOCK, _PYTHON_ADAPTER, _ISO_Z)
_NO_INSTANT = ("", "None", "soon", "2024-02-30 12:00:00", "24:00", "now")


class _Values(Random):
    """What the rows are made of; the same sequence for the same seed."""

    def stamp(self, *writers: Writer) -> object:
        """Return an instant as one of the writers stores it."""
        when = _FIRST + timedelta(microseconds=self.randrange(_DAYS * 86_400_000_000))
        return self.choice(writers)(when)

    def stamp_or_null(self, *writers: Writer) -> object:
        return self.stamp(*writers) if self.random() < 0.8 else None

    def stamp_or_garbage(self, *writers: Writer) -> object:
        return self.stamp(*writers) if self.randrange(500) else self.choice(_NO_INSTANT)

    def session(self) -> str:
        return f"session-{self.randrange(600):03}"

    def task(self) -> str:
        return f"task-{self.randrange(2_000):04}"


_ROWS: tuple[tuple[str, int, Callable[[int, _Values], tuple[object, ...]]], ...] = (
    ("schema_version", 4, lambda n, v: (f"0.{40 + n}.0", v.stamp(_DATABASE_CLOCK))),
    ("projects", 40, lambda n, v: (f"project-{n}", f"/srv/{n}", v.stamp(_DATABASE_CLOCK, _DATE))),
    (
        "chat_sessions",
        600,
        lambda n, v: (
            f"session-{n:03}",
            f"Session {n}",
            v.stamp(*_USUAL),
            v.stamp(*_USUAL, _ISO_LOCAL),
        ),
    ),
    (
        "chat_messages",
        12_000,
        lambda n, v: (n, v.session(), v.choice(_ROLES), f"Message {n}", v.stamp(*_USUAL)),
    ),
    (
        "tasks",
        2_000,
        lambda n, v: (
            f"task-{n:04}",
            v.session(),
            f"Task {n}",
            v.choice(_STATUSES),
            v.stamp_or_garbage(*_USUAL),
            v.stamp(*_USUAL, _iso_offset),
        ),
    ),
    ("task_lineage", 1_500, lambda n, v: (v.task(), "parent", n, v.stamp(*_USUAL))),
    (
        "task_agents",
        1_800,
        lambda n, v: (n, v.task(), "worker", v.stamp(*_USUAL), v.stamp_or_null(*_USUAL)),
    ),
    (
        "task_audits",
        4_000,
        lambda n, v: (n, v.task(), "changed", v.stamp_or_garbage(*_USUAL, _seconds)),
    ),
    (
        "runs",
        1_500,
        lambda n, v: (
            n,
            v.task(),
            v.randrange(90_000),
            v.stamp(*_USUAL),
            v.stamp_or_null(*_USUAL),
            v.stamp_or_null(_seconds, _milliseconds),
        ),
    ),
    (
        "artifacts",
        1_500,
        lambda n, v: (n, v.randrange(1_500), f"out/{n}.json", v.stamp(*_USUAL)),
    ),
    ("task_events", 2_500, lambda n, v: (n, v.task(), "moved", v.stamp(_ISO_Z, _iso_offset))),
    ("model_calls", 500, lambda n, v: (n, v.randrange(9_000), v.stamp(_DATABASE_CLOCK))),
    ("metrics", 500, lambda n, v: (f"load-{n}", v.random(), v.stamp(_seconds))),
)
"""Table, number of rows, and the row with a number. The triggers come after all of them."""


def write_sample_store(path: Path) -> None:
    """Write the sample store into a new SQLite file.

    Args:
        path: the file; it must not exist.

    Raises:
        OSError: it exists, or cannot be written.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as directory:
        ...     write_sample_store(Path(directory) / "store.db")
        ...     (Path(directory) / "store.db").stat().st_size > 1_000_000
        True
    """
    path.open("xb").close()  # SQLite would add its tables to what is there
    values = _Values("ts-contract")
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(_SCHEMA)
        for table, count, row in _ROWS:
            rows = [row(n, values) for n in range(count)]
            marks = ", ".join("?" * len(rows[0]))
            db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        db.executescript(_TRIGGERS)
