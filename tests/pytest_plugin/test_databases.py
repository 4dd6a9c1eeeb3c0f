"""The database fixtures: where the schema comes from, and that each test has its own."""

import os
import sqlite3
from contextlib import closing

import pytest

pytest_plugins = ["pytester"]

OWN_CACHE = ("-o", "cache_dir=.pytest_cache")
ONE_TEST = "def test_one(legacy_db): assert legacy_db.execute('SELECT count(*) FROM tasks')"
COUNT_TASKS = """
def test_count(legacy_db):
    assert legacy_db.execute("SELECT count(*) FROM tasks").fetchone() == ({count},)
"""


def test_each_schema_has_a_connection_and_its_path(project, run):
    project.makepyfile("""
        import sqlite3

        import pytest
        from ts_contract.testing import assert_migrated

        def columns(db):
            return {name for (name,) in db.execute("SELECT name FROM pragma_table_info('tasks')")}

        def path_of(db):
            return db.execute("PRAGMA database_list").fetchone()[2]

        def test_legacy(legacy_db, legacy_db_path):
            assert columns(legacy_db) == {"id", "title", "created_at", "updated_at"}
            assert path_of(legacy_db) == str(legacy_db_path)

        def test_migrated(migrated_db, migrated_db_path, ts_contract):
            assert {"created_at", "created_at_ms"} < columns(migrated_db)
            assert path_of(migrated_db) == str(migrated_db_path)
            assert_migrated(migrated_db, contract=ts_contract)
            found = migrated_db.execute("SELECT created_at_ms FROM tasks").fetchone()
            assert found == (1705320000000,)

        def test_finalized(finalized_db, finalized_db_path):
            assert columns(finalized_db) == {"id", "title", "created_at_ms", "updated_at_ms"}
            assert path_of(finalized_db) == str(finalized_db_path)

        def test_all_at_once(legacy_db_path, migrated_db_path, finalized_db_path, contract_db_path):
            paths = {legacy_db_path, migrated_db_path, finalized_db_path, contract_db_path}
            assert len(paths) == 4

        def test_sync_triggers_serve_old_and_new_code(migrated_db):
            migrated_db.execute(
                "INSERT INTO tasks(title, created_at) VALUES ('x', '2024-01-15 12:00:00')"
            )
            found = migrated_db.execute("SELECT created_at_ms FROM tasks WHERE title = 'x'")
            assert found.fetchone() == (1705320000000,)
        """)
    run().assert_outcomes(passed=5)


def test_whatever_an_application_does_the_next_test_sees_a_clean_database(project, run):
    project.makepyfile("""
        import contextlib
        import sqlite3
        import subprocess
        import sys
        import threading

        import pytest

        def commit_on_a_second_connection(path):
            db = sqlite3.connect(path)
            db.execute("INSERT INTO tasks(title) VALUES ('x')")
            db.commit()
            db.close()

        def run_a_script(path):
            kept.append(sqlite3.connect(path))
            kept[-1].executescript("DELETE FROM tasks; DROP TABLE notes;")

        def switch_to_wal(path):
            db = sqlite3.connect(path)
            assert db.execute("PRAGMA journal_mode=WAL").fetchone() == ("wal",)
            db.execute("INSERT INTO tasks(title) VALUES ('x')")
            db.commit()
            kept.append(db)  # with a log beside the file

        def write_in_a_subprocess(path):
            code = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
            code += "db.execute('DELETE FROM tasks'); db.commit()"
            subprocess.run([sys.executable, "-c", code, str(path)], check=True)

        def write_in_a_thread(path):
            thread = threading.Thread(target=commit_on_a_second_connection, args=(path,))
            thread.start()
            thread.join()

        def delete_the_file(path):
            path.unlink()

        kept = []

        @pytest.fixture(scope="module", autouse=True)
        def closed_at_last():
            yield
            for db in kept:
                db.close()

        HARM = [
            commit_on_a_second_connection, run_a_script, switch_to_wal, write_in_a_subprocess,
            write_in_a_thread, delete_the_file, print,
        ]

        @pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
        def test_clean(contract_db_path, harm):
            with contextlib.closing(sqlite3.connect(contract_db_path)) as db:
                assert db.execute("SELECT title FROM tasks").fetchall() == [("first",)]
                assert db.execute("SELECT count(*) FROM notes").fetchone() == (0,)
                assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
            harm(contract_db_path)
        """)
    run().assert_outcomes(passed=7)


def test_the_copies_are_gone_after_the_run_and_the_templates_stay(project, run):
    project.makepyfile(ONE_TEST)
    run("--basetemp=temp", *OWN_CACHE).assert_outcomes(passed=1)
    assert not list((project.path / "temp").rglob("*.db"))
    [template] = (project.path / ".pytest_cache").rglob("*.db")
    assert template.name.endswith("-legacy.db")


# --- where the schema comes from -------------------------------------------------------------


def use_ini(project, *lines):
    text = "\n".join(("[pytest]", *lines)) + "\n"
    (project.path / "pytest.ini").write_text(text)
    (project.path / "ts-contract.toml").write_text('[tables]\ntasks = ["created_at"]\n')


def test_numbered_files_are_applied_in_numeric_order_and_downs_are_not(project, run):
    migrations = project.path / "migrations"
    (migrations / "2_between.sql").write_text("ALTER TABLE tasks ADD COLUMN extra TEXT;")
    (migrations / "11_last.sql").write_text("INSERT INTO tasks(title, extra) VALUES ('a', 'b');")
    (migrations / "11_last.down.sql").write_text("DROP TABLE tasks;")
    (migrations / "12_later").mkdir()
    (migrations / "12_later" / "migration.sql").write_text("INSERT INTO tasks(title) VALUES ('c');")
    project.makepyfile(COUNT_TASKS.format(count=3))
    run().assert_outcomes(passed=1)


def test_one_sql_file_and_rows_of_a_seed(project, run):
    use_ini(project, "ts_contract_migrations = schema.sql", "ts_contract_seed = seed.sql more.sql")
    (project.path / "schema.sql").write_text("CREATE TABLE tasks(id, created_at);")
    (project.path / "seed.sql").write_text("INSERT INTO tasks(id) VALUES (1), (2);")
    (project.path / "more.sql").write_text("INSERT INTO tasks SELECT id + 10, NULL FROM tasks;")
    project.makepyfile(COUNT_TASKS.format(count=4))
    run().assert_outcomes(passed=1)


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_a_database_file_which_is_left_alone_also_while_it_is_written_to(
    project, run, journal_mode
):
    use_ini(project, "ts_contract_migrations = store.db")
    path = project.path / "store.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA journal_mode={journal_mode}")
        db.executescript("CREATE TABLE tasks(id, created_at); INSERT INTO tasks(id) VALUES (1);")
        content = path.read_bytes()
        project.makepyfile(COUNT_TASKS.format(count=1))
        run().assert_outcomes(passed=1)
        assert path.read_bytes() == content


def test_a_builder_of_the_projects_own(project, run):
    use_ini(project, "ts_contract_seed = seed.sql")
    (project.path / "seed.sql").write_text("INSERT INTO tasks(id) VALUES (1);")
    project.makeconftest("""
        import sqlite3

        import pytest

        @pytest.fixture(scope="session")
        def ts_legacy_builder():
            def build(path):
                db = sqlite3.connect(path)
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("CREATE TABLE tasks(id, created_at)")
                db.commit()
                db.close()

            return build
        """)
    project.makepyfile(COUNT_TASKS.format(count=1))
    run().assert_outcomes(passed=1)


def test_a_contract_of_the_projects_own(project, run):
    project.makeconftest("""
        import pytest
        from ts_contract.loading import parse_contract

        @pytest.fixture(scope="session")
        def ts_contract():
            return parse_contract({"tables": {"notes": {"created_at": "created_ms"}}})
        """)
    project.makepyfile("""
        def test_columns(migrated_db):
            names = [name for _, name, *_ in migrated_db.execute("PRAGMA table_info(notes)")]
            assert names == ["id", "created_at", "created_ms"]
        """)
    run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("ini", "message"),
    [
        ([], "*no schema for the test databases: set the ini key ts_contract_migrations*"),
        (
            ["ts_contract_migrations = missing"],
            "*missing: no such file or directory; correct ts_contract_migrations*",
        ),
        (["ts_contract_migrations = empty"], "*empty: no *.sql in this directory*"),
        (
            ["ts_contract_migrations = unnumbered"],
            "*schema.sql: no number in the name, so its place in the order is unknown*",
        ),
        (["ts_contract_migrations = broken.sql"], "*broken.sql: near *syntax error*"),
        (["ts_contract_migrations = latin.sql"], "*latin.sql: 'utf-8' codec can't decode*"),
        (
            ["ts_contract_migrations = good.sql", "ts_contract_seed = broken.sql"],
            "*broken.sql: near *syntax error*",
        ),
    ],
)
def test_a_mistake_in_the_sources_is_told_in_one_line(project, run, ini, message):
    use_ini(project, *ini)
    project.mkdir("empty")
    (project.mkdir("unnumbered") / "schema.sql").write_text("")
    (project.path / "broken.sql").write_text("CREATE TABEL tasks;")
    (project.path / "latin.sql").write_bytes("-- caf\xe9".encode("latin-1"))
    (project.path / "good.sql").write_text("CREATE TABLE tasks(created_at);")
    project.makepyfile(ONE_TEST)
    result = run("-q", *OWN_CACHE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert not list((project.path / ".pytest_cache").rglob("*.db"))


def test_a_contract_of_another_schema_is_told(project, run):
    pyproject = project.path / "pyproject.toml"
    pyproject.write_text(f"{pyproject.read_text()}visits = ['begun_at']\n")
    project.makepyfile("def test_one(migrated_db): pass")
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["the legacy template cannot be migrated: table visits is not in the database; *"]
    )


def test_without_a_contract_the_message_says_how_to_get_one(project, run):
    (project.path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nts_contract_migrations = ["migrations"]\n'
    )
    project.makepyfile(ONE_TEST)
    result = run("-q", "--rootdir", str(project.path))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*no contract: *override the fixture ts_contract*"])


def test_a_builder_that_leaves_no_file_is_told(project, run):
    project.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def ts_legacy_builder():
            return lambda path: None
        """)
    project.makepyfile(ONE_TEST)
    result = run("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ts_legacy_builder left no database at the path*"])


KEEPS_OPEN = """
import sqlite3

import pytest

kept = []

@pytest.fixture(scope="session")
def ts_legacy_builder():
    def build(path):
        db = sqlite3.connect(path)
        db.execute("PRAGMA journal_mode={journal_mode}")
        db.execute("CREATE TABLE tasks(id, created_at)")
        db.commit()
        db.execute("{last}")
        kept.append(db)

    yield build
    kept.pop().close()
"""


@pytest.mark.parametrize(
    ("journal_mode", "last"),
    [
        ("wal", "SELECT 1"),
        ("wal", "INSERT INTO tasks(id) VALUES (1)"),
        ("delete", "INSERT INTO tasks(id) VALUES (1)"),
    ],
    ids=["log", "log and transaction", "transaction"],
)
def test_a_builder_that_keeps_its_log_or_transaction_open_is_told(project, run, journal_mode, last):
    project.makeconftest(KEEPS_OPEN.format(journal_mode=journal_mode, last=last))
    project.makepyfile(ONE_TEST)
    result = run("-q", *OWN_CACHE)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*the builder of the legacy template still has its database open; close it*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    assert not list((project.path / ".pytest_cache").rglob("*.db"))


def test_no_template_is_left_in_wal_mode_whatever_its_sources_do(project, run):
    use_ini(
        project,
        "ts_contract_migrations = schema.sql",
        "ts_contract_seed = wal.sql",
        "ts_contract_before_finalize = wal.sql",
    )
    (project.path / "schema.sql").write_text("CREATE TABLE tasks(id, created_at);")
    (project.path / "wal.sql").write_text(
        "PRAGMA journal_mode=WAL; INSERT INTO tasks(id) VALUES (1);"
    )
    project.makepyfile("""
        def test_all(legacy_db, migrated_db, finalized_db):
            rows = [db.execute("SELECT count(*) FROM tasks") for db in
                    (legacy_db, migrated_db, finalized_db)]
            assert [row.fetchone()[0] for row in rows] == [1, 1, 2]
        """)
    run(*OWN_CACHE).assert_outcomes(passed=1)
    [cache] = (project.path / ".pytest_cache").rglob("ts_contract")
    files = {path.suffix: path for path in cache.iterdir() if path.suffix != ".lock"}
    assert set(files) == {".db"}, "a log is left beside a template"
    # Bytes 18 and 19 are 1 for a rollback journal and 2 for a log: https://sqlite.org/fileformat.html
    versions = {path.name[33:]: path.read_bytes()[18:20] for path in cache.glob("*.db")}
    assert versions == {f"{s}.db": b"\1\1" for s in ("legacy", "migrated", "finalized")}


# --- templates -------------------------------------------------------------------------------

SEE_TEMPLATE = """
def test_template(_ts_templates):
    template = _ts_templates.template("legacy")
    print("TEMPLATE", template.built, template.path.name)
"""


@pytest.fixture
def template(project, run):
    """Run a test that uses the legacy template: was it built, and under what name?"""
    project.makepyfile(SEE_TEMPLATE)

    def template():
        result = run("-s", *OWN_CACHE)
        result.assert_outcomes(passed=1)
        [line] = [line for line in result.outlines if "TEMPLATE" in line]
        _, built, name = line.partition("TEMPLATE")[2].strip().partition(" ")[0], *line.split()[-2:]
        return built == "True", name

    return template


def test_a_template_is_built_once_and_kept_between_runs(template):
    first, second = template(), template()
    assert (first[0], second[0]) == (True, False)
    assert first[1] == second[1]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("migrations/1_first.sql", "title TEXT", "title VARCHAR"),
        ("migrations/10_second.sql", "'first'", "'second'"),
        ("pyproject.toml", '"updated_at"]', '{ to = "x" }]'.replace('{ to = "x" }', '"title"')),
        ("pyproject.toml", 'value = "2"', 'value = "3"'),
        ("seed.sql", "0", "1"),
    ],
    ids=["migration", "later migration", "columns", "version", "seed"],
)
def test_a_change_of_any_input_makes_a_new_template(project, template, name, old, new):
    (project.path / "seed.sql").write_text("SELECT 0;")
    config = project.path / "pyproject.toml"
    config.write_text(
        config.read_text().replace("[tool.ts", 'ts_contract_seed = ["seed.sql"]\n\n[tool.ts', 1)
    )
    _, first = template()
    path = project.path / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert template() != (False, first)
    assert template()[1] != first


def test_a_change_of_the_package_that_the_builder_uses_makes_a_new_template(project, template):
    project.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def ts_legacy_builder():
            def build(path):
                from migrator.core import upgrade

                upgrade(path)

            return build
        """)
    package = project.mkpydir("migrator")
    (package / "core.py").write_text(
        "import sqlite3\nfrom .sql import SCHEMA\n"
        "def upgrade(path):\n    db = sqlite3.connect(path)\n    db.execute(SCHEMA)\n"
        "    db.commit()\n    db.close()\n"
    )
    (package / "sql.py").write_text('SCHEMA = "CREATE TABLE tasks(id, created_at)"\n')
    first = template()
    assert first[0]
    assert template() == (False, first[1])
    (package / "sql.py").write_text('SCHEMA = "CREATE TABLE tasks(id, created_at, other)"\n')
    assert template()[1] != first[1]


def test_what_the_ini_key_names_is_an_input_of_a_builder_of_the_project_too(project, template):
    project.makeconftest("""
        import pytest
        import sqlite3

        @pytest.fixture(scope="session")
        def ts_legacy_builder():
            def build(path):
                conn = sqlite3.connect(path)
                conn.executescript("CREATE TABLE t(x)")
                conn.close()
            return build
        """)
    first = template()
    assert template() == (False, first[1])
    (project.path / "migrations" / "notes.txt").write_text("read by the builder")
    assert template()[1] != first[1]


def test_what_a_killed_build_leaves_behind_is_no_template(project, template):
    _, name = template()
    [path] = (project.path / ".pytest_cache").rglob(name)
    path.rename(f"{path}.unfinished").write_bytes(b"half of it")
    assert template() == (True, name)


def test_templates_that_nobody_used_for_two_weeks_are_removed(project, template):
    template()
    [path] = (project.path / ".pytest_cache").rglob("*-legacy.db")
    old = path.with_name("0" * 32 + "-legacy.db")
    old.write_bytes(b"")
    os.utime(old, (0, 0))
    path.unlink()
    template()
    assert path.exists()
    assert not old.exists()


def test_without_a_cache_the_templates_live_in_the_temporary_directory(project, run):
    project.makepyfile(ONE_TEST)
    run("--migrated-db", "-p", "no:cacheprovider").assert_outcomes(passed=1)
    assert not (project.path / ".pytest_cache").exists()
    assert not list(project.path.glob("*.db"))


def test_a_cache_that_cannot_be_written_to_is_done_without(project, run):
    (project.path / "file").write_text("")
    project.makepyfile(ONE_TEST)
    run("-o", "cache_dir=file/cache", "-W", "ignore").assert_outcomes(passed=1)
    before = set(project.path.iterdir())
    run("--migrated-db", "-o", "cache_dir=file/cache", "-W", "ignore").assert_outcomes(passed=1)
    assert set(project.path.iterdir()) == before


def test_cache_clear_builds_anew(project, run):
    project.makepyfile(SEE_TEMPLATE)
    for _ in range(2):
        result = run("-s", "--cache-clear", *OWN_CACHE)
        result.stdout.fnmatch_lines(["*TEMPLATE True*"])
