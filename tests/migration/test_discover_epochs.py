"""discover tells epochs, sentinels, dates and zones, and proposes what can be migrated as it is."""

import pytest

from ts_contract.loading import load_contract
from ts_contract.migration import discover, migrate

INSTANT = 1_619_952_697_000  # 2021-05-02T10:51:37Z, in whole seconds
NONE = "0001-01-01 00:00:00"
NOON = "2024-01-15 12:00:00"


@pytest.fixture
def proposal(build):
    """Return a function that proposes for one column of values, called `c` in a table `t`."""

    def proposal(type_: str, values: list[object], column: str = "created_at"):
        store = build(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {column} {type_});")
        store.run_many("INSERT INTO t VALUES (NULL, ?)", [(value,) for value in values])
        return store, discover(store.url)

    return proposal


@pytest.mark.parametrize(
    ("value", "storage"),
    [
        (1_619_952_697, "seconds"),
        (1_619_952_697_527, "milliseconds"),
        (1_619_952_697_527_095, "microseconds"),
        (1_619_952_697_527_095_000, "nanoseconds"),
        (641_645_497.527095, "apple-seconds"),
        (641_645_497, "apple-seconds"),
        (641_645_497_527_095_000, "apple-nanoseconds"),
        (13_264_426_297_527_095, "webkit-microseconds"),
        (132_644_262_975_270_951, "filetime"),
        (637_555_494_975_270_951, "dotnet-ticks"),
        (44318.45251767361, "ole-days"),
    ],
)
@pytest.mark.parametrize("as_text", [False, True], ids=["number", "text"])
def test_the_epoch_is_the_one_that_makes_the_numbers_recent(
    proposal, tmp_path, value, storage, as_text
):
    stored = str(value) if as_text else value
    store, found = proposal("TEXT" if as_text else "", [stored, None])

    (candidate,) = found.candidates
    assert (candidate.proposed, candidate.storage) == (True, storage)
    assert "; 2021-05-02 to 2021-05-02" in found.toml()
    toml = tmp_path / "proposal.toml"
    toml.write_text(found.toml())
    assert migrate(store.url, load_contract(toml)).ok
    ms = store.value("SELECT created_at_ms FROM t WHERE id = 1")
    assert ms // 1_000 * 1_000 == INSTANT


def test_unix_seconds_stay_unix_seconds(proposal):
    _, found = proposal("INTEGER", [959_600_000, 1_000_000_000, 1_700_000_000])
    assert found.candidates[0].storage == "seconds"


def test_numbers_of_no_likely_epoch_are_not_proposed(proposal):
    _, found = proposal("INTEGER", [7, 12, 365])
    assert not found.candidates[0].proposed


@pytest.mark.parametrize("name", ["dateAdded", "mtime", "stamp"])
def test_numbers_that_only_their_size_tells_of_are_a_comment(proposal, name):
    _, found = proposal("INTEGER", [1_619_952_697, 1_700_000_000], name)

    (candidate,) = found.candidates
    assert not candidate.proposed
    assert (
        f"# {name}: numbers that could be seconds by their size alone: 2 seconds (1619952697); "
        "2021-05-02 to 2023-11-14\n"
    ) in found.toml()


@pytest.mark.parametrize("values", [[1, 2, 3], [10**9 // 100] * 5, [2.5, 99.9]])
def test_other_numbers_have_no_line(proposal, values):
    assert proposal("INTEGER", values, "amount")[1].candidates == ()


def test_an_empty_text_among_dates_is_counted(proposal):
    _, found = proposal("TEXT", ["", *[NOON] * 999], "noted")

    (candidate,) = found.candidates
    assert candidate.proposed
    assert {form.form: form.rows for form in candidate.forms} == {"datetime": 999, "empty": 1}
    assert "1 cannot be converted" in found.toml()


def test_dates_in_a_column_of_timestamps_are_instants(proposal):
    assert proposal("TIMESTAMP", ["2024-01-15"])[1].candidates[0].proposed


@pytest.mark.parametrize(("type_", "name"), [("DATE", "dob"), ("TEXT", "created_on")])
def test_dates_without_a_time_are_a_comment(proposal, type_, name):
    _, found = proposal(type_, ["1980-05-02", "1999-12-31", None], name)

    assert not found.candidates[0].proposed
    assert f"# {name}: dates without a time: 2 date" in found.toml()


class TestNullValues:
    def test_a_text_that_means_none_is_proposed_as_one(self, proposal, tmp_path):
        store, found = proposal("TEXT", [NONE, NOON, "0001-01-01 00:00:00+00:00"])
        assert found.candidates[0].null_values == (NONE, "0001-01-01 00:00:00+00:00")
        assert "2024-01-15 to 2024-01-15" in found.toml()
        toml = tmp_path / "proposal.toml"
        toml.write_text(found.toml())

        assert migrate(store.url, load_contract(toml)).ok

        stored = store.run("SELECT created_at_ms FROM t ORDER BY id")
        assert stored == [(None,), (1_705_320_000_000,), (None,)]

    @pytest.mark.parametrize("none", [0, -1, 2_147_483_647])
    def test_a_number_among_instants_too(self, proposal, tmp_path, none):
        store, found = proposal("INTEGER", [none, 1_619_952_697, 1_619_952_698])
        assert found.candidates[0].null_values == (none,)
        toml = tmp_path / "proposal.toml"
        toml.write_text(found.toml())

        assert migrate(store.url, load_contract(toml)).ok

        assert store.value("SELECT created_at_ms FROM t WHERE id = 1") is None

    def test_among_texts_a_number_is_not_asked_for(self, proposal):
        _, found = proposal("TEXT", [NOON, NOON, "0"])
        assert found.candidates[0].null_values == ()


class TestZone:
    @pytest.mark.parametrize(
        "default", ["CURRENT_TIMESTAMP", "(datetime('now'))", "(strftime('%s', 'now'))"]
    )
    def test_the_default_of_the_database_is_in_utc(self, proposal, default):
        _, found = proposal(f"TIMESTAMP DEFAULT {default}", [NOON])
        assert "; UTC by its DEFAULT\n" in found.toml()

    def test_what_the_database_turns_into_local_time_is_not(self, proposal):
        _, found = proposal("TIMESTAMP DEFAULT (datetime('now', 'localtime'))", [NOON])
        assert "; zone not known\n" in found.toml()

    def test_texts_of_other_writers_are_of_no_zone_that_is_known(self, proposal):
        assert "; zone not known\n" in proposal("TIMESTAMP", [NOON])[1].toml()

    @pytest.mark.parametrize("value", ["2024-01-15T12:00:00Z", 1_705_320_000])
    def test_what_names_its_zone_or_needs_none_has_no_word_of_it(self, proposal, value):
        assert "zone not" not in proposal("", [value])[1].toml().split("[tables.t]")[1]
