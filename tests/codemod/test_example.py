"""The example store is rewritten by the command alone, and its own tests are the judge."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "agentos_store"
IGNORED = shutil.ignore_patterns("__pycache__", ".pytest_cache")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the example, rewritten."""
    root = tmp_path_factory.mktemp("example") / "store"
    shutil.copytree(EXAMPLE, root, ignore=IGNORED)
    config = root / "pyproject.toml"
    finalize = 'ts_contract_before_finalize = ["after/schema_v45.sql"]\n'
    text = config.read_text()
    if "ts_contract_before_finalize" not in text:
        table = "[tool.pytest.ini_options]\n"
        config.write_text(text.replace(table, table + finalize))
    assert run(root, "-m", "ts_contract", *REWRITE, "--write").returncode == 0
    return root


REWRITE = ("codemod", "--unsafe", "--compat-reads", "agentos_store")


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_nothing_is_left_to_do(store: Path) -> None:
    again = run(store, "-m", "ts_contract", *REWRITE, "--check")
    assert (again.returncode, again.stdout) == (0, "")
    assert not any("TODO(ts-contract" in p.read_text() for p in store.rglob("agentos_store/*.py"))


@pytest.mark.parametrize("option", ["--migrated-db", "--ts-schema=finalized"])
def test_its_own_tests_pass_without_a_legacy_read(store: Path, option: str) -> None:
    tested = run(store, "-m", "pytest", "-q", "-p", "no:cacheprovider", option)
    assert tested.returncode == 0, tested.stdout[-3000:]
    assert "no legacy reads" in tested.stdout
