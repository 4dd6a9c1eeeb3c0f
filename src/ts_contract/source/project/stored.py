"""The facts of parsed files as JSON: written for the cache, and checked when they are read.

What is read may have been made by anybody. Whatever is not exactly of the form that is written
here is as good as nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import astuple
from typing import Any, TypeVar

from ... import __version__
from .facts import Attribute, ClassFacts, ModuleFacts, TableFacts, Text

__all__ = ["dump_facts", "load_facts"]

Part = TypeVar("Part")

_VERSION = f"{__version__}/1"


def dump_facts(known: Mapping[str, ModuleFacts]) -> bytes:
    """Return facts, by the hashes of their files, as JSON."""
    stored = {key: astuple(facts) for key, facts in known.items()}
    return json.dumps([_VERSION, stored], separators=(",", ":")).encode()


def load_facts(data: bytes | None) -> dict[str, ModuleFacts]:
    """Return the facts that `dump_facts` wrote; nothing where the data are of anything else.

    Example:
        >>> load_facts(dump_facts({"a": ModuleFacts(stars=("b",))}))["a"].stars
        ('b',)
        >>> load_facts(b"[1, 2]"), load_facts(None)
        ({}, {})
    """
    if data is None:
        return {}
    try:
        version, stored = json.loads(data)
        return _mapping(_module)(stored) if version == _VERSION else {}
    except (ValueError, TypeError, RecursionError, MemoryError):
        return {}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _texts(value: Any) -> Text:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(_text, value))


def _mapping(of: Callable[[Any], Part]) -> Callable[[Any], dict[str, Part]]:
    def read(value: Any) -> dict[str, Part]:
        if not isinstance(value, dict):
            raise TypeError(value)
        return {key: of(part) for key, part in value.items()}

    return read


def _module(value: Any) -> ModuleFacts:
    imports, stars, values, classes, tables, mapped = value
    return ModuleFacts(
        _mapping(_text)(imports),
        _texts(stars),
        _mapping(_texts)(values),
        _mapping(_class)(classes),
        _mapping(_table)(tables),
        tuple((_text(owner), _text(table)) for owner, table in mapped),
    )


def _class(value: Any) -> ClassFacts:
    bases, options, attributes, table = value
    return ClassFacts(
        _texts(bases), _mapping(_texts)(options), _mapping(_attribute)(attributes), _text(table)
    )


def _attribute(value: Any) -> Attribute:
    kind, called, column, target = map(_text, value)
    return Attribute(kind, called, column, target)


def _table(value: Any) -> TableFacts:
    name, columns = value
    return TableFacts(_texts(name), _mapping(_text)(columns))
