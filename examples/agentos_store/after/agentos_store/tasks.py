"""Tasks, who worked on them, and what happened to them."""

import sqlite3
import uuid
from datetime import datetime, timedelta

from ts_contract import now_ms, to_epoch_ms

from .models import Task
from .writer import Writer

TASK_COLUMNS = "id, title, status, created_at_ms, updated_at_ms"


class TaskStore:
    def __init__(self, conn: sqlite3.Connection, writer: Writer) -> None:
        self._conn = conn
        self._writer = writer

    def create(self, title: str, session_id: str | None = None) -> str:
        task_id = uuid.uuid4().hex

        def write(conn: sqlite3.Connection) -> None:
            now = now_ms()
            conn.execute(
                "INSERT INTO tasks (id, title, session_id, created_at_ms) VALUES (?, ?, ?, ?)",
                (task_id, title, session_id, now),
            )
            conn.execute(
                "INSERT INTO task_audits (task_id, message, created_at_ms)"
                " VALUES (?, 'created', ?)",
                (task_id, now),
            )
            if session_id is not None:
                conn.execute(
                    "INSERT INTO task_lineage (task_id, kind, ref_id, created_at_ms) "
                    "VALUES (?, 'session', ?, ?)",
                    (task_id, session_id, now),
                )
            conn.execute(
                "INSERT INTO task_events (task_id, kind, created_at_ms) VALUES (?, ?, ?)",
                (task_id, "opened", now),
            )

        self._writer.submit(write)
        return task_id

    def finish(self, task_id: str) -> bool:
        def write(conn: sqlite3.Connection) -> int:
            changed = conn.execute(
                "UPDATE tasks SET status = ?, updated_at_ms = ? WHERE id = ? AND status != ?",
                ("done", now_ms(), task_id, "done"),
            ).rowcount
            conn.execute(
                "UPDATE task_agents SET ended_at_ms = ? WHERE task_id = ? AND ended_at_ms IS NULL",
                (now_ms(), task_id),
            )
            return changed

        return bool(self._writer.submit(write))

    def touch_all(self, task_ids: list[str]) -> None:
        now = now_ms()
        self._writer.submit(
            lambda conn: conn.executemany(
                "UPDATE tasks SET updated_at_ms = ? WHERE id = ?",
                [(now, task_id) for task_id in task_ids],
            )
        )

    def get(self, task_id: str) -> Task | None:
        row = self._conn.execute(
            f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = ?", (task_id,)
        ).fetchone()
        return Task.from_db_row(row) if row else None

    def open_tasks(self) -> list[Task]:
        rows = self._conn.execute(
            f"SELECT {TASK_COLUMNS} FROM tasks WHERE status = ? ORDER BY created_at_ms DESC",
            ("open",),
        )
        return [Task.from_db_row(row) for row in rows]

    def untouched(self) -> list[str]:
        rows = self._conn.execute(
            "SELECT id FROM tasks WHERE updated_at_ms IS NULL ORDER BY created_at_ms"
        )
        return [row["id"] for row in rows]

    def created_between(self, first: datetime, last: datetime) -> list[str]:
        rows = self._conn.execute(
            "SELECT id FROM tasks WHERE created_at_ms BETWEEN ? AND ? ORDER BY created_at_ms",
            (to_epoch_ms(first), to_epoch_ms(last)),
        )
        return [row["id"] for row in rows]

    def opened_in_the_last_day(self) -> int:
        return self._conn.execute(
            "SELECT COUNT(*) FROM tasks WHERE created_at_ms >= ?", (now_ms() - 86_400_000,)
        ).fetchone()[0]

    def forget_older_than(self, age: timedelta) -> int:
        cutoff = now_ms() - age // timedelta(milliseconds=1)
        return self._writer.submit(
            lambda conn: (
                conn.execute("DELETE FROM task_audits WHERE created_at_ms < ?", (cutoff,)).rowcount
            )
        )

    def lineage(self, task_id: str) -> list[tuple[str, str]]:
        rows = self._conn.execute(
            "SELECT kind, ref_id, created_at_ms FROM task_lineage WHERE task_id = ?"
            " ORDER BY created_at_ms, id",
            (task_id,),
        )
        return [(row[0], row[1]) for row in rows]

    def time_worked(self, task_id: str) -> timedelta:
        total = timedelta()
        rows = self._conn.execute(
            "SELECT started_at_ms, ended_at_ms FROM task_agents "
            "WHERE task_id = ? AND ended_at_ms IS NOT NULL",
            (task_id,),
        )
        for row in rows:
            total += timedelta(milliseconds=row["ended_at_ms"] - row["started_at_ms"])
        return total

    def history(self, task_id: str) -> list[dict[str, object]]:
        rows = self._conn.execute(
            "SELECT kind, created_at_ms FROM task_events WHERE task_id = ? ORDER BY created_at_ms",
            (task_id,),
        )
        return [dict(row) for row in rows]
