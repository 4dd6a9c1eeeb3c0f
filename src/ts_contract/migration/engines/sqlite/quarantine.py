"""How SQL writes an entry of the quarantine: the key of its row, and the reason."""

from __future__ import annotations

import json
from typing import Final

from ...forms import FORMS
from ...own_tables import STATE
from ...pairs import PairedTable
from .names import literal, name_in, quote

__all__ = ["KEY_ORDER", "reason", "record_reasons", "recorded_reason", "row_key"]

_MEMBERS_IN_ORDER: Final = 4  # of the key; who has more of them finds those of one row together
KEY_ORDER: Final = ", ".join(
    (
        *(
            f"(SELECT value FROM json_each(CASE WHEN json_valid(row_key) THEN row_key ELSE '{{}}'"
            f" END) LIMIT 1 OFFSET {place})"
            for place in range(_MEMBERS_IN_ORDER)
        ),
        "row_key",
    )
)
"""SQL that orders entries by the numbers and texts of their keys, and not by their JSON."""


def row_key(table: PairedTable, row: str = "") -> str:
    """Return SQL for the key of a row as a JSON object.

    Args:
        table: the table.
        row: what stands before a column, for example `new.`; by default the table.
    """
    row = row or f"{quote(table.name)}."
    members = ", ".join(
        f"{literal(column)}, {_json_safe(row + quote(column))}" for column in table.key
    )
    return f"json_object({members})"


def _json_safe(value: str) -> str:
    """JSON has no bytes: they stand as SQL writes them, apart from a text of the same digits."""
    return f"CASE typeof({value}) WHEN 'blob' THEN quote({value}) ELSE {value} END"


def reason(form: str) -> str:
    """Return SQL for the reason that goes with the name of a form."""
    cases = " ".join(
        f"WHEN {literal(known.name)} THEN {literal(known.reason)}"
        for known in FORMS.values()
        if known.reason is not None
    )
    return f"CASE {form} {cases} ELSE 'not converted' END"


def record_reasons(schema: str) -> str:
    """Return the statement that puts all reasons down in the state."""
    reasons = json.dumps({form.name: form.reason for form in FORMS.values() if form.reason})
    return f"INSERT OR REPLACE INTO {name_in(STATE, schema)} VALUES ('reasons', {literal(reasons)})"


def recorded_reason(form: str) -> str:
    """Return SQL for the reason that the state has for the name of a form.

    For triggers: every connection parses their text, which is shorter without all reasons.
    """
    reasons = f"(SELECT value FROM {quote(STATE)} WHERE name = 'reasons')"
    return f"coalesce(json_extract({reasons}, '$.\"' || {form} || '\"'), 'not converted')"
