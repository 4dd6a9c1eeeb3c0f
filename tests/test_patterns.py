"""Every regular expression of the package ends soon on a text that is made against it.

The patterns are found by themselves, in every module. For each repeat in a pattern, texts are made
of what the repeated part matches, many times over, with an end that does not fit. A pattern that
takes a time beyond all measure, or only the square of the text's length, does not end in time.
"""

from __future__ import annotations

import ast
import re
import signal
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from pkgutil import walk_packages
from re import _constants as op  # the standard library's own parser says what a pattern is made of
from re import _parser
from types import BuiltinMethodType, ModuleType
from typing import Any

import pytest

import ts_contract

LENGTH = 20_000  # what is linear takes some milliseconds for that; what is quadratic, a second
SECONDS = 0.5  # of processor time
ENDS = ("", "!")


def modules() -> Iterator[ModuleType]:
    for module in walk_packages(ts_contract.__path__, "ts_contract."):
        if not module.name.endswith("__main__"):
            yield import_module(module.name)


def patterns_in(value: Any, depth: int = 3) -> Iterator[tuple[re.Pattern[str], str]]:
    """Yield the patterns that a value of a module is, or holds, with the method that is bound."""
    match value:
        case re.Pattern():
            yield value, ""
        case BuiltinMethodType(__self__=re.Pattern() as pattern):
            yield pattern, value.__name__
        case tuple() | list() | set() | frozenset() if depth:
            for item in value:
                yield from patterns_in(item, depth - 1)
        case dict() if depth:
            yield from patterns_in([*value.keys(), *value.values()], depth - 1)
        case _ if depth and type(value).__module__.startswith("ts_contract."):
            fields = getattr(value, "__dataclass_fields__", ())
            yield from patterns_in([getattr(value, name) for name in fields], depth - 1)


def methods(name: str) -> set[str]:
    """Return the methods that the package calls on what is called so; all if it calls none."""
    called = {
        node.attr
        for tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and (getattr(node.value, "id", "") or getattr(node.value, "attr", "")) == name
    }
    anchored = called & {"match", "fullmatch"}
    return anchored if anchored and not called & FREE else {"search"}


FREE = {"search", "finditer", "findall", "sub", "subn", "split", "scanner"}
TREES = [ast.parse(path.read_bytes()) for path in Path(ts_contract.__path__[0]).rglob("*.py")]
PATTERNS = {
    pattern.pattern: pytest.param(
        pattern, {bound} if bound else methods(name), id=f"{module.__name__}.{name}"
    )
    for module in modules()
    for name, value in vars(module).items()
    for pattern, bound in patterns_in(value)
    if isinstance(pattern.pattern, str)
}


# --- texts that fit, made from the pattern -----------------------------------------------------


def samples(items: Any) -> list[str]:
    """Return a few texts that a part of a parsed pattern matches."""
    found = [""]
    for item in items:
        found = [a + b for a, b in product(found, samples_of(*item))][:12]
    return found


def samples_of(code: Any, value: Any) -> list[str]:
    match code:
        case op.LITERAL:
            return [chr(value)]
        case op.NOT_LITERAL:
            return ["a" if value != ord("a") else "b"]
        case op.ANY:
            return ["a", "/"]
        case op.IN:
            return characters(value)
        case op.BRANCH:
            return [text for branch in value[1] for text in samples(branch)[:2]]
        case op.SUBPATTERN:
            return samples(value[-1])
        case op.ATOMIC_GROUP:
            return samples(value)
        case op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT:
            least, most, body = value
            return [text * max(least, min(most, 1)) for text in samples(body)]
        case op.GROUPREF_EXISTS:
            return samples(value[1])
        case _:  # what stands beside a text takes none of it
            return [""]


def characters(choices: Any) -> list[str]:
    negated = choices[0][0] is op.NEGATE
    some = " a0_,-*/'\"\n(\\\ue000"
    fitting = [c for c in some if any(has(choice, c) for choice in choices) != negated]
    if fitting or negated:
        return fitting[:4] or ["x"]
    code, value = choices[0]
    return [chr(value if code is op.LITERAL else value[0])]


def has(choice: Any, character: str) -> bool:
    code, value = choice
    match code:
        case op.LITERAL:
            return ord(character) == value
        case op.RANGE:
            return value[0] <= ord(character) <= value[1]
        case op.CATEGORY:
            return bool(
                {
                    op.CATEGORY_DIGIT: character.isdigit(),
                    op.CATEGORY_NOT_DIGIT: not character.isdigit(),
                    op.CATEGORY_SPACE: character.isspace(),
                    op.CATEGORY_NOT_SPACE: not character.isspace(),
                    op.CATEGORY_WORD: character.isalnum() or character == "_",
                    op.CATEGORY_NOT_WORD: not (character.isalnum() or character == "_"),
                }[value]
            )
    return False


def baits(items: Any, lead: str = "") -> Iterator[tuple[str, str]]:
    """Yield what leads to each repeat of a pattern, and what it repeats."""
    for code, value in items:
        match code:
            case op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT:
                body = samples(value[2])
                for text in [*body, "".join(body)]:
                    yield lead, text
                    yield "", lead + text
                yield from baits(value[2], lead)
            case op.BRANCH:
                for branch in value[1]:
                    yield from baits(branch, lead)
            case op.SUBPATTERN:
                yield from baits(value[-1], lead)
            case op.ATOMIC_GROUP:
                yield from baits(value, lead)
            case op.ASSERT | op.ASSERT_NOT:
                yield from baits(value[1], lead)
        lead += samples_of(code, value)[0]
    yield "", lead


class TookTooLongError(Exception):
    pass


def stop(signal_number: int, frame: Any) -> None:
    raise TookTooLongError


@pytest.mark.parametrize(("pattern", "used"), PATTERNS.values())
def test_a_text_made_against_a_pattern_does_not_hold_it_up(pattern, used):
    texts = dict.fromkeys(
        lead + repeated * (LENGTH // len(repeated) + 1) + end
        for lead, repeated in baits(_parser.parse(pattern.pattern, pattern.flags))
        if repeated
        for end in ENDS
    )
    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        for text in texts:
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
            for method in used:
                getattr(pattern, method)(text)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except TookTooLongError:
        pytest.fail(f"{pattern.pattern!r} does not end soon on {text[:60]!r}...{text[-20:]!r}")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
