"""What the files of a run take from each other's imports: such an import stays, though unused.

`from c import datetime` works as long as `c` imports it. Modules are known by their last name
alone, so that a name may stay which could have gone, and never the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePath

__all__ = ["Taken", "is_taken", "names_taken"]

Taken = frozenset[tuple[str, str]]
"""The last name of a module, and a name that is taken from it; `*` for all."""

_FROM = re.compile(
    rb"^[ \t]*+from[ \t]++([\w.]++)[ \t]++import\b[ \t]*+(\([^)]*+\)|[^\r\n]*+)", re.MULTILINE
)
_ATTRIBUTE = re.compile(rb"\b(\w++)\.(datetime|date|time|timedelta|timezone|UTC|ZoneInfo)\b")
_NAME = re.compile(rb"(?:\A|[(,])\s*+(\w++|\*)")
_COMMENT = re.compile(rb"#[^\r\n]*+")


def names_taken(data: bytes, path: str) -> Taken:
    """Return what a file takes from other modules.

    Args:
        data: the file's bytes.
        path: its path, which tells what a `.` means.
    """
    found: set[tuple[str, str]] = set()
    for module, listed in _FROM.findall(data):
        last = module.rpartition(b".")[2].decode(errors="replace")
        owner = last or PurePath(path).parent.name
        for name in _NAME.findall(_COMMENT.sub(b"", listed)):
            found.add((owner, name.decode(errors="replace")))
    for module, name in _ATTRIBUTE.findall(data):
        found.add((module.decode(errors="replace"), name.decode()))
    return frozenset(found)


def is_taken(name: str, path: str, taken: Iterable[tuple[str, str]]) -> bool:
    """Tell whether another file may take a name from a module.

    Args:
        name: what the module imports.
        path: the module's path.
        taken: what the files of the run take.
    """
    file = Path(path).absolute()
    own = file.parent.name if file.stem == "__init__" else file.stem
    return bool({(own, name), (own, "*")} & frozenset(taken))
