"""Files are written whole or not at all, keep their mode and their links, and fail one by one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ts_contract.codemod import files
from ts_contract.codemod.changes import Options
from ts_contract.codemod.files import rewrite_bytes, rewrite_files
from ts_contract.codemod.report import as_json
from ts_contract.codemod.rewrite import RewriteSettings
from ts_contract.loading import parse_contract

OLD = b'def f(c):\n    return c.execute("SELECT id FROM tasks ORDER BY created_at")\n'
NEW = OLD.replace(b"created_at", b"created_at_ms")
SETTINGS = RewriteSettings(parse_contract({"extends": "agentos"}), None, frozenset({"TSC201"}))


def run(*paths: Path, write: bool = True, jobs: int = 1) -> list[files.Result]:
    return list(rewrite_files(paths, SETTINGS, jobs, write=write))


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "store.py"
    path.write_bytes(OLD)
    return path


def test_nothing_is_written_unless_asked_for(module: Path) -> None:
    (result,) = run(module, write=False)
    assert (result.before, result.after) == (OLD, NEW)
    assert module.read_bytes() == OLD


def test_a_file_is_written_with_its_mode_and_nothing_beside_it(module: Path) -> None:
    module.chmod(0o754)
    run(module)
    assert module.read_bytes() == NEW
    assert module.stat().st_mode & 0o777 == 0o754
    assert list(module.parent.iterdir()) == [module]


def test_a_link_stays_a_link_and_its_target_changes(module: Path, tmp_path: Path) -> None:
    link = tmp_path / "sub" / "link.py"
    link.parent.mkdir()
    link.symlink_to("../store.py")
    run(link)
    assert link.is_symlink()
    assert module.read_bytes() == NEW


def test_a_file_that_changed_meanwhile_is_left_alone(
    module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit_then_rewrite(data: bytes, path: str, settings: RewriteSettings) -> files.Result:
        module.write_bytes(OLD + b"# edited\n")
        return rewrite_bytes(data, path, settings)

    monkeypatch.setattr(files, "rewrite_bytes", edit_then_rewrite)
    (result,) = run(module)
    assert "was changed meanwhile" in result.error
    assert module.read_bytes() == OLD + b"# edited\n"
    assert list(module.parent.iterdir()) == [module]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_cannot_be_written_is_named(module: Path) -> None:
    module.chmod(0o444)
    (result,) = run(module)
    assert "cannot be written (Permission denied)" in result.error
    assert module.read_bytes() == OLD


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (OLD + b"def f(:\n", ":3:"),
        (OLD + b"# \xff\n", "not utf-8"),
        (b"# coding: nonsense\n" + OLD, "unknown encoding"),
        (OLD + b"x = " + b"(" * 3000, "cannot be parsed"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_kept(
    tmp_path: Path, data: bytes, error: str
) -> None:
    path = tmp_path / "bad.py"
    path.write_bytes(data)
    (result,) = run(path)
    assert error in result.error
    assert path.read_bytes() == data


def test_a_bad_file_does_not_stop_the_others(module: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_bytes(OLD + b"x = (\n")
    missing = tmp_path / "missing.py"
    results = run(bad, missing, module)
    assert [bool(result.error) for result in results] == [True, True, False]
    assert module.read_bytes() == NEW


def test_many_files_in_processes_come_back_in_order(tmp_path: Path) -> None:
    paths = [tmp_path / f"m{number:02}.py" for number in range(60)]
    for path in paths:
        path.write_bytes(OLD)
    results = run(*paths, jobs=2)
    assert [Path(result.path).name for result in results] == [path.name for path in paths]
    assert {path.read_bytes() for path in paths} == {NEW}


@pytest.mark.stress
def test_a_kill_at_any_moment_leaves_each_file_old_or_new(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from ts_contract.codemod.files import rewrite_files\n"
        "from ts_contract.codemod.rewrite import RewriteSettings\n"
        "from ts_contract.loading import parse_contract\n"
        "contract = parse_contract({'extends': 'agentos'})\n"
        "settings = RewriteSettings(contract, None, frozenset({'TSC201'}))\n"
        "paths = sorted(Path(sys.argv[1]).glob('*.py'))\nprint('ready', flush=True)\n"
        "list(rewrite_files(paths, settings, 1, write=True))\n"
    )
    paths = [tmp_path / f"m{number:03}.py" for number in range(150)]
    halfway = 0
    moments = random.Random(1)
    for _ in range(50):
        for path in paths:
            path.write_bytes(OLD)
        child = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(moments.uniform(0, 0.8))
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        found = [path.read_bytes() for path in paths]
        assert set(found) <= {OLD, NEW}
        halfway += 0 < found.count(NEW) < len(paths)
        for left in tmp_path.glob(".*.tmp"):
            left.unlink()
    assert halfway > 5, "the kills came too early or too late to prove anything"


# --- models in other files -------------------------------------------------------------------

QUERY = """from .models import Task

newest = Task.created_at.desc()
"""
MODELS = """class Task(Base):
    __tablename__ = "tasks"

    created_at = Column(DateTime)
    made_ms = Column("created_at_ms", BigInteger)
"""


@pytest.fixture
def orm(tmp_path: Path) -> list[Path]:
    for name, text in (
        ("query.py", QUERY),
        ("models.py", MODELS),
        ("broken.py", "tasks.created_at_ms = ("),
    ):
        (tmp_path / name).write_text(text)
    return [tmp_path / "query.py", tmp_path / "models.py", tmp_path / "broken.py"]


def orm_settings(*, unsafe: bool = False) -> RewriteSettings:
    contract = parse_contract({"extends": "agentos", "models": {"models.Task": "tasks"}})
    return RewriteSettings(contract, None, frozenset({"TSC303", "TSC304"}), Options(unsafe=unsafe))


def test_a_query_goes_on_with_what_the_model_of_another_file_defines(orm: list[Path]) -> None:
    query, _, broken = list(rewrite_files(orm, orm_settings(), 1, write=False))
    assert query.after == QUERY.replace("created_at", "made_ms").encode()
    assert "cannot be parsed" in broken.error


def test_a_query_whose_model_is_not_seen_is_left(orm: list[Path]) -> None:
    (query,) = rewrite_files(orm[:1], orm_settings(), 1, write=False)
    assert [change.status for change in query.changes] == ["marked"]


def test_models_that_differ_are_not_believed(orm: list[Path]) -> None:
    orm[2].write_text(MODELS.replace("made_ms", "other_ms"))
    query, *_ = rewrite_files(orm, orm_settings(), 1, write=False)
    assert [change.status for change in query.changes] == ["marked"]


def test_the_report_tells_what_an_earlier_rewrite_made_possible(tmp_path: Path) -> None:
    text = """from sqlalchemy import Column, DateTime


class Task(Base):
    __tablename__ = "tasks"

    created_at = Column(DateTime)


newest = Task.created_at.desc()
"""
    (tmp_path / "models.py").write_text(text)
    results = list(
        rewrite_files([tmp_path / "models.py"], orm_settings(unsafe=True), 1, write=False)
    )
    told = [
        (c["code"], c["line"], c["column"], c["status"], c["before"], c["after"])
        for c in as_json(results)["changes"]
    ]
    assert told == [
        ("TSC304", 7, 5, "rewritten", "", "\n    created_at_ms = Column(BigInteger)"),
        ("TSC303", 10, 15, "rewritten", "created_at", "created_at_ms"),
    ]
