"""Chat sessions and their messages."""

import sqlite3
import uuid
from datetime import datetime

from .clock import parse_iso, utc_now_iso
from .models import Session
from .writer import Writer

# What callers may sort by.
SORTABLE = ("created_at", "updated_at", "title")


class SessionStore:
    def __init__(self, conn: sqlite3.Connection, writer: Writer) -> None:
        self._conn = conn
        self._writer = writer

    def create(self, title: str, project_id: str | None = None) -> str:
        session_id = uuid.uuid4().hex
        now = utc_now_iso()

        def write(conn: sqlite3.Connection) -> None:
            conn.execute(
                "INSERT INTO chat_sessions (id, title, project_id, created_at, updated_at) "
                "VALUES (?, ?, ?, ?, ?)",
                (session_id, title, project_id, now, now),
            )

        self._writer.submit(write)
        return session_id

    def add_message(self, session_id: str, role: str, content: str) -> str:
        message_id = uuid.uuid4().hex

        def write(conn: sqlite3.Connection) -> None:
            conn.execute(
                """
                INSERT INTO chat_messages (id, session_id, role, content, created_at)
                VALUES (?, ?, ?, ?, ?)
                """,
                (message_id, session_id, role, content, utc_now_iso()),
            )
            conn.execute(
                "UPDATE chat_sessions SET updated_at = CURRENT_TIMESTAMP WHERE id = ?",
                (session_id,),
            )

        self._writer.submit(write)
        return message_id

    def get(self, session_id: str) -> Session | None:
        row = self._conn.execute(
            "SELECT id, title, created_at, updated_at FROM chat_sessions WHERE id = ?",
            (session_id,),
        ).fetchone()
        return Session.from_db_row(row) if row else None

    def sorted_by(self, sort: str, *, descending: bool = True) -> list[Session]:
        if sort not in SORTABLE:
            raise ValueError(f"cannot sort by {sort}")
        direction = "DESC" if descending else "ASC"
        rows = self._conn.execute(
            "SELECT id, title, created_at, updated_at FROM chat_sessions "
            f"ORDER BY {sort} {direction}"
        )
        return [Session.from_db_row(row) for row in rows]

    def recent_ids(self, limit: int = 10, project_id: str | None = None) -> list[str]:
        sql = "SELECT id FROM chat_sessions"
        params: list[object] = []
        if project_id is not None:
            sql += " WHERE project_id = ?"
            params.append(project_id)
        sql += " ORDER BY updated_at DESC LIMIT ?"
        params.append(limit)
        return [row["id"] for row in self._conn.execute(sql, params)]

    def messages(self, session_id: str) -> list[str]:
        rows = self._conn.execute(
            """
            SELECT content
            FROM chat_messages
            WHERE session_id = ?
            ORDER BY created_at ASC
            """,
            (session_id,),
        )
        return [row["content"] for row in rows]

    def messages_since(self, session_id: str, moment: datetime) -> int:
        row = self._conn.execute(
            "SELECT COUNT(*) AS n FROM chat_messages WHERE session_id = ? AND created_at >= ?",
            (session_id, moment.strftime("%Y-%m-%d %H:%M:%S")),
        ).fetchone()
        return row["n"]

    def last_message_at(self, session_id: str) -> datetime | None:
        row = self._conn.execute(
            "SELECT MAX(created_at) AS last FROM chat_messages WHERE session_id = ?", (session_id,)
        ).fetchone()
        return parse_iso(row["last"]) if row["last"] else None

    def export(self, session_id: str) -> dict[str, object]:
        row = self._conn.execute(
            "SELECT id, title, created_at FROM chat_sessions WHERE id = :id", {"id": session_id}
        ).fetchone()
        return {"id": row["id"], "title": row["title"], "created_at": row["created_at"]}
