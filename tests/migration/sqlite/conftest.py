"""Every kind of table that SQLite has, stores that are filled with one, and a table of values."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from ts_contract import Contract
from ts_contract.loading import parse_contract
from ts_contract.migration.engines.sqlite.names import quote


@dataclass(frozen=True)
class Kind:
    """A kind of table, with one legacy column.

    Attributes:
        table: its name.
        legacy: its legacy column.
        create: its CREATE statement, with whatever stands around it in a real store.
        key: the columns of its key, as an application names a row.
        keys: keys to fill it with, one tuple a row, not in order.
        epoch: the epoch column.
        numbers: whether the legacy column holds epoch seconds.
        writable: whether the legacy column can be written.
    """

    table: str
    legacy: str
    create: str
    key: tuple[str, ...]
    keys: tuple[tuple[object, ...], ...]
    epoch: str = ""
    numbers: bool = False
    writable: bool = True

    @property
    def contract(self) -> Contract:
        """The contract of this one column."""
        spec = {self.legacy: self.epoch or f"{self.legacy}_ms"}
        return parse_contract(
            {"tables": {self.table: spec}, "valid-range": ["2000-01-01", "2100-01-01"]}
        )


def _few(make: Callable[[int], tuple[object, ...]]) -> tuple[tuple[object, ...], ...]:
    return tuple(make(n) for n in (5, 3, 9, 1, 7, 2, 8, 4, 6, 10, 11))


_BY_NUMBER = _few(lambda n: (n,))
_BY_TEXT = _few(lambda n: (f"row {n}",))
_EXTREMES = ((-(2**63),), (2**63 - 1,), (-1,), (0,), (7,), (-7,), (2**40,), (3,), (4,), (5,), (6,))
_MIXED = ((1,), (2.5,), ("x",), (b"\x00\xff",), (-3,), ("",), ("é'\"",), (b"",), (1e300,), ("X",))

KINDS = {
    "rowid": Kind("t", "c", "CREATE TABLE t (c TIMESTAMP, note TEXT)", ("rowid",), _BY_NUMBER),
    "integer key": Kind(
        "t",
        "c",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP DEFAULT CURRENT_TIMESTAMP, note)",
        ("id",),
        _EXTREMES,
    ),
    "autoincrement": Kind(
        "t",
        "c",
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, c TIMESTAMP, note)",
        ("id",),
        _BY_NUMBER,
    ),
    "key that is no alias": Kind(
        "t", "c", "CREATE TABLE t (id INTEGER PRIMARY KEY DESC, c, note)", ("id",), _BY_NUMBER
    ),
    "text key": Kind(
        "t", "c", "CREATE TABLE t (id TEXT PRIMARY KEY, c TIMESTAMP, note)", ("id",), _BY_TEXT
    ),
    "without rowid": Kind(
        "t",
        "c",
        "CREATE TABLE t (a TEXT COLLATE NOCASE, b INTEGER, c TIMESTAMP, note,"
        " PRIMARY KEY (a DESC, b)) WITHOUT ROWID",
        ("a", "b"),
        _few(lambda n: ("AbCd"[n % 4], n // 3)),
    ),
    "without rowid, any key": Kind(
        "t", "c", "CREATE TABLE t (k PRIMARY KEY, c, note) WITHOUT ROWID", ("k",), _MIXED
    ),
    "column called rowid": Kind(
        "t", "c", "CREATE TABLE t (rowid TEXT, c TIMESTAMP, note)", ("_rowid_",), _BY_NUMBER
    ),
    "columns called rowid and _rowid_": Kind(
        "t", "c", "CREATE TABLE t (RowID, _ROWID_, c TIMESTAMP, note)", ("oid",), _BY_NUMBER
    ),
    "strict": Kind(
        "t",
        "c",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TEXT, note ANY) STRICT",
        ("id",),
        _BY_NUMBER,
    ),
    "strict seconds": Kind(
        "t",
        "c",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c INT, note ANY) STRICT",
        ("id",),
        _BY_NUMBER,
        numbers=True,
    ),
    "hostile names": Kind(
        'or"der; DROP TABLE x; --',
        "it's [when]",
        """CREATE TABLE "or""der; DROP TABLE x; --" -- (not a column,
        ("select" TEXT PRIMARY KEY, "it's [when]" TIMESTAMP, note, "group" DEFAULT 'a,(b')""",
        ("select",),
        _BY_TEXT,
        epoch="the `when` ?1 :x",
    ),
    "reserved names": Kind(
        "table",
        "values",
        'CREATE TABLE "table" (`index` PRIMARY KEY, [values], note)',
        ("index",),
        _BY_TEXT,
        epoch="VALUES_ms",
    ),
    "named like ours": Kind(
        "state",
        "zone",
        "CREATE TABLE state (key INTEGER PRIMARY KEY, zone, note)",
        ("key",),
        _BY_NUMBER,
    ),
    "generated beside it": Kind(
        "t",
        "c",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, c TIMESTAMP, note,"
        " day TEXT AS (substr(c, 1, 10)) STORED, length AS (length(note)))",
        ("id",),
        _BY_NUMBER,
    ),
    "generated": Kind(
        "t",
        "c",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, note, at TEXT, c TEXT AS (replace(at, 'T', ' ')))",
        ("id",),
        _BY_NUMBER,
        writable=False,
    ),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def kind(request) -> Kind:
    """Each kind of table in turn."""
    return request.param


WRITABLE = {name: kind for name, kind in KINDS.items() if kind.writable}
PLAIN = {name: kind for name, kind in KINDS.items() if not name.startswith("generated")}


@pytest.fixture(params=WRITABLE.values(), ids=WRITABLE.keys())
def writable_kind(request) -> Kind:
    """Each kind whose legacy column can be written."""
    return request.param


@pytest.fixture(params=PLAIN.values(), ids=PLAIN.keys())
def plain_kind(request) -> Kind:
    """Each kind without generated columns."""
    return request.param


@pytest.fixture
def generated_kind() -> Kind:
    """The kind whose legacy column is generated."""
    return KINDS["generated"]


@pytest.fixture
def fill(build) -> Callable:
    """Return a function that builds a store with one table of a kind, all its keys filled."""

    def fill(kind: Kind):
        store = build(f"{kind.create};\n")
        legacy = kind.legacy if kind.writable else "at"
        names = ", ".join(map(quote, (*kind.key, legacy)))
        marks = "?, " * (len(kind.key) + 1)
        store.run_many(
            f"INSERT INTO {quote(kind.table)} ({names}, note) VALUES ({marks} ?)",
            [(*key, legacy_value(kind, n), f"note {n}") for n, key in enumerate(kind.keys)],
        )
        return store

    return fill


def legacy_value(kind: Kind, n: int) -> object:
    """The nth legacy value of a filled table: whole seconds, fractions, and a NULL among them."""
    if n % 5 == 4:
        return None
    if kind.numbers:
        return 1_705_320_000 + 3_601 * n
    text = f"2024-01-{15 + n % 9:02} {n % 24:02}:30:{(n * 7) % 60:02}"
    return text if n % 2 else f"{text}.{n:03}999"


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    """A connection that knows nothing of us, with a table of values to be read."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE stored (n INTEGER PRIMARY KEY, x, ms INTEGER)")
        yield connection
