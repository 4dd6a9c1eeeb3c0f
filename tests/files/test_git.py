"""What git says of a directory, and that it says nothing where there is no work tree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ts_contract.files.git import has_uncommitted, listed_files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a work tree with one committed file."""
    for command in (
        ["init", "-q"],
        ["config", "user.name", "A"],
        ["config", "user.email", "a@example.org"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    (tmp_path / "a.py").write_text("a = 1\n")
    for command in (["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_ignored_files_are_not_listed_and_new_ones_are(tree):
    (tree / ".gitignore").write_text("build/\n")
    (tree / "build").mkdir()
    for name in ("build/b.py", "new.py", "notes.txt"):
        (tree / name).touch()
    assert listed_files(tree, (".py",)) == {tree / "a.py", tree / "new.py"}
    assert listed_files(tree / "build", (".py",)) is None


def test_work_that_is_not_committed_is_told(tree):
    assert has_uncommitted(tree) is False
    (tree / "notes.txt").touch()
    assert has_uncommitted(tree) is False
    (tree / "a.py").write_text("a = 2\n")
    assert has_uncommitted(tree) is True


def test_outside_a_work_tree_and_without_git_there_is_no_answer(tmp_path, monkeypatch):
    assert listed_files(tmp_path, (".py",)) is None
    assert has_uncommitted(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert listed_files(tmp_path, (".py",)) is None
    assert has_uncommitted(tmp_path) is None
