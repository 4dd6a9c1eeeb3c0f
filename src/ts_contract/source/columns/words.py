"""The words of a file's text without which it has no tables named as data.

They are looked for before anything is parsed, by the finders and by the gate of their rules.
"""

from __future__ import annotations

import re

from ...contract import Contract
from ..cache import remember_last

__all__ = ["quoted_tables"]


@remember_last
def quoted_tables(contract: Contract) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of the literals, in lower case, that are a table's name."""
    names = "|".join(re.escape(table.name.lower()) for table in contract.tables)
    return tuple(re.compile(f"{quote}(?:{names}){quote}") for quote in "\"'")
