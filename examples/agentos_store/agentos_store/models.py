"""What the store hands out."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from .clock import parse_iso


@dataclass(frozen=True)
class Session:
    id: str
    title: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_db_row(cls, row: sqlite3.Row) -> "Session":
        return cls(
            id=row["id"],
            title=row["title"],
            created_at=parse_iso(row["created_at"]),
            updated_at=parse_iso(row["updated_at"]),
        )


@dataclass(frozen=True)
class Task:
    id: str
    title: str
    status: str
    created_at: datetime
    updated_at: datetime | None

    @classmethod
    def from_db_row(cls, row: sqlite3.Row) -> "Task":
        return cls(
            id=row["id"],
            title=row["title"],
            status=row["status"],
            created_at=parse_iso(row["created_at"]),
            updated_at=parse_iso(row["updated_at"]) if row["updated_at"] else None,
        )
