"""What the application keeps apart and finds quickly by a legacy column, it does by the epoch one.

From the sync phase on for what is unique, from the index phase on for all else. SQLite is the
judge: its plan of a query, and what it refuses.
"""

import sqlite3

import pytest
from click.testing import CliRunner

from ts_contract.cli import main
from ts_contract.loading import parse_contract
from ts_contract.migration import (
    Refused,
    finalize,
    migrate,
    plan,
    plan_finalize,
    rollback,
    script,
    verify,
)

NOON = 1_705_320_000_000
TEXT = "2024-01-15 12:00:00"
NEW_YEAR = 1_704_067_200_000


@pytest.fixture
def migrated(build):
    """Return a function that builds a store and migrates it."""

    def migrated(script: str, tables: dict, name: str = "app.db", **options):
        store = build(script, name)
        contract = parse_contract({"tables": tables})
        assert migrate(store.url, contract, **options).ok
        return store, contract

    return migrated


def index_used(store, query: str) -> str | None:
    """Return the index by which SQLite answers a query; None if it scans the table."""
    details = [row[3] for row in store.run(f"EXPLAIN QUERY PLAN {query}")]
    words = details[0].split()
    return words[words.index("INDEX") + 1] if "INDEX" in words else None


def definition(store, index: str) -> str:
    return store.value("SELECT sql FROM sqlite_schema WHERE name = ?", index)


# --- indexes -------------------------------------------------------------------------------------

TABLE = "CREATE TABLE p (id INTEGER PRIMARY KEY, u TEXT, at TEXT, ended TEXT, v REAL);"
INDEXES = {
    "composite": (
        "CREATE INDEX i ON p (u, at)",
        "u, `at_ms`",
        "SELECT v FROM p WHERE u = 'a' AND {at} > 5",
    ),
    "first of two": (
        "CREATE INDEX i ON p (at, u)",
        "`at_ms`, u",
        "SELECT u FROM p ORDER BY {at}, u",
    ),
    "descending": (
        "CREATE INDEX i ON p (u DESC, [AT] DESC)",
        "u DESC, `at_ms` DESC",
        "SELECT v FROM p ORDER BY u DESC, {at} DESC",
    ),
    "of a collation": (
        "CREATE INDEX i ON p (u COLLATE NOCASE, at COLLATE NOCASE ASC)",
        "u COLLATE NOCASE, `at_ms` COLLATE NOCASE ASC",
        "SELECT v FROM p WHERE u = 'A' COLLATE NOCASE ORDER BY {at} COLLATE NOCASE",
    ),
    "of both": (
        "CREATE INDEX i ON p (ended, ((at)))",
        "`ended_ms`, `at_ms`",
        "SELECT v FROM p WHERE {ended} = 5 AND {at} = 5",
    ),
    "of an expression": (
        "CREATE INDEX i ON p (at IS NULL, u)",
        '"at_ms" IS NULL, u',
        "SELECT v FROM p WHERE ({at} IS NULL) = 1 AND u = 'a'",
    ),
    "partial, of open rows": (
        "CREATE INDEX i ON p (u) WHERE ended IS NULL",
        'u) WHERE "ended_ms" IS NULL',
        "SELECT v FROM p WHERE u = 'a' AND {ended} IS NULL",
    ),
    "partial, of another column": (
        "CREATE INDEX i ON p (at) WHERE u <> ''",
        "`at_ms`) WHERE u <> ''",
        "SELECT v FROM p WHERE {at} = 5 AND u <> ''",
    ),
}


@pytest.mark.parametrize(("create", "of", "query"), INDEXES.values(), ids=INDEXES)
def test_a_query_of_the_epoch_column_uses_the_successor(migrated, create, of, query):
    legacy, epoch = (
        query.format(at=f"at{suffix}", ended=f"ended{suffix}") for suffix in ("", "_ms")
    )
    store, contract = migrated(
        f"{TABLE} {create}; INSERT INTO p VALUES (1, 'a', '{TEXT}', NULL, 1)",
        {"p": ["at", "ended"]},
    )
    assert index_used(store, legacy) == "i"
    assert index_used(store, epoch) == "i_ms"
    assert definition(store, "i_ms").removesuffix(")") == (
        f'CREATE INDEX "i_ms" ON "p" ({of}'.removesuffix(")")
    )

    finalize(store.url, contract)

    assert index_used(store, epoch) == "i_ms"
    assert "i" not in store.names("index")


def test_a_constant_becomes_its_instant(migrated):
    """A day is less than every text of its instants, so none of them may get lost."""
    store, _ = migrated(
        f"{TABLE} CREATE INDEX i ON p (at) WHERE at > '2024-01-01';"
        "INSERT INTO p (at) VALUES ('2023-12-31 23:59:59'), ('2024-01-01 00:00:00'), (NULL)",
        {"p": ["at"]},
    )

    assert definition(store, "i_ms").endswith(f'WHERE "at_ms" >= {NEW_YEAR}')
    query = f"SELECT at_ms FROM p INDEXED BY i_ms WHERE at_ms >= {NEW_YEAR}"
    assert store.run(query) == [(NEW_YEAR,)]


CONDITIONS = {
    "at >= '2024-01-15 12:00:00'": f'"at_ms" >= {NOON}',
    "'2024-01-15 12:00:00'<at": f'{NOON}<"at_ms"',
    "'2024' >= at AND v > 0": f'{NEW_YEAR} > "at_ms" AND v > 0',
    "at < '2024-01' OR at IS NULL": f'"at_ms" < {NEW_YEAR} OR "at_ms" IS NULL',
    "(at = '2024-01-15 12:00:00')": f'("at_ms" = {NOON})',
    "ended >= at": '"ended_ms" >= "at_ms"',
}


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS.items())
def test_a_condition_is_said_of_the_epoch_columns(migrated, condition, expected):
    store, _ = migrated(
        f"{TABLE} CREATE INDEX i ON p (u) WHERE {condition};"
        f"INSERT INTO p VALUES (1, 'a', '{TEXT}', NULL, 1)",
        {"p": ["at", "ended"]},
    )

    assert definition(store, "i_ms").endswith(f" WHERE {expected}")


def test_a_number_is_read_as_the_column_is(migrated):
    store, _ = migrated(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, at INTEGER);"
        "CREATE INDEX i ON p (at) WHERE at > 1705320000; INSERT INTO p VALUES (1, 1705320001)",
        {"p": {"at": {"epoch": "at_ms", "storage": "seconds"}}},
    )

    assert definition(store, "i_ms").endswith(f'WHERE "at_ms" > {NOON}')


UNSAID = [
    "CREATE INDEX i ON p (substr(at, 1, 10))",
    "CREATE UNIQUE INDEX i ON p (u, lower(at))",
    "CREATE INDEX i ON p (u) WHERE at > 'x'",
    "CREATE INDEX i ON p (u) WHERE at > '2024-01-15T12:00:00Z'",
    "CREATE INDEX i ON p (u) WHERE at = '2024-01-15'",
    "CREATE INDEX i ON p (u) WHERE at LIKE '2024%'",
    "CREATE INDEX i ON p (u) WHERE at BETWEEN '2024' AND '2025'",
    "CREATE INDEX i ON p (u) WHERE at > 0",
    "CREATE INDEX i ON p (u) WHERE NOT at > '2024' = 0",
]


@pytest.mark.parametrize("create", UNSAID)
def test_what_needs_the_text_is_refused_by_finalize_and_noted_by_migrate(build, create):
    store = build(f"{TABLE} {create}; INSERT INTO p VALUES (1, 'a', '{TEXT}', NULL, 1)")
    contract = parse_contract({"tables": {"p": ["at"]}})
    beforehand = plan_finalize(store.url, contract)

    notices = plan(store.url, contract).notices
    assert migrate(store.url, contract).ok

    assert [n.kind for n in notices if n.message.startswith("index i needs")] == ["note"]
    assert any(n.kind == "refusal" and "index i needs" in n.message for n in beforehand)
    assert beforehand[1:] == plan_finalize(store.url, contract)
    with pytest.raises(Refused, match=r"index i needs the stored form of p\.at"):
        finalize(store.url, contract)


@pytest.mark.parametrize("create", ["i ON p (at)", "i ON p (at DESC)", '"i" ON p ("at" ASC)'])
def test_the_index_of_a_column_is_not_made_twice(migrated, create):
    store, contract = migrated(f"{TABLE} CREATE INDEX {create}", {"p": ["at"]})

    assert store.names("index") == {"i", "idx_p_at_ms"}
    assert [n.message for n in plan_finalize(store.url, contract)] == [
        "index idx_p_at_ms takes the place of i"
    ]


def test_without_it_the_single_one_gets_a_successor(migrated):
    store, _ = migrated(
        f"{TABLE} CREATE INDEX i ON p (at)", {"p": {"at": {"index": False, "epoch": "at_ms"}}}
    )

    assert store.names("index") == {"i", "i_ms"}


def test_one_that_would_be_called_like_the_index_of_a_column_gets_a_number(migrated):
    store, contract = migrated(f"{TABLE} CREATE INDEX idx_p_at ON p (at, u)", {"p": ["at"]})

    assert store.names("index") == {"idx_p_at", "idx_p_at_ms", "idx_p_at_ms_2"}
    assert verify(store.url, contract).ok


def test_hostile_names_are_quoted(migrated):
    store, contract = migrated(
        """
        CREATE TABLE "a b""." (id INTEGER PRIMARY KEY, "se`lect" TEXT, "or\n'der" TEXT,
            UNIQUE ("or\n'der", "se`lect"));
        CREATE UNIQUE INDEX "in""dex" ON "a b""." ("se`lect", "or\n'der" DESC)
            WHERE "se`lect" IS NOT NULL;
        INSERT INTO "a b""." VALUES (1, '2024-01-15 12:00:00', 'x');
        """,
        {'a b".': {"se`lect": "fr`om"}},
    )
    assert verify(store.url, contract).ok

    finalize(store.url, contract)

    assert {'in"dex_ms'} < store.names("index")
    with pytest.raises(sqlite3.IntegrityError):
        store.run(f"""INSERT INTO "a b""." VALUES (2, 'x', {NOON})""")


# --- plan, verify, rollback ----------------------------------------------------------------------


def test_plan_names_them_and_their_sql(build):
    store = build(f"{TABLE} CREATE UNIQUE INDEX once ON p (u, at); CREATE INDEX i ON p (v, at)")
    contract = parse_contract({"tables": {"p": ["at"]}})

    todo = plan(store.url, contract)
    sql = [statement for step in todo.steps for statement in todo.sql(step)]

    assert 'CREATE UNIQUE INDEX "once_ms" ON "p" (u, `at_ms`)' in sql
    assert 'CREATE INDEX "i_ms" ON "p" (v, `at_ms`)' in sql


def test_plan_shows_them_on_the_command_line(build, tmp_path, monkeypatch):
    store = build(f"{TABLE} CREATE UNIQUE INDEX once ON p (u, at); CREATE INDEX i ON p (v, at)")
    (tmp_path / "ts-contract.toml").write_text('[tables]\np = ["at"]\n')
    monkeypatch.chdir(tmp_path)

    output = CliRunner().invoke(main, ["plan", str(store.path)]).output

    assert "once_ms for index once" in output
    assert "i_ms for index i" in output


@pytest.mark.parametrize("index", ["i_ms", "once_ms"])
def test_verify_misses_one_and_migrate_builds_it(migrated, index):
    store, contract = migrated(
        f"{TABLE} CREATE UNIQUE INDEX once ON p (u, at); CREATE INDEX i ON p (v, at)", {"p": ["at"]}
    )
    store.run(f"DROP INDEX {index}")
    (problem,) = verify(store.url, contract).problems

    assert f"has no successor {index}; run `ts-contract migrate`" in problem
    assert migrate(store.url, contract).ok
    assert index in store.names("index")


def test_an_index_that_comes_later_gets_one_too(migrated):
    store, contract = migrated(TABLE, {"p": ["at"]})
    store.run("CREATE INDEX i ON p (u, at)")
    assert not verify(store.url, contract).ok

    assert migrate(store.url, contract).ok

    assert index_used(store, "SELECT v FROM p WHERE u = 'a' AND at_ms = 5") == "i_ms"
    finalize(store.url, contract)


@pytest.mark.parametrize("options", [{}, {"sync": False}, {"offline": True}])
def test_rollback_takes_them_out(build, options):
    store = build(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, u TEXT, at TEXT UNIQUE, UNIQUE (u, at));"
        "CREATE UNIQUE INDEX once ON p (at, u); CREATE INDEX i ON p (u, at DESC);"
        f"INSERT INTO p VALUES (1, 'a', '{TEXT}')"
    )
    contract = parse_contract({"tables": {"p": ["at"]}})
    before = store.look()
    assert migrate(store.url, contract, **options).ok
    store.run("DROP INDEX once")
    store.run("CREATE UNIQUE INDEX once ON p (at, u)")

    rollback(store.url, contract)

    after = store.look()
    assert sorted(after.schema, key=str) == sorted(before.schema, key=str)
    assert after.rows == before.rows


def test_rollback_keeps_a_unique_index_of_the_application_on_an_epoch_column(migrated):
    store, contract = migrated(TABLE, {"p": ["at"]})
    store.run("CREATE UNIQUE INDEX mine ON p (at_ms)")

    with pytest.raises(Refused, match=r"unique index mine needs p\.at_ms; drop it first"):
        rollback(store.url, contract)


@pytest.mark.parametrize("taken", ["CREATE TABLE i_ms (x)", "CREATE INDEX I_MS ON p (v)"])
def test_a_name_that_is_taken_is_refused(build, taken):
    store = build(f"{TABLE} CREATE INDEX i ON p (u, at); {taken}")
    contract = parse_contract({"tables": {"p": ["at"]}})

    with (
        store.unchanged(),
        pytest.raises(Refused, match="the name i_ms, of the successor of index"),
    ):
        migrate(store.url, contract)


def test_finalize_asks_for_what_a_script_cannot_build(build):
    store = build(f"{TABLE} CREATE INDEX i ON p (u, at); CREATE INDEX j ON p (at)")
    contract = parse_contract({"tables": {"p": ["at"]}})
    store.run_script(script(contract, "all"))
    assert verify(store.url, contract).ok
    with pytest.raises(Refused, match="index i of p has no successor i_ms; run `ts-contract mig"):
        finalize(store.url, contract)

    assert migrate(store.url, contract).ok
    finalize(store.url, contract)

    assert store.names("index") == {"i_ms", "idx_p_at_ms"}


# --- what keeps rows apart -----------------------------------------------------------------------

READINGS = f"INSERT INTO readings VALUES (1, 'd1', '{TEXT}', 1)"
KEPT_APART = {
    "a constraint of the table": (
        "CREATE TABLE readings (id INTEGER PRIMARY KEY, dev TEXT, at TIMESTAMP, v REAL,"
        " UNIQUE (dev, at))"
    ),
    "a key": (
        "CREATE TABLE readings (id INTEGER, dev TEXT, at TIMESTAMP, v REAL,"
        " PRIMARY KEY (dev COLLATE NOCASE, at DESC))"
    ),
    "an index": (
        "CREATE TABLE readings (id INTEGER PRIMARY KEY, dev TEXT, at TIMESTAMP, v REAL);"
        "CREATE UNIQUE INDEX once ON readings (dev, at)"
    ),
}
WRITES = [
    "INSERT OR IGNORE INTO readings (dev, {at}, v) VALUES ('d1', {noon}, 2)",
    "INSERT OR REPLACE INTO readings (dev, {at}, v) VALUES ('d1', {noon}, 2)",
    "INSERT INTO readings (dev, {at}, v) VALUES ('d1', {noon}, 2) ON CONFLICT DO NOTHING",
    "INSERT INTO readings (dev, {at}, v) VALUES ('d1', {noon}, 2)"
    " ON CONFLICT (dev, {at}) DO UPDATE SET v = excluded.v",
    "INSERT INTO readings (dev, {at}, v) VALUES ('d1', {noon}, 2)",
]


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("table", KEPT_APART.values(), ids=KEPT_APART)
def test_a_write_of_the_epoch_column_conflicts_as_one_of_the_legacy_column(migrated, table, write):
    def outcome(store, at: str, noon: object) -> tuple:
        error = None
        try:
            store.run(write.format(at=at, noon=noon))
        except sqlite3.IntegrityError as refusal:
            error = str(refusal).replace("at_ms", "at")
        return error, store.run("SELECT dev, at, at_ms, v FROM readings")

    tables = {"readings": ["at"]}
    if "COLLATE" in table and "ON CONFLICT (dev" in write:
        write = write.replace("(dev, {at}) DO", "(dev COLLATE NOCASE, {at}) DO")
    old, _ = migrated(f"{table}; {READINGS}", tables)
    expected = outcome(old, "at", f"'{TEXT}'")
    store, contract = migrated(f"{table}; {READINGS}", tables, "new.db")

    assert outcome(store, "at_ms", NOON) == expected
    assert len(expected[1]) == 1
    assert verify(store.url, contract).ok

    finalize(store.url, contract)

    final = "SELECT dev, at_ms, v FROM readings"
    with store.opened() as db:
        db.execute("DELETE FROM readings")
        db.execute(f"INSERT INTO readings (id, dev, at_ms, v) VALUES (1, 'd1', {NOON}, 1)")
        refused = None
        try:
            db.execute(write.format(at="at_ms", noon=NOON))
        except sqlite3.IntegrityError as refusal:
            refused = str(refusal).replace("at_ms", "at")
        assert refused == expected[0]
        assert db.execute(final).fetchall() == [(d, ms, v) for d, _, ms, v in expected[1]]


def test_a_write_of_both_columns_is_an_update_by_either(migrated):
    store, contract = migrated(
        f"{KEPT_APART['a constraint of the table']}; {READINGS}", {"readings": ["at"]}
    )
    for value, target in [(2, "at"), (3, "at_ms")]:
        store.run(
            f"INSERT INTO readings (dev, at, at_ms, v) VALUES ('d1', '{TEXT}', {NOON}, {value})"
            f" ON CONFLICT (dev, {target}) DO UPDATE SET v = excluded.v"
        )

        assert store.run("SELECT v FROM readings") == [(value,)]
    assert verify(store.url, contract).ok


def test_finalize_makes_the_constraint_of_it(migrated):
    store, contract = migrated(
        "CREATE TABLE readings (id INTEGER PRIMARY KEY, dev, at TEXT, v, UNIQUE (dev, at));"
        f"{READINGS}",
        {"readings": ["at"]},
    )
    assert store.names("index") >= {"unique_readings_dev_at_ms"}

    finalize(store.url, contract)

    assert store.names("index") == {"sqlite_autoindex_readings_1", "idx_readings_at_ms"}
    assert index_used(store, "SELECT v FROM readings WHERE dev = 1 AND at_ms = 5") == (
        "sqlite_autoindex_readings_1"
    )


# --- below the millisecond -----------------------------------------------------------------------

APART_BELOW = (
    "CREATE TABLE p (id INTEGER PRIMARY KEY, dev TEXT, at TEXT, UNIQUE (dev, at),"
    " UNIQUE (at, dev) ON CONFLICT IGNORE);"
    "INSERT INTO p VALUES (1, 'a', '2024-01-15 12:00:00.123001'),"
    " (2, 'a', '2024-01-15 12:00:00.123002'), (3, 'b', '2024-01-15T12:00:00Z'),"
    " (4, 'b', '2024-01-15 12:00:00'), (5, 'c', NULL), (6, 'c', NULL), (7, 'd', 'soon'),"
    " (8, 'd', 'late'), (9, NULL, '2024-01-15 12:00:00'), (10, NULL, '2024-01-15 12:00:00');"
)


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin"])
def test_rows_that_only_the_text_keeps_apart_are_counted_and_refused(build, timezone):
    store = build(APART_BELOW.replace("12:00:00Z", "12:00:00"))
    contract = parse_contract({"tables": {"p": ["at"]}, "timezone": timezone})
    expected = [
        f"{each} of p: 2 groups of rows are of one instant to the millisecond, which the epoch "
        "column cannot keep apart; correct them first"
        for each in ("UNIQUE (dev, at)", "UNIQUE (at, dev)")
    ]

    todo = plan(store.url, contract)

    assert list(todo.refusals) == expected
    assert todo.steps == ()
    with store.unchanged(), pytest.raises(Refused) as refusal:
        migrate(store.url, contract)
    assert all(each in str(refusal.value) for each in expected)


def test_plan_exits_as_migrate_would(build, tmp_path, monkeypatch):
    store = build(APART_BELOW)
    (tmp_path / "ts-contract.toml").write_text('[tables]\np = ["at"]\n')
    monkeypatch.chdir(tmp_path)

    for command in ("plan", "migrate"):
        result = CliRunner().invoke(main, [command, str(store.path)])
        assert result.exit_code == 2, result.output


def test_a_condition_leaves_rows_out(build):
    store = build(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, at TEXT, gone TEXT);"
        "CREATE UNIQUE INDEX once ON p (at) WHERE gone IS NULL;"
        "INSERT INTO p VALUES (1, '2024-01-15 12:00:00.123001', NULL),"
        " (2, '2024-01-15 12:00:00.123002', 'yes');"
    )

    assert migrate(store.url, parse_contract({"tables": {"p": ["at"]}})).ok


FINER = {
    "2024-01-15 12:00:00.123456": True,
    "2024-01-15T12:00:00,1230Z": True,
    "2024-01-15 12:00:00.123": False,
    "2024-01-15 12:00:00": False,
}


@pytest.mark.parametrize(("value", "is_finer"), FINER.items())
def test_where_none_collides_yet_plan_notes_what_will_be_refused(build, value, is_finer):
    store = build(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, dev TEXT, at TEXT, UNIQUE (dev, at));"
        f"INSERT INTO p VALUES (1, 'a', '{value}');"
    )
    notices = plan(store.url, parse_contract({"tables": {"p": ["at"]}})).notices

    noted = [n.kind for n in notices if "p.at holds more than milliseconds" in n.message]
    assert noted == ["note"] * is_finer


COLLIDING = [
    "CREATE TABLE p (id INTEGER PRIMARY KEY, dev, at TEXT, v, UNIQUE (dev COLLATE NOCASE, at))",
    "CREATE TABLE p (id INTEGER PRIMARY KEY, dev COLLATE NOCASE, at TEXT, v, UNIQUE (at, dev))",
    "CREATE TABLE p (id, dev TEXT, at TEXT, v, PRIMARY KEY (dev COLLATE NOCASE, at DESC))",
]
THERE = (1, "d", "2024-01-15 12:00:00.123001", NOON + 123, "there")


@pytest.mark.parametrize("table", COLLIDING)
@pytest.mark.parametrize("policy", ["ABORT", "ROLLBACK", "IGNORE", "REPLACE"])
def test_the_conflict_clause_decides_what_becomes_of_an_insert(migrated, table, policy):
    store, contract = migrated(table, {"p": ["at"]})
    insert = "INTO p (id, dev, at, v) VALUES (?, ?, ?, ?)"
    store.run(f"INSERT {insert}", *THERE[:3], THERE[4])
    new = (2, "D", "2024-01-15 12:00:00.123002", "new")

    with store.opened() as db:
        if policy in ("IGNORE", "REPLACE"):
            db.execute(f"INSERT OR {policy} {insert}", new)
            db.execute(f"INSERT OR {policy} {insert}", (3, "e", *new[2:]))
        else:
            with pytest.raises(sqlite3.IntegrityError, match="UNIQUE constraint failed"):
                db.execute(f"INSERT OR {policy} {insert}", new)

    rows = store.run("SELECT id, dev, at, at_ms, v FROM p WHERE id < 3")
    replaced = (2, "D", new[2], NOON + 123, "new")
    assert rows == [replaced if policy == "REPLACE" else THERE]
    assert verify(store.url, contract).ok


@pytest.mark.parametrize("table", COLLIDING)
@pytest.mark.parametrize("policy", ["ABORT", "IGNORE", "REPLACE"])
def test_an_update_never_loses_an_instant(migrated, table, policy):
    store, contract = migrated(table, {"p": ["at"]})
    store.run(f"INSERT INTO p (id, dev, at, v) VALUES (1, 'd', '{THERE[2]}', 'there')")
    store.run(f"INSERT INTO p (id, dev, at, v) VALUES (2, 'D', '{TEXT}', 'other')")
    update = f"UPDATE OR {policy} p SET at = '2024-01-15 12:00:00.123002' WHERE id = 2"

    if policy == "REPLACE":
        store.run(update)
        assert store.run("SELECT id, at_ms FROM p") == [(2, NOON + 123)]
    else:
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE constraint failed"):
            store.run(update)
        assert store.run("SELECT id, at_ms FROM p") == [(1, NOON + 123), (2, NOON)]
    assert verify(store.url, contract).ok
