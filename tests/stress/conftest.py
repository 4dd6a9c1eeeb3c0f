"""What the stress tests share: a store whose right answers Python knows, and runs that can die."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import ts_contract

SOURCE = Path(ts_contract.__file__).parent.parent
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CONTRACT = {
    "tables": {
        "events": ["created_at", "updated_at"],
        "labels": {"added_at": "added_ms"},
    }
}
COLUMNS = (
    ("events", "created_at", "created_at_ms", "id"),
    ("events", "updated_at", "updated_at_ms", "id"),
    ("labels", "added_at", "added_ms", "name"),
)
SCHEMA = """
CREATE TABLE events (id INTEGER PRIMARY KEY, note TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP);
CREATE TABLE labels (name TEXT PRIMARY KEY, added_at TEXT) WITHOUT ROWID;
CREATE TABLE log (line TEXT);
CREATE INDEX by_update ON events (updated_at);
CREATE TRIGGER touch AFTER UPDATE ON events
    WHEN new.updated_at IS old.updated_at AND new.note LIKE 'note %' BEGIN
    UPDATE events SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id;  -- ruins a naive backfill
END;
CREATE TRIGGER audit AFTER UPDATE OF note ON events
    BEGIN INSERT INTO log VALUES ('note of ' || new.id || ' changed'); END;
CREATE TRIGGER "label; audit" AFTER UPDATE ON labels BEGIN INSERT INTO log VALUES (new.name); END;
CREATE VIEW recent AS SELECT id, created_at FROM events ORDER BY created_at DESC;
"""
RICH_SCHEMA = """
CREATE TABLE events (id INTEGER PRIMARY KEY, note TEXT NOT NULL COLLATE NOCASE,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP CHECK (updated_at IS NULL OR id > 0),
    UNIQUE (note, created_at));
CREATE TABLE labels (name TEXT PRIMARY KEY, added_at TEXT DEFAULT '2024-01-15 12:00:00')
    WITHOUT ROWID;
CREATE TABLE remarks (event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE, text TEXT);
CREATE INDEX by_update ON events (note, updated_at DESC);
CREATE INDEX lately ON events (updated_at) WHERE updated_at IS NOT NULL;
CREATE TRIGGER audit AFTER UPDATE OF note ON events WHEN new.note = 'never'
    BEGIN INSERT INTO remarks VALUES (new.id, old.note); END;
"""
BAD = ("soon", "2024-02-30 00:00:00", "", "2024-01-15 24:00:00", "0000-01-01 00:00:00", "12:30")


def milliseconds(instant: datetime) -> int:
    """Return the epoch milliseconds of an aware time, by integers alone."""
    return (instant - EPOCH) // timedelta(milliseconds=1)


def any_instant(rng: random.Random) -> datetime:
    return datetime(2021, 1, 1, tzinfo=UTC) + timedelta(microseconds=rng.randrange(10**14))


def written(rng: random.Random, bad: float = 0.0) -> tuple[object, int | None]:
    """Return a legacy value as the wild writes it, and its epoch milliseconds, if it has any."""
    if rng.random() < bad:
        return rng.choice(BAD), None
    instant = any_instant(rng)
    whole = instant.replace(microsecond=0)
    match rng.randrange(8):
        case 0 | 1 | 2:
            return f"{whole:%Y-%m-%d %H:%M:%S}", milliseconds(whole)
        case 3 | 4:
            return f"{instant:%Y-%m-%d %H:%M:%S.%f}", milliseconds(instant)
        case 5:
            return instant.isoformat(), milliseconds(instant)
        case 6:
            zone = timezone(timedelta(hours=rng.randrange(-11, 12), minutes=30))
            return instant.astimezone(zone).isoformat(), milliseconds(instant)
        case _:
            return None, None


@dataclass
class KnownStore:
    """A database before the migration, and what has to come of it.

    Attributes:
        path: the file as it was built; copy it before migrating.
        values: (legacy value, epoch milliseconds) by table, column and key.
        schema: type, name and SQL of all that the application created.
    """

    path: Path
    values: dict[tuple[str, str], dict[object, tuple[object, int | None]]] = field(
        default_factory=dict
    )
    schema: list[tuple[str, str, str]] = field(default_factory=list)

    def copy(self, name: str = "copy.db") -> Path:
        """Return a fresh copy beside the original."""
        target = self.path.with_name(name)
        for suffix in ("-wal", "-shm", "-journal"):
            target.with_name(name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.path, target)
        return target

    def check_schema(self, path: Path) -> None:
        """Assert that all that the application created is there, byte for byte."""
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            there = _schema(db)
        for entry in self.schema:
            if entry[0] != "table":  # ours have more columns
                assert entry in there

    def check_like(self, path: Path, other: Path) -> None:
        """Assert that a database holds what another one does, but for the times of its state."""
        assert _everything(path) == _everything(other)

    def check(self, path: Path, function: str) -> None:
        """Assert what has to be true once a call has ended well."""
        {
            "migrate": self.check_migrated,
            "rollback": self.check_rolled_back,
            "finalize": self.check_finalized,
        }[function](path)

    def check_migrated(self, path: Path) -> None:
        """Assert that every value is right, that none was touched, and each bad one listed once."""
        self.check_schema(path)
        with closing(sqlite3.connect(path)) as db:
            listed = []
            for table, legacy, epoch, key in COLUMNS:
                found = db.execute(f"SELECT {key}, {legacy}, {epoch} FROM {table}").fetchall()
                expected = self.values[table, legacy]
                assert {row[0]: row[1:] for row in found} == expected
                assert len(found) == len(expected)
                listed += [
                    (table, legacy, json.dumps({key: name}, separators=(",", ":")), value)
                    for name, (value, ms) in expected.items()
                    if value is not None and ms is None
                ]
            columns = "table_name, column_name, row_key, value"
            rows = db.execute(f"SELECT {columns} FROM _ts_contract_quarantine").fetchall()
            assert sorted(rows) == sorted(listed)
            if ("table", "log") in [entry[:2] for entry in self.schema]:
                assert db.execute("SELECT count(*) FROM log").fetchone() == (0,)
            indexed = {row[0] for row in db.execute("SELECT name FROM sqlite_schema")}
            assert {f"idx_{table}_{epoch}" for table, _, epoch, _ in COLUMNS} <= indexed

    def check_rolled_back(self, path: Path) -> None:
        """Assert that nothing of ours is left and nothing of the application's is lost."""
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert _schema(db) == self.schema
            for table, legacy, _, key in COLUMNS:
                found = db.execute(f"SELECT {key}, {legacy} FROM {table}").fetchall()
                assert dict(found) == {k: v for k, (v, _) in self.values[table, legacy].items()}

    def check_finalized(self, path: Path) -> None:
        """Assert that the epoch columns have every value and the legacy columns are gone."""
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            names = [entry[1] for entry in _schema(db)]
            assert not [name for name in names if name.startswith("_ts_contract_")]
            for table, legacy, epoch, key in COLUMNS:
                found = db.execute(f"SELECT {key}, {epoch} FROM {table}").fetchall()
                assert dict(found) == {k: ms for k, (_, ms) in self.values[table, legacy].items()}
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                assert legacy not in columns


def _schema(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
    rows = db.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 2")
    return rows.fetchall()


def _everything(path: Path) -> list[object]:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert not db.execute("PRAGMA foreign_key_check").fetchall()
        schema = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2")
        found = schema.fetchall()
        tables = [name for kind, name, *_ in found if kind == "table"]
        rows = [
            (name, db.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall())
            for name in tables
            if name != "_ts_contract_state"
        ]
    return [found, rows]


@pytest.fixture
def rng(request) -> random.Random:
    """A random generator; its seed is printed, and TS_CONTRACT_SEED sets it."""
    seed = int(os.environ.get("TS_CONTRACT_SEED") or random.randrange(10**9))
    print(f"{request.node.name}: TS_CONTRACT_SEED={seed}")
    return random.Random(seed)


@pytest.fixture
def build(tmp_path, rng) -> Callable[..., KnownStore]:
    """Return a function that builds a store."""

    def build(
        rows: int = 4_000, bad: float = 0.02, schema: str = SCHEMA, journal: str = "wal"
    ) -> KnownStore:
        store = KnownStore(tmp_path / "built.db")
        with closing(sqlite3.connect(store.path)) as db:
            db.execute(f"PRAGMA journal_mode = {journal}")
            db.executescript(schema)
            for table, legacy, _, key in COLUMNS:
                count = rows if table == "events" else rows // 4
                keys = [n if key == "id" else f"label {n}" for n in range(1, count + 1)]
                store.values[table, legacy] = {k: written(rng, bad) for k in keys}
            created, updated = (store.values["events", c] for c in ("created_at", "updated_at"))
            db.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?)",
                [(k, f"note {k}", created[k][0], updated[k][0]) for k in created],
            )
            labels = store.values["labels", "added_at"]
            db.executemany(
                "INSERT INTO labels VALUES (?, ?)", [(k, v[0]) for k, v in labels.items()]
            )
            db.commit()
            store.schema = _schema(db)
        return store

    return build


@pytest.fixture
def build_rich(build) -> Callable[..., KnownStore]:
    """Return a function that builds a store with everything that finalize has to carry over."""

    def build_rich(journal: str = "wal") -> KnownStore:
        store = build(rows=1_200, bad=0, schema=RICH_SCHEMA, journal=journal)
        with closing(sqlite3.connect(store.path)) as db:
            db.execute("INSERT INTO remarks SELECT id, 'remark' FROM events WHERE id % 7 = 0")
            db.commit()
        return store

    return build_rich


@dataclass
class Runner:
    """A process that runs calls of the migration in children of its own."""

    process: subprocess.Popen[str]

    def run(self, function: str, db: Path, *, options=None, **how) -> dict[str, object]:
        """Run one call to its end, or to its death, and return what became of it."""
        call = {"function": function, "db": str(db), "contract": CONTRACT, **how}
        self.process.stdin.write(json.dumps({**call, "options": options or {}}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def finish(self, function: str, db: Path, *, options=None) -> None:
        """Run one call that has to succeed."""
        answer = self.run(function, db, options=options)
        assert answer["outcome"] == "done", answer["message"]


@pytest.fixture(params=["3.11", "3.12"])
def runner(request) -> Iterator[Runner]:
    """A runner for each way of holding triggers off: before Python 3.12, and since."""
    version = tuple(int(part) for part in request.param.split("."))
    ours = sys.version_info[:2]
    same_way = (ours < (3, 12)) == (version < (3, 12))
    yield from _start(sys.executable if same_way else _other(request.param))


@pytest.fixture
def this_runner() -> Iterator[Runner]:
    """A runner with the Python that runs the tests."""
    yield from _start(sys.executable)


@pytest.fixture
def other_runner() -> Iterator[Runner]:
    """A second one, for what runs at the same time."""
    yield from _start(sys.executable)


def _other(version: str) -> str:
    python = shutil.which(f"python{version}")
    if (
        python is None
        or subprocess.run([python, "-V"], capture_output=True, check=False).returncode
    ):
        pytest.skip(f"no python{version} here")
    return python


def _start(python: str) -> Iterator[Runner]:
    with subprocess.Popen(
        [python, str(Path(__file__).with_name("runner.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    ) as process:
        yield Runner(process)
        process.stdin.close()


@pytest.fixture
def command(tmp_path) -> Callable[..., subprocess.Popen[str]]:
    """Return a function that starts the command line with the stores' contract."""
    tables = "".join(
        f"[tables.{table}]\n" + "".join(f'{c} = "{e}"\n' for t, c, e, _ in COLUMNS if t == table)
        for table in ("events", "labels")
    )
    (tmp_path / "ts-contract.toml").write_text(tables, encoding="utf-8")

    def start(*arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "ts_contract", *map(str, arguments)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
        )

    return start
