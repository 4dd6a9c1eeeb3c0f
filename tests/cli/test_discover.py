"""discover -o writes a whole proposal where nothing is, or nothing at all."""

import sqlite3
from contextlib import closing

import pytest

from ts_contract.loading import load_contract


@pytest.fixture
def database(run, tmp_path):
    with closing(sqlite3.connect(tmp_path / "a.db")) as db, db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP)")
        db.execute("INSERT INTO t (at) VALUES ('2024-01-15 12:00:00')")
    return "a.db"


def test_the_file_is_what_would_be_printed(run, database, tmp_path):
    result = run("discover", database, "-o", "ts-contract.toml")

    assert (result.exit_code, result.stdout) == (0, "")
    written = tmp_path / "ts-contract.toml"
    assert written.read_text() == run("discover", database).stdout
    assert load_contract(written).table_names == ("t",)
    assert written.stat().st_mode & 0o777 == 0o644
    assert result.stderr.endswith("Next: ts-contract plan a.db\n")


@pytest.mark.parametrize("target", ["file", "link"])
def test_what_is_there_already_stays(run, database, tmp_path, target):
    path = tmp_path / "mine.toml"
    if target == "file":
        path.write_text("# reviewed\n")
    else:
        path.symlink_to(tmp_path / "nowhere")

    result = run("discover", database, "-o", "mine.toml")

    assert result.exit_code == 2
    assert "mine.toml: is there already; name another file" in result.stderr
    assert path.is_symlink() or path.read_text() == "# reviewed\n"
    assert not (tmp_path / "nowhere").exists()


def test_one_that_fails_leaves_no_file(run, database, tmp_path):
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    before = sorted(tmp_path.iterdir())

    assert run("discover", "broken.db", "-o", "new.toml").exit_code in (2, 3)
    assert run("discover", "missing.db", "-o", "new.toml").exit_code == 2
    assert run("discover", database, "-o", "no/such/place.toml").exit_code == 3

    assert sorted(tmp_path.iterdir()) == before
