"""Which output goes where, and how it looks on a terminal, in a pipe, and without colours."""

import re
import signal
import sqlite3
import subprocess
from contextlib import closing

import pytest

MIGRATE = ["migrate", "store.db", "--contract", "agentos", "--pause", "0"]
PLAN = ["plan", "small.db"]
ESCAPE = "\x1b["
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def small(tmp_path):
    """A database with one row, and its contract, beside each other."""
    (tmp_path / "ts-contract.toml").write_text('tables.tasks = ["created_at"]\n')
    with closing(sqlite3.connect(tmp_path / "small.db")) as db, db:
        db.execute("CREATE TABLE tasks (created_at TIMESTAMP)")
        db.execute("INSERT INTO tasks VALUES ('2024-01-08T17:07:30.605483+05:30')")


@pytest.mark.usefixtures("store")
class TestProgress:
    def test_a_terminal_shows_rows_rate_and_time_left(self, on_terminal):
        # Slow enough that every table is on the screen for a while.
        slowly = [*MIGRATE[:-1], "0.005", "--batch-size", "400"]
        code, shown = on_terminal(*slowly, streams=("stderr",))
        assert code == 1
        plain = CONTROL.sub("", shown)
        assert re.search(
            r"backfill chat_messages +\S+ [\d,]+/12,000 +[\d,]+ rows/s [\d.]+ s left", plain
        )
        assert re.search(r"backfill +\S+ 27,444/27,444 +[\d,]+ rows/s in [\d.]+ s", plain)
        assert re.search(r"verify +\S+ 27,445/27,445 +[\d,]+ rows/s in [\d.]+ s", plain)
        for phase in ("expand", "sync", "backfill", "index", "verify"):
            assert phase in shown

    def test_a_pipe_shows_none(self, shell):
        process = shell(*MIGRATE)
        stdout, stderr = process.communicate()
        assert "tasks.created_at" in stdout
        assert stderr == (
            "`ts-contract status` lists the quarantine; correct the legacy values, then verify.\n"
        )

    def test_quiet_shows_neither_progress_nor_hints(self, on_terminal):
        assert on_terminal(*MIGRATE, "--quiet", streams=("stderr",)) == (1, "")

    def test_every_line_fits_the_terminal(self, on_terminal):
        _, shown = on_terminal(*MIGRATE)
        lines = re.split(r"[\r\n]+", CONTROL.sub("", shown))
        assert [line for line in lines if len(line) > 80] == []


@pytest.mark.usefixtures("small")
class TestColour:
    def test_a_terminal_gets_colours(self, on_terminal):
        assert ESCAPE in on_terminal(*PLAN, streams=("stdout",))[1]

    @pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
    def test_the_environment_can_switch_them_off(self, on_terminal, env):
        assert ESCAPE not in on_terminal(*PLAN, streams=("stdout",), env=env)[1]

    def test_an_option_can_switch_them_off(self, on_terminal):
        assert ESCAPE not in on_terminal(*PLAN, "--no-color", streams=("stdout",))[1]

    def test_a_pipe_gets_none(self, shell):
        assert ESCAPE not in shell(*PLAN).communicate()[0]


@pytest.mark.usefixtures("small")
def test_a_pipe_gets_whole_lines_whatever_their_length(shell):
    stdout, _ = shell(*PLAN, env={"COLUMNS": "20"}).communicate()
    assert "  1  '2024-01-08T17:07:30.605483+05:30'  2024-01-08 … 2024-01-08\n" in stdout
    assert [line for line in stdout.splitlines() if line != line.rstrip()] == []


@pytest.mark.usefixtures("small")
def test_a_stream_that_takes_ascii_only_is_no_error(shell, tmp_path):
    (tmp_path / "ts-contract.toml").write_text('tables."naïve" = ["a"]\n', encoding="utf-8")
    process = shell(*PLAN, env={"PYTHONIOENCODING": "ascii"})
    stdout, stderr = process.communicate()
    assert (process.returncode, stderr) == (2, "")
    assert "table na\\xefve is not in the database" in stdout


def test_an_interrupted_migration_says_how_to_go_on(shell, store):
    process = shell(*MIGRATE[:-1], "0.05", "--batch-size", "1")
    while not store.with_name("store.db-journal").exists():  # at work
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert (process.returncode, stdout) == (3, "")
    assert stderr == (
        "Error: stopped between two transactions, nothing is lost; "
        "run the same command again to go on\n"
    )


def test_an_interrupted_command_ends_as_shells_expect(shell):
    process = shell("lint", "-", stdin=subprocess.PIPE)
    process.stdin.write("#\n" * 200_000)  # more than a pipe holds: it is being read
    process.stdin.flush()
    for _ in range(10):
        # A signal just before the read begins is only looked at when the read ends.
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=3)
            break
        except subprocess.TimeoutExpired:
            continue
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout, stderr) == (130, "", "Interrupted.\n")
