"""Old and new code write for a minute while the file migrates: no value is lost or differs."""

import json
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from sqlite3 import connect

import pytest

pytestmark = pytest.mark.stress

SECONDS = 60
ROWS = 60_000
OLD, NEW = 0, 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_until_told_to_stop(path: str, style: int, seed: int) -> None:
    """Insert, update and delete rows whose id is of our parity; print what each row has to hold."""
    import random
    import threading

    rng = random.Random(seed)
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    db = connect(path, isolation_level=None, timeout=30)
    epoch = ""
    while style == NEW and not epoch:
        installed = "SELECT name FROM sqlite_schema WHERE name = '_ts_contract_events_insert'"
        epoch = "_ms" if db.execute(installed).fetchone() else ""
        time.sleep(0.001)
    present: dict[int, dict[str, int | None]] = {}  # what we wrote last, by id
    gone, writes, slowest = [], 0, 0.0

    def value():
        ms = rng.randrange(1_600_000_000_000, 1_800_000_000_000)
        if style == NEW:
            return ms, ms
        instant = EPOCH + timedelta(milliseconds=ms)
        if rng.random() < 0.5:
            return f"{instant:%Y-%m-%d %H:%M:%S}", ms // 1000 * 1000
        return f"{instant:%Y-%m-%d %H:%M:%S.%f}", ms

    while not stop.is_set():
        begin = time.monotonic()
        row = rng.randrange(4 * ROWS) * 2 + style  # among the rows that are there, and between
        (first, first_ms), (second, second_ms) = value(), value()
        kind = rng.randrange(6)
        if kind <= 2:
            db.execute(
                f"INSERT OR REPLACE INTO events (id, note, created_at{epoch}, updated_at{epoch})"
                " VALUES (?, 'written', ?, ?)",
                (row, first, second),
            )
            present[row] = {"created_at": first_ms, "updated_at": second_ms}
        elif kind == 3 and present:
            row = rng.choice(list(present))
            db.execute(f"UPDATE events SET created_at{epoch} = ? WHERE id = ?", (first, row))
            present[row]["created_at"] = first_ms
        elif kind == 4 and present:
            row = rng.choice(list(present))
            db.execute(f"UPDATE events SET updated_at{epoch} = NULL WHERE id = ?", (row,))
            present[row]["updated_at"] = None
        elif kind == 5:
            db.execute("DELETE FROM events WHERE id = ?", (row,))
            present.pop(row, None)
            gone.append(row)
        writes += 1
        slowest = max(slowest, time.monotonic() - begin)
        time.sleep(rng.random() * 0.004)
    db.close()
    gone = [row for row in set(gone) if row not in present]
    print(json.dumps({"present": present, "gone": gone, "writes": writes, "slowest": slowest}))


def test_two_writers_and_a_migration_agree_on_every_row(tmp_path, build, rng, command):
    store = build(rows=10, bad=0)
    path = store.path
    initial = {}
    with closing(connect(path)) as db:
        db.executescript("DROP TRIGGER touch; DROP TRIGGER audit; DELETE FROM events;")
        for place in range(ROWS):
            row = place * 8 + rng.randrange(2)
            ms = rng.randrange(1_600_000_000_000, 1_800_000_000_000)
            text = f"{EPOCH + timedelta(milliseconds=ms):%Y-%m-%d %H:%M:%S.%f}"
            db.execute("INSERT INTO events VALUES (?, 'old', ?, ?)", (row, text, text))
            initial[row] = {"created_at": ms, "updated_at": ms}
        db.commit()

    writers = [
        subprocess.Popen(
            [sys.executable, __file__, path, str(style), str(rng.randrange(10**9))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for style in (OLD, NEW)
    ]
    begin = time.monotonic()
    time.sleep(1)
    migration = command("migrate", path, "--batch-size", "200")
    error = migration.communicate(timeout=300)[1]
    lasted = time.monotonic() - begin
    time.sleep(max(1, SECONDS - lasted))
    told = [json.loads(writer.communicate("", timeout=60)[0]) for writer in writers]

    print(f"migrated in {lasted:.0f} s beside {[t['writes'] for t in told]} writes, of which the")
    print(f"slowest took {[round(t['slowest'] * 1000) for t in told]} ms")
    assert migration.returncode == 0, error
    assert all(t["writes"] > 1_000 for t in told)
    expected = dict(initial)
    for report in told:
        for row in report["gone"]:
            expected.pop(row, None)
        expected.update({int(row): values for row, values in report["present"].items()})
    with closing(connect(path)) as db:
        rows = db.execute(
            "SELECT id, created_at, created_at_ms, updated_at, updated_at_ms FROM events"
        ).fetchall()
    assert {row[0] for row in rows} == set(expected)
    for row, *values in rows:
        for legacy, epoch, ms in zip(
            values[::2], values[1::2], expected[row].values(), strict=True
        ):
            assert epoch == ms, f"row {row}"
            assert of_text(legacy) == ms, f"row {row}"
    verified = command("verify", path, "--format", "json").communicate()[0]
    columns = json.loads(verified)["tables"]["events"]["columns"]
    assert all(c["differences"] == 0 and c["quarantined"] == 0 for c in columns.values())


def of_text(text: str | None) -> int | None:
    """Return the epoch milliseconds of a text without a zone, by integers alone."""
    if text is None:
        return None
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)


if __name__ == "__main__":
    write_until_told_to_stop(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
