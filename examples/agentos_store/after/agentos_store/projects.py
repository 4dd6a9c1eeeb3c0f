"""Projects, what their tasks produced, and the notifications beside them."""

import sqlite3
import uuid

from ts_contract import now_ms

from .clock import utc_now_iso
from .writer import Writer


class ProjectStore:
    def __init__(self, conn: sqlite3.Connection, writer: Writer) -> None:
        self._conn = conn
        self._writer = writer

    def add(self, path: str, name: str) -> str:
        project_id = uuid.uuid4().hex
        self._writer.submit(
            lambda conn: conn.execute(
                "INSERT INTO projects (id, path, name, added_at_ms) VALUES (?, ?, ?, ?) "
                "ON CONFLICT(path) DO UPDATE "
                "SET name = excluded.name, added_at_ms = excluded.added_at_ms",
                (project_id, path, name, now_ms()),
            )
        )
        return project_id

    def names(self) -> list[str]:
        return [
            row["name"]
            for row in self._conn.execute("SELECT name FROM projects ORDER BY added_at_ms DESC")
        ]

    def overview(self) -> list[dict[str, object]]:
        rows = self._conn.execute(
            """
            WITH latest AS (
                SELECT project_id, MAX(updated_at_ms) AS active_at, COUNT(*) AS sessions
                FROM chat_sessions
                GROUP BY project_id
            )
            SELECT p.name, latest.sessions
            FROM projects AS p
            JOIN latest ON latest.project_id = p.id
            ORDER BY latest.active_at DESC
            """
        )
        return [dict(row) for row in rows]

    def artifacts(self, task_id: str) -> list[str]:
        rows = self._conn.execute(
            "SELECT path, created_at_ms FROM artifacts "
            "WHERE task_id = ? ORDER BY created_at_ms DESC",
            (task_id,),
        ).fetchall()
        return [row["path"] for row in rows]

    def notify(self, text: str) -> None:
        self._writer.submit(
            lambda conn: conn.execute(
                "INSERT INTO notifications (text, created_at) VALUES (?, ?)", (text, utc_now_iso())
            )
        )

    def unread(self) -> list[str]:
        rows = self._conn.execute(
            "SELECT text FROM notifications WHERE read = 0 ORDER BY created_at, id"
        )
        return [row["text"] for row in rows]
