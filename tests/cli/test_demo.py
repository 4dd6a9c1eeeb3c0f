"""The demo: a newcomer's first minute, and every command that it says to type next."""

import shlex
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing

import pytest


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The directory that the demo is run in."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(place):
    """What the demo printed for a directory called play."""
    done = ts_contract(place, "demo", "play")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def ts_contract(directory, *args):
    command = [sys.executable, "-m", "ts_contract", "--quiet", *args]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def test_it_shows_the_forms_and_the_figures_of_each_table(demo):
    lines = [line.split() for line in demo.splitlines()]
    assert ["milliseconds", "609", "1704780984965"] in lines
    assert ["garbage", "!", "1", "'soon'"] in lines
    assert ["tasks", "2", "2,000", "3,996", "0", "4", "0"] in lines
    assert ["together", "16", "27,445", "33,898", "937", "10", "0"] in lines


def test_it_fits_80_columns_up_to_the_commands_to_type(demo):
    shown = demo.partition("Try next:")[0]
    assert [line for line in shown.splitlines() if len(line) > 80] == []


@pytest.mark.usefixtures("demo")
def test_the_store_is_migrated_and_ready_to_play_with(place):
    with closing(sqlite3.connect(place / "play" / "store.db")) as db:
        unlike = db.execute(
            "SELECT count(*) FROM chat_messages"
            " WHERE created_at_ms / 1000 <> strftime('%s', substr(created_at, 1, 19)) + 0"
        )
        assert unlike.fetchone() == (0,)
        version = db.execute("SELECT max(version) FROM schema_version")
        assert version.fetchone() == ("0.44.0",)


def test_every_command_it_names_works_where_it_says(demo, place):
    directory, *calls = [shlex.split(line, comments=True) for line in to_type(demo)]
    assert directory == ["cd", "play"]
    for _, *arguments in calls:
        done = ts_contract(place / "play", *arguments)
        quarantine = arguments[0] in {"plan", "verify", "migrate"}
        assert (done.returncode, done.stderr) == (int(quarantine), ""), arguments


def test_the_first_word_of_each_is_a_program(demo):
    for line in to_type(demo)[1:]:
        program = shlex.split(line)[0]
        subprocess.run([program, "--version"], check=True, capture_output=True)


def to_type(demo: str) -> list[str]:
    return [line.strip() for line in demo.partition("Try next:")[2].splitlines() if line.strip()]


def test_without_a_directory_it_takes_a_new_temporary_one(run, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for _ in range(2):
        assert run("demo").exit_code == 0
    assert len(list(tmp_path.glob("ts-contract-demo-*/store.db"))) == 2


@pytest.mark.parametrize("name", ["store.db", "ts-contract.toml"])
def test_it_writes_over_nothing(run, tmp_path, name):
    (tmp_path / name).write_text("mine")
    result = run("demo", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{name} is there already; name another directory" in result.stderr
    assert list(tmp_path.iterdir()) == [tmp_path / name]
    assert (tmp_path / name).read_text() == "mine"


@pytest.mark.parametrize("directory", ["file", "file/below"])
def test_a_file_is_no_directory(run, tmp_path, directory):
    (tmp_path / "file").write_text("mine")
    result = run("demo", directory)
    assert result.exit_code in {2, 3}
    assert (result.stdout, "Traceback" in result.stderr) == ("", False)
