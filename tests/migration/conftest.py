"""What the tests of the migration share: a store of the engine under test, and the right instants.

What is one engine's own stands in the folder with its name, or is marked `engine(NAME)`.
"""

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

ENGINES = ("sqlite",)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is another engine's own."""
    marker = item.get_closest_marker("engine")
    own = marker.args if marker else [part for part in item.path.parts if part in ENGINES]
    engine = item.config.getoption("--engine")
    if own and engine not in own:
        pytest.skip(f"{' and '.join(own)} alone")


@dataclass(frozen=True)
class Sight:
    """All that a user can see of a database.

    Attributes:
        schema: type, name, table and SQL of every entry, in the order in which they stand.
        rows: every value of every row with its type, by table; rowids too where there are any.
    """

    schema: tuple[tuple[str, str, str, str | None], ...]
    rows: dict[str, tuple[tuple[object, ...], ...]]


@dataclass(frozen=True)
class Store:
    """A SQLite database, as an application writes it and its user looks at it.

    Attributes:
        path: its file.
    """

    path: Path
    refusal = sqlite3.IntegrityError  # what a constraint raises

    @property
    def url(self) -> str:
        """What is given to the functions of the migration."""
        return f"sqlite:///{quote(str(self.path))}"

    @contextmanager
    def opened(self, isolation_level: str | None = None) -> Iterator[sqlite3.Connection]:
        """Open it, by default with each statement in a transaction of its own."""
        with closing(sqlite3.connect(self.path, isolation_level=isolation_level)) as db:
            yield db

    def run(self, sql: str, *values: object) -> list[tuple]:
        """Run one statement, and return its rows."""
        with self.opened() as db:
            return db.execute(sql, values).fetchall()

    def run_many(self, sql: str, rows: Iterable[tuple]) -> None:
        """Run one statement for each of the rows, in one transaction."""
        with self.opened() as db:
            db.execute("BEGIN")
            db.executemany(sql, rows)
            db.execute("COMMIT")

    def run_script(self, sql: str) -> None:
        """Run any number of statements."""
        with self.opened() as db:
            db.executescript(sql)

    def run_past_triggers(self, table: str, *statements: str) -> None:
        """Run statements that no trigger of a table sees, as a mistake or a restore would."""
        with self.opened() as db:
            triggers = db.execute(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?",
                (table,),
            ).fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {quoted(name)}")
            for statement in (*statements, *(sql for _, sql in triggers)):
                db.execute(statement)

    def value(self, sql: str, *values: object) -> object:
        """Return the one value of the one row that a statement has."""
        ((value,),) = self.run(sql, *values)
        return value

    def rows(self, table: str, *columns: str) -> list[tuple]:
        """Return some columns of every row, all of them by default, in the order of the rows."""
        names = ", ".join(map(quoted, columns)) or "*"
        return self.run(f"SELECT {names} FROM {quoted(table)}")

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the names of all columns of a table, hidden and generated ones too."""
        return tuple(row[1] for row in self.run(f"PRAGMA table_xinfo({quoted(table)})"))

    def names(self, kind: str = "%") -> set[str]:
        """Return the names of what the schema has, or of its tables, indexes, views, triggers."""
        return {n for (n,) in self.run("SELECT name FROM sqlite_schema WHERE type LIKE ?", kind)}

    def content(self) -> bytes:
        """Return everything that is stored, to see whether it stays as it is."""
        return self.path.read_bytes()

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Assert that a block leaves it as it is, its rights, and what stands beside it."""
        path = self.path
        before = self.content(), path.stat().st_mode, sorted(path.parent.iterdir())
        yield
        assert (self.content(), path.stat().st_mode, sorted(path.parent.iterdir())) == before

    def beside(self, name: str) -> "Store":
        """Return the store that is, or will be, beside it."""
        return Store(self.path.with_name(name))

    def copy(self, name: str) -> "Store":
        """Return a copy beside it."""
        return Store(Path(shutil.copy(self.path, self.path.with_name(name))))

    def check(self) -> None:
        """Assert that the database itself finds nothing wrong."""
        assert self.run("PRAGMA integrity_check") == [("ok",)]
        assert self.run("PRAGMA foreign_key_check") == []

    def dump(self) -> str:
        """Return what the shell's .dump prints, or the module's where there is no shell."""
        if shutil.which("sqlite3"):
            done = subprocess.run(["sqlite3", self.path, ".dump"], capture_output=True, check=True)
            return done.stdout.decode("utf-8", "surrogateescape")
        with self.opened() as db:
            return "\n".join(db.iterdump())

    def look(self, columns: dict[str, tuple[str, ...]] | None = None) -> Sight:
        """Return all that can be seen in it; of some tables only some columns."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as db:
            db.text_factory = bytes
            schema = db.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid"
            )
            entries = tuple(
                tuple(None if value is None else value.decode() for value in row) for row in schema
            )
            rows = {}
            for kind, name, _, sql in entries:
                if kind != "table" or (sql or "").upper().startswith("CREATE VIRTUAL"):
                    continue
                wanted = (columns or {}).get(name) or tuple(
                    row[1].decode() for row in db.execute(f"PRAGMA table_xinfo({quoted(name)})")
                )
                shown = ", ".join(f"typeof({column}), {column}" for column in map(quoted, wanted))
                rowid = "" if "WITHOUT ROWID" in (sql or "").upper() else "_rowid_, "
                found = db.execute(f"SELECT {rowid}{shown} FROM {quoted(name)}").fetchall()
                rows[name] = tuple(sorted(found, key=repr))
        return Sight(entries, rows)


def quoted(name: str) -> str:
    """Quote an identifier."""
    return '"' + name.replace('"', '""') + '"'


@pytest.fixture
def build(tmp_path) -> Callable[..., Store]:
    """Return a function that builds a store by a script, with rows in its tables."""

    def build(script: str, name: str = "app.db", **rows: list[tuple[object, ...]]) -> Store:
        store = Store(tmp_path / name)
        store.run_script(script)
        for table, values in rows.items():
            marks = ", ".join("?" for _ in values[0])
            store.run_many(f"INSERT INTO {table} VALUES ({marks})", values)
        return store

    return build


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
