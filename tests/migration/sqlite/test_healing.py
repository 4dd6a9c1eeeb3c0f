"""What was rebuilt, lost or replaced since a migration is told by name, and made anew."""

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Failed, Refused, finalize, migrate, plan, rollback, status, verify
from ts_contract.migration.engines.sqlite.names import quote

NOON = "2024-01-15 12:00:00"
NOON_MS = 1_705_320_000_000
CONTRACT = parse_contract({"tables": {"o": ["at"]}})
CREATE = "CREATE TABLE o (id INTEGER PRIMARY KEY, at TIMESTAMP)"
LOCAL = parse_contract({"timezone": "Europe/Berlin", "tables": {"o": ["at"]}})
REBUILD = """\
BEGIN;
CREATE TABLE new__o (id INTEGER PRIMARY KEY, at TIMESTAMP{more});
INSERT INTO new__o (id, at{more}) SELECT id, at{more} FROM o;
DROP TABLE o;
ALTER TABLE new__o RENAME TO o;
COMMIT;
"""
SYNC = ["insert", "update", "update_nested", "delete"]


@pytest.fixture
def legacy(build):
    return build(f"{CREATE};", o=[(1, NOON), (2, None), (3, "soon")])


@pytest.fixture
def migrated(legacy):
    assert migrate(legacy.url, CONTRACT).correct
    return legacy


def is_in_sync(store, table="o", legacy="at", epoch="at_ms") -> bool:
    """Return whether old code and new code can write, and both columns follow."""
    at, ms, name = quote(legacy), quote(epoch), quote(table)
    store.run(f"INSERT INTO {name} ({at}) VALUES (?)", NOON)
    store.run(f"INSERT INTO {name} ({ms}) VALUES (?)", NOON_MS + 1_000)
    pairs = store.run(f"SELECT {at}, {ms} FROM {name} ORDER BY rowid DESC LIMIT 2")
    store.run(
        f"DELETE FROM {name} WHERE rowid IN (SELECT rowid FROM {name} ORDER BY rowid DESC LIMIT 2)"
    )
    return pairs == [("2024-01-15 12:00:01", NOON_MS + 1_000), (NOON, NOON_MS)]


# --- a table that was rebuilt ----------------------------------------------------------------


def test_a_rebuilt_table_gets_its_columns_triggers_and_index_again(migrated):
    migrated.run_script(REBUILD.format(more=""))
    migrated.run("INSERT INTO o VALUES (4, '2024-01-15 13:00:00')")

    assert verify(migrated.url, CONTRACT).problems == (
        "o.at_ms is not in the database; run `ts-contract migrate`",
    )
    lost = [
        "column o.at_ms is missing",
        *(f"trigger _ts_contract_o_{event} is missing" for event in SYNC),
        "index idx_o_at_ms is missing",
    ]
    assert [n.message for n in plan(migrated.url, CONTRACT).notices if n.kind == "warning"][
        : len(lost)
    ] == [f"{each}; migrate makes it anew" for each in lost]
    report = migrate(migrated.url, CONTRACT)

    assert (report.correct, report.quarantined, report.healed) == (True, 1, tuple(lost))
    assert migrated.run("SELECT id, at_ms FROM o ORDER BY id") == [
        (1, NOON_MS),
        (2, None),
        (3, None),
        (4, NOON_MS + 3_600_000),
    ]
    assert is_in_sync(migrated)
    assert not plan(migrated.url, CONTRACT).steps
    assert migrate(migrated.url, CONTRACT).healed == ()


def test_rollback_of_a_rebuilt_table_leaves_it_as_it_was_rebuilt(migrated):
    migrated.run_script(REBUILD.format(more=""))
    before = migrated.value("SELECT sql FROM sqlite_schema WHERE name = 'o'")
    migrate(migrated.url, CONTRACT)

    rollback(migrated.url)

    assert migrated.value("SELECT sql FROM sqlite_schema WHERE name = 'o'") == before
    assert migrated.names() == {"o"}


def test_a_rebuilt_table_without_sync_triggers_is_filled_again(legacy):
    migrate(legacy.url, CONTRACT, sync=False)
    legacy.run_script(REBUILD.format(more=""))

    assert migrate(legacy.url, CONTRACT).correct
    assert legacy.run("SELECT at_ms FROM o ORDER BY id") == [(NOON_MS,), (None,), (None,)]
    assert legacy.names("trigger") == set()


def test_a_table_that_is_rebuilt_in_the_middle_of_a_run_is_filled_from_its_beginning(legacy):
    legacy.run_many("INSERT INTO o VALUES (?, ?)", [(n, NOON) for n in range(4, 30)])

    def rebuild(progress):
        if progress.phase == "backfill" and progress.done >= 6:
            legacy.run_script(REBUILD.format(more=""))

    with pytest.raises(Failed, match="no such column"):
        migrate(legacy.url, CONTRACT, batch_size=2, pause=0, progress=rebuild)

    assert migrate(legacy.url, CONTRACT).correct
    assert legacy.value("SELECT count(*) FROM o WHERE at_ms IS NULL") == 2


def test_a_table_that_was_copied_with_our_columns_gets_its_triggers_again(migrated):
    migrated.run_script(REBUILD.format(more=", at_ms"))
    migrated.run("UPDATE o SET at = '2024-01-15 13:00:00' WHERE id = 1")
    migrated.run("INSERT INTO o (id, at) VALUES (4, ?)", NOON)

    problems = verify(migrated.url, CONTRACT).problems
    assert any(p.startswith("o lacks sync triggers (_ts_contract_o_insert, ") for p in problems)
    report = migrate(migrated.url, CONTRACT)

    assert is_in_sync(migrated)
    assert migrated.value("SELECT at_ms FROM o WHERE id = 4") == NOON_MS
    # What was changed meanwhile is told, and not overwritten: either column may be right.
    assert [(d.row_key, d.legacy, d.epoch) for d in report.examples] == [
        ('{"id":1}', "2024-01-15 13:00:00", NOON_MS)
    ]


def test_a_rebuilt_table_with_hostile_names(fill):
    from .conftest import KINDS

    kind = KINDS["hostile names"]
    store = fill(kind)
    migrate(store.url, kind.contract)
    create = kind.create.replace('"or""der; DROP TABLE x; --"', "aside")
    copied = f"(select, {quote(kind.legacy)}, note)".replace("select", '"select"')
    store.run_script(
        f"{create}; INSERT INTO aside {copied} SELECT {copied[1:-1]} FROM {quote(kind.table)};"
        f" DROP TABLE {quote(kind.table)}; ALTER TABLE aside RENAME TO {quote(kind.table)};"
    )

    assert migrate(store.url, kind.contract).ok
    assert is_in_sync(store, kind.table, kind.legacy, kind.epoch)


# --- what does something else by now ---------------------------------------------------------

TRIGGER = "_ts_contract_o_insert"
SILENT = f"DROP TRIGGER {TRIGGER};CREATE TRIGGER {TRIGGER} AFTER INSERT ON o BEGIN SELECT 1; END;"
VIEW_ALONE = """\
DROP VIEW _ts_contract_convert;
CREATE VIEW _ts_contract_convert AS
 SELECT NULL AS place, NULL AS way, NULL AS value, NULL AS decider;
"""
OTHER_VIEW = """\
DROP VIEW _ts_contract_convert_other;
CREATE VIEW _ts_contract_convert_other AS SELECT 1 AS place, 2 AS way, 3 AS value, 4 AS decider;
"""
INDEX = "DROP INDEX idx_o_at_ms; CREATE INDEX idx_o_at_ms ON o (at_ms, id);"


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        (SILENT, f"trigger {TRIGGER} is not as ts-contract makes it"),
        (VIEW_ALONE, "trigger _ts_contract_convert auto UTC is missing"),
        (OTHER_VIEW, "view _ts_contract_convert_other is not as ts-contract makes it"),
        ("DROP TABLE _ts_contract_converted", "table _ts_contract_converted is missing"),
        ("DROP TABLE _ts_contract_quarantine", "table _ts_contract_quarantine is missing"),
        (INDEX, "index idx_o_at_ms is not as ts-contract makes it"),
    ],
)
def test_what_is_not_as_we_made_it_is_told_and_made_anew(migrated, tampering, told):
    migrated.run_script(tampering)

    assert f"{told}; run `ts-contract migrate`" in verify(migrated.url, CONTRACT).problems
    with pytest.raises(Refused):
        finalize(migrated.url, CONTRACT)
    assert f"{told}; migrate makes it anew" in [
        notice.message for notice in plan(migrated.url, CONTRACT).notices
    ]
    report = migrate(migrated.url, CONTRACT)

    assert report.correct
    assert told in report.healed
    assert report.quarantined == 1
    assert verify(migrated.url, CONTRACT).problems == ()
    assert is_in_sync(migrated)


def test_rows_that_a_silent_trigger_passed_over_are_filled(migrated):
    migrated.run_script(SILENT)
    migrated.run("INSERT INTO o (id, at) VALUES (4, ?), (5, 'later')", NOON)

    report = migrate(migrated.url, CONTRACT)

    assert (report.correct, report.quarantined) == (True, 2)
    assert migrated.value("SELECT at_ms FROM o WHERE id = 4") == NOON_MS


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE _ts_contract_zone SET utc_offset = 0 WHERE utc_offset = 3600",
        "DELETE FROM _ts_contract_zone WHERE start > 0",
        "INSERT INTO _ts_contract_zone VALUES ('Europe/Berlin', 'local', 1700000000, 0, '')",
        "DELETE FROM _ts_contract_zone",
        "DROP TABLE _ts_contract_zone",
    ],
)
def test_the_rows_of_a_zone_are_compared_and_made_anew(build, tampering):
    store = build(f"{CREATE};", o=[(1, "2024-01-15 13:00:00")])
    migrate(store.url, LOCAL)
    before = store.rows("_ts_contract_zone")
    store.run_script(tampering)

    (problem,) = verify(store.url, LOCAL).problems
    assert problem.startswith("zone Europe/Berlin is ")
    assert migrate(store.url, LOCAL).ok

    assert store.rows("_ts_contract_zone") == before
    store.run("INSERT INTO o (at) VALUES ('2024-01-15 13:00:00')")
    assert store.run("SELECT at_ms FROM o ORDER BY id") == [(NOON_MS,), (NOON_MS,)]


def test_a_form_that_became_usual_later_does_not_make_the_triggers_others(migrated):
    """Triggers write as the rows did when they were made, whatever came since."""
    migrated.run_many("INSERT INTO o (at) VALUES (?)", [("2024-01-15T12:00:00Z",)] * 300)

    assert verify(migrated.url, CONTRACT).problems == ()
    assert not plan(migrated.url, CONTRACT).steps


@pytest.mark.parametrize(
    "renames",
    [
        "ALTER TABLE o RENAME TO p; ALTER TABLE p RENAME TO o;",
        "ALTER TABLE o RENAME COLUMN at TO x; ALTER TABLE o RENAME COLUMN x TO at;",
        "ALTER TABLE o RENAME COLUMN at_ms TO x; ALTER TABLE o RENAME COLUMN x TO at_ms;",
    ],
)
def test_a_rename_to_and_fro_alters_nothing(migrated, renames):
    migrated.run_script(renames)

    assert verify(migrated.url, CONTRACT).problems == ()
    assert not plan(migrated.url, CONTRACT).steps
    assert is_in_sync(migrated)


def test_what_was_tampered_with_is_taken_out_by_rollback(migrated):
    for tampering in (SILENT, VIEW_ALONE, INDEX):
        migrated.run_script(tampering)

    rollback(migrated.url)

    assert migrated.names() == {"o"}
    assert migrated.value("SELECT sql FROM sqlite_schema WHERE name = 'o'") == CREATE


def test_a_trigger_that_could_not_work_is_not_left_behind(legacy, monkeypatch):
    from ts_contract.migration.engines.sqlite import ddl, sync

    def broken(table, schema):
        return (
            *sync.drop_sync(table, schema),
            f"CREATE TRIGGER {quote(TRIGGER)} AFTER INSERT ON o BEGIN UPDATE o SET nil = 1; END",
        )

    monkeypatch.setattr(ddl, "create_sync", broken)
    with pytest.raises(Failed, match=r"writes to o would fail .no such column: nil"):
        migrate(legacy.url, CONTRACT)

    assert legacy.names("trigger") == set()
    legacy.run("INSERT INTO o (at) VALUES (?)", NOON)
    monkeypatch.undo()
    assert migrate(legacy.url, CONTRACT).correct


# --- what only has a name like ours ----------------------------------------------------------

STRANGERS = {
    "a table": ("CREATE TABLE _ts_contract_quarantine (id, note)", "table _ts_contract_quarantine"),
    "a table in capitals": (
        "CREATE TABLE _TS_CONTRACT_CONVERTED (id, note)",
        "table _TS_CONTRACT_CONVERTED",
    ),
    "a table of zones": ("CREATE TABLE _ts_contract_zone (id)", "table _ts_contract_zone"),
    "any table": ("CREATE TABLE _ts_contract_audit (id, note)", "table _ts_contract_audit"),
    "a view": ("CREATE VIEW _ts_contract_convert AS SELECT 1", "view _ts_contract_convert"),
    "a trigger where ours would be": (
        f"CREATE TRIGGER {TRIGGER} AFTER INSERT ON o BEGIN SELECT 1; END",
        f"trigger {TRIGGER}",
    ),
    "any trigger": (
        "CREATE TRIGGER _ts_contract_audit AFTER INSERT ON o BEGIN SELECT 1; END",
        "trigger _ts_contract_audit",
    ),
}


@pytest.mark.parametrize(("create", "named"), STRANGERS.values(), ids=STRANGERS.keys())
def test_what_the_application_calls_like_ours_is_refused_and_stays(legacy, create, named):
    legacy.run_script(create)

    with legacy.unchanged(), pytest.raises(Refused, match=f"{named} has a name like those of"):
        migrate(legacy.url, CONTRACT)

    assert any(named in refusal for refusal in plan(legacy.url, CONTRACT).refusals)
    assert not rollback(legacy.url).columns
    assert named.split()[1] in legacy.names()


def test_a_state_of_somebody_else_is_refused_by_every_command(legacy):
    legacy.run_script("CREATE TABLE _ts_contract_state (id INTEGER, name)")

    for command in (migrate, plan, verify, rollback, finalize):
        with (
            legacy.unchanged(),
            pytest.raises(Refused, match="table _ts_contract_state is not as ts-contract makes it"),
        ):
            command(legacy.url, CONTRACT)


LATER = {name: STRANGERS[name] for name in ("any table", "any trigger")} | {
    "a trigger of ours on another table": (
        f"DROP TRIGGER {TRIGGER}; CREATE TABLE p (x);"
        f"CREATE TRIGGER {TRIGGER} AFTER INSERT ON p BEGIN SELECT 1; END",
        f"trigger {TRIGGER}",
    ),
}


@pytest.mark.parametrize(("create", "named"), LATER.values(), ids=LATER.keys())
def test_what_the_application_made_later_is_not_dropped_with_ours(migrated, create, named):
    migrated.run_script(create)

    assert any(problem.startswith(named) for problem in verify(migrated.url, CONTRACT).problems)
    assert status(migrated.url, CONTRACT).columns
    with pytest.raises(Refused):
        finalize(migrated.url, CONTRACT)
    for command in (migrate, rollback):
        with pytest.raises(Refused, match=named):
            command(migrated.url, CONTRACT)

    kind, name = named.split()
    assert name in migrated.names(kind)
    assert "at_ms" in migrated.columns("o")


def test_a_table_of_the_application_in_the_place_of_the_quarantine_stays(migrated):
    migrated.run_script(
        "DROP TABLE _ts_contract_quarantine; CREATE TABLE _ts_contract_quarantine (mine)"
    )

    for command in (migrate, plan, verify, rollback, finalize):
        with migrated.unchanged(), pytest.raises(Refused, match="_ts_contract_quarantine is not"):
            command(migrated.url, CONTRACT)


def test_triggers_that_followed_their_table_are_not_strangers(migrated):
    migrated.run_script("ALTER TABLE o RENAME TO orders; CREATE TABLE o (id, at, at_ms);")
    with migrated.opened() as db:
        on = {t for (t,) in db.execute("SELECT tbl_name FROM sqlite_schema WHERE type='trigger'")}
    assert "orders" in on

    assert not any(
        "has a name like" in problem for problem in verify(migrated.url, CONTRACT).problems
    )


def test_the_name_of_our_index_on_another_table_is_refused(migrated):
    migrated.run_script(
        "DROP INDEX idx_o_at_ms; CREATE TABLE p (x);CREATE INDEX idx_o_at_ms ON p (x);"
    )

    with migrated.unchanged(), pytest.raises(Refused, match="the name idx_o_at_ms is taken"):
        migrate(migrated.url, CONTRACT)
