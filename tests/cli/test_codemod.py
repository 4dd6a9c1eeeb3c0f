"""`ts-contract codemod`: what a user sees."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ts_contract.codemod import files
from ts_contract.codemod.rewrite import RewriteSettings, Rewritten, rewrite

SAFE = 'def f(c):\n    return c.execute("SELECT id FROM tasks ORDER BY created_at")\n'
DONE = SAFE.replace("created_at", "created_at_ms")
LEFT = 'def g(c):\n    return c.execute("SELECT created_at FROM tasks").fetchall()\n'
CONTRACT = '[tool.ts-contract.tables]\ntasks = ["created_at"]\n'


@pytest.fixture
def app(tmp_path) -> Path:
    (tmp_path / "pyproject.toml").write_text(CONTRACT)
    (tmp_path / "app.py").write_text(SAFE)
    return tmp_path / "app.py"


class TestModes:
    def test_by_default_a_summary_and_nothing_written(self, run, app):
        result = run("codemod")
        assert result.exit_code == 1
        assert "TSC201         1         0         0" in result.stdout
        assert "1 of 1 files change" in result.stdout
        assert app.read_text() == SAFE

    def test_check_names_the_files(self, run, app):
        result = run("codemod", "--check")
        assert (result.exit_code, result.stdout) == (1, "app.py\n")
        assert app.read_text() == SAFE

    def test_diff(self, run, app):
        result = run("codemod", "--diff")
        assert result.exit_code == 1
        assert result.stdout.startswith("--- a/app.py\n+++ b/app.py\n@@ -1,2 +1,2 @@\n")
        assert "ORDER BY created_at_ms" in result.stdout
        assert app.read_text() == SAFE

    def test_write_and_then_nothing_is_left_to_do(self, run, app):
        result = run("codemod", "--write")
        assert result.exit_code == 0
        assert "1 of 1 files written; 1 findings rewritten, 0 marked, 0 left" in result.stdout
        assert app.read_text() == DONE
        assert run("codemod", "--check").exit_code == 0

    def test_standard_input(self, tmp_path, app):
        command = [sys.executable, "-m", "ts_contract", "codemod", "-"]
        done = subprocess.run(
            command, input=SAFE.encode(), capture_output=True, cwd=tmp_path, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, DONE.encode(), b"")

    def test_standard_input_that_does_not_parse_comes_back_as_it_is(self, tmp_path, app):
        command = [sys.executable, "-m", "ts_contract", "codemod", "-"]
        text = SAFE.encode() + b"def :\n"
        done = subprocess.run(command, input=text, capture_output=True, cwd=tmp_path, check=False)
        assert (done.returncode, done.stdout) == (3, text)
        assert done.stderr.startswith(b"stdin:3:5: cannot be parsed")

    @pytest.mark.parametrize(
        ("mode", "text", "outcome"),
        [
            ("--check", SAFE, (1, b"stdin\n")),
            ("--check", DONE, (0, b"")),
            ("--diff", SAFE, (1, b"--- a/stdin\n+++ b/stdin\n")),
            ("--diff", DONE, (0, b"")),
            ("--write", SAFE, (2, b"")),
        ],
    )
    def test_standard_input_in_other_modes(self, app, mode, text, outcome):
        command = [sys.executable, "-m", "ts_contract", "codemod", "-", mode]
        done = subprocess.run(
            command, input=text.encode(), capture_output=True, cwd=app.parent, check=False
        )
        said = b"".join(done.stdout.splitlines(keepends=True)[:2])
        assert (done.returncode, said) == outcome

    @pytest.mark.parametrize(
        "modes", [("--write", "--diff"), ("--diff", "--write"), ("--write", "--check")]
    )
    def test_modes_exclude_each_other(self, run, app, modes):
        result = run("codemod", *modes)
        assert result.exit_code == 2
        assert "exclude each other" in result.stderr
        assert app.read_text() == SAFE

    def test_a_report_that_cannot_be_written_is_told_before_anything_is(self, run, app):
        result = run("codemod", "--write", "--report", "none/x.json")
        assert result.exit_code == 2
        assert "none is not a directory" in result.stderr
        assert app.read_text() == SAFE

    def test_the_summary_counts_what_is_left_by_reason(self, run, app):
        app.write_text(LEFT + LEFT.replace("def g", "def h"))
        result = run("codemod")
        reason = "the rows leave the function (--unsafe rewrites it)"
        assert f"     2 left: {reason}\n" in result.stdout


class TestWhatIsLeft:
    def test_is_marked_once(self, run, app):
        app.write_text(LEFT)
        run("codemod", "--write")
        marked = app.read_text()
        marker = "    # TODO(ts-contract TSC201): the rows leave the function"
        assert marked.splitlines()[1].startswith(marker)
        assert run("codemod", "--write").exit_code == 0
        assert app.read_text() == marked

    def test_without_markers_nothing_changes(self, run, app):
        app.write_text(LEFT)
        assert run("codemod", "--write", "--no-markers").exit_code == 0
        assert app.read_text() == LEFT

    def test_unsafe_lets_milliseconds_leave(self, run, app):
        app.write_text(LEFT)
        run("codemod", "--write", "--unsafe")
        assert "SELECT created_at_ms AS created_at FROM" in app.read_text()

    def test_compat_reads_give_the_text(self, run, app):
        app.write_text(LEFT)
        run("codemod", "--write", "--compat-reads")
        assert "created_at_ms / 1000.0, 'unixepoch'), '.000', '') AS created_at" in app.read_text()

    def test_only_and_skip(self, run, app):
        assert run("codemod", "--skip", "TSC2").exit_code == 0
        assert run("codemod", "--only", "tsc201").exit_code == 1


class TestReport:
    def test_names_every_finding(self, run, app, tmp_path):
        app.write_text(SAFE + LEFT)
        run("codemod", "--report", "report.json")
        report = json.loads((tmp_path / "report.json").read_text())
        rewritten, marked = report["changes"]
        assert report["version"] == 1
        assert report["files"] == {"read": 1, "changed": 1, "failed": 0}
        assert rewritten == {
            "path": "app.py",
            "line": 2,
            "column": 53,
            "end_line": 2,
            "end_column": 63,
            "code": "TSC201",
            "status": "rewritten",
            "safety": "safe",
            "before": "created_at",
            "after": "created_at_ms",
            "reason": "",
            "edits": [
                {
                    "line": 2,
                    "column": 53,
                    "end_line": 2,
                    "end_column": 63,
                    "text": "created_at_ms",
                }
            ],
        }
        assert (marked["status"], marked["safety"]) == ("marked", "unsafe")
        assert marked["reason"] == "the rows leave the function"


class TestErrors:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["gone.py"], "'gone.py' does not exist"),
            (["--only", "TSC999"], "'TSC999' is not the code of a rule"),
            (["--contract", "nope"], "no contract is called 'nope'"),
            (["-", "app.py"], "- stands alone"),
            (["--verify", "gone.db"], "'gone.db' does not exist"),
            (["--verify", "app.py"], "app.py: cannot be copied"),
        ],
    )
    def test_usage(self, run, app, arguments, said):
        result = run("codemod", *arguments)
        assert result.exit_code == 2
        assert said in result.stderr.replace("\n", " ")
        assert app.read_text() == SAFE

    def test_a_bad_file_is_named_while_the_others_are_written(self, run, app):
        app.with_name("broken.py").write_text(SAFE + "def :\n")
        result = run("codemod", "--write")
        assert result.exit_code == 3
        assert result.stderr.startswith("broken.py:3:5: cannot be parsed")
        assert app.read_text() == DONE

    def test_a_file_without_a_newline_at_its_end_is_written_as_the_others(self, run, app):
        text = """db.execute('UPDATE tasks SET created_at = "now"')"""
        app.with_name("aaa.py").write_text(text)
        result = run("codemod", "--write")
        assert (result.exit_code, result.stderr) == (0, "")
        assert app.read_text() == DONE

    def test_a_clock_that_cannot_be_imported_is_a_mistake_of_the_contract(self, run, app):
        Path("pyproject.toml").write_text('[tool.ts-contract]\nclock = "import"\n')
        result = run("codemod")
        assert result.exit_code == 2
        assert "clock: 'import' is not a dotted Python name" in result.stderr

    def test_a_file_that_takes_too_long_is_named_while_the_others_are_written(
        self, run, app, monkeypatch
    ):
        def slow(text: str, path: str, settings: RewriteSettings) -> Rewritten:
            while path == "aaa.py":
                pass
            return rewrite(text, path, settings)

        monkeypatch.setattr(files, "rewrite", slow)
        app.with_name("aaa.py").write_text(SAFE)
        result = run("codemod", "--write", "--timeout", "1")
        assert result.exit_code == 3
        assert result.stderr == (
            "aaa.py: given up, not done in 1 s; --timeout gives each file more time, or less\n"
        )
        assert app.read_text() == DONE

    @pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e400", "soon"])
    def test_a_time_limit_is_a_number_of_seconds(self, run, app, seconds):
        assert run("codemod", "--timeout", seconds).exit_code == 2

    @pytest.mark.parametrize("command", ["lint", "codemod"])
    def test_paths_without_any_python_file_are_said(self, run, app, command):
        Path("empty").mkdir()
        Path("empty", "notes.txt").touch()
        result = run(command, "empty")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "no Python files under empty; name files, or their directory" in result.stderr
        assert run(command, "empty", ".").exit_code in {0, 1}

    @pytest.mark.parametrize("command", ["lint", "codemod"])
    def test_a_file_that_the_contract_excludes_is_there_nevertheless(self, run, app, command):
        Path("ts-contract.toml").write_text('exclude = ["app.py"]\n')
        assert run(command, "app.py").exit_code == 0


class TestVerify:
    @pytest.fixture
    def store(self, tmp_path) -> Path:
        path = tmp_path / "store.db"
        with sqlite3.connect(path) as conn:
            conn.execute("CREATE TABLE tasks (id INTEGER PRIMARY KEY, created_at TIMESTAMP)")
            conn.executemany(
                "INSERT INTO tasks (created_at) VALUES (?)",
                [("2024-01-15 12:00:00",), ("2024-01-14 12:00:00",), (None,)],
            )
        conn.close()
        return path

    def test_the_database_agrees_and_stays_as_it_is(self, run, app, store):
        before = store.read_bytes()
        result = run("codemod", "--verify", store)
        assert result.exit_code == 1  # changes to make
        assert "1 of 1 statements prepare" in result.stdout
        assert "1 compared" in result.stdout
        assert "0 problems" in result.stdout
        assert store.read_bytes() == before

    def test_a_column_that_mixes_forms_is_told(self, run, app, store):
        with sqlite3.connect(store) as conn:
            conn.execute("INSERT INTO tasks (created_at) VALUES ('2024-01-15T11:00:00Z')")
        conn.close()
        app.write_text(
            "def f(c, t):\n"
            '    return c.execute("SELECT id FROM tasks WHERE created_at > ?", (t,)).fetchone()\n'
        )
        result = run("codemod", "--write", "--verify", store)
        assert result.exit_code == 1
        assert "app.py:2: " in result.stdout
        assert "1 problems" in result.stdout


def test_uncommitted_changes_are_warned_of(run, app, tmp_path):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    assert "uncommitted" in run("codemod", "--write").stderr
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    assert "uncommitted" not in run("codemod", "--write").stderr


def test_help_fits_80_columns(run):
    assert max(map(len, run("codemod", "--help").stdout.splitlines())) <= 80
