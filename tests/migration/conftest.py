"""What the tests of the migration share: stores to migrate, and all that can be seen in a file."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ts_contract import Contract
from ts_contract.loading import parse_contract


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
        return parse_contract({"tables": {self.table: spec}})


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
def build(tmp_path) -> Callable[..., Path]:
    """Return a function that writes a database by a script, with rows in its tables."""

    def build(script: str, name: str = "app.db", **rows: list[tuple[object, ...]]) -> Path:
        path = tmp_path / name
        with closing(sqlite3.connect(path)) as db:
            db.executescript(script)
            for table, values in rows.items():
                marks = ", ".join("?" for _ in values[0])
                db.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
            db.commit()
        return path

    return build


@pytest.fixture
def fill(build) -> Callable[[Kind], Path]:
    """Return a function that writes a store with one table of a kind, all its keys filled."""

    def fill(kind: Kind) -> Path:
        path = build(f"{kind.create};\n")
        legacy = "at" if not kind.writable else kind.legacy
        names = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in (*kind.key, legacy))
        table = kind.table.replace('"', '""')
        with closing(sqlite3.connect(path)) as db:
            db.executemany(
                f'INSERT INTO "{table}" ({names}, note) VALUES ({"?, " * (len(kind.key) + 1)} ?)',
                [(*key, legacy_value(kind, n), f"note {n}") for n, key in enumerate(kind.keys)],
            )
            db.commit()
        return path

    return fill


def legacy_value(kind: Kind, n: int) -> object:
    """The nth legacy value of a filled table: whole seconds, fractions, and a NULL among them."""
    if n % 5 == 4:
        return None
    if kind.numbers:
        return 1_705_320_000 + 3_601 * n
    text = f"2024-01-{15 + n % 9:02} {n % 24:02}:30:{(n * 7) % 60:02}"
    return text if n % 2 else f"{text}.{n:03}999"


@dataclass(frozen=True)
class Sight:
    """All that a user can see of a database.

    Attributes:
        schema: type, name, table and SQL of every entry, in the order in which they stand.
        rows: every value of every row with its type, by table; rowids too where there are any.
    """

    schema: tuple[tuple[str, str, str, str | None], ...]
    rows: dict[str, tuple[tuple[object, ...], ...]]


@pytest.fixture
def look() -> Callable[..., Sight]:
    """Return a function that sees all of a database, or of the columns that are named."""
    return see


def see(path: Path, columns: dict[str, tuple[str, ...]] | None = None) -> Sight:
    """Return all that can be seen in a file; of some tables only some columns."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        db.text_factory = bytes
        schema = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid")
        entries = tuple(
            tuple(None if value is None else value.decode() for value in row) for row in schema
        )
        rows = {}
        for kind, name, _, sql in entries:
            if kind != "table" or (sql or "").upper().startswith("CREATE VIRTUAL"):
                continue
            table = '"' + name.replace('"', '""') + '"'
            wanted = (columns or {}).get(name) or tuple(
                row[1].decode() for row in db.execute(f"PRAGMA table_xinfo({table})")
            )
            quoted = ['"' + column.replace('"', '""') + '"' for column in wanted]
            shown = ", ".join(f"typeof({column}), {column}" for column in quoted)
            rowid = "" if "WITHOUT ROWID" in (sql or "").upper() else "_rowid_, "
            found = db.execute(f"SELECT {rowid}{shown} FROM {table}").fetchall()
            rows[name] = tuple(sorted(found, key=repr))
    return Sight(entries, rows)


@pytest.fixture
def epoch_of() -> Callable[[object], int | None]:
    """Return a function that says which instant a usual stored value stands for."""
    return instant


def instant(stored: object) -> int | None:
    """Return the milliseconds of a text in ISO 8601, UTC without a zone, or of whole seconds."""
    if stored is None:
        return None
    if isinstance(stored, int):
        return stored * 1_000
    when = datetime.fromisoformat(str(stored))
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
