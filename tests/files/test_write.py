"""Files are written whole or not at all, and keep their mode and their links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ts_contract.files.write import ChangedError, write_whole, written_aside


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    return path


class TestWriteWhole:
    def test_the_mode_stays_and_nothing_is_left_beside_it(self, file):
        file.chmod(0o754)
        write_whole(file, b"new")
        assert file.read_bytes() == b"new"
        assert file.stat().st_mode & 0o777 == 0o754
        assert list(file.parent.iterdir()) == [file]

    def test_a_new_file_has_the_mode_that_the_process_gives(self, tmp_path):
        mask = os.umask(0o027)
        try:
            write_whole(tmp_path / "new.txt", b"new")
        finally:
            os.umask(mask)
        assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o640

    def test_a_link_stays_a_link(self, file, tmp_path):
        link = tmp_path / "link.txt"
        link.symlink_to("a.txt")
        write_whole(link, b"new")
        assert link.is_symlink()
        assert file.read_bytes() == b"new"

    def test_who_reads_meanwhile_goes_on_with_the_old_file(self, file):
        with file.open("rb") as reader:
            write_whole(file, b"new and longer")
            assert reader.read() == b"old"

    def test_a_file_that_changed_meanwhile_is_left(self, file):
        with pytest.raises(ChangedError):
            write_whole(file, b"new", before=b"older")
        assert file.read_bytes() == b"old"
        assert list(file.parent.iterdir()) == [file]

    def test_an_error_names_the_file_that_was_asked_for(self, tmp_path):
        path = tmp_path / "gone" / "a.txt"
        with pytest.raises(FileNotFoundError) as caught:
            write_whole(path, b"new")
        assert caught.value.filename == str(path)

    def test_a_pipe_stays_one(self, tmp_path):
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            write_whole(pipe, b"new")
            assert os.read(reader, 10) == b"new"
        finally:
            os.close(reader)
        assert pipe.is_fifo()


class TestWrittenAside:
    def test_the_file_is_put_in_place_when_the_block_ends(self, file):
        with written_aside(file) as unfinished:
            unfinished.write_bytes(b"new")
            assert file.read_bytes() == b"old"
        assert file.read_bytes() == b"new"
        assert list(file.parent.iterdir()) == [file]

    def test_a_block_that_fails_changes_nothing(self, file):
        def fail_halfway() -> None:
            with written_aside(file) as unfinished:
                unfinished.write_bytes(b"half of it")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail_halfway()
        assert file.read_bytes() == b"old"
        assert list(file.parent.iterdir()) == [file]
