'''The rules, one module each, found by their name `tsc###.py`.

A rule module is its documentation and one decorated function. The docstring begins with a
summary line and has four sections, whose fenced examples the tests run: the first raises exactly
this code, the second nothing.

    """Naive clock.

    ## What it does
    ## Why is this bad
    ## Example
    ## Use instead
    """

    @rule("TSC101", "naive clock {call}(): ...", on=ast.Call, needs=(any_of("now"),))
    def check(node: ast.Call, file: File) -> Iterator[Match]:
        name = file.source.resolve(node.func)
        if name not in NAIVE:
            return
        yield Match(node, {"call": name}, fix=...)

`on` is the class, or classes, whose instances the check receives: those of `ast`, or what a finder
of `source` finds, such as `Reference`; `lint.finders` has the list. `needs` are the gate: the rule
is tried only on a file whose text holds all of them. Guards come first, the cheapest first: a check
is a list of reasons to stay silent, and then one `yield`. The message stands in the decorator
alone, as a `str.format` template over the fields of the match.
'''

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal, TypeVar

from ...contract import Contract
from ...source.edits import Fix
from ...source.file import File
from ..gate import Gate, Need

__all__ = ["Match", "Rule", "all_rules", "applying", "rule"]

Severity = Literal["error", "warning"]
Check = Callable[[Any, File], Iterable["Match"]]
CheckFunction = TypeVar("CheckFunction", bound=Check)


@dataclass(frozen=True, slots=True)
class Match:
    """What a check yields: a place, the fields of the message, and perhaps a fix.

    Attributes:
        where: a node, or the offsets of the first code point and of the one after the last.
        fields: values for the placeholders of the rule's message.
        fix: how to put it right.
    """

    where: ast.AST | tuple[int, int]
    fields: Mapping[str, str] = field(default_factory=dict)
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        code: `TSC` and three digits.
        message: template of the message, without the code.
        on: classes whose instances `check` receives.
        check: yields a match for each fault.
        needs: what a file's text must hold.
        severity: what SARIF and GitHub annotations show.
        default: whether the rule is on unless selected otherwise.
        documentation: the module's docstring, Markdown.
    """

    code: str
    message: str
    on: tuple[type, ...]
    check: Check
    needs: tuple[Need, ...]
    severity: Severity
    default: bool
    documentation: str

    @property
    def summary(self) -> str:
        """The first line of the documentation, without its full stop."""
        return self.documentation.strip().partition("\n")[0].rstrip(".")


_REGISTRY: dict[str, Rule] = {}


def rule(
    code: str,
    message: str,
    *,
    on: type | tuple[type, ...],
    needs: tuple[Need, ...],
    severity: Severity = "error",
    default: bool = True,
) -> Callable[[CheckFunction], CheckFunction]:
    """Register the decorated check as a rule; its module's docstring is the documentation.

    Args:
        code: `TSC` and three digits; the module is called the same in lower case.
        message: `str.format` template over the fields of a match.
        on: class or classes whose instances the check receives.
        needs: the gate.
        severity: what SARIF and GitHub annotations show.
        default: whether the rule is on unless selected otherwise.
    """

    def register(check: CheckFunction) -> CheckFunction:
        documentation = sys.modules[check.__module__].__doc__ or ""
        classes = on if isinstance(on, tuple) else (on,)
        _REGISTRY[code] = Rule(
            code, message, classes, check, needs, severity, default, documentation
        )
        return check

    return register


def applying(rules: Iterable[Rule], text: str, contract: Contract | None) -> list[Rule]:
    """Return the rules that may find anything in a text: the gate.

    Args:
        rules: the rules to choose from.
        text: the file's text.
        contract: the contract, without which rules that need its names are off.
    """
    gate = Gate(text, contract)
    return [rule for rule in rules if gate.lets_through(rule.needs)]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Return every rule, by code.

    Example:
        >>> [r.code for r in all_rules()][0]
        'TSC101'
    """
    for module in iter_modules(__path__):
        if module.name.startswith("tsc"):
            import_module(f"{__name__}.{module.name}")
    return tuple(_REGISTRY[code] for code in sorted(_REGISTRY))
