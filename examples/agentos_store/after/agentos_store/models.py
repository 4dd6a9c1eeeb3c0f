"""What the store hands out."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from ts_contract import from_epoch_ms


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
            created_at=from_epoch_ms(row["created_at_ms"]),
            updated_at=from_epoch_ms(row["updated_at_ms"]),
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
            created_at=from_epoch_ms(row["created_at_ms"]),
            updated_at=from_epoch_ms(row["updated_at_ms"]),
        )
