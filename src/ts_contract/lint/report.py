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
from .census import NotJudged
from .files import Checked
from .findings import Finding
from .rules import Rule, all_rules

__all__ = [
    "as_github",
    "as_json",
    "as_sarif",
    "as_text",
    "counted",
    "summary",
    "unjudged_lines",
    "unjudged_text",
    "unnamed_text",
]

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


def unjudged_lines(results: Iterable[Checked]) -> Iterator[str]:
    """Yield a line for each place that names a legacy column and that was not judged."""
    for result in results:
        for place in result.unjudged:
            yield f"{_printable(result.path)}:{place.line}:{place.column}: {_printable(place.name)}"


def unjudged_text(places: int) -> str:
    """Return what is said of places that were not judged."""
    if places == 1:
        return "1 place names a legacy column and was not judged"
    return f"{places} places name legacy columns and were not judged"


def unnamed_text(tables: Sequence[str]) -> str:
    """Return what is said of contract tables that none of the files names, up to their number."""
    one, are = ("table", "is") if len(tables) == 1 else ("tables", "are")
    return f"contract {one} {', '.join(tables)} {are} named nowhere in the"


def counted(count: int, what: str) -> str:
    """Return a number with a noun, in the plural where it has to be.

    Example:
        >>> counted(1, "file"), counted(2, "file")
        ('1 file', '2 files')
    """
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


# --- JSON ------------------------------------------------------------------------------------


def as_json(results: Sequence[Checked], unnamed: Sequence[str] = ()) -> dict[str, Any]:
    """Return the findings of all files as data: version 1 of the format.

    Args:
        results: what came of each file.
        unnamed: the contract tables that none of them names.
    """
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
        "unjudged": [
            {"path": result.path, "line": place.line, "column": place.column, "name": place.name}
            for result in results
            for place in result.unjudged
        ],
        "unnamed_tables": list(unnamed),
        "files": len(results),
    }


# --- GitHub ----------------------------------------------------------------------------------


def as_github(results: Sequence[Checked], unnamed: Sequence[str] = ()) -> Iterator[str]:
    """Yield a workflow command for each finding, which GitHub shows beside the line.

    Args:
        results: what came of each file.
        unnamed: the contract tables that none of them names.
    """
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
    places = sum(len(result.unjudged) for result in results)
    if places:
        yield f"::notice::{unjudged_text(places)}"
    if unnamed:
        yield f"::notice::{_escaped(f'{unnamed_text(unnamed)} files')}"


def _escaped(text: str, also: str = "") -> str:
    """Return text as GitHub takes it; it goes on to a log, which obeys what a terminal does."""
    kept = "".join(c if c.isprintable() or c in "\r\n" else _printable(c) for c in text)
    return "".join(f"%{ord(c):02X}" if c in f"%\r\n{also}" else c for c in kept)


# --- SARIF -----------------------------------------------------------------------------------

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(results: Sequence[Checked], unnamed: Sequence[str] = ()) -> dict[str, Any]:
    """Return the findings as a SARIF 2.1.0 log, with the documentation of every rule.

    What was not judged, and what is named nowhere, are notes of the tool.

    Args:
        results: what came of each file.
        unnamed: the contract tables that none of them names.
    """
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
                        ]
                        + [
                            _sarif_unjudged(result, place)
                            for result in results
                            for place in result.unjudged
                        ]
                        + [
                            {"level": "note", "message": {"text": _printable(text)}}
                            for text in ([f"{unnamed_text(unnamed)} files"] if unnamed else [])
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


def _sarif_unjudged(result: Checked, place: NotJudged) -> dict[str, Any]:
    location = _sarif_file(result.path)
    location["physicalLocation"]["region"] = {"startLine": place.line, "startColumn": place.column}
    text = f"{place.name} names a legacy column and was not judged"
    return {"level": "note", "message": {"text": _printable(text)}, "locations": [location]}


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
