"""How findings are shown: as text with the source, as JSON, as SARIF 2.1.0, to GitHub.

Each function is pure: results in, text or data out. Paths have `/`, lines and columns count from
1, columns in code points; the end is the place after the last one.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from rich.cells import cell_len
from rich.text import Text

from .. import __version__
from .files import Checked
from .findings import Finding
from .rules import Rule, all_rules

__all__ = ["as_github", "as_json", "as_sarif", "as_text", "summary"]

_MAX_SHOWN = 160


# --- text ------------------------------------------------------------------------------------


def as_text(result: Checked) -> Iterator[Text]:
    """Yield the lines that show the findings of one file to a person.

    Each finding has its place and message, the line of source, and a caret under its columns.
    """
    for finding in result.findings:
        yield Text.assemble(
            (_printable(result.path), "bold"),
            (f":{finding.line}:{finding.column}: ", "dim"),
            (finding.code, "bold red"),
            f" {_printable(finding.message)}",
            (f" [{finding.fix.safety} fix]" if finding.fix else "", "green"),
        )
        yield from _excerpt(finding, result.lines.get(finding.line, ""))


def _excerpt(finding: Finding, line: str) -> Iterator[Text]:
    """Yield the source line and the line with the caret, both without their indentation."""
    body = line.lstrip()
    first = finding.column - 1 - (len(line) - len(body))
    if not body or first < 0:
        return
    if len(body) > _MAX_SHOWN:  # a generated line: show the part with the finding
        cut = max(0, first - _MAX_SHOWN // 2)
        body, first = body[cut : cut + _MAX_SHOWN], first - cut
    ends_here = finding.end_line == finding.line
    last = first + finding.end_column - finding.column if ends_here else len(body)
    before, marked = _printable(body[:first]), _printable(body[first : max(last, first + 1)])
    after = _printable(body[first:])[len(marked) :]
    caret = "^" + "~" * (max(cell_len(marked.rstrip()), 1) - 1)
    yield Text.assemble("    ", before, (marked, "bold"), after)
    yield Text.assemble("    ", " " * cell_len(before), (caret, "bold red"))


def _printable(text: str) -> str:
    """Return text without anything that would move a terminal's cursor."""
    return "".join(c if c.isprintable() else " " if c in "\t\f" else repr(c)[1:-1] for c in text)


def summary(results: Sequence[Checked]) -> list[tuple[str, int, str]]:
    """Return code, number of findings and summary of each rule that found any, most first."""
    counts = Counter(finding.code for result in results for finding in result.findings)
    summaries = {rule.code: rule.summary for rule in all_rules()}
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(code, count, summaries[code]) for code, count in ranked]


# --- JSON ------------------------------------------------------------------------------------


def as_json(results: Sequence[Checked]) -> dict[str, Any]:
    """Return the findings of all files as data: version 1 of the format."""
    return {
        "version": 1,
        "findings": [
            {
                "path": result.path,
                "line": finding.line,
                "column": finding.column,
                "end_line": finding.end_line,
                "end_column": finding.end_column,
                "code": finding.code,
                "message": finding.message,
                "fix": finding.fix.safety if finding.fix else None,
            }
            for result in results
            for finding in result.findings
        ],
        "files": len(results),
    }


# --- GitHub ----------------------------------------------------------------------------------


def as_github(results: Iterable[Checked]) -> Iterator[str]:
    """Yield a workflow command for each finding, which GitHub shows beside the line."""
    severities = {rule.code: rule.severity for rule in all_rules()}
    for result in results:
        for finding in result.findings:
            properties = {
                "file": result.path,
                "line": finding.line,
                "col": finding.column,
                "endLine": finding.end_line,
                "title": finding.code,
            }
            if finding.line == finding.end_line:  # GitHub takes endColumn on one line only
                properties["endColumn"] = finding.end_column
            listed = ",".join(f"{k}={_escaped(str(v), ':,')}" for k, v in properties.items())
            yield f"::{severities[finding.code]} {listed}::{_escaped(finding.message)}"


def _escaped(text: str, also: str = "") -> str:
    """Return text as GitHub takes it; it goes on to a log, which obeys what a terminal does."""
    kept = "".join(c if c.isprintable() or c in "\r\n" else _printable(c) for c in text)
    return "".join(f"%{ord(c):02X}" if c in f"%\r\n{also}" else c for c in kept)


# --- SARIF -----------------------------------------------------------------------------------

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(results: Sequence[Checked]) -> dict[str, Any]:
    """Return the findings as a SARIF 2.1.0 log, with the documentation of every rule."""
    rules = all_rules()
    indexes = {rule.code: index for index, rule in enumerate(rules)}
    failed = [result for result in results if result.error]
    return {
        "$schema": _SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "ts-contract",
                        "semanticVersion": __version__,
                        "rules": [_sarif_rule(rule) for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": not failed,
                        "toolExecutionNotifications": [
                            {
                                "level": "error",
                                "message": {"text": _printable(result.error)},
                                "locations": [_sarif_file(result.path)],
                            }
                            for result in failed
                        ],
                    }
                ],
                "results": [
                    _sarif_result(result, finding, indexes[finding.code], rules)
                    for result in results
                    for finding in result.findings
                ],
            }
        ],
    }


def _sarif_rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.documentation, "markdown": rule.documentation},
        "defaultConfiguration": {"enabled": rule.default, "level": rule.severity},
    }


def _sarif_result(
    result: Checked, finding: Finding, index: int, rules: Sequence[Rule]
) -> dict[str, Any]:
    location = _sarif_file(result.path)
    location["physicalLocation"]["region"] = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": rules[index].severity,
        "message": {"text": finding.message},
        "locations": [location],
        "partialFingerprints": {"lineText/v1": _fingerprint(result, finding)},
    }


def _sarif_file(path: str) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": quote(os.fsencode(path))}}}


def _fingerprint(result: Checked, finding: Finding) -> str:
    """Return what stays the same when the line moves: as the baseline knows a finding again."""
    line = result.lines.get(finding.line, "").strip()
    return hashlib.sha256(f"{finding.code}\0{line}".encode(errors="replace")).hexdigest()[:32]
