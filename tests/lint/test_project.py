"""The index in a run: the files of the project count, whichever of them are named."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ts_contract.cli import main
from ts_contract.files.cache import CACHE_DIRECTORY

MODEL = "class Task(Base):\n    __tablename__ = {table!r}\n    id = Column(Integer)\n"
QUERY = (
    "from app.models import Task\n\n\ndef f(s):\n"
    "    return s.query(Task).filter(Task.created_at < 1)\n"
)
FOUND = "q.py:5:38: TSC303"


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "ts-contract.toml", '[tables]\ntasks = ["created_at"]\n')
    write(tmp_path / "app" / "models.py", MODEL.format(table="tasks"))
    write(tmp_path / "q.py", QUERY)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def lint(*arguments: str, stdin: str | None = None) -> str:
    return CliRunner().invoke(main, ["lint", *arguments], input=stdin).output


def flake8(project: Path, *arguments: str, stdin: str | None = None) -> str:
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=TSC", *arguments]
    done = subprocess.run(
        command, cwd=project, input=stdin, capture_output=True, text=True, check=False
    )
    assert not done.stderr
    return done.stdout


@pytest.mark.parametrize("paths", [(), ("q.py",), (".",), ("app", "q.py")])
def test_a_class_of_another_file_is_known(project, paths):
    assert FOUND in lint(*paths)
    assert FOUND in flake8(project, *paths)


def test_standard_input_is_a_file_of_the_project(project):
    assert "TSC303" in lint("-", stdin=QUERY)
    assert "TSC303" in flake8(project, "-", "--stdin-display-name=q.py", stdin=QUERY)


def test_several_processes_know_it(project):
    for number in range(60):
        write(project / "many" / f"q{number}.py", QUERY)
    assert lint("--jobs", "2").count(": TSC303") == 61
    assert flake8(project, "-j", "2").count(": TSC303") == 61


def test_the_codemod_knows_it(project):
    result = CliRunner().invoke(main, ["codemod", "q.py", "--diff"])
    assert "TSC303" in result.output


def test_a_change_in_one_file_changes_the_findings_in_another(project):
    assert FOUND in lint("q.py")
    write(project / "app" / "models.py", MODEL.format(table="others"))
    assert FOUND not in lint("q.py")


def test_what_is_excluded_is_not_of_the_project(project):
    with (project / "ts-contract.toml").open("r+") as file:
        text = file.read()
        file.seek(0)
        file.write(f'exclude = ["app"]\n{text}')
    assert FOUND not in lint("q.py")


def test_a_shipped_contract_knows_the_files_of_the_run_alone(project):
    assert FOUND in lint("--contract", "agentos", "q.py", "app")
    assert FOUND not in lint("--contract", "agentos", "q.py")


class TestCache:
    @pytest.fixture
    def large(self, project) -> Path:
        for number in range(30):
            write(project / "app" / f"m{number}.py", MODEL.format(table=f"t{number}"))
        return project

    def test_it_is_made_once_and_changes_nothing(self, large):
        cache = large / CACHE_DIRECTORY / "project.json"
        before = lint()
        first = cache.read_bytes()
        assert lint() == before
        assert cache.read_bytes() == first
        write(large / "app" / "models.py", MODEL.format(table="others"))
        assert FOUND not in lint()
        assert cache.read_bytes() != first

    def test_it_can_be_done_without(self, large):
        assert FOUND in lint("--no-cache")
        assert CliRunner().invoke(main, ["codemod", "--no-cache", "--check"]).exit_code == 1
        assert not (large / CACHE_DIRECTORY).exists()

    @pytest.mark.parametrize("data", [b"", b"\x80\x04pickle", b"[]", b"[" * 100_000])
    def test_one_of_somebody_else_changes_nothing(self, large, data):
        (large / CACHE_DIRECTORY).mkdir()
        (large / CACHE_DIRECTORY / "project.json").write_bytes(data)
        assert FOUND in lint()

    @pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
    def test_a_tree_that_cannot_be_written_to_has_none(self, large):
        large.chmod(0o555)
        try:
            assert FOUND in lint()
        finally:
            large.chmod(0o755)

    def test_a_small_project_has_none(self, project):
        lint()
        assert not (project / CACHE_DIRECTORY).exists()
