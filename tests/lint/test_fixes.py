"""The fixes of the clock and unit rules: what they write, what they import, and when there is none.

Applying them by hand here is applying them as the codemod does: edits by offset, imports by name.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ts_contract.lint.engine import check
from ts_contract.lint.findings import Finding
from ts_contract.lint.rules import all_rules
from ts_contract.loading import parse_contract
from ts_contract.source.edits import Import, apply_edits

FIXTURES = sorted((Path(__file__).parent / "fixtures").glob("TSC[14]*.py"))
ZONE = Import("datetime", "timezone")


def only(code: str, text: str, **contract: object) -> Finding:
    """Return the one finding of a rule in a text."""
    rules = [rule for rule in all_rules() if rule.code == code]
    (finding,) = check(text, contract=parse_contract(contract) if contract else None, rules=rules)
    return finding


def fixed(code: str, text: str, **contract: object) -> tuple[str, str, tuple[Import, ...]]:
    """Return the last line after the fix, its safety, and the imports that it needs."""
    fix = only(code, text, **contract).fix
    assert fix is not None
    after = apply_edits(text, fix.edits)
    ast.parse(after)
    return after.splitlines()[-1], fix.safety, fix.imports


HEAD = "from datetime import datetime, timedelta\n"


@pytest.mark.parametrize(
    ("code", "before", "after", "safety"),
    [
        ("TSC101", "datetime.now()", "datetime.now(timezone.utc)", "unsafe"),
        ("TSC101", "datetime.today()", "datetime.now(timezone.utc)", "unsafe"),
        ("TSC101", "datetime.now(tz=None).hour", "datetime.now(timezone.utc).hour", "unsafe"),
        ("TSC102", "datetime.utcnow()", "datetime.now(timezone.utc)", "unsafe"),
        (
            "TSC104",
            "datetime.fromtimestamp(x, tz=None)",
            "datetime.fromtimestamp(x, tz=timezone.utc)",
            "unsafe",
        ),
        (
            "TSC104",
            "datetime.fromtimestamp(x, None)",
            "datetime.fromtimestamp(x, timezone.utc)",
            "unsafe",
        ),
        (
            "TSC104",
            "datetime.fromtimestamp(tz = None, timestamp=x)",
            "datetime.fromtimestamp(tz = timezone.utc, timestamp=x)",
            "unsafe",
        ),
        (
            "TSC102",
            "datetime.utcfromtimestamp(x)",
            "datetime.fromtimestamp(x, tz=timezone.utc)",
            "unsafe",
        ),
        (
            "TSC102",
            "datetime.utcfromtimestamp(x,)",
            "datetime.fromtimestamp(x, tz=timezone.utc,)",
            "unsafe",
        ),
        (
            "TSC103",
            "f(default=datetime.utcnow)",
            "f(default=lambda: datetime.now(timezone.utc))",
            "unsafe",
        ),
        (
            "TSC103",
            "map(datetime.utcfromtimestamp, xs)",
            "map(lambda seconds: datetime.fromtimestamp(seconds, timezone.utc), xs)",
            "unsafe",
        ),
        (
            "TSC104",
            "datetime.fromtimestamp(x)",
            "datetime.fromtimestamp(x, tz=timezone.utc)",
            "unsafe",
        ),
        (
            "TSC105",
            "datetime.utcnow().astimezone().replace(tzinfo=None).hour",
            "datetime.utcnow().astimezone().hour",
            "unsafe",
        ),
        (
            "TSC105",
            "(datetime.now(tz()) - timedelta(1)).replace(tzinfo=None)",
            "(datetime.now(tz()) - timedelta(1))",
            "unsafe",
        ),
        (
            "TSC408",
            "datetime.utcnow().timestamp()",
            "datetime.now(timezone.utc).timestamp()",
            "unsafe",
        ),
    ],
)
def test_a_clock_becomes_aware(code, before, after, safety):
    line, said, imports = fixed(code, f"{HEAD}{before}\n")
    assert (line, said) == (after, safety)
    assert imports == ((ZONE,) if "timezone.utc" in after else ())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("datetime.utcnow().replace(tzinfo=UTC)", "datetime.now(UTC)"),
        ("datetime.utcfromtimestamp(x).replace(tzinfo=UTC)", "datetime.fromtimestamp(x, UTC)"),
    ],
)
def test_a_zone_set_right_behind_naive_utc_is_the_safe_case(before, after):
    line, safety, imports = fixed("TSC102", f"from datetime import UTC, datetime\n{before}\n")
    assert (line, safety, imports) == (after, "safe", ())


@pytest.mark.parametrize(
    ("head", "before", "after", "imports"),
    [
        (
            "import datetime",
            "datetime.datetime.now()",
            "datetime.datetime.now(datetime.timezone.utc)",
            (),
        ),
        ("import datetime as dt", "dt.datetime.now()", "dt.datetime.now(dt.timezone.utc)", ()),
        ("from datetime import datetime as D, timezone as tz", "D.now()", "D.now(tz.utc)", ()),
        (
            "import datetime as dt",
            "dt.date.today()",
            "dt.datetime.now(dt.timezone.utc).date()",
            (),
        ),
        (
            "from datetime import date",
            "date.today()",
            "datetime.now(timezone.utc).date()",
            (Import("datetime", "datetime"), ZONE),
        ),
        (
            "from datetime import datetime\nfrom django.utils import timezone",
            "datetime.now()",
            None,
            None,
        ),
        (
            "from datetime import datetime\nfrom django.utils import timezone",
            "f(default=datetime.utcnow)",
            "f(default=timezone.now)",
            (),
        ),
        (
            "from datetime import datetime\nimport django.db",
            "f(default=datetime.utcnow)",
            "f(default=timezone.now)",
            (Import("django.utils", "timezone"),),
        ),
        ("from datetime import datetime\ndef f(timezone): pass", "datetime.now()", None, None),
    ],
)
def test_a_fix_speaks_with_the_names_of_the_file(head, before, after, imports):
    """A name that the file uses for something else is never taken; then there may be no fix."""
    text = f"{head}\n{before}\n"
    (finding,) = check(text)
    if after is None:
        # `import datetime` would hide the class of that name, so nothing is left to write.
        assert finding.fix is None
        return
    assert finding.fix is not None
    assert apply_edits(text, finding.fix.edits).splitlines()[-1] == after
    assert finding.fix.imports == imports


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("TSC401", "x_at_ms = int(time.time())", "x_at_ms = int(time.time()) * 1000"),
        ("TSC401", "x_at_ms = time.time()", "x_at_ms = int(time.time() * 1000)"),
        ("TSC401", "x_ms = time.time() - t_s", "x_ms = int((time.time() - t_s) * 1000)"),
        ("TSC402", "now_ms() - 3600", "now_ms() - 3600 * 1000"),
        ("TSC402", "now_ms() - 24 * 3600", "now_ms() - (24 * 3600) * 1000"),
        ("TSC402", "a_ms + ttl_seconds", "a_ms + ttl_seconds * 1000"),
        ("TSC402", "a_ms += ttl_seconds", "a_ms += ttl_seconds * 1000"),
        ("TSC403", "a_ms < time.time()", "a_ms < time.time() * 1000"),
        ("TSC403", "b_s + c_s > a_ms", "(b_s + c_s) * 1000 > a_ms"),
        ("TSC404", "time.gmtime(a_ms)", "time.gmtime(a_ms / 1000)"),
        ("TSC404", "time.gmtime(a_ms + b_ms)", "time.gmtime((a_ms + b_ms) / 1000)"),
        ("TSC404", "time.gmtime(time.time_ns())", "time.gmtime(time.time_ns() / 1_000_000_000)"),
        (
            "TSC406",
            'e("UPDATE t SET a_ms = unixepoch()")',
            'e("UPDATE t SET a_ms = unixepoch() * 1000")',
        ),
        (
            "TSC406",
            'e("UPDATE t SET a_ms = unixepoch() - 60")',
            'e("UPDATE t SET a_ms = ((unixepoch() - 60) * 1000)")',
        ),
        ("TSC407", "x_at_ms = time.time() * 1000", "x_at_ms = int(time.time() * 1000)"),
    ],
)
def test_a_unit_is_put_right_and_never_safely(code, before, after):
    line, safety, imports = fixed(code, f"import time\n{before}\n")
    assert (line, safety, imports) == (after, "unsafe", ())


@pytest.mark.parametrize(
    ("before", "after", "safety"),
    [
        ("x = int(time.time() * 1000)", "x = now_ms()", "safe"),
        ("x = time.time_ns() // 1_000_000", "x = now_ms()", "safe"),
        ("x = round(time.time() * 1000)", "x = now_ms()", "unsafe"),
        ("x = int(time.time()) * 1000", "x = now_ms()", "unsafe"),
        ("now_ms = int(time.time() * 1000)", "now_ms = myapp.clock.now_ms()", "safe"),
    ],
)
def test_a_clock_of_one_s_own_becomes_the_contract_s(before, after, safety):
    line, said, imports = fixed("TSC107", f"import time\n{before}\n", clock="myapp.clock")
    assert (line, said) == (after, safety)
    assert imports == ((Import("myapp.clock", "now_ms" if before.startswith("x") else ""),))


@pytest.mark.parametrize(
    ("before", "after", "imports"),
    [
        ("at: int = now_ms()", "at: int = field(default_factory=now_ms)", "dataclasses.field"),
        (
            "at: D = D.now(UTC)",
            "at: D = field(default_factory=lambda: D.now(UTC))",
            "dataclasses.field",
        ),
        ("at = Column(default=now_ms())", "at = Column(default=now_ms)", ""),
        ("at: int = int(time.time())", None, ""),
    ],
)
def test_a_frozen_default_becomes_a_factory(before, after, imports):
    head = (
        "import time\nfrom dataclasses import dataclass\nfrom datetime import UTC, datetime as D\n"
        "@dataclass\nclass Task:\n    "
    )
    if after is None:
        assert only("TSC106", f"{head}{before}\n").fix is None
        return
    line, safety, needed = fixed("TSC106", f"{head}{before}\n")
    assert (line.strip(), safety) == (after, "unsafe")
    assert ",".join(f"{i.module}.{i.name}" for i in needed) == imports


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_fixed_file_parses_and_has_the_fixed_findings_no_more(path):
    """Over the fixture of each rule: apply what can be applied at once, and check again."""
    text = path.read_text(encoding="utf-8")
    rules = [rule for rule in all_rules() if rule.code == path.stem]
    findings = check(text, rules=rules)
    edits, taken, end = [], 0, 0
    for finding in findings:
        if finding.fix is not None and finding.fix.edits[0].start >= end:
            edits += finding.fix.edits
            end = finding.fix.edits[-1].end
            taken += 1
    after = apply_edits(text, tuple(edits))
    ast.parse(after)
    assert len(check(after, rules=rules)) == len(findings) - taken


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_an_unsafe_fix_says_why_and_a_safe_one_need_not(path):
    for finding in check(path.read_text(encoding="utf-8")):
        if finding.fix is not None:
            assert bool(finding.fix.reason) == (finding.fix.safety == "unsafe")
