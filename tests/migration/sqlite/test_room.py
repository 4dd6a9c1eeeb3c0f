"""What a command needs on the disk is told and compared with what is free, before it begins."""

import shutil
import subprocess
from collections.abc import Callable
from typing import NamedTuple

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, finalize, migrate, plan, plan_finalize, rollback

CONTRACT = parse_contract({"tables": {"t": ["c"]}})
SCHEMA = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note TEXT);"
ROWS = [(n, "2024-01-15 12:00:00", "x" * 200) for n in range(20_000)]
MB = 1_000_000


class Usage(NamedTuple):
    """What shutil tells of a file system."""

    free: int


@pytest.fixture
def store(build):
    return build(f"PRAGMA journal_mode = WAL; {SCHEMA}", t=ROWS)


@pytest.fixture
def leave(monkeypatch) -> Callable[[int], None]:
    """Return a function that leaves so many bytes free on every file system."""

    def leave(free: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(free))

    return leave


def refusals(store) -> str:
    return "; ".join(plan(store.url, CONTRACT).refusals)


def messages(store, kind: str) -> str:
    return "; ".join(n.message for n in plan(store.url, CONTRACT).notices if n.kind == kind)


def test_too_little_for_migrate_is_a_refusal(store, leave):
    leave(MB // 2)

    assert refusals(store) == "about 1 MB are needed, and 500 kB are free; free some first"
    with pytest.raises(Refused, match="1 MB are needed, and 500 kB are free"):
        migrate(store.url, CONTRACT)
    assert store.names() == {"t"}


def test_enough_for_batches_may_be_too_little_for_one_pass(store, leave):
    leave(2 * MB)

    assert refusals(store) == ""
    assert "--offline needs about 5 MB, and 2 MB are free" in messages(store, "note")
    with pytest.raises(Refused, match="--offline: about 5 MB are needed"):
        migrate(store.url, CONTRACT, offline=True)
    assert store.names() == {"t"}
    assert migrate(store.url, CONTRACT).ok


def test_plan_warns_where_a_later_rollback_could_not_run(store, leave):
    leave(5 * MB)
    warning = "a later rollback needs about 5 MB, and about 4 MB will be free"
    assert warning in messages(store, "warning")

    leave(100 * MB)
    assert "rollback" not in messages(store, "warning")
    migrate(store.url, CONTRACT)
    leave(MB)
    assert "a later rollback needs about 5 MB, and about 1 MB will be free" in messages(
        store, "warning"
    )
    rollback(store.url)
    leave(100 * MB)
    assert refusals(store) == ""


def test_finalize_is_refused_where_its_log_would_not_fit(store, leave):
    migrate(store.url, CONTRACT)
    leave(MB)

    told = [n.message for n in plan_finalize(store.url, CONTRACT) if n.kind == "refusal"]
    assert told == ["about 5 MB are needed, and 1 MB are free; free some first"]
    with pytest.raises(Refused, match="about 5 MB are needed, and 1 MB are free"):
        finalize(store.url, CONTRACT)
    assert "c" in store.columns("t")

    leave(6 * MB)
    finalize(store.url, CONTRACT)


def test_a_rebuild_needs_twice_as_much(build, leave):
    store = build(SCHEMA.replace("TIMESTAMP", "TIMESTAMP NOT NULL"), t=ROWS)
    migrate(store.url, CONTRACT)
    leave(6 * MB)

    with pytest.raises(Refused, match="about 10 MB are needed"):
        finalize(store.url, CONTRACT)


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_what_is_told_is_about_what_is_taken(build, mode):
    """By the file itself: its growth, and the log or journal of a rollback."""
    store = build(f"PRAGMA journal_mode = {mode}; {SCHEMA}", t=ROWS)
    before = store.path.stat().st_size
    planned = plan(store.url, CONTRACT)

    migrate(store.url, CONTRACT)
    store.run("PRAGMA wal_checkpoint(TRUNCATE)")

    grown = store.path.stat().st_size - before
    assert planned.growth / 2 < grown < planned.growth * 2
    assert before / 2 < planned.space.rollback < before * 2


def test_a_reader_that_keeps_the_log_from_being_cut_is_told_where_there_is_a_log(build, store):
    assert "while a reader holds one snapshot" in messages(store, "note")
    assert "while a reader holds" not in messages(build(SCHEMA, "other.db", t=ROWS), "note")


def test_of_a_database_in_memory_no_room_is_asked(build):
    with build(SCHEMA, t=ROWS).opened() as source:
        memory = type(source)(":memory:")
        source.backup(memory)
    planned = plan(memory, CONTRACT)
    assert planned.space.room.free is None
    assert planned.refusals == ()
    memory.close()


def test_an_empty_table_and_one_with_hostile_names_are_measured(build):
    store = build("""CREATE TABLE "a ""b" ("select" PRIMARY KEY, "it's" TEXT) WITHOUT ROWID""")
    contract = parse_contract({"tables": {'a "b': ["it's"]}})
    assert plan(store.url, contract).space.rollback == 0
    store.run("""INSERT INTO "a ""b" VALUES (1, '2024-01-15 12:00:00')""")
    assert 20 < plan(store.url, contract).space.rollback < 100


def test_a_full_disk_is_told_before_anything_is_changed(store, tmp_path):
    store.run("PRAGMA wal_checkpoint(TRUNCATE)")
    disk = tmp_path / "disk"
    disk.mkdir()
    size = store.path.stat().st_size + 500_000
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        path = shutil.copy(store.path, disk / "copy.db")
        with pytest.raises(Refused, match="are needed"):
            migrate(path, CONTRACT)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
