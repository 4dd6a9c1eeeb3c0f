"""A database that this project did not write: Django's own, through the real command line."""

import json
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ts_contract import Contract
from ts_contract.loading import parse_contract

PROJECT = Path(__file__).with_name("django_project.py")
CONTRACT = """\
[tables]
auth_user = ["last_login", "date_joined"]
django_session = ["expire_date"]
django_admin_log = ["action_time"]
django_migrations = ["applied"]
"""


LOCAL_TIMES = 'timezone = "America/New_York"\non-overlap = "first"\n'


@pytest.fixture(scope="module", params=["aware", "naive"])
def zones(request) -> str:
    """Whether the project stores UTC or the local times of New York."""
    return request.param


@pytest.fixture(scope="module")
def original(tmp_path_factory, zones) -> Path:
    """A directory with Django's database, what Django reads in it, and our contract."""
    directory = tmp_path_factory.mktemp("django")
    django("create", zones, directory)
    contract = CONTRACT if zones == "aware" else LOCAL_TIMES + CONTRACT
    (directory / "ts-contract.toml").write_text(contract)
    return directory


@pytest.fixture
def store(original, tmp_path) -> Path:
    """A copy of that directory to change."""
    return Path(shutil.copytree(original, tmp_path / "store"))


def django(action: str, zones: str, directory: Path) -> None:
    command = [sys.executable, PROJECT, action, zones, "app.sqlite3", "truth.json"]
    subprocess.run(command, cwd=directory, check=True)


def ts_contract(directory: Path, command: str, *options: str, code: int = 0) -> str:
    """Run our command on Django's database, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "ts_contract", "--quiet", command, "app.sqlite3", *options],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, ""), done.stdout
    return done.stdout


def connect(directory: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(directory / "app.sqlite3"))


def schema(directory: Path) -> list[tuple[str, ...]]:
    with connect(directory) as db:
        return db.execute("SELECT type, name, sql FROM sqlite_master ORDER BY rowid").fetchall()


def dump(directory: Path) -> list[str]:
    with connect(directory) as db:
        return list(db.iterdump())


def differences(directory: Path) -> list[tuple[object, ...]]:
    """Return every value whose epoch column is not the instant that Django reads, floored."""
    truth = json.loads((directory / "truth.json").read_text())
    wrong = []
    with connect(directory) as db:
        for table, values in truth.items():
            ((_, key),) = [(c[0], c[1]) for c in db.execute(f"PRAGMA table_info({table})") if c[5]]
            for pk, column, us in values:
                (ms,) = db.execute(
                    f"SELECT {column}_ms FROM {table} WHERE {key} = ?", (pk,)
                ).fetchone()
                if ms != (None if us is None else us // 1000):
                    wrong.append((table, pk, column, us, ms))
    assert sum(map(len, truth.values())) > 4_000
    return wrong


def test_every_value_becomes_the_instant_that_django_reads(store):
    ts_contract(store, "plan")
    ts_contract(store, "migrate")
    assert differences(store) == []
    ts_contract(store, "verify")


def test_django_goes_on_working_and_both_columns_stay_equal(store, zones):
    ts_contract(store, "migrate")
    django("work", zones, store)
    assert differences(store) == []
    ts_contract(store, "verify")


def test_rollback_leaves_djangos_database_as_it_was(store, zones):
    before = (schema(store), dump(store))
    ts_contract(store, "migrate")
    ts_contract(store, "rollback")
    assert (schema(store), dump(store)) == before
    django("work", zones, store)


def test_the_epoch_columns_remain_after_finalize(store):
    ts_contract(store, "migrate")
    ts_contract(store, "finalize", "--yes")
    assert differences(store) == []
    with connect(store) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        columns = {row[1] for row in db.execute("PRAGMA table_info(auth_user)")}
    assert {"last_login_ms", "date_joined_ms"} <= columns
    assert not {"last_login", "date_joined"} & columns


def test_tables_that_a_migration_of_django_rebuilt_are_healed(store, zones):
    ts_contract(store, "migrate")
    django("alter", zones, store)
    with connect(store) as db:
        columns = {row[1] for row in db.execute("PRAGMA table_info(auth_user)")}
    assert "date_joined_ms" not in columns

    problems = ts_contract(store, "verify", code=1)
    assert "auth_user.date_joined_ms is not in the database" in problems
    assert "django_session.expire_date_ms is not in the database" in problems
    healed = ts_contract(store, "migrate")
    assert "made anew: column auth_user.date_joined_ms is missing" in healed
    assert "made anew: trigger _ts_contract_django_session_insert is missing" in healed
    assert differences(store) == []
    django("work", zones, store)
    assert differences(store) == []
    ts_contract(store, "verify")


def test_rollback_leaves_what_a_migration_of_django_rebuilt(store, zones):
    ts_contract(store, "migrate")
    django("alter", zones, store)
    rebuilt = [entry for entry in schema(store) if entry[1] in ("auth_user", "django_session")]
    ts_contract(store, "migrate")
    ts_contract(store, "rollback")
    left = schema(store)
    assert set(rebuilt) <= set(left)
    assert not [entry for entry in left if "_ts_contract_" in entry[1] or "_ms" in entry[1]]
    django("work", zones, store)


def test_discover_proposes_the_contract_that_we_wrote(original):
    proposed = parse_contract(tomllib.loads(ts_contract(original, "discover")))
    written = parse_contract(tomllib.loads(CONTRACT))
    assert set(columns(proposed)) == set(columns(written))


def columns(contract: Contract) -> Iterator[tuple[str, str, str]]:
    return ((table.name, column.legacy, column.epoch) for table, column in contract.columns())
