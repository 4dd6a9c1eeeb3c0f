import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import freezegun
import pytest
import time_machine

from ts_contract import now_ms
from ts_contract.testing import FrozenClock

NOON = 1_705_320_000_000


def current(connection):
    return connection.execute("SELECT CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME").fetchone()


def test_now_and_the_clock_of_the_database_stand_at_the_same_instant():
    with (
        FrozenClock("2024-01-15 12:00:00.789") as clock,
        closing(sqlite3.connect(":memory:")) as db,
    ):
        assert now_ms() == clock.now_ms == NOON + 789
        assert current(db) == ("2024-01-15 12:00:00", "2024-01-15", "12:00:00")


def test_a_default_current_timestamp_follows_the_clock():
    with FrozenClock(NOON) as clock, closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)")
        db.execute("INSERT INTO t(id) VALUES (1)")
        clock.advance(90_061_000)
        db.execute("INSERT INTO t(id) VALUES (2)")
        assert db.execute("SELECT at FROM t").fetchall() == [
            ("2024-01-15 12:00:00",),
            ("2024-01-16 13:01:01",),
        ]


@pytest.mark.parametrize(
    "instant", [NOON, "2024-01-15T12:00:00Z", datetime(2024, 1, 15, 12, tzinfo=UTC)]
)
def test_the_clock_moves_to_an_instant_in_any_form(instant):
    with FrozenClock() as clock:
        clock.move_to(instant)
        assert now_ms() == NOON


def test_the_clock_begins_at_the_present_and_stands():
    before = now_ms()
    with FrozenClock():
        first = now_ms()
        assert before <= first
        assert all(now_ms() == first for _ in range(1000))


def test_afterwards_both_clocks_run_again_also_in_a_connection_that_stays_open():
    with FrozenClock(NOON):
        db = sqlite3.connect(":memory:")
    with closing(db):
        today = datetime.now(UTC).date().isoformat()
        assert now_ms() > NOON
        assert current(db)[1] >= today
    assert sqlite3.connect.__module__ != "ts_contract.testing.engines.sqlite.connections"


@pytest.mark.parametrize(
    "python_clock",
    [
        lambda: time_machine.travel(datetime(2022, 2, 2, tzinfo=UTC), tick=False),
        lambda: freezegun.freeze_time("2022-02-02"),
    ],
    ids=["time-machine", "freezegun"],
)
def test_beside_a_frozen_python_clock_each_keeps_its_own_time(python_clock):
    with python_clock(), FrozenClock() as clock, closing(sqlite3.connect(":memory:")) as db:
        assert clock.now_ms == 1_643_760_000_000
        assert current(db)[0] == "2022-02-02 00:00:00"
        clock.move_to(NOON)
        assert now_ms() == NOON
        assert current(db)[0] == "2024-01-15 12:00:00"
        assert datetime.now(UTC) == datetime(2022, 2, 2, tzinfo=UTC)


def test_text_that_is_no_time_is_refused():
    with pytest.raises(ValueError, match="is not a date-time"):
        FrozenClock("soon")
