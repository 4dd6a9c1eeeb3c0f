"""The ready-made tests: they pass for our migration, and each fails for its own reason."""

import pytest

pytest_plugins = ["pytester"]

SUITE = "from ts_contract.testing.suite import TestContract"

# What a wrong migration does after ours, by the scenario that has to notice.
MUTATIONS = {
    "test_columns": (
        "ALTER TABLE notes RENAME TO gone",
        "notes: there is no such table",
    ),
    "test_accuracy": (
        "UPDATE tasks SET created_at_ms = created_at_ms - 1 WHERE id = 1",
        "tasks.created_at_ms, id=1: 1705319999999, but created_at '2024-01-15 12:00:00' is "
        "1705320000000: -1 ms: rounding?",
    ),
    "test_nulls": (
        "UPDATE tasks SET updated_at_ms = 1705320000000 WHERE updated_at IS NULL",
        "tasks.updated_at_ms is 1705320000000 beside updated_at None",
    ),
    "test_indexes": (
        "DROP INDEX idx_tasks_created_at_ms",
        "idx_tasks_created_at_ms should index created_at_ms descending; it has no columns",
    ),
    "test_idempotence": (
        "INSERT INTO log SELECT count(*) FROM log",
        "the second migration changed the rows of log: (1,)",
    ),
    "test_legacy_columns_kept": (
        "UPDATE tasks SET created_at = '2024-01-15T12:00:00' WHERE id = 1",
        "tasks: the migration changed or lost (1, 'first', '2024-01-15 12:00:00', *",
    ),
    "test_range": (
        "UPDATE tasks SET created_at_ms = created_at_ms / 1000 WHERE id = 1",
        "tasks.created_at_ms: 1705320000 is outside 1577836800000 to 1893456000000: seconds for "
        "milliseconds? multiply by 1000",
    ),
    "test_version": (
        "DELETE FROM versions WHERE version = '2'",
        "versions: 2 is recorded 0 times",
    ),
    "test_rollback": (
        "CREATE INDEX left_behind ON tasks(title)",
        "migration and rollback changed the index left_behind: it was None, and is 'CREATE *",
    ),
}


@pytest.fixture
def store(project):
    """The project, with one more table that the migration leaves alone, and a valid range."""
    (project.path / "migrations" / "11_log.sql").write_text("CREATE TABLE log(line);")
    config = project.path / "pyproject.toml"
    valid_range = '[tool.ts-contract]\nvalid-range = ["2020-01-01", "2030-01-01"]\n\n'
    head, version, tables = config.read_text().partition("[tool.ts-contract.version]")
    config.write_text(f'{head}{valid_range}{version}{tables}notes = ["created_at"]\n')
    return project


def test_our_migration_passes_in_all_nine_scenarios(store, run):
    store.makepyfile(SUITE)
    run().assert_outcomes(passed=9)


@pytest.mark.parametrize("scenario", MUTATIONS)
def test_a_wrong_migration_fails_in_the_scenario_that_is_about_it(store, run, scenario):
    sql, message = MUTATIONS[scenario]
    store.makepyfile(f'''
        import sqlite3

        import pytest
        from ts_contract.migration import migrate
        from ts_contract.testing.suite import TestContract as Base

        class TestContract(Base):
            @pytest.fixture
            def ts_migrate(self):
                def migrate_wrongly(path, contract):
                    migrate(path, contract, offline=True, sync=False)
                    with sqlite3.connect(path) as db:
                        db.execute("""{sql}""")
                    db.close()

                return migrate_wrongly
        ''')
    result = run("-k", scenario)
    result.assert_outcomes(failed=1, deselected=8)
    result.stdout.fnmatch_lines([f"*{message}*"])


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("ALTER TABLE tasks DROP COLUMN created_at_ms", "tasks.created_at_ms: there is no such"),
        (
            "ALTER TABLE tasks DROP COLUMN created_at_ms;"
            "ALTER TABLE tasks ADD COLUMN created_at_ms TEXT",
            "tasks.created_at_ms is declared as TEXT; epoch milliseconds need INTEGER",
        ),
    ],
)
def test_a_column_that_is_missing_or_of_another_type_is_told(store, run, sql, message):
    store.makepyfile(f"""
        import sqlite3

        import pytest
        from ts_contract.migration import migrate
        from ts_contract.testing.suite import TestContract as Base

        class TestContract(Base):
            @pytest.fixture
            def ts_migrate(self):
                def migrate_wrongly(path, contract):
                    migrate(path, contract, offline=True, sync=False)
                    db = sqlite3.connect(path)
                    db.executescript("DROP INDEX idx_tasks_created_at_ms; {sql}")
                    db.close()

                return migrate_wrongly
        """)
    result = run("-k", "test_columns")
    result.assert_outcomes(failed=1, deselected=8)
    result.stdout.fnmatch_lines([f"*{message}*"])


def test_a_contract_without_a_version_skips_that_scenario(store, run):
    config = store.path / "pyproject.toml"
    before, _, rest = config.read_text().partition("[tool.ts-contract.version]")
    config.write_text(before + rest[rest.index("[tool.ts-contract.tables]") :])
    store.makepyfile(SUITE)
    run().assert_outcomes(passed=8, skipped=1)


def test_samples_fit_tables_with_constraints_keys_and_triggers(store, run):
    (store.path / "migrations" / "12_hard.sql").write_text("""
        CREATE TABLE hard(
            code TEXT NOT NULL, part INTEGER NOT NULL, rank REAL NOT NULL, data BLOB NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('a', 'b')),
            task INTEGER NOT NULL REFERENCES tasks(id),
            made_at TIMESTAMP NOT NULL, ended_at INTEGER,
            double INTEGER GENERATED ALWAYS AS (part * 2) VIRTUAL,
            PRIMARY KEY (code, part), UNIQUE (rank)
        ) WITHOUT ROWID;
        CREATE TABLE "odd "" name"("at ""' x" TEXT);
        CREATE TRIGGER stamped AFTER UPDATE OF rank ON hard BEGIN
            UPDATE hard SET kind = 'b' WHERE code = new.code AND part = new.part;
        END;
        """)
    config = store.path / "pyproject.toml"
    config.write_text(
        config.read_text()
        + 'hard = { made_at = "made_ms", ended_at = { epoch = "ended_ms", storage = "seconds" } }\n'
        + '"odd \\" name" = ["at \\"\' x"]\n'
    )
    store.makepyfile(SUITE)
    run().assert_outcomes(passed=9)


def test_a_table_that_takes_no_sample_and_has_no_row_is_told(store, run):
    (store.path / "migrations" / "12_closed.sql").write_text(
        "CREATE TRIGGER closed BEFORE INSERT ON notes BEGIN SELECT RAISE(ABORT, 'closed'); END;"
    )
    store.makepyfile(SUITE)
    result = run("-k", "accuracy")
    result.assert_outcomes(errors=1, deselected=8)
    result.stdout.fnmatch_lines(
        ["*notes: it has no rows, and takes no sample (closed); add rows of it to *"]
    )


def test_the_scenarios_pass_while_the_run_is_watched(store, run):
    store.makepyfile(SUITE)
    run("--migrated-db").assert_outcomes(passed=9)
