"""Databases for SQLAlchemy, for fixtures of a wider scope, and Django's own test database."""

from pathlib import Path

import pytest
from markdown_it import MarkdownIt

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "pytest-plugin.md"
PLAIN = ("-p", "no:benchmark", "-p", "no:cov", "-p", "no:hypothesispytest")


def test_a_database_can_be_had_in_every_scope(project, run):
    project.makepyfile("""
        import sqlite3

        import pytest
        from ts_contract.testing import assert_migrated

        paths = []

        def columns(path):
            db = sqlite3.connect(path)
            names = [name for _, name, *_ in db.execute("PRAGMA table_info(tasks)")]
            db.close()
            return "".join("LE"[name.endswith("_ms")] for name in names if "_at" in name)

        @pytest.fixture(scope="session")
        def of_session(make_contract_db): return make_contract_db()

        @pytest.fixture(scope="module")
        def of_module(make_contract_db): return make_contract_db("legacy")

        @pytest.fixture(scope="class")
        def of_class(make_contract_db): return make_contract_db("finalized")

        @pytest.fixture
        def of_test(make_contract_db): return make_contract_db("migrated")

        class TestScopes:
            @pytest.mark.parametrize("number", range(2))
            def test_all(self, number, of_session, of_module, of_class, of_test):
                paths.append(of_session)
                assert columns(of_session) == columns(of_test) == "LLEE"
                assert columns(of_module) == "LL"
                assert columns(of_class) == "EE"
                assert len({of_session, of_module, of_class, of_test}) == 4
                assert len({*paths}) == 1
        """)
    run("--migrated-db").assert_outcomes(passed=2)


def test_a_legacy_database_of_a_wider_scope_may_be_read(project, run):
    project.makepyfile("""
        import sqlite3

        import pytest

        @pytest.fixture(scope="module", params=["legacy", "migrated"])
        def db(request, make_contract_db):
            db = sqlite3.connect(make_contract_db(request.param))
            yield db
            db.close()

        def test_reads(db): db.execute("SELECT created_at FROM tasks")
        """)
    run("--migrated-db").assert_outcomes(passed=1, failed=1)


@pytest.mark.parametrize(
    ("options", "argument", "message"),
    [
        (
            ["--ts-schema=both"],
            "",
            "*make_contract_db: --ts-schema=both runs tests on two schemas*",
        ),
        ([], "'new'", '*make_contract_db: \'new\' is not "legacy", "migrated" or "finalized"*'),
    ],
)
def test_a_schema_that_cannot_be_told_is_refused_by_name(project, run, options, argument, message):
    project.makepyfile(f"def test_one(make_contract_db): make_contract_db({argument})")
    result = run(*options)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message])


def test_sqlalchemy_has_engines_of_the_tests_database(project, run):
    project.makepyfile("""
        import asyncio

        import sqlalchemy

        COUNT = sqlalchemy.text("SELECT count(created_at_ms) FROM tasks")
        ADD = sqlalchemy.text("INSERT INTO tasks(title, created_at_ms) VALUES ('x', 1)")

        def test_url(contract_db_url, contract_db_path):
            assert contract_db_url == f"sqlite:///{contract_db_path}"
            assert contract_db_url.startswith("sqlite:////")

        def test_engines(contract_engine, contract_async_engine, contract_db):
            with contract_engine.begin() as connection:
                connection.execute(ADD)

            async def count():
                async with contract_async_engine.connect() as connection:
                    return (await connection.execute(COUNT)).scalar_one()

            assert [asyncio.run(count()) for _ in range(2)] == [2, 2]
            assert contract_db.execute(str(COUNT)).fetchone() == (2,)

        def test_each_test_has_its_own(contract_engine):
            with contract_engine.connect() as connection:
                assert connection.execute(COUNT).scalar_one() == 1

        def test_a_read_is_seen(contract_engine):
            with contract_engine.connect() as connection:
                connection.execute(sqlalchemy.text("SELECT created_at FROM tasks"))
        """)
    run("--migrated-db", "-W", "error").assert_outcomes(passed=3, failed=1)


SETTINGS = """
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "app.sqlite3", %s}}
INSTALLED_APPS = ["app"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
"""
MODELS = """
from django.db import models


class Task(models.Model):
    title = models.TextField()
    created_at = models.DateTimeField(db_index=True, null=True)

    class Meta:
        db_table = "tasks"
"""
MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Task",
            [
                ("id", models.AutoField(primary_key=True)),
                ("title", models.TextField()),
                ("created_at", models.DateTimeField(db_index=True, null=True)),
            ],
            {"db_table": "tasks"},
        ),
    ]
"""
DJANGO_TESTS = """
import pytest
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.utils import timezone

from app.models import Task


def columns():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pragma_table_info('tasks')")
        return {name for (name,) in cursor.fetchall()}


class InTransaction(TestCase):
    @classmethod
    def setUpTestData(cls):
        Task.objects.create(title="x", created_at=timezone.now())

    def test_epoch(self):
        assert "created_at_ms" in columns()
        with connection.cursor() as cursor:
            cursor.execute("SELECT created_at_ms FROM tasks")
            assert cursor.fetchone()[0] > 1_577_836_800_000

    def test_read(self):
        assert list(Task.objects.values_list("created_at"))


class Committed(TransactionTestCase):
    def test_epoch(self):
        assert "created_at_ms" in columns()
        Task.objects.create(title="y")

    def test_read(self):
        assert not list(Task.objects.order_by("created_at").values("id"))


@pytest.mark.django_db
def test_plain():
    assert "created_at_ms" in columns()
"""


def recipe(heading):
    """Return the Python blocks under a heading of the page."""
    behind = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    section = behind.partition("\n## ")[0]
    tokens = MarkdownIt("commonmark").parse(section)
    return "\n\n".join(t.content for t in tokens if t.type == "fence" and "python" in t.info)


@pytest.fixture
def django_project(pytester):
    """A Django project with one indexed DateTimeField, whose test database is migrated."""
    pytester.makefile(
        ".toml",
        pyproject="""
        [tool.pytest.ini_options]
        DJANGO_SETTINGS_MODULE = "settings"
        pythonpath = ["."]

        [tool.ts-contract.tables]
        tasks = ["created_at"]
        """,
    )
    pytester.makeconftest(recipe("Django"))
    pytester.makepyfile(settings=SETTINGS % "", test_app=DJANGO_TESTS)
    app = pytester.mkpydir("app")
    (app / "models.py").write_text(MODELS)
    (app / "migrations").mkdir()
    (app / "migrations" / "__init__.py").write_text("")
    (app / "migrations" / "0001_initial.py").write_text(MIGRATION)
    return pytester


@pytest.mark.parametrize("where", ["in memory", "in a file"])
@pytest.mark.parametrize("options", [[], ["-n2"]])
def test_djangos_test_database_is_migrated(django_project, where, options):
    if where == "in a file":
        name = f"'TEST': {{'NAME': {str(django_project.path / 'test.sqlite3')!r}}}"
        django_project.makepyfile(settings=SETTINGS % name)
    result = django_project.runpytest_subprocess(*PLAIN, "--migrated-db", *options)
    result.assert_outcomes(passed=3, failed=2)
    result.stdout.fnmatch_lines(
        [
            "legacy reads by place:",
            "*test_app.py:27 in InTransaction.test_read: tasks.created_at -> created_at_ms*",
        ]
    )
    result.stdout.no_fnmatch_line("*set-up*")
    result.stdout.no_fnmatch_line("*<unknown>*")


def test_on_the_legacy_schema_djangos_database_is_left_alone(django_project):
    result = django_project.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(passed=2, failed=3)  # those that look for the epoch column
    result.stdout.fnmatch_lines(["*'created_at_ms' in *"])


def test_sqlalchemy_with_a_rollback_for_each_test(project):
    project.makeconftest(recipe("SQLAlchemy, with a rollback for each test"))
    project.makepyfile("""
        import pytest
        from sqlalchemy import text

        COUNT = text("SELECT count(created_at_ms) FROM tasks")

        @pytest.mark.parametrize("number", range(3))
        def test_each_begins_anew(session, number):
            assert session.scalar(COUNT) == 1
            session.execute(text("INSERT INTO tasks(title, created_at_ms) VALUES ('x', 1)"))
            session.commit()
            assert session.scalar(COUNT) == 2

        def test_a_read_is_seen(session):
            session.execute(text("SELECT created_at FROM tasks"))
        """)
    result = project.runpytest_subprocess("--migrated-db", *PLAIN)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.no_fnmatch_line("*set-up*")


def test_both_schemas_without_parameters(project):
    project.makepyfile("""
        import unittest

        import pytest

        pytestmark = pytest.mark.usefixtures("contract_db_path")

        def test_requested_while_it_runs(request, ts_schema):
            db = request.getfixturevalue("contract_db")
            names = [name for _, name, *_ in db.execute("PRAGMA table_info(tasks)")]
            assert ("created_at_ms" in names) == (ts_schema == "migrated")

        class TestCases(unittest.TestCase):
            @pytest.mark.ts_schema("migrated")
            def test_pinned(self): pass
        """)
    project.runpytest_subprocess("--ts-schema=both", *PLAIN).assert_outcomes(passed=3)
