"""The page about the plugin: its files are a project, and its commands print what it shows."""

import re
import shlex
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import ts_contract.timestamps  # noqa: F401 - or each run in this process has a clock of its own

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "pytest-plugin.md"


def blocks():
    """Yield the fenced blocks: language, file name if any, and text."""
    for token in MarkdownIt("commonmark").parse(PAGE.read_text(encoding="utf-8")):
        if token.type == "fence":
            language, _, name = token.info.partition(" ")
            yield language, name, token.content


def sessions(text):
    """Yield each command of a console block with the lines that it prints."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield shlex.split(command), output.splitlines()


def without_seconds(line):
    return re.sub(r"\d+\.\d\d ?s", "0.00s", line)


def test_the_page_is_a_walk_through(pytester):
    for language, name, text in blocks():
        if name:
            path = pytester.path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        elif language == "console":
            for (program, *options), shown in sessions(text):
                assert program == "pytest"
                plain = ("-p", "no:xdist", "-p", "no:benchmark", "-p", "no:randomly")
                result = pytester.runpytest_inprocess(*plain, *options)
                printed = [without_seconds(line) for line in result.outlines]
                for line in (without_seconds(line) for line in shown if line != "..."):
                    assert line in printed, options
                    del printed[: printed.index(line) + 1]


def test_the_report_of_the_page_is_one(pytester):
    files = {}
    for language, name, text in blocks():
        if name:
            files.setdefault(name, text)
        elif language == "json":
            report = text
    for name in ("db/001_loans.sql", "loans.py", "pyproject.toml", "test_loans.py"):
        path = pytester.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(files[name])
    pytester.runpytest_inprocess("--migrated-db", "--ts-report=reads.json")
    assert (pytester.path / "reads.json").read_text() == report


@pytest.mark.parametrize(
    ("option", "pattern"),
    [
        pytest.param("--help", r"^  (--(?:migrated-db|ts-[a-z-]+))", id="option"),
        pytest.param("--help", r"^  (ts_contract_\w+) ", id="ini key"),
        pytest.param("--fixtures", r"^(\w+).* -- .*ts_contract", id="fixture"),
        pytest.param("--markers", r"^@pytest\.mark\.((?:ts|allow)_\w+)", id="marker"),
    ],
)
def test_the_page_names_each(pytester, option, pattern):
    names = re.findall(pattern, pytester.runpytest_subprocess(option).stdout.str(), re.MULTILINE)
    assert names
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in names if name not in page] == []
