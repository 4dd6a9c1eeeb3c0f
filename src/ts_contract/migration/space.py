"""How many bytes a migration needs besides those that the database has, and whether they are free.

What is written stands in the file, and in its journal or log as well until that is cut: of a batch
or an index at a time online, of a table at a time in one pass, and of all tables together where
columns are dropped. Measured on SQLite 3.40 (benchmarks/README.md).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from .engines.answers import Room
from .engines.base import Session
from .errors import Refused
from .notices import Notice
from .pairs import PairedTable

__all__ = [
    "Space",
    "lack_for_dropping",
    "refuse_offline_without_space",
    "size",
    "space_notices",
]


@dataclass(frozen=True, slots=True)
class Space:
    """What a migration needs, in bytes, about.

    Attributes:
        room: what there is.
        online: by migrate.
        offline: by migrate in one pass a table.
        rollback: by a rollback afterwards, besides what migrate has taken for good.
    """

    room: Room
    online: int
    offline: int
    rollback: int


def space_notices(space: Space, growth: int) -> Iterator[Notice]:
    """Yield what is to know of the space that a migration needs.

    Args:
        space: that space.
        growth: what of it is taken for good.
    """
    free = space.room.free
    if free is not None and space.online > free:
        yield Notice("refusal", too_little(space.online, free))
    elif free is not None and space.offline > free:
        yield Notice(
            "note", f"--offline needs about {size(space.offline)}, and {size(free)} are free"
        )
    if free is not None and growth + space.rollback > free >= space.online:
        yield Notice(
            "warning",
            f"a later rollback needs about {size(space.rollback)}, and about "
            f"{size(max(free - growth, 0))} will be free, so that it could not run; free some, or "
            "take a --backup elsewhere",
        )
    if growth and space.room.has_log:
        yield Notice(
            "note",
            "while a reader holds one snapshot during the whole run, the log is not cut and grows "
            f"by about {size(space.offline)}; end long reads before",
        )


def refuse_offline_without_space(space: Space, database: str) -> None:
    """Refuse a migration in one pass a table that the file system has no room for.

    Raises:
        Refused: less is free than it needs.
    """
    free = space.room.free
    if free is not None and space.offline > free:
        raise Refused(f"{database}: --offline: {too_little(space.offline, free)}")


def lack_for_dropping(
    session: Session, tables: tuple[PairedTable, ...], rebuilt: Collection[str]
) -> str | None:
    """Return why columns cannot be dropped; None if there is room for it.

    All that stays of the tables is written anew, and that of a table that is rebuilt twice.

    Args:
        session: an open database.
        tables: the tables.
        rebuilt: the names of those that have to be rebuilt.
    """
    info = session.engine.inspection.inspect(session, tuple(table.name for table in tables))
    needed = 0
    for table in tables:
        found = info.table(table.name)
        if found is not None:
            keyed = replace(table, key=found.key)
            taken = session.engine.room.bytes_of(session, keyed, found.rows)
            needed += taken * (2 if table.name in rebuilt else 1)
    free = session.engine.room.room(session).free
    return too_little(needed, free) if free is not None and needed > free else None


def too_little(needed: int, free: int) -> str:
    """Return that space is not there."""
    return f"about {size(needed)} are needed, and {size(free)} are free; free some first"


def size(count: float) -> str:
    """Return a number of bytes in a unit that is easy to read.

    Example:
        >>> size(999), size(567_000_000)
        ('999 bytes', '567 MB')
    """
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:,.0f} {unit}"
        count /= 1000
    return f"{count:,.1f} GB"
