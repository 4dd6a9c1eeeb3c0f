"""Any schema of an application, written in any way, against a twin that is never migrated.

SQLite is the judge: what it refuses, fills in and finds by an index in the twin, it does on the
epoch columns too, while both are there and when the legacy ones are gone.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ts_contract import to_epoch_ms
from ts_contract.loading import parse_contract
from ts_contract.migration import finalize, migrate, verify

CONTRACT = parse_contract({"tables": {"t": ["at", "ended"]}})
TIMES = [f"2024-01-15 12:00:0{second}" for second in range(3)]

# What may stand in the definition of a column; whether new code may leave the legacy column out.
COLUMN = {
    "TEXT": True,
    "TIMESTAMP NULL": True,
    "TEXT COLLATE NOCASE": True,
    "TEXT CHECK (at IS NULL OR dev <> 'never')": True,
    "TEXT UNIQUE": True,
    "TEXT NOT NULL": False,
    "TEXT CONSTRAINT given NOT NULL DEFAULT ('2024-01-15 12:00:02')": False,
    "TEXT NOT NULL DEFAULT '2024-01-15 12:00:01'": False,
}
CONSTRAINTS = [
    "UNIQUE (dev, at)",
    "CONSTRAINT once UNIQUE (at DESC, dev COLLATE NOCASE)",
    "CHECK (ended >= at)",
    "CHECK (dev <> 'b' OR ended IS NOT NULL)",
    "UNIQUE (ended, at)",
]
KEYS = [
    ("id INTEGER PRIMARY KEY", "", ""),
    ("id INTEGER PRIMARY KEY AUTOINCREMENT", "", ""),
    ("id INTEGER NOT NULL", "PRIMARY KEY (id)", " WITHOUT ROWID"),
    ("id INTEGER", "PRIMARY KEY (dev, at, id)", ""),
]
INDEXES = [
    "CREATE INDEX i1 ON t (dev, at)",
    "CREATE INDEX i2 ON t (at DESC, dev COLLATE NOCASE)",
    "CREATE INDEX i3 ON t (at) WHERE ended IS NULL",
    "CREATE UNIQUE INDEX i4 ON t (dev, ended) WHERE ended IS NOT NULL",
    "CREATE INDEX i5 ON t (dev) WHERE at > '2024-01-15'",
    "CREATE INDEX i6 ON t (ended IS NULL, at)",
    "CREATE INDEX idx_t_at ON t (at, ended)",
    "CREATE INDEX i8 ON t (ended)",
    "CREATE UNIQUE INDEX i9 ON t (lower(dev), at)",
]
TRIGGERS = [
    "CREATE TRIGGER log_insert AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END",
    "CREATE TRIGGER log_update AFTER UPDATE ON t WHEN new.dev IS NOT old.dev"
    " BEGIN INSERT INTO log VALUES (old.id); END",
    "CREATE TRIGGER fixed BEFORE UPDATE ON t WHEN new.id IS NOT old.id"
    " BEGIN SELECT RAISE(ABORT, 'id is fixed'); END",
]
QUERIES = [
    "SELECT * FROM t WHERE {at} = {x}",
    "SELECT * FROM t WHERE dev = 'a' AND {at} = {x}",
    "SELECT * FROM t WHERE dev = 'a' AND {at} > {x}",
    "SELECT id FROM t ORDER BY {at} DESC LIMIT 5",
    "SELECT id FROM t WHERE {ended} IS NULL ORDER BY {at}",
    "SELECT * FROM t WHERE ({ended} IS NULL) = 1 AND {at} = {x}",
    "SELECT * FROM t WHERE dev = 'a' AND {ended} = {x}",
    "SELECT * FROM t WHERE lower(dev) = 'a' AND {at} = {x}",
]


@dataclass(frozen=True)
class Schema:
    """A table that can be, and which of its columns new code may leave out."""

    script: str
    free: frozenset[str]


@st.composite
def schemas(draw) -> Schema:
    key, constraint, behind = draw(st.sampled_from(KEYS))
    at, ended = draw(st.sampled_from([*COLUMN])), draw(st.sampled_from([*COLUMN]))
    constraints = draw(st.lists(st.sampled_from(CONSTRAINTS), unique=True, max_size=3))
    entries = [key, "dev TEXT", f"at {at}", f"ended {ended.replace('(at ', '(ended ')}"]
    entries += filter(None, (constraint, *constraints))
    objects = draw(st.lists(st.sampled_from(INDEXES), unique=True, max_size=4))
    objects += draw(st.lists(st.sampled_from(TRIGGERS), unique=True, max_size=2))
    table = f"CREATE TABLE t ({', '.join(entries)}){behind}"
    free = {name for name, clause in (("at", at), ("ended", ended)) if COLUMN[clause]}
    if any("ended IS NOT NULL" in each for each in constraints):  # SQLite asks before our trigger
        free -= {"ended"}
    return Schema(";".join((table, "CREATE TABLE log (id)", *objects)), frozenset(free))


ABSENT = object()
TIME = st.sampled_from([*TIMES, None, ABSENT])
WRITES = st.tuples(
    st.sampled_from(
        ["INSERT", "INSERT OR IGNORE", "REPLACE", "UPSERT", "UPDATE", "UPDATE OR IGNORE", "DELETE"]
    ),
    st.integers(1, 4),
    st.sampled_from(["a", "A", "b"]),
    TIME,
    TIME,
    st.sampled_from(["old", "new", "both"]),
)


def values_of(write: tuple, schema: Schema, stage: str) -> dict[str, object]:
    """Return what a write sets, by old code, by new code, or by code that writes both."""
    verb, _, _, at, ended, style = write
    if "OR IGNORE" in verb and "CHECK (ended >= at)" in schema.script and style == "new":
        style = "both"  # the sync trigger, which would meet the CHECK, is told to ignore it
    values = {}
    for name, value in (("at", at), ("ended", ended)):
        if value is not ABSENT:
            is_new = stage == "finalized" or style != "old"
            is_old = stage == "legacy" or style != "new" or name not in schema.free
            if is_new and stage != "legacy":
                values[f"{name}_ms"] = value and to_epoch_ms(value)
            if is_old and stage != "finalized":
                values[name] = value
    return values


def is_refused(db: sqlite3.Connection, write: tuple, values: dict[str, object]) -> bool:
    """Do one write, and return whether it was refused."""
    verb, key, dev, *_ = write
    if verb == "DELETE":
        db.execute("DELETE FROM t WHERE id = ?", (key,))
        return False
    if verb.startswith("UPDATE"):
        # Not the rest of a key: old code moves it before our trigger moves the epoch column.
        sets = ", ".join(f"{name} = ?" for name in values) or "id = id"
        sql, given = f"{verb} t SET {sets} WHERE id = ?", (*values.values(), key)
    else:
        names = ("id", "dev", *values)
        head = "INSERT" if verb == "UPSERT" else verb
        tail = " ON CONFLICT DO NOTHING" if verb == "UPSERT" else ""
        sql = f"{head} INTO t ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}){tail}"
        given = (key, dev, *values.values())
    try:
        db.execute(sql, given)
    except sqlite3.IntegrityError:
        return True
    return False


def rows(db: sqlite3.Connection, stage: str) -> list[tuple]:
    """Return all rows with their instants."""
    names = ("at_ms", "ended_ms") if stage == "finalized" else ("at", "ended")
    found = []
    for key, dev, *times in db.execute(f"SELECT id, dev, {', '.join(names)} FROM t"):
        instants = (t if t is None or isinstance(t, int) else to_epoch_ms(t) for t in times)
        found.append((key, dev, *instants))
    return sorted(found, key=repr)


def indexed(db: sqlite3.Connection, query: str) -> bool:
    return any("INDEX" in row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}"))


def check_queries(twin: sqlite3.Connection, db: sqlite3.Connection) -> None:
    """Assert that what the twin finds by an index of the legacy column, is found by one of ours."""
    for query in QUERIES:
        if indexed(twin, query.format(at="at", ended="ended", x=f"'{TIMES[0]}'")):
            ours = query.format(at="at_ms", ended="ended_ms", x=to_epoch_ms(TIMES[0]))
            assert indexed(db, ours), ours


def is_like_its_twin(schema: Schema, before: list, during: list, after: list) -> None:
    with (
        closing(sqlite3.connect(":memory:", isolation_level=None)) as twin,
        closing(sqlite3.connect(":memory:", isolation_level=None)) as db,
    ):
        for each in (twin, db):
            each.executescript(schema.script)
        for stage, writes in (("legacy", before), ("migrated", during), ("finalized", after)):
            if stage == "migrated":
                assert migrate(db, CONTRACT, pause=0).ok
            if stage == "finalized":
                finalize(db, CONTRACT)
            if stage != "legacy":
                check_queries(twin, db)
            for write in writes:
                expected = is_refused(twin, write, values_of(write, schema, "legacy"))
                assert is_refused(db, write, values_of(write, schema, stage)) == expected, write
                assert rows(db, stage) == rows(twin, "legacy"), write
            if stage == "migrated":
                assert verify(db, CONTRACT).ok


PARTS = {
    "schema": schemas(),
    "before": st.lists(WRITES, max_size=6),
    "during": st.lists(WRITES, max_size=8),
    "after": st.lists(WRITES, max_size=6),
}


@given(**PARTS)
@settings(
    max_examples=10, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
def test_it_is_like_a_twin_that_is_never_migrated(schema, before, during, after):
    is_like_its_twin(schema, before, during, after)


@pytest.mark.stress
@given(**PARTS)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_schema_is_like_a_twin_that_is_never_migrated(schema, before, during, after):
    is_like_its_twin(schema, before, during, after)
