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

    @rule("TSC101", "naive clock {call}(): ...", on=ast.Call, words=("now", "today"))
    def check(node: ast.Call, context: Context) -> Iterator[Match]:
        name = context.source.resolve(node.func)
        if name not in NAIVE:
            return
        yield Match(node, {"call": name}, fix=...)

`on` is the class, or classes, whose instances the check receives: those of `ast`, or what the
analysis of embedded SQL yields (`resolve.Reference` and its like). `words` are the substring
gate: the rule is tried only on a file whose text, in lower case, holds one of them; a function of
the contract may give several such groups, and then one of each is needed. Guards come first, the
cheapest first: a check is a list of reasons to stay silent, and then one `yield`. The message
stands in the decorator alone, as a `str.format` template over the fields of the match.
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
from ..context import Context
from ..findings import Fix

__all__ = ["Match", "Rule", "all_rules", "applying", "rule"]

Words = tuple[str, ...] | Callable[[Contract], tuple[tuple[str, ...], ...]]
Severity = Literal["error", "warning"]
Check = Callable[[Any, Context], Iterable["Match"]]
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
        words: substrings, in lower case, of which a file must hold one; or a function that gives
            groups of them, of each of which a file must hold one.
        severity: what SARIF and GitHub annotations show.
        default: whether the rule is on unless selected otherwise.
        documentation: the module's docstring, Markdown.
    """

    code: str
    message: str
    on: tuple[type, ...]
    check: Check
    words: Words
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
    words: Words,
    severity: Severity = "error",
    default: bool = True,
) -> Callable[[CheckFunction], CheckFunction]:
    """Register the decorated check as a rule; its module's docstring is the documentation.

    Args:
        code: `TSC` and three digits; the module is called the same in lower case.
        message: `str.format` template over the fields of a match.
        on: class or classes whose instances the check receives.
        words: substring gate, in lower case.
        severity: what SARIF and GitHub annotations show.
        default: whether the rule is on unless selected otherwise.
    """

    def register(check: CheckFunction) -> CheckFunction:
        documentation = sys.modules[check.__module__].__doc__ or ""
        classes = on if isinstance(on, tuple) else (on,)
        _REGISTRY[code] = Rule(
            code, message, classes, check, words, severity, default, documentation
        )
        return check

    return register


def applying(rules: Iterable[Rule], text: str, contract: Contract | None) -> list[Rule]:
    """Return the rules that may find anything in a text: the substring gate.

    Args:
        rules: the rules to choose from.
        text: the file's text.
        contract: the contract, without which rules that compute their words are off.
    """
    lowered = text.lower()
    held: dict[Words, bool] = {}  # most rules share their words
    chosen = []
    for rule in rules:
        words = rule.words
        if words not in held:
            groups = _groups(words, contract)
            held[words] = all(any(word in lowered for word in group) for group in groups)
        if held[words]:
            chosen.append(rule)
    return chosen


def _groups(words: Words, contract: Contract | None) -> tuple[tuple[str, ...], ...]:
    if not callable(words):
        return (words,)
    return words(contract) if contract else ((),)


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
