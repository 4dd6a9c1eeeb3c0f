"""A rewrite that would break the file, or bring another finding, is refused; the rest goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ts_contract.codemod import decide
from ts_contract.codemod import rewrite as module
from ts_contract.codemod.changes import Options, Verdict
from ts_contract.codemod.rewrite import RewriteSettings, Rewritten, rewrite
from ts_contract.loading import load_contract
from ts_contract.source.edits import Edit, Import

REFUSED = "its rewrite would bring another finding, or overlaps another rewrite"


def rewritten(text: str, codes: set[str], **options: bool) -> Rewritten:
    settings = RewriteSettings(load_contract("agentos"), None, frozenset(codes), Options(**options))
    return rewrite(text, "x.py", settings)


def outcomes(result: Rewritten) -> list[tuple[str, str]]:
    return [(change.status, change.reason) for change in result.changes]


def test_a_rewrite_that_brings_a_new_finding_is_refused_and_the_others_are_made() -> None:
    text = (
        "from datetime import datetime, timezone\n"
        "\n"
        "stored = datetime.now().replace(tzinfo=None)\n"  # with a zone it would be TSC105
        "shown = datetime.now()\n"
    )

    result = rewritten(text, {"TSC101"}, unsafe=True, markers=False)

    assert result.text == text.replace(
        "shown = datetime.now()", "shown = datetime.now(timezone.utc)"
    )
    (refused, why), (made, _) = outcomes(result)
    assert (refused, why, made) == ("skipped", REFUSED, "rewritten")


@pytest.mark.parametrize(
    "imports", [(), (Import("ts_contract", "now_ms"),)], ids=["alone", "with an import"]
)
def test_a_rewrite_that_does_not_parse_is_refused_and_the_others_are_made(
    monkeypatch: pytest.MonkeyPatch, imports: tuple[Import, ...]
) -> None:
    """No finding is known to lead to one, so a planner with a mistake stands in for it."""
    text = (
        'db.execute("SELECT id FROM tasks ORDER BY created_at")\n'
        'db.execute("SELECT id FROM tasks ORDER BY updated_at")\n'
    )
    plan_sql = decide.plan_sql

    def with_a_mistake(file, options):
        planned = plan_sql(file, options)
        first = min(planned)
        return planned | {first: _ending_the_text_early(planned[first], imports)}

    monkeypatch.setattr(decide, "plan_sql", with_a_mistake)

    result = rewritten(text, {"TSC201"}, markers=False)

    assert result.text == text.replace("updated_at", "updated_at_ms")
    assert outcomes(result) == [("skipped", REFUSED), ("rewritten", "")]


@pytest.mark.parametrize(
    "addition", [", tz=None, tz=None", ", n for n in ()"], ids=["repeated", "generator"]
)
def test_a_rewrite_that_does_not_compile_is_refused(
    monkeypatch: pytest.MonkeyPatch, addition: str
) -> None:
    text = 'db.execute("SELECT id FROM tasks ORDER BY created_at")\n'
    plan_sql = decide.plan_sql

    def with_a_mistake(file, options):
        end = text.index(")\n")
        broken = Verdict((Edit(end, end, addition),), (), "safe")
        return dict.fromkeys(plan_sql(file, options), broken)

    monkeypatch.setattr(decide, "plan_sql", with_a_mistake)

    result = rewritten(text, {"TSC201"}, markers=False)

    assert (result.text, outcomes(result)) == (text, [("skipped", REFUSED)])


def test_what_did_not_compile_before_is_rewritten_all_the_same() -> None:
    text = 'db.execute("SELECT id FROM tasks ORDER BY created_at")\nreturn\n'
    assert "created_at_ms" in rewritten(text, {"TSC201"}).text


def _ending_the_text_early(verdict: Verdict, imports: tuple[Import, ...]) -> Verdict:
    edits = tuple(replace(edit, text=f'{edit.text}"') for edit in verdict.edits)
    return replace(verdict, edits=edits, imports=imports)


def test_comments_that_would_break_the_file_are_left_out_and_reported_as_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No file is known whose comments would, so one in a wrong place stands in for them."""
    text = 'rows = db.execute(\n    "SELECT created_at FROM tasks").fetchall()\n'
    within = text.index("created_at")
    monkeypatch.setattr(
        module, "marker_edits", lambda *_: [(Edit(within, within, "\n# TODO\n"), [0])]
    )

    result = rewritten(text, {"TSC201"})

    assert result.text == text
    assert outcomes(result) == [("skipped", "other modules may use rows")]
