"""What a name means in a project, followed through the imports of all its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from .facts import ClassFacts, ModuleFacts, Ref, TableFacts, Text
from .tree import FileTree

__all__ = ["Place", "Project"]

_MAX_STEPS = 40
_NO_FACTS = ModuleFacts()
_NO_FILES = FileTree()
_MOST_STARS = 50
_DEEPEST = 20  # constants that are made of one another
_LONGEST = 1_000  # a name that is put together of itself doubles each time


class Place(NamedTuple):
    """Where a project defines something: its module, and its name there; none for the module."""

    module: str
    name: str


@dataclass(frozen=True, eq=False)
class Project:
    """What the files of a project say that may matter.

    Attributes:
        tree: its Python files.
        modules: the facts of those that have any.
    """

    tree: FileTree = _NO_FILES
    modules: Mapping[str, ModuleFacts] = field(default_factory=dict)

    def with_module(self, module: str, facts: ModuleFacts) -> Project:
        """Return the project with the facts of one file as they are now."""
        if self.modules.get(module) == facts:
            return self
        return Project(self.tree, {**self.modules, module: facts})

    def declaring(self) -> list[Path]:
        """Return the files that may define models or tables."""
        root = Path(self.tree.root)
        return [root / name for name, said in self.modules.items() if said.classes or said.tables]

    def facts(self, module: str) -> ModuleFacts:
        """Return what a file says, as far as it is known."""
        return self.modules.get(module, _NO_FACTS)

    def class_facts(self, place: Place) -> ClassFacts | None:
        """Return what a class says, where there is one."""
        return self.facts(place.module).classes.get(place.name)

    def table_facts(self, place: Place) -> TableFacts | None:
        """Return what a Core table says, where there is one."""
        return self.facts(place.module).tables.get(place.name)

    # --- names -------------------------------------------------------------------------------

    def find(self, module: str, ref: Ref, steps: int = _MAX_STEPS) -> Place | str:
        """Return what a name of a module means.

        Args:
            module: where it is written.
            ref: the name, or a chain of attributes that begins with it.
            steps: how many names may be followed on the way.

        Returns:
            The place where the project defines it, or else its dotted name; empty where neither
            can be told.
        """
        if not ref or not steps:
            return ""
        first, _, rest = ref.partition(".")
        bare = first.removesuffix("()")
        found = self._named(module, bare, steps - 1)
        if isinstance(found, str) and found and first != bare:
            found += "()"
        elif first != bare:
            return ""  # an object of a class of the project
        return self._inside(found, rest, steps - 1) if rest else found

    def find_import(self, module: str, dotted: str, steps: int = _MAX_STEPS) -> Place | str:
        """Return what an imported dotted name means: as `find`, for `app.models.Task`."""
        found = self.tree.imported(module, dotted)
        if found is None:
            return dotted
        file, rest = found
        return self._inside(Place(file, ""), rest, steps) if rest else Place(file, "")

    def _named(self, module: str, name: str, steps: int) -> Place | str:
        """Return what one name of a module means."""
        facts = self.facts(module)
        if name in facts.classes or name in facts.tables:
            return Place(module, name)
        if name in facts.values:
            match facts.values[name]:
                case (piece,) if piece.startswith("@") and piece[1:] != name:
                    return self.find(module, piece[1:], steps)
            return Place(module, name)
        if name in facts.imports:
            return self.find_import(module, facts.imports[name], steps)
        for star in self._stars(module)[1:]:
            if self._has(star, name):
                return self._named(star, name, steps)
        below = module.rpartition("/")[0]
        if module.endswith(("__init__.py", "__init__.pyi")):
            inner = self.tree.module(below, name)
            if inner is not None:
                return Place(inner, "")
        return ""

    def _has(self, module: str, name: str) -> bool:
        facts = self.facts(module)
        return any(name in names for names in (facts.classes, facts.tables, facts.values)) or (
            name in facts.imports
        )

    def _stars(self, module: str) -> tuple[str, ...]:
        """Return a module and all those that it imports everything from, itself or by others."""
        known = self._known_stars.get(module)
        if known is None:
            reached, waiting = {module: None}, [module]
            while waiting and len(reached) < _MOST_STARS:
                here = waiting.pop()
                leads = [self.tree.imported(here, star) for star in self.facts(here).stars]
                new = [
                    file for file, rest in filter(None, leads) if not rest and file not in reached
                ]
                reached.update(dict.fromkeys(new))
                waiting += new
            known = self._known_stars[module] = tuple(reached)
        return known

    @cached_property
    def _known_stars(self) -> dict[str, tuple[str, ...]]:
        return {}

    def _inside(self, found: Place | str, rest: str, steps: int) -> Place | str:
        """Return what a chain of attributes of something means."""
        if isinstance(found, str):
            return f"{found}.{rest}" if found else ""
        if not found.name:
            return self.find(found.module, rest, steps)
        facts = self.class_facts(found)
        if facts is None:
            return ""
        inner = Place(found.module, f"{found.name}.{rest.removesuffix('.value')}")
        name = inner.name[len(found.name) + 1 :]
        if self.class_facts(inner) is not None or name in facts.options:
            return inner
        return ""

    # --- texts -------------------------------------------------------------------------------

    def text(self, module: str, text: Text, depth: int = _DEEPEST) -> str | None:
        """Return what the pieces of a text amount to; None where that cannot be told."""
        parts = []
        for piece in text:
            match piece[:1], piece[1:]:
                case "=", literal:
                    parts.append(literal)
                case "@", ref if depth:
                    place = self.find(module, ref)
                    told = self._value(place, depth - 1) if isinstance(place, Place) else None
                    if told is None:
                        return None
                    parts.append(told)
                case _:
                    return None
        whole = "".join(parts)
        return whole if text and len(whole) < _LONGEST else None

    def _value(self, place: Place, depth: int) -> str | None:
        """Return the text that a name stands for, or an attribute of a class."""
        if place not in self._known_values:
            self._known_values[place] = None  # for what leads back here
            facts = self.facts(place.module)
            owner, _, name = place.name.rpartition(".")
            around = facts.classes.get(owner)
            values = facts.values if around is None else around.options
            if name in values:
                self._known_values[place] = self.text(place.module, values[name], depth)
        return self._known_values[place]

    @cached_property
    def _known_values(self) -> dict[Place, str | None]:
        return {}
