"""Proposes a contract for any database, for a person to review."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .classify import FORMS, Reading
from .dialects.sqlite import Database, Target, introspect, opened, quote
from .dialects.sqlite_forms import FormCount, count_forms
from .introspect import ColumnInfo, TableInfo
from .progress import Progress, ProgressCallback, silent
from .shapes import ColumnShape

__all__ = ["Candidate", "Proposal", "discover"]

# A name that ends like this says "an instant"; like that, "a length of time" or "a count".
_INSTANT: Final = re.compile(
    r"(^|_)(at|on|time|timestamp|ts|date|datetime|until|since|when|expires|expiry|deadline|seen|"
    r"updated|created|modified|deleted|started|ended|finished|completed|joined|login|begin|due)$",
    re.IGNORECASE,
)
_LENGTH: Final = re.compile(
    r"(latency|duration|elapsed|timeout|ttl|delay|interval|age|wait|uptime|took|cost|lag|period|"
    r"retention|window|count|size|offset|budget|limit|rate|total|avg|mean|min|max|p\d\d)"
    r"(_(ms|s|sec|secs|seconds|us|ns|millis|minutes|hours|days))?$",
    re.IGNORECASE,
)
_EPOCH_NAME: Final = re.compile(r"_(ms|millis|epoch_ms)$", re.IGNORECASE)
_DECLARED: Final = ("TIMESTAMP", "DATETIME")
_DATED: Final = (
    "datetime",
    "iso-local",
    "iso-zone",
    "minutes",
    "date",
    "basic",
    "week",
    "ordinal",
    "rfc-2822",
    "ctime",
)
_EPOCHS: Final = ("seconds", "milliseconds", "microseconds")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One column that may hold instants.

    Attributes:
        table: its table.
        column: its name.
        type: its declared type.
        forms: the storage forms in it.
        storage: the unit of its numbers, `auto` if it holds none or they are mixed.
        proposed: whether the contract should have it.
        reason: why, or why not.
    """

    table: str
    column: str
    type: str
    forms: tuple[FormCount, ...]
    storage: str
    proposed: bool
    reason: str


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
        tables = sorted({c.table for c in self.candidates})
        for table in tables:
            lines += ["", f"[tables.{_key(table)}]"]
            lines += [_line(c) for c in self.candidates if c.table == table]
            if not any(c.proposed for c in self.candidates if c.table == table):
                lines[lines.index(f"[tables.{_key(table)}]")] = f"# [tables.{_key(table)}]"
        return "\n".join(lines) + "\n"


def discover(db: Target, *, progress: ProgressCallback = silent, schema: str = "main") -> Proposal:
    """Look at every column of a database and propose those that hold instants.

    A column is proposed if what it holds says so, and its name or declared type does not speak
    against it; a length of time such as `fetch_latency_ms` is told by its name.

    Args:
        db: path, `sqlite:///path`, or an open connection outside a transaction.
        progress: told of each table.
        schema: which of the attached databases of a connection is meant.

    Returns:
        The proposal.

    Raises:
        Refused: the database cannot be opened.
        Failed: it cannot be read.
    """
    with opened(db, write=False, schema=schema) as database:
        names = _table_names(database)
        candidates: list[Candidate] = []
        info = introspect(database, names)
        for done, table in enumerate(info.tables):
            progress(Progress("discover", table.name, done, len(info.tables)))
            taken = {column.name.lower() for column in table.columns}
            for column in table.columns:
                candidate = _candidate(database, table, column, taken)
                if candidate is not None:
                    candidates.append(candidate)
        progress(Progress("discover", "", len(info.tables), len(info.tables)))
        return Proposal(database.name, tuple(candidates))


def _table_names(database: Database) -> tuple[str, ...]:
    """Return the ordinary tables: none of SQLite's, of ours, or of a virtual table's shadows."""
    rows = database.run(
        f"SELECT name, sql FROM {quote(database.schema)}.sqlite_schema WHERE type = 'table'"
    ).fetchall()
    virtual = {name for name, sql in rows if sql.upper().startswith("CREATE VIRTUAL")}
    hidden = ("sqlite_", "_ts_contract_", *(f"{name}_" for name in virtual))
    return tuple(name for name, _ in rows if name not in virtual and not name.startswith(hidden))


def _candidate(
    database: Database, table: TableInfo, column: ColumnInfo, taken: set[str]
) -> Candidate | None:
    """Judge one column; None if neither its name, nor its type, nor its values suggest instants."""
    named = bool(_INSTANT.search(column.name))
    declared = any(word in column.type for word in _DECLARED) or column.type == "DATE"
    length = bool(_LENGTH.search(column.name))
    if not (named or declared or (length and "_ms" in column.name.lower())):
        return None
    shape = ColumnShape(column.name, f"{column.name}_ms", Reading())
    forms = count_forms(database, table.name, shape)
    dated = sum(f.rows for f in forms if f.form in _DATED)
    numbers = sum(f.rows for f in forms if f.form in _EPOCHS)
    values = sum(f.rows for f in forms if f.form != "null")
    units = {f.form for f in forms if f.form in _EPOCHS}
    storage = next(iter(units)) if len(units) == 1 and not dated else "auto"

    def judged(proposed: bool, reason: str) -> Candidate:
        return Candidate(table.name, column.name, column.type, forms, storage, proposed, reason)

    if length:
        return judged(False, "a length of time or a count by its name")
    if _EPOCH_NAME.search(column.name):
        return judged(False, "epoch milliseconds already by its name")
    if f"{column.name.lower()}_ms" in taken:
        return judged(False, f"{column.name}_ms stands beside it already")
    if not values:
        return judged(declared, "no values yet; judged by its type")
    if dated + numbers < values / 2:
        return judged(False, "most values are no instants")
    if storage in _EPOCHS:
        return judged(True, f"numbers that are epoch {storage}")
    return judged(True, "dates and times")


def _line(candidate: Candidate) -> str:
    forms = ", ".join(f"{f.rows:,} {f.form} ({f.example})" for f in candidate.forms[:4])
    refused = sum(f.rows for f in candidate.forms if FORMS[f.form].reason is not None)
    comment = _comment(f"{candidate.reason}: {forms or 'no rows'}")
    if refused and candidate.proposed:
        comment += f"; {refused:,} cannot be converted"
    storage = "" if candidate.storage == "auto" else f', storage = "{candidate.storage}"'
    epoch = _string(f"{candidate.column}_ms")
    line = f"{_key(candidate.column)} = {{ epoch = {epoch}{storage} }}"
    return f"{'' if candidate.proposed else '# '}{line}  # {comment}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _string(name)


def _string(text: str) -> str:
    """Return a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'


def _comment(text: str) -> str:
    """A comment ends with its line, whatever a database has for names and values."""
    return "".join(c if c.isprintable() else "?" for c in text)
