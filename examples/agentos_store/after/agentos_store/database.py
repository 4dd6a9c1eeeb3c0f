"""Opening the store."""

import sqlite3
from pathlib import Path


def connect(path: str | Path) -> sqlite3.Connection:
    conn = sqlite3.connect(str(path), timeout=5.0)
    conn.row_factory = sqlite3.Row
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = NORMAL")
    conn.execute("PRAGMA foreign_keys = ON")
    return conn


def current_version(conn: sqlite3.Connection) -> str:
    row = conn.execute(
        "SELECT version FROM schema_version ORDER BY applied_at_ms DESC, rowid DESC LIMIT 1"
    ).fetchone()
    return row["version"]
