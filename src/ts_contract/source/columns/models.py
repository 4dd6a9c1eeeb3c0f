"""The models that one file defines and names: its own, and those of the project's other files."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from ...contract import ColumnContract, Contract, TableContract
from ..cache import remember_last
from ..file import File
from ..project.facts import (
    ClassFacts,
    class_facts,
    dotted_name,
    module_facts,
    table_facts,
    text_of,
)
from ..project.models import Model, Models
from ..project.modules import Place, Project
from ..python.names import called_name

__all__ = ["FileModels", "find_models"]

Meant = tuple[TableContract, ColumnContract]


def find_models(file: File) -> FileModels | None:
    """Return the models of a file, or None where it cannot have or name any of the contract."""
    if file.contract is None or not file.contract.tables:
        return None
    return FileModels(file, file.contract)


@remember_last
def _models(project: Project) -> Models:
    return Models(project)


@remember_last
def _known_of(models: Models, contract: Contract) -> tuple[bool, frozenset[str]]:
    return _names_of(models, contract)


def _names_of(models: Models, contract: Contract) -> tuple[bool, frozenset[str]]:
    """Return whether there are models of the contract, and what may stand for legacy columns.

    The names are in lower case.
    """
    names = {column.legacy.lower() for _, column in contract.columns()}
    has_any = bool(contract.models)
    for model in models.own():
        if model.table is not None and contract.table(model.table) is not None:
            has_any = True
        for body, _ in model.bodies[:1]:
            for attribute, column in body.columns.items():
                if column is not None and column.lower() in names:
                    names.add(attribute.lower())
    return has_any, frozenset(names)


class FileModels:
    """The models that a file defines and names.

    Args:
        file: the file.
        contract: its contract.
    """

    def __init__(self, file: File, contract: Contract) -> None:
        self._source = file.source
        self._contract = contract
        self._module = file.project.tree.name_of(file.source.path)
        facts = module_facts(file.source.tree)
        self.names: dict[ast.ClassDef, str] = {}
        inside: dict[str, ClassFacts] = {}
        for node in file.source.nodes(ast.ClassDef):
            name, said = self._qualified(node), class_facts(node)
            if name.endswith(".Meta"):
                continue
            if facts.classes.get(name) != said:  # one of a function, or of two with one name
                name = f"line {node.lineno}.{node.name}"
                inside[name] = said
            self.names[node] = name
        if inside:
            facts = replace(facts, classes={**facts.classes, **inside})
        self._project = file.project.with_module(self._module, facts)
        base = _models(file.project)
        has_any, names = _known_of(base, contract)
        if self._project is not file.project:
            base = Models(self._project, self._module, base)
            known = _names_of(base, contract)
            has_any, names = has_any or known[0], names | known[1]
        self.all = base
        self.any_of_contract = has_any or self._makes_tables
        self._names = names

    @property
    def _makes_tables(self) -> bool:
        return any(called_name(call) == "Table" for call in self._source.nodes(ast.Call))

    def _qualified(self, node: ast.ClassDef) -> str:
        around = [a.name for a in self._source.ancestors(node) if isinstance(a, ast.ClassDef)]
        return ".".join((*reversed(around), node.name))

    # --- what is defined here ----------------------------------------------------------------

    def place(self, node: ast.ClassDef) -> Place:
        """Return where the project has a class of this file."""
        return Place(self._module, self.names[node])

    def of_class(self, node: ast.ClassDef) -> Model | None:
        """Return the model that a class of this file is."""
        model = self.all.at(self.place(node))
        table = self._declared(node.name)
        if model is None or table is None:
            return model
        return model.with_table(table)

    def of_table(self, node: ast.expr) -> Model | None:
        """Return the Core table that a call makes, if it makes one."""
        facts = table_facts(node)
        if facts is None:
            return None
        name = self._project.text(self._module, facts.name)
        place = Place(self._module, f"line {node.lineno}")
        return Model(place, "core", name, name is not None)

    def owner(self, model: Model) -> ast.AST | None:
        """Return the class, or the call that makes the table, if this file has it."""
        return self._owners.get(model.place)

    @cached_property
    def _owners(self) -> Mapping[Place, ast.AST]:
        found: dict[Place, ast.AST] = {self.place(node): node for node in self.names}
        for node in self._source.nodes(ast.Call):
            if table_facts(node) is not None:
                found[Place(self._module, f"line {node.lineno}")] = node
                parent = self._source.parent(node)
                if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Name):
                    found.setdefault(Place(self._module, parent.targets[0].id), node)
        return found

    # --- what is named here ------------------------------------------------------------------

    def of_name(self, node: ast.expr) -> Model | None:
        """Return the model that a name, or a chain of attributes, means."""
        base = node
        while isinstance(base, ast.Attribute):
            base = base.value
        if not isinstance(base, ast.Name):
            return None
        bindings = self._source.bindings(base)
        if base is node and len(bindings) == 1 and isinstance(bindings[0].node, ast.ClassDef):
            return self.of_class(bindings[0].node)
        dotted = self._source.resolve(node)
        if dotted is not None and not dotted.startswith("builtins."):
            return self._imported(dotted)
        if bindings and self._source.binding_scope(base) is not self._source.tree:
            return None
        found = self.all.find(self._module, dotted_name(node))
        return found if isinstance(found, Model) else None

    def at(self, place: Place) -> Model | None:
        """Return the model that is defined at a place of the project."""
        return self.all.at(place)

    def of_text(self, name: str) -> Model | None:
        """Return the model that a text names, as in an annotation."""
        found = self.all.find(self._module, name)
        return found if isinstance(found, Model) else None

    def _imported(self, dotted: str) -> Model | None:
        found = self.all.find_import(self._module, dotted)
        table = self._declared(dotted.lstrip("."))
        if isinstance(found, Model):
            return found if table is None else found.with_table(table)
        return None if table is None else Model(Place("", dotted), table=table)

    def text(self, node: ast.expr) -> str | None:
        """Return the text that an expression stands for, constants of other files included."""
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        return self._project.text(self._module, text_of(node))

    def makes_column(self, call: ast.Call) -> bool:
        """Tell whether a call makes a column, aliases followed."""
        if called_name(call) == "Column":
            return True
        found = self._project.find(self._module, dotted_name(call.func))
        return isinstance(found, str) and found.rpartition(".")[2] == "Column"

    def _declared(self, dotted: str) -> str | None:
        """Return the table that the contract's `models` gives a class."""
        for model, table in self._contract.models:
            if dotted == model or dotted.endswith(f".{model}") or model.endswith(f".{dotted}"):
                return table
        return None

    # --- columns -----------------------------------------------------------------------------

    def may_name(self, text: str) -> bool:
        """Tell whether a name, or a lookup such as `owner__seen`, may mean a legacy column."""
        return not self._names.isdisjoint(text.lower().lstrip("-+").split("__"))

    def is_of_contract(self, model: Model) -> bool:
        """Tell whether a model's table is one of the contract."""
        return model.table is not None and self._contract.table(model.table) is not None

    def column(self, model: Model, attribute: str) -> Meant | None:
        """Return the legacy column of the contract behind an attribute of a model."""
        column = model.column(attribute)
        if column is None or column.table is None:
            return None
        table = self._contract.table(column.table)
        found = table.column(column.name) if table is not None else None
        return (table, found) if table is not None and found is not None else None
