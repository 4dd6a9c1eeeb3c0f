"""Which SQL files make a schema, and in which order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ts_contract.files.migrations import has_number, is_sqlite_database, migration_files


def ordered(root: Path, *names: str) -> list[str]:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return [file.relative_to(root).as_posix() for file in migration_files(root)]


def test_what_undoes_a_migration_and_what_is_not_sql_is_left_out(tmp_path):
    names = ("1_init.sql", "1_init.down.sql", "1_init.py", "1_init.sql.bak", "deeper/2.down.sql")

    assert ordered(tmp_path, *names) == ["1_init.sql"]


@pytest.mark.parametrize("name", ["1_init.down.sql", "schema.txt", "missing.sql"])
def test_a_file_is_taken_as_it_is_named(tmp_path, name):
    assert migration_files(tmp_path / name) == [tmp_path / name]


@pytest.mark.parametrize(
    "names",
    [
        ["1_init.sql", "2_add.sql", "10_more.sql"],
        ["V1__init.sql", "V2__add.sql", "V10__more.sql"],
        ["b1_init.sql", "a2_add.sql"],
        ["2024-01-09.sql", "2024-01-10-a.sql", "2024-01-10-b.sql", "2024-02-01.sql"],
        ["20240101_init/migration.sql", "20240102_add/migration.sql"],
        ["2023/2_last.sql", "2024/1_first.sql", "2024/10_last.sql"],
        ["base.sql", "init/schema.sql", "1_add.sql"],
    ],
    ids=lambda names: names[0],
)
def test_the_first_number_of_each_part_of_the_path_decides(tmp_path, names):
    assert ordered(tmp_path, *reversed(names)) == names


@pytest.mark.parametrize("name", ["1.sql", "add_2.sql", "20240101_init/migration.sql"])
def test_a_number_says_the_place(name):
    assert has_number(Path(name))


def test_a_number_in_the_suffix_says_nothing():
    assert not has_number(Path("schema.sql2"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"SQLite format 3\0" + b"?" * 84, True), (b"SQLite format 3", False), (b"", False)],
)
def test_a_database_is_told_by_its_first_bytes(tmp_path, content, expected):
    path = tmp_path / "any.name"
    path.write_bytes(content)

    assert is_sqlite_database(path) is expected


def test_a_file_that_is_not_there_is_no_answer(tmp_path):
    with pytest.raises(FileNotFoundError):
        is_sqlite_database(tmp_path / "none.db")


def test_digits_that_are_not_decimal_are_letters(tmp_path):
    for name in ("2.sql", "1²2.sql", "1.sql", "①.sql", "٣.sql"):
        (tmp_path / name).touch()

    found = [path.name for path in migration_files(tmp_path)]
    assert found == ["①.sql", "1.sql", "1²2.sql", "2.sql", "٣.sql"]


def test_what_is_not_a_regular_file_is_none_of_them(tmp_path):
    os.mkfifo(tmp_path / "1.sql")
    (tmp_path / "2.sql").mkdir()
    (tmp_path / "3.sql").symlink_to("3.sql")
    (tmp_path / "4.sql").touch()

    assert migration_files(tmp_path) == [tmp_path / "4.sql"]


@pytest.mark.parametrize("name", ["pipe", "directory", "a\0b"])
def test_what_is_not_a_regular_file_is_never_opened(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()

    with pytest.raises(OSError, match=r"Not a regular file|Not the name of a file"):
        is_sqlite_database(tmp_path / name)
