"""A migration that is killed a hundred times at random moments ends right."""

import sqlite3
from contextlib import closing

import pytest

pytestmark = pytest.mark.stress

BATCHES = {"pause": 0, "batch_size": 150}


def moments(rng, runner, function, db, options):
    """Yield moments of a call, spread evenly over its messages and over its time."""
    whole = runner.run(function, db, options=options)
    assert whole["outcome"] == "done", whole["message"]
    messages = len(whole["times"])
    while True:
        if rng.random() < 0.5:
            yield {"kill_at": rng.randint(1, messages), "kill_after": rng.random() * 0.01}
        else:
            yield {"kill_after": rng.random() * whole["seconds"]}


def kill(store, rng, runner, function, *, rounds, options=None, start=None):
    """Kill a call and run it again, until it was killed that often; yield what each run leaves."""
    start = start or store.path
    source = type(store)(start, store.values, store.schema)
    when = moments(rng, runner, function, source.copy(), options)
    killed = 0
    for tries in range(rounds * 20):
        path = source.copy()
        died = 0
        while runner.run(function, path, options=options, **next(when))["outcome"] == "SIGKILL":
            died += 1
            if function == "migrate":
                store.check_schema(path)
            if rng.random() < 0.6:
                runner.finish(function, path, options=options)
                break
        killed += died
        if died:
            yield path
        if killed >= rounds:
            print(f"{function}: killed {killed} times in {tries + 1} runs")
            return
    pytest.fail(f"only {killed} of {rounds} kills came before the end")


@pytest.mark.parametrize("options", [BATCHES, {"offline": True}], ids=["online", "offline"])
def test_a_killed_migration_goes_on_and_ends_right(build, rng, runner, options):
    store = build()
    rounds = 40 if options is BATCHES else 15

    for path in kill(store, rng, runner, "migrate", rounds=rounds, options=options):
        store.check_migrated(path)


def test_a_killed_rollback_goes_on_and_leaves_the_schema_as_it_was(build, rng, this_runner):
    store = build()
    migrated = store.copy("migrated.db")
    this_runner.finish("migrate", migrated, options=BATCHES)

    for path in kill(store, rng, this_runner, "rollback", rounds=25, start=migrated):
        store.check_rolled_back(path)


def test_a_migration_killed_anywhere_can_be_rolled_back(build, rng, this_runner):
    store = build()
    when = moments(rng, this_runner, "migrate", store.copy(), BATCHES)
    killed = 0
    while killed < 15:
        path = store.copy()
        killed += (
            this_runner.run("migrate", path, options=BATCHES, **next(when))["outcome"] == "SIGKILL"
        )
        this_runner.finish("rollback", path)
        store.check_rolled_back(path)


@pytest.mark.parametrize("function", ["migrate", "rollback", "finalize"])
def test_what_is_killed_ends_as_if_it_had_not_been(build_rich, rng, this_runner, function):
    """With successors of indexes and keys, defaults, CHECKs and children."""
    store = build_rich()
    migrated = store.copy("migrated.db")
    this_runner.finish("migrate", migrated, options=BATCHES)
    options = BATCHES if function == "migrate" else {}
    start = type(store)(store.path if function == "migrate" else migrated)
    undisturbed = start.copy("undisturbed.db")
    this_runner.finish(function, undisturbed, options=options)

    how = {"rounds": 30, "options": options, "start": start.path}
    for path in kill(store, rng, this_runner, function, **how):
        store.check(path, function)
        store.check_like(path, undisturbed)


def test_a_killed_repair_goes_on_and_settles_every_row(build, rng, runner):
    schema = "CREATE TABLE events (id INTEGER PRIMARY KEY, note TEXT NOT NULL,"
    schema += " created_at TIMESTAMP, updated_at TIMESTAMP);"
    schema += "CREATE TABLE labels (name TEXT PRIMARY KEY, added_at TEXT) WITHOUT ROWID;"
    store = build(schema=schema)
    differing = store.copy("differing.db")
    runner.finish("migrate", differing, options=BATCHES)
    with closing(sqlite3.connect(differing)) as db:
        triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE sql LIKE '%AFTER UPDATE%'")
        triggers = triggers.fetchall()
        for name, _ in triggers:
            db.execute(f'DROP TRIGGER "{name}"')
        db.execute("UPDATE events SET created_at_ms = created_at_ms + 86400000")
        db.execute("UPDATE events SET updated_at_ms = 1 WHERE id % 3 = 0")
        db.execute("UPDATE labels SET added_ms = added_ms + 86400000")
        for _, sql in triggers:
            db.execute(sql)
        db.execute("DELETE FROM _ts_contract_quarantine WHERE column_name = 'created_at'")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    options = {**BATCHES, "keep": "legacy"}

    for path in kill(store, rng, runner, "repair", rounds=25, options=options, start=differing):
        runner.finish("repair", path, options=options)
        store.check_migrated(path)
