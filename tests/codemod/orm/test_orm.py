"""ORM code before and after, run by SQLAlchemy on one migrated database: same rows and instants."""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import connect

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from ts_contract import to_epoch_ms
from ts_contract.codemod.changes import Options
from ts_contract.codemod.rewrite import RewriteSettings, rewrite
from ts_contract.lint.rules import all_rules
from ts_contract.loading import parse_contract
from ts_contract.migration import finalize, migrate

SCHEMA = """
CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT, created_at DATETIME, updated_at DATETIME);
CREATE TABLE events (id INTEGER PRIMARY KEY, happened_at DATETIME NOT NULL DEFAULT
    (datetime('now')));
"""
TABLES = {"tasks": ["created_at", "updated_at"], "events": ["happened_at"]}
SQL_RULES = frozenset(rule.code for rule in all_rules() if rule.default and rule.code[3] in "23")
MOMENT = datetime(2024, 3, 10, 6, 30, 0, 123_000)
NOW = datetime(2025, 1, 1, tzinfo=UTC)

HEAD = """
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger, Column, DateTime, Integer, MetaData, Table, asc, between, desc, func, insert,
    nulls_last, or_, select, update,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass
"""
LEGACY = """
class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    created_at: Mapped[datetime | None] = mapped_column(default=datetime.utcnow)
    updated_at = Column(DateTime, onupdate=lambda: datetime.now(UTC))


events = Table(
    "events",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("happened_at", DateTime, nullable=False, server_default=func.now()),
)
"""
BOTH = """
class Task(Base):
    __tablename__ = "tasks"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None]
    created_at: Mapped[datetime | None] = mapped_column(default=datetime.utcnow)
    created_at_ms: Mapped[int | None] = mapped_column(BigInteger)
    updated_at = Column(DateTime, onupdate=lambda: datetime.now(UTC))
    updated_at_ms = Column(BigInteger)


events = Table(
    "events",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("happened_at", DateTime, nullable=False, server_default=func.now()),
    Column("happened_at_ms", BigInteger),
)
"""
READS = (
    "select(Task.id).order_by(Task.created_at, Task.id)",
    "select(Task.id).order_by(Task.created_at.desc(), Task.id)",
    "select(Task.id).order_by(desc(Task.updated_at), Task.id)",
    "select(Task.id).order_by(Task.updated_at.desc().nulls_last(), Task.id)",
    "select(Task.id).order_by(nulls_last(asc(Task.updated_at)), Task.id)",
    "select(Task.id).where(Task.created_at > moment).order_by(Task.id)",
    "select(Task.id).where(moment >= Task.created_at).order_by(Task.id)",
    "select(Task.id).where(Task.created_at == moment).order_by(Task.id)",
    "select(Task.id).where(Task.created_at != moment).order_by(Task.id)",
    "select(Task.id).where(Task.created_at < moment - timedelta(hours=1)).order_by(Task.id)",
    "select(Task.id).where(Task.created_at < datetime.utcnow()).order_by(Task.id)",
    "select(Task.id).where(Task.updated_at.is_(None)).order_by(Task.id)",
    "select(Task.id).where(Task.updated_at.is_not(None)).order_by(Task.id)",
    "select(Task.id).where(Task.updated_at == None).order_by(Task.id)",
    "select(Task.id).where(Task.created_at < Task.updated_at).order_by(Task.id)",
    "select(Task.id).where(Task.created_at.between(moment, datetime.utcnow())).order_by(Task.id)",
    "select(Task.id).where(between(Task.created_at, moment, datetime.now(UTC))).order_by(Task.id)",
    "select(Task.id).where(Task.created_at.in_([moment, None])).order_by(Task.id)",
    "select(Task.id).where(Task.created_at.not_in((moment,))).order_by(Task.id)",
    "select(func.count(Task.updated_at))",
    "select(Task).filter_by(created_at=moment).order_by(Task.id).with_only_columns(Task.id)",
    "select(events.c.id).order_by(events.c.happened_at.desc(), events.c.id)",
    "select(events.c.id).where(events.c.happened_at <= moment).order_by(events.c.id)",
)
WRITES = (
    "insert(events).values(id=9, happened_at=moment)",
    "events.insert().values(id=9, happened_at=datetime.utcnow())",
    "events.update().values(happened_at=moment).where(events.c.id == 1)",
)
OBJECTS = (
    "session.add(Task(id=9, created_at=moment))",
    "session.add(Task(id=9, created_at=moment, updated_at=moment - timedelta(days=1)))",
    "session.add(Task(id=9))",
    "session.get(Task, 2).title = 'y'",
    "session.execute(update(Task).values(updated_at=moment).where(Task.id == 2))",
    "session.execute(insert(Task).values(id=9, created_at=moment))",
)


def program(models: str, body: str) -> str:
    return f"{HEAD}{models}\n\ndef run(session, moment: datetime):\n    {body}\n"


def rewritten(source: str, phase: str = "migrate", *, unsafe: bool = False) -> str:
    contract = parse_contract({"phase": phase, "tables": TABLES})
    options = Options(unsafe=unsafe, markers=False)
    return rewrite(source, "program.py", RewriteSettings(contract, None, SQL_RULES, options)).text


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return a migrated database and the same one finalized, as bytes."""
    path = tmp_path_factory.mktemp("stores") / "store.db"
    contract = parse_contract({"tables": TABLES})
    with closing(connect(path)) as conn:
        conn.executescript(SCHEMA)
        for number in range(1, 7):
            created = MOMENT + timedelta(hours=(number * 5) % 7 - 3)
            updated = created + timedelta(hours=number - 3) if number % 3 else None
            conn.execute(
                "INSERT INTO tasks VALUES (?, 'x', ?, ?)",
                (number, stored(created), updated and stored(updated)),
            )
            conn.execute("INSERT INTO events VALUES (?, ?)", (number, stored(created)))
        conn.commit()
    migrate(path, contract)
    migrated = path.read_bytes()
    finalize(path, contract)
    return {"migrated": migrated, "finalized": path.read_bytes()}


def stored(moment: datetime) -> str:
    """Return a time as SQLAlchemy writes it to SQLite."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def outcome(source: str, store: bytes, directory: Path) -> tuple[object, object]:
    """Run a program on a copy of a store; return what it saw, and the instants stored."""
    path = directory / "store.db"
    path.write_bytes(store)
    engine = create_engine(f"sqlite:///{path}")
    namespace: dict[str, object] = {"__name__": "program"}
    with warnings.catch_warnings(), time_machine.travel(NOW, tick=False):
        warnings.simplefilter("ignore", DeprecationWarning)
        exec(compile(source, "program.py", "exec", dont_inherit=True), namespace)
        with Session(engine) as session:
            seen = namespace["run"](session, MOMENT)
            session.commit()
    engine.dispose()
    with closing(connect(path)) as conn:
        instants = [
            conn.execute(
                "SELECT id, created_at_ms, updated_at_ms FROM tasks ORDER BY 1"
            ).fetchall(),
            conn.execute("SELECT id, happened_at_ms FROM events ORDER BY 1").fetchall(),
        ]
    return seen, instants


def reading(expression: str) -> str:
    return f"return [tuple(row) for row in session.execute({expression})]"


@pytest.mark.parametrize("query", READS)
def test_a_query_gives_the_same_rows(query: str, stores: dict[str, bytes], tmp_path: Path) -> None:
    old = program(BOTH, reading(query))
    new = rewritten(old)
    assert "_ms" in new.partition("def run")[2]
    before = outcome(old, stores["migrated"], tmp_path)
    assert outcome(new, stores["migrated"], tmp_path) == before
    assert outcome(new, stores["finalized"], tmp_path) == before  # it reads no legacy column


@pytest.mark.parametrize("write", WRITES)
def test_a_statement_stores_the_same_instants(
    write: str, stores: dict[str, bytes], tmp_path: Path
) -> None:
    old = program(BOTH, f"session.execute({write})")
    new = rewritten(old)
    assert "_ms" in new.partition("def run")[2]
    before = outcome(old, stores["migrated"], tmp_path)
    assert outcome(new, stores["migrated"], tmp_path) == before


@pytest.mark.parametrize("body", OBJECTS)
def test_a_model_with_both_columns_stores_the_same_instants(
    body: str, stores: dict[str, bytes], tmp_path: Path
) -> None:
    old = program(LEGACY, body)
    beside = rewritten(old, unsafe=True)
    assert "updated_at_ms = Column(BigInteger)" in beside
    before = outcome(old, stores["migrated"], tmp_path)
    assert outcome(beside, stores["migrated"], tmp_path) == before


@pytest.mark.parametrize("models", [LEGACY, BOTH])
@pytest.mark.parametrize("body", [*OBJECTS, *map(reading, READS[:6]), *map(reading, READS[-2:])])
def test_an_enforced_model_needs_no_legacy_column(
    models: str, body: str, stores: dict[str, bytes], tmp_path: Path
) -> None:
    old = program(models, body)
    new = rewritten(old, "enforce", unsafe=True)
    before = outcome(old, stores["migrated"], tmp_path)
    assert outcome(new, stores["migrated"], tmp_path) == before
    assert outcome(new, stores["finalized"], tmp_path) == before


def test_the_instants_are_those_of_the_texts(stores: dict[str, bytes], tmp_path: Path) -> None:
    old = program(BOTH, "session.add(Task(id=9, created_at=moment))")
    _, (tasks, _) = outcome(old, stores["migrated"], tmp_path)
    assert tasks[-1][:2] == (9, to_epoch_ms(MOMENT))


CONDITIONS = (
    "Task.created_at > moment",
    "moment >= Task.updated_at",
    "Task.created_at == moment",
    "Task.created_at != Task.updated_at",
    "Task.created_at < Task.updated_at",
    "Task.updated_at.is_(None)",
    "Task.updated_at != None",
    "Task.created_at.between(moment - timedelta(hours=2), moment)",
    "Task.updated_at.in_([moment, moment - timedelta(hours=1)])",
    "Task.created_at.not_in((moment, datetime.utcnow()))",
    "(Task.created_at <= moment) & (Task.id > 2)",
    "~(Task.updated_at > moment)",
)
ORDERS = ("Task.created_at", "Task.created_at.desc()", "desc(Task.updated_at)", "Task.id")
HOURS = st.none() | st.integers(-3, 3)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    conditions=st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3),
    orders=st.lists(st.sampled_from(ORDERS), max_size=2),
    either=st.booleans(),
    times=st.lists(st.tuples(HOURS, HOURS), max_size=5),
)
def test_drawn_queries_give_the_same_rows(
    *,
    conditions: list[str],
    orders: list[str],
    either: bool,
    times: list[tuple[int | None, int | None]],
    stores: dict[str, bytes],
    tmp_path: Path,
) -> None:
    joined = f"or_({', '.join(conditions)})" if either else ", ".join(conditions)
    order = ", ".join([*orders, "Task.id"])
    old = program(BOTH, reading(f"select(Task.id).where({joined}).order_by({order})"))
    new = rewritten(old)
    assert not re.search(r"Task\.(created|updated)_at(?!_ms)", new)
    store = with_rows(stores["migrated"], times, tmp_path)
    assert outcome(new, store, tmp_path) == outcome(old, store, tmp_path)


def with_rows(store: bytes, times: list[tuple[int | None, int | None]], directory: Path) -> bytes:
    """Return a store with more tasks, written as old code does, hours from the moment."""
    path = directory / "more.db"
    path.write_bytes(store)
    with closing(connect(path)) as conn:
        for pair in times:
            texts = [
                None if hours is None else stored(MOMENT + timedelta(hours=hours)) for hours in pair
            ]
            conn.execute("INSERT INTO tasks (created_at, updated_at) VALUES (?, ?)", texts)
        conn.commit()
    return path.read_bytes()


DJANGO = """
import sys
from datetime import UTC, datetime, timedelta

import django
from django.conf import settings
from django.db import models

store = {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}
settings.configure(USE_TZ=True, DATABASES={"default": store})
django.setup()


class Task(models.Model):
    created_at = models.DateTimeField(null=True)
    created_at_ms = models.BigIntegerField(null=True)
    updated_at = models.DateTimeField(null=True)
    updated_at_ms = models.BigIntegerField(null=True)

    class Meta:
        app_label = "store"
        db_table = "tasks"


moment = datetime.fromtimestamp(1_710_052_200.123, UTC)


def run():
    yield Task.objects.order_by("-created_at", "id")
    yield Task.objects.order_by("updated_at", "id")
    yield Task.objects.filter(created_at__gt=moment).order_by("id")
    yield Task.objects.filter(created_at__lte=moment - timedelta(hours=1)).order_by("id")
    yield Task.objects.exclude(created_at__lt=moment).order_by("id")
    yield Task.objects.filter(updated_at__isnull=True).order_by("id")
    yield Task.objects.filter(updated_at=None).order_by("id")
    yield [Task.objects.latest("created_at"), Task.objects.earliest("created_at")]
    Task.objects.filter(id=2).update(updated_at=moment)


for rows in run():
    print([row.pk for row in rows])
"""


def test_django_gives_the_same_rows_and_stores_the_same_instants(
    stores: dict[str, bytes], tmp_path: Path
) -> None:
    new = rewritten(DJANGO)
    assert not re.search(r"(created|updated)_at(?!_ms)", new.partition("def run")[2])
    seen = []
    for source in DJANGO, new:
        store, script = tmp_path / "store.db", tmp_path / "program.py"
        store.write_bytes(stores["migrated"])
        script.write_text(source)
        command = [sys.executable, str(script), str(store)]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        with closing(connect(store)) as conn:
            query = "SELECT id, created_at_ms, updated_at_ms FROM tasks ORDER BY 1"
            seen.append((ran.stdout, conn.execute(query).fetchall()))
    assert seen[1] == seen[0]
