"""What a migration costs: as ratios to a plain script, and as waits of another writer.

Usage: python benchmarks/migration.py [--rows N] [--rounds N] [--seed N] [--dir DIR]

The plain script does what a person would write: for each column ALTER TABLE, an UPDATE with
julianday(), CREATE INDEX. (It gets the milliseconds of many values wrong.) Each contender runs in a
fresh process on a fresh copy of the same file, in turn, round by round; figures are medians over
the rounds, of CPU and of wall-clock time. Ends with 1 when a limit is broken, or when verify does
not find the one wrong millisecond that is planted at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from statistics import median

from ts_contract.loading import parse_contract
from ts_contract.migration import Progress, migrate, verify

CONTRACT = parse_contract({"tables": {"events": ["created_at", "updated_at"]}})
COLUMNS = ("created_at", "updated_at")
WRITER_ROWS = 1_000_000

BUILD = """
    INSERT INTO events WITH RECURSIVE n (i, a, b) AS (
        SELECT 1, :seed, :seed + 1
        UNION ALL SELECT i + 1, (a * 1103515245 + 12345) % 2147483648, (b * 69069 + 1) % 4294967296
        FROM n WHERE i < :rows)
    SELECT i, i % 5000, printf('note %08d of some work', i), printf('%0*d', 30 + i % 80, i),
        datetime(1600000000 + a % 150000000, 'unixepoch')
            || CASE i % 2 WHEN 0 THEN printf('.%06d', b % 1000000) ELSE '' END,
        datetime(1600000000 + b % 150000000, 'unixepoch')
            || CASE i % 3 WHEN 0 THEN printf('.%06d', a % 1000000) ELSE '' END
    FROM n
"""


def build(path: Path, rows: int, seed: int) -> None:
    """Write a table of two timestamp columns, texts of 19 and of 26 characters mixed.

    Its rows take 160 bytes of the file on average, like those from which the limits were taken.
    """
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute(
            "CREATE TABLE events (id INTEGER PRIMARY KEY, session_id INTEGER NOT NULL,"
            " title TEXT NOT NULL, body TEXT, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,"
            " updated_at TIMESTAMP)"
        )
        db.execute(BUILD, {"seed": seed, "rows": rows})
        db.commit()
        db.execute("PRAGMA wal_checkpoint(truncate)")


def fresh_copy(source: Path, name: str) -> Path:
    target = source.with_name(name)
    for suffix in ("", "-wal", "-shm"):
        target.with_name(name + suffix).unlink(missing_ok=True)
    shutil.copyfile(source, target)
    os.sync()
    return target


# --- the contenders, each in a process of its own ----------------------------------------------


def script(db: sqlite3.Connection) -> None:
    for column in COLUMNS:
        db.execute(f"ALTER TABLE events ADD COLUMN {column}_ms INTEGER")
        db.execute(
            f"UPDATE events SET {column}_ms ="
            f" CAST((julianday({column})-2440587.5)*86400000 AS INTEGER)"
        )
        db.execute(f"CREATE INDEX idx_events_{column}_ms ON events ({column}_ms DESC)")


def exact_script(db: sqlite3.Connection) -> None:
    """The same script, made exact in the obvious way."""
    for column in COLUMNS:
        db.execute(f"ALTER TABLE events ADD COLUMN {column}_ms INTEGER")
        db.execute(
            f"UPDATE events SET {column}_ms = CAST(strftime('%s', substr({column}, 1, 19)) AS"
            f" INTEGER) * 1000 + CAST(substr({column} || '.000', 21, 3) AS INTEGER)"
        )
        db.execute(f"CREATE INDEX idx_events_{column}_ms ON events ({column}_ms DESC)")


def exact_once(db: sqlite3.Connection) -> None:
    """One UPDATE for both columns, exact for every well-formed text in UTC, and nothing proved."""
    for column in COLUMNS:
        db.execute(f"ALTER TABLE events ADD COLUMN {column}_ms INTEGER")
    values = (
        f"{column}_ms = CAST(ROUND((julianday(substr({column}, 1, 19)) - 2440587.5) * 86400.0)"
        f" AS INTEGER) * 1000 + CAST(substr(substr({column}, 21, 3) || '000', 1, 3) AS INTEGER)"
        for column in COLUMNS
    )
    db.execute(f"UPDATE events SET {', '.join(values)}")
    for column in COLUMNS:
        db.execute(f"CREATE INDEX idx_events_{column}_ms ON events ({column}_ms DESC)")


def constants(db: sqlite3.Connection) -> None:
    """The floor: no conversion, one UPDATE, indexes whose keys are sorted already."""
    for column in COLUMNS:
        db.execute(f"ALTER TABLE events ADD COLUMN {column}_ms INTEGER")
    db.execute("UPDATE events SET created_at_ms = 1705320000123, updated_at_ms = 1705320000456")
    for column in COLUMNS:
        db.execute(f"CREATE INDEX idx_events_{column}_ms ON events ({column}_ms DESC)")


class _Verifying(Exception):  # noqa: N818 - the end of what is measured
    pass


def until_verify(message: Progress) -> None:
    if message.phase == "verify":
        raise _Verifying


def contend(name: str, path: Path) -> None:
    """Run one contender and print its seconds of wall-clock and CPU time as JSON."""
    wall, cpu = time.perf_counter(), time.process_time()
    if name in ("script", "exact_script", "exact_once", "constants"):
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            globals()[name](db)
    elif name == "verify":
        if not verify(path, CONTRACT).ok:
            sys.exit("verify found differences")
    else:
        with suppress(_Verifying):
            migrate(path, CONTRACT, offline=name == "offline", pause=0, progress=until_verify)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": wall, "cpu": cpu, "memory": memory}))


def measured(name: str, path: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--contend", name, str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


# --- ratios ------------------------------------------------------------------------------------

LIMITS = {"offline": 0.90, "online": 1.15, "verify": 0.30}
ORDER = ("script", "constants", "exact_script", "exact_once", "online", "offline", "verify")
NAMES = {
    "script": "plain script",
    "exact_script": "plain script, exact",
    "exact_once": "one UPDATE, exact, nothing proved, two indexes",
    "constants": "one UPDATE to constants, two indexes",
    "offline": "`--offline`, without verify",
    "online": "online without pause, without verify",
    "verify": "`verify`",
}


def ratios(source: Path, rounds: int) -> tuple[bool, Path]:
    """Measure all contenders in turn; return whether the limits hold, and a migrated file."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ORDER}
    for _ in range(rounds):
        for name in ORDER:
            path = source.with_name("work.db")
            if name != "verify":  # it gets what the offline run left
                path = fresh_copy(source, "work.db")
            runs[name].append(measured(name, path))
    print("\n| what | wall | CPU | wall ratio | CPU ratio | limit |\n|---|---|---|---|---|---|")
    within = True
    for name in ORDER:
        ratio = {
            kind: median(r[kind] / s[kind] for r, s in zip(runs[name], runs["script"], strict=True))
            for kind in ("wall", "cpu")
        }
        wall, cpu = (median(run[kind] for run in runs[name]) for kind in ("wall", "cpu"))
        limit = LIMITS.get(name)
        within &= limit is None or ratio["wall"] <= limit
        shown = "" if limit is None else f"{limit:.2f}"
        print(
            f"| {NAMES[name]} | {wall:.1f} s | {cpu:.1f} s | {ratio['wall']:.2f}"
            f" | {ratio['cpu']:.2f} | {shown} |"
        )
    return within, path


def finds_one_millisecond(path: Path, rows: int, rng: random.Random) -> bool:
    """Plant one wrong millisecond and return whether verify finds that value and no other."""
    row = rng.randint(1, rows)
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TRIGGER _ts_contract_events_update")  # it would write updated_at too
        db.execute("UPDATE events SET updated_at_ms = updated_at_ms + 1 WHERE id = ?", (row,))
        db.commit()
    report = verify(path, CONTRACT)
    keys = [json.loads(example.row_key) for example in report.examples]
    found = report.differences == 1 and keys == [{"id": row}]
    print(f"\nOne wrong millisecond in {2 * rows:,} values: {'found' if found else 'MISSED'}")
    return found


# --- another writer ----------------------------------------------------------------------------


def migrate_and_tell(path: Path) -> None:
    """Migrate as by default; print when each phase began, and the greatest memory."""
    begins: dict[str, float] = {}
    report = migrate(
        path, CONTRACT, progress=lambda m: begins.setdefault(m.phase, time.monotonic())
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"begins": begins, "memory": memory, "ok": report.ok}))


def another_writer(source: Path) -> bool:
    """Insert a row every 5 ms while a migration runs; print the waits by phase."""
    path = fresh_copy(source, "work.db")
    wal = path.with_name(f"{path.name}-wal")
    waits: list[tuple[float, float]] = []
    grown: list[int] = []
    with closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as db:
        command = [sys.executable, __file__, "--migrate", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            while process.poll() is None:
                begin = time.monotonic()
                db.execute("INSERT INTO events (session_id, title) VALUES (0, 'while it runs')")
                waits.append((begin, time.monotonic() - begin))
                grown.append(wal.stat().st_size)
                time.sleep(0.005)
            told = json.loads(process.stdout.read())
    begins = told["begins"]
    # Who waits for CREATE INDEX may have begun before it, or may end when it has ended.
    phases: dict[str, list[float]] = {"backfill": [], "index": [], "verify": []}
    sizes = dict.fromkeys(phases, 0)
    for (at, wait), size in zip(waits, grown, strict=True):
        before_index, before_verify = at + wait < begins["index"], at < begins["verify"]
        phase = "backfill" if before_index else "index" if before_verify else "verify"
        if at >= begins["backfill"]:
            phases[phase].append(wait)
            sizes[phase] = max(sizes[phase], size)
    print(
        "\n| while it runs | inserts | longest wait | 99th percentile | WAL |"
        "\n|---|---|---|---|---|"
    )
    within = told["ok"] and told["memory"] <= 128
    for phase, mine in phases.items():
        mine.sort()
        longest, most = (mine[place] * 1000 for place in (-1, len(mine) * 99 // 100))
        size = sizes[phase] / 2**20
        print(f"| {phase} | {len(mine):,} | {longest:.0f} ms | {most:.1f} ms | {size:.0f} MB |")
        if phase == "backfill":
            within &= longest <= 100 and most <= 20 and size <= 64
    print(f"\nMemory of the migrating process: {told['memory']:.0f} MB")
    return within


# --- triggers ----------------------------------------------------------------------------------


def sync_costs(source: Path) -> None:
    """Print what the sync triggers add to an insert, and to opening a connection."""
    legacy = fresh_copy(source, "legacy.db")
    migrated = fresh_copy(source, "work.db")
    migrate(migrated, CONTRACT, offline=True)
    old = "INSERT INTO events (session_id, title, created_at, updated_at) VALUES (?, 'x', ?, ?)"
    new = old.replace("_at", "_at_ms")
    text, ms = "2024-01-15 12:00:00.123456", 1_705_320_000_123
    cases = (
        ("without triggers", legacy, old, (0, text, text)),
        ("old style, with sync triggers", migrated, old, (0, text, text)),
        ("new style, with sync triggers", migrated, new, (0, ms, ms)),
    )
    print("\n| one insert of a transaction of 20,000 | time |\n|---|---|")
    for name, path, sql, values in cases:
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            times = []
            for _ in range(5):
                db.execute("BEGIN")
                begin = time.process_time()
                db.executemany(sql, [values] * 20_000)
                times.append(time.process_time() - begin)
                db.execute("ROLLBACK")
        print(f"| {name} | {median(times) / 20_000 * 1e6:.1f} us |")
    print("\n| opening a connection and reading one row | time |\n|---|---|")
    for name, path in (("before the migration", legacy), ("with the sync triggers", migrated)):
        times = []
        for _ in range(301):
            begin = time.perf_counter()
            with closing(sqlite3.connect(path)) as db:
                db.execute("SELECT created_at FROM events LIMIT 1").fetchone()
            times.append(time.perf_counter() - begin)
        print(f"| {name} | {median(times) * 1e6:.0f} us |")


def main() -> int:
    """Measure, print tables in Markdown, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", type=Path, help="where the files are written; needs some GB")
    parser.add_argument("--contend", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--migrate", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contend:
        contend(options.contend[0], Path(options.contend[1]))
        return 0
    if options.migrate:
        migrate_and_tell(options.migrate)
        return 0
    print(
        f"SQLite {sqlite3.sqlite_version}, Python {platform.python_version()},"
        f" {os.cpu_count()} cores,"
        f" seed {options.seed}, {options.rows:,} rows x 2 columns, {options.rounds} rounds"
    )
    with tempfile.TemporaryDirectory(dir=options.dir) as directory:
        smaller, large = Path(directory, "smaller.db"), Path(directory, "large.db")
        build(smaller, min(options.rows, WRITER_ROWS), options.seed)
        sync_costs(smaller)
        good = another_writer(smaller)
        build(large, options.rows, options.seed)
        within, migrated = ratios(large, options.rounds)
        found = finds_one_millisecond(migrated, options.rows, random.Random(options.seed))
    return 0 if good and within and found else 1


if __name__ == "__main__":
    sys.exit(main())
