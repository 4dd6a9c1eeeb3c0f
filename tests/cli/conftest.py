"""How the tests of the command line run it: within this process, or as the process it is."""

import inspect
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ts_contract.cli import main
from ts_contract.cli.sample_store import write_sample_store


def runner() -> CliRunner:
    """Return a runner that keeps standard output and standard error apart."""
    if "mix_stderr" in inspect.signature(CliRunner).parameters:  # before click 8.2
        return CliRunner(mix_stderr=False)
    return CliRunner()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs a command line in an empty directory, within this process."""
    monkeypatch.chdir(tmp_path)

    def run(*args: object) -> Result:
        result = runner().invoke(main, [str(arg) for arg in args], prog_name="ts-contract")
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


@pytest.fixture
def on_terminal(shell):
    """Return a function that runs a command with its streams on a terminal of 80 columns.

    What is typed waits in the terminal.

    It returns the exit code, and what was written to the terminal.
    """

    def on_terminal(*args, streams=("stdout", "stderr"), typed="", **options):
        ours, theirs = pty.openpty()
        written = []
        reader = threading.Thread(target=_read_all, args=(ours, written))
        reader.start()
        env = {"COLUMNS": "80", "LINES": "40", **options.pop("env", {})}
        os.write(ours, typed.encode())
        process = shell(*args, **dict.fromkeys(streams, theirs), env=env, **options)
        os.close(theirs)
        rest = process.communicate()
        reader.join()
        os.close(ours)
        assert not any(part and "\x1b[" in part for part in rest)
        return process.returncode, b"".join(written).decode()

    return on_terminal


def _read_all(descriptor, written):
    while True:
        try:
            block = os.read(descriptor, 65_536)
        except OSError:  # the last process has closed the terminal
            return
        if not block:
            return
        written.append(block)


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
