"""finalize drops the legacy columns when nothing needs them, or names what does."""

import sqlite3
from contextlib import closing

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, finalize, migrate, plan_finalize, rollback, status

NOON = 1_705_320_000_000
CONTRACT = parse_contract({"tables": {"t": ["c"]}})
PLAIN = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note TEXT);"
ROWS = [(n, f"2024-01-15 12:00:0{n}", f"note {n}") for n in range(6)]


@pytest.fixture
def migrated(build):
    """Return a function that writes a store, migrates it and verifies it."""

    def migrated(script: str, contract=CONTRACT, rows=ROWS):
        store = build(script)
        store.run_many("INSERT INTO t (id, c, note) VALUES (?, ?, ?)", rows)
        assert migrate(store.url, contract).ok
        return store

    return migrated


def table_sql(store) -> str:
    return store.value("SELECT sql FROM sqlite_schema WHERE name = 't'")


def check(store, columns="id, c_ms, note") -> None:
    """Assert that a finalized store has every row and is sound."""
    with store.opened() as db:
        rows = db.execute(f"SELECT {columns} FROM t ORDER BY id").fetchall()
        assert [row[:3] for row in rows] == [
            (n, NOON + 1_000 * n, f"note {n}") for n in range(len(ROWS))
        ]
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        ours = "SELECT name FROM sqlite_schema WHERE name LIKE '\\_ts\\_contract%' ESCAPE '\\'"
        assert db.execute(ours).fetchall() == []


def test_every_kind_of_table_is_finalized(fill, plain_kind):
    store, table = fill(plain_kind), plain_kind.table
    migrate(store.url, plain_kind.contract)
    kept = tuple(name for name in store.columns(table) if name != plain_kind.legacy)
    before = store.look({table: kept}).rows[table]

    report = finalize(store.url, plain_kind.contract)

    assert report.columns == (f"{table}.{plain_kind.legacy}",)
    assert store.look().rows.keys() - {"sqlite_sequence"} == {table}
    assert store.look().rows[table] == before
    assert finalize(store.url, plain_kind.contract).columns == ()
    assert {column.phase for column in status(store.url, plain_kind.contract).columns} == {
        "finalized"
    }


# --- what goes along, or is rebuilt ------------------------------------------------------------

GOES = {
    "plain": ("", "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note TEXT)"),
    "an index": ("CREATE INDEX i ON t (note, c DESC);", None),
    "a partial index": ("CREATE INDEX i ON t (note) WHERE c > '2024';", None),
    "a comma in a comment": (
        "",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, -- the key, an integer\n"
        " c TIMESTAMP, -- when, in UTC\n note TEXT /* a, b */ )",
    ),
    "a check on the column": (
        "",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP CHECK (c IS NOT NULL), note TEXT)",
    ),
    "a check on the table": (
        "",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note TEXT,"
        " CONSTRAINT later CHECK (c NOTNULL OR note > ''), CHECK (length(note) > 0))",
    ),
    "a unique table": (
        "",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note TEXT, UNIQUE (note, c))",
    ),
    "a unique column": (
        "",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP UNIQUE, note TEXT)",
    ),
    "a broken view beside it": ("CREATE VIEW broken AS SELECT missing FROM nowhere;", None),
    "a default with a parenthesis": (
        "",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP DEFAULT (datetime('now', '0 days')),"
        " note TEXT DEFAULT 'c, (x')",
    ),
}


@pytest.mark.parametrize(("beside", "create"), GOES.values(), ids=GOES)
def test_what_only_serves_the_column_goes_with_it(migrated, beside, create):
    store = migrated(f"{create or PLAIN.rstrip(';')};{beside}")
    broken = "broken" in beside

    finalize(store.url, CONTRACT)

    with store.opened() as db:
        names = [row[1] for row in db.execute("PRAGMA table_info(t)")]
        assert names == ["id", "note", "c_ms"]
        views = db.execute("SELECT name FROM sqlite_schema WHERE type = 'view'").fetchall()
        assert views == ([("broken",)] if broken else [])
        indexes = {row[1] for row in db.execute("PRAGMA index_list(t)")}
        assert "idx_t_c_ms" in indexes
        assert "i" not in indexes
    check(store)


def test_what_was_unique_stays_unique(migrated):
    store = migrated(GOES["a unique table"][1])

    finalize(store.url, CONTRACT)

    with (
        store.opened() as db,
        pytest.raises(sqlite3.IntegrityError, match="UNIQUE"),
    ):
        db.execute("INSERT INTO t (note, c_ms) VALUES ('note 1', ?)", (NOON + 1_000,))


def test_a_rebuilt_table_keeps_all_else(build):
    """Rowids, the sequence, indexes, triggers, foreign keys of other tables, and their order."""
    store = build(
        """
        CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, c TIMESTAMP,
            note TEXT COLLATE NOCASE NOT NULL UNIQUE, extra, size AS (length(note)) STORED,
            CHECK (c NOT NULL));
        CREATE INDEX by_extra ON t (extra) WHERE extra > 1;
        CREATE TABLE child (id INTEGER PRIMARY KEY, t_id REFERENCES t (id) ON DELETE CASCADE);
        CREATE TABLE log (x);
        CREATE TRIGGER t_log AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.note); END;
        CREATE VIEW notes AS SELECT id, note FROM t;
        """
    )
    with store.opened() as db:
        db.executemany("INSERT INTO t (id, c, note) VALUES (?, ?, ?)", ROWS)
        db.execute("INSERT INTO t (id, c, note) VALUES (900, '2024-01-01', 'gone')")
        db.execute("DELETE FROM t WHERE id = 900")
        db.execute("INSERT INTO child SELECT id, id FROM t")
    migrate(store.url, CONTRACT)

    report = finalize(store.url, CONTRACT)

    assert report.rebuilt == ("t",)
    check(store, "id, c_ms, note, size")
    with store.opened() as db:
        db.execute("PRAGMA foreign_keys = ON")
        assert db.execute("SELECT seq FROM sqlite_sequence WHERE name = 't'").fetchone() == (900,)
        assert db.execute("SELECT count(*) FROM sqlite_sequence").fetchone() == (1,)
        db.execute("INSERT INTO t (note, c_ms) VALUES ('new', 5)")
        assert db.execute("SELECT max(id), count(*) FROM t").fetchone() == (901, 7)
        assert db.execute("SELECT x FROM log ORDER BY rowid DESC LIMIT 1").fetchone() == ("new",)
        assert db.execute("SELECT count(*) FROM notes").fetchone() == (7,)
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT INTO t (note) VALUES ('NEW')")
        db.execute("DELETE FROM t WHERE id = 3")
        assert db.execute("SELECT count(*) FROM child").fetchone() == (5,)
        entries = db.execute("SELECT name FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
        assert {name for (name,) in entries} >= {"by_extra", "t_log", "notes", "idx_t_c_ms"}


def test_hidden_rowids_survive_a_rebuild(build):
    store = build("CREATE TABLE t (c TIMESTAMP, note, CHECK (c NOT NULL));")
    with store.opened() as db:
        db.executemany(
            "INSERT INTO t (rowid, c, note) VALUES (?, '2024-01-15', ?)",
            [(n * 7, n) for n in range(9)],
        )
    migrate(store.url, CONTRACT)

    assert finalize(store.url, CONTRACT).rebuilt == ("t",)

    with store.opened() as db:
        assert db.execute("SELECT rowid, note FROM t").fetchall() == [(n * 7, n) for n in range(9)]


# --- what is refused ---------------------------------------------------------------------------

NEEDS = {
    "a view": ("CREATE VIEW latest AS SELECT max(c) FROM t;", "view latest needs t.c"),
    "a view of everything": (
        "CREATE VIEW latest AS SELECT id, note, c AS made FROM t;",
        "view latest needs t.c",
    ),
    "a view of a view": (
        "CREATE VIEW a AS SELECT c AS x FROM t; CREATE VIEW b AS SELECT x FROM a;",
        "view a needs t.c",
    ),
    "a trigger of its own": (
        "CREATE TABLE log (x);"
        "CREATE TRIGGER own AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.c); END;",
        "trigger own needs t.c",
    ),
    "a trigger of another table": (
        "CREATE TABLE o (x);"
        "CREATE TRIGGER far AFTER INSERT ON o BEGIN UPDATE t SET c = '2024' WHERE id = new.x; END;",
        "trigger far needs t.c",
    ),
    "a trigger that inserts it": (
        "CREATE TABLE o (x);"
        "CREATE TRIGGER far AFTER INSERT ON o BEGIN INSERT INTO t (c) VALUES (new.x); END;",
        "trigger far needs t.c",
    ),
    "a trigger that inserts it among others": (
        "CREATE TABLE o (x);"
        "CREATE TRIGGER far AFTER INSERT ON o BEGIN"
        " REPLACE INTO [T] (id, note, 'C') VALUES (1, 2, new.x); END;",
        "trigger far needs t.c",
    ),
    "a trigger on its update": (
        "CREATE TABLE log (x);"
        "CREATE TRIGGER own AFTER UPDATE OF note, [C] ON t BEGIN INSERT INTO log VALUES (1); END;",
        "trigger own needs t.c",
    ),
    "a trigger that names it in double quotes": (
        "CREATE TABLE o (x);"
        'CREATE TRIGGER far AFTER DELETE ON o BEGIN UPDATE t SET note = "c"; END;',
        "trigger far needs t.c",
    ),
    "a view that names it in double quotes": (
        'CREATE VIEW quoted AS SELECT "c" FROM t;',
        "view quoted needs t.c",
    ),
    "an index on an expression": (
        "CREATE INDEX i ON t (substr([C], 1, 10));",
        "index i needs the stored form of t.c; make one on c_ms and drop this one first",
    ),
}


@pytest.mark.parametrize(("beside", "named"), NEEDS.values(), ids=NEEDS)
def test_what_the_application_needs_is_named_and_kept(migrated, beside, named):
    store = migrated(PLAIN + beside)
    before = store.content()

    with pytest.raises(Refused) as refusal:
        finalize(store.url, CONTRACT)

    assert named in str(refusal.value)
    assert store.content() == before
    assert any(named in n.message for n in plan_finalize(store.url, CONTRACT))


TABLE_NEEDS = {
    "a generated column": (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c, note, d AS (substr(c, 1, 4)))",
        "t: column d is computed from c; change it first",
    ),
    "a primary key": (
        "CREATE TABLE t (id, c TIMESTAMP PRIMARY KEY, note) WITHOUT ROWID",
        "t: c is the primary key; change the key first",
    ),
}


@pytest.mark.parametrize(("create", "named"), TABLE_NEEDS.values(), ids=TABLE_NEEDS)
def test_what_the_table_itself_needs_is_named_and_kept(migrated, create, named):
    store = migrated(f"{create};")
    before = store.content()

    with pytest.raises(Refused, match=named):
        finalize(store.url, CONTRACT)

    assert store.content() == before


def test_in_an_attached_database_too(migrated):
    store = migrated(GOES["a check on the column"][1])
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, c)")
        db.execute("ATTACH ? AS [the store]", (str(store.path),))
        finalize(db, CONTRACT, schema="the store")
        assert db.execute("SELECT count(*) FROM pragma_table_info('t', 'main')").fetchone() == (2,)

    check(store)


# --- rollback beside what happened since -------------------------------------------------------


@pytest.mark.parametrize(
    "create", [create for _, create in GOES.values() if create], ids=[n for n in GOES if GOES[n][1]]
)
def test_rollback_gives_back_whatever_text_the_table_had(migrated, create):
    store = migrated(f"{create};")

    rollback(store.url, CONTRACT)

    assert table_sql(store) == create
