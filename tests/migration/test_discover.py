"""discover proposes a contract that loads, for any schema."""

import pytest

from ts_contract import load_contract
from ts_contract.migration import discover, migrate

NOON = "2024-01-15 12:00:00"


@pytest.fixture
def proposed(build, tmp_path):
    """Return a function that proposes for a script, and returns table -> legacy -> storage."""

    def proposed(script: str) -> dict[str, dict[str, str]]:
        store = build(script)
        before = store.content()
        toml = tmp_path / "proposal.toml"
        toml.write_text(discover(store.url).toml(), encoding="utf-8")
        assert store.content() == before
        contract = load_contract(toml)
        return {t.name: {c.legacy: c.storage for c in t.columns} for t in contract.tables}

    return proposed


def test_instants_are_told_by_what_they_hold(proposed):
    found = proposed(
        f"""
        CREATE TABLE a (id INTEGER PRIMARY KEY, created_at TIMESTAMP, updated_at TEXT, at INTEGER,
            seen_at INTEGER, name TEXT, made TIMESTAMP);
        INSERT INTO a VALUES
            (1, '{NOON}', '2024-01-15T12:00:00Z', 1705320000, 1705320000000, 'Ann', NULL);
        """
    )

    assert found == {
        "a": {
            "created_at": "auto",
            "updated_at": "auto",
            "at": "seconds",
            "seen_at": "milliseconds",
            "made": "auto",
        }
    }


def test_lengths_of_time_and_counts_are_not_instants(proposed):
    found = proposed(
        f"""
        CREATE TABLE a (created_at TIMESTAMP, total_latency_ms INTEGER, duration_ms INTEGER,
            timeout INTEGER, started_at_count INTEGER, updated_at_ms INTEGER, status TEXT);
        INSERT INTO a VALUES ('{NOON}', 1705320000, 1705320000000, 30, 5, 1705320000000, 'done');
        """
    )

    assert found == {"a": {"created_at": "auto"}}


def test_what_is_migrated_already_is_left_alone(proposed, build):
    found = proposed(
        f"CREATE TABLE a (x_at TIMESTAMP, x_at_ms INTEGER, y_at TIMESTAMP);"
        f"INSERT INTO a VALUES ('{NOON}', 1705320000000, '{NOON}');"
    )

    assert found == {"a": {"y_at": "auto"}}


def test_a_column_of_garbage_is_not_proposed(proposed):
    values = ", ".join(["('soon')"] * 6 + [f"('{NOON}')"] * 4)

    assert proposed(f"CREATE TABLE a (due_at TEXT); INSERT INTO a VALUES {values};") == {}


@pytest.mark.parametrize(
    "name",
    [
        'say "hi"',
        "back\\slash",
        "table.with.dots",
        "naïve ünïcode",
        "# no comment",
        "[tables.x]",
        "select",
        "'; DROP TABLE a; --",
        "emoji \N{ALARM CLOCK}",
    ],
)
def test_hostile_names_come_out_as_they_are(proposed, name):
    quoted = '"' + name.replace('"', '""') + '"'

    found = proposed(
        f"CREATE TABLE {quoted} (id, {quoted} TIMESTAMP, created_at TIMESTAMP);"
        f"INSERT INTO {quoted} VALUES (1, '{NOON}', '{NOON}');"
    )

    assert found == {name: {name: "auto", "created_at": "auto"}}


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("value", ["a\nb = 1", "\x7f\x00", '"""', "# x", "\u202e", "]"])
def test_hostile_values_stay_in_their_comment(proposed, value):
    hexed = value.encode().hex()

    found = proposed(
        "CREATE TABLE a (created_at TIMESTAMP);"
        f"INSERT INTO a VALUES (CAST(x'{hexed}' AS TEXT)), ('{NOON}'), ('{NOON}');"
    )

    assert found == {"a": {"created_at": "auto"}}


@pytest.mark.engine("sqlite")
def test_values_that_are_no_utf8_do_no_harm(build, tmp_path):
    store = build(
        "CREATE TABLE a (created_at TIMESTAMP);"
        f"INSERT INTO a VALUES (CAST(x'ff' AS TEXT)), ('{NOON}'), ('{NOON}');"
    )
    toml = tmp_path / "proposal.toml"

    toml.write_text(discover(store.url).toml(), encoding="utf-8")

    assert len(load_contract(toml).tables) == 1


@pytest.mark.engine("sqlite")
def test_full_text_and_internal_tables_are_left_out(proposed):
    found = proposed(
        f"""
        CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, at TIMESTAMP);
        CREATE VIRTUAL TABLE f USING fts5 (created_at);
        CREATE VIEW v AS SELECT at AS created_at FROM a;
        INSERT INTO a (at) VALUES ('{NOON}');
        INSERT INTO f VALUES ('{NOON}');
        """
    )

    assert found == {"a": {"at": "auto"}}


def test_an_empty_database_has_nothing_to_propose(proposed):
    assert proposed("CREATE TABLE a (x); DROP TABLE a;") == {}


def test_what_it_proposes_can_be_migrated(build, tmp_path):
    store = build(
        f"""
        CREATE TABLE users (id INTEGER PRIMARY KEY, joined_at TEXT, last_login REAL);
        CREATE TABLE "order lines" (id INTEGER PRIMARY KEY, "placed at" TIMESTAMP, qty);
        INSERT INTO users VALUES (1, '{NOON}', 1705320000.25), (2, '2024-01-15', 1705320001.5);
        INSERT INTO "order lines" VALUES (1, '{NOON}', 3);
        """
    )
    toml = tmp_path / "proposal.toml"
    toml.write_text(discover(store.url).toml())
    contract = load_contract(toml)

    assert migrate(store.url, contract).ok

    found = store.run("SELECT joined_at_ms, last_login_ms FROM users WHERE id = 1")
    assert found == [(1_705_320_000_000, 1_705_320_000_250)]
