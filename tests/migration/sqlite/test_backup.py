"""migrate --backup: a sound copy before the first change."""

import os
import re
import signal
import sqlite3
from contextlib import closing

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Failed, Interrupted, Refused, migrate

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


def test_a_copy_is_made_also_where_nothing_is_left_to_do(build):
    store = build(STORE, t=ROWS)
    migrate(store.url, CONTRACT)
    copy = store.beside("copy.db")
    before = store.look()

    migrate(store.url, CONTRACT, backup=copy.path)

    assert copy.look() == before


def test_the_copy_is_of_one_moment_while_another_writes(build):
    store = build(f"PRAGMA journal_mode = WAL; {STORE}", t=ROWS)
    store.run("CREATE TABLE large (x)")
    store.run_many("INSERT INTO large VALUES (zeroblob(?))", [(1_000_000,)] * 40)
    copy = store.beside("copy.db")

    def write_meanwhile(progress):
        if progress.phase == "backup":
            store.run("INSERT INTO t (c) VALUES ('2024-01-16 12:00:00')")
            seen.append(progress.done)

    seen: list[int] = []
    migrate(store.url, CONTRACT, backup=copy.path, progress=write_meanwhile)

    assert len(seen) > 1, "it is copied in parts"
    assert seen == sorted(seen), "no part is copied anew"
    assert copy.value("SELECT count(*) FROM t") == len(ROWS)
    assert store.value("SELECT count(*) FROM t") == len(ROWS) + len(seen)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_copy_and_nothing_is_left_of_it(build, number):
    store = build(STORE, t=ROWS)
    store.run("CREATE TABLE large (x)")
    store.run_many("INSERT INTO large VALUES (zeroblob(?))", [(1_000_000,)] * 40)
    heard = []

    def stop(progress):
        heard.append(progress)
        os.kill(os.getpid(), number)

    with store.unchanged(), pytest.raises(Interrupted, match="there is no backup"):
        migrate(store.url, CONTRACT, backup=store.beside("copy.db").path, progress=stop)

    assert len(heard) == 1


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_who_cannot_read_the_database_cannot_read_the_copy(build, mode):
    store = build(STORE, t=ROWS)
    store.path.chmod(mode)
    copy = store.beside("copy.db")
    modes = set()

    def look(progress):
        if progress.phase == "backup":
            names = set(store.path.parent.iterdir()) - {store.path}
            modes.update(name.stat().st_mode & 0o777 & ~mode for name in names)

    migrate(store.url, CONTRACT, backup=copy.path, progress=look)

    assert copy.path.stat().st_mode & 0o777 == mode
    assert modes == {0}


@pytest.mark.parametrize("name", ["copy.db.partial", "copy.db.unfinished", "copy.db-journal"])
@pytest.mark.parametrize("is_link", [False, True])
def test_what_is_the_user_s_beside_the_copy_stays(build, name, is_link):
    store = build(STORE, t=ROWS)
    theirs = store.path.with_name(name)
    mine = store.path.with_name("mine") if is_link else theirs
    mine.write_text("mine")
    if is_link:
        theirs.symlink_to(mine)

    migrate(store.url, CONTRACT, backup=store.beside("copy.db").path)

    assert mine.read_text() == "mine"
    assert theirs.is_symlink() == is_link


def test_a_link_to_nowhere_is_not_followed(build):
    store = build(STORE, t=ROWS)
    elsewhere = store.path.with_name("elsewhere.db")
    store.path.with_name("copy.db").symlink_to(elsewhere)

    with pytest.raises(Refused, match="exists already"):
        migrate(store.url, CONTRACT, backup=store.beside("copy.db").path)

    assert not elsewhere.exists()


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


def test_what_is_created_meanwhile_is_not_half_in_the_copy(build):
    store = build(f"PRAGMA journal_mode = WAL; {STORE}", t=ROWS)
    before = store.look()
    copy = store.beside("copy.db")

    def create_meanwhile(progress):
        if progress.phase == "backup":
            store.run("CREATE TABLE IF NOT EXISTS late (id INTEGER PRIMARY KEY)")

    assert migrate(store.url, CONTRACT, backup=copy.path, progress=create_meanwhile).ok
    assert copy.look() == before
    assert "late" in store.names("table")
