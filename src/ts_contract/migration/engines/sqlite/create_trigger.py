"""The text of CREATE TRIGGER statements: which updates fire one."""

from __future__ import annotations

from itertools import islice, takewhile

from .create_text import tokens

__all__ = ["update_event"]


def update_event(create: str) -> tuple[str, ...] | None:
    """Return the columns, in lower case, whose UPDATE fires a trigger.

    Args:
        create: the statement, as SQLite stores it.

    Returns:
        Empty if an UPDATE of any column fires it; None if none does.

    Example:
        >>> update_event("CREATE TRIGGER [insert] BEFORE UPDATE OF a, 'B' ON t BEGIN SELECT 1; END")
        ('a', 'b')
        >>> update_event("CREATE TRIGGER x AFTER /* of */ UPDATE ON t BEGIN SELECT 1; END")
        ()
    """
    words = islice(tokens(create), 3, None)  # behind CREATE TRIGGER and the name; bodies are long
    head = list(takewhile(lambda word: not word.is_word("ON"), words))
    events = (n for n, word in enumerate(head) if word.is_word("INSERT", "UPDATE", "DELETE"))
    event = next(events, None)
    if event is None or not head[event].is_word("UPDATE"):
        return None
    listed = (word for word in head[event + 2 :] if word.text != ",")
    return tuple(word.value.strip("'").lower() for word in listed)
