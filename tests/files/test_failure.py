"""What went wrong in a file is one line: the file, the place where it is known, the remedy."""

from __future__ import annotations

import pytest

from ts_contract import load_contract
from ts_contract.files.failure import failure
from ts_contract.files.limit import OverdueError
from ts_contract.files.read import SourceError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SourceError("invalid syntax", 3, 7), "a.py:3:7: cannot be parsed (invalid syntax)"),
        (RecursionError(), "a.py:1:1: cannot be parsed (nested too deeply)"),
        (MemoryError(), "a.py:1:1: cannot be parsed (nested too deeply)"),
        (OSError(5, "Input/output error"), "a.py: cannot be read (Input/output error)"),
        (OverdueError("not done in 30 s"), "a.py: given up, not done in 30 s; --timeout "),
        (IndexError("list index"), "a.py: failed (IndexError: list index); this is a bug "),
        (AssertionError(), "a.py: failed (AssertionError); this is a bug of ts-contract, "),
    ],
)
def test_it_says_what(error: BaseException, said: str) -> None:
    assert failure("a.py", error).startswith(said)


def test_a_bug_is_told_with_its_place_in_the_package() -> None:
    with pytest.raises(AttributeError) as caught:
        load_contract(start=5)  # type: ignore[arg-type]
    assert "failed in loading.py:" in failure("a.py", caught.value)
