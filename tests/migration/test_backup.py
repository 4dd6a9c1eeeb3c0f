"""migrate --backup: a sound copy before the first change."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, migrate

CONTRACT = parse_contract({"tables": {"t": ["c"]}})
STORE = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP); CREATE INDEX i ON t (c);"
    "CREATE VIRTUAL TABLE f USING fts5 (x); INSERT INTO f VALUES ('text');"
)
ROWS = [(n, "2024-01-15 12:00:00") for n in range(2_000)]


def test_the_copy_is_the_database_before_the_first_change(build, look):
    path = build(STORE, t=ROWS)
    before = look(path)
    copy = path.with_name("copy.db")

    assert migrate(path, CONTRACT, backup=copy).ok

    assert look(copy) == before
    assert look(path) != before
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["app.db", "copy.db"]


def test_a_wal_database_is_copied_whole_into_one_file(build, look):
    path = build(STORE, t=ROWS)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO t VALUES (9999, '2024-01-16')")
        other.commit()
        copy = path.with_name("copy.db")

        migrate(path, CONTRACT, backup=copy)

    alone = Path(copy).rename(path.parent.parent / f"{path.parent.name}-alone.db")
    with closing(sqlite3.connect(f"file:{alone}?immutable=1", uri=True)) as db:
        assert db.execute("SELECT count(*) FROM t").fetchone() == (2_001,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("name", ["copy.db", ".", "app.db"])
def test_what_is_there_is_not_overwritten(build, name):
    path = build(STORE, t=ROWS)
    taken = path.with_name(name) if name != "." else path.parent
    if name == "copy.db":
        taken.write_text("mine")
    before = path.read_bytes()

    with pytest.raises(Refused, match="exists already; name another path for the backup"):
        migrate(path, CONTRACT, backup=taken)

    assert path.read_bytes() == before
    if name == "copy.db":
        assert taken.read_text() == "mine"


def test_a_directory_that_is_not_there_is_no_reason_to_go_on_without(build):
    path = build(STORE, t=ROWS)
    before = path.read_bytes()

    with pytest.raises(Refused, match=r"the backup cannot be written .* nothing was changed"):
        migrate(path, CONTRACT, backup=path.parent / "none" / "copy.db")

    assert path.read_bytes() == before


def test_an_attached_database_is_the_one_that_is_copied(build, look):
    path = build(STORE, t=ROWS)
    copy = path.with_name("copy.db")
    before = look(path)
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("ATTACH ? AS aux", (str(path),))
        migrate(db, CONTRACT, backup=copy, schema="aux")

    assert look(copy) == before


def test_a_failure_leaves_no_half_copy(build, monkeypatch):
    path = build(STORE, t=ROWS)
    copy = path.with_name("copy.db")

    def broken(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", broken)

    with pytest.raises(Refused, match="No space left on device"):
        migrate(path, CONTRACT, backup=copy)

    assert [entry.name for entry in path.parent.iterdir()] == ["app.db"]


def test_a_second_run_needs_no_backup(build):
    path = build(STORE, t=ROWS)
    migrate(path, CONTRACT)
    copy = path.with_name("copy.db")

    migrate(path, CONTRACT, backup=copy)

    assert not copy.exists()
