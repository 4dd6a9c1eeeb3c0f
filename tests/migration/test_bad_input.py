"""Whatever is wrong with a contract or a run: one line that says what to do, and no harm done."""

import json
import os
import subprocess
import sys

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import (
    Failed,
    Refused,
    finalize,
    migrate,
    plan,
    rollback,
    status,
    verify,
)
from ts_contract.timestamps import now_ms

CONTRACT = parse_contract({"tables": {"t": ["c"]}})
STORE = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note);"
ROWS = [(n, f"2024-01-15 12:00:{n % 60:02}", "x" * 50) for n in range(500)]
WRITING = (migrate, rollback, finalize)
READING = (plan, verify, status)
ALL = [*WRITING, *READING]


@pytest.fixture
def store(build):
    return build(STORE, t=ROWS)


def one_line(error: pytest.ExceptionInfo) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


# --- a contract that does not fit ----------------------------------------------------------------

MISFITS = {
    "no table": ({"u": ["c"]}, "table u is not in the database; check the path"),
    "no column": ({"t": ["d"]}, "t.d is not in the database; correct the contract"),
    "a view": ({"v": ["c"]}, "v is a view, not a table"),
    "there already": ({"w": ["c"]}, "w.c_ms is there already, and not by this tool"),
    "the key of the rows": ({"t": ["id"]}, "t.id is the INTEGER PRIMARY KEY, which numbers"),
    "the index's name": ({"x": ["c"]}, "the name idx_x_c_ms is taken"),
}


@pytest.mark.parametrize(("tables", "message"), MISFITS.values(), ids=MISFITS)
def test_a_contract_that_does_not_fit_is_refused_before_anything_is_done(build, tables, message):
    store = build(
        STORE
        + """
        CREATE VIEW v AS SELECT c FROM t;
        CREATE TABLE w (c, c_ms);
        CREATE TABLE x (c); CREATE INDEX idx_x_c_ms ON x (c);
        """
    )
    contract = parse_contract({"tables": {"t": ["c"], **tables}})

    with store.unchanged(), pytest.raises(Refused) as error:
        migrate(store.url, contract)

    assert message in one_line(error)
    assert any(message in refusal for refusal in plan(store.url, contract).refusals)


def test_all_that_does_not_fit_is_said_at_once(store):
    contract = parse_contract({"tables": {"t": ["d"], "u": ["c"], "w": ["c"]}})

    with pytest.raises(Refused) as error:
        migrate(store.url, contract)

    assert all(name in one_line(error) for name in ("t.d", "table u", "table w"))


def test_an_optional_table_that_is_missing_is_skipped_and_named(store):
    contract = parse_contract({"tables": {"t": ["c"], "u": ["c"]}, "optional-tables": ["u"]})

    assert any("table u is not there" in f.message for f in plan(store.url, contract).notices)
    report = migrate(store.url, contract)

    assert (report.ok, report.missing) == (True, ("u",))
    assert status(store.url, contract).missing == ("u",)


def test_a_missing_version_table_is_refused(store):
    contract = parse_contract({"tables": {"t": ["c"]}, "version": {"table": "v", "value": "1"}})

    with store.unchanged(), pytest.raises(Refused, match="table v, which receives the version row"):
        migrate(store.url, contract)


def test_another_contracts_migration_is_not_gone_on_with(store):
    migrate(store.url, CONTRACT)
    other = parse_contract({"tables": {"t": {"c": "c_epoch"}}})

    with store.unchanged(), pytest.raises(Refused, match="in migration by another contract"):
        migrate(store.url, other)


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"pause": -1}])
def test_options_that_make_no_sense(store, options):
    with store.unchanged(), pytest.raises(Refused, match="correct the options"):
        migrate(store.url, CONTRACT, **options)


# --- another run ---------------------------------------------------------------------------------


def put_lease(store, pid: int, host: str, age_ms: int) -> None:
    lease = {"token": "theirs", "pid": pid, "host": host, "at": now_ms() - age_ms}
    store.run("DELETE FROM _ts_contract_state WHERE name = 'lease' OR name LIKE 'backfill:%'")
    store.run("INSERT INTO _ts_contract_state VALUES ('lease', ?)", json.dumps(lease))


def dead_pid() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.mark.parametrize("call", WRITING)
def test_a_run_that_is_alive_is_waited_for(store, call):
    migrate(store.url, CONTRACT)
    import socket

    put_lease(store, os.getppid(), socket.gethostname(), age_ms=0)

    with store.unchanged(), pytest.raises(Refused, match="another run is at work") as error:
        call(store.url, CONTRACT)

    assert f"process {os.getppid()} on" in one_line(error)
    assert str(os.getppid()) in status(store.url, CONTRACT).running


@pytest.mark.parametrize(
    ("pid", "host", "age_ms"),
    [(None, None, 0), (1, "another host", 60_001)],
    ids=["dead process", "no sign of life"],
)
def test_a_run_that_died_is_taken_over_from(store, pid, host, age_ms):
    import socket

    migrate(store.url, CONTRACT)
    put_lease(store, pid or dead_pid(), host or socket.gethostname(), age_ms)

    assert migrate(store.url, CONTRACT).ok
    assert status(store.url, CONTRACT).running is None


THEIRS = json.dumps({"token": "theirs", "pid": 1, "host": "another host", "at": now_ms()})


@pytest.mark.parametrize("lease", [THEIRS, None], ids=["at work", "through already"])
def test_a_run_that_another_took_over_from_stops_and_changes_nothing_more(store, lease):
    filled = "SELECT count(*) FROM t WHERE c_ms IS NOT NULL"
    at_the_takeover: list[object] = []

    def taken_over(progress):
        if progress.phase == "backfill" and progress.done and not at_the_takeover:
            store.run("DELETE FROM _ts_contract_state WHERE name = 'lease'")
            if lease is not None:
                store.run("INSERT INTO _ts_contract_state VALUES ('lease', ?)", lease)
            at_the_takeover.append(store.value(filled))

    with pytest.raises(Failed) as error:
        migrate(store.url, CONTRACT, batch_size=50, pause=0, progress=taken_over)

    assert one_line(error) == (
        f"{store.path}: another run took over while this one stood still; let it finish"
    )
    assert store.value(filled) == at_the_takeover[0] < len(ROWS)
    held = store.run("SELECT value FROM _ts_contract_state WHERE name = 'lease'")
    assert held == ([] if lease is None else [(lease,)])
