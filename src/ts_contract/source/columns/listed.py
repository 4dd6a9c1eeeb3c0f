"""Whose columns the texts of a class body are: `Meta.ordering`, an admin's fields, an `Index`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..file import File
from ..project.models import Model
from ..python.names import called_name
from .meanings import Meanings, find_meanings
from .models import FileModels, find_models

__all__ = ["find_listed", "is_in_list"]

_MOST_AROUND = 12  # a list of lists of indexes is not nested deeper


def find_listed(file: File) -> dict[ast.Constant, Model]:
    """Return the texts of class bodies and tables that can only name columns, each with its model.

    Those are in the body or the `Meta` of a model, of what says `model = Task`, or of what is
    registered for it, and in the indexes and columns of a Core table.
    """
    models, meanings = file.part(find_models), file.part(find_meanings)
    if models is None or meanings is None:
        return {}
    finder = _Lists(file, models, meanings)
    texts = (c for c in file.source.nodes(ast.Constant) if isinstance(c.value, str))
    found = {text: finder.model(text) for text in texts if models.may_name(str(text.value))}
    return {text: model for text, model in found.items() if model is not None}


def is_in_list(node: ast.AST) -> bool:
    """Tell whether a node may stand between a text and the statement that lists it."""
    return isinstance(node, ast.Call | ast.Dict | ast.List | ast.Set | ast.Tuple | ast.keyword)


class _Lists:
    def __init__(self, file: File, models: FileModels, meanings: Meanings) -> None:
        self._source = file.source
        self._models = models
        self._meanings = meanings

    def model(self, text: ast.Constant) -> Model | None:
        """Return the model whose column a text names by where it stands."""
        for number, above in enumerate(self._source.ancestors(text)):
            match above:
                case ast.Call() if called_name(above) == "Table":
                    return self._models.of_table(above)
                case ast.Assign() | ast.AnnAssign():
                    body = self._source.parent(above)
                    return self._of_body(body) if isinstance(body, ast.ClassDef) else None
            if number > _MOST_AROUND or not is_in_list(above):
                return None
        return None

    def _of_body(self, body: ast.ClassDef) -> Model | None:
        around = self._source.parent(body)
        if body.name == "Meta" and isinstance(around, ast.ClassDef):
            named = next(self._named(body), None)
            return named or self._models.of_class(around)
        for node in body.decorator_list:
            if called_name(node) == "register" and isinstance(node, ast.Call) and node.args:
                return self._meant(node.args[0])
        model = next(self._named(body), None) or self._models.of_class(body)
        return model if model is not None and model.table is not None else None

    def _named(self, body: ast.ClassDef) -> Iterator[Model]:
        """Yield the model that a class body says it is about."""
        for statement in body.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id="model" | "queryset")], value=value):
                    model = self._meant(value)
                    if model is not None:
                        yield model

    def _meant(self, node: ast.expr) -> Model | None:
        meaning = self._meanings.of(node)
        return meaning.model if meaning is not None else None
