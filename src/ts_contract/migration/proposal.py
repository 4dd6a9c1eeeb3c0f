"""A contract proposed for a database, and how it is written as TOML for a person to review."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from ..contract import NullValue, Storage
from ..timestamps import format_iso_z
from .engines.answers import FormCount
from .forms import FORMS

__all__ = ["Candidate", "Proposal"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One column that may hold instants.

    Attributes:
        table: its table.
        column: its name.
        type: its declared type.
        forms: the storage forms in it.
        storage: what its numbers are, `auto` if it holds none or they are mixed.
        proposed: whether the contract should have it.
        reason: why, or why not.
        zone: what is known of the zone of its texts without one; empty if there are none.
        null_values: values in it that stand for "none".
    """

    table: str
    column: str
    type: str
    forms: tuple[FormCount, ...]
    storage: Storage
    proposed: bool
    reason: str
    zone: str = ""
    null_values: tuple[NullValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was found, and the contract that it suggests."""

    database: str
    candidates: tuple[Candidate, ...]

    def toml(self) -> str:
        """Return the contract as TOML, with what was found in comments, for a person to review."""
        lines = [
            f"# Proposed by `ts-contract discover` for {_comment(self.database)}.",
            "# Review every line: whether each column holds instants, and in which time zone its",
            "# texts without a zone were written.",
            "",
            'timezone = "UTC"',
            'on-overlap = "reject"',
            'on-gap = "reject"',
        ]
        for table in sorted({c.table for c in self.candidates}):
            columns = [c for c in self.candidates if c.table == table]
            is_proposed = any(c.proposed for c in columns)
            head = f"[tables.{_key(table)}]" if is_proposed else f"# {_comment(table)}"
            lines += ["", head, *(_line(c) for c in columns)]
        return "\n".join(lines) + "\n"


def _line(candidate: Candidate) -> str:
    forms = ", ".join(f"{f.rows:,} {f.form} ({f.example})" for f in candidate.forms[:4])
    found = [f"{candidate.reason}: {forms or 'no rows'}", _days(candidate), candidate.zone]
    comment = _comment("; ".join(filter(None, found)))
    if not candidate.proposed:
        return f"# {_comment(candidate.column)}: {comment}"
    refused = sum(f.rows for f in candidate.forms if FORMS[f.form].reason is not None)
    if refused:
        comment += f"; {refused:,} cannot be converted"
    keys = [f"epoch = {_string(f'{candidate.column}_ms')}"]
    if candidate.storage != "auto":
        keys.append(f'storage = "{candidate.storage}"')
    if candidate.null_values:
        keys.append(f"null-values = [{', '.join(map(_value, candidate.null_values))}]")
    return f"{_key(candidate.column)} = {{ {', '.join(keys)} }}  # {comment}"


def _days(candidate: Candidate) -> str:
    """Return the days of the first and the last instant, by which a wrong epoch is seen."""
    firsts = [form.first for form in candidate.forms if form.first is not None]
    lasts = [form.last for form in candidate.forms if form.last is not None]
    if not firsts or not lasts:
        return ""
    first, last = (format_iso_z(ms)[: len("1990-05-02")] for ms in (min(firsts), max(lasts)))
    return f"{first} to {last}"


def _value(value: NullValue) -> str:
    return _string(value) if isinstance(value, str) else json.dumps(value)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _string(name)


def _string(text: str) -> str:
    """Return a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def _comment(text: str) -> str:
    """A comment ends with its line, whatever a database has for names and values."""
    return "".join(c if c.isprintable() else "?" for c in text)
