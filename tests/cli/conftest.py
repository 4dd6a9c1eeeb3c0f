"""How the tests of the command line run it: within this process, or as the process it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ts_contract.cli import main
from ts_contract.cli.sample_store import write_sample_store


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a command line in an empty directory, within this process."""
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> Result:
        result = CliRunner().invoke(main, [str(arg) for arg in args], prog_name="ts-contract")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def shell(tmp_path):
    """Return a function that starts a command line in an empty directory, as a process."""

    def shell(*args: object, **options: object) -> subprocess.Popen[str]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM"}
        }
        settings = {
            "cwd": tmp_path,
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            **options,
            "env": {**environment, "TERM": "xterm", **options.get("env", {})},
        }
        return subprocess.Popen(
            [sys.executable, "-m", "ts_contract", *map(str, args)],
            **settings,
        )

    return shell


@pytest.fixture(scope="session")
def _sample(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "store.db"
    write_sample_store(path)
    return path


@pytest.fixture
def store(_sample, tmp_path) -> Path:
    """The sample store of the demo, as store.db in the directory that commands run in."""
    path = tmp_path / "store.db"
    path.write_bytes(_sample.read_bytes())
    return path
