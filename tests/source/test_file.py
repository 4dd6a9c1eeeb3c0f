"""A file remembers what a finder found in it."""

from __future__ import annotations

from ts_contract.source.file import File
from ts_contract.source.python.source import Source


def test_each_finder_is_asked_once() -> None:
    asked = []

    def find_nothing(file: File) -> tuple[str, ...]:
        asked.append(file)
        return ()

    file = File(Source(""))
    assert file.part(find_nothing) is file.part(find_nothing)
    assert asked == [file]


def test_what_is_found_belongs_to_the_file() -> None:
    def find_text(file: File) -> str:
        return file.source.text

    one, other = File(Source("a")), File(Source("b"))
    assert (one.part(find_text), other.part(find_text)) == ("a", "b")
