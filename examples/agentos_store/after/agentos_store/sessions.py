"""Chat sessions and their messages."""

import sqlite3
import uuid
from datetime import datetime

from ts_contract import from_epoch_ms, now_ms, to_epoch_ms

from .models import Session
from .writer import Writer

# What callers may sort by.
SORTABLE = {"created_at": "created_at_ms", "updated_at": "updated_at_ms", "title": "title"}


class SessionStore:
    def __init__(self, conn: sqlite3.Connection, writer: Writer) -> None:
        self._conn = conn
        self._writer = writer

    def create(self, title: str, project_id: str | None = None) -> str:
        session_id = uuid.uuid4().hex
        now = now_ms()

        def write(conn: sqlite3.Connection) -> None:
            conn.execute(
                "INSERT INTO chat_sessions (id, title, project_id, created_at_ms, updated_at_ms) "
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
                INSERT INTO chat_messages (id, session_id, role, content, created_at_ms)
                VALUES (?, ?, ?, ?, ?)
                """,
                (message_id, session_id, role, content, now_ms()),
            )
            conn.execute(
                "UPDATE chat_sessions SET updated_at_ms = ? WHERE id = ?",
                (now_ms(), session_id),
            )

        self._writer.submit(write)
        return message_id

    def get(self, session_id: str) -> Session | None:
        row = self._conn.execute(
            "SELECT id, title, created_at_ms, updated_at_ms FROM chat_sessions WHERE id = ?",
            (session_id,),
        ).fetchone()
        return Session.from_db_row(row) if row else None

    def sorted_by(self, sort: str, *, descending: bool = True) -> list[Session]:
        if sort not in SORTABLE:
            raise ValueError(f"cannot sort by {sort}")
        direction = "DESC" if descending else "ASC"
        rows = self._conn.execute(
            "SELECT id, title, created_at_ms, updated_at_ms FROM chat_sessions "
            f"ORDER BY {SORTABLE[sort]} {direction}"
        )
        return [Session.from_db_row(row) for row in rows]

    def recent_ids(self, limit: int = 10, project_id: str | None = None) -> list[str]:
        sql = "SELECT id FROM chat_sessions"
        params: list[object] = []
        if project_id is not None:
            sql += " WHERE project_id = ?"
            params.append(project_id)
        sql += " ORDER BY updated_at_ms DESC LIMIT ?"
        params.append(limit)
        return [row["id"] for row in self._conn.execute(sql, params)]

    def messages(self, session_id: str) -> list[str]:
        rows = self._conn.execute(
            """
            SELECT content
            FROM chat_messages
            WHERE session_id = ?
            ORDER BY created_at_ms ASC
            """,
            (session_id,),
        )
        return [row["content"] for row in rows]

    def messages_since(self, session_id: str, moment: datetime) -> int:
        row = self._conn.execute(
            "SELECT COUNT(*) AS n FROM chat_messages WHERE session_id = ? AND created_at_ms >= ?",
            (session_id, to_epoch_ms(moment)),
        ).fetchone()
        return row["n"]

    def last_message_at(self, session_id: str) -> datetime | None:
        row = self._conn.execute(
            "SELECT MAX(created_at_ms) AS last FROM chat_messages WHERE session_id = ?",
            (session_id,),
        ).fetchone()
        return from_epoch_ms(row["last"])

    def export(self, session_id: str) -> dict[str, object]:
        row = self._conn.execute(
            "SELECT id, title, created_at_ms FROM chat_sessions WHERE id = :id", {"id": session_id}
        ).fetchone()
        return {"id": row["id"], "title": row["title"], "created_at": row["created_at_ms"]}
