"""What a file goes through in production: each time a clear error, nothing lost, and it goes on."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, migrate, verify

pytestmark = pytest.mark.stress

BATCHES = {"pause": 0, "batch_size": 150}
MODES = pytest.mark.parametrize("options", [BATCHES, {"offline": True}], ids=["online", "offline"])


def pages(path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA page_count").fetchone()[0]


@MODES
@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_full_database_is_said_so_and_the_next_run_goes_on(
    build, rng, this_runner, options, journal
):
    store = build(journal=journal)
    grown = store.copy("grown.db")
    this_runner.finish("migrate", grown, options=options)
    full = 0
    for _ in range(6):
        path = store.copy()
        limit = rng.randint(pages(path), pages(grown) - 1)
        answer = this_runner.run("migrate", path, options=options, max_pages=limit)
        full += answer["outcome"] == "Failed"
        if answer["outcome"] == "Failed":
            assert (
                "no space is left; free some, then run the same command again" in answer["message"]
            )
        else:
            assert answer["outcome"] in ("done", "Refused"), answer["message"]
        assert pages(path) <= limit
        this_runner.finish("migrate", path, options=options)
        store.check_migrated(path)
    assert full >= 3


@MODES
@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_a_file_that_cannot_grow_is_said_so_and_the_next_run_goes_on(
    build, rng, this_runner, options, journal
):
    store = build(journal=journal)
    failed = 0
    for _ in range(6):
        path = store.copy()
        size = rng.randint(path.stat().st_size // 8, path.stat().st_size * 5 // 4)
        answer = this_runner.run("migrate", path, options=options, file_size=size)
        if answer["outcome"] in ("Failed", "Refused"):
            failed += 1
            assert str(path) in answer["message"]
            assert "disk" in answer["message"]
        else:
            assert answer["outcome"] == "done", answer["message"]
        store.check_schema(path)
        this_runner.finish("migrate", path, options=options)
        store.check_migrated(path)
    assert failed >= 2


@MODES
def test_a_disk_with_too_little_room_is_said_so_before_anything_is_done(
    build, tmp_path, this_runner, options
):
    store = build()
    disk = tmp_path / "disk"
    disk.mkdir()
    size = store.path.stat().st_size * 3 // 2
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        path = disk / "copy.db"
        path.write_bytes(store.path.read_bytes())
        answer = this_runner.run("migrate", path, options=options)
        assert answer["outcome"] == "Refused"
        assert "are needed, and" in answer["message"]
        assert path.read_bytes() == store.path.read_bytes()
        subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
        this_runner.finish("migrate", path, options=options)
        store.check_migrated(path)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_connection_that_only_reads_changes_nothing(build):
    store = build(journal="delete")
    before = store.path.read_bytes()
    with (
        closing(sqlite3.connect(f"file:{store.path}?mode=ro", uri=True)) as db,
        pytest.raises(Refused, match="cannot be written; check the rights"),
    ):
        migrate(db, parse_contract(CONTRACT))
    assert store.path.read_bytes() == before


CONTRACT = {"tables": {"events": ["created_at", "updated_at"], "labels": {"added_at": "added_ms"}}}
HOG = """
import random, sqlite3, sys, time
rng, db = random.Random(int(sys.argv[2])), sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA busy_timeout = 0")
db.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
db.execute("ROLLBACK")
while True:
    try:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO log VALUES ('hog')")
        time.sleep(rng.random() * 0.01)
        db.execute("ROLLBACK")
    except sqlite3.OperationalError:
        pass
    time.sleep(rng.random() * 0.01)
"""


def test_a_busy_file_is_said_so_and_every_run_gets_further(build, rng, this_runner):
    store = build()
    path = store.copy()
    with subprocess.Popen(
        [sys.executable, "-c", HOG, str(path), str(rng.randrange(10**9))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as hog:
        try:
            assert hog.stdout.readline() == "locked\n"
            locked = this_runner.run("migrate", path, options=BATCHES, timeout=0)
            assert locked["outcome"] == "Refused"
            assert "is locked by another connection" in locked["message"]
            hog.stdin.write("go on\n")
            hog.stdin.flush()
            refused = 0
            end = time.monotonic() + 60
            batches = {**BATCHES, "pause": 0.005}  # in which the other gets its turn
            while time.monotonic() < end:
                answer = this_runner.run("migrate", path, options=batches, timeout=0)
                if answer["outcome"] == "done":
                    break
                refused += 1
                assert answer["outcome"] in ("Failed", "Refused"), answer["message"]
                assert "is locked by another connection" in answer["message"]
        finally:
            hog.kill()
    print(f"{refused} runs met a lock on the way")
    assert refused
    this_runner.finish("migrate", path)
    store.check_migrated(path)


@MODES
def test_a_damaged_page_is_said_so_and_a_restored_file_goes_on(build, rng, this_runner, options):
    store = build(rows=8_000)
    failed = 0
    for _ in range(6):
        path = store.copy()
        page = rng.randrange(pages(path) // 8, pages(path) * 3 // 8)
        sound = path.read_bytes()[page * 4096 : (page + 1) * 4096]
        with path.open("r+b") as file:
            file.seek(page * 4096)
            file.write(bytes(rng.randrange(256) for _ in range(4096)))
        answer = this_runner.run("migrate", path, options=options)
        if answer["outcome"] == "done":
            continue  # a page of the application's index
        failed += 1
        assert answer["outcome"] in ("Failed", "Refused"), answer["message"]
        assert "is damaged; restore a backup" in answer["message"]
        with path.open("r+b") as file:
            file.seek(page * 4096)
            file.write(sound)
        this_runner.finish("migrate", path, options=options)
        store.check_migrated(path)
    assert failed >= 2


@MODES
@pytest.mark.parametrize("share", [0.05, 1.0])
def test_values_that_cannot_be_converted_do_not_stop_the_walk(build, rng, runner, options, share):
    store = build(rows=10)
    contract = parse_contract(CONTRACT)
    count = 20_000
    bad = int(count * share)
    path = store.path
    with closing(sqlite3.connect(path)) as db:
        db.execute("DELETE FROM events")
        values = ["soon"] * bad + ["2024-01-15 12:00:00"] * (count - bad)
        db.executemany(
            "INSERT INTO events VALUES (?, 'n', ?, NULL)", list(enumerate(values, start=1))
        )
        db.commit()
    runner.finish("migrate", path, options=options)
    report = verify(path, contract)
    column = report.tables[0].columns[0]
    assert report.correct
    assert (column.converted, column.quarantined) == (count - bad, bad)


def test_verify_finds_one_millisecond_in_five_million_rows(tmp_path, rng):
    path = tmp_path / "large.db"
    rows = 5_000_000
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, created_at TIMESTAMP)")
        db.execute(
            "INSERT INTO events WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            " WHERE i < ?) SELECT i, datetime(1600000000 + i * 17, 'unixepoch') ||"
            " CASE i % 2 WHEN 0 THEN printf('.%06d', i * 7919 % 1000000) ELSE '' END FROM n",
            (rows,),
        )
        db.commit()
    contract = parse_contract({"tables": {"events": {"created_at": {"index": False}}}})
    report = migrate(path, contract, offline=True, sync=False)
    assert report.ok
    assert report.tables[0].columns[0].converted == rows
    for _ in range(2):
        row, error = rng.randint(1, rows), rng.choice((-1, 1))
        with closing(sqlite3.connect(path)) as db:
            change = "UPDATE events SET created_at_ms = created_at_ms + ? WHERE id = ?"
            db.execute(change, (error, row))
            db.commit()
            report = verify(path, contract)
            db.execute(change, (-error, row))
            db.commit()
        assert report.differences == 1
        (found,) = report.examples
        assert found.row_key == f'{{"id":{row}}}'
        assert found.epoch - found.expected == error
