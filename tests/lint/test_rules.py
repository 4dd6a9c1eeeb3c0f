"""Every rule against its fixture, and against the examples of its own documentation.

A fixture is a Python file named after its rule, the specification of what the rule finds. Its
silent half stands first, between the lines `# --- silent ---` and `# --- findings ---`. Behind it
`# TSC101: 5, 9` says that the rule reports two findings on that line, at columns 5 and 9; inside
SQL the comment begins with `--`; `# TSC201@-1: 4` speaks of the line before. A first line
`# contract: phase = "enforce"` adds TOML to the agentos contract. No fixture is ever run.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from ts_contract.contract import Contract
from ts_contract.lint.engine import check
from ts_contract.lint.rules import Rule, all_rules
from ts_contract.loading import parse_contract

FIXTURES = Path(__file__).parent / "fixtures"

_EXPECTED = re.compile(r"(?:#|--).*?(TSC\d{3})(@[+-]\d+)?: (\d+(?:, \d+)*)")
_CONTRACT = re.compile(r"^# contract: (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Fixture:
    """One fixture file."""

    path: Path

    @property
    def code(self) -> str:
        return self.path.stem

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def contract(self) -> Contract:
        extra = tomllib.loads("\n".join(_CONTRACT.findall(self.text)))
        return parse_contract({"extends": "agentos", **extra})

    @property
    def first_finding_line(self) -> int:
        head, marker, _ = self.text.partition("\n# --- findings ---\n")
        assert marker, f"{self.path.name} has no line '# --- findings ---'"
        assert "# --- silent ---" in head, f"{self.path.name} has no line '# --- silent ---'"
        return head.count("\n") + 2

    def expected(self) -> list[tuple[int, int]]:
        """Return (line, column) of each finding that the comments announce."""
        places = []
        for number, line in enumerate(self.text.split("\n"), 1):
            for code, shift, columns in _EXPECTED.findall(line):
                assert code == self.code, f"{self.path.name}:{number} announces {code}"
                shifted = number + int(shift.removeprefix("@") or 0)
                places += [(shifted, int(column)) for column in columns.split(", ")]
        return sorted(places)

    def found(self) -> list[tuple[int, int]]:
        """Return (line, column) of each finding of this fixture's rule."""
        rules = [rule for rule in all_rules() if rule.code == self.code]
        findings = check(self.text, self.path.name, self.contract, rules=rules)
        return [(finding.line, finding.column) for finding in findings]


def fixtures() -> list[Fixture]:
    """Return every fixture, by code."""
    return [Fixture(path) for path in sorted(FIXTURES.glob("TSC*.py"))]


SECTIONS = ["What it does", "Why is this bad", "Example", "Use instead"]
FENCED = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

each_rule = pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
each_fixture = pytest.mark.parametrize("fixture", fixtures(), ids=lambda fixture: fixture.code)


@each_fixture
def test_findings_stand_where_the_comments_say(fixture: Fixture) -> None:
    assert fixture.found() == fixture.expected()


@each_fixture
def test_the_silent_half_expects_nothing(fixture: Fixture) -> None:
    assert fixture.expected(), "a fixture needs a finding"
    assert min(fixture.expected())[0] > fixture.first_finding_line


def test_every_rule_has_a_fixture_and_every_fixture_a_rule() -> None:
    assert [rule.code for rule in all_rules()] == [fixture.code for fixture in fixtures()]


@each_rule
def test_the_documentation_has_its_four_sections(rule: Rule) -> None:
    assert re.findall(r"^## (.+)$", rule.documentation, re.MULTILINE) == SECTIONS
    assert len(rule.summary) < 80


def examples(rule: Rule, section: str) -> list[str]:
    body = rule.documentation.partition(f"## {section}\n")[2].partition("\n## ")[0]
    found = FENCED.findall(body)
    assert found, f"{rule.code}: no Python block under {section}"
    return found


@each_rule
def test_the_bad_example_raises_exactly_its_code(rule: Rule) -> None:
    contract = parse_contract({"extends": "agentos"})
    tried = [other for other in all_rules() if other.default or other is rule]
    for example in examples(rule, "Example"):
        codes = {finding.code for finding in check(example, contract=contract, rules=tried)}
        assert codes == {rule.code}


@each_rule
def test_the_good_example_is_silent(rule: Rule) -> None:
    contract = parse_contract({"extends": "agentos"})
    for example in examples(rule, "Use instead"):
        assert check(example, contract=contract) == []
