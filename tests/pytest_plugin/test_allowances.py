"""Legacy reads that are allowed for now, by a marker or by the ini key."""

import pytest

pytest_plugins = ["pytester"]


def test_a_marker_allows_a_column_to_a_test(project, run):
    project.makepyfile("""
        import pytest

        @pytest.mark.allow_legacy_reads("tasks.created_at", reason="rewritten next week")
        def test_allowed(opened): opened.newest()

        @pytest.mark.allow_legacy_reads("tasks.updated_at", "TASKS.Created_At", reason="both")
        def test_allowed_too(opened): opened.newest()

        @pytest.mark.allow_legacy_reads("tasks.updated_at", reason="another column")
        def test_refused(opened): opened.newest()
        """)
    result = run("--migrated-db", "--strict-markers", "-rA")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED *::test_refused *"])


@pytest.mark.parametrize(
    "line",
    [
        "* tasks.created_at the whole suite",
        "test_store.py tasks.created_at the file",
        "test_store.py::TestStore tasks.created_at the class",
        "test_store.py::TestStore::test_newest tasks.created_at the test with all parameters",
        "test_store.py::TestStore::test_newest[a b] tasks.created_at with this parameter",
    ],
)
def test_a_line_of_the_ini_key_allows_a_column(project, run, line):
    project.makepyfile(
        test_store="""
        import pytest

        class TestStore:
            @pytest.mark.parametrize("text", ["a b"])
            def test_newest(self, opened, text): opened.newest()
        """
    )
    run("--migrated-db", "-o", f"ts_contract_allow={line}").assert_outcomes(passed=1)


def test_a_line_for_another_test_allows_nothing(project, run):
    project.makepyfile(test_store="def test_newest(opened): opened.newest()")
    line = "test_store.py::test_new tasks.created_at the name goes on"
    run("--migrated-db", "-o", f"ts_contract_allow={line}").assert_outcomes(failed=1)


@pytest.mark.parametrize(
    "line", ["tasks.created_at", "* tasks.created_at", "test_x.py created_at why", "*"]
)
def test_a_line_without_test_column_or_reason_is_refused(project, run, line):
    project.makepyfile("def test_nothing(): pass")
    result = run("--migrated-db", "-o", f"ts_contract_allow={line}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"ERROR: ts_contract_allow: {line!r} is not of the form TEST TABLE.COLUMN REASON, *"]
    )


@pytest.mark.parametrize(
    "arguments", ["", "'tasks.created_at'", "reason='x'", "'created_at', reason='x'"]
)
def test_a_marker_without_column_or_reason_is_told(project, run, arguments):
    project.makepyfile(f"""
        import pytest

        @pytest.mark.allow_legacy_reads({arguments})
        def test_one(opened): pass
        """)
    result = run("--migrated-db")
    result.assert_outcomes(errors=1)
    said = [line for line in result.outlines if "allow_legacy_reads" in line]
    assert len(said) == 1
    assert 'write @pytest.mark.allow_legacy_reads("tasks.created_at", reason="...")' in said[0]


def test_an_allowance_is_used_if_any_case_of_its_test_class_or_module_uses_it(project, run):
    project.makepyfile("""
        import pytest

        pytestmark = pytest.mark.allow_legacy_reads("tasks.created_at", reason="the module")

        @pytest.mark.allow_legacy_reads("tasks.updated_at", reason="the class")
        class TestStore:
            def test_titles(self, opened): opened.titles()

            @pytest.mark.allow_legacy_reads("versions.applied_at", reason="the test")
            @pytest.mark.parametrize("column", ["title", "updated_at"])
            def test_column(self, opened, column):
                opened.db.execute(f"SELECT {column} FROM tasks")

        def test_newest(opened): opened.newest()
        """)
    result = run("--migrated-db")
    result.assert_outcomes(passed=4)
    assert [line for line in result.outlines if line.startswith("unused allowance")] == [
        "unused allowance, remove it: allow_legacy_reads: "
        "test_an_allowance_is_used_if_any_case_of_its_test_class_or_module_uses_it.py::"
        "TestStore::test_column versions.applied_at (the test)",
    ]


def test_an_allowance_is_not_unused_where_the_schema_has_nothing_else_to_read(project, run):
    project.makepyfile("""
        import pytest

        @pytest.mark.allow_legacy_reads("tasks.created_at", reason="until March")
        def test_newest(opened): opened.newest()
        """)
    result = run("--ts-schema=both")
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("unused allowance*")


def test_an_allowance_that_nothing_used_is_reported_if_its_test_was_run(project, run):
    project.makepyfile(
        test_store="""
        import pytest

        @pytest.mark.allow_legacy_reads("tasks.created_at", reason="once needed")
        def test_titles(opened): opened.titles()

        def test_newest(opened): opened.newest()
        """
    )
    allow = "\n".join(
        (
            "test_store.py::test_newest tasks.created_at used",
            "test_store.py::test_newest tasks.updated_at not used",
            "test_store.py::test_gone tasks.created_at not run",
            "* tasks.updated_at nowhere",
        )
    )
    result = run("--migrated-db", "-o", f"ts_contract_allow={allow}")
    result.assert_outcomes(passed=2)
    unused = [line for line in result.outlines if line.startswith("unused allowance")]
    assert unused == [
        "unused allowance, remove it: allow_legacy_reads: test_store.py::test_titles "
        "tasks.created_at (once needed)",
        "unused allowance, remove it: ts_contract_allow: * tasks.updated_at (nowhere)",
        "unused allowance, remove it: ts_contract_allow: test_store.py::test_newest "
        "tasks.updated_at (not used)",
    ]
