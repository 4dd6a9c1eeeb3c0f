"""Every rule is written up: a page of its own, the list of all, the changelog."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from ts_contract.lint.rules import all_rules

ROOT = Path(__file__).resolve().parents[2]
CODES = [rule.code for rule in all_rules()]


@pytest.fixture(scope="module")
def rule_pages():
    """The script that writes the pages."""
    spec = importlib.util.spec_from_file_location("rule_pages", ROOT / "tools" / "rule_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_are_what_the_rules_say(rule_pages):
    remedy = "run python tools/rule_pages.py"
    assert rule_pages.outdated(rule_pages.pages()) == [], remedy


def test_every_rule_has_its_page_and_its_line_in_the_list(rule_pages):
    pages = rule_pages.pages()
    assert [name for name in pages if name != "index.md"] == [f"{code}.md" for code in CODES]
    assert re.findall(r"\]\((TSC\d{3})\.md\)", pages["index.md"]) == CODES


def test_an_edited_a_missing_and_a_stale_page_are_told(rule_pages, tmp_path, monkeypatch):
    monkeypatch.setattr(rule_pages, "PAGES", tmp_path / "rules")
    rule_pages.write(rule_pages.pages())
    assert rule_pages.outdated(rule_pages.pages()) == []
    (tmp_path / "rules" / "TSC101.md").write_text("edited")
    (tmp_path / "rules" / "TSC102.md").unlink()
    (tmp_path / "rules" / "TSC999.md").touch()
    assert rule_pages.outdated(rule_pages.pages()) == ["TSC101.md", "TSC102.md", "TSC999.md"]
    rule_pages.write(rule_pages.pages())
    assert rule_pages.outdated(rule_pages.pages()) == []


@pytest.mark.parametrize("code", CODES)
def test_the_changelog_names_every_rule(code):
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^  - {code}: \S", changelog, re.MULTILINE)
