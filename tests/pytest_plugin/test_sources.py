"""Where the legacy schema and the contract come from, and what is said of a mistake in them."""

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
