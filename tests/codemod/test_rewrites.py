"""Each rewrite against a pair of files: the specification of what the codemod does.

`fixtures/NAME.before.py` becomes `fixtures/NAME.after.py`; `fixtures/noop_*.py` stay as they are.
A line `# options: unsafe compat_reads` at the top sets options, `# contract: phase = "enforce"`
adds TOML to the agentos contract, `# rules: TSC305` a rule that is off by default, `# schema: SQL`
tells the tables; without it their columns may be NULL and are in no key. No fixture is
ever run. For every one of them the result parses, a second run changes nothing, and outside of the
reported edits, the imports and the comments for what is left no byte differs.
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from ts_contract.codemod.changes import Options
from ts_contract.codemod.files import rewrite_bytes
from ts_contract.codemod.report import as_json
from ts_contract.codemod.rewrite import RewriteSettings
from ts_contract.contract import Contract
from ts_contract.files.read import decode
from ts_contract.lint.rules import all_rules
from ts_contract.loading import parse_contract
from ts_contract.source.edits import Edit, apply_edits
from ts_contract.source.file import Constraints, Schema
from ts_contract.source.sql.schema import schema_of_sql

FIXTURES = Path(__file__).parent / "fixtures"
DEFAULT = frozenset(rule.code for rule in all_rules() if rule.default)


def without_constraints(contract: Contract) -> Schema:
    """Return a schema that only knows that the tables of a contract demand nothing."""
    return Schema({}, {table.name.lower(): Constraints() for table in contract.tables})


@dataclass(frozen=True)
class Fixture:
    """One file before the rewrite."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name.split(".")[0]

    @property
    def before(self) -> bytes:
        return self.path.read_bytes()

    @property
    def after(self) -> bytes:
        return self.path.with_name(f"{self.name}.after.py").read_bytes()

    @property
    def settings(self) -> RewriteSettings:
        text = decode(self.before)
        extra = tomllib.loads("\n".join(re.findall(r"^# contract: (.+)$", text, re.MULTILINE)))
        named = re.findall(r"^# options: (.+)$", text, re.MULTILINE)
        options = Options(**{option: True for line in named for option in line.split()})
        codes = DEFAULT | {"TSC205"} if options.compat_reads else DEFAULT
        codes |= set(re.findall(r"^# rules: (.+)$", text, re.MULTILINE))
        contract = parse_contract({"extends": "agentos", **extra})
        sql = "\n".join(re.findall(r"^# schema: (.+)$", text, re.MULTILINE))
        schema = schema_of_sql(sql) if sql else without_constraints(contract)
        return RewriteSettings(contract, schema, codes, options)

    def rewritten(self, data: bytes | None = None) -> bytes:
        """Return the bytes after one run."""
        given = self.before if data is None else data
        result = rewrite_bytes(given, self.path.name, self.settings)
        assert not result.error
        return given if result.after is None else result.after


NOOP = [Fixture(path) for path in sorted(FIXTURES.glob("noop_*.py"))]
PAIRS = [Fixture(path) for path in sorted(FIXTURES.glob("*.before.py"))]

each_noop = pytest.mark.parametrize("fixture", NOOP, ids=lambda fixture: fixture.name)
each_pair = pytest.mark.parametrize("fixture", PAIRS, ids=lambda fixture: fixture.name)


@each_noop
def test_what_must_not_change_does_not(fixture: Fixture) -> None:
    result = rewrite_bytes(fixture.before, fixture.path.name, fixture.settings)
    assert (result.after, result.error) == (None, "")
    assert not [change for change in result.changes if change.status == "rewritten"]


@each_pair
def test_before_becomes_after(fixture: Fixture) -> None:
    found = fixture.rewritten()
    if os.environ.get("TS_CONTRACT_UPDATE_FIXTURES"):
        fixture.path.with_name(f"{fixture.name}.after.py").write_bytes(found)
    assert found.decode("latin-1") == fixture.after.decode("latin-1")


@each_pair
def test_the_result_parses(fixture: Fixture) -> None:
    ast.parse(fixture.rewritten())


@each_pair
def test_a_second_run_changes_nothing(fixture: Fixture) -> None:
    once = fixture.rewritten()
    assert fixture.rewritten(once) == once


@each_pair
def test_outside_of_the_reported_edits_no_byte_differs(fixture: Fixture) -> None:
    result = rewrite_bytes(fixture.before, fixture.path.name, fixture.settings)
    edits = tuple(dict.fromkeys(edit for change in result.changes for edit in change.edits))
    edited = apply_edits(decode(fixture.before), edits).splitlines(keepends=True)
    after = decode(fixture.rewritten()).splitlines(keepends=True)
    others = [
        line
        for line in difflib.ndiff(edited, after)
        if line.startswith(("+ ", "- "))
        and not re.match(r"\+ \s*# TODO\(ts-contract TSC\d{3}(, TSC\d{3})*\): \S", line)
        and not re.match(r"[+-] (from [\w.]+ )?import [\w, ]+(as \w+)?\r?\n?$", line)
    ]
    assert others == []


@each_pair
def test_the_edits_of_the_report_make_the_file_that_is_written(fixture: Fixture) -> None:
    result = rewrite_bytes(fixture.before, fixture.path.name, fixture.settings)
    report = json.loads(json.dumps(as_json([result])))
    text = decode(fixture.before)
    starts = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]
    edits = [
        Edit(
            starts[edit["line"] - 1] + edit["column"] - 1,
            starts[edit["end_line"] - 1] + edit["end_column"] - 1,
            edit["text"],
        )
        for change in report["changes"]
        for edit in change["edits"]
    ]
    assert result.after is not None
    assert apply_edits(text, tuple(dict.fromkeys(edits))) == decode(result.after)


def test_every_pair_is_complete() -> None:
    names = {path.name.rpartition(".after.py")[0] for path in FIXTURES.glob("*.after.py")}
    assert names == {fixture.name for fixture in PAIRS}
