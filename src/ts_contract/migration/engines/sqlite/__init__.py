"""SQLite 3.35 or newer, by the module sqlite3 of the standard library."""

from __future__ import annotations

from typing import Final

from ..base import Engine
from . import connection, inspection

__all__ = ["ENGINE"]

ENGINE: Final = Engine(name="sqlite", connection=connection, inspection=inspection)
