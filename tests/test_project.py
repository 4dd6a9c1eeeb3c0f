"""What the project says of itself in several places is the same in all of them."""

import re
import tomllib
from pathlib import Path

import pytest

import ts_contract
from ts_contract.source.sql.positions import OLDEST_SQLGLOT

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
WORKFLOW = ".github/workflows/ci.yml"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def supported() -> list[str]:
    """Return the minor versions of Python in the classifiers."""
    found = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert found
    return found


def test_the_pythons_are_the_same_everywhere() -> None:
    versions = supported()
    assert PROJECT["requires-python"] == f">={versions[0]}"
    assert f"pythons=({' '.join(versions)})" in text(".ci/run")
    listed = ", ".join(f'"{version}"' for version in versions)
    assert f"python: [{listed}]" in text(WORKFLOW)
    for version in versions:
        assert f"py{version.replace('.', '')}" in text("tox.ini")
        assert re.search(rf"^ +{re.escape(version)}$", text(WORKFLOW), re.MULTILINE)


def test_ci_runs_every_check_of_tox() -> None:
    listed = re.search(r"^env_list = (.*(?:\n .*)*)$", text("tox.ini"), re.MULTILINE)
    assert listed is not None
    names = listed[1].replace("zone-{newyork,india}", "zone-newyork, zone-india")
    known = re.findall(r"[\w-]+", names)
    required = re.search(r"^checks=\((.*)\)$", text(".ci/run"), re.MULTILINE)
    assert required is not None
    assert required[1].split() == known


def test_what_is_stated_as_minimum_is_tested_as_minimum() -> None:
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    stated = {
        re.sub(r"\[.*?\]|;.*", "", requirement).lower()
        for group in [*groups, PYPROJECT["dependency-groups"]["test"]]
        for requirement in group
        if ">=" in requirement
    }
    lines = text(".ci/minimum.txt").splitlines()
    assert {line.replace("==", ">=") for line in lines if not line.startswith("#")} == stated
    assert ".ci{/}minimum.txt" in text("tox.ini")
    assert f"sqlglot>={OLDEST_SQLGLOT}" in stated


def test_the_workflow_runs_the_command_of_the_readme() -> None:
    (command,) = re.findall(r"^python3 -m venv .*tox .*$", text("README.md"), re.MULTILINE)
    assert f"- run: {command}\n" in text(WORKFLOW)
    assert "- run: .ci/run\n" in text(WORKFLOW)


def test_the_changelog_has_the_version() -> None:
    assert f"\n## [{ts_contract.__version__}]" in text("CHANGELOG.md")


def test_the_version_stands_in_one_place() -> None:
    assert PROJECT["dynamic"] == ["version"]
    assert PYPROJECT["tool"]["hatch"]["version"]["path"] == "src/ts_contract/__init__.py"


@pytest.mark.parametrize("extra", PROJECT["optional-dependencies"])
def test_the_readme_names_every_extra(extra: str) -> None:
    assert f"`ts-contract[{extra}]`" in text("README.md")


def test_everything_is_every_extra_but_the_large_one() -> None:
    extras = set(PROJECT["optional-dependencies"]) - {"all", "fast"}
    (everything,) = PROJECT["optional-dependencies"]["all"]
    assert set(re.findall(r"\w+", everything.partition("[")[2])) == extras


def test_contributing_lists_the_floors_that_are_checked() -> None:
    contracts = PYPROJECT["tool"]["importlinter"]["contracts"]
    (layers,) = [c["layers"] for c in contracts if c["name"].startswith("floors")]
    section = text("CONTRIBUTING.md").partition("## The floors")[2]
    listed = section.split("```")[1].strip().splitlines()
    assert [set(line.split(", ")) for line in listed] == [
        set(layer.split(" | ")) for layer in layers
    ]


PACKAGE = ROOT / "src" / "ts_contract"


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_the_modules_that_a_page_names_are_there(page: str) -> None:
    """Each is named by its path in the package or in the tree, or by its name where one has it."""
    named = set(re.findall(r"`([\w./]+(?:\.py|/))`", text(page)))
    assert named
    missing = [
        path
        for path in named
        if not ((PACKAGE / path).exists() or (ROOT / path).exists())
        and ("/" in path.rstrip("/") or not any(PACKAGE.rglob(path.rstrip("/"))))
    ]
    assert missing == []
