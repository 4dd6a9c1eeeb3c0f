"""Rows in which both columns say different things are settled by the one that is kept."""

import threading
import time

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Failed, Refused, migrate, repair, rollback, verify
from ts_contract.migration.engines.sqlite.names import quote

from .conftest import KINDS, PLAIN

NOON, LATER = "2024-01-15 12:00:00", "2024-01-15 13:00:00"
NOON_MS, LATER_MS = 1_705_320_000_000, 1_705_323_600_000
NONE = "0001-01-01 00:00:00"
CONTRACT = parse_contract({"tables": {"o": {"at": {"null-values": [NONE]}}}})
CREATE = "CREATE TABLE o (id INTEGER PRIMARY KEY, at TIMESTAMP);"
ROWS = [(n, NOON) for n in range(1, 12)]
CHANGES = (
    f"UPDATE o SET at = '{LATER}' WHERE id = 2",
    f"UPDATE o SET at_ms = {LATER_MS} + 7 WHERE id = 3",
    "UPDATE o SET at = NULL WHERE id = 4",
    "UPDATE o SET at_ms = NULL WHERE id = 5",
    "UPDATE o SET at = 'soon' WHERE id = 6",
    f"UPDATE o SET at = '{NONE}' WHERE id = 7",
    f"UPDATE o SET at = '{NONE}', at_ms = NULL WHERE id = 8",
    "UPDATE o SET at_ms = 'text' WHERE id = 9",
    f"INSERT INTO o (id, at_ms) VALUES (12, {LATER_MS})",
    f"INSERT INTO o (id, at) VALUES (13, '{LATER}'), (14, 'later'), (15, NULL)",
)


@pytest.fixture
def differing(build):
    """A migrated store, written to while no trigger saw it."""
    store = build(CREATE, o=ROWS)
    assert migrate(store.url, CONTRACT).ok
    store.run_past_triggers("o", *CHANGES)
    return store


def rows(store) -> list[tuple]:
    return store.run("SELECT * FROM o ORDER BY id")


def quarantined(store) -> list[tuple]:
    return store.run("SELECT row_key, value FROM _ts_contract_quarantine ORDER BY row_key")


UNTOUCHED = [(1, NOON, NOON_MS)]


def test_the_legacy_column_is_kept(differing):
    before = differing.run("SELECT id, at FROM o ORDER BY id")

    report = repair(differing.url, CONTRACT, keep="legacy", batch_size=3, pause=0)

    assert differing.run("SELECT id, at FROM o ORDER BY id") == before
    assert rows(differing) == [
        *UNTOUCHED,
        (2, LATER, LATER_MS),
        (3, NOON, NOON_MS),
        (4, None, None),
        (5, NOON, NOON_MS),
        (6, "soon", None),
        (7, NONE, None),
        (8, NONE, None),
        (9, NOON, NOON_MS),
        (10, NOON, NOON_MS),
        (11, NOON, NOON_MS),
        (12, None, None),
        (13, LATER, LATER_MS),
        (14, "later", None),
        (15, None, None),
    ]
    assert quarantined(differing) == [('{"id":14}', "later"), ('{"id":6}', "soon")]
    assert (report.settled, report.cleared) == (9, 4)
    assert (report.verified.correct, report.verified.quarantined) == (True, 2)
    assert verify(differing.url, CONTRACT).correct


def test_the_epoch_column_is_kept_where_it_holds_an_instant(differing):
    report = repair(differing.url, CONTRACT, keep="epoch", batch_size=3, pause=0)

    assert rows(differing) == [
        *UNTOUCHED,
        (2, NOON, NOON_MS),
        (3, LATER, LATER_MS + 7),
        (4, NOON, NOON_MS),
        (5, NOON, NOON_MS),
        (6, NOON, NOON_MS),
        (7, NOON, NOON_MS),
        (8, NONE, None),
        (9, NOON, NOON_MS),
        (10, NOON, NOON_MS),
        (11, NOON, NOON_MS),
        (12, LATER, LATER_MS),
        (13, LATER, LATER_MS),
        (14, "later", None),
        (15, None, None),
    ]
    assert quarantined(differing) == [('{"id":14}', "later")]
    assert (report.settled, report.cleared) == (9, 0)
    assert report.verified.correct


@pytest.mark.parametrize("keep", ["legacy", "epoch"])
def test_what_is_right_is_left_alone(build, keep):
    store = build(CREATE, o=[*ROWS, (20, "soon"), (21, None), (22, NONE)])
    migrate(store.url, CONTRACT)

    with store.unchanged():
        report = repair(store.url, CONTRACT, keep=keep)

    assert (report.settled, report.verified.correct) == (0, True)


@pytest.mark.parametrize("kind", PLAIN.values(), ids=PLAIN.keys())
@pytest.mark.parametrize("keep", ["legacy", "epoch"])
def test_every_kind_of_table(fill, kind, keep):
    store = fill(kind)
    assert migrate(store.url, kind.contract).ok
    epoch = quote(kind.contract.tables[0].columns[0].epoch)
    store.run_past_triggers(kind.table, f"UPDATE {quote(kind.table)} SET {epoch} = {epoch} + 60000")
    wrong = verify(store.url, kind.contract).differences

    report = repair(store.url, kind.contract, keep=keep, batch_size=3, pause=0)

    assert report.settled == wrong >= 8
    assert report.verified.ok


def test_a_generated_legacy_column_decides_whatever_is_to_be_kept(fill):
    kind = KINDS["generated"]
    store = fill(kind)
    migrate(store.url, kind.contract)
    before = store.rows("t")
    store.run_past_triggers("t", "UPDATE t SET c_ms = c_ms + 60000")

    assert repair(store.url, kind.contract, keep="epoch").verified.ok
    assert store.rows("t") == before


@pytest.mark.parametrize("keep", ["legacy", "epoch"])
def test_local_times_that_happened_twice(build, keep):
    contract = parse_contract({"timezone": "Europe/Berlin", "tables": {"o": ["at"]}})
    store = build(CREATE, o=[(1, "2024-01-15 13:00:00")])
    migrate(store.url, contract)
    second = 1_729_992_600_000  # 2024-10-27 02:30, for the second time
    store.run_past_triggers("o", f"UPDATE o SET at_ms = {second}")

    assert repair(store.url, contract, keep=keep).verified.ok
    assert store.value("SELECT at_ms FROM o") == (second if keep == "epoch" else NOON_MS)


def test_triggers_of_the_application_do_not_fire(differing):
    differing.run_script(
        "CREATE TABLE log (id); CREATE TRIGGER audit AFTER UPDATE OF id ON o"
        " BEGIN INSERT INTO log VALUES (new.id); END;"
        "CREATE TRIGGER noted AFTER UPDATE OF at ON o WHEN new.id < 0"
        " BEGIN INSERT INTO log VALUES (new.id); END;"
    )
    before = differing.run("SELECT * FROM sqlite_schema ORDER BY rowid")

    repair(differing.url, CONTRACT, keep="epoch")

    assert differing.rows("log") == []
    after = differing.run("SELECT * FROM sqlite_schema ORDER BY rowid")
    assert {row[:3] + row[4:] for row in after} == {row[:3] + row[4:] for row in before}


def test_a_value_outside_of_the_valid_range_is_left_to_its_reader(build):
    contract = parse_contract(
        {"valid-range": ["2024-01-01", "2025-01-01"], "tables": {"o": ["at"]}}
    )
    store = build(CREATE, o=[(1, NOON), (2, "2019-01-01 00:00:00")])
    migrate(store.url, contract)
    store.run_past_triggers("o", "UPDATE o SET at_ms = 1 WHERE id = 1")

    report = repair(store.url, contract, keep="legacy")

    assert (report.settled, report.verified.differences) == (1, 1)
    assert store.run("SELECT at_ms FROM o") == [(NOON_MS,), (1_546_300_800_000,)]


def test_lost_triggers_are_made_anew_first(differing):
    differing.run("DROP TRIGGER _ts_contract_o_update")

    with differing.unchanged(), pytest.raises(Refused, match="run `ts-contract migrate` first"):
        repair(differing.url, CONTRACT, keep="legacy")

    migrate(differing.url, CONTRACT)
    assert repair(differing.url, CONTRACT, keep="legacy").verified.correct


def test_what_is_not_migrated_is_refused(build):
    store = build(CREATE, o=ROWS)

    with store.unchanged(), pytest.raises(Refused, match="is not migrated"):
        repair(store.url, CONTRACT, keep="epoch")


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"pause": float("nan")}, {"pause": -1}])
def test_a_pace_that_cannot_be_meant_is_refused(differing, options):
    with differing.unchanged(), pytest.raises(Refused, match="correct the options"):
        repair(differing.url, CONTRACT, keep="epoch", **options)


def test_a_copy_is_written_beforehand(differing):
    copy = differing.beside("before.db")

    repair(differing.url, CONTRACT, keep="legacy", backup=copy.path)

    assert not verify(copy.url, CONTRACT).correct
    assert copy.value("SELECT at_ms FROM o WHERE id = 2") == NOON_MS


class Stop(BaseException):
    """Somebody pulls the plug."""


def test_a_stopped_repair_goes_on_with_what_is_left(build):
    store = build(CREATE, o=[(n, NOON) for n in range(1, 101)])
    migrate(store.url, CONTRACT)
    store.run_past_triggers("o", "UPDATE o SET at_ms = at_ms + 60000")

    def stop(progress):
        if progress.phase == "repair" and progress.done >= 40:
            raise Stop

    with pytest.raises(Stop):
        repair(store.url, CONTRACT, keep="legacy", batch_size=10, pause=0, progress=stop)
    left = verify(store.url, CONTRACT).differences
    report = repair(store.url, CONTRACT, keep="legacy", batch_size=10, pause=0)

    assert (left, report.settled, report.verified.ok) == (60, 60, True)


def test_others_write_meanwhile(build):
    store = build(CREATE, o=[(n, NOON) for n in range(1, 2001)])
    store.run("PRAGMA journal_mode = WAL")
    migrate(store.url, CONTRACT)
    store.run_past_triggers("o", "UPDATE o SET at_ms = at_ms + 60000")
    done, written = threading.Event(), []

    def write():
        with store.opened() as db:
            while not done.is_set() or not written:
                db.execute("INSERT INTO o (at) VALUES (?)", (LATER,))
                written.append(LATER)
                time.sleep(0.004)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        report = repair(store.url, CONTRACT, keep="epoch", batch_size=100)
    finally:
        done.set()
        writer.join()

    assert report.settled == 2000
    assert verify(store.url, CONTRACT).ok
    assert store.value("SELECT count(*) FROM o WHERE at_ms = ?", LATER_MS) == len(written)


def test_a_value_that_a_constraint_refuses_ends_the_run_by_name(build):
    store = build("CREATE TABLE o (id INTEGER PRIMARY KEY, at TIMESTAMP CHECK (at < '2025-'));")
    store.run("INSERT INTO o VALUES (1, ?)", NOON)
    migrate(store.url, CONTRACT)
    store.run_past_triggers("o", "UPDATE o SET at_ms = 1800000000000")

    with pytest.raises(Failed, match="CHECK constraint failed"):
        repair(store.url, CONTRACT, keep="epoch")

    assert store.rows("o") == [(1, NOON, 1_800_000_000_000)]
    assert repair(store.url, CONTRACT, keep="legacy").verified.ok
    rollback(store.url)
