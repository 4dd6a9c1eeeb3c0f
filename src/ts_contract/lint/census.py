"""What a file says of the contract beside its findings: places not judged, tables that it names.

"Nothing found" is said only where everything was judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from ..contract import Contract
from ..source.file import File
from ..source.project.models import Models
from ..source.project.modules import Project
from .findings import Finding
from .gate import Gate
from .noqa import not_silenced
from .rules.needs import endings, legacy

__all__ = ["NotJudged", "may_name_columns", "named_nowhere", "not_judged", "tables_named"]

_CODE = "TSC3"  # what a comment has to name to take a place out of the count


@dataclass(frozen=True, slots=True)
class NotJudged:
    """One place that names a legacy column and that no rule could judge.

    Attributes:
        line: its line, from 1.
        column: its column, from 1, in code points.
        name: the name as it stands there.
    """

    line: int
    column: int
    name: str


def may_name_columns(text: str, contract: Contract | None) -> bool:
    """Tell whether a text holds the name of a legacy column."""
    return contract is not None and Gate(text, contract).lets_through((endings, legacy))


def not_judged(file: File) -> tuple[NotJudged, ...]:
    """Return the places of a file that could not be judged and that no comment silences."""
    from ..source.columns.unjudged import find_unjudged  # noqa: PLC0415 - reads SQL

    source = file.source
    found = [
        Finding(_CODE, part.name, *source.position(part.span[0]), 0, 0, *part.span)
        for part in file.part(find_unjudged)
    ]
    kept = not_silenced(found, source.text)
    return tuple(NotJudged(part.line, part.column, part.message) for part in kept)


# --- tables ----------------------------------------------------------------------------------


def tables_named(text: str, contract: Contract | None) -> frozenset[str]:
    """Return the contract tables whose name is a word of a text."""
    if contract is None:
        return frozenset()
    lowered = text.lower()
    return frozenset(
        table.name
        for table in contract.tables
        if table.name.lower() in lowered and _word(table.name.lower()).search(lowered)
    )


@cache
def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def named_nowhere(
    contract: Contract | None, project: Project | None, named: Iterable[frozenset[str]]
) -> Sequence[str]:
    """Return the contract tables that no file names, and that no model stands for.

    Args:
        contract: the contract of the run.
        project: the index of its files.
        named: the tables that each file names.
    """
    if contract is None:
        return ()
    known = {name.lower() for names in named for name in names}
    known |= {model.table.lower() for model in Models(project or Project()).own() if model.table}
    return [table.name for table in contract.tables if table.name.lower() not in known]
