"""migrate --backup: a sound copy before the first change."""

import re
import sqlite3
from contextlib import closing

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Failed, Refused, migrate

CONTRACT = parse_contract({"tables": {"t": ["c"]}})
STORE = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP); CREATE INDEX i ON t (c);"
    "CREATE VIRTUAL TABLE f USING fts5 (x); INSERT INTO f VALUES ('text');"
)
ROWS = [(n, "2024-01-15 12:00:00") for n in range(2_000)]


def test_the_copy_is_the_database_before_the_first_change(build):
    store = build(STORE, t=ROWS)
    before = store.look()
    copy = store.beside("copy.db")

    assert migrate(store.url, CONTRACT, backup=copy.path).ok

    assert copy.look() == before
    assert store.look() != before
    assert sorted(entry.name for entry in store.path.parent.iterdir()) == ["app.db", "copy.db"]


def test_a_wal_database_is_copied_whole_into_one_file(build):
    store = build(STORE, t=ROWS)
    with store.opened() as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO t VALUES (9999, '2024-01-16')")
        copy = store.beside("copy.db")

        migrate(store.url, CONTRACT, backup=copy.path)

    directory = store.path.parent
    alone = copy.path.rename(directory.parent / f"{directory.name}-alone.db")
    with closing(sqlite3.connect(f"file:{alone}?immutable=1", uri=True)) as db:
        assert db.execute("SELECT count(*) FROM t").fetchone() == (2_001,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("name", ["copy.db", ".", "app.db"])
def test_what_is_there_is_not_overwritten(build, name):
    store = build(STORE, t=ROWS)
    taken = store.path.parent if name == "." else store.path.with_name(name)
    if name == "copy.db":
        taken.write_text("mine")
    before = store.content()

    with pytest.raises(Refused, match="exists already; name another path for the backup"):
        migrate(store.url, CONTRACT, backup=taken)

    assert store.content() == before
    if name == "copy.db":
        assert taken.read_text() == "mine"


def test_a_directory_that_is_not_there_is_no_reason_to_go_on_without(build):
    store = build(STORE, t=ROWS)
    before = store.content()

    with pytest.raises(Refused, match=r"the backup cannot be written .* nothing was changed"):
        migrate(store.url, CONTRACT, backup=store.path.parent / "none" / "copy.db")

    assert store.content() == before


def test_an_attached_database_is_the_one_that_is_copied(build):
    store = build(STORE, t=ROWS)
    copy = store.beside("copy.db")
    before = store.look()
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("ATTACH ? AS aux", (str(store.path),))
        migrate(db, CONTRACT, backup=copy.path, schema="aux")

    assert copy.look() == before


def test_a_failure_leaves_no_half_copy(build, monkeypatch):
    store = build(STORE, t=ROWS)
    copy = store.beside("copy.db")

    def broken(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", broken)

    with pytest.raises(Refused, match="No space left on device"):
        migrate(store.url, CONTRACT, backup=copy.path)

    assert [entry.name for entry in store.path.parent.iterdir()] == ["app.db"]


def test_a_second_run_needs_no_backup(build):
    store = build(STORE, t=ROWS)
    migrate(store.url, CONTRACT)
    copy = store.beside("copy.db")

    migrate(store.url, CONTRACT, backup=copy.path)

    assert not copy.path.exists()


def test_a_copy_that_is_damaged_stops_the_work_before_the_first_change(build):
    notes = [(n, "x" * 500) for n in range(200)]
    store = build(
        f"{STORE} CREATE TABLE notes (id INTEGER PRIMARY KEY, text);", t=ROWS, notes=notes
    )
    content = bytearray(store.content())
    page = content.rindex(b"x" * 500) // 4_096  # of the table that is only copied
    content[page * 4_096 : (page + 1) * 4_096] = b"\xa5" * 4_096
    store.path.write_bytes(content)

    with store.unchanged(), pytest.raises(Failed) as error:
        migrate(store.url, CONTRACT, backup=store.beside("copy.db").path)

    assert re.fullmatch(
        r".*copy\.db: the backup is damaged \(.+\), and so may be the database", str(error.value)
    )


def test_a_copy_that_is_behind_the_database_stops_the_work_before_the_first_change(build):
    store = build(STORE, t=ROWS)
    copy = store.beside("copy.db")

    def created_meanwhile(progress):
        if progress.phase == "backup" and progress.done == progress.total:
            store.run("CREATE TABLE IF NOT EXISTS late (id INTEGER PRIMARY KEY)")

    with pytest.raises(Failed, match=r"copy\.db: the backup lacks table late; write it again"):
        migrate(store.url, CONTRACT, backup=copy.path, progress=created_meanwhile)

    assert "late" in store.names("table")
    assert not [name for name in store.names() if name.startswith("_ts_contract")]
    assert [entry.name for entry in store.path.parent.iterdir()] == ["app.db"]
