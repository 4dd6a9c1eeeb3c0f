"""What a table refuses and fills in by itself is the same on its epoch columns after finalize.

The database is the judge: the same rows are tried on the legacy column before, and on the epoch
column afterwards.
"""

import sqlite3
import time

import pytest
from click.testing import CliRunner

from ts_contract.cli import main
from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, finalize, migrate, plan_finalize

NOON = 1_705_320_000_000
TEXT = "2024-01-15 12:00:00"
CLOCK = (
    "(CAST(strftime('%s','now') AS INTEGER) * 1000"
    " + CAST(substr(strftime('%f','now'), 4) AS INTEGER))"
)


@pytest.fixture
def finalized(build):
    """Return a function that builds a store, migrates it and finalizes it."""

    def finalized(script: str, tables: dict, **contract):
        store = build(script)
        declared = parse_contract({"tables": tables, **contract})
        assert migrate(store.url, declared).ok
        finalize(store.url, declared)
        return store

    return finalized


@pytest.fixture
def refused(build):
    """Return a function that gives the refusal of finalize, which changes nothing."""

    def refused(script: str, tables: dict, **contract) -> str:
        store = build(script)
        declared = parse_contract({"tables": tables, **contract})
        assert migrate(store.url, declared).ok
        before = store.content()
        with pytest.raises(Refused) as refusal:
            finalize(store.url, declared)
        assert store.content() == before
        return str(refusal.value)

    return refused


def text_of(store, table: str) -> str:
    return store.value("SELECT sql FROM sqlite_schema WHERE name = ?", table)


# --- clauses of the column ---------------------------------------------------------------------

CARRIED = {
    "TIMESTAMP NOT NULL": "NOT NULL",
    "TIMESTAMP CONSTRAINT given NOT NULL ON CONFLICT IGNORE": (
        "CONSTRAINT given NOT NULL ON CONFLICT IGNORE"
    ),
    "TIMESTAMP DEFAULT CURRENT_TIMESTAMP": f"DEFAULT {CLOCK}",
    "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP": f"NOT NULL DEFAULT {CLOCK}",
    "TIMESTAMP DEFAULT (datetime('now'))": f"DEFAULT {CLOCK}",
    "TIMESTAMP DEFAULT ((datetime()))": f"DEFAULT {CLOCK}",
    "TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')) NOT NULL": f"DEFAULT {CLOCK} NOT NULL",
    "INTEGER DEFAULT (strftime('%s', 'now'))": f"DEFAULT {CLOCK}",
    "INTEGER DEFAULT (CAST(strftime('%s', 'now') AS INTEGER) * 1000)": f"DEFAULT {CLOCK}",
    "REAL DEFAULT (julianday('now'))": None,
    "TEXT DEFAULT '2024-01-15 12:00:00'": f"DEFAULT {NOON}",
    'TEXT DEFAULT "2024-01-15 12:00:00"': f"DEFAULT {NOON}",
    "TEXT DEFAULT ('1969-12-31T23:59:59.5Z')": "DEFAULT -500",
    "INTEGER DEFAULT +1705320000": f"DEFAULT {NOON}",
    "TEXT DEFAULT NULL": "DEFAULT NULL",
    "TEXT UNIQUE ON CONFLICT REPLACE": "UNIQUE ON CONFLICT REPLACE",
    "TEXT COLLATE NOCASE UNIQUE": "UNIQUE",
    "TEXT CHECK (at IS NOT NULL) NULL": 'CHECK ("at_ms" IS NOT NULL)',
}


@pytest.mark.parametrize(
    ("clause", "expected"), [(c, e) for c, e in CARRIED.items() if e is not None]
)
def test_a_clause_of_the_column_is_on_the_epoch_column(finalized, clause, expected):
    store = finalized(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, at {clause}, v TEXT /* v */);"
        f"INSERT INTO t (id, at, v) VALUES (7, '{TEXT}', 'kept');",
        {"t": ["at"]},
    )

    assert text_of(store, "t") == (
        f'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT /* v */, "at_ms" INTEGER {expected})'
    )
    assert store.rows("t") == [(7, "kept", NOON)]


@pytest.mark.parametrize(
    "clause", [clause for clause in CARRIED if CLOCK in (CARRIED[clause] or "")]
)
def test_a_clock_goes_on(finalized, clause):
    store = finalized(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, at {clause}, v TEXT);", {"t": ["at"]}
    )
    store.run("INSERT INTO t (v) VALUES ('new')")

    stored = store.value("SELECT at_ms FROM t")

    assert isinstance(stored, int)
    assert abs(stored - time.time_ns() // 1_000_000) < 2_000


def test_a_constant_is_read_as_the_column_is(finalized):
    store = finalized(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at INTEGER DEFAULT 0);",
        {"t": {"at": {"epoch": "at_ms", "storage": "seconds"}}},
    )
    store.run("INSERT INTO t DEFAULT VALUES")

    assert store.rows("t") == [(1, 0)]


REFUSED = {
    "INTEGER DEFAULT 0": "DEFAULT 0 of at is no instant",
    "TEXT DEFAULT ''": "DEFAULT '' of at is no instant: an empty text",
    "TEXT DEFAULT soon": "DEFAULT soon of at is no instant",
    "TEXT DEFAULT (lower('X'))": "not known to give an instant",
    "TEXT DEFAULT (datetime('now', 'localtime'))": "depends on the time zone",
    "TEXT DEFAULT (datetime('now', '+1 day'))": "does not give the present instant",
    "TEXT DEFAULT CURRENT_DATE": "does not give the present instant",
    "TEXT DEFAULT (date('now'))": "does not give the present instant",
    "TEXT DEFAULT (datetime('2024-01-15'))": "not known to give an instant",
    "TEXT CHECK (length(at) = 19)": "CHECK (length(at) = 19) needs the stored form of at",
    "TEXT CHECK (at > '2020')": "CHECK (at > '2020') needs the stored form of at",
    "TEXT CHECK (id < at IS NULL)": "needs the stored form of at",
    "TEXT, w TEXT CHECK (w <> '' AND at > w)": "needs the stored form of at",
    "TEXT, CHECK (at BETWEEN v AND at IS NULL)": "needs the stored form of at",
    "TEXT, d TEXT AS (substr(at, 1, 10))": "column d is computed from at",
}


@pytest.mark.parametrize(("clause", "reason"), REFUSED.items())
def test_a_clause_without_an_equal_is_refused(refused, clause, reason):
    script = f"CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, at {clause});"
    if clause.count(", ") and "CHECK (at BETWEEN" in clause:
        script = script.replace("at TEXT, CHECK", "at TEXT, w TEXT, CHECK")

    assert reason in refused(script, {"t": ["at"]})


def test_a_clock_in_another_zone_than_the_contract_says_is_refused(refused):
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP);"

    reason = refused(script, {"t": ["at"]}, timezone="Europe/Berlin")

    assert "a clock in UTC, while the contract says Europe/Berlin" in reason


def test_all_that_is_refused_is_named_at_once(refused):
    script = """
        CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT DEFAULT '' CHECK (at <> 'x'));
        CREATE VIEW latest AS SELECT max(at) FROM t;
        CREATE UNIQUE INDEX once ON t (lower(at));
    """

    reason = refused(script, {"t": ["at"]})

    for what in (
        "view latest needs t.at",
        "index once needs the stored form",
        "DEFAULT ''",
        "CHECK (at <> 'x')",
    ):
        assert what in reason


def test_the_plan_names_it_before_and_after_migrate(build):
    store = build("""
        CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT NOT NULL DEFAULT '');
        CREATE VIEW latest AS SELECT max(at) FROM t;
        CREATE INDEX by_at ON t (at);
    """)
    contract = parse_contract({"tables": {"t": ["at"]}})
    before = plan_finalize(store.url, contract)
    assert migrate(store.url, contract).ok

    after = plan_finalize(store.url, contract)

    assert before[0].message.endswith("is not migrated yet")
    assert after == before[1:]
    assert [notice.kind for notice in after] == ["refusal", "note", "refusal", "note"]
    with pytest.raises(Refused) as refusal:
        finalize(store.url, contract)
    assert all(n.message in str(refusal.value) for n in after if n.kind == "refusal")


def test_the_plan_names_a_key_that_is_refused_on_the_command_line(build, tmp_path, monkeypatch):
    store = build("CREATE TABLE t (at TEXT, PRIMARY KEY (at));")
    (tmp_path / "ts-contract.toml").write_text('[tables]\nt = ["at"]\n')
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(main, ["plan", str(store.path), "--finalize"])

    assert result.exit_code == 2
    assert "at is the primary key; change the key first" in result.output


def test_a_generated_column_is_refused(refused):
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, at TEXT AS (replace(x, 'T', ' ')));"

    assert "at is generated" in refused(script, {"t": ["at"]})


# --- checks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("ended >= started", '"ended_ms" >= "started_ms"'),
        ("ended IS NULL OR [started]<=ended", '"ended_ms" IS NULL OR "started_ms"<="ended_ms"'),
        (
            "CASE v WHEN 'open' THEN ended ISNULL ELSE NOT (ended ISNULL) END",
            'CASE v WHEN \'open\' THEN "ended_ms" ISNULL ELSE NOT ("ended_ms" ISNULL) END',
        ),
    ],
)
@pytest.mark.parametrize("place", ["of another column", "of the table"])
def test_a_check_of_instants_is_on_the_epoch_columns(finalized, check, expected, place):
    between = " " if place == "of another column" else ", "
    store = finalized(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, started TEXT, ended TEXT, v TEXT{between}"
        f"CONSTRAINT ordered CHECK ({check}));",
        {"t": ["started", "ended"]},
    )

    assert f"CONSTRAINT ordered CHECK ({expected})" in text_of(store, "t")


# --- keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE metrics (ts TIMESTAMP, v REAL, PRIMARY KEY (ts));"
        f"INSERT INTO metrics VALUES ('{TEXT}', 1), (NULL, 3), (NULL, 4);",
        "CREATE TABLE metrics (ts TIMESTAMP, v REAL, CONSTRAINT k PRIMARY KEY ([TS] DESC));",
        "CREATE TABLE metrics (ts TIMESTAMP PRIMARY KEY ON CONFLICT REPLACE, v REAL);",
        "CREATE TABLE metrics (ts TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, v REAL);",
    ],
)
def test_a_key_of_one_column_would_become_the_rowid(refused, script):
    assert "the primary key; change the key first" in refused(script, {"metrics": ["ts"]})


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (
            "PRIMARY KEY (sensor, ts COLLATE NOCASE DESC) ON CONFLICT REPLACE)",
            'PRIMARY KEY (sensor, "ts_ms" COLLATE NOCASE DESC) ON CONFLICT REPLACE)',
        ),
        ("PRIMARY KEY (ts)) WITHOUT ROWID", 'PRIMARY KEY ("ts_ms")) WITHOUT ROWID'),
        ("UNIQUE (sensor, ts) ON CONFLICT IGNORE)", 'UNIQUE (sensor, "ts_ms") ON CONFLICT IGNORE)'),
    ],
)
def test_other_keys_stay_keys(finalized, keys, expected):
    store = finalized(
        f"CREATE TABLE r (sensor INTEGER, ts TIMESTAMP, v REAL, {keys};"
        f"INSERT INTO r VALUES (1, '{TEXT}', 0.5);",
        {"r": ["ts"]},
    )

    assert text_of(store, "r").endswith(expected)
    assert store.rows("r") == [(1, 0.5, NOON)]


# --- foreign keys ------------------------------------------------------------------------------

READINGS = (
    "CREATE TABLE readings (sensor INTEGER NOT NULL, ts TIMESTAMP NOT NULL, v REAL,"
    " PRIMARY KEY (sensor, ts));"
    f"INSERT INTO readings VALUES (1, '{TEXT}', 0.5);"
)
CHILDREN = {
    "explicit": "FOREIGN KEY (sensor, ts) REFERENCES readings (sensor, ts)",
    "implicit": "FOREIGN KEY (sensor, ts) REFERENCES Readings",
}


@pytest.mark.parametrize("key", CHILDREN.values(), ids=CHILDREN)
def test_a_child_outside_of_the_contract_is_named(refused, key):
    reason = refused(
        READINGS + f"CREATE TABLE flags (id INTEGER PRIMARY KEY, sensor, ts, {key});",
        {"readings": ["ts"]},
    )

    assert "foreign key of flags (sensor, ts) references" in reason.lower()
    assert "needs readings.ts" in reason.lower()


def test_a_child_of_a_unique_column_is_named(refused):
    script = (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT UNIQUE);"
        "CREATE VIRTUAL TABLE words USING fts5(x);"
        "CREATE TABLE words_seen (id INTEGER PRIMARY KEY, made TEXT REFERENCES t(at));"
    )

    reason = refused(script, {"t": ["at"]})

    assert "the foreign key of words_seen (made) references t (at) needs t.at" in reason


def test_a_parent_outside_of_the_contract_is_named(refused):
    script = (
        "CREATE TABLE cal (day TEXT PRIMARY KEY);"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, at TEXT REFERENCES cal(day) ON DELETE CASCADE);"
    )

    assert "t (at) references cal (day) needs t.at" in refused(script, {"t": ["at"]})


@pytest.mark.parametrize("key", CHILDREN.values(), ids=CHILDREN)
def test_a_key_with_both_sides_in_the_contract_is_carried(finalized, key):
    store = finalized(
        READINGS + "CREATE TABLE flags (id INTEGER PRIMARY KEY, sensor INTEGER, ts TIMESTAMP,"
        f" CONSTRAINT seen {key} ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);"
        f"INSERT INTO flags VALUES (1, 1, '{TEXT}');",
        {"readings": ["ts"], "flags": ["ts"]},
    )

    carried = key.replace("ts)", '"ts_ms")')
    assert f"CONSTRAINT seen {carried} ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED" in text_of(
        store, "flags"
    )
    with store.opened() as db:
        db.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT INTO flags VALUES (2, 1, 5)")
        db.execute("DELETE FROM readings")
        assert db.execute("SELECT * FROM flags").fetchall() == []


def test_a_key_of_the_column_itself_is_carried(finalized):
    store = finalized(
        "CREATE TABLE cal (id INTEGER PRIMARY KEY, day TEXT UNIQUE);"
        "CREATE TABLE t (id INTEGER PRIMARY KEY,"
        " at TEXT REFERENCES cal(day) ON DELETE SET NULL NOT DEFERRABLE NOT NULL);",
        {"cal": ["day"], "t": ["at"]},
    )

    assert text_of(store, "t").endswith(
        '"at_ms" INTEGER REFERENCES cal("day_ms") ON DELETE SET NULL NOT DEFERRABLE NOT NULL)'
    )


def test_what_was_violated_before_is_not_counted(finalized):
    store = finalized(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, p REFERENCES p, at TEXT NOT NULL);"
        "CREATE TABLE mismatched (x REFERENCES t (p));"
        f"INSERT INTO t VALUES (1, 99, '{TEXT}');",
        {"t": ["at"]},
    )

    assert store.rows("t") == [(1, 99, NOON)]


# --- a table that has them all -----------------------------------------------------------------

EVERYTHING = """
CREATE TABLE log (x);
CREATE TABLE cal (id INTEGER PRIMARY KEY, day TEXT NOT NULL UNIQUE);
CREATE TABLE e ( -- all of it
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  started TIMESTAMP NOT NULL ON CONFLICT FAIL DEFAULT CURRENT_TIMESTAMP,
  ended TEXT DEFAULT '2029-12-31 00:00:00' CHECK (ended >= started),
  day TEXT REFERENCES cal (day),
  dev TEXT NOT NULL COLLATE NOCASE CHECK (dev <> '' AND started IS NOT NULL),
  size AS (length(dev)), "a, b" TEXT DEFAULT 'x, y (',
  CONSTRAINT once UNIQUE (dev, started) ON CONFLICT IGNORE,
  CHECK (day IS NULL OR day <= ended)
);
CREATE INDEX by_dev ON e (dev DESC) WHERE dev > 'a';
CREATE TRIGGER e_log AFTER INSERT ON e BEGIN INSERT INTO log VALUES (new.dev); END;
INSERT INTO cal VALUES (1, '2024-01-15 00:00:00');
INSERT INTO e (id, started, day, dev)
  VALUES (40, '2024-01-15 12:00:00', '2024-01-15 00:00:00', 'A');
INSERT INTO e (id, started, dev) VALUES (3, '2024-01-15 12:00:01', 'B');
"""
LATER = "2024-01-15 13:00:00"
TRIED = [
    {"started": LATER, "dev": "C"},
    {"dev": "D"},
    {"started": None, "dev": "E"},
    {"started": LATER, "dev": ""},
    {"started": LATER, "dev": None},
    {"started": LATER, "ended": TEXT, "dev": "F"},
    {"started": LATER, "ended": None, "dev": "G"},
    {"started": TEXT, "dev": "a"},  # is there, in another case
    {"started": TEXT, "day": "2024-01-15 00:00:00", "dev": "H"},
    {"started": TEXT, "day": "2024-01-16 00:00:00", "dev": "I"},  # not in the calendar
    {"started": TEXT, "day": "2024-01-15 00:00:00", "ended": None, "dev": "J"},
]
LEGACY = ("started", "ended", "day")


def outcomes(store, suffix: str, epoch_of) -> list[object]:
    """What becomes of each row that is tried: the kind of error, or the rows that are new."""
    found: list[object] = []
    with store.opened() as db:
        db.execute("PRAGMA foreign_keys = ON")
        for row in TRIED:
            values = {
                name + suffix * (name in LEGACY): (
                    epoch_of(value) if suffix and name in LEGACY else value
                )
                for name, value in row.items()
            }
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            before = db.execute("SELECT max(id), count(*) FROM e").fetchone()
            try:
                db.execute(f"INSERT INTO e ({names}) VALUES ({marks})", (*values.values(),))
            except sqlite3.IntegrityError as error:
                found.append(error.sqlite_errorname)
                assert db.execute("SELECT max(id), count(*) FROM e").fetchone() == before
                continue
            columns = ", ".join(name + suffix for name in LEGACY)
            new = db.execute(
                f'SELECT id, dev, size, "a, b", {columns} FROM e WHERE id > ?', before[:1]
            ).fetchall()
            found.append([(*r[:4], *(v if suffix else epoch_of(v) for v in r[4:])) for r in new])
        found.append(db.execute("SELECT x FROM log ORDER BY rowid").fetchall())
    return found


def without_clock(outcome: list[object]) -> tuple[list[object], int]:
    """Take the instant that the clock gave out of the second outcome."""
    ((*first, started, ended, day),) = outcome[1]
    return [outcome[0], [(*first, ended, day)], *outcome[2:]], started


def test_a_table_that_has_them_all_is_as_strong_as_before(build, epoch_of):
    tables = {"e": list(LEGACY), "cal": ["day"]}
    before, clock_before = without_clock(outcomes(build(EVERYTHING, "before.db"), "", epoch_of))
    store = build(EVERYTHING)
    contract = parse_contract({"tables": tables})
    assert migrate(store.url, contract).ok

    report = finalize(store.url, contract)

    assert {"e", "cal"} == set(report.rebuilt)
    assert len(report.carried) == 10
    assert store.run("SELECT id, dev FROM e ORDER BY id") == [(3, "B"), (40, "A")]
    after, clock_after = without_clock(outcomes(store, "_ms", epoch_of))
    assert after == before
    assert abs(clock_after - time.time_ns() // 1_000_000) < 2_000
    assert abs(clock_after - clock_before) < 60_000
    kept = dict(store.run("SELECT name, sql FROM sqlite_schema WHERE name IN ('by_dev', 'e_log')"))
    assert all(sql + ";" in EVERYTHING for sql in kept.values())
    assert len(kept) == 2
    for line in ("-- all of it", 'size AS (length(dev)), "a, b" TEXT DEFAULT \'x, y ('):
        assert line in text_of(store, "e")
