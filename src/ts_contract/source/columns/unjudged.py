"""Finds the places that name a legacy column and that nothing in `columns` could judge.

It is a census by words: attributes, keywords, keys and texts that are the name, and names in SQL.
What has a meaning is left out, whether that is a legacy column of the contract, which the rules
report, or surely anything else: a column of another table, an attribute of a class without one, a
parameter, what is bound to a query. Prose is not looked at, and history is not judged.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ..file import File
from ..project.models import Model
from ..python.names import called_name
from ..python.spans import Span, Spans
from .analysis import find_references, find_stars, find_statements, find_unsure
from .definitions import find_model_columns
from .history import find_history
from .listed import find_listed
from .meanings import Meaning, find_meanings
from .model import Unjudged
from .models import find_models
from .opaque import find_opaque_names
from .orm import find_model_uses, find_object_uses
from .row_reads import find_row_reads, find_rows

__all__ = ["find_unjudged"]

# One name, or a list of them, as queries take it: `-seen`, `Task.seen`, `id, seen DESC`.
_ITEM = r"[-+]?[\w.]++(?: ++(?i:asc|desc))?+"
_NAMES = re.compile(rf"\s*+{_ITEM}(?:\s*+,\s*+{_ITEM})*+\s*+")
_WORDS = re.compile(r"\s*+[a-z_]\w*+(?:\s++[a-z_]\w*+)++\s*+")
_WORD = re.compile(r"[A-Za-z0-9]++(?:_(?!_)[A-Za-z0-9]*+)*+")


def find_unjudged(file: File) -> tuple[Unjudged, ...]:
    """Return the places that name a legacy column and that could not be judged, in their order."""
    if file.contract is None or not file.legacy_columns:
        return ()
    found = dict(_off_by_default(file))
    census = _Census(file)
    for span, name in census.places():
        found.setdefault(span, name)
    judged, history = Spans(_judged(file)), file.part(find_history)
    return tuple(
        Unjudged(name, span)
        for span, name in sorted(found.items())
        if not judged.any_touching(*span) and next(history.holding(*span), None) is None
    )


def _judged(file: File) -> list[Span]:
    """Return the places that rules report, or would in another phase."""
    return [
        *(part.span for part in file.part(find_references)),
        *(part.span for part in file.part(find_opaque_names)),
        *(part.span for part in file.part(find_model_columns)),
        *(part.span for part in file.part(find_model_uses)),
        *(part.span for part in file.part(find_object_uses)),
        *(part.span for part in file.part(find_row_reads) if part.kind == "key"),
    ]


def _off_by_default(file: File) -> Iterator[tuple[Span, str]]:
    """Yield what only rules report that are off unless they are asked for."""
    for unsure in file.part(find_unsure):
        yield unsure.span, unsure.name
    for star in file.part(find_stars):
        yield star.span, f"{star.table.name}.*"
    for read in file.part(find_row_reads):
        if read.kind != "key":
            yield read.span, read.name


class _Census:
    """Looks for the words of a file that are legacy columns, and asks what they mean.

    Args:
        file: the file under its contract.
    """

    def __init__(self, file: File) -> None:
        self._file = file
        self._source = file.source
        self._legacy = file.legacy_columns
        self._meanings = file.part(find_meanings)
        self._models = file.part(find_models)
        self._listed = file.part(find_listed)
        self._runs = {s.query.call for s in file.part(find_statements) if s.query.call is not None}
        self._queries = Spans([s.query.home for s in file.part(find_statements)])

    def places(self) -> Iterator[tuple[Span, str]]:
        """Yield the places whose meaning is not known, each with its name."""
        for attribute in self._source.nodes(ast.Attribute):
            if attribute.attr.lower() in self._legacy and not self._is_known(attribute):
                end = self._source.span(attribute)[1]
                yield (end - len(attribute.attr), end), attribute.attr
        for keyword in self._source.nodes(ast.keyword):
            name = self._named(keyword.arg or "")
            if name and not self._is_known_keyword(keyword):
                start = self._source.span(keyword)[0] + (keyword.arg or "").index(name)
                yield (start, start + len(name)), name
        for text in self._source.nodes(ast.Constant):
            if isinstance(text.value, str) and len(text.value) < _LONGEST:
                yield from self._in_text(text, text.value)

    def _named(self, said: str) -> str:
        """Return the legacy column that a name or lookup names, as it is written."""
        if said.lower() in self._legacy:
            return said
        return next((w for w in said.split("__") if w.lower() in self._legacy), "")

    # --- attributes and keywords -------------------------------------------------------------

    def _is_known(self, node: ast.Attribute) -> bool:
        """Tell whether an attribute surely is not a legacy column of the contract."""
        if self._meanings is None:
            return False
        meaning = self._meanings.of(node.value)
        if meaning is not None:
            return self._is_other(meaning, node.attr)
        resolved = self._source.resolve(node.value)
        return self._is_own(node) or (resolved or "").startswith(("builtins.", "os.", "datetime."))

    def _is_own(self, node: ast.Attribute) -> bool:
        """Tell whether an attribute is of `self`, in a class that no table belongs to."""
        if not isinstance(node.value, ast.Name) or node.value.id not in {"cls", "self"}:
            return False
        around = (a for a in self._source.ancestors(node) if isinstance(a, ast.ClassDef))
        owner = next(around, None)
        if owner is None or self._models is None:
            return False
        model = self._models.of_class(owner)
        return model is not None and self._is_no_table(model)

    def _is_other(self, meaning: Meaning, name: str) -> bool:
        """Tell whether a name surely is not a legacy column to what it is asked of."""
        return meaning.model is not None and self._is_not_of(meaning.model, name)

    def _is_not_of(self, model: Model, name: str) -> bool:
        """Tell whether a name surely is not a legacy column of a model."""
        if self._models is None or self._models.column(model, name) is not None:
            return False
        return (model.table is not None and model.is_told) or self._is_no_table(model)

    def _is_no_table(self, model: Model) -> bool:
        """Tell whether a class surely has no table, nor gives columns to one that has."""
        if model.table is not None or not model.is_told:
            return False
        assert self._models is not None
        takers = self._models.all.takers(model.place)
        return not any(self._models.is_of_contract(taker) for taker in takers)

    def _is_known_keyword(self, keyword: ast.keyword) -> bool:
        call = self._source.parent(keyword)
        if not isinstance(call, ast.Call):
            return True  # of a class
        return self._is_parameter(call, keyword.arg or "") or self._is_asked_of_other(keyword)

    def _is_parameter(self, call: ast.Call, name: str) -> bool:
        """Tell whether a keyword is a parameter of a function of this file."""
        if not isinstance(call.func, ast.Name):
            return False
        for binding in self._source.bindings(call.func):
            if isinstance(binding.node, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments = binding.node.args
                return any(a.arg == name for a in (*arguments.args, *arguments.kwonlyargs))
        return False

    def _is_asked_of_other(self, node: ast.AST) -> bool:
        """Tell whether a name stands in a call that asks another table for it."""
        if self._meanings is None:
            return False
        name = node.arg if isinstance(node, ast.keyword) else getattr(node, "value", "")
        for above in self._source.ancestors(node):
            if isinstance(above, ast.stmt):
                return False
            model = self._asked(above) if isinstance(above, ast.Call) else None
            if model is not None:
                return self._is_not_of(model, self._named(str(name).lstrip("-+")))
        return False

    def _asked(self, call: ast.Call) -> Model | None:
        """Return the model that a call is about, if it is about one alone."""
        assert self._meanings is not None
        meaning = self._meanings.of(call.func)
        if meaning is None and isinstance(call.func, ast.Attribute):
            meaning = self._meanings.of(call.func.value)
        if meaning is None and called_name(call) == "execute" and call.args:
            meaning = self._meanings.of(call.args[0])
        if meaning is None:
            return None
        return meaning.models[-1] if called_name(call) == "filter_by" else meaning.model

    # --- texts -------------------------------------------------------------------------------

    def _in_text(self, node: ast.Constant, text: str) -> Iterator[tuple[Span, str]]:
        if not any(word in text.lower() for word in self._legacy):
            return
        parent = self._source.parent(node)
        is_split = isinstance(parent, ast.Attribute) and parent.attr == "split"
        fits = _WORDS.fullmatch(text) if is_split else _NAMES.fullmatch(text)
        if fits is None or isinstance(parent, ast.Expr | ast.JoinedStr):
            return
        start, end = self._source.span(node)
        if self._queries.any_touching(start, end) or self._has_meaning(node, parent):
            return
        raw = self._source.text[start:end]
        at = raw.find(text)
        if at >= 0:
            for word in _WORD.finditer(text):
                if word[0].lower() in self._legacy:
                    first = start + at + word.start()
                    yield (first, first + len(word[0])), word[0]

    def _has_meaning(self, node: ast.Constant, parent: ast.AST | None) -> bool:
        """Tell whether a text surely does not name a legacy column of the contract."""
        match parent:
            case ast.Subscript(value=row) if self._file.part(find_rows).rows_of(row) is not None:
                return True
            case ast.Subscript(value=owner) if self._meanings is not None:
                meaning = self._meanings.of(owner)
                return meaning is not None and self._is_other(meaning, str(node.value))
            case ast.Dict() if self._source.parent(parent) in self._runs:
                return True  # bound to a placeholder of that name
            case ast.Call(func=ast.Name(id="getattr" | "setattr"), args=[owner, *_]):
                meaning = self._meanings.of(owner) if self._meanings is not None else None
                return meaning is not None and self._is_other(meaning, str(node.value))
        model = self._listed.get(node)
        if model is not None:
            return self._is_not_of(model, self._named(str(node.value).lstrip("-+")))
        return self._is_asked_of_other(node)


_LONGEST = 1_000
