"""At which line of the user's code a read is told, whatever thread or library runs it."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import aiosqlite
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from ts_contract.loading import parse_contract

CONTRACT = parse_contract({"tables": {"tasks": ["created_at"]}})


def test_the_place_is_the_line_and_function_that_executes_the_statement(db, watch):
    class Store:
        def newest(self):
            return db.execute("SELECT created_at FROM tasks").fetchone()

    Store().newest()
    [read] = watch.take().reads
    code = Store.newest.__code__
    assert read.site.path == __file__
    assert read.site.line == code.co_firstlineno + 1
    assert read.site.function.endswith("<locals>.Store.newest")
    assert (read.epoch, read.through) == ("created_at_ms", "")


def test_this_package_itself_may_read_legacy_columns(db, watch, columns):
    from ts_contract.testing import assert_ms_matches

    db.execute("UPDATE tasks SET created_at_ms = 1705320000000")
    assert_ms_matches(db, "tasks", contract=CONTRACT)
    assert columns(watch) == []


def test_another_threads_connection_is_watched_and_rearming_leaves_it_alone(path, watch):
    def work(ready, go):
        with closing(sqlite3.connect(path)) as db:
            db.execute("SELECT created_at FROM tasks")
            ready.set()
            go.wait(10)

    ready, go = threading.Event(), threading.Event()
    thread = threading.Thread(target=work, args=(ready, go))
    thread.start()
    ready.wait(10)
    watch.rearm()
    go.set()
    thread.join()
    [read] = watch.take().reads
    assert read.site.function.endswith("<locals>.work")


def test_work_given_to_a_pool_is_told_at_the_line_that_waits_for_it(path, watch):
    with (
        closing(sqlite3.connect(path, check_same_thread=False)) as db,
        ThreadPoolExecutor() as pool,
    ):
        pool.submit(db.execute, "SELECT created_at FROM tasks").result()
    [read] = watch.take().reads
    assert read.site.path == __file__
    assert (
        read.site.function
        == test_work_given_to_a_pool_is_told_at_the_line_that_waits_for_it.__name__
    )


def test_sqlalchemy_is_told_at_the_line_of_its_caller(path, watch):
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")

    def newest():
        with engine.connect() as connection:
            return connection.execute(sqlalchemy.text("SELECT created_at FROM tasks")).all()

    newest()
    engine.dispose()
    [read] = watch.take().reads
    assert read.site.path == __file__
    assert read.site.line == newest.__code__.co_firstlineno + 2
    assert watch.watched == watch.opened > 0


DJANGO = """
import sys
import django
from django.conf import settings
from ts_contract.loading import parse_contract
from ts_contract.testing.watching import Watch

database = {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}
settings.configure(DATABASES={"default": database})
django.setup()
from django.db import models

class Task(models.Model):
    created_at = models.DateTimeField(null=True)
    class Meta:
        app_label, db_table = "app", "tasks"

with Watch(parse_contract({"tables": {"tasks": ["created_at"]}})) as watch:
    Task.objects.order_by("created_at").values("id").first()
    [read] = watch.take().reads
print(read.site.path, read.site.line, read.column)
"""


def test_django_is_told_at_the_line_of_its_caller(path, tmp_path):
    script = tmp_path / "app.py"
    script.write_text(DJANGO)
    command = [sys.executable, script, path]
    output = subprocess.check_output(command, text=True, stderr=subprocess.STDOUT)
    line = 1 + DJANGO.splitlines().index(
        '    Task.objects.order_by("created_at").values("id").first()'
    )
    assert output.split() == [str(script), str(line), "created_at"]


def test_aiosqlite_is_told_at_the_line_that_awaits_it(path, watch):
    async def newest():
        async with aiosqlite.connect(path) as db:
            cursor = await db.execute("SELECT created_at FROM tasks")
            return await cursor.fetchall()

    asyncio.run(newest())
    [read] = watch.take().reads
    assert read.site.path == __file__
    assert read.site.line == newest.__code__.co_firstlineno + 2
    assert read.site.function.endswith("<locals>.newest")


def test_sqlalchemy_over_aiosqlite_is_told_at_the_line_that_awaits_it(path, watch):
    async def newest():
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        async with engine.connect() as connection:
            await connection.execute(sqlalchemy.text("SELECT created_at FROM tasks"))
        await engine.dispose()

    asyncio.run(newest())
    [read] = watch.take().reads
    assert read.site.path == __file__
    assert read.site.line == newest.__code__.co_firstlineno + 3


LIBRARY = """
def run(db):
    return really(db)


def really(db):
    return db.execute("SELECT created_at FROM tasks")
"""


def test_where_no_frame_is_the_users_the_innermost_one_of_a_library_is_told(tmp_path, path):
    site = tmp_path / "lib" / "site-packages"
    site.mkdir(parents=True)
    (site / "somebodys.py").write_text(LIBRARY)
    (site / "start.py").write_text(
        "import sqlite3, sys\n"
        "import somebodys\n"
        "from ts_contract.loading import parse_contract\n"
        "from ts_contract.testing.watching import Watch\n"
        "with Watch(parse_contract({'tables': {'tasks': ['created_at']}})) as watch:\n"
        "    somebodys.run(sqlite3.connect(sys.argv[1]))\n"
        "    [read] = watch.take().reads\n"
        "print(read.site.path, read.site.line, read.site.function)\n"
    )
    command = [sys.executable, site / "start.py", path]
    output = subprocess.check_output(command, text=True)
    assert output.split() == [str(site / "somebodys.py"), "7", "really"]
