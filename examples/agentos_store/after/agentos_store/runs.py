"""Runs of agents, each under a lease. Leases are epoch milliseconds."""

import sqlite3
import uuid
from datetime import timedelta

from ts_contract import now_ms

from .writer import Writer

LEASE_MS = 300_000


class RunStore:
    def __init__(self, conn: sqlite3.Connection, writer: Writer) -> None:
        self._conn = conn
        self._writer = writer

    def start(self, task_id: str) -> str:
        run_id = uuid.uuid4().hex
        lease_until_ms = now_ms() + LEASE_MS

        def write(conn: sqlite3.Connection) -> None:
            conn.execute(
                "INSERT INTO runs (id, task_id, started_at_ms, lease_until_ms) VALUES (?, ?, ?, ?)",
                (run_id, task_id, now_ms(), lease_until_ms),
            )

        self._writer.submit(write)
        return run_id

    def complete(self, run_id: str, latency_ms: int) -> None:
        self._writer.submit(
            lambda conn: conn.execute(
                "UPDATE runs SET status = 'completed', completed_at_ms = ?, "
                "total_latency_ms = ?, lease_until_ms = NULL WHERE id = ?",
                (now_ms(), latency_ms, run_id),
            )
        )

    def expired(self) -> list[str]:
        rows = self._conn.execute(
            "SELECT id FROM runs WHERE status = 'running' AND lease_until_ms < ? "
            "ORDER BY started_at_ms",
            (now_ms(),),
        )
        return [row["id"] for row in rows]

    def duration(self, run_id: str) -> timedelta | None:
        row = self._conn.execute(
            "SELECT started_at_ms, completed_at_ms FROM runs WHERE id = ?", (run_id,)
        ).fetchone()
        if row["completed_at_ms"] is None:
            return None
        return timedelta(milliseconds=row["completed_at_ms"] - row["started_at_ms"])

    def latest(self, task_id: str) -> str | None:
        row = self._conn.execute(
            "SELECT r.id FROM runs r JOIN tasks t ON t.id = r.task_id "
            "WHERE t.id = ? ORDER BY r.started_at_ms DESC, t.created_at_ms LIMIT 1",
            (task_id,),
        ).fetchone()
        return row["id"] if row else None
