"""Naive datetimes that are bound, and the application's own adapter for them."""

import sqlite3
import threading
import warnings
from contextlib import closing
from datetime import UTC, datetime

import pytest

from ts_contract.loading import parse_contract
from ts_contract.testing.watching import Watch

CONTRACT = parse_contract({"tables": {"tasks": ["created_at"]}})


def test_the_adapter_for_datetimes_is_taken_back():
    before = dict(sqlite3.adapters)
    with Watch(CONTRACT):
        assert sqlite3.adapters != before
    assert sqlite3.adapters == before


NOON = datetime(2024, 1, 15, 12)
pytestmark = pytest.mark.filterwarnings("ignore:The default datetime adapter:DeprecationWarning")


def test_a_naive_datetime_bound_as_a_parameter_is_told_at_its_line(db, watch):
    def save():
        db.execute("INSERT INTO notes(created_at) VALUES (?)", (NOON,))

    save()
    [(site, count)] = watch.take().naive.items()
    assert (site.path, site.line) == (__file__, save.__code__.co_firstlineno + 1)
    assert count == 1
    assert db.execute("SELECT created_at FROM notes").fetchone() == ("2024-01-15 12:00:00",)


def test_an_aware_datetime_is_not(db, watch):
    db.execute("INSERT INTO notes(created_at) VALUES (?)", (NOON.replace(tzinfo=UTC),))
    assert not watch.take().naive
    stored = db.execute("SELECT created_at FROM notes").fetchone()
    assert stored == ("2024-01-15 12:00:00+00:00",)


def test_an_adapter_of_the_application_goes_on_to_adapt(path):
    before = sqlite3.adapters.get((datetime, sqlite3.PrepareProtocol))
    sqlite3.register_adapter(datetime, lambda value: f"at {value.year}")
    try:
        with Watch(CONTRACT) as watch, closing(sqlite3.connect(path)) as db:
            assert db.execute("SELECT ?", (NOON,)).fetchone() == ("at 2024",)
            assert watch.take().naive
    finally:
        sqlite3.register_adapter(datetime, before)


def test_a_warning_of_the_adapter_names_the_callers_line(path):
    def warn(value):
        warnings.warn("deprecated", DeprecationWarning, stacklevel=2)
        return value.isoformat()

    before = sqlite3.adapters.get((datetime, sqlite3.PrepareProtocol))
    sqlite3.register_adapter(datetime, warn)
    try:
        with (
            Watch(CONTRACT),
            closing(sqlite3.connect(path)) as db,
            pytest.warns(DeprecationWarning, match="deprecated") as caught,
        ):
            db.execute("SELECT ?", (NOON,))
    finally:
        sqlite3.register_adapter(datetime, before)
    assert [warning.filename for warning in caught] == [__file__]


@pytest.fixture
def adapters():
    """sqlite3's table of adapters, which is given back as it was."""
    before = dict(sqlite3.adapters)
    yield sqlite3.adapters
    sqlite3.adapters.clear()
    sqlite3.adapters.update(before)


KEY = (datetime, sqlite3.PrepareProtocol)


def test_without_an_adapter_binding_is_an_error_as_ever(path, adapters):
    adapters.clear()
    with Watch(CONTRACT), Watch(CONTRACT), closing(sqlite3.connect(path)) as db:
        with pytest.raises(sqlite3.Error, match=r"datetime\.datetime.*not supported"):
            db.execute("INSERT INTO notes(created_at) VALUES (?)", (NOON,))
        assert adapters == {}
    assert adapters == {}


def test_an_adapter_that_is_taken_away_or_set_meanwhile_stays_so(path, adapters):
    with Watch(CONTRACT):
        adapters.clear()
    assert adapters == {}
    with Watch(CONTRACT) as watch, closing(sqlite3.connect(path)) as db:
        sqlite3.register_adapter(datetime, lambda value: f"in {value.year}")
        watch.rearm()
        assert db.execute("SELECT ?", (NOON,)).fetchone() == ("in 2024",)
        assert watch.take().naive
    assert adapters[KEY](NOON) == "in 2024"


def test_threads_that_bind_leave_the_warnings_as_they_are(path):
    def warn(value):
        barrier.wait(10)
        warnings.warn("deprecated", DeprecationWarning, stacklevel=2)
        return value.isoformat()

    def bind():
        with closing(sqlite3.connect(path)) as db:
            db.execute("SELECT ?", (NOON,))

    barrier = threading.Barrier(2)
    before = sqlite3.adapters.get(KEY)
    shown, filters = warnings.showwarning, list(warnings.filters)
    sqlite3.register_adapter(datetime, warn)
    try:
        with Watch(CONTRACT), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            recorded = warnings.showwarning, list(warnings.filters)
            threads = [threading.Thread(target=bind) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert (warnings.showwarning, list(warnings.filters)) == recorded
    finally:
        sqlite3.register_adapter(datetime, before)
    assert [warning.filename for warning in caught] == [__file__] * 2
    assert (warnings.showwarning, list(warnings.filters)) == (shown, filters)
