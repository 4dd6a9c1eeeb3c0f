"""What a run says of places that were not judged, and of tables that are named nowhere."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ts_contract.cli import main
from ts_contract.lint.rules import all_rules

UNKNOWN = "def f(task):\n    return task.created_at\n"
SAID = "1 place names a legacy column and was not judged"


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    tables = 'tasks = ["created_at"]\nghosts = ["seen"]\n'
    (tmp_path / "ts-contract.toml").write_text(f"[tables]\n{tables}")
    (tmp_path / "a.py").write_text(UNKNOWN)
    (tmp_path / "b.py").write_text("class Task(Base):\n    __tablename__ = 'tasks'\n")
    return tmp_path


def run(command: str, *arguments: str) -> Result:
    apart = "mix_stderr" in inspect.signature(CliRunner).parameters  # before click 8.2
    runner = CliRunner(mix_stderr=False) if apart else CliRunner()
    return runner.invoke(main, [command, *arguments])


def test_nothing_is_not_said_to_be_found_where_not_all_was_judged(project):
    result = run("lint")
    assert result.exit_code == 0
    assert result.stdout == f"{SAID}; --unjudged lists them\n"
    assert "Nothing found" not in result.output


def test_nothing_is_said_where_all_was_judged(project):
    (project / "a.py").write_text("x = 1\n")
    assert "Nothing found in 2 files.\n" in run("lint").stderr
    assert "judged" not in run("lint").output


def test_the_places_are_listed(project):
    assert "a.py:2:17: created_at\n" in run("lint", "--unjudged").stdout


def test_strict_takes_them_for_findings(project):
    assert run("lint", "--strict").exit_code == 1
    (project / "a.py").write_text(UNKNOWN.replace("at\n", "at  # noqa: TSC3\n"))
    assert run("lint", "--strict").exit_code == 0


def test_json_has_them_one_by_one(project):
    report = json.loads(run("lint", "--format", "json").stdout)
    assert report["unjudged"] == [{"path": "a.py", "line": 2, "column": 17, "name": "created_at"}]
    assert report["unnamed_tables"] == ["ghosts"]
    assert report["findings"] == []


def test_sarif_has_them_as_notes(project):
    (sarif,) = json.loads(run("lint", "--format", "sarif").stdout)["runs"]
    (invocation,) = sarif["invocations"]
    place, table = invocation["toolExecutionNotifications"]
    assert invocation["executionSuccessful"]
    assert place["level"] == table["level"] == "note"
    assert place["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "a.py"},
        "region": {"startLine": 2, "startColumn": 17},
    }
    assert "ghosts" in table["message"]["text"]


def test_github_gets_their_number(project):
    assert f"::notice::{SAID}\n" in run("lint", "--format", "github").stdout


def test_the_codemod_tells_their_number(project):
    assert f"{SAID}; ts-contract lint --unjudged" in run("codemod").stdout
    assert f"{SAID}; ts-contract lint --unjudged" in run("codemod", "--write").stdout


def test_a_table_that_no_file_names_is_told_where_a_tree_was_looked_at(project):
    assert "contract table ghosts is named nowhere in the 2 files" in run("lint").stderr
    assert "named nowhere" not in run("lint", "a.py").output
    (project / "c.py").write_text("class Ghosts(SQLModel, table=True):\n    id: int\n")
    (project / "d.py").write_text("seen = 1\n")
    assert "named nowhere" not in run("lint").output


def test_a_migration_is_not_counted(project):
    revision = 'revision = "1"\ndown_revision = None\n'
    (project / "a.py").write_text(f"{revision}{UNKNOWN}")
    assert "judged" not in run("lint").output


def test_what_the_census_leaves_to_rules_that_are_off_is_off():
    """A rule that is turned on by default belongs to what is judged in `unjudged`."""
    counted = {"TSC205", "TSC208", "TSC302", "TSC305"}
    off = {rule.code for rule in all_rules() if not rule.default}
    assert {code for code in off if code.startswith(("TSC2", "TSC3"))} == counted
