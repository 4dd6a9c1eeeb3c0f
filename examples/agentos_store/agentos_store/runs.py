"""Runs of agents, each under a lease. Leases are epoch seconds."""

import sqlite3
import time
import uuid
from datetime import timedelta

from .clock import parse_iso, utc_now_iso
from .writer import Writer

LEASE_SECONDS = 300


class RunStore:
    def __init__(self, conn: sqlite3.Connection, writer: Writer) -> None:
        self._conn = conn
        self._writer = writer

    def start(self, task_id: str) -> str:
        run_id = uuid.uuid4().hex
        lease_until = int(time.time()) + LEASE_SECONDS

        def write(conn: sqlite3.Connection) -> None:
            conn.execute(
                "INSERT INTO runs (id, task_id, started_at, lease_until) VALUES (?, ?, ?, ?)",
                (run_id, task_id, utc_now_iso(), lease_until),
            )

        self._writer.submit(write)
        return run_id

    def complete(self, run_id: str, latency_ms: int) -> None:
        self._writer.submit(
            lambda conn: conn.execute(
                "UPDATE runs SET status = 'completed', completed_at = CURRENT_TIMESTAMP, "
                "total_latency_ms = ?, lease_until = NULL WHERE id = ?",
                (latency_ms, run_id),
            )
        )

    def expired(self) -> list[str]:
        rows = self._conn.execute(
            "SELECT id FROM runs WHERE status = 'running' AND lease_until < ? ORDER BY started_at",
            (int(time.time()),),
        )
        return [row["id"] for row in rows]

    def duration(self, run_id: str) -> timedelta | None:
        row = self._conn.execute(
            "SELECT started_at, completed_at FROM runs WHERE id = ?", (run_id,)
        ).fetchone()
        if row["completed_at"] is None:
            return None
        return parse_iso(row["completed_at"]) - parse_iso(row["started_at"])

    def latest(self, task_id: str) -> str | None:
        row = self._conn.execute(
            "SELECT r.id FROM runs r JOIN tasks t ON t.id = r.task_id "
            "WHERE t.id = ? ORDER BY r.started_at DESC, t.created_at LIMIT 1",
            (task_id,),
        ).fetchone()
        return row["id"] if row else None
