"""How findings are shown, in each format."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from ts_contract.lint.engine import check
from ts_contract.lint.files import Checked, check_source
from ts_contract.lint.report import as_github, as_json, as_sarif, as_text, summary
from ts_contract.lint.rules import all_rules
from ts_contract.lint.settings import LintSettings

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json").read_text())
EVERYTHING = LintSettings(None, None, frozenset(rule.code for rule in all_rules()))

TWO = """\
from datetime import datetime

def late(row):
    return "日本", datetime.utcnow()
now = datetime.now(
    None
)
"""


def checked(text: str, path: str = "app/clock.py") -> Checked:
    return check_source(text.encode(), path, EVERYTHING)


def shown(text: str, path: str = "app/clock.py") -> list[str]:
    return [line.plain for line in as_text(checked(text, path))]


class TestText:
    def test_a_finding_has_its_source_line_and_a_caret_under_it(self):
        assert shown("import time\ndef f():\n    x_at_ms = time.time()\n") == [
            "app/clock.py:3:15: TSC401 seconds given to x_at_ms, which holds milliseconds "
            "[unsafe fix]",
            "    x_at_ms = time.time()",
            "              ^~~~~~~~~~~",
        ]

    def test_the_caret_minds_wide_characters(self):
        assert shown(TWO)[1:3] == [
            '    return "日本", datetime.utcnow()',
            "                   ^~~~~~~~~~~~~~~~~",
        ]

    def test_a_finding_over_several_lines_shows_its_first(self):
        assert shown(TWO)[4:] == ["    now = datetime.now(", "          ^~~~~~~~~~~~~"]

    def test_tabs_do_not_move_the_caret(self):
        text = "import time\nif 1:\n\tx_ms\t=\ttime.time()\n"
        assert shown(text)[1:] == ["    x_ms = time.time()", "           ^~~~~~~~~~~"]

    def test_a_very_long_line_shows_the_part_with_the_finding(self):
        text = "import time\nx = '" + "a" * 500 + "'; y_ms = time.time(); z = '" + "b" * 500 + "'\n"
        _, line, caret = shown(text)
        assert len(line) < 200
        assert line[caret.index("^") :].startswith("time.time()")

    def test_nothing_in_a_file_moves_the_terminal_s_cursor(self):
        lines = shown('import time\nx_ms = time.time(), "\x1b[2J"\ny_ms = time.time() # \x1b[2J\n')
        assert not any("\x1b" in line for line in lines)

    def test_a_hostile_path_stays_on_its_line(self):
        (line, *_) = shown("import time\nx_ms = time.time()\n", "a\nb\x1b[2J.py")
        assert line.startswith(r"a\nb\x1b[2J.py:2:8: TSC401")

    def test_a_finding_on_an_empty_source_line_has_no_excerpt(self):
        result = checked("import time\nx_ms = time.time()\n")
        assert len(list(as_text(Checked(result.path, result.findings)))) == 1


def test_the_summary_counts_each_rule_most_first():
    text = TWO + "a = datetime.utcnow()\n"
    assert [(code, count) for code, count, _ in summary([checked(text), checked(TWO)])] == [
        ("TSC102", 3),
        ("TSC101", 2),
    ]


def test_json_is_the_stable_format():
    first, second = checked("x = 1\n", "a.py"), checked("import time\nx_ms = time.time()\n", "b.py")
    assert as_json([first, second]) == {
        "version": 1,
        "findings": [
            {
                "path": "b.py",
                "line": 2,
                "column": 8,
                "end_line": 2,
                "end_column": 19,
                "code": "TSC401",
                "message": "seconds given to x_ms, which holds milliseconds",
                "fix": "unsafe",
            }
        ],
        "unjudged": [],
        "unnamed_tables": [],
        "files": 2,
    }


class TestGitHub:
    def test_a_finding_is_a_workflow_command(self):
        assert list(as_github([checked("import time\nx_ms = time.time()\n")])) == [
            "::error file=app/clock.py,line=2,col=8,endLine=2,title=TSC401,endColumn=19"
            "::seconds given to x_ms, which holds milliseconds"
        ]

    def test_what_would_end_a_property_is_escaped(self):
        (command,) = as_github([checked("import time\nx_ms = time.time()\n", "a,b:c%\n.py")])
        assert command.startswith("::error file=a%2Cb%3Ac%25%0A.py,line=2,")

    def test_columns_of_several_lines_have_no_end(self):
        text = "from datetime import datetime\nnow = datetime.now(\n)\n"
        (command,) = as_github([checked(text)])
        assert "endLine=3" in command
        assert "endColumn" not in command

    def test_nothing_of_it_steers_the_log(self):
        (command,) = as_github([checked("import time\nx_ms = time.time()\n", "\x1b[2J.py")])
        assert command.startswith("::error file=\\x1b[2J.py,line=2,")


def test_a_message_is_one_line_whatever_the_file_says():
    (finding,) = checked("import time\nd = {}\nd['a\x1b[2J_ms'] = time.time()\n").findings
    assert finding.message.isprintable()


class TestSarif:
    def test_a_name_that_is_not_utf_8_is_its_bytes(self):
        results = [checked(TWO, "\udcff/a.py"), Checked("\udcfe", error="\udcfe: no")]
        (run,) = as_sarif(results)["runs"]
        place = run["results"][0]["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "%FF/a.py"
        (notification,) = run["invocations"][0]["toolExecutionNotifications"]
        assert notification["message"] == {"text": "\\udcfe: no"}

    @pytest.mark.parametrize(
        "results",
        [
            pytest.param([], id="nothing"),
            pytest.param([checked(TWO)], id="findings"),
            pytest.param([checked(TWO, "with space/日本 %.py")], id="odd path"),
            pytest.param([Checked("b.py", error="b.py:1:5: cannot be parsed")], id="failed"),
        ],
    )
    def test_it_keeps_to_the_official_schema(self, results):
        jsonschema.Draft4Validator(
            SCHEMA, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
        ).validate(as_sarif(results))

    def test_each_result_points_at_its_rule_and_place(self):
        (run,) = as_sarif([checked(TWO, "a b.py")])["runs"]
        result = run["results"][0]
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] == "TSC102"
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "a%20b.py"
        assert place["region"] == {
            "startLine": 4,
            "startColumn": 18,
            "endLine": 4,
            "endColumn": 35,
        }

    def test_every_rule_is_described_with_its_default(self):
        (run,) = as_sarif([])["runs"]
        described = {r["id"]: r["defaultConfiguration"] for r in run["tool"]["driver"]["rules"]}
        assert described["TSC107"] == {"enabled": False, "level": "error"}
        assert set(described) == EVERYTHING.codes

    def test_a_fingerprint_survives_a_moved_line(self):
        def fingerprint(text: str) -> str:
            (run,) = as_sarif([checked(text)])["runs"]
            return run["results"][0]["partialFingerprints"]["lineText/v1"]

        line = "x_ms = time.time()\n"
        assert fingerprint(f"import time\n{line}") == fingerprint(f"import time\n\nif 1:\n  {line}")
        assert fingerprint(f"import time\n{line}") != fingerprint(f"import time\ny{line}")

    def test_a_file_that_could_not_be_checked_is_a_notification(self):
        (run,) = as_sarif([Checked("b.py", error="b.py:1:5: cannot be parsed")])["runs"]
        (invocation,) = run["invocations"]
        assert invocation["executionSuccessful"] is False
        (notification,) = invocation["toolExecutionNotifications"]
        assert notification["message"]["text"] == "b.py:1:5: cannot be parsed"


def test_columns_are_those_of_the_engine():
    (finding, _) = check(TWO)
    assert (finding.line, finding.column, finding.end_column) == (4, 18, 35)
