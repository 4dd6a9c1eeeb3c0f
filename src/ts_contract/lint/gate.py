"""The gate: what the text of a file must hold for a rule to be worth trying.

Nothing is parsed here. A need costs a scan of the whole text, as much as the parser takes for a
hundredth of it or less, so what many rules need is looked for once, and what few files hold first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..contract import Contract

__all__ = ["AnyOf", "Gate", "Need", "any_of"]


@dataclass(frozen=True, slots=True, eq=False)
class AnyOf:
    """Words and patterns, in lower case, one of which is enough.

    Attributes:
        words: what to look for, the cheapest first.
    """

    words: tuple[str | re.Pattern[str], ...]

    def holds(self, text: str) -> bool:
        """Tell whether a text, in lower case, holds one of them."""
        for word in self.words:
            if word in text if isinstance(word, str) else word.search(text):
                return True
        return False


Need = AnyOf | Callable[[Contract | None], AnyOf]
"""What a text must hold; or a function that tells it for a contract."""


def any_of(*words: str | re.Pattern[str]) -> AnyOf:
    """Return the need for one of some words or patterns, in lower case."""
    return AnyOf(words)


class Gate:
    """What one text holds; each need is looked for once.

    Args:
        text: the file's text.
        contract: the contract that some needs depend on.
    """

    def __init__(self, text: str, contract: Contract | None) -> None:
        self._text = text.lower()
        self._contract = contract
        self._known: dict[Need, bool] = {}

    def lets_through(self, needs: tuple[Need, ...]) -> bool:
        """Tell whether the text holds all of what a rule needs."""
        for need in needs:
            known = self._known.get(need)
            if known is None:
                known = self._known[need] = self._holds(need)
            if not known:
                return False
        return True

    def _holds(self, need: Need) -> bool:
        if isinstance(need, AnyOf):
            return need.holds(self._text)
        return self.lets_through((need(self._contract),))
