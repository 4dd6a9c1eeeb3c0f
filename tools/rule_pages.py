"""Write docs/rules/ from the rules: a page for each, and the list of all.

Run `python tools/rule_pages.py` after a change to a rule. `--check` writes nothing, and exits 1 if
a page is not what its rule says.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from ts_contract.lint.rules import Rule, all_rules

PAGES = Path(__file__).resolve().parent.parent / "docs" / "rules"

_GROUPS = {
    "TSC1": "Clocks",
    "TSC2": "Legacy columns in SQL",
    "TSC3": "Legacy columns in Python",
    "TSC4": "Units",
}


def pages() -> dict[str, str]:
    """Return the text of each page by its name."""
    return {
        "index.md": _index(),
        **{f"{rule.code}.md": _page(rule) for rule in all_rules()},
    }


def _index() -> str:
    lines = [
        "# Rules",
        "",
        "Each rule is sure, or it is silent. Those that are off by default are asked for by name: "
        "`flake8 --extend-select TSC107`, or `ts-contract lint --only TSC107`. The clock rules "
        "(TSC1) and the unit rules (TSC4) need no contract.",
    ]
    for prefix, rules in groupby(all_rules(), lambda rule: rule.code[:4]):
        lines += ["", f"## {_GROUPS[prefix]}", "", "| code | flags | default |", "|---|---|---|"]
        lines += [
            f"| [{rule.code}]({rule.code}.md) | {_cell(rule.summary)} | "
            f"{'on' if rule.default else 'off'} |"
            for rule in rules
        ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _page(rule: Rule) -> str:
    _, _, body = rule.documentation.strip().partition("\n")
    default = "On by default." if rule.default else "Off by default."
    return (
        f"# {rule.code}: {rule.summary}\n\n"
        f"{default} Silence one line with `# noqa: {rule.code}`. [All rules](index.md)\n"
        f"{body}\n"
    )


def write(wanted: Mapping[str, str]) -> None:
    """Write the pages, and remove those of rules that are gone."""
    PAGES.mkdir(parents=True, exist_ok=True)
    for stale in {page.name for page in PAGES.glob("*.md")} - set(wanted):
        (PAGES / stale).unlink()
    for name, text in wanted.items():
        (PAGES / name).write_text(text, encoding="utf-8")


def outdated(wanted: Mapping[str, str]) -> list[str]:
    """Return the names of the pages that are missing, differ, or belong to no rule."""
    there = {page.name: page.read_text(encoding="utf-8") for page in PAGES.glob("*.md")}
    return sorted(
        name for name in there.keys() | wanted.keys() if there.get(name) != wanted.get(name)
    )


def main() -> None:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 on a difference"
    )
    if not parser.parse_args().check:
        write(pages())
        return
    names = outdated(pages())
    for name in names:
        print(f"docs/rules/{name} is not what the rules say; run python tools/rule_pages.py")
    sys.exit(bool(names))


if __name__ == "__main__":
    main()
