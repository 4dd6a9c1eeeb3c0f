"""A drop that fails for want of room or time says so, and does not try a rebuild instead."""

import shutil
import sqlite3
import subprocess

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Failed, migrate, rollback
from ts_contract.migration.engines.choose import opened
from ts_contract.migration.engines.sqlite.columns import drop_columns
from ts_contract.migration.engines.sqlite.errors import is_about_statement

CONTRACT = parse_contract({"tables": {"t": ["c"]}})
SCHEMA = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note TEXT);"
ROWS = [(n, "2024-01-15 12:00:00", "x" * 200) for n in range(20_000)]


def test_an_interrupted_drop_is_not_taken_for_one_that_sqlite_cannot_do(build):
    store = build(f"{SCHEMA}", t=ROWS)
    before = store.look()
    with store.opened() as db:
        db.set_progress_handler(lambda: 1, 5_000)
        with (
            pytest.raises(Failed, match="was stopped"),
            opened(db, write=True) as session,
            session.transaction(),
        ):
            drop_columns(session, "t", {"note": "c"})
        db.set_progress_handler(None, 0)
        assert not db.in_transaction
    assert store.look() == before


def test_a_rollback_on_a_full_disk_says_that_no_space_is_left(build, tmp_path):
    store = build(f"PRAGMA journal_mode = WAL; {SCHEMA}", t=ROWS)
    migrate(store.url, CONTRACT)
    store.run("PRAGMA wal_checkpoint(TRUNCATE)")
    disk = tmp_path / "disk"
    disk.mkdir()
    size = store.path.stat().st_size * 5 // 4
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        path = shutil.copy(store.path, disk / "copy.db")
        with pytest.raises(Failed, match="no space is left; free some"):
            rollback(path, CONTRACT)
        subprocess.run(["mount", "-o", "remount,size=100m", str(disk)], check=True)
        rollback(path, CONTRACT)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_ERROR, True),
        (sqlite3.SQLITE_ERROR_MISSING_COLLSEQ, True),
        (sqlite3.SQLITE_FULL, False),
        (sqlite3.SQLITE_IOERR_WRITE, False),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, False),
        (sqlite3.SQLITE_INTERRUPT, False),
    ],
)
def test_only_one_code_is_about_the_statement(code, expected):
    error = sqlite3.OperationalError("of whatever kind")
    error.sqlite_errorcode = code
    assert is_about_statement(error) is expected
