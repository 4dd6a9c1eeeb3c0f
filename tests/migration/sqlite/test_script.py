"""The printed script, run by what knows nothing of us: executescript and the sqlite3 shell."""

import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from ts_contract import Contract, load_contract
from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, migrate, rollback, script, verify

AGENTOS = load_contract("agentos")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STAMP = "TIMESTAMP DEFAULT CURRENT_TIMESTAMP"
TOUCHED = ("chat_sessions", "tasks")  # they have a trigger that sets updated_at


def agentos_schema(*, optional: bool) -> str:
    """Return the tables of an AgentOS store before the migration, as far as the contract goes."""
    tables = []
    for table in AGENTOS.tables:
        if table.optional and not optional:
            continue
        kind = "TEXT" if table.optional else STAMP
        columns = ", ".join(f"{column.legacy} {kind}" for column in table.columns)
        key = (
            "version TEXT PRIMARY KEY" if table.name == "schema_version" else "id TEXT PRIMARY KEY"
        )
        tables.append(
            f"CREATE TABLE {table.name} (\n    {key}, -- the key, a text\n    {columns}\n);"
        )
    tables += [
        f"CREATE TRIGGER {name}_touch AFTER UPDATE ON {name} BEGIN\n"
        f"    UPDATE {name} SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id;\nEND;"
        for name in TOUCHED
    ]
    tables.append("CREATE TABLE metrics (created_at TIMESTAMP, latency_ms INTEGER);")
    tables.append("CREATE INDEX idx_tasks_created ON tasks (created_at DESC);")
    return "\n".join(tables)


def agentos_rows(columns: int) -> list[tuple[str | None, ...]]:
    """Return rows with a key and so many legacy values, texts that SQLite and Python write."""
    start = datetime(2024, 1, 15, 12, tzinfo=UTC)
    rows = []
    for n in range(20):
        when = start + timedelta(hours=7 * n, microseconds=123_456 * n)
        forms = (
            f"{when:%Y-%m-%d %H:%M:%S}",
            f"{when:%Y-%m-%dT%H:%M:%S.%fZ}",
            when.isoformat(),
            None if n % 5 else f"{when:%Y-%m-%d}",
        )
        rows.append((f"0.{n}", *(forms[(n + i) % 4] for i in range(columns))))
    return rows


def by_executescript(store, sql: str) -> None:
    store.run_script(sql)


def by_shell(store, sql: str) -> str:
    done = subprocess.run(
        ["sqlite3", "-bail", store.path], input=sql, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


needs_shell = pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 shell here")
RUNNERS = [by_executescript, pytest.param(by_shell, marks=needs_shell)]


@pytest.fixture(params=[False, True], ids=["core", "optional too"])
def optional(request) -> bool:
    return request.param


@pytest.fixture
def store(build, optional):
    """An AgentOS store before the migration."""
    tables = [table for table in AGENTOS.tables if optional or not table.optional]
    rows = {table.name: agentos_rows(len(table.columns)) for table in tables}
    return build(agentos_schema(optional=optional), **rows)


def truth(text: str | None) -> int | None:
    if text is None:
        return None
    when = datetime.fromisoformat(text)
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (when - EPOCH) // timedelta(milliseconds=1)


@pytest.mark.parametrize("run", RUNNERS)
def test_it_migrates_an_agentos_store(store, optional, run):
    run(store, script(AGENTOS, optional=optional))

    done = [t for t in AGENTOS.tables if optional or not t.optional]
    with store.opened() as db:
        for table in done:
            for column in table.columns:
                rows = db.execute(f"SELECT {column.legacy}, {column.epoch} FROM {table.name}")
                assert all(epoch == truth(legacy) for legacy, epoch in rows), table
        indexes = db.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'idx%ms'").fetchall()
        assert len(indexes) == sum(c.index for t in done for c in t.columns)
        assert optional or len(indexes) == 11
        version = "SELECT applied_at, applied_at_ms FROM schema_version WHERE version = '0.44.0'"
        text, ms = db.execute(version).fetchone()
        assert truth(text) == ms
        assert db.execute("SELECT count(*) FROM _ts_contract_quarantine").fetchone() == (0,)
    assert verify(store.url, AGENTOS).ok


@pytest.mark.parametrize("run", RUNNERS)
def test_no_other_column_changes_though_triggers_would(store, optional, run):
    columns = {t.name: ("id", *(c.legacy for c in t.columns)) for t in AGENTOS.tables}
    columns["schema_version"] = ("version", "applied_at")
    before = store.look(columns).rows

    run(store, script(AGENTOS, optional=optional))

    after = store.look(columns).rows
    for table, rows in before.items():
        assert set(rows) <= set(after[table])
        assert len(after[table]) - len(rows) == (table == "schema_version")


@pytest.mark.parametrize("run", RUNNERS)
def test_its_rollback_gives_back_the_schema(store, optional, run):
    before = store.look()
    run(store, script(AGENTOS, optional=optional))

    run(store, script(AGENTOS, "rollback", optional=optional))

    assert store.look() == before


def test_our_rollback_undoes_it_too(store, optional):
    before = store.look()
    by_executescript(store, script(AGENTOS, optional=optional))

    rollback(store.url, AGENTOS)

    assert store.look() == before


def test_our_migrate_goes_on_from_it(store, optional):
    by_executescript(store, script(AGENTOS, optional=optional))
    with pytest.raises(Refused, match="trigger tasks_touch on tasks fires"):
        migrate(store.url, AGENTOS)
    for name in store.names("trigger"):
        if name.endswith("_touch"):
            store.run(f"DROP TRIGGER {name}")

    assert migrate(store.url, AGENTOS).ok
    with store.opened() as db:
        db.execute("INSERT INTO tasks (id, created_at) VALUES ('new', '2024-01-15 12:00:00')")
        assert db.execute("SELECT created_at_ms FROM tasks WHERE id = 'new'").fetchone() == (
            1_705_320_000_000,
        )


@needs_shell
def test_its_verify_counts_what_differs(store, optional):
    by_shell(store, script(AGENTOS, optional=optional))
    check = script(AGENTOS, "verify", optional=optional)
    assert by_shell(store, check) == ""

    with store.opened() as db:
        db.execute("UPDATE runs SET started_at_ms = started_at_ms + 1 WHERE id IN ('0.4', '0.8')")
        db.execute("UPDATE artifacts SET created_at_ms = NULL WHERE id = '0.0'")

    assert set(by_shell(store, check).split()) == {"runs.started_at|2", "artifacts.created_at|1"}


@pytest.mark.parametrize("run", RUNNERS)
def test_phase_by_phase_comes_to_the_same(store, optional, run):
    for phase in ("expand", "sync", "backfill", "index", "version"):
        run(store, script(AGENTOS, phase, optional=optional))

    assert verify(store.url, AGENTOS).ok
    with store.opened() as db:
        db.execute("UPDATE tasks SET created_at = '2024-01-15 12:00:00.5' WHERE id = '0.3'")
        row = db.execute("SELECT created_at_ms FROM tasks WHERE id = '0.3'").fetchone()
        assert row == (1_705_320_000_500,)


CONTRACTS = {
    "hostile names": parse_contract({"tables": {'a"b; DROP TABLE x': {"it's": "`when`"}}}),
    "a zone": parse_contract({"timezone": "Australia/Lord_Howe", "tables": {"t": ["c"]}}),
    "seconds": parse_contract({"tables": {"t": {"c": {"storage": "seconds"}}}}),
}


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
@pytest.mark.parametrize("run", RUNNERS)
def test_other_contracts_go_there_and_back(build, contract: Contract, run):
    table, column = contract.tables[0].name, contract.tables[0].columns[0].legacy
    quoted = ['"' + name.replace('"', '""') + '"' for name in (table, column)]
    store = build(f"CREATE TABLE {quoted[0]} (id INTEGER PRIMARY KEY, {quoted[1]} TIMESTAMP);")
    with store.opened() as db:
        values = [(1_705_320_000,), ("2024-01-15 12:00:00",), ("soon",), (None,)]
        db.executemany(f"INSERT INTO {quoted[0]} ({quoted[1]}) VALUES (?)", values)
    before = store.look()

    run(store, script(contract))
    report = verify(store.url, contract)
    assert (report.correct, report.quarantined) == (True, 1)
    run(store, script(contract, "rollback"))

    assert store.look() == before


def test_a_script_that_fails_changes_nothing_where_it_is_stopped(store):
    """A table of the contract is missing: the transaction is never committed."""
    store.run("DROP TABLE artifacts")
    before = store.look()

    with pytest.raises(sqlite3.OperationalError, match="artifacts"):
        by_executescript(store, script(AGENTOS))

    assert store.look() == before


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        ("auto", "2024-01-15 12:00:00"),
        ("seconds", 1_705_320_000),
        ("milliseconds", 1_705_320_000_000),
        ("microseconds", 1_705_320_000_000_000),
        ("julian-day", 2_460_325.0),
    ],
)
@pytest.mark.parametrize("run", RUNNERS)
def test_its_triggers_write_the_declared_unit(build, storage, expected, run):
    """As those of migrate do in a column that is empty yet."""
    spec = {"tables": {"t": {"c": {"storage": storage}}}, "version": {"table": "v", "value": "2"}}
    spec["tables"]["v"] = {"at": {"storage": storage}}
    contract = parse_contract(spec)
    store = build(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c); CREATE TABLE v (version PRIMARY KEY, at);"
    )
    by_migrate = store.copy("by_migrate.db")
    migrate(by_migrate.url, contract)

    for phase in ("expand", "sync", "backfill", "index", "version"):
        run(store, script(contract, phase))

    for migrated in (store, by_migrate):
        migrated.run("INSERT INTO t (c_ms) VALUES (1705320000000)")
        written = migrated.value("SELECT c FROM t")
        assert (type(written), written) == (type(expected), expected)
        assert type(migrated.value("SELECT at FROM v")) is type(expected)
        assert verify(migrated.url, contract).ok
