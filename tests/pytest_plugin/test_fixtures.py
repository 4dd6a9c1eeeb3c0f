"""The database fixtures: each test has a database of its own, whatever the others did to theirs."""

import pytest

pytest_plugins = ["pytester"]

OWN_CACHE = ("-o", "cache_dir=.pytest_cache")
ONE_TEST = "def test_one(legacy_db): assert legacy_db.execute('SELECT count(*) FROM tasks')"


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
