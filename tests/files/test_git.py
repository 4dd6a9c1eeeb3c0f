"""Git is asked what it knows, and nothing that a tree brings with it is executed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ts_contract.files.find import python_files
from ts_contract.files.git import has_uncommitted

SOURCE = b"import datetime\nnow = datetime.datetime.now()\n"


def git(*command: str, at: Path) -> None:
    names = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "-C", str(at), *names, *command], check=True, capture_output=True)


def commit_all(at: Path) -> None:
    git("add", "-A", at=at)
    git("commit", "-qm", "x", at=at)


@pytest.fixture
def work(tmp_path) -> Path:
    """A work tree with one committed file."""
    root = tmp_path / "work"
    root.mkdir()
    git("init", "-q", at=root)
    (root / "a.py").write_bytes(SOURCE)
    commit_all(root)
    return root


def with_bare_repository(root: Path, mark: Path) -> Path:
    """Commit a directory that git takes for a bare repository, whose configuration is a trap."""
    sub = root / "sub"
    for directory in ("objects", "refs", "w"):
        (sub / directory).mkdir(parents=True)
        (sub / directory / ".keep").touch()
    (sub / "HEAD").write_text("ref: refs/heads/main\n")
    (sub / "config").write_text(trap(mark) + '\tbare = false\n\tworktree = "w"\n')
    (sub / "b.py").write_bytes(SOURCE)
    (sub / "w" / "c.py").write_bytes(SOURCE)
    commit_all(root)
    clone = root.parent / "clone"
    git("clone", "-q", str(root), str(clone), at=root.parent)
    return clone


def trap(mark: Path) -> str:
    return (
        f'[filter "x"]\n\tclean = "touch {mark}; cat"\n\tsmudge = cat\n\tprocess = touch {mark}\n'
        f'[core]\n\trepositoryformatversion = 0\n\tfsmonitor = "touch {mark}; false"\n'
        f"\thooksPath = hooks\n\tpager = touch {mark}\n"
    )


COMMANDS = [
    ("lint", "."),
    ("lint", "sub"),
    ("lint", "sub/b.py"),
    ("codemod", "--write", "."),
    ("codemod", "--write", "sub/b.py"),
    ("codemod", "--diff", "sub"),
    ("codemod", "--check", "."),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
class TestNothingIsExecuted:
    def run(self, at: Path, command: tuple[str, ...]) -> None:
        """Run a command in a tree; it goes its way and finds what there is to find."""
        arguments = [sys.executable, "-m", "ts_contract", *command]
        ended = subprocess.run(arguments, cwd=at, capture_output=True, text=True, check=False)
        assert ended.returncode in {0, 1}, ended.stderr
        assert ended.stdout

    def test_of_a_clone_that_holds_a_bare_repository(self, command, work, tmp_path):
        mark = tmp_path / "PWNED"
        clone = with_bare_repository(work, mark)
        self.run(clone, command)
        assert not mark.exists()

    def test_of_an_archive_with_its_own_configuration(self, command, work, tmp_path):
        mark = tmp_path / "PWNED"
        (work / "sub").mkdir()
        (work / "sub" / "b.py").write_bytes(SOURCE)
        (work / ".gitattributes").write_text("*.py filter=x\n")
        commit_all(work)
        hook = work / "hooks" / "post-index-change"
        hook.parent.mkdir()
        hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
        hook.chmod(0o755)
        with (work / ".git" / "config").open("a") as config:
            config.write(trap(mark))
        (work / "a.py").touch()  # what the index says of the file is not up to date
        archive = tmp_path / "archive"
        shutil.copytree(work, archive)
        self.run(archive, command)
        assert not mark.exists()


def test_the_trap_catches_who_asks_git_plainly(work, tmp_path):
    """Else the tests above would prove nothing."""
    mark = tmp_path / "PWNED"
    with (work / ".git" / "config").open("a") as config:
        config.write(trap(mark))
    subprocess.run(["git", "-C", str(work), "status"], capture_output=True, check=False)
    assert mark.exists()


class TestInsideOfAHook:
    def test_the_hook_s_work_tree_is_not_taken_for_ours(self, work, tmp_path, monkeypatch):
        other = tmp_path / "other"
        other.mkdir()
        git("init", "-q", at=other)
        monkeypatch.setenv("GIT_DIR", str(other / ".git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(other))
        monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
        assert [*python_files([work], None)] == [work / "a.py"]


class TestUncommitted:
    def test_nothing(self, work):
        assert not has_uncommitted([work / "a.py"])

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda root: (root / "a.py").write_text("1\n"), id="changed"),
            pytest.param(lambda root: (root / "b.py").write_text("1\n"), id="new"),
            pytest.param(
                lambda root: ((root / "a.py").write_text("1\n"), git("add", "-A", at=root)),
                id="staged",
            ),
            pytest.param(
                lambda root: ((root / "b.py").write_text("1\n"), git("add", "-A", at=root)),
                id="new and staged",
            ),
        ],
    )
    def test_a_file_that_is_not_as_committed(self, work, change):
        change(work)
        assert has_uncommitted(sorted(work.glob("*.py")))

    def test_another_file_does_not_count(self, work):
        (work / "b.py").write_text("1\n")
        assert not has_uncommitted([work / "a.py"])

    def test_before_the_first_commit(self, tmp_path):
        git("init", "-q", at=tmp_path)
        (tmp_path / "a.py").write_bytes(SOURCE)
        assert has_uncommitted([tmp_path / "a.py"])

    def test_line_ends_that_git_converts(self, work):
        git("config", "core.autocrlf", "true", at=work)
        (work / "a.py").write_bytes(SOURCE.replace(b"\n", b"\r\n"))
        assert not has_uncommitted([work / "a.py"])

    def test_without_git(self, work, monkeypatch):
        (work / "a.py").write_text("1\n")
        monkeypatch.setenv("PATH", "")
        assert not has_uncommitted([work / "a.py"])
        assert [*python_files([work], None)] == [work / "a.py"]

    def test_no_work_tree(self, tmp_path):
        (tmp_path / "a.py").write_bytes(SOURCE)
        assert not has_uncommitted([tmp_path / "a.py"])

    def test_a_work_tree_within_another(self, work):
        inner = work / "inner"
        inner.mkdir()
        git("init", "-q", at=inner)
        (inner / "b.py").write_bytes(SOURCE)
        commit_all(inner)
        assert not has_uncommitted([work / "a.py", inner / "b.py"])
        (inner / "b.py").write_text("1\n")
        assert has_uncommitted([work / "a.py", inner / "b.py"])


class TestRegularFiles:
    @pytest.mark.parametrize("tracked", [False, True])
    def test_a_pipe_and_a_device_are_not_read(self, tmp_path, tracked):
        if tracked:
            git("init", "-q", at=tmp_path)
        (tmp_path / "a.py").write_bytes(SOURCE)
        os.mkfifo(tmp_path / "pipe.py")
        (tmp_path / "endless.py").symlink_to("/dev/zero")
        assert [*python_files([tmp_path], None)] == [tmp_path / "a.py"]

    def test_a_pipe_by_name(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.py")
        with pytest.raises(OSError, match="Neither a file nor a directory"):
            [*python_files([tmp_path / "pipe.py"], None)]
