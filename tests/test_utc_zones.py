"""Every name of UTC is UTC, wherever a zone makes a difference."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest

from ts_contract import Contract
from ts_contract.codemod.changes import Options
from ts_contract.codemod.rewrite import RewriteSettings, rewrite
from ts_contract.contract import is_utc
from ts_contract.lint.engine import check
from ts_contract.loading import parse_contract
from ts_contract.migration import migrate

NAMES = [
    "Etc/UTC", "GMT", "Etc/GMT", "GMT0", "Etc/GMT0", "GMT+0", "Etc/GMT+0", "GMT-0", "Etc/GMT-0",
    "Greenwich", "Etc/Greenwich", "UCT", "Etc/UCT", "Universal", "Etc/Universal", "Zulu",
    "Etc/Zulu",
]  # fmt: skip
HERE = [name for name in NAMES if name in available_timezones()]  # some systems lack the old ones


def contract_in(zone: str) -> Contract:
    return parse_contract({"timezone": zone, "tables": {"tasks": ["created_at"]}})


# --- the places ------------------------------------------------------------------------------


def rewritten(text: str, **options: bool) -> Callable[[str, Path], object]:
    """Return what the codemod makes of a text under a contract in a zone."""

    def result(zone: str, _: Path) -> object:
        codes = frozenset({"TSC201", "TSC202", "TSC205"})
        done = rewrite(
            text, "x.py", RewriteSettings(contract_in(zone), None, codes, Options(**options))
        )
        return done.text, [(change.status, change.safety) for change in done.changes]

    return result


def linted(zone: str, _: Path) -> object:
    """Return what the linter says about a zone in Python."""
    text = (
        "from datetime import datetime\n"
        "from zoneinfo import ZoneInfo\n"
        f"right = datetime.utcnow().replace(tzinfo=ZoneInfo('{zone}'))\n"
        f"wrong = datetime.now().replace(tzinfo=ZoneInfo('{zone}')).timestamp()\n"
    )
    return [(f.code, f.line, f.message, f.fix and f.fix.safety) for f in check(text)]


def migrated(zone: str, directory: Path) -> object:
    """Return the schema and the rows after a migration, old and new code, and values far off."""
    path = directory / "app.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE tasks (id INTEGER PRIMARY KEY, created_at TIMESTAMP)")
        db.executemany(
            "INSERT INTO tasks (created_at) VALUES (?)",
            [("2024-07-15 12:00:00",), ("1801-01-01 00:00:00",), ("2300-01-01T00:00:00",), ("x",)],
        )
        db.commit()
        report = migrate(path, contract_in(zone))
        db.execute("INSERT INTO tasks (created_at) VALUES ('2024-07-16 12:00:00')")
        db.execute("INSERT INTO tasks (created_at_ms) VALUES (1721217600000)")
        rows = db.execute("SELECT * FROM tasks ORDER BY id").fetchall()
        quarantine = db.execute("SELECT * FROM _ts_contract_quarantine").fetchall()
        schema = db.execute("SELECT sql FROM sqlite_schema ORDER BY rowid").fetchall()
    # Our triggers are named after the unit and zone that they convert from.
    return report.problems, rows, quarantine, str(schema).replace(f"auto {zone}", "auto ZONE")


PLACES = {
    "compat read of a *": rewritten(
        "def f(db):\n    return db.execute('SELECT * FROM tasks').fetchall()\n", compat_reads=True
    ),
    "compat read of a column": rewritten(
        "def f(db):\n    return db.execute('SELECT created_at FROM tasks').fetchall()\n",
        compat_reads=True,
    ),
    "bound text": rewritten(
        "def f(db, at):\n"
        "    db.execute('SELECT id FROM tasks WHERE created_at > ?', (at.isoformat(),))\n",
        unsafe=True,
    ),
    "linter": linted,
    "migration": migrated,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", HERE)
def test_each_name_of_utc_gives_what_utc_gives(place, name, tmp_path) -> None:
    result = PLACES[place]
    (one := tmp_path / "one").mkdir()
    (other := tmp_path / "other").mkdir()
    assert result(name, one) == result("UTC", other)


@pytest.mark.parametrize("place", PLACES)
def test_each_place_tells_another_zone_from_utc(place, tmp_path) -> None:
    result = PLACES[place]
    (one := tmp_path / "one").mkdir()
    (other := tmp_path / "other").mkdir()
    assert result("Europe/Paris", one) != result("UTC", other)


# --- the names -------------------------------------------------------------------------------


def test_they_are_all_zones_that_never_left_utc() -> None:
    days = [
        datetime(1800, 1, 1, tzinfo=UTC) + timedelta(days=days) for days in range(0, 150_000, 9)
    ]
    nameless = {"Factory", "localtime"}  # no zone was set; whatever this machine is in
    found = {
        name
        for name in available_timezones() - nameless
        if all(day.astimezone(ZoneInfo(name)).utcoffset() == timedelta(0) for day in days)
    }
    assert found == {"UTC", *HERE}
    assert {name for name in available_timezones() if is_utc(name)} == found
