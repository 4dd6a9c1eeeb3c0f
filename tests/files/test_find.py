"""Which Python files are read: what git and the contract leave out, and in which order."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from ts_contract.files.find import is_excluded, python_files
from ts_contract.loading import parse_contract


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*paths: str, **contract: object) -> list[str]:
    given = parse_contract(contract) if contract else None
    return [path.as_posix() for path in python_files(map(Path, paths), given)]


def test_python_files_below_a_directory_sorted(here):
    write(here, "b.py", "a/z.py", "a/stub.pyi", "a/note.txt", "c.pyc")
    assert found(".") == ["a/stub.pyi", "a/z.py", "b.py"]


def test_a_file_by_name_whatever_its_suffix(here):
    write(here, "script")
    assert found("script") == ["script"]


def test_each_file_once(here):
    write(here, "a/b.py")
    assert found("a", "a/b.py", "a") == ["a/b.py"]


def test_a_path_that_is_not_there(here):
    with pytest.raises(FileNotFoundError, match="gone"):
        found("gone")


def test_links_are_files_and_are_not_followed_into_directories(here):
    write(here, "a/b.py")
    (here / "link.py").symlink_to("a/b.py")
    (here / "loop.py").symlink_to("loop.py")
    (here / "round").symlink_to(".")
    (here / "gone.py").symlink_to("nowhere.py")
    assert found(".") == ["a/b.py", "link.py"]


def test_directories_of_any_depth_are_looked_into(here):
    deep = here.joinpath(*"d" * 150)
    deep.mkdir(parents=True)
    write(here, "a.py")
    (deep / "z.py").touch()
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)  # as if it were 1,100 deep
    try:
        assert found(".") == ["a.py", (deep / "z.py").relative_to(here).as_posix()]
    finally:
        sys.setrecursionlimit(limit)


def test_directories_of_tools_do_not_count(here):
    write(here, "a.py", ".venv/x.py", "node_modules/x.py", "__pycache__/x.py")
    write(here, "my-environment/lib/x.py")
    (here / "my-environment" / "pyvenv.cfg").touch()
    assert found(".") == ["a.py"]


def test_what_git_ignores_does_not_count(here):
    write(here, "a.py", "build/b.py", "sub/generated_1.py", "sub/kept.py")
    (here / ".gitignore").write_text("/build/\n")
    (here / "sub" / ".gitignore").write_text("generated_*\n!generated_kept.py\n")
    write(here, "sub/generated_kept.py")
    subprocess.run(["git", "init", "-q"], check=True)
    assert found(".") == ["a.py", "sub/generated_kept.py", "sub/kept.py"]
    assert found("sub") == ["sub/generated_kept.py", "sub/kept.py"]


def test_an_ignored_path_that_is_named_counts(here):
    write(here, "build/b.py")
    (here / ".gitignore").write_text("build/\n")
    subprocess.run(["git", "init", "-q"], check=True)
    assert found("build") == ["build/b.py"]
    assert found("build/b.py") == ["build/b.py"]


def test_a_file_that_git_still_lists_but_is_deleted_does_not_count(here):
    write(here, "a.py", "b.py")
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "."], check=True)
    (here / "b.py").unlink()
    assert found(".") == ["a.py"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("db/**", ["a.py", "old/db/c.py"]),
        ("db", ["a.py", "old/db/c.py"]),
        ("db/", ["a.py", "old/db/c.py"]),
        ("**/db/**", ["a.py"]),
        ("*.py", ["db/b.py", "db/sub/d.py", "old/db/c.py"]),
        ("**/*.py", []),
        ("db/?.py", ["a.py", "db/sub/d.py", "old/db/c.py"]),
        ("db/[a-z].py", ["a.py", "db/b.py", "db/sub/d.py", "old/db/c.py"]),
    ],
)
def test_the_contract_s_exclude(here, pattern, left):
    write(here, "a.py", "db/b.py", "db/sub/d.py", "old/db/c.py")
    assert found(".", exclude=[pattern]) == left


def test_a_file_outside_the_contract_s_directory_is_not_excluded(here):
    assert not is_excluded(Path("/elsewhere/a.py"), parse_contract({"exclude": ["**"]}))
