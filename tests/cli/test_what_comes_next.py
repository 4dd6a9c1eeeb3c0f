"""What ends well says on standard error what comes next, and nothing of it with --quiet."""

import sqlite3
from contextlib import closing

import pytest

NAME = "it's mine.db"


@pytest.fixture
def store(run, tmp_path):
    """Return a function that makes a database with one value, and its contract."""

    def store(value: str = "2024-01-15 12:00:00") -> None:
        (tmp_path / "ts-contract.toml").write_text('[tables]\nt = ["at"]\n')
        with closing(sqlite3.connect(tmp_path / NAME)) as db, db:
            db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP)")
            db.execute("INSERT INTO t (at) VALUES (?)", (value,))

    return store


def test_each_command_names_the_next_one(run, store):
    store()
    quoted = "'it'\"'\"'s mine.db'"

    assert run("plan", NAME).stderr == f"Next: ts-contract migrate {quoted}\n"
    migrated = run("migrate", NAME).stderr
    assert migrated == "Next: ts-contract lint\nNext: ts-contract codemod --diff\n"
    assert run("plan", NAME, "--finalize").stderr == f"Next: ts-contract finalize {quoted}\n"
    assert run("finalize", NAME, "--yes").stderr == (
        'Next: phase = "finalized" in the contract; the file keeps its size until VACUUM\n'
    )


def test_nothing_is_said_where_nothing_is_left(run, store):
    store()
    assert run("plan", NAME, "--finalize").stderr == ""  # which is not migrated
    run("migrate", NAME)
    assert run("plan", NAME).stderr == ""
    run("finalize", NAME, "--yes")
    for command in (["plan", NAME], ["migrate", NAME], ["finalize", NAME, "--yes"]):
        assert run(*command).stderr == ""


def test_nothing_is_said_with_quiet(run, store):
    store()
    for command in (["plan"], ["migrate"], ["plan", "--finalize"], ["finalize", "--yes"]):
        result = run(*command, NAME, "--quiet")
        assert (result.exit_code, result.stderr) == (0, "")


def test_nothing_is_said_after_what_did_not_end_well(run, store):
    store("soon")
    planned = run("plan", NAME)
    migrated = run("migrate", NAME)
    assert (planned.exit_code, migrated.exit_code) == (1, 1)
    assert "Next" not in planned.stderr + migrated.stderr
