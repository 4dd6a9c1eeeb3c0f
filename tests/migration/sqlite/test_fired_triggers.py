"""A trigger of the application that would refuse or rewrite every write of ours is a refusal.

A sync trigger updates the row that was inserted, which fires the application's UPDATE triggers.
What they make of it is tried beforehand; a condition is no reason to refuse, one more firing is a
warning.
"""

import sqlite3

import pytest
from click.testing import CliRunner

from ts_contract.cli import main
from ts_contract.loading import parse_contract
from ts_contract.migration import Failed, Refused, migrate, plan, verify
from ts_contract.migration.engines.sqlite import ddl

NOON = 1_705_320_000_000
TEXT = "2024-01-15 12:00:00"
TABLE = (
    "CREATE TABLE posts (id INTEGER PRIMARY KEY, title TEXT, status TEXT NOT NULL DEFAULT 'new',"
    " version INTEGER DEFAULT 1, updated_at TIMESTAMP);"
    "CREATE TABLE hist (was, became);"
)
ROW = f"INSERT INTO posts (title, updated_at) VALUES (random(), '{TEXT}');"
CONTRACT = parse_contract({"tables": {"posts": ["updated_at"]}})

EVERY_UPDATE = {
    "refused": (
        "CREATE TRIGGER own BEFORE UPDATE ON posts BEGIN SELECT RAISE(ABORT, 'append only'); END",
        "append only",
    ),
    "refused, of the column": (
        "CREATE TRIGGER own BEFORE UPDATE OF updated_at ON posts"
        " BEGIN SELECT RAISE(FAIL, 'append only'); END",
        "append only",
    ),
    "refused, and all taken back": (
        "CREATE TRIGGER own AFTER UPDATE ON posts BEGIN SELECT RAISE(ROLLBACK, 'append only'); END",
        "append only",
    ),
    "ignored": (
        "CREATE TRIGGER own BEFORE UPDATE ON posts BEGIN SELECT RAISE(IGNORE); END",
        "updated_at_ms stays empty",
    ),
    "touched": (
        "CREATE TRIGGER own AFTER UPDATE ON posts WHEN new.updated_at IS old.updated_at BEGIN"
        " UPDATE posts SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id; END",
        "updated_at is changed to another value",
    ),
    "touched without a condition": (
        "CREATE TRIGGER own AFTER UPDATE ON posts BEGIN"
        " UPDATE posts SET updated_at = strftime('%Y-%m-%d %H:%M:%f') WHERE id = new.id; END",
        "updated_at is changed to another value",
    ),
    "touched by a key that is a text": (
        "DROP TABLE posts;"
        "CREATE TABLE posts (title TEXT PRIMARY KEY, id, version, updated_at TIMESTAMP);"
        "CREATE TRIGGER own AFTER UPDATE ON posts BEGIN"
        " UPDATE posts SET updated_at = CURRENT_TIMESTAMP WHERE title = new.title; END",
        "updated_at is changed to another value",
    ),
    "refused by what it writes": (
        "CREATE TRIGGER own AFTER UPDATE ON posts BEGIN INSERT INTO hist VALUES (1, 2); END;"
        "CREATE TRIGGER closed BEFORE INSERT ON hist"
        " BEGIN SELECT RAISE(ABORT, 'no more history'); END",
        "no more history",
    ),
}


@pytest.mark.parametrize("rows", ["", ROW, ROW * 3], ids=["no row", "a row", "rows"])
@pytest.mark.parametrize(("trigger", "reason"), EVERY_UPDATE.values(), ids=EVERY_UPDATE)
def test_a_trigger_that_refuses_or_rewrites_every_update_is_refused(build, trigger, reason, rows):
    store = build(f"{TABLE} {trigger}; {rows}")

    with store.unchanged():
        todo = plan(store.url, CONTRACT)
        with pytest.raises(Refused) as refusal:
            migrate(store.url, CONTRACT)

    (message,) = todo.refusals
    assert message in str(refusal.value)
    assert message.startswith("trigger own on posts fires when a sync trigger updates a row")
    assert f"{reason}; migrate with --no-sync, or change it" in message


@pytest.mark.parametrize(("trigger", "_reason"), EVERY_UPDATE.values(), ids=EVERY_UPDATE)
def test_without_sync_it_is_not(build, trigger, _reason):
    store = build(f"{TABLE} {trigger}; {ROW}")

    assert migrate(store.url, CONTRACT, sync=False).ok
    assert store.run("SELECT updated_at, updated_at_ms FROM posts") == [(TEXT, NOON)]


FINE = {
    "a condition of another column": (
        "CREATE TRIGGER own BEFORE UPDATE ON posts WHEN new.status NOT IN ('new', 'done') BEGIN"
        " SELECT RAISE(ABORT, 'not a status'); END"
    ),
    "a condition in the body": (
        "CREATE TRIGGER own BEFORE UPDATE ON posts BEGIN"
        " SELECT RAISE(ABORT, 'version') WHERE new.version < old.version; END"
    ),
    "an update of another column": (
        "CREATE TRIGGER own BEFORE UPDATE OF title, [status] ON posts"
        " BEGIN SELECT RAISE(ABORT, 'fixed'); END"
    ),
    "an update of another table": (
        "CREATE TRIGGER own BEFORE UPDATE ON hist BEGIN SELECT RAISE(ABORT, 'fixed'); END"
    ),
    "a delete": "CREATE TRIGGER own BEFORE DELETE ON posts BEGIN SELECT RAISE(ABORT, 'kept'); END",
    "an insert": (
        "CREATE TRIGGER own AFTER INSERT ON posts BEGIN"
        " UPDATE posts SET updated_at = strftime('%Y-%m-%d %H:%M:%f') WHERE id = new.id; END"
    ),
    "a function of the application": (
        "CREATE TRIGGER own AFTER UPDATE ON posts BEGIN SELECT notify(new.id); END"
    ),
    "a touch of a title": (
        "CREATE TRIGGER own AFTER UPDATE OF title ON posts BEGIN"
        " UPDATE posts SET updated_at = CURRENT_TIMESTAMP WHERE id = new.id; END"
    ),
}


@pytest.mark.parametrize("trigger", FINE.values(), ids=FINE)
@pytest.mark.parametrize("rows", ["", ROW], ids=["no row", "a row"])
def test_what_lets_updates_of_ours_pass_is_not(build, trigger, rows):
    store = build(f"{TABLE} {rows} {trigger}")

    assert plan(store.url, CONTRACT).refusals == ()
    assert migrate(store.url, CONTRACT).ok
    if "notify" not in trigger and "strftime" not in trigger:
        store.run("INSERT INTO posts (updated_at) VALUES ('2019-05-05 00:00:00')")
        assert store.run("SELECT updated_at FROM posts ORDER BY id DESC LIMIT 1") == [
            ("2019-05-05 00:00:00",)
        ]
    assert verify(store.url, CONTRACT).ok


def test_what_refuses_some_rows_is_a_warning_by_name(build):
    store = build(
        f"{TABLE} {ROW} INSERT INTO posts (status, updated_at) VALUES ('closed', '{TEXT}');"
        "CREATE TRIGGER own BEFORE UPDATE ON posts WHEN old.status = 'closed' BEGIN"
        " SELECT RAISE(ABORT, 'closed'); END;"
    )

    warnings = [n.message for n in plan(store.url, CONTRACT).notices if n.kind == "warning"]

    assert any("own on posts" in w and "for some rows closed" in w for w in warnings)
    assert migrate(store.url, CONTRACT).ok


EXTRA = {
    "a history": (
        "CREATE TRIGGER own AFTER UPDATE OF updated_at ON posts BEGIN"
        " INSERT INTO hist VALUES (old.updated_at, new.updated_at); END"
    ),
    "a version": (
        "CREATE TRIGGER own AFTER UPDATE ON posts WHEN new.version = old.version BEGIN"
        " UPDATE posts SET version = version + 1 WHERE id = new.id; END"
    ),
    "a name like an event": (
        'CREATE TRIGGER "update of [x] on" /* UPDATE OF title */ AFTER UPDATE ON posts BEGIN'
        " INSERT INTO hist VALUES (1, 2); END"
    ),
}


@pytest.mark.parametrize("trigger", EXTRA.values(), ids=EXTRA)
def test_one_more_firing_is_a_warning_by_name(build, trigger):
    store = build(f"{TABLE} {ROW} {trigger}")
    name = "update of [x] on" if "[x]" in trigger else "own"

    (warning,) = [n.message for n in plan(store.url, CONTRACT).notices if n.kind == "warning"]

    assert warning.startswith(f"triggers on posts ({name}) do not fire during the backfill")
    assert migrate(store.url, CONTRACT).ok


def test_where_both_values_are_right_already_no_update_is_done(build):
    store = build(f"{TABLE} {EXTRA['a history']}")
    assert migrate(store.url, CONTRACT).ok

    store.run(f"INSERT INTO posts (updated_at, updated_at_ms) VALUES ('{TEXT}', {NOON})")

    assert store.rows("hist") == []


def test_each_of_several_is_judged_by_itself(build):
    store = build(
        f"{TABLE} {ROW} {EVERY_UPDATE['refused'][0].replace('own', 'culprit')};"
        f"{EXTRA['a history'].replace('own', 'history')}"
    )

    (message,) = plan(store.url, CONTRACT).refusals

    assert message.startswith("trigger culprit on posts")


@pytest.mark.parametrize(
    "table",
    [
        "CREATE TABLE posts (a TEXT, b BLOB, updated_at TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID",
        "CREATE TABLE posts (updated_at INTEGER NOT NULL CHECK (updated_at > 0), rowid TEXT)",
        "CREATE TABLE posts (x TEXT NOT NULL REFERENCES nowhere, updated_at TEXT UNIQUE)",
    ],
)
@pytest.mark.parametrize("refuses", [True, False])
def test_tables_of_every_kind_are_tried(build, table, refuses):
    condition = "" if refuses else "WHEN old.updated_at IS NOT old.updated_at"
    store = build(
        f"{table}; CREATE TRIGGER own BEFORE UPDATE ON posts {condition} BEGIN"
        " SELECT RAISE(ABORT, 'append only'); END;"
    )

    assert bool(plan(store.url, CONTRACT).refusals) == refuses


def test_hostile_names_are_quoted(build):
    store = build(
        """
        CREATE TABLE "po""sts [" (id INTEGER PRIMARY KEY, "sel`ect" TEXT);
        CREATE TRIGGER "on" BEFORE UPDATE OF "sel`ect" ON "po""sts [" BEGIN
            SELECT RAISE(ABORT, 'append only'); END;
        """
    )
    contract = parse_contract({"tables": {'po"sts [': ["sel`ect"]}})

    (message,) = plan(store.url, contract).refusals

    assert message.startswith('trigger on on po"sts [ fires')


def test_the_command_line_exits_alike(build, tmp_path, monkeypatch):
    store = build(f"{TABLE} {EVERY_UPDATE['refused'][0]}")
    (tmp_path / "ts-contract.toml").write_text('[tables]\nposts = ["updated_at"]\n')
    monkeypatch.chdir(tmp_path)

    for command in (["plan"], ["migrate"]):
        result = CliRunner().invoke(main, [*command, str(store.path)])
        assert result.exit_code == 2, result.output
        assert "--no-sync" in result.output
    assert CliRunner().invoke(main, ["plan", "--no-sync", str(store.path)]).exit_code == 0


def test_a_trigger_that_comes_later_is_a_warning(build):
    store = build(TABLE)
    assert migrate(store.url, CONTRACT).ok
    store.run(EVERY_UPDATE["refused"][0])

    todo = plan(store.url, CONTRACT)

    assert todo.refusals == ()
    assert any("append only" in notice.message for notice in todo.notices)
    with pytest.raises(sqlite3.IntegrityError, match="append only"):
        store.run(f"INSERT INTO posts (updated_at) VALUES ('{TEXT}')")


@pytest.mark.parametrize("event", ["INSERT", "UPDATE", "DELETE"])
def test_a_trigger_of_ours_that_does_not_compile_is_not_installed(build, monkeypatch, event):
    """SQLite does not look into a trigger before a write fires it; then every write would fail."""
    store = build(TABLE)
    broken = f"CREATE TRIGGER _ts_contract_x AFTER {event} ON posts BEGIN DELETE FROM nowhere; END"
    monkeypatch.setattr(ddl, "create_sync", lambda _table, _schema: (broken,))

    with pytest.raises(Failed, match=r"with sync triggers, writes to posts would fail"):
        migrate(store.url, CONTRACT)

    assert store.names("trigger") == set()
    store.run(f"INSERT INTO posts (updated_at) VALUES ('{TEXT}')")
