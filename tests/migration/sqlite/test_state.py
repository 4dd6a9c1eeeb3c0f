"""What is stored of a migration on its way stays readable for the versions that come after."""

import json

import pytest

from ts_contract.contract import Contract
from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, migrate, rollback, status

CONTRACT = parse_contract(
    {"tables": {"tasks": {"created_at": "created_at_ms", "done_at": {"index": False}}}}
)
CREATED = "CREATE TABLE Tasks (id INTEGER PRIMARY KEY, created_at TIMESTAMP, done_at TEXT)"

# As 0.1.0 left it after four rows, stopped in `migrate(store, CONTRACT, sync=False)`.
STATE = {
    "backfill:Tasks": '{"cursor": [9], "bound": [33], "density": null, "done": false, '
    '"filled": 4, "rows": 12}',
    "contract": '{"name": "contract", "fingerprint": '
    '"eea2f351ea1e800cc340b27f24b309efff4bddbc80019aa490678c61db432d1f"}',
    "options": '{"sync": false, "check_range": false}',
    "phase:expand": '{"at": 1795878041751}',
    "table:Tasks": f'{{"sql":"{CREATED}",'
    '"columns":[["created_at","created_at_ms",true],["done_at","done_at_ms",false]]}',
}
DEAD = '{"token": "00", "pid": 4000000, "host": "elsewhere", "at": 1700000000000}'


class Stop(BaseException):
    """Somebody pulls the plug."""


@pytest.fixture
def legacy(build):
    rows = [(3 * n, f"2024-01-15 12:00:{n:02}", "soon" if n == 1 else None) for n in range(12)]
    return build(f"{CREATED};", Tasks=rows)


def begin(store) -> None:
    """Migrate, and stop after four rows."""

    def stop(progress):
        if progress.phase == "backfill" and progress.done >= 4:
            raise Stop

    with pytest.raises(Stop):
        migrate(store.url, CONTRACT, sync=False, batch_size=2, pause=0, progress=stop)


def without_times(state: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in state.items() if not name.startswith("phase:")}


def test_a_stopped_run_leaves_the_same_text_as_earlier_versions_and_the_contract(legacy):
    begin(legacy)

    stored = dict(legacy.rows("_ts_contract_state"))

    contract = json.loads(stored["contract"])
    earlier = json.loads(STATE["contract"])
    assert Contract.of_decisive("contract", contract["decisive"]) == CONTRACT
    assert contract == {**earlier, "decisive": contract["decisive"]}
    assert stored.pop("format") == "2"
    assert without_times({**stored, "contract": STATE["contract"]}) == without_times(STATE)


def test_what_an_earlier_version_began_goes_on_where_it_was(legacy):
    begin(legacy)
    legacy.run("DELETE FROM _ts_contract_state")
    legacy.run_many("INSERT INTO _ts_contract_state VALUES (?, ?)", [*STATE.items()])
    legacy.run("INSERT INTO _ts_contract_state VALUES ('lease', ?)", DEAD)
    told = []

    assert status(legacy.url, CONTRACT).running == "process 4000000 on elsewhere"
    report = migrate(legacy.url, CONTRACT, batch_size=2, pause=0, progress=told.append)

    assert (report.correct, report.quarantined, report.differences) == (True, 1, 0)
    assert next(p.done for p in told if p.phase == "backfill") == 4
    assert {p.phase for p in told} == {"backfill", "index", "verify"}
    assert rollback(legacy.url, CONTRACT).columns == (
        "Tasks.created_at_ms",
        "Tasks.done_at_ms",
    )
    assert legacy.value("SELECT sql FROM sqlite_schema WHERE name = 'Tasks'") == CREATED


def test_what_an_earlier_version_began_is_taken_back_by_its_contract(legacy):
    begin(legacy)
    legacy.run("DELETE FROM _ts_contract_state")
    legacy.run_many("INSERT INTO _ts_contract_state VALUES (?, ?)", [*STATE.items()])

    with legacy.unchanged(), pytest.raises(Refused, match="did not record it"):
        rollback(legacy.url)

    assert len(rollback(legacy.url, CONTRACT).columns) == 2
    assert legacy.value("SELECT sql FROM sqlite_schema WHERE name = 'Tasks'") == CREATED
