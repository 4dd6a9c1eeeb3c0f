"""The example project: its README is walked through, step by step."""

import json
import shutil
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

EXAMPLE = Path(__file__).parents[2] / "examples" / "agentos_store"
BEFORE_FINALIZE = 'ts_contract_before_finalize = ["after/schema_v45.sql"]\n'


@pytest.fixture
def example(pytester):
    """A copy of the example in the working directory."""
    shutil.copytree(
        EXAMPLE,
        pytester.path,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"),
    )
    return pytester


def run(example, *options):
    return example.runpytest_inprocess("-q", "-p", "no:xdist", "-p", "no:benchmark", *options)


def test_the_walk_through_of_the_readme(example):
    run(example).assert_outcomes(passed=29)

    found = run(example, "--migrated-db", "--ts-report=reads.json")
    found.assert_outcomes(passed=2, failed=27)
    found.stdout.fnmatch_lines(
        ["*agentos_store/sessions.py:* in SessionStore.get: chat_sessions.created_at -> *"]
    )
    sites = json.loads((example.path / "reads.json").read_text())["sites"]
    assert {site["path"].split("/")[0] for site in sites} == {"agentos_store"}
    assert "notifications" not in {site["table"] for site in sites}
    warned = run(example, "--migrated-db", "--ts-legacy-reads=warn", "tests/test_sessions.py")
    warned.assert_outcomes(passed=11)

    shutil.copytree(
        example.path / "after" / "agentos_store", example.path / "agentos_store", dirs_exist_ok=True
    )
    changed = run(example, "--migrated-db")
    changed.assert_outcomes(passed=29)
    changed.stdout.fnmatch_lines(["no legacy reads"])

    refused = run(example, "--ts-schema=finalized", "-k", "history")
    refused.assert_outcomes(errors=1, deselected=28)
    refused.stdout.fnmatch_lines(["*cannot be finalized: *tasks_touched*"])

    config = example.path / "pyproject.toml"
    seed = 'ts_contract_seed = ["tests/seed.sql"]\n'
    config.write_text(config.read_text().replace(seed, seed + BEFORE_FINALIZE))
    run(example, "--ts-schema=finalized").assert_outcomes(passed=29)


def test_the_readme_tells_the_same(example):
    text = (EXAMPLE / "README.md").read_text()
    assert BEFORE_FINALIZE in text
    assert "All 29 tests pass" in text
    assert "27 tests fail" in text
