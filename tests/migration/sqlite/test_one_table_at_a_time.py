"""A table is migrated, and finalized, while others are not."""

import json
import re
import subprocess
import sys

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import (
    Refused,
    columns_to_drop,
    finalize,
    migrate,
    plan,
    rollback,
    status,
    verify,
)

HOSTILE = 'or"der; DROP TABLE x; --'
CONTRACT = parse_contract(
    {
        "tables": {
            "t": ["at"],
            "U": {"at": {"timezone": "Europe/Berlin"}},
            HOSTILE: ["at"],
        },
        "version": {"table": "v", "value": "2"},
    }
)
SCRIPT = """
CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP);
CREATE TABLE U (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT '2024-01-15 12:00:00');
CREATE TABLE "or""der; DROP TABLE x; --" (id INTEGER PRIMARY KEY, at TIMESTAMP UNIQUE);
CREATE TABLE v (version TEXT);
INSERT INTO t VALUES (1, '2024-01-15 12:00:00'), (2, 'soon');
INSERT INTO U VALUES (1, '2024-01-15 12:00:00'), (2, '2024-07-15 12:00:00');
INSERT INTO "or""der; DROP TABLE x; --" VALUES (1, '2024-01-15 12:00:00');
"""
NOON = 1_705_320_000_000


@pytest.fixture
def store(build):
    return build(SCRIPT)


def phases(store) -> list[str]:
    return [column.phase for column in status(store.url, CONTRACT).columns]


def insert(store, table: str, epoch: int | None = None) -> tuple:
    """Insert a row as old code does it, or as new code does, and return what is stored."""
    quoted = '"' + table.replace('"', '""') + '"'
    if epoch is None:
        store.run(f"INSERT INTO {quoted} (id, at) VALUES (9, '2024-01-16 12:00:00')")
    else:
        store.run(f"INSERT INTO {quoted} (id, at_ms) VALUES (9, ?)", epoch)
    ((legacy, ms),) = store.run(f"SELECT at, at_ms FROM {quoted} WHERE id = 9")
    store.run(f"DELETE FROM {quoted} WHERE id = 9")
    return legacy, ms


def test_one_table_is_migrated_and_the_others_are_as_they_were(store):
    report = migrate(store.url, CONTRACT, tables=["u"])

    assert report.ok
    assert [table.name for table in report.tables] == ["U"]
    assert phases(store) == ["legacy", "verified", "legacy"]
    assert store.columns("t") == ("id", "at")
    assert store.rows("v") == []
    assert insert(store, "U") == ("2024-01-16 12:00:00", NOON + 82_800_000)


def test_one_after_the_other_each_keeps_its_phase_and_its_triggers(store):
    for table, expected in [
        ("U", ["legacy", "verified", "legacy"]),
        (HOSTILE, ["legacy", "verified", "verified"]),
        ("t", ["verified"] * 3),
    ]:
        migrate(store.url, CONTRACT, tables=[table])
        assert phases(store) == expected
        assert insert(store, "U") == ("2024-01-16 12:00:00", NOON + 82_800_000)
        assert insert(store, "U", NOON - 3_600_000) == ("2024-01-15 12:00:00", NOON - 3_600_000)

    assert insert(store, "t") == ("2024-01-16 12:00:00", NOON + 86_400_000)
    assert insert(store, HOSTILE) == ("2024-01-16 12:00:00", NOON + 86_400_000)
    assert store.rows("v") == []
    assert migrate(store.url, CONTRACT).correct
    assert store.rows("v") == [("2",)]
    assert plan(store.url, CONTRACT).steps == ()
    assert verify(store.url, CONTRACT).correct


def test_a_run_that_is_stopped_leaves_the_others_verified(store):
    class Stop(BaseException):
        """Somebody pulls the plug."""

    def stop(progress):
        if progress.phase == "backfill":
            raise Stop

    migrate(store.url, CONTRACT, tables=["U"])
    with pytest.raises(Stop):
        migrate(store.url, CONTRACT, tables=["t"], progress=stop)

    assert phases(store) == ["synced", "verified", "legacy"]
    assert json.loads(dict(store.rows("_ts_contract_state"))["verified"])["tables"] == ["u"]


def test_tables_that_are_right_are_finalized_while_one_has_a_quarantine(store):
    migrate(store.url, CONTRACT)
    with store.unchanged(), pytest.raises(Refused, match="1 values are in the quarantine"):
        finalize(store.url, CONTRACT)

    assert columns_to_drop(store.url, tables=["u"]) == ("U.at",)
    assert finalize(store.url, CONTRACT, tables=["u", HOSTILE]).columns == (
        "U.at",
        f"{HOSTILE}.at",
    )

    assert phases(store) == ["verified", "finalized", "finalized"]
    assert store.columns("U") == ("id", "at_ms")
    assert insert(store, "t") == ("2024-01-16 12:00:00", NOON + 86_400_000)
    assert insert(store, "t", NOON) == ("2024-01-15 12:00:00", NOON)
    assert plan(store.url, CONTRACT).refusals == ()
    assert plan(store.url, CONTRACT).steps == ()
    report = verify(store.url, CONTRACT)
    assert (report.correct, report.quarantined) == (True, 1)
    with store.unchanged(), pytest.raises(Refused, match="quarantine"):
        finalize(store.url, CONTRACT, tables=["t"])


def test_the_last_one_takes_everything_of_ours_along(store):
    migrate(store.url, CONTRACT)
    store.run("UPDATE t SET at = NULL WHERE id = 2")
    for table in ("t", HOSTILE, "U"):
        finalize(store.url, CONTRACT, tables=[table])

    assert phases(store) == ["finalized"] * 3
    assert not [name for name in store.names() if name.startswith("_ts_contract")]
    assert verify(store.url, CONTRACT).ok
    store.check()


def test_what_is_left_goes_on_by_commands_for_all(store):
    migrate(store.url, CONTRACT)
    finalize(store.url, CONTRACT, tables=["U"])
    store.run("UPDATE t SET at = NULL WHERE id = 2")

    assert migrate(store.url, CONTRACT).ok
    assert set(finalize(store.url, CONTRACT).columns) == {"t.at", f"{HOSTILE}.at"}
    assert phases(store) == ["finalized"] * 3
    assert finalize(store.url, CONTRACT).columns == ()


def test_rollback_takes_out_what_is_left_and_names_what_stays(store):
    migrate(store.url, CONTRACT)
    finalize(store.url, CONTRACT, tables=["U"])

    report = rollback(store.url)

    assert set(report.columns) == {"t.at_ms", f"{HOSTILE}.at_ms"}
    assert report.finalized == ("U",)
    assert store.columns("t") == ("id", "at")
    assert store.columns("U") == ("id", "at_ms")
    assert not [name for name in store.names() if name.startswith("_ts_contract")]


def test_a_finalized_table_that_is_renamed_is_nobodys_business(store):
    migrate(store.url, CONTRACT)
    finalize(store.url, CONTRACT, tables=["U"])
    store.run("ALTER TABLE U RENAME COLUMN id TO k")

    assert verify(store.url, CONTRACT).correct


@pytest.mark.parametrize("command", [migrate, finalize])
def test_a_table_that_the_contract_does_not_have_is_refused(store, command):
    with store.unchanged(), pytest.raises(Refused, match="nope is not a table of the contract"):
        command(store.url, CONTRACT, tables=["t", "nope"])


def test_a_table_that_is_not_migrated_is_not_finalized(store):
    migrate(store.url, CONTRACT, tables=["U"])

    with store.unchanged(), pytest.raises(Refused, match="run `ts-contract migrate`"):
        finalize(store.url, CONTRACT, tables=[HOSTILE])


FOREIGN = parse_contract({"tables": {"cal": ["day"], "visits": ["day"], "alone": ["at"]}})
FOREIGN_SCRIPT = """
CREATE TABLE cal (day TIMESTAMP NOT NULL UNIQUE, name TEXT);
CREATE TABLE visits (id INTEGER PRIMARY KEY, day TIMESTAMP REFERENCES cal (day));
CREATE TABLE alone (id INTEGER PRIMARY KEY, at TIMESTAMP, visit INTEGER REFERENCES visits (id));
INSERT INTO cal VALUES ('2024-01-15 12:00:00', 'a');
INSERT INTO visits VALUES (1, '2024-01-15 12:00:00');
"""
TIED = r"visits \(day\) references cal \(day\); name both tables"


@pytest.mark.parametrize("table", ["cal", "visits"])
def test_tables_that_a_foreign_key_ties_are_not_parted(build, table):
    store = build(FOREIGN_SCRIPT)
    with store.unchanged(), pytest.raises(Refused, match=TIED):
        migrate(store.url, FOREIGN, tables=[table])
    migrate(store.url, FOREIGN)

    with store.unchanged(), pytest.raises(Refused, match=TIED):
        finalize(store.url, FOREIGN, tables=[table])
    assert finalize(store.url, FOREIGN, tables=["cal", "visits"]).columns
    store.check()


def test_a_foreign_key_of_other_columns_ties_nothing(build):
    store = build(FOREIGN_SCRIPT)

    assert migrate(store.url, FOREIGN, tables=["alone"]).ok
    assert migrate(store.url, FOREIGN, tables=["cal", "visits"]).ok
    assert finalize(store.url, FOREIGN, tables=["alone"]).columns == ("alone.at",)


def test_a_changed_contract_is_not_taken_over_for_some_tables_alone(store):
    migrate(store.url, CONTRACT)
    changed = parse_contract(
        {
            "tables": {
                "t": {"at": {"null-values": ["soon"]}},
                "U": {"at": {"timezone": "Europe/Berlin"}},
                HOSTILE: ["at"],
            },
            "version": {"table": "v", "value": "2"},
        }
    )

    with store.unchanged(), pytest.raises(Refused, match=r"null-values of t.at .* without --table"):
        migrate(store.url, changed, tables=["U"])
    assert migrate(store.url, changed, tables=["t"]).ok


def test_the_command_line_takes_some_tables(store, tmp_path):
    (tmp_path / "ts-contract.toml").write_text('[tables]\nt = ["at"]\nU = ["at"]\n')

    def run(*args: str) -> subprocess.CompletedProcess:
        argv = [sys.executable, "-m", "ts_contract", *args]
        return subprocess.run(argv, check=False, cwd=tmp_path, capture_output=True, text=True)

    path = str(store.path)
    assert run("migrate", path, "--table", "U").returncode == 0
    assert run("migrate", path, "--table", "t", "--table", "U").returncode == 1
    refused = run("finalize", path, "--table", "U")
    assert (refused.returncode, "drops U.at for good" in refused.stderr) == (2, True)
    assert run("finalize", path, "--table", "U", "--yes").returncode == 0
    assert run("finalize", path, "--table", "t", "--yes").returncode == 2
    shown = run("status", path).stdout
    assert re.findall(r"^(\w\.at) +([a-z]+)", shown, re.MULTILINE) == [
        ("t.at", "verified"),
        ("U.at", "finalized"),
    ]
    assert "all but U is as it was" in run("rollback", path).stdout


def test_a_table_that_is_not_migrated_yet_may_change(store):
    migrate(store.url, CONTRACT, tables=["t"])
    changed = parse_contract(
        {
            "tables": {"t": ["at"], "U": {"at": {"timezone": "Asia/Tokyo"}}, HOSTILE: ["at"]},
            "version": {"table": "v", "value": "2"},
        }
    )

    assert migrate(store.url, changed, tables=["U"]).ok

    assert insert(store, "U") == ("2024-01-16 12:00:00", NOON + 86_400_000 - 9 * 3_600_000)
    assert insert(store, "t") == ("2024-01-16 12:00:00", NOON + 86_400_000)
