"""The classes and Core tables of a project, each with its table and its columns."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from .facts import Attribute, ClassFacts, Ref
from .modules import Place, Project
from .naming import flask_name, peewee_name

__all__ = ["Body", "Column", "Model", "Models", "is_column_call"]

Kind = Literal["django", "peewee", "sqlalchemy", "core", ""]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that an attribute of a model stands for."""

    table: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Body:
    """What the body of one class, or a Core table, defines.

    Attributes:
        columns: the column behind each attribute; None for an attribute that is not a column.
        relations: the attributes that lead to other models, and where those are defined.
        managers: the attributes that query it, beside the usual ones.
    """

    columns: Mapping[str, str | None] = field(default_factory=dict)
    relations: Mapping[str, Place] = field(default_factory=dict)
    managers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Model:
    """A class, or a Core table.

    Attributes:
        place: where it is defined.
        kind: the framework whose rules it follows; empty for a class of none.
        table: its table; None where it has none, and where that cannot be told.
        is_told: whether the table is certain, or that there is none.
        bodies: its own and those of its bases, nearest first, each with the table of its columns.
    """

    place: Place
    kind: Kind = ""
    table: str | None = None
    is_told: bool = True
    bodies: tuple[tuple[Body, str | None], ...] = field(default=(), compare=False)

    def column(self, attribute: str) -> Column | None:
        """Return the column behind an attribute.

        One that the class does not define may come from a base that is not of the project.
        """
        for body, table in self.bodies:
            if attribute in body.columns:
                name = body.columns[attribute]
                return None if name is None else Column(table, name)
        return Column(self.table, attribute) if self.table is not None else None

    def relation(self, attribute: str) -> Place | None:
        """Return where the model is defined that an attribute leads to, if it leads to one."""
        for body, _ in self.bodies:
            if attribute in body.columns or attribute in body.relations:
                return body.relations.get(attribute)
        return None

    def is_manager(self, attribute: str) -> bool:
        """Tell whether an attribute queries the model."""
        return any(attribute in body.managers for body, _ in self.bodies)

    def with_table(self, table: str) -> Model:
        """Return the model with another table."""
        bodies = tuple((body, table) for body, _ in self.bodies)
        return replace(self, table=table, is_told=True, bodies=bodies)


_COLUMN_CALLS = frozenset({"Column", "Field", "ForeignKey", "deferred", "field", "mapped_column"})
_RELATIONS = frozenset({
    "ForeignKey", "ForeignKeyField", "ManyToManyField", "OneToOneField", "Relationship",
    "relationship",
})  # fmt: skip
_MANAGERS = ("Manager", "as_manager", "from_queryset")
_NO_COLUMNS = _RELATIONS - {"ForeignKey"} | {
    "association_proxy", "column_property", "composite", "hybrid_property", "property", "synonym",
}  # fmt: skip
_PEEWEE = ("peewee.", "playhouse.")
_NO_CLASS = ClassFacts()
_MOST_BASES = 100
_DEEPEST = 40  # classes of which each has the table of the next


class Models:
    """Answers what the names of a project's files stand for; each is looked up once.

    Args:
        project: the files.
        module: a file that may be other than when the index was made.
        base: the models as they were then.
    """

    def __init__(self, project: Project, module: str = "", base: Models | None = None) -> None:
        self._project = project
        self._module = module
        self._base = base
        self._depth = 0
        self._known: dict[Place, Model | None] = {}
        self._bodies: dict[Place, Body] = {}
        self._known_bases: dict[Place, tuple[Place | str, ...]] = {}

    def find(self, module: str, ref: str) -> Model | str:
        """Return the model that a name of a module means, or else its dotted name, or nothing."""
        return self._model_or_name(self._project.find(module, ref))

    def find_import(self, module: str, dotted: str) -> Model | str:
        """Return the model that an imported dotted name means, as `find`."""
        return self._model_or_name(self._project.find_import(module, dotted))

    def _model_or_name(self, found: Place | str) -> Model | str:
        return found if isinstance(found, str) else self.at(found) or ""

    def at(self, place: Place) -> Model | None:
        """Return the class or Core table that is defined at a place, if there is one."""
        if self._base is not None and place.module != self._module:
            return self._base.at(place)
        if place not in self._known and self._depth < _DEEPEST:
            self._known[place] = None  # for what leads back here
            self._depth += 1
            table = self._project.table_facts(place)
            if table is not None:
                self._known[place] = self._core(place)
            elif self._project.class_facts(place) is not None:
                self._known[place] = self._class(place)
            self._depth -= 1
        return self._known.get(place)

    def _core(self, place: Place) -> Model:
        facts = self._project.table_facts(place)
        assert facts is not None
        name = self._project.text(place.module, facts.name)
        return Model(place, "core", name, name is not None, ((Body(facts.columns), name),))

    # --- classes -----------------------------------------------------------------------------

    def _class(self, place: Place) -> Model:
        lineage = self.lineage(place)
        externals = [base for base in lineage if isinstance(base, str)]
        bases = [base for base in lineage[1:] if isinstance(base, Place)]
        kind = _kind(externals)
        table, is_told = self._table(place, bases, kind, externals)
        bodies = tuple(
            (self.body(owner), self._owner_table(owner, place, table, kind))
            for owner in (place, *bases)
        )
        return Model(place, kind, table, is_told, bodies)

    def body(self, place: Place) -> Body:
        """Return what the body of a class defines."""
        if self._base is not None and place.module != self._module:
            return self._base.body(place)
        if place not in self._bodies:
            self._bodies[place] = self._body(place)
        return self._bodies[place]

    def _body(self, place: Place) -> Body:
        columns: dict[str, str | None] = {}
        relations: dict[str, Place] = {}
        managers: set[str] = set()
        for name, attribute in self._facts(place).attributes.items():
            called = self._called(place, attribute)
            is_column = attribute.kind not in {"method", "value"} and called not in _NO_COLUMNS
            columns[name] = (attribute.column or name) if is_column else None
            if called.endswith(_MANAGERS):
                managers.add(name)
            elif attribute.target:
                target = self._project.find(place.module, attribute.target)
                if isinstance(target, Place) and self._project.class_facts(target) is not None:
                    relations[name] = target
        return Body(columns, relations, frozenset(managers))

    def lineage(self, place: Place) -> tuple[Place | str, ...]:
        """Return a class and its bases, nearest first; those of other projects by dotted name.

        One that cannot be told is empty.
        """
        seen: dict[Place | str, None] = {}
        waiting: deque[Place | str] = deque([place])
        while waiting and len(seen) < _MOST_BASES:
            here = waiting.popleft()
            if here not in seen:
                seen[here] = None
                waiting += self._bases(here) if isinstance(here, Place) else ()
        return tuple(seen)

    def _bases(self, place: Place) -> tuple[Place | str, ...]:
        if place not in self._known_bases:
            bases = self._facts(place).bases
            found = tuple(self._project.find(place.module, base) for base in bases)
            self._known_bases[place] = found
        return self._known_bases[place]

    def _facts(self, place: Place) -> ClassFacts:
        return self._project.class_facts(place) or _NO_CLASS

    def _owner_table(self, owner: Place, place: Place, table: str | None, kind: Kind) -> str | None:
        """Return the table of the columns that a class gives to another below it."""
        if owner == place:
            return table
        model = None if kind == "peewee" else self.at(owner)  # which copies its fields
        return model.table if model is not None and model.table is not None else table

    def _called(self, owner: Place, attribute: Attribute) -> str:
        """Return the last part of what the definition of an attribute calls, aliases followed."""
        last = attribute.called.rpartition(".")[2]
        if not last or is_column_call(last) or last in _RELATIONS or last.endswith(_MANAGERS):
            return last
        found = self._project.find(owner.module, attribute.called)
        name = found if isinstance(found, str) and found else attribute.called
        return name.rpartition(".")[2]

    def defines(self, owner: Place, name: str) -> bool:
        """Tell whether the body of a class surely defines an attribute as a column."""
        attribute = self._facts(owner).attributes.get(name)
        if attribute is None:
            return False
        return attribute.kind in {"declared", "field"} or (
            attribute.kind == "call" and is_column_call(self._called(owner, attribute))
        )

    # --- all of them -------------------------------------------------------------------------

    def takers(self, place: Place) -> Iterator[Model]:
        """Yield the models that have a class among their bases."""
        yield from (model for model in self._of_others("takers", place))
        yield from self._takers.get(place, ())

    def managed(self, place: Place) -> Iterator[Model]:
        """Yield the models that have an attribute made by a manager's or a query's class."""
        yield from (model for model in self._of_others("managed", place))
        yield from self._managed.get(place, ())

    def _of_others(self, what: str, place: Place) -> Iterator[Model]:
        if self._base is not None:
            found = self._base.takers(place) if what == "takers" else self._base.managed(place)
            yield from (model for model in found if model.place.module != self._module)

    @cached_property
    def _takers(self) -> dict[Place, list[Model]]:
        found: dict[Place, list[Model]] = {}
        for model in self.own():
            for base in self.lineage(model.place) if model.kind != "core" else ():
                if isinstance(base, Place) and base != model.place:
                    found.setdefault(base, []).append(model)
        return found

    @cached_property
    def _managed(self) -> dict[Place, list[Model]]:
        found: dict[Place, list[Model]] = {}
        for model in self.own():
            for attribute in self._facts(model.place).attributes.values():
                refs = (attribute.called.removesuffix(".as_manager"), attribute.target)
                for ref in refs if attribute.called.endswith(_MANAGERS) else ():
                    manager = self._project.find(model.place.module, ref)
                    if isinstance(manager, Place):
                        found.setdefault(manager, []).append(model)
        return found

    def looks_at(self, place: Place) -> bool:
        """Follow all names that decide about a class; return whether it may be a model."""
        model = self.at(place)
        return model is not None and bool(model.kind or model.table)

    def own(self) -> Iterator[Model]:
        """Yield the classes and Core tables of one file, or of all where it is of none alone."""
        modules = self._project.modules if self._base is None else [self._module]
        for module in modules:
            facts = self._project.facts(module)
            for name in (*facts.classes, *facts.tables):
                model = self.at(Place(module, name))
                if model is not None:
                    yield model

    # --- tables ------------------------------------------------------------------------------

    def _table(
        self, place: Place, bases: list[Place], kind: Kind, externals: list[str]
    ) -> tuple[str | None, bool]:
        """Return the table of a class, and whether that is certain."""
        project, facts = self._project, self._facts(place)
        options = facts.options
        module, named = place.module, facts.table
        if not named:
            module, named = self._mapping(place)
        if named:
            found = self.find(module, named)
            return (found.table, found.is_told) if isinstance(found, Model) else (None, False)
        for key in ("__tablename__", "Meta.db_table", "Meta.table_name", "Meta.table"):
            if key in options:
                if options[key] == ("%lower",):
                    return place.name.rpartition(".")[2].lower(), True
                name = project.text(place.module, options[key])
                return (name.strip('"') if name else None), name is not None
        if options.get("__abstract__") == ("=1",) or options.get("Meta.abstract") == ("=1",):
            return None, True
        table, is_told = self._implicit(place, bases, kind, externals)
        return table, is_told and (table is not None or "" not in externals)

    def _implicit(
        self, place: Place, bases: list[Place], kind: Kind, externals: list[str]
    ) -> tuple[str | None, bool]:
        """Return the table of a class that names none."""
        name = place.name.rpartition(".")[2]
        options = self._facts(place).options
        if kind == "django":
            return self._django(place, bases, name)
        if kind == "peewee":
            legacy = [
                base_options["Meta.legacy_table_names"]
                for base in (place, *bases)
                if "Meta.legacy_table_names" in (base_options := self._facts(base).options)
            ]
            return peewee_name(name, legacy=not legacy or legacy[0] != ("=",)), True
        if "table=True" in options:
            return name.lower(), True
        for base in bases:
            inherited = self._facts(base).options.get("__tablename__")
            if inherited == ("%lower",):
                return name.lower(), True
            if inherited is not None or self._facts(base).table:
                above = self.at(base)
                return (above.table, above.is_told) if above is not None else (None, False)
        if kind == "sqlalchemy" and any(e.endswith("SQLAlchemy().Model") for e in externals):
            return flask_name(name), True
        return None, True

    def _mapping(self, place: Place) -> tuple[str, Ref]:
        """Return what an imperative mapping calls the table of a class, and in which module."""
        if place in self._mapped or self._base is None:
            return self._mapped.get(place, ("", ""))
        return self._base._mapping(place)

    @cached_property
    def _mapped(self) -> dict[Place, tuple[str, Ref]]:
        modules = self._project.modules if self._base is None else [self._module]
        found: dict[Place, tuple[str, Ref]] = {}
        for module in modules:
            for mapped, table in self._project.facts(module).mapped:
                place = self._project.find(module, mapped)
                if isinstance(place, Place):
                    found[place] = (module, table)
        return found

    def _django(self, place: Place, bases: list[Place], name: str) -> tuple[str | None, bool]:
        options = self._facts(place).options
        if options.get("Meta.proxy") == ("=1",):
            above = next((m for m in map(self.at, bases) if m is not None and m.table), None)
            return (above.table, True) if above is not None else (None, False)
        label = self._label(place)
        return (f"{label}_{name.lower()}", True) if label else (None, False)

    def _label(self, place: Place) -> str:
        """Return the label of the Django app that a model is of."""
        own = self._facts(place).options.get("Meta.app_label")
        if own is not None:
            return self._project.text(place.module, own) or ""
        directory, _, file = place.module.rpartition("/")
        if not file.startswith("models.") and "/models/" in f"/{directory}/":
            directory = f"/{directory}/".rpartition("/models/")[0].strip("/")
        for facts in self._project.facts(f"{directory}/apps.py".lstrip("/")).classes.values():
            if "label" in facts.options:
                return self._project.text(f"{directory}/apps.py", facts.options["label"]) or ""
        return directory.rpartition("/")[2]


def is_column_call(called: str) -> bool:
    """Tell whether what is called by this last name makes a column."""
    return called in _COLUMN_CALLS or called.endswith("Field")


def _kind(externals: list[str]) -> Kind:
    """Return the framework that the bases from outside of the project belong to."""
    for base in externals:
        if base.startswith(_PEEWEE):
            return "peewee"
        if base.startswith(("sqlalchemy", "sqlmodel", "flask_sqlalchemy")):
            return "sqlalchemy"
        if ".models." in base and not base.endswith(("Manager", "QuerySet")):
            return "django"
    return ""
