"""Any sequence of writes by old and new code, against a model of what the columns must hold."""

import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ts_contract.loading import parse_contract
from ts_contract.migration import migrate

NOON = 1_705_320_000_000
GOOD = {
    "2024-01-15 12:00:00": NOON,
    "2024-01-15T12:00:00.123999": NOON + 123,
    "2024-01-15 12:00:00+05:30": NOON - 19_800_000,
    "2024-01-15": NOON - 43_200_000,
}
BAD = ("soon", "", "2024-02-30 00:00:00")
LEGACY = st.sampled_from([*GOOD, *BAD, None])
EPOCH = st.sampled_from([*GOOD.values(), NOON + 1, None])
KEYS = st.integers(0, 3)
ABSENT = object()


class Writes(RuleBasedStateMachine):
    """Any sequence of writes, in either style, against a model of what the columns must hold.

    The model knows of each row the epoch value, and the legacy value where a writer chose it;
    where a trigger did, any text of the right instant will do.
    """

    contract = parse_contract({"tables": {"t": {"c": {"index": False}}}})

    def __init__(self) -> None:
        super().__init__()
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.rows: dict[int, tuple[object, object]] = {}

    @initialize(
        table=st.sampled_from(
            [
                "CREATE TABLE t (k INTEGER PRIMARY KEY, c TIMESTAMP, note)",
                "CREATE TABLE t (k INTEGER, c TEXT, note, PRIMARY KEY (k)) WITHOUT ROWID",
                "CREATE TABLE t (k INT UNIQUE, c TEXT, note ANY) STRICT",
                "CREATE TABLE t (k INT PRIMARY KEY DESC, rowid, note, c TIMESTAMP)",
            ]
        ),
        recursive=st.booleans(),
    )
    def begin(self, table, recursive):
        self.may_linger = "INT UNIQUE" in table or "DESC" in table
        self.db.execute(table)
        migrate(self.db, self.contract, pause=0)
        self.db.execute(f"PRAGMA recursive_triggers = {int(recursive)}")

    @rule(
        verb=st.sampled_from(["INSERT OR IGNORE", "REPLACE", "INSERT"]),
        key=KEYS,
        legacy=LEGACY | st.just(ABSENT),
        epoch=EPOCH | st.just(ABSENT),
    )
    def insert(self, verb, key, legacy, epoch):
        columns, values = ["k"], [key]
        for name, value in (("c", legacy), ("c_ms", epoch)):
            if value is not ABSENT:
                columns.append(name)
                values.append(value)
        sql = f"{verb} INTO t ({', '.join(columns)}) VALUES ({', '.join('?' for _ in values)})"
        if verb == "INSERT" and key in self.rows:
            with pytest.raises(sqlite3.IntegrityError):
                self.db.execute(sql, values)
            return
        self.db.execute(sql, values)
        if verb != "INSERT OR IGNORE" or key not in self.rows:
            self.rows[key] = after(
                (None, None), *(None if value is ABSENT else value for value in (legacy, epoch))
            )

    @rule(key=KEYS, legacy=LEGACY, with_key=st.booleans())
    def update_legacy(self, key, legacy, with_key):
        same_key = ", k = k" if with_key else ""
        self.db.execute(f"UPDATE t SET c = ?{same_key} WHERE k = ?", (legacy, key))
        if key in self.rows:
            before = self.rows[key]
            self.rows[key] = after(before, legacy, before[1])

    @rule(key=KEYS, epoch=EPOCH)
    def update_epoch(self, key, epoch):
        self.db.execute("UPDATE t SET c_ms = ? WHERE k = ?", (epoch, key))
        if key in self.rows:
            before = self.rows[key]
            self.rows[key] = after(before, before[0], epoch)

    @rule(legacy=LEGACY, epoch=EPOCH)
    def update_both_in_all_rows(self, legacy, epoch):
        self.db.execute("UPDATE t SET c = ?, c_ms = ?", (legacy, epoch))
        self.rows = {key: after(row, legacy, epoch) for key, row in self.rows.items()}

    @rule(key=KEYS, legacy=LEGACY)
    def upsert(self, key, legacy):
        self.db.execute(
            "INSERT INTO t (k, c) VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET c = excluded.c",
            (key, legacy),
        )
        before = self.rows.get(key, (None, None))
        self.rows[key] = after(before, legacy, before[1])

    @rule(key=KEYS, to=KEYS, verb=st.sampled_from(["UPDATE OR IGNORE", "UPDATE OR REPLACE"]))
    def change_key(self, key, to, verb):
        self.may_linger |= verb == "UPDATE OR REPLACE"
        self.db.execute(f"{verb} t SET k = ? WHERE k = ?", (to, key))
        if key in self.rows and (verb == "UPDATE OR REPLACE" or to not in self.rows):
            self.rows[to] = self.rows.pop(key)

    @rule(key=KEYS)
    def delete(self, key):
        self.db.execute("DELETE FROM t WHERE k = ?", (key,))
        self.rows.pop(key, None)

    @invariant()
    def the_columns_agree(self):
        if not self.db.execute("SELECT 1 FROM sqlite_schema").fetchone():
            return
        found = {k: (c, ms) for k, c, ms in self.db.execute("SELECT k, c, c_ms FROM t")}
        assert found.keys() == self.rows.keys()
        for key, (legacy, epoch) in self.rows.items():
            assert found[key][1] == epoch, (key, found[key], (legacy, epoch))
            if legacy is ABSENT:
                assert is_right(found[key][0], epoch)
            else:
                assert found[key][0] == legacy
            self.rows[key] = found[key]

    @invariant()
    def what_has_no_instant_is_listed(self):
        """SQLite tells no trigger which row a REPLACE deleted: one too many may be listed."""
        if self.rows:
            too_many = self.listed()
            too_many.subtract(self.without_instant())
            assert all(n == 0 or (n > 0 and self.may_linger) for n in too_many.values())
            assert not self.db.execute("SELECT 1 FROM _ts_contract_converted").fetchone()

    def teardown(self) -> None:
        if self.rows:
            assert migrate(self.db, self.contract).correct
            assert +self.listed() == self.without_instant()
        self.db.close()

    def listed(self) -> Counter[object]:
        rows = self.db.execute("SELECT value FROM _ts_contract_quarantine")
        return Counter(value for (value,) in rows)

    def without_instant(self) -> Counter[object]:
        return Counter(c for c, ms in self.rows.values() if ms is None and c is not None)


def after(before: tuple, legacy: object, epoch: object) -> tuple:
    """Return the row after a write: what changed decides; if both did, the epoch column."""
    if epoch != before[1] and epoch is not None:
        return (legacy, epoch) if GOOD.get(legacy) == epoch else (ABSENT, epoch)
    if epoch is None and before[1] is not None:
        return (None, None)
    if legacy != before[0]:
        return (legacy, GOOD.get(legacy))
    return before


def is_right(legacy: object, epoch: object) -> bool:
    """Say whether a legacy value written by a trigger stands for an epoch value."""
    if isinstance(legacy, int):
        return legacy == epoch // 1_000
    return GOOD.get(legacy, _by_digits(legacy)) == epoch


def _by_digits(text: object) -> int | None:
    if text is None:
        return None
    when = datetime.fromisoformat(str(text))
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


TestWrites = Writes.TestCase
TestWrites.settings = settings(max_examples=40, stateful_step_count=25)


@pytest.mark.stress
class TestManyWrites(Writes.TestCase):
    settings = settings(max_examples=1_500, stateful_step_count=40)
