"""The baseline: old findings pass, new ones fail, whatever moves."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ts_contract.lint.baseline import (
    Baseline,
    BaselineError,
    load_baseline,
    record,
    save_baseline,
    without_known,
)
from ts_contract.lint.files import Checked, check_source
from ts_contract.lint.rules import all_rules
from ts_contract.lint.settings import LintSettings

EVERYTHING = LintSettings(None, None, frozenset(rule.code for rule in all_rules()))
HEAD = "import time\n"
OLD = "created_at_ms = time.time()\n"
OTHER = "updated_at_ms = time.time()\n"


def checked(*lines: str, path: str = "app.py") -> Checked:
    return check_source("".join((HEAD, *lines)).encode(), path, EVERYTHING)


def new_lines(result: Checked, baseline: Baseline) -> list[int]:
    (left,) = without_known([result], baseline)
    return [finding.line for finding in left.findings]


BASELINE = record([checked(OLD)])


def test_old_findings_pass():
    assert new_lines(checked(OLD), BASELINE) == []


@pytest.mark.parametrize(
    "moved",
    [
        pytest.param(["# a comment\n", "\n", OLD], id="further down"),
        pytest.param(["if time:\n", "    " + OLD], id="indented"),
        pytest.param([OLD.rstrip() + "   \n"], id="blanks behind it"),
    ],
)
def test_moved_findings_pass(moved):
    assert new_lines(checked(*moved), BASELINE) == []


@pytest.mark.parametrize(
    ("lines", "new"),
    [
        pytest.param([OLD, OTHER], [3], id="another line"),
        pytest.param([OLD, OLD], [3], id="the same line once more"),
        pytest.param([OLD.rstrip() + "  # changed\n"], [2], id="a changed line"),
    ],
)
def test_new_findings_fail(lines, new):
    assert new_lines(checked(*lines), BASELINE) == new


def test_another_file_s_findings_are_new():
    assert new_lines(checked(OLD, path="other.py"), BASELINE) == [2]


def test_another_rule_s_finding_on_a_known_line_is_new():
    line = "from datetime import datetime; a_ms = time.time(); b = datetime.now()\n"
    known = LintSettings(None, None, frozenset({"TSC401"}))
    baseline = record([check_source((HEAD + line).encode(), "app.py", known)])
    (left,) = without_known([checked(line)], baseline)
    assert [finding.code for finding in left.findings] == ["TSC101"]


def test_fixed_findings_leave_it():
    assert record([checked(OTHER)], record([checked(OLD, OTHER)])) == record([checked(OTHER)])


def test_files_that_were_not_checked_keep_their_entries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("app.py").touch()
    both = record([checked(OLD), checked(OLD, path="gone.py")])
    after = record([checked(OTHER, path="other.py")], both)
    assert {path for path, _, _ in after.known} == {"app.py", "other.py"}


def test_a_file_that_could_not_be_parsed_keeps_its_entries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("app.py").touch()
    assert record([Checked("app.py", error="broken")], BASELINE) == BASELINE


@given(st.lists(st.sampled_from([OLD, OTHER, "\n", "x = 1\n"])))
def test_what_is_recorded_is_known(lines):
    result = checked(*lines)
    assert new_lines(result, record([result])) == []


class TestFile:
    def test_it_reads_what_it_wrote(self, tmp_path):
        baseline = record([checked(OLD, OLD, OTHER), checked('日本_ms = "é", time.time()\n')])
        save_baseline(tmp_path / "b.json", baseline)
        assert load_baseline(tmp_path / "b.json") == baseline

    def test_it_reads_well_in_a_diff(self, tmp_path):
        save_baseline(tmp_path / "b.json", BASELINE)
        assert json.loads((tmp_path / "b.json").read_text()) == {
            "version": 1,
            "findings": {"app.py": [{"code": "TSC401", "line": OLD.strip(), "count": 1}]},
        }

    def test_it_keeps_its_mode_and_its_link(self, tmp_path):
        (tmp_path / "real.json").write_text("{}")
        (tmp_path / "real.json").chmod(0o640)
        (tmp_path / "b.json").symlink_to("real.json")
        save_baseline(tmp_path / "b.json", BASELINE)
        assert (tmp_path / "b.json").is_symlink()
        assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o640
        assert sorted(path.name for path in tmp_path.iterdir()) == ["b.json", "real.json"]

    def test_a_directory_that_is_not_there_leaves_nothing_behind(self, tmp_path):
        with pytest.raises(OSError, match="No such file"):
            save_baseline(tmp_path / "no" / "b.json", BASELINE)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "{}",
            '{"version": 2, "findings": {}}',
            '{"version": 1, "findings": []}',
            "\xff",
            "[" * 100_000,
            '{"a":' * 100_000,
            '{"version": 1, "findings": {"a.py": [{"code": "C", "line": "", "count": 1e400}]}}',
            '{"version": 1, "findings": {"a.py": [{"code": "C", "line": "", "count": 1.5}]}}',
            '{"version": 1, "findings": {"a.py": [{"code": "C", "line": "", "count": -1}]}}',
            '{"version": 1, "findings": {"a.py": [{"code": "C", "line": "", "count": true}]}}',
            '{"version": 1, "findings": {"a.py": [{"code": "C", "line": "", "count": "1"}]}}',
            '{"version": 1, "findings": {"a.py": [{"code": 4, "line": "", "count": 1}]}}',
            '{"version": 1, "findings": {"a.py": [{"code": "C", "line": [], "count": 1}]}}',
            '{"version": 1, "findings": {"a.py": [{"code": "C", "line": "", "count": %s}]}}'
            % ("9" * 4_000),
        ],
    )
    def test_another_file_is_refused_with_the_remedy(self, tmp_path, text):
        (tmp_path / "b.json").write_bytes(text.encode("latin-1"))
        with pytest.raises(BaselineError, match=r"b\.json: is not a baseline .* --update-baseline"):
            load_baseline(tmp_path / "b.json")

    def test_a_missing_file_is_told(self, tmp_path):
        with pytest.raises(BaselineError, match="cannot be read"):
            load_baseline(tmp_path / "b.json")

    def test_a_pipe_is_not_waited_for(self, tmp_path):
        os.mkfifo(tmp_path / "b.json")
        with pytest.raises(BaselineError, match=r"b\.json: cannot be read \(Not a regular file\)"):
            load_baseline(tmp_path / "b.json")

    @pytest.mark.parametrize("path", ["\udcff\udce9.py", "a\0b.py", "x" * 5_000, "日本.py"])
    def test_any_path_survives(self, tmp_path, path):
        baseline = record([checked(OLD, path=path)])
        save_baseline(tmp_path / "b.json", baseline)
        assert load_baseline(tmp_path / "b.json") == baseline
        (tmp_path / "b.json").read_bytes().decode("utf-8", "strict")
        assert record([], baseline).known == {}  # there is no such file any more
