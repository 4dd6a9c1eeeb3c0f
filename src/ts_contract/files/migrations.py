"""The files that make a schema: SQL files in the order in which migrations run, or a database."""

from __future__ import annotations

import re
from pathlib import Path

from .find import files_below
from .read import check_regular

__all__ = ["has_number", "is_sqlite_database", "migration_files"]

_DATABASE_MAGIC = b"SQLite format 3\0"
_DIGITS = re.compile(r"(\d+)")


def migration_files(path: Path) -> list[Path]:
    """Return the SQL files of a directory and of those below it, or the one file that is named.

    Each part of a path is sorted by the first number in its name, and by the whole name with
    numbers as numbers among those with the same one; what has no number comes first. A file
    `*.down.sql` undoes a migration, so it is read only where it is named itself.

    Args:
        path: a directory, or a file; it need not exist.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as directory:
        ...     for name in ("10_more.sql", "2_add.sql", "2_add.down.sql", "1_init.sql"):
        ...         Path(directory, name).touch()
        ...     [file.name for file in migration_files(Path(directory))]
        ['1_init.sql', '2_add.sql', '10_more.sql']
    """
    if not path.is_dir():
        return [path]
    files = (
        file
        for file in files_below(path)
        if file.suffix == ".sql" and not file.name.endswith(".down.sql") and file.is_file()
    )
    return sorted(files, key=lambda file: _place(file.relative_to(path)))


def has_number(path: Path) -> bool:
    """Tell whether a path has a number that says its place in the order."""
    return _DIGITS.search(path.with_suffix("").as_posix()) is not None


def _place(path: Path) -> list[tuple[int, list[str | int], str]]:
    return [_numeric_order(part) for part in path.parts]


def _numeric_order(name: str) -> tuple[int, list[str | int], str]:
    parts = _DIGITS.split(name.removesuffix(".sql"))
    numbers = [int(part) for part in parts[1::2]]
    # Text and numbers alternate from text on, so that two lists always compare like with like.
    whole = [int(part) if index % 2 else part for index, part in enumerate(parts)]
    return numbers[0] if numbers else -1, whole, name


def is_sqlite_database(path: Path) -> bool:
    """Tell by its first bytes whether a file is a SQLite database.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    check_regular(path)
    with path.open("rb") as file:
        return file.read(len(_DATABASE_MAGIC)) == _DATABASE_MAGIC
