"""The Python files of a project, and which of them an import means.

A file is known by its path below the root of the project, `app/models.py`. An import is looked for
from the importing file's directory upwards, then among all files whose path ends so, if there is
one alone: roots of imports, such as `src`, need not be known.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

__all__ = ["FileTree"]

_SUFFIXES = (".py", "/__init__.py", ".pyi", "/__init__.pyi")
# Whatever files of the project are called so.
_NOT_OURS = frozenset({
    "django", "flask_sqlalchemy", "peewee", "playhouse", "sqlalchemy", "sqlmodel", "typing",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class FileTree:
    """The Python files below a directory.

    Attributes:
        root: the directory that files are named from; empty for none.
        files: their paths from there, with `/`.
    """

    root: str = ""
    files: frozenset[str] = frozenset()

    def name_of(self, path: str) -> str:
        """Return what the file at a path is called here."""
        if not self.root:
            return path.replace(os.sep, "/")
        absolute = Path(os.path.abspath(path)).as_posix()  # noqa: PTH100 - `..` is left out
        return absolute.removeprefix(f"{self.root.rstrip('/')}/")

    def imported(self, file: str, dotted: str) -> tuple[str, str] | None:
        """Return the file that an imported dotted name leads to, and what is left of the name.

        Args:
            file: who imports it.
            dotted: the name; dots lead where it is relative.
        """
        name = dotted.lstrip(".")
        level = len(dotted) - len(name)
        parts = name.split(".") if name else []
        base = "/".join(file.split("/")[:-level]) if level else None
        for length in range(len(parts), -1 if level else 0, -1):
            path = "/".join(parts[:length])
            found = self._absolute(file, path) if base is None else self.module(base, path)
            if found is not None:
                return found, ".".join(parts[length:])
        return None

    def module(self, directory: str, path: str) -> str | None:
        """Return the file of a module, or of a package, in a directory."""
        start = f"{directory}/{path}" if directory and path else directory or path
        for suffix in _SUFFIXES:
            name = f"{start}{suffix}" if start else suffix.lstrip("/")
            if name in self.files:
                return name
        return None

    def _absolute(self, file: str, path: str) -> str | None:
        directory = file
        while directory:
            directory = directory.rpartition("/")[0]
            if directory not in self._packages:  # no import begins inside of one
                found = self.module(directory, path)
                if found is not None:
                    return found
        return None if path.partition("/")[0] in _NOT_OURS else self._by_ending.get(path)

    @cached_property
    def _packages(self) -> frozenset[str]:
        return frozenset(f.rpartition("/")[0] for f in self.files if f.endswith("/__init__.py"))

    @cached_property
    def _by_ending(self) -> Mapping[str, str]:
        """The file that alone has a path ending so, for each ending that an import may name."""
        found: dict[str, str] = {}
        for file in sorted(self.files):
            parts = file.removesuffix("i").removesuffix(".py").removesuffix("/__init__").split("/")
            for first in range(len(parts)):
                if "/".join(parts[:first]) not in self._packages:
                    ending = "/".join(parts[first:])
                    found[ending] = "" if ending in found else file
        return {ending: file for ending, file in found.items() if file}
