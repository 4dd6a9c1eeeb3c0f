"""Tells listeners of naive datetimes that are bound: sqlite3's adapter for datetime, wrapped."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..base import Listener

__all__ = ["listen", "unlisten", "wrap_adapter"]

_KEY = (datetime, sqlite3.PrepareProtocol)

_listeners: list[Listener] = []
_wrapped: Callable[[datetime], Any] = datetime.isoformat


def listen(listener: Listener) -> None:
    """Tell `listener` of each naive datetime that is bound from now on."""
    _listeners.append(listener)
    wrap_adapter()


def wrap_adapter() -> None:
    """Stand before the adapter for datetimes, also one that the application has set meanwhile.

    Without any, binding a datetime is an error, and remains one.
    """
    global _wrapped  # noqa: PLW0603 - sqlite3's adapters are the process's, too
    adapter = sqlite3.adapters.get(_KEY)
    if adapter is not None and adapter is not _adapt:
        _wrapped = adapter
        sqlite3.adapters[_KEY] = _adapt


def unlisten(listener: Listener) -> None:
    """Stop telling `listener`; without any listener, the adapter is the application's again."""
    _listeners.remove(listener)
    if not _listeners and sqlite3.adapters.get(_KEY) is _adapt:
        sqlite3.adapters[_KEY] = _wrapped


def _adapt(value: datetime) -> Any:
    """Tell where a naive datetime was bound, and adapt it as before."""
    __tracebackhide__ = True
    if value.tzinfo is None:
        frame = sys._getframe(1)
        for listener in tuple(_listeners):
            try:
                listener.hear_naive(frame)
            except Exception as error:  # it is not the application's to handle
                listener.hear_error(error)
    return _wrapped(value)


# An adapter that warns names the caller's line, by `stacklevel=2`; this frame would be in between.
# `warnings` passes over frames of the import system, which it knows by these two words.
_adapt.__code__ = _adapt.__code__.replace(co_filename="<importlib _bootstrap of ts_contract>")
