"""Every option does in every state of a database what it says, or is refused before anything is."""

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import Refused, finalize, migrate, plan, rollback, verify

CONTRACT = parse_contract({"tables": {"t": ["c"]}})
RANGED = parse_contract({"tables": {"t": ["c"]}, "valid-range": ["2020-01-01", "2030-01-01"]})
STORE = "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP);"


@pytest.fixture
def store(build):
    return build(STORE, t=[(1, "2024-01-15 12:00:00")])


def refused(store, contract, message, **options) -> None:
    """Assert that plan and migrate refuse alike, and that nothing is changed."""
    with store.unchanged():
        with pytest.raises(Refused, match=message):
            migrate(store.url, contract, **options)
        assert message in " ".join(plan(store.url, contract, **options).refusals)


class TestCheckRange:
    def test_it_needs_a_range_in_the_contract(self, store):
        refused(
            store, CONTRACT, "--check-range needs a range; set valid-range in", check_range=True
        )

    def test_it_cannot_be_added_to_a_migrated_database(self, store):
        migrate(store.url, RANGED)
        refused(store, RANGED, "begun without --check-range", check_range=True)

    def test_it_can_after_a_rollback(self, store):
        migrate(store.url, RANGED)
        rollback(store.url)
        migrate(store.url, RANGED, check_range=True)
        assert "CHECK" in store.look().schema[0][3]

    def test_it_changes_nothing_where_it_was_begun_with(self, store):
        migrate(store.url, RANGED, check_range=True)
        assert migrate(store.url, RANGED, check_range=True).ok
        assert migrate(store.url, RANGED).ok

    def test_it_has_no_place_on_a_finalized_database(self, store):
        migrate(store.url, RANGED)
        finalize(store.url, RANGED)
        refused(store, RANGED, "the database is finalized; leave", check_range=True)


class TestNoSync:
    def test_it_cannot_take_triggers_away(self, store):
        migrate(store.url, CONTRACT)
        refused(store, CONTRACT, "begun with sync triggers", sync=False)
        assert verify(store.url, CONTRACT).ok

    def test_it_changes_nothing_where_it_was_begun_with(self, store):
        migrate(store.url, CONTRACT, sync=False)
        assert migrate(store.url, CONTRACT, sync=False).ok
        assert migrate(store.url, CONTRACT).ok
        assert store.names("trigger") == set()

    def test_it_has_no_place_on_a_finalized_database(self, store):
        migrate(store.url, CONTRACT)
        finalize(store.url, CONTRACT)
        refused(store, CONTRACT, "the database is finalized; leave", sync=False)


def test_a_finalized_database_is_migrated_again_without_options(store):
    migrate(store.url, CONTRACT)
    finalize(store.url, CONTRACT)
    assert migrate(store.url, CONTRACT).ok
