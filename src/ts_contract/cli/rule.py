"""`ts-contract rule`: the list of rules, or one of them explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .output import print_table, print_trimmed

if TYPE_CHECKING:
    from ..lint.rules import Rule

__all__ = ["command"]


@click.command()
@click.argument("code", required=False)
def command(code: str | None) -> None:
    """List the rules, or explain the one of CODE, such as TSC201.

    A rule that is off by default is asked for by name: `lint --only CODE`, or flake8's
    `--extend-select CODE`.
    """
    from ..lint.rules import all_rules  # noqa: PLC0415

    rules = all_rules()
    if code is None:
        _print_list(rules)
        return
    found = next((rule for rule in rules if rule.code == code.upper()), None)
    if found is None:
        raise click.BadParameter(
            f"{code!r} is not a rule; `ts-contract rule` lists them", param_hint="CODE"
        )
    _print_one(found)


def _print_list(rules: tuple[Rule, ...]) -> None:
    rows = [(rule.code, "on" if rule.default else "off", rule.summary) for rule in rules]
    print_table(("code", "default", "what it flags"), rows)


def _print_one(rule: Rule) -> None:
    from rich.markdown import Markdown  # noqa: PLC0415 - the list does without

    default = "on by default" if rule.default else f"off by default: lint --only {rule.code}"
    text = Markdown(f"# {rule.code}: {rule.summary}\n\n{default}\n\n{_body(rule)}")
    print_trimmed(text, width=80)


def _body(rule: Rule) -> str:
    """Return the documentation without its first line, which is the summary."""
    return rule.documentation.strip().partition("\n")[2]
