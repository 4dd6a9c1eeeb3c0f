"""Old and new code write side by side, in connections that know nothing of us."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest

from ts_contract.loading import parse_contract
from ts_contract.migration import migrate, verify
from ts_contract.migration.engines.sqlite.names import quote

NOON = 1_705_320_000_000
_stores: dict[str, bytes] = {}


@dataclass
class OpenStore:
    """A migrated store in a plain connection, and how to write its one table of a kind."""

    db: sqlite3.Connection
    kind: Any
    written: dict[tuple[object, ...], tuple[object, object]] = field(default_factory=dict)

    @property
    def epoch(self) -> str:
        return self.kind.epoch or f"{self.kind.legacy}_ms"

    @property
    def is_addressed_by_rowid(self) -> bool:
        """Whether our key is a rowid that no column of the table stands for."""
        create = self.kind.create
        return "INTEGER PRIMARY KEY" not in create.replace("PRIMARY KEY DESC", "") and (
            "WITHOUT ROWID" not in create
        )

    def run(self, sql: str, *values: object) -> sqlite3.Cursor:
        """Run a statement in which {t}, {c}, {m}, {keys} and {here} stand for quoted names."""
        return self.db.execute(
            sql.format(
                t=quote(self.kind.table),
                c=quote(self.kind.legacy),
                m=quote(self.epoch),
                keys=", ".join(map(quote, self.kind.key)),
                marks=", ".join("?" for _ in self.kind.key),
                here=" AND ".join(f"{quote(name)} = ?" for name in self.kind.key),
            ),
            values,
        )

    def row(self, key: tuple[object, ...]) -> tuple[object, object] | None:
        return self.run("SELECT {c}, {m} FROM {t} WHERE {here}", *key).fetchone()

    def quarantine(self) -> list[tuple[tuple[object, ...], object]]:
        """Return key and value of every entry, as it leads to a row."""
        listed = []
        for key, value in self.run("SELECT row_key, value FROM _ts_contract_quarantine"):
            names = json.loads(key)
            here = " AND ".join(f"{quote(name)} = ?" for name in names)
            row = self.run(f"SELECT {{keys}} FROM {{t}} WHERE {here}", *names.values())
            listed.append((row.fetchone(), value))
        return listed


@pytest.fixture(params=[0, 1], ids=["", "recursive"])
def open_store(request, fill) -> Iterator[Callable[..., OpenStore]]:
    """Return a function that opens a migrated store of a kind, in memory."""
    with closing(sqlite3.connect(":memory:")) as db:

        def open_store(kind) -> OpenStore:
            if kind.create not in _stores:
                store = fill(kind)
                assert migrate(store.url, kind.contract, pause=0).ok
                _stores[kind.create] = store.content()
            db.deserialize(_stores[kind.create])
            db.execute(f"PRAGMA recursive_triggers = {request.param}")
            return OpenStore(db, kind)

        yield open_store


@pytest.fixture
def store(open_store, writable_kind) -> OpenStore:
    return open_store(writable_kind)


def fresh_key(kind) -> tuple[object, ...]:
    return tuple(4_242 if isinstance(part, int) else "fresh" for part in kind.keys[0])


def a_value(kind) -> object:
    return 1_705_320_000 if kind.numbers else "2024-01-15 12:00:00"


def another(kind) -> object:
    return 1_705_320_001 if kind.numbers else "2024-01-15T12:00:01.000999Z"


def no_instant(kind) -> object:
    return 5 if kind.numbers else "soon"


@pytest.fixture
def is_right(epoch_of) -> Callable[[object, int], bool]:
    """Return a function: does a legacy value that a trigger wrote stand for an epoch value?"""

    def is_right(legacy: object, epoch: int) -> bool:
        return legacy == epoch // 1_000 if isinstance(legacy, int) else epoch_of(legacy) == epoch

    return is_right


# --- inserts -----------------------------------------------------------------------------------


def test_insert_of_the_legacy_column_alone(store):
    key, legacy = fresh_key(store.kind), a_value(store.kind)

    store.run("INSERT INTO {t} ({keys}, {c}) VALUES ({marks}, ?)", *key, legacy)

    assert store.row(key) == (legacy, NOON)


def test_insert_of_the_epoch_column_alone(store, is_right):
    """The legacy column may have been given its DEFAULT CURRENT_TIMESTAMP meanwhile."""
    key = fresh_key(store.kind)

    store.run("INSERT INTO {t} ({keys}, {m}) VALUES ({marks}, ?)", *key, NOON + 7)

    legacy, epoch = store.row(key)
    assert epoch == NOON + 7
    assert is_right(legacy, NOON + 7)


def test_insert_of_both_in_agreement_keeps_every_digit(store):
    key, legacy = fresh_key(store.kind), another(store.kind)

    store.run(
        "INSERT INTO {t} ({keys}, {c}, {m}) VALUES ({marks}, ?, ?)", *key, legacy, NOON + 1_000
    )

    assert store.row(key) == (legacy, NOON + 1_000)


def test_insert_of_both_in_disagreement_follows_the_epoch_column(store, is_right):
    key = fresh_key(store.kind)
    sql = "INSERT INTO {t} ({keys}, {c}, {m}) VALUES ({marks}, ?, ?)"

    store.run(sql, *key, another(store.kind), NOON)

    legacy, epoch = store.row(key)
    assert (epoch, is_right(legacy, NOON)) == (NOON, True)


def test_insert_of_neither(store, epoch_of):
    key = fresh_key(store.kind)

    store.run("INSERT INTO {t} ({keys}) VALUES ({marks})", *key)

    legacy, epoch = store.row(key)
    assert epoch == epoch_of(legacy)
    assert (legacy is None) == ("CURRENT_TIMESTAMP" not in store.kind.create)


def test_insert_of_a_null(store):
    key = fresh_key(store.kind)

    store.run("INSERT INTO {t} ({keys}, {c}, {m}) VALUES ({marks}, NULL, NULL)", *key)

    assert store.row(key) == (None, None)


# --- updates -----------------------------------------------------------------------------------


def test_update_of_the_legacy_column(store):
    key, legacy = store.kind.keys[0], another(store.kind)

    store.run("UPDATE {t} SET {c} = ? WHERE {here}", legacy, *key)

    assert store.row(key) == (legacy, NOON + 1_000)


def test_update_of_the_epoch_column(store, is_right):
    key = store.kind.keys[1]

    store.run("UPDATE {t} SET {m} = ? WHERE {here}", NOON + 123, *key)

    legacy, epoch = store.row(key)
    assert (epoch, is_right(legacy, NOON + 123)) == (NOON + 123, True)


def test_update_of_both_in_agreement_keeps_every_digit(store):
    key, legacy = store.kind.keys[0], another(store.kind)

    store.run("UPDATE {t} SET {c} = ?, {m} = ? WHERE {here}", legacy, NOON + 1_000, *key)

    assert store.row(key) == (legacy, NOON + 1_000)


def test_update_of_both_in_disagreement_follows_the_epoch_column(store, is_right):
    key, ms = store.kind.keys[0], NOON + 5_000

    store.run("UPDATE {t} SET {c} = ?, {m} = ? WHERE {here}", another(store.kind), ms, *key)

    legacy, epoch = store.row(key)
    assert (epoch, is_right(legacy, ms)) == (ms, True)


@pytest.mark.parametrize("column", ["{c}", "{m}"])
def test_a_null_in_one_is_a_null_in_both(store, column):
    key = store.kind.keys[0]

    store.run(f"UPDATE {{t}} SET {column} = NULL WHERE {{here}}", *key)

    assert store.row(key) == (None, None)


def test_an_update_of_something_else_touches_neither(store):
    before = store.run("SELECT {keys}, {c}, {m} FROM {t}").fetchall()

    store.run("UPDATE {t} SET note = 'x'")

    assert store.run("SELECT {keys}, {c}, {m} FROM {t}").fetchall() == before


def test_a_row_keeps_its_instant_when_its_key_changes(store):
    key = fresh_key(store.kind)
    before = store.row(store.kind.keys[0])
    sets = ", ".join(f"{quote(name)} = ?" for name in store.kind.key)

    store.run(f"UPDATE {{t}} SET {sets} WHERE {{here}}", *key, *store.kind.keys[0])

    assert store.row(store.kind.keys[0]) is None
    assert store.row(key) == before


def test_an_update_of_all_rows_at_once(store):
    store.run("UPDATE {t} SET {c} = ?", a_value(store.kind))

    assert set(store.run("SELECT {c}, {m} FROM {t}")) == {(a_value(store.kind), NOON)}


# --- conflicts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("insert", ["REPLACE", "INSERT OR REPLACE"])
def test_replace_by_an_old_writer(store, insert):
    key, legacy = store.kind.keys[0], a_value(store.kind)

    store.run(insert + " INTO {t} ({keys}, {c}) VALUES ({marks}, ?)", *key, legacy)

    assert store.row(key) == (legacy, NOON)


def test_replace_by_a_new_writer(store, is_right):
    key = store.kind.keys[0]

    store.run("REPLACE INTO {t} ({keys}, {m}) VALUES ({marks}, ?)", *key, NOON + 5)

    legacy, epoch = store.row(key)
    assert (epoch, is_right(legacy, NOON + 5)) == (NOON + 5, True)


def test_an_insert_that_is_ignored_changes_nothing(store):
    before = store.row(store.kind.keys[0])
    sql = "INSERT OR IGNORE INTO {t} ({keys}, {c}, {m}) VALUES ({marks}, ?, ?)"

    store.run(sql, *store.kind.keys[0], a_value(store.kind), NOON)

    assert store.row(store.kind.keys[0]) == before


@pytest.mark.parametrize(
    ("column", "assignment"),
    [("{c}", "{c} = excluded.{c}"), ("{m}", "{m} = excluded.{m}")],
    ids=["old style", "new style"],
)
def test_upsert(store, column, assignment, is_right):
    key = store.kind.keys[0]
    value = a_value(store.kind) if column == "{c}" else NOON

    store.run(
        f"INSERT INTO {{t}} ({{keys}}, {column}) VALUES ({{marks}}, ?)"
        f" ON CONFLICT DO UPDATE SET {assignment}",
        *key,
        value,
    )

    legacy, epoch = store.row(key)
    assert (epoch, is_right(legacy, NOON)) == (NOON, True)


def test_returning_shows_the_row_before_the_triggers(store):
    """SQLite's rule for RETURNING: what triggers change afterwards is not shown."""
    sql = "INSERT INTO {t} ({keys}, {c}) VALUES ({marks}, ?) RETURNING {m}"
    key = fresh_key(store.kind)

    shown = store.run(sql, *key, a_value(store.kind)).fetchall()

    assert shown == [(None,)]
    assert store.row(key)[1] == NOON


# --- what has no instant -----------------------------------------------------------------------


def test_what_has_no_instant_is_listed_until_it_has_one(store):
    key, bad = fresh_key(store.kind), no_instant(store.kind)

    store.run("INSERT INTO {t} ({keys}, {c}) VALUES ({marks}, ?)", *key, bad)
    assert store.row(key) == (bad, None)
    assert store.quarantine() == [(key, bad)]

    store.run("UPDATE {t} SET {c} = ? WHERE {here}", a_value(store.kind), *key)
    assert store.row(key) == (a_value(store.kind), NOON)
    assert store.quarantine() == []


def test_an_update_to_what_has_no_instant_takes_the_old_instant_away(store):
    key, bad = store.kind.keys[0], no_instant(store.kind)

    store.run("UPDATE {t} SET {c} = ? WHERE {here}", bad, *key)

    assert store.row(key) == (bad, None)
    assert [value for _, value in store.quarantine()] == [bad]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM {t} WHERE {here}",
        "UPDATE {t} SET {c} = NULL WHERE {here}",
        "UPDATE {t} SET {m} = 1705320000000 WHERE {here}",
    ],
)
def test_the_listing_goes_with_what_was_listed(store, sql):
    key = store.kind.keys[0]
    store.run("UPDATE {t} SET {c} = ? WHERE {here}", no_instant(store.kind), *key)

    store.run(sql, *key)

    assert store.quarantine() == []


def test_a_replaced_row_takes_its_listing_along(store):
    key = store.kind.keys[0]
    store.run("UPDATE {t} SET {c} = ? WHERE {here}", no_instant(store.kind), *key)

    store.run("REPLACE INTO {t} ({keys}, note) VALUES ({marks}, 'new')", *key)

    if store.is_addressed_by_rowid:  # SQLite tells no trigger which row it replaced
        store.db.commit()
        migrate(store.db, store.kind.contract)
    assert store.quarantine() == []


def test_a_changed_key_is_changed_in_the_listing(store):
    key, bad = fresh_key(store.kind), no_instant(store.kind)
    store.run("UPDATE {t} SET {c} = ? WHERE {here}", bad, *store.kind.keys[0])
    sets = ", ".join(f"{quote(name)} = ?" for name in store.kind.key)

    store.run(f"UPDATE {{t}} SET {sets} WHERE {{here}}", *key, *store.kind.keys[0])

    if store.is_addressed_by_rowid:  # and none that a rowid changed
        store.db.commit()
        migrate(store.db, store.kind.contract)
    assert store.quarantine() == [(key, bad)]


# --- a generated legacy column -----------------------------------------------------------------


def test_a_generated_column_decides_alone(open_store, generated_kind):
    store = open_store(generated_kind)

    store.run("INSERT INTO {t} (id, at) VALUES (77, '2024-01-15T12:00:00')")
    assert store.row((77,)) == ("2024-01-15 12:00:00", NOON)
    store.run("UPDATE {t} SET at = '2024-01-15T12:00:01' WHERE id = 77")
    assert store.row((77,)) == ("2024-01-15 12:00:01", NOON + 1_000)
    store.run("UPDATE {t} SET {m} = 5 WHERE id = 77")
    assert store.row((77,)) == ("2024-01-15 12:00:01", NOON + 1_000)
    store.run("UPDATE {t} SET at = 'soon' WHERE id = 77")
    assert store.row((77,)) == ("soon", None)
    assert store.quarantine() == [((77,), "soon")]


# --- several columns, zones, what is already there -----------------------------------------------


@pytest.mark.parametrize("recursive", [0, 1])
def test_a_named_zone_works_in_a_plain_connection(build, recursive):
    store = build(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP);",
        t=[(1, "2024-07-01 12:00:00"), (2, "2024-01-15 12:00:00")],
    )
    contract = parse_contract({"timezone": "America/New_York", "tables": {"t": ["c"]}})
    assert migrate(store.url, contract).ok

    with store.opened() as db:
        db.execute(f"PRAGMA recursive_triggers = {recursive}")
        db.execute("INSERT INTO t (id, c) VALUES (3, '2024-07-01 08:00:00')")
        db.execute("INSERT INTO t (id, c_ms) VALUES (4, 1705320000000)")
        db.execute("INSERT INTO t (id, c_ms) VALUES (5, 1730615400000)")  # the second 01:30
        db.execute("INSERT INTO t (id, c) VALUES (6, '2024-11-03 01:30:00')")
        assert db.execute("SELECT id, c, c_ms FROM t").fetchall() == [
            (1, "2024-07-01 12:00:00", 1_719_849_600_000),
            (2, "2024-01-15 12:00:00", NOON + 18_000_000),
            (3, "2024-07-01 08:00:00", 1_719_835_200_000),
            (4, "2024-01-15 07:00:00", NOON),
            (5, "2024-11-03 01:30:00-05:00", 1_730_615_400_000),
            (6, "2024-11-03 01:30:00", None),
        ]
    assert [
        e.kind for t in verify(store.url, contract).tables for c in t.columns for e in c.examples
    ] == []


def test_one_statement_may_write_several_columns_each_in_its_own_style(build):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, a TIMESTAMP, b TIMESTAMP, d TIMESTAMP);")
    contract = parse_contract({"tables": {"t": ["a", "b", "d"]}})
    migrate(store.url, contract)

    with store.opened() as db:
        db.execute("INSERT INTO t (a, b_ms, d) VALUES ('2024-01-15 12:00:00', 1705320001000, 'x')")
        db.execute("UPDATE t SET a_ms = 1705320002000, b = '2024-01-15 12:00:03'")
        found = db.execute("SELECT a, a_ms, b, b_ms, d, d_ms FROM t").fetchone()
        listed = db.execute("SELECT column_name, value FROM _ts_contract_quarantine").fetchall()

    assert found == (
        "2024-01-15 12:00:02",
        NOON + 2_000,
        "2024-01-15 12:00:03",
        NOON + 3_000,
        "x",
        None,
    )
    assert listed == [("d", "x")]


@pytest.mark.parametrize(
    ("rows", "written"),
    [
        (["2024-01-15 12:00:00"], "2024-01-15 12:00:00"),
        (["2024-01-15T12:00:00"], "2024-01-15T12:00:00"),
        (["2024-01-15T12:00:00Z"], "2024-01-15T12:00:00Z"),
        ([1_705_320_000_000], NOON + 250),
        ([1_705_320_000_000_000], (NOON + 250) * 1_000),
        ([1_705_320_000], 1_705_320_000),
        (["soon"], "2024-01-15 12:00:00.250"),
    ],
)
def test_the_legacy_column_is_written_as_its_latest_rows_are(build, rows, written):
    store = build("CREATE TABLE t (id INTEGER PRIMARY KEY, c);", t=list(enumerate(rows)))
    migrate(store.url, parse_contract({"tables": {"t": ["c"]}}))

    with store.opened() as db:
        db.execute("INSERT INTO t (id, c_ms) VALUES (99, ?)", (NOON + 250,))
        assert db.execute("SELECT c, c_ms FROM t WHERE id = 99").fetchone() == (written, NOON + 250)


@pytest.mark.parametrize("value", ["2024-01-15 12:00:00", 1.5, b"\x01"])
def test_what_is_no_integer_in_the_epoch_column_does_not_reach_the_legacy_one(build, value):
    """A mistake in new code, which verify reports, must not cost the old value as well."""
    store = build(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c);", t=[(1, "2024-01-15 12:00:00.123456")]
    )
    contract = parse_contract({"tables": {"t": ["c"]}})
    migrate(store.url, contract)

    with store.opened() as db:
        db.execute("UPDATE t SET c_ms = ?", (value,))
        assert db.execute("SELECT c FROM t").fetchone() == ("2024-01-15 12:00:00.123456",)

    assert verify(store.url, contract).differences == 1
