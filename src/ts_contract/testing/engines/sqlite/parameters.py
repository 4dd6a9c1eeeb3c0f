"""Tells listeners of naive datetimes that are bound: sqlite3's adapter for datetime, wrapped."""

from __future__ import annotations

import sqlite3
import sys
import warnings
from datetime import datetime
from typing import Any

from ..base import Listener

__all__ = ["listen", "unlisten"]

_KEY = (datetime, sqlite3.PrepareProtocol)

_listeners: list[Listener] = []
_adapter_before = None


def listen(listener: Listener) -> None:
    """Tell `listener` of each naive datetime that is bound from now on."""
    global _adapter_before  # noqa: PLW0603 - sqlite3's adapters are the process's, too
    if not _listeners:
        _adapter_before = sqlite3.adapters.get(_KEY)
        sqlite3.register_adapter(datetime, _adapt)
    _listeners.append(listener)


def unlisten(listener: Listener) -> None:
    """Stop telling `listener`; without any listener, the adapter is the one before."""
    _listeners.remove(listener)
    if _listeners:
        return
    if sqlite3.adapters.get(_KEY) is _adapt and _adapter_before is not None:
        sqlite3.register_adapter(datetime, _adapter_before)


def _adapt(value: datetime) -> Any:
    """Adapt a datetime as before, and tell where a naive one was bound."""
    if value.tzinfo is None:
        frame = sys._getframe(1)
        for listener in _listeners:
            listener.hear_naive(frame)
    adapt = _adapter_before
    if adapt is None:
        return value.isoformat(" ")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        adapted = adapt(value)
    for warning in caught:  # told again, so that it names the caller's line and not ours
        warnings.warn(warning.message, warning.category, stacklevel=2)
    return adapted
