"""The cache beside a project's configuration: whole or not there, and never through a link."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ts_contract.files.cache import CACHE_DIRECTORY, read_cache, write_cache


def test_what_is_written_is_read(tmp_path):
    assert read_cache(tmp_path, "a.json") is None
    write_cache(tmp_path, "a.json", b"one")
    write_cache(tmp_path, "a.json", b"two")
    assert read_cache(tmp_path, "a.json") == b"two"


def test_git_and_backups_leave_it_alone(tmp_path):
    write_cache(tmp_path, "a.json", b"one")
    directory = tmp_path / CACHE_DIRECTORY
    assert (directory / ".gitignore").read_bytes() == b"*\n"
    assert (directory / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d172")
    assert {path.name for path in directory.iterdir()} == {".gitignore", "CACHEDIR.TAG", "a.json"}


def test_a_link_is_neither_followed_to_write_nor_to_read(tmp_path):
    precious = tmp_path / "precious"
    precious.write_bytes(b"kept")
    (tmp_path / CACHE_DIRECTORY).mkdir()
    (tmp_path / CACHE_DIRECTORY / "a.json").symlink_to(precious)
    assert read_cache(tmp_path, "a.json") is None
    write_cache(tmp_path, "a.json", b"new")
    assert precious.read_bytes() == b"kept"
    assert read_cache(tmp_path, "a.json") == b"new"


def test_a_directory_that_is_a_link_is_left_alone(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / CACHE_DIRECTORY).symlink_to(tmp_path / "elsewhere")
    write_cache(tmp_path, "a.json", b"new")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert read_cache(tmp_path, "a.json") is None


def test_what_is_not_a_file_is_not_read(tmp_path):
    (tmp_path / CACHE_DIRECTORY).mkdir()
    os.mkfifo(tmp_path / CACHE_DIRECTORY / "a.json")
    assert read_cache(tmp_path, "a.json") is None


def test_where_nothing_can_be_written_there_is_no_cache(tmp_path):
    (tmp_path / CACHE_DIRECTORY).write_text("a file")
    write_cache(tmp_path, "a.json", b"new")
    assert read_cache(tmp_path, "a.json") is None
    write_cache(tmp_path / "gone", "a.json", b"new")


@pytest.mark.parametrize("size", [1_000_000])
def test_several_processes_write_and_read_whole_files(tmp_path, size):
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from ts_contract.files.cache import read_cache, write_cache\n"
        "for _ in range(20):\n"
        f"    write_cache(Path(sys.argv[1]), 'a', sys.argv[2].encode() * {size})\n"
        "    data = read_cache(Path(sys.argv[1]), 'a')\n"
        f"    assert data is not None and len(data) == {size} and len(set(data)) == 1\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), letter]) for letter in "abc"
    ]
    assert [process.wait() for process in running] == [0, 0, 0]
