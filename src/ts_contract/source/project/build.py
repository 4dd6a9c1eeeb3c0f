"""Reads the files of a project, few of them whole, and makes the index of them.

A file is parsed if it declares a table, if one of its classes has a base that another file
declares, or if a parsed file needs a name of it. Of the others, those that hold the name of a model
of the contract, or that make up a package, give their imports.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from ...contract import Contract
from ...files.read import decode, regular_bytes
from .facts import ModuleFacts, module_facts
from .models import Models
from .modules import Place, Project
from .outline import aliases_pattern, class_headers, declares_tables, imports_of, words_pattern
from .tree import FileTree

__all__ = ["KnownFacts", "index_project"]

KnownFacts = MutableMapping[str, ModuleFacts]
"""The facts of files that were parsed before, by a hash of their bytes."""

_ROUNDS = 20


def index_project(
    root: Path,
    paths: Iterable[Path],
    contract: Contract,
    known: KnownFacts | None = None,
    limit: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Project:
    """Return the index of a project.

    Args:
        root: the directory that its modules are named from.
        paths: its Python files.
        contract: the contract, without whose words there is nothing to know.
        known: the facts of files by a hash of their bytes; what is parsed is put into it.
        limit: what ends the work on one file that takes too long.
    """
    tree = FileTree(root.absolute().as_posix())
    named = {tree.name_of(str(path)): path for path in paths}
    tree = FileTree(tree.root, frozenset(named))
    return _Builder(tree, named, contract, {} if known is None else known, limit).project()


class _Builder:
    def __init__(
        self,
        tree: FileTree,
        paths: Mapping[str, Path],
        contract: Contract,
        known: KnownFacts,
        limit: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._tree = tree
        self._contract = contract
        self._known = known
        self._limit = limit
        self._data = dict(_read(paths))
        self._modules: dict[str, ModuleFacts] = {}
        self._used: set[str] = set()
        self._parsed: set[str] = set()
        self._unasked: set[str] = set()

    def project(self) -> Project:
        """Return the index, once everything is read that it needs."""
        legacy = words_pattern(column.legacy for _, column in self._contract.columns())
        if not any(map(legacy.search, self._data.values())):
            return Project(self._tree)
        self._parse(name for name, data in self._data.items() if declares_tables(data))
        headers = {n: class_headers(d) for n, d in self._data.items() if n not in self._parsed}
        self._parse(_with_implicit_names(headers, self._contract))
        for _ in range(_ROUNDS):
            missed, models = self._ask()
            derived = {n for n, classes in headers.items() if any(b & models for _, b in classes)}
            if not self._parse(missed | derived):
                break
        self._take_imports()
        for stale in self._known.keys() - self._used:
            del self._known[stale]
        return Project(self._tree, self._modules)

    # --- what is parsed ----------------------------------------------------------------------

    def _parse(self, names: Iterable[str]) -> bool:
        """Parse files that are not parsed yet; return whether there were any."""
        new = [name for name in names if name in self._data and name not in self._parsed]
        for name in new:
            self._parsed.add(name)
            with suppress(Exception):  # its own turn tells what is wrong with it
                self._modules[name] = self._facts(self._data[name])
                self._unasked.add(name)
        return bool(new)

    def _facts(self, data: bytes) -> ModuleFacts:
        key = hashlib.blake2b(data, digest_size=16).hexdigest()
        self._used.add(key)
        if key not in self._known:
            with self._limit():
                self._known[key] = module_facts(ast.parse(decode(data).removeprefix("\ufeff")))
        return self._known[key]

    def _ask(self) -> tuple[set[str], set[str]]:
        """Look at what is parsed by now; return the files that were missed, and names of models.

        A class is looked at again as long as something that decides about it was missed.
        """
        project = _Asked(self._tree, self._modules)
        models = Models(project)
        names = set()
        for module in sorted(self._unasked):
            missed = len(project.missed)
            facts = self._modules[module]
            for name in (*facts.classes, *facts.tables):
                if models.looks_at(Place(module, name)):
                    names.add(name.rpartition(".")[2])
            for ref in chain.from_iterable(facts.mapped):
                project.find(module, ref)
            if missed == len(project.missed):
                self._unasked.discard(module)
        return project.missed, names

    # --- what only passes names on -----------------------------------------------------------

    def _take_imports(self) -> None:
        """Take in the files by way of which a model may be imported."""
        names = set(self._names_of_models())
        words, aliases = [name.encode() for name in names], aliases_pattern(names)
        for name, data in self._data.items():
            if name in self._parsed or b"import" not in data:
                continue
            is_named = any(word in data for word in words)
            if is_named or name.endswith("__init__.py") or b"import *" in data:
                self._modules[name] = imports_of(data)
                if is_named and aliases.search(data):
                    self._parse([name])

    def _names_of_models(self) -> Iterator[str]:
        """Yield what the models and Core tables of the contract are called."""
        models = Models(Project(self._tree, self._modules))
        for module, facts in self._modules.items():
            for name in (*facts.classes, *facts.tables):
                model = models.at(Place(module, name))
                if model is not None and model.table and self._contract.table(model.table):
                    yield name.rpartition(".")[2]
        yield from (model.rpartition(".")[2] for model, _ in self._contract.models)


@dataclass(frozen=True, eq=False)
class _Asked(Project):
    """A project that remembers which of its files it was asked about in vain."""

    missed: set[str] = field(default_factory=set)

    def facts(self, module: str) -> ModuleFacts:
        """Return what a file says, as far as it is known."""
        if module in self.tree.files and module not in self.modules:
            self.missed.add(module)
        return super().facts(module)


def _read(paths: Mapping[str, Path]) -> Iterator[tuple[str, bytes]]:
    for name, path in sorted(paths.items()):
        with suppress(OSError, MemoryError):
            yield name, regular_bytes(path)


def _with_implicit_names(
    headers: Mapping[str, Sequence[tuple[str, frozenset[str]]]], contract: Contract
) -> Iterator[str]:
    """Yield the files with a class that a framework may give a contract table to."""
    wanted = {
        "".join(parts[first:])
        for table in contract.tables
        for parts in [table.name.lower().split("_")]
        for first in range(len(parts))
    }
    for name, classes in headers.items():
        if any(bases and owner.lower().replace("_", "") in wanted for owner, bases in classes):
            yield name
