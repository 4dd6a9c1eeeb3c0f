"""What stands in our tables and cannot be ours is refused; whatever it is, nothing is lost."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ts_contract.files.limit import time_limit
from ts_contract.loading import parse_contract
from ts_contract.migration import (
    MigrationError,
    Refused,
    finalize,
    migrate,
    plan,
    rollback,
    status,
    verify,
)
from ts_contract.migration.own_tables import FORMAT

CONTRACT = parse_contract(
    {"tables": {"t": ["created_at"], "u": {"at": {"timezone": "Europe/Berlin", "epoch": "ms"}}}}
)
SCRIPT = """
CREATE TABLE t (id INTEGER PRIMARY KEY, created_at TIMESTAMP, at_ms INTEGER, note TEXT);
CREATE INDEX by_note ON t (note, created_at);
CREATE INDEX by_number ON t (at_ms);
CREATE TABLE u (k TEXT PRIMARY KEY, at TEXT, other INTEGER) WITHOUT ROWID;
INSERT INTO t VALUES (1, '2024-01-15 12:00:00', 7, 'a'), (9, 'soon', 8, 'b'), (10, NULL, 9, 'c');
INSERT INTO u VALUES ('x', '2024-01-15T12:00:00', 1), ('é', '2024-07-15T12:00:00', 2);
"""
COMMANDS = {
    "plan": plan,
    "migrate": migrate,
    "status": status,
    "verify": verify,
    "rollback": rollback,
    "finalize": finalize,
}


@pytest.fixture(scope="module")
def states(tmp_path_factory) -> list[Path]:
    """A store that was migrated, and one whose migration was stopped midway."""

    class Stop(BaseException):
        """Somebody pulls the plug."""

    def stop(progress):
        if progress.phase == "backfill" and progress.done >= 1:
            raise Stop

    folder = tmp_path_factory.mktemp("states")
    paths = [folder / "migrated.db", folder / "stopped.db"]
    for path in paths:
        with closing(sqlite3.connect(path)) as db:
            db.executescript(SCRIPT)
    migrate(paths[0], CONTRACT)
    with suppress(Stop):
        migrate(paths[1], CONTRACT, batch_size=1, pause=0, progress=stop)
    return paths


@pytest.fixture
def migrated(states, build):
    """A store that was migrated, with a value in the quarantine."""
    store = build("")
    shutil.copy(states[0], store.path)
    return store


@pytest.fixture(params=COMMANDS.values(), ids=COMMANDS.keys())
def command(request) -> Callable:
    return request.param


def change(store, name: str, **members: object) -> None:
    """Change some members of a row."""
    (text,) = store.run("SELECT value FROM _ts_contract_state WHERE name = ?", name)[0]
    put(store, name, json.dumps(json.loads(text) | members))


def put(store, name: object, value: object) -> None:
    store.run("INSERT OR REPLACE INTO _ts_contract_state VALUES (?, ?)", name, value)


def refuses(store, command: Callable, message: str) -> None:
    """Assert that a command is refused in one line, with the remedy, and changes nothing."""
    with store.unchanged(), pytest.raises(Refused, match=message) as refusal:
        command(store.url, CONTRACT)
    assert "\n" not in str(refusal.value)


# --- damage of one kind ----------------------------------------------------------------------


@pytest.mark.parametrize("epoch", ["at_ms", "AT_MS", "id", "created_at", "Created_At"])
def test_columns_that_were_there_before_are_not_taken_for_ours(migrated, command, epoch):
    change(migrated, "table:t", columns=[["created_at", epoch, True]])

    refuses(migrated, command, "row 'table:t' of _ts_contract_state .*restore")


@pytest.mark.parametrize(
    ("legacy", "epoch"), [("note", "created_at_ms"), ("created_at", "other_ms"), ("id", "x")]
)
def test_columns_that_the_contract_on_record_does_not_pair_are_refused(
    migrated, command, legacy, epoch
):
    change(migrated, "table:t", columns=[[legacy, epoch, True]])

    refuses(migrated, command, f"row 'table:t' .* has {legacy} with {epoch}")


TEXTS = ["", "{", "[" * 100_000, "[" * 400 + "]" * 400, "null", "NaN", "1e999", "true", "{}"]


@pytest.mark.parametrize("text", [*TEXTS, '{"at": {}}', "9" * 5_000, "\x00", b"\x00\xff", b"{}"])
def test_what_is_not_json_of_the_right_shape_is_refused(migrated, text):
    for name in ("backfill:t", "table:t", "contract"):
        put(migrated, name, text)
        refuses(migrated, status, "row '.*' of _ts_contract_state")


@pytest.mark.parametrize("name", ["backfill:t", "table:t", "contract", "options", "verified"])
def test_every_row_has_a_shape_for_every_command(migrated, command, name):
    put(migrated, name, '{"at": "now"}')

    refuses(migrated, command, f"row '{name}' of _ts_contract_state does not have the shape")


@pytest.mark.parametrize(
    "wrong",
    [
        {"bound": [10**30]},
        {"bound": [2**63]},
        {"cursor": [-(2**63) - 1]},
        {"bound": []},
        {"bound": [None]},
        {"bound": [True]},
        {"bound": 33},
        {"bound": [{"blob": "0g"}]},
        {"bound": [{"blob": "00", "text": "00"}]},
        {"bound": ["x"], "density": 0.9},
        {"density": 0},
        {"density": -1.0},
        {"density": 1e300},
        {"density": True},
        {"density": "0.5"},
        {"done": 1},
        {"filled": -1},
        {"rows": 2**70},
        {"rows": 1.5},
        {"more": 1},
    ],
    ids=json.dumps,
)
def test_how_far_a_table_is_has_bounds(migrated, wrong):
    change(migrated, "backfill:t", **wrong)

    refuses(migrated, migrate, "row 'backfill:t' of _ts_contract_state")


@pytest.mark.parametrize("bound", [2**63 - 1, 10**15])
def test_a_bound_that_no_row_has_any_more_is_reached_at_once(migrated, bound):
    change(migrated, "backfill:t", bound=[bound], cursor=[2], density=0.9, done=False)
    migrated.run("DELETE FROM _ts_contract_state WHERE name = 'verified'")

    with time_limit(20):
        migrate(migrated.url, CONTRACT, batch_size=2, pause=0)

    assert status(migrated.url, CONTRACT).columns[0].phase == "verified"


def test_a_key_of_another_table_lets_the_backfill_begin_anew(migrated):
    change(migrated, "backfill:t", bound=[10, 3], cursor=[1, 2], density=None, done=False)
    migrated.run_past_triggers("t", "UPDATE t SET created_at_ms = NULL")

    migrate(migrated.url, CONTRACT)

    assert migrated.rows("t", "created_at_ms") == [(1_705_320_000_000,), (None,), (None,)]


@pytest.mark.parametrize(
    "change_of",
    [
        lambda decisive: decisive["tables"][0].update(name="other"),
        lambda decisive: decisive["tables"][0]["columns"][0].update(epoch="at_ms"),
        lambda decisive: decisive["tables"][1]["columns"][0].update(timezone="UTC"),
        lambda decisive: decisive.update(on=["first", "reject"]),
        lambda decisive: decisive.update(on=[]),
        lambda decisive: decisive.update(tables={}),
        lambda decisive: decisive.pop("version"),
    ],
)
def test_a_contract_on_record_that_its_fingerprint_is_not_of_is_refused(migrated, change_of):
    stored = json.loads(dict(migrated.rows("_ts_contract_state"))["contract"])
    change_of(stored["decisive"])
    put(migrated, "contract", json.dumps(stored))

    refuses(migrated, status, "row 'contract' of _ts_contract_state")


def test_a_lease_that_nobody_can_have_taken_is_refused(migrated):
    for wrong in ({"pid": 2**40}, {"pid": -1}, {"pid": "1"}, {"at": None}, {"host": 1}):
        lease = {"token": "00", "pid": 4_000_000, "host": "elsewhere", "at": 1_700_000_000_000}
        put(migrated, "lease", json.dumps(lease | wrong))
        for command in (migrate, status, rollback, finalize):
            refuses(migrated, command, "row 'lease' of _ts_contract_state")


@pytest.mark.parametrize("name", ["", "later", "table", "phases:expand", "Contract", "x:t"])
def test_rows_that_this_version_does_not_know_are_refused(migrated, name):
    put(migrated, name, "{}")

    refuses(migrated, status, f"row '{name}' of _ts_contract_state is not one")


def test_a_newer_format_is_refused_by_both_numbers_whatever_else_it_has(migrated):
    put(migrated, "format", str(FORMAT + 1))
    put(migrated, "later", "<xml/>")

    for command in COMMANDS.values():
        refuses(migrated, command, f"in format {FORMAT + 1} of a newer .* up to {FORMAT}; use")


@pytest.mark.parametrize("gone", ["contract", "table:t"])
def test_rows_without_those_that_they_belong_to_are_refused(migrated, gone):
    migrated.run("DELETE FROM _ts_contract_state WHERE name = ?", gone)

    for command in COMMANDS.values():
        refuses(migrated, command, "row '(table:t|backfill:t)' of _ts_contract_state")


@pytest.mark.parametrize("table", ["_ts_contract_state", "_ts_contract_quarantine"])
@pytest.mark.parametrize("definition", ["(id INTEGER PRIMARY KEY)", "(name, value, more)"])
def test_a_table_of_the_application_with_a_name_of_ours_is_left_alone(
    migrated, command, table, definition
):
    migrated.run(f"DROP TABLE {table}")
    migrated.run(f"CREATE TABLE {table} {definition}")

    refuses(migrated, command, f"the table {table} is not as ts-contract makes it; rename")


def test_such_a_table_is_refused_before_the_first_migration(build):
    store = build(f"{SCRIPT} CREATE TABLE _ts_contract_state (id, text)")

    for command in COMMANDS.values():
        refuses(store, command, "the table _ts_contract_state is not as ts-contract makes it")


# --- damage of any kind ----------------------------------------------------------------------

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(
        ["id", "created_at", "created_at_ms", "at_ms", "note", "t", "u", "by_number", "", "é\x00"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["at", "columns", "sql", "cursor", "bound", "done", "decisive", "name", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
NAMES = ["contract", "format", "lease", "options", "reasons", "verified", "version"] + [
    f"{kind}:{name}"
    for kind in ("table", "backfill", "phase", "successor", "finalized")
    for name in ("t", "u", "T", "x", "expand", "by_note_ms")
]
EDIT = st.one_of(
    st.tuples(st.just("put"), st.sampled_from(NAMES) | st.text(max_size=9), JSON.map(json.dumps)),
    st.tuples(st.just("put"), st.sampled_from(NAMES), st.text() | st.binary() | st.floats()),
    st.tuples(st.just("member"), st.sampled_from(NAMES), st.tuples(st.randoms(), JSON)),
    st.tuples(st.just("cut"), st.sampled_from(NAMES), st.integers(0, 200)),
    st.tuples(st.just("delete"), st.sampled_from(NAMES), st.none()),
    st.tuples(st.just("rename"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
)


def replaced(value: object, random, member: object) -> object:
    """Return a value with one of its members, however deep, replaced."""
    if isinstance(value, dict | list) and value and random.random() < 0.9:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = random.choice(keys)
        changed = dict(value) if isinstance(value, dict) else list(value)
        changed[key] = replaced(value[key], random, member)
        return changed
    return member


def edit(db: sqlite3.Connection, how: str, name: str, what) -> None:
    """Damage the state once."""
    state = "_ts_contract_state"
    row = db.execute(f"SELECT value FROM {state} WHERE name = ?", (name,)).fetchone()
    match how:
        case "put":
            with suppress(sqlite3.IntegrityError):
                db.execute(f"INSERT OR REPLACE INTO {state} VALUES (?, ?)", (name, what))
        case "delete":
            db.execute(f"DELETE FROM {state} WHERE name = ?", (name,))
        case "rename":
            db.execute(f"UPDATE OR REPLACE {state} SET name = ? WHERE name = ?", (what, name))
        case "cut" if row and isinstance(row[0], str):
            db.execute(f"UPDATE {state} SET value = ? WHERE name = ?", (row[0][:what], name))
        case "member" if row:
            with suppress(ValueError, TypeError, RecursionError):
                text = json.dumps(replaced(json.loads(row[0]), *what))
                db.execute(f"UPDATE {state} SET value = ? WHERE name = ?", (text, name))


def of_the_application(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what an application has in its own columns, and its own indexes."""
    own = {"t": "id, created_at, at_ms, note", "u": "k, at, other"}
    indexes = "SELECT sql FROM sqlite_schema WHERE name IN ('by_note', 'by_number') ORDER BY 1"
    with closing(sqlite3.connect(path)) as db:
        rows = {t: db.execute(f"SELECT {names} FROM {t}").fetchall() for t, names in own.items()}
        return {**rows, "indexes": db.execute(indexes).fetchall()}


def survives(states: list[Path], which: int, edits: list[tuple], name: str) -> None:
    """Assert that a command on a damaged state answers in time and loses nothing."""
    with TemporaryDirectory() as folder:
        path = Path(shutil.copy(states[which], folder))
        with closing(sqlite3.connect(path)) as db, db:
            for each in edits:
                edit(db, *each)
        before = of_the_application(path)
        with time_limit(20), suppress(MigrationError):
            COMMANDS[name](path, CONTRACT)
        assert of_the_application(path) == before


DAMAGE = (
    st.integers(0, 1),
    st.lists(EDIT, min_size=1, max_size=3),
    st.sampled_from(list(COMMANDS)),
)
CHECKS = list(HealthCheck)


@settings(max_examples=100, print_blob=True, suppress_health_check=CHECKS, deadline=None)
@given(*DAMAGE)
def test_no_command_falls_or_loses_anything_over_a_damaged_state(states, which, edits, name):
    survives(states, which, edits, name)


@pytest.mark.stress
@settings(max_examples=1_000, print_blob=True, suppress_health_check=CHECKS, deadline=None)
@given(*DAMAGE)
def test_no_command_ever_falls_or_loses_anything(states, which, edits, name):
    survives(states, which, edits, name)
