"""A contract that is corrected midway is taken over, or refused by its key before anything."""

import json
import re
from contextlib import suppress
from dataclasses import replace

import pytest

from ts_contract.contract import Contract
from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, finalize, migrate, plan, rollback, status, verify

SCRIPT = """
CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP, seen TEXT);
CREATE TABLE u (id INTEGER PRIMARY KEY, at TIMESTAMP);
CREATE TABLE v (version TEXT);
INSERT INTO t VALUES (1, '2024-01-15 12:00:00', '2024-01-16 12:00:00'),
    (2, '2024-10-27 02:30:00', ''), (3, '2024-03-31 02:30:00', NULL),
    (4, '0001-01-02 00:00:00', 'soon');
INSERT INTO u VALUES (1, '2019-12-31 12:00:00'), (2, '2024-01-15 12:00:00');
"""
BERLIN = {"timezone": "Europe/Berlin", "tables": {"t": ["at"]}}
NOON = 1_705_316_400_000  # of t.at of row 1 in Berlin
FIRST, SECOND = 1_729_989_000_000, 1_729_992_600_000
SHIFTED = 1_711_848_600_000
COMMANDS = {"plan": plan, "migrate": migrate, "verify": verify, "finalize": finalize}


def contract_of(**keys: object) -> Contract:
    return parse_contract({key.replace("_", "-"): value for key, value in (BERLIN | keys).items()})


@pytest.fixture
def store(build):
    return build(SCRIPT)


@pytest.fixture(params=[True, False], ids=["sync", "no sync"])
def begun(store, request):
    """The store, migrated by the contract that is changed then."""
    migrate(store.url, contract_of(), sync=request.param)
    return store


def epochs(store, table: str = "t", column: str = "at_ms") -> dict[int, int | None]:
    return dict(store.run(f"SELECT id, {column} FROM {table} ORDER BY id"))


def quarantine(store) -> list[tuple]:
    return store.run("SELECT column_name, row_key, value FROM _ts_contract_quarantine ORDER BY 1,2")


def takes_over(store, contract: Contract, *told: str) -> None:
    """Assert that plan tells of a change, and that after migrate nothing else is left to do."""
    planned = plan(store.url, contract)
    notes = [notice.message for notice in planned.notices if notice.kind == "note"]
    assert planned.refusals == ()
    for each in told:
        assert any(each in note and "takes it over" in note for note in notes), notes
    assert not verify(store.url, contract).correct or not told
    assert status(store.url, contract).changes or not told
    report = migrate(store.url, contract)
    assert report.correct, report
    assert plan(store.url, contract).steps == ()
    assert status(store.url, contract).changes == ()
    recorded = json.loads(dict(store.rows("_ts_contract_state"))["contract"])
    on_record = Contract.of_decisive("", recorded["decisive"])
    assert on_record.decisive() == contract.decisive() or not told


def refuses(store, contract: Contract, message: str) -> None:
    """Assert that each command refuses a change, names it and the commands, and changes nothing."""
    for command in (migrate, finalize):
        with store.unchanged(), pytest.raises(Refused, match=re.escape(message)) as refusal:
            command(store.url, contract)
        assert "ts-contract rollback" in str(refusal.value)
        assert "ts-contract migrate" in str(refusal.value)
    (refused,) = plan(store.url, contract).refusals
    assert message in refused
    problems = verify(store.url, contract).problems
    assert any(message in problem for problem in problems)
    assert any(message in change for change in status(store.url, contract).changes)
    assert rollback(store.url, contract).columns


# --- taken over ------------------------------------------------------------------------------


@pytest.mark.parametrize(("choice", "instant"), [("first", FIRST), ("second", SECOND)])
def test_an_overlap_that_is_decided_converts_the_quarantine_alone(begun, choice, instant):
    assert '{"id":2}' in [key for _, key, _ in quarantine(begun)]
    begun.run_past_triggers("t", "UPDATE t SET at_ms = 5 WHERE id = 1")
    contract = contract_of(on_overlap=choice)

    report = migrate(begun.url, contract)

    assert report.differences == 1  # of the row that was converted before: it is not touched
    assert epochs(begun)[1] == 5
    assert epochs(begun)[2] == instant
    assert '{"id":2}' not in [key for _, key, _ in quarantine(begun)]


@pytest.mark.parametrize(("choice", "instant"), [("first", FIRST), ("second", SECOND)])
def test_triggers_decide_an_overlap_as_the_contract_now_does(store, choice, instant):
    migrate(store.url, contract_of())
    takes_over(store, contract_of(on_overlap=choice), f"on-overlap is '{choice}' and was 'reject'")

    store.run("INSERT INTO t (id, at) VALUES (9, '2024-10-27 02:30:00')")

    assert epochs(store)[9] == instant


def test_a_gap_that_is_decided_converts_the_quarantine_alone(begun):
    takes_over(begun, contract_of(on_gap="shift"), "on-gap is 'shift' and was 'reject'")

    assert epochs(begun) == {1: NOON, 2: None, 3: SHIFTED, 4: epochs(begun)[4]}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, ["2024-01-01", "2030-01-01"]),
        (["2020-01-01", "2030-01-01"], ["2019-01-01", "2030-01-01"]),
        (["2019-01-01", "2030-01-01"], None),
    ],
)
def test_a_range_is_set_widened_and_taken_away(store, before, after):
    def of(valid_range):
        keys = {} if valid_range is None else {"valid_range": valid_range}
        return contract_of(tables={"u": ["at"]}, **keys)

    migrate(store.url, of(before))

    with suppress(AssertionError):  # rows outside are differences, before as after
        takes_over(store, of(after), "valid-range is ")
    report = migrate(store.url, of(after))

    assert report.problems == ()
    assert report.differences == (1 if after and after[0] > "2019" and after[0] >= "2020" else 0)
    assert plan(store.url, of(after)).steps == ()


def test_verify_judges_by_the_contract_on_record_and_says_that_the_file_differs(store):
    migrate(store.url, contract_of(tables={"u": ["at"]}))

    report = verify(
        store.url, contract_of(tables={"u": ["at"]}, valid_range=["2020-01-01", "2030-01-01"])
    )

    assert report.differences == 0
    assert report.problems == (
        "the contract is not the one on record: valid-range is '2020-01-01 to 2030-01-01' and was "
        "not set when the migration began; run `ts-contract migrate`",
    )


def test_a_table_more_is_migrated(begun):
    takes_over(begun, contract_of(tables={"t": ["at"], "u": ["at"]}), "tables is 'u'")

    assert epochs(begun, "u")[2] == NOON
    assert epochs(begun)[1] == NOON


def test_a_column_more_is_migrated(begun):
    takes_over(begun, contract_of(tables={"t": ["at", "seen"]}), "columns of t is 'seen'")

    assert epochs(begun, column="seen_ms")[1] == NOON + 86_400_000
    assert epochs(begun)[1] == NOON
    assert ("seen", '{"id":4}', "soon") in quarantine(begun)
    begun.check()
    rollback(begun.url)
    assert begun.columns("t") == ("id", "at", "seen")


def test_triggers_keep_a_column_more(store):
    migrate(store.url, contract_of())
    migrate(store.url, contract_of(tables={"t": ["at", "seen"]}))

    store.run("UPDATE t SET seen = '2024-01-15 12:00:00' WHERE id = 4")
    store.run("INSERT INTO t (id, at_ms, seen_ms) VALUES (9, ?, ?)", NOON, NOON)

    assert epochs(store, column="seen_ms")[4] == NOON
    assert store.run("SELECT at, seen FROM t WHERE id = 9") == [("2024-01-15 12:00:00",) * 2]


def test_a_column_more_in_another_zone(begun):
    new = {"t": {"at": {}, "seen": {"timezone": "Asia/Tokyo"}}}

    takes_over(begun, contract_of(tables=new), "columns of t is 'seen'")

    assert epochs(begun, column="seen_ms")[1] == NOON + 86_400_000 - 8 * 3_600_000


def test_an_index_less_and_more(begun):
    without = contract_of(tables={"t": {"at": {"index": False}}})

    takes_over(begun, without, "index of t.at is false and was true")
    assert "idx_t_at_ms" not in begun.names("index")
    takes_over(begun, contract_of(), "index of t.at is true and was false")
    assert "idx_t_at_ms" in begun.names("index")


def test_values_that_stand_for_null_more_and_less(begun):
    listed = contract_of(tables={"t": {"at": {"null-values": ["0001-01-02 00:00:00"]}}})
    before = epochs(begun)[4]
    assert before is not None

    takes_over(begun, listed, "null-values of t.at is ['0001-01-02 00:00:00'] and was not set")
    assert epochs(begun)[4] is None
    assert begun.value("SELECT at FROM t WHERE id = 4") == "0001-01-02 00:00:00"
    takes_over(begun, contract_of(), "null-values of t.at is not set")
    assert epochs(begun)[4] == before


def test_values_that_come_to_stand_for_null_leave_the_quarantine(begun):
    migrate(begun.url, contract_of(tables={"t": ["at", "seen"]}))
    assert ("seen", '{"id":2}', "") in quarantine(begun)

    listed = contract_of(tables={"t": {"at": {}, "seen": {"null-values": [""]}}})
    takes_over(begun, listed, "null-values of t.seen is ['']")

    assert ("seen", '{"id":2}', "") not in quarantine(begun)


def test_how_the_column_is_written(store):
    migrate(store.url, contract_of())

    written_as = {"written-as": "2024-01-15T12:00:00.000"}
    takes_over(store, contract_of(tables={"t": {"at": written_as}}), "written-as of t.at is ")

    store.run("INSERT INTO t (id, at_ms) VALUES (9, ?)", NOON)
    assert store.value("SELECT at FROM t WHERE id = 9") == "2024-01-15T12:00:00.000"


def test_a_table_that_becomes_optional(begun):
    takes_over(begun, contract_of(optional_tables=["t"]), "optional-tables of t is true")


def test_a_version_more(begun):
    takes_over(begun, contract_of(version={"table": "v", "value": "2"}), "version is '2 in v")

    assert begun.rows("v") == [("2",)]


@pytest.mark.parametrize(
    "keys",
    [
        {"phase": "enforce"},
        {"clock": "myapp.clock"},
        {"helpers": ["myapp.aware"]},
        {"models": {"Task": "t"}},
        {"exclude": ["x/**"]},
        {"tables": {"T": ["AT"]}},
    ],
)
def test_what_decides_nothing_changes_nothing(begun, keys):
    takes_over(begun, contract_of(**keys))
    with begun.unchanged():
        migrate(begun.url, replace(contract_of(**keys), name="another"))


def test_several_changes_at_once_and_a_run_that_is_stopped(build):
    class Stop(BaseException):
        """Somebody pulls the plug."""

    contract = contract_of(
        on_overlap="second", tables={"t": {"at": {}, "seen": {"null-values": [""]}}, "u": ["at"]}
    )
    for place in range(12):
        store = build(SCRIPT, name=f"stopped_{place}.db")
        migrate(store.url, contract_of())
        told = []

        def stop(progress, told=told, place=place):
            told.append(progress)
            if len(told) > place:
                raise Stop

        with suppress(Stop):
            migrate(store.url, contract, batch_size=1, pause=0, progress=stop)
        report = migrate(store.url, contract)

        assert report.correct, (place, report)
        assert epochs(store)[2] == SECOND
        store.run("INSERT INTO t (id, at, seen) VALUES (9, '2024-10-27 02:30:00', '')")
        assert store.run("SELECT at_ms, seen_ms FROM t WHERE id = 9") == [(SECOND, None)]
        assert migrate(store.url, contract).correct


# --- refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            {},
            {"timezone": "UTC"},
            "timezone of t.at is 'UTC' and was 'Europe/Berlin' when the migration began",
        ),
        (
            {},
            {"tables": {"t": {"at": {"storage": "seconds"}}}},
            "storage of t.at is 'seconds' and was 'auto'",
        ),
        (
            {},
            {"tables": {"t": {"at": {"storage": {"unit": "us", "epoch": "1601-01-01"}}}}},
            "storage of t.at is 'us since 1601-01-01' and was 'auto'",
        ),
        ({}, {"tables": {"t": {"at": "at_epoch"}}}, "epoch of t.at is 'at_epoch' and was 'at_ms'"),
        (
            {"on_overlap": "first"},
            {"on_overlap": "second"},
            "on-overlap is 'second' and was 'first'",
        ),
        ({"on_overlap": "first"}, {}, "on-overlap is 'reject' and was 'first'"),
        ({"on_gap": "shift"}, {}, "on-gap is 'reject' and was 'shift'"),
        ({"tables": {"t": ["at"], "u": ["at"]}}, {}, "tables is not set and was 'u'"),
        ({"tables": {"t": ["at", "seen"]}}, {}, "columns of t is not set and was 'seen'"),
        (
            {"version": {"table": "v", "value": "2"}},
            {"version": {"table": "v", "value": "3"}},
            "version is '3 in v.version' and was '2 in v.version'",
        ),
        ({"version": {"table": "v", "value": "2"}}, {}, "version is not set and was '2 in v"),
    ],
)
def test_a_change_of_what_is_done_already_is_refused_by_its_key(store, before, after, message):
    migrate(store.url, contract_of(**before))

    refuses(store, contract_of(**after), message)


def test_a_range_with_a_check_is_refused_by_its_key(store):
    keys = {"tables": {"u": ["at"]}}
    old = contract_of(valid_range=["2019-01-01", "2030-01-01"], **keys)
    migrate(store.url, old, check_range=True)

    refuses(
        store,
        contract_of(valid_range=["2018-01-01", "2030-01-01"], **keys),
        "valid-range is '2018-01-01 to 2030-01-01' and was '2019-01-01 to 2030-01-01'",
    )


def test_changed_back_all_goes_on(begun):
    with pytest.raises(Refused):
        migrate(begun.url, contract_of(timezone="UTC"))

    assert migrate(begun.url, contract_of()).correct


def test_finalize_waits_for_what_migrate_takes_over(store):
    tables = {"u": ["at"]}
    migrate(store.url, contract_of(tables=tables))
    wider = contract_of(tables={**tables, "t": ["at"]})

    with store.unchanged(), pytest.raises(Refused, match=r"tables is 't' .*; run `ts-contract mig"):
        finalize(store.url, wider)
