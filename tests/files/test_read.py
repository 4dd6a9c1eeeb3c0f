"""Python files become text as Python itself reads them, and keep every byte on the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ts_contract.files.read import SourceError, decode, encoding_of, regular_bytes, shown_path


def test_decoding_keeps_every_byte_of_utf_8():
    text = "\ufeffa = 1\r\nb = 'é'\n"
    assert decode(text.encode()) == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_what_is_decoded_can_be_encoded_again(encoding):
    data = f"# coding: {encoding}\nb = 'é'\n".encode(encoding)
    assert decode(data).encode(encoding_of(data)) == data


def test_a_lying_declaration_is_refused():
    with pytest.raises(SourceError, match="not ascii"):
        decode(b"# coding: ascii\nx = '\xe9'\n")


def test_a_mistake_has_the_line_of_its_first_byte():
    with pytest.raises(SourceError, match="not utf-8") as caught:
        decode(b"a = 1\r\nb = 2\r\nc = '\xff'\r\n")
    assert (caught.value.line, caught.value.column) == (3, 1)


def test_an_encoding_that_python_does_not_know_is_refused():
    with pytest.raises(SourceError, match="unknown encoding"):
        decode(b"# coding: klingon\n")


@pytest.mark.parametrize("encoding", ["undefined", "punycode", "idna", "hex", "rot13"])
def test_a_codec_that_cannot_hold_source_is_a_mistake_of_the_file(encoding):
    with pytest.raises(SourceError):
        decode(f"# coding: {encoding}\nx = '".encode() + b"\xe9\xff..'\n")


def test_paths_below_the_working_directory_are_shown_from_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown_path(tmp_path / "a" / "b.py") == "a/b.py"
    assert shown_path(Path(os.curdir, "b.py")) == "b.py"
    assert shown_path(tmp_path.parent / "c.py") == (tmp_path.parent / "c.py").as_posix()


@pytest.mark.parametrize("name", ["pipe", ".", "/dev/zero", "a\0b"])
def test_only_regular_files_are_read(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"Not a regular file|Not the name of a file"):
        regular_bytes(tmp_path / name)


def test_a_link_to_a_regular_file_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    (tmp_path / "b").symlink_to("a")
    assert regular_bytes(tmp_path / "b") == b"x"
