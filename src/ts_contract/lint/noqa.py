"""Applies `# noqa` comments as flake8 does, for `ts-contract lint`.

A comment counts for its physical line, and, where a string or a backslash joins several lines, for
all of them: in a query over many lines it stands behind the closing quotes. `-- noqa` in SQL does
nothing. `# flake8: noqa` on a line of its own leaves the whole file out.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from .findings import Finding

__all__ = ["not_silenced"]

# Where no whole code follows, as in a comment that names `TSC` alone, everything is silenced.
_INLINE = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_WHOLE_FILE = re.compile(r"^[^\S\n]*# flake8[:=]\s*noqa\s*$", re.IGNORECASE | re.MULTILINE)
_NO_LINE = (tokenize.ENDMARKER, tokenize.DEDENT)


def not_silenced(findings: Iterable[Finding], text: str) -> list[Finding]:
    r"""Return the findings that no comment in the file silences.

    Args:
        findings: findings of one file.
        text: its text.

    Example:
        >>> from ts_contract.lint.engine import check
        >>> text = "import datetime as d\nd.datetime.now()  # noqa: TSC101\nd.datetime.now()\n"
        >>> [finding.line for finding in not_silenced(check(text), text)]
        [3]
    """
    found = list(findings)
    if not found or "noqa" not in text.lower():
        return found
    if _WHOLE_FILE.search(text):
        return []
    lines = _lines_by_number(text)
    silenced: dict[str, tuple[str, ...]] = {}  # many findings may stand in one joined line
    kept = []
    for finding in found:
        line = lines.get(finding.line, "")
        if line not in silenced:
            silenced[line] = _silenced_on(line)
        if not finding.code.startswith(silenced[line]):
            kept.append(finding)
    return kept


def _silenced_on(line: str) -> tuple[str, ...]:
    """Return how the codes begin that a comment on a line silences."""
    comment = _INLINE.search(line)
    if comment is None:
        return ()
    codes = comment["codes"]
    return ("",) if codes is None else tuple(re.findall(r"[^,\s]+", codes))


def _lines_by_number(text: str) -> dict[int, str]:
    """Return, for the number of each line, the joined lines that a comment on it counts for."""
    lines = io.StringIO(text.removeprefix("\ufeff"), newline=None).readlines()
    joined = dict(enumerate(lines, 1))
    for first, last in _ranges(lines):
        if first < last:
            joined.update(dict.fromkeys(range(first, last + 1), "".join(lines[first - 1 : last])))
    return joined


def _ranges(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and last line of all that stands between two line ends of the tokenizer."""
    first, last = len(lines) + 1, 0
    try:
        for token in tokenize.generate_tokens(iter(lines).__next__):
            if token.type in _NO_LINE:
                continue
            first, last = min(first, token.start[0]), max(last, token.end[0])
            if token.type in {tokenize.NL, tokenize.NEWLINE}:
                yield first, last
                first, last = len(lines) + 1, 0
    except (tokenize.TokenError, SyntaxError):
        return
