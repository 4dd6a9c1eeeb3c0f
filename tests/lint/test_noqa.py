"""`# noqa`: what it silences is what flake8 lets it silence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ts_contract.lint.engine import check
from ts_contract.lint.noqa import not_silenced
from ts_contract.lint.rules import all_rules
from ts_contract.loading import load_contract

HEAD = "import datetime\n"
ON = [rule for rule in all_rules() if rule.default]

CASES = {
    "no comment": "datetime.datetime.now()",
    "blanket": "datetime.datetime.now()  # noqa",
    "its code": "datetime.datetime.now()  # noqa: TSC101",
    "no blank": "datetime.datetime.now()  # noqa:TSC101",
    "capitals": "datetime.datetime.now()  # NOQA: TSC101",
    "another code": "datetime.datetime.now()  # noqa: TSC102",
    "several codes": "datetime.datetime.now()  # noqa: E501,TSC101",
    "codes and blanks": "datetime.datetime.now()  # noqa: E501 TSC101",
    "the beginning of its code": "datetime.datetime.now()  # noqa: TSC1",
    "letters alone": "datetime.datetime.now()  # noqa: TSC",
    "a reason behind it": "datetime.datetime.now()  # noqa: TSC101 the machine runs in UTC",
    "behind other words": "datetime.datetime.now()  # local # noqa: TSC101",
    "in a string": "datetime.datetime.now(), '# noqa'",
    "the line before": "1  # noqa\ndatetime.datetime.now()",
    "the line behind": "(\n    datetime.datetime.now(),\n    1,  # noqa\n)",
    "the same line in brackets": "(\n    datetime.datetime.now(),  # noqa\n    1,\n)",
    "a backslash": "1, \\\n    datetime.datetime.now()  # noqa",
    "a string over lines": 'datetime.datetime.now(), """\n\n"""  # noqa',
    "a query": 'db.execute("""\n    SELECT created_at\n    FROM tasks\n""")  # noqa: TSC201',
    "a comment in SQL": 'db.execute("""\n    SELECT created_at -- noqa\n    FROM tasks\n""")',
    "python in SQL": 'db.execute("""\n    SELECT created_at -- # noqa\n    FROM tasks\n""")',
    "the first of two": 'datetime.datetime.now(), """  # noqa: E501\n"""  # noqa: TSC101',
    "a file": "# flake8: noqa\ndatetime.datetime.now()",
    "a file, not on its own line": "datetime.datetime.now()  # flake8: noqa",
    "a form feed": "\f\ndatetime.datetime.now()  # noqa",
}


@pytest.fixture(scope="module")
def flake8_lines(tmp_path_factory) -> dict[str, list[int]]:
    """The lines that flake8 reports for each case, asked once."""
    pytest.importorskip("flake8")
    directory = tmp_path_factory.mktemp("noqa")
    for number, body in enumerate(CASES.values()):
        (directory / f"case_{number}.py").write_text(HEAD + body + "\n")
    command = [sys.executable, "-m", "flake8", "--isolated", "--select=TSC", "-j1"]
    done = subprocess.run(
        [*command, "--ts-contract=agentos", "--format=%(path)s %(row)d", "."],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )
    reported: dict[str, list[int]] = {name: [] for name in CASES}
    names = list(CASES)
    for line in done.stdout.splitlines():
        path, row = line.split()
        reported[names[int(Path(path).stem.removeprefix("case_"))]].append(int(row))
    return reported


@pytest.mark.parametrize("name", CASES)
def test_it_silences_what_flake8_silences(flake8_lines, name):
    text = HEAD + CASES[name] + "\n"
    findings = check(text, contract=load_contract("agentos"), rules=ON)
    assert findings, "a case needs something to silence"
    assert [f.line for f in not_silenced(findings, text)] == flake8_lines[name]


def test_other_line_ends_count_the_same():
    text = 'import datetime\r\nx = """\r\n""", datetime.datetime.now()  # noqa\r\n'
    assert check(text) != []
    assert not_silenced(check(text), text) == []


def test_a_byte_order_mark_does_not_matter():
    text = "\ufeffimport datetime; datetime.datetime.now()  # noqa\n"
    assert check(text) != []
    assert not_silenced(check(text), text) == []
