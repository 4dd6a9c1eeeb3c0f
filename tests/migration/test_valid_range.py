"""What lies outside valid-range is counted by plan, which exits as migrate does; in its words."""

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import finalize, migrate, plan, verify
from ts_contract.testing import assert_migrated

SINCE_2020 = {"valid-range": ["2020-01-01", "2030-01-01"]}
CONTRACT = parse_contract({"tables": {"t": ["at"]}, **SINCE_2020})
STORE = "CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP);"
OUTSIDE = "2015-05-02 10:51:37"


def warnings(planned) -> list[str]:
    return [notice.message for notice in planned.notices if notice.kind == "warning"]


@pytest.mark.parametrize(
    ("values", "outside"),
    [
        ([OUTSIDE], 1),
        (["2020-01-01 00:00:00", "2030-01-01 00:00:00"], 0),
        (["2019-12-31 23:59:59.999", "2030-01-01 00:00:00.001", "2024-01-15 12:00:00"], 2),
        (["2019-12-31T12:00:00Z", 1_577_793_600, "2019-12-31", None, "soon"], 3),
    ],
)
def test_plan_counts_the_values_outside_per_column(build, values, outside):
    store = build(STORE, t=list(enumerate(values)))

    planned = plan(store.url, CONTRACT)

    (column,) = planned.tables[0].columns
    assert column.outside == outside
    assert sum("outside valid-range" in each for each in warnings(planned)) == bool(outside)
    report = migrate(store.url, CONTRACT)
    assert report.differences == outside


def test_plan_says_what_to_do_about_them(build):
    store = build(STORE, t=[(1, OUTSIDE), (2, "2016-01-01 00:00:00")])

    (warning,) = (n for n in plan(store.url, CONTRACT).notices if n.kind == "warning")

    assert (warning.table, warning.column) == ("t", "at")
    assert warning.message == (
        "t.at: 2 values lie outside valid-range 2020-01-01 to 2030-01-01; "
        "widen it, correct the rows, or list the values in null-values"
    )


def test_without_a_range_in_the_contract_no_instant_is_outside(build):
    store = build(STORE, t=[(1, OUTSIDE), (2, "1815-06-18 12:00:00")])
    contract = parse_contract({"tables": {"t": ["at"]}})

    planned = plan(store.url, contract)

    assert planned.tables[0].columns[0].outside == 0
    assert warnings(planned) == []
    assert migrate(store.url, contract).ok


def test_a_null_value_is_not_outside(build):
    store = build(STORE, t=[(1, "0001-01-01 00:00:00")])
    contract = parse_contract(
        {"tables": {"t": {"at": {"null-values": ["0001-01-01 00:00:00"]}}}, **SINCE_2020}
    )

    assert plan(store.url, contract).tables[0].columns[0].outside == 0
    assert migrate(store.url, contract).ok


def test_with_a_check_they_go_to_the_quarantine_instead(build):
    store = build(STORE, t=[(1, OUTSIDE)])

    (column,) = plan(store.url, CONTRACT, check_range=True).tables[0].columns

    assert (column.outside, column.unconvertible) == (0, 1)


def test_verify_names_row_range_and_remedy(build):
    store = build(STORE, t=[(1, "2019-12-31 12:00:00")])
    migrate(store.url, CONTRACT)

    report = verify(store.url, CONTRACT)

    (difference,) = report.examples
    assert report.described(difference) == (
        't.at of row {"id":1}: 2019-12-31 12:00:00 is outside valid-range 2020-01-01 to '
        "2030-01-01; widen it, correct the row, or list the value in null-values"
    )


class TestTesting:
    @pytest.fixture
    def finalized(self, build):
        """A finalized store with an instant of 2015."""
        store = build(STORE, t=[(1, OUTSIDE)])
        contract = parse_contract({"tables": {"t": ["at"]}})
        migrate(store.url, contract)
        finalize(store.url, contract)
        return store

    def test_no_range_is_assumed(self, finalized):
        with finalized.opened() as db:
            assert_migrated(db, contract=parse_contract({"tables": {"t": ["at"]}}))

    def test_the_range_of_the_contract_is_checked(self, finalized):
        with finalized.opened() as db, pytest.raises(AssertionError, match="1430563897000 is out"):
            assert_migrated(db, contract=CONTRACT)
