"""The documentation: its links resolve, its code parses, and its commands are real."""

import ast
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ts_contract.cli import main

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/**/*.md", "examples/**/*.md")
    for page in ROOT.glob(pattern)
)
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    """Yield where the links and images of a page lead."""
    for block in tokens(page):
        for token in block.children or []:
            target = token.attrGet("href" if token.type == "link_open" else "src")
            if target is not None:
                yield str(target)


def anchors(page: Path) -> set[str]:
    """Return the fragments that a page's headings can be linked by, as GitHub makes them."""
    blocks = tokens(page)
    headings = [
        after.content for before, after in pairwise(blocks) if before.type == "heading_open"
    ]
    return {re.sub(r"[^\w\- ]", "", text).strip().lower().replace(" ", "-") for text in headings}


def code_blocks(page: Path, *languages: str) -> Iterator[tuple[int, str]]:
    """Yield the fenced code of a page in some languages, each with its first line's number."""
    for token in tokens(page):
        if token.type == "fence" and token.map and token.info.partition(" ")[0] in languages:
            yield token.map[0] + 2, token.content


@pages
def test_relative_links_resolve(page: Path) -> None:
    broken = []
    for target in links(page):
        if re.match(r"[a-z][a-z+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists() or (
            anchor and linked.suffix == ".md" and anchor not in anchors(linked)
        ):
            broken.append(target)
    assert broken == []


@pages
def test_python_code_parses(page: Path) -> None:
    for line, code in code_blocks(page, "python"):
        try:
            ast.parse(code)
        except SyntaxError as error:
            pytest.fail(f"{page.name}:{line + (error.lineno or 1) - 1}: {error.msg}")


def command_lines(page: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the calls of ts-contract that a page shows, each with its line number."""
    for first, code in code_blocks(page, "", "console", "sh", "bash", "shell"):
        for line, text in enumerate(code.splitlines(), first):
            if match := re.match(r"(?:\$ )?(?:\S*/)?ts-contract +([^|>&;#]+)", text):
                yield line, shlex.split(match[1])


def commands() -> dict[str, click.Command]:
    assert isinstance(main, click.Group)
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in main.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def options(command: click.Command) -> set[str]:
    return {"--help", *(name for parameter in command.params for name in parameter.opts)}


@pages
def test_commands_and_options_exist(page: Path) -> None:
    known = commands()
    unknown = []
    for line, (name, *arguments) in command_lines(page):
        if name.startswith("-"):
            continue
        if name not in known:
            unknown.append(f"line {line}: ts-contract {name}")
            continue
        unknown += [
            f"line {line}: ts-contract {name} {argument}"
            for argument in arguments
            if argument.startswith("--") and argument.partition("=")[0] not in options(known[name])
        ]
    assert unknown == []


def test_each_command_has_help() -> None:
    assert [name for name, command in commands().items() if not command.help] == []
