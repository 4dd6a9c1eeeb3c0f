"""What the files of a project tell each other: each folder of `projects` is one.

Its `ts-contract.toml` is the contract. Behind a line `# TSC303: 5, 9` says that the rules that are
on by default report two findings there, at columns 5 and 9, and `# unjudged: 7` that a place is
counted and not judged; on all other lines nothing is. No file of it is ever run.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ts_contract.files.find import files_below
from ts_contract.lint.files import check_source
from ts_contract.lint.project import project_of
from ts_contract.lint.rules import all_rules
from ts_contract.lint.settings import LintSettings
from ts_contract.loading import load_contract

PROJECTS = Path(__file__).parent / "projects"
CODES = frozenset(rule.code for rule in all_rules() if rule.default)

_EXPECTED = re.compile(r"# (TSC\d{3}|unjudged): (\d+(?:, \d+)*)")

Findings = list[tuple[str, int, int, str]]


def expected(root: Path, files: list[Path]) -> Findings:
    found = []
    for file in files:
        for number, line in enumerate(file.read_text().split("\n"), 1):
            for code, columns in _EXPECTED.findall(line):
                name = file.relative_to(root).as_posix()
                found += [(name, number, int(column), code) for column in columns.split(", ")]
    return sorted(found)


def reported(root: Path, files: list[Path], named: list[Path]) -> Findings:
    """Return what is found in files, in a run that is about some of them."""
    contract = load_contract(root / "ts-contract.toml")
    project = project_of(contract, named, is_cached=False)
    settings = LintSettings(contract, None, CODES, project)
    found = []
    for file in files:
        name = file.relative_to(root).as_posix()
        checked = check_source(file.read_bytes(), str(file), settings)
        assert not checked.error
        found += [
            (name, finding.line, finding.column, finding.code) for finding in checked.findings
        ]
        found += [(name, place.line, place.column, "unjudged") for place in checked.unjudged]
    return sorted(found)


@pytest.fixture(params=sorted(path.name for path in PROJECTS.iterdir() if path.is_dir()))
def root(request) -> Path:
    return PROJECTS / request.param


def test_findings_stand_where_the_comments_say(root):
    files = [path for path in files_below(root) if path.suffix == ".py"]
    assert reported(root, files, files) == expected(root, files)


def test_a_file_that_is_named_alone_has_the_same_findings(root):
    for file in [path for path in files_below(root) if path.suffix == ".py"]:
        assert reported(root, [file], [file]) == expected(root, [file])
