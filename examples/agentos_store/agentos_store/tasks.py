"""Tasks, who worked on them, and what happened to them."""

import sqlite3
import uuid
from datetime import datetime, timedelta

from .clock import parse_iso, utc_now, utc_now_iso
from .models import Task
from .writer import Writer

TASK_COLUMNS = "id, title, status, created_at, updated_at"


class TaskStore:
    def __init__(self, conn: sqlite3.Connection, writer: Writer) -> None:
        self._conn = conn
        self._writer = writer

    def create(self, title: str, session_id: str | None = None) -> str:
        task_id = uuid.uuid4().hex

        def write(conn: sqlite3.Connection) -> None:
            now = utc_now_iso()
            conn.execute(
                "INSERT INTO tasks (id, title, session_id, created_at) VALUES (?, ?, ?, ?)",
                (task_id, title, session_id, now),
            )
            conn.execute(
                "INSERT INTO task_audits (task_id, message, created_at)"
                " VALUES (?, 'created', CURRENT_TIMESTAMP)",
                (task_id,),
            )
            if session_id is not None:
                conn.execute(
                    "INSERT INTO task_lineage (task_id, kind, ref_id) VALUES (?, 'session', ?)",
                    (task_id, session_id),
                )
            conn.execute(
                "INSERT INTO task_events (task_id, kind, created_at) VALUES (?, ?, ?)",
                (task_id, "opened", now),
            )

        self._writer.submit(write)
        return task_id

    def finish(self, task_id: str) -> bool:
        def write(conn: sqlite3.Connection) -> int:
            changed = conn.execute(
                "UPDATE tasks SET status = ?, updated_at = ? WHERE id = ? AND status != ?",
                ("done", utc_now().isoformat(), task_id, "done"),
            ).rowcount
            conn.execute(
                "UPDATE task_agents SET ended_at = ? WHERE task_id = ? AND ended_at IS NULL",
                (utc_now_iso(), task_id),
            )
            return changed

        return bool(self._writer.submit(write))

    def touch_all(self, task_ids: list[str]) -> None:
        now = utc_now_iso()
        self._writer.submit(
            lambda conn: conn.executemany(
                "UPDATE tasks SET updated_at = ? WHERE id = ?",
                [(now, task_id) for task_id in task_ids],
            )
        )

    def get(self, task_id: str) -> Task | None:
        row = self._conn.execute("SELECT * FROM tasks WHERE id = ?", (task_id,)).fetchone()
        return Task.from_db_row(row) if row else None

    def open_tasks(self) -> list[Task]:
        rows = self._conn.execute(
            f"SELECT {TASK_COLUMNS} FROM tasks WHERE status = ? ORDER BY created_at DESC",
            ("open",),
        )
        return [Task.from_db_row(row) for row in rows]

    def untouched(self) -> list[str]:
        rows = self._conn.execute(
            "SELECT id FROM tasks WHERE updated_at IS NULL ORDER BY created_at"
        )
        return [row["id"] for row in rows]

    def created_between(self, first: datetime, last: datetime) -> list[str]:
        rows = self._conn.execute(
            "SELECT id FROM tasks WHERE created_at BETWEEN ? AND ? ORDER BY created_at",
            (first.isoformat(" "), last.isoformat(" ")),
        )
        return [row["id"] for row in rows]

    def opened_in_the_last_day(self) -> int:
        return self._conn.execute(
            "SELECT COUNT(*) FROM tasks WHERE created_at >= datetime('now', '-1 day')"
        ).fetchone()[0]

    def forget_older_than(self, age: timedelta) -> int:
        cutoff = (utc_now() - age).strftime("%Y-%m-%d %H:%M:%S")
        return self._writer.submit(
            lambda conn: (
                conn.execute("DELETE FROM task_audits WHERE created_at < ?", (cutoff,)).rowcount
            )
        )

    def lineage(self, task_id: str) -> list[tuple[str, str]]:
        rows = self._conn.execute(
            "SELECT kind, ref_id, created_at FROM task_lineage WHERE task_id = ?"
            " ORDER BY created_at, id",
            (task_id,),
        )
        return [(row[0], row[1]) for row in rows]

    def time_worked(self, task_id: str) -> timedelta:
        total = timedelta()
        rows = self._conn.execute(
            "SELECT started_at, ended_at FROM task_agents "
            "WHERE task_id = ? AND ended_at IS NOT NULL",
            (task_id,),
        )
        for row in rows:
            total += parse_iso(row["ended_at"]) - parse_iso(row["started_at"])
        return total

    def history(self, task_id: str) -> list[dict[str, object]]:
        rows = self._conn.execute(
            "SELECT kind, created_at FROM task_events WHERE task_id = ? ORDER BY created_at",
            (task_id,),
        )
        return [dict(row) for row in rows]
