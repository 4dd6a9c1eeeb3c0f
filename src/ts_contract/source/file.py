"""One parsed file under one contract, beside the other tables that are known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from ..contract import Contract
from .project.modules import Project
from .python.source import Source

__all__ = ["Constraints", "File", "Schema"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Constraints:
    """The columns of a table that must be written themselves, in lower case.

    Attributes:
        required: those that are NOT NULL and have no DEFAULT.
        compared: those in a key, in UNIQUE, in a unique index, in a CHECK, in what is computed.
    """

    required: frozenset[str] = frozenset()
    compared: frozenset[str] = frozenset()

    def __or__(self, other: Constraints) -> Constraints:
        """Return the constraints of both."""
        return Constraints(self.required | other.required, self.compared | other.compared)

    def comparing(self, columns: Iterable[str]) -> Constraints:
        """Return these with other columns that are compared."""
        return replace(self, compared=self.compared | {name.lower() for name in columns})

    def renamed(self, old: str, new: str) -> Constraints:
        """Return what they are once a column has another name."""
        return Constraints(
            *(
                frozenset(new if name == old else name for name in names)
                for names in (self.required, self.compared)
            )
        )


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """Every table and view whose columns are known.

    Attributes:
        tables: name in lower case -> the columns' names in lower case, in the order of the table.
        constraints: name in lower case -> the columns that a write cannot leave to a trigger.
    """

    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constraints: Mapping[str, Constraints] = field(default_factory=dict)


class File:
    """One file under one contract.

    It knows nothing of what can be found in it: `part` asks any finder, and remembers its answer.

    Args:
        source: the parsed file.
        contract: the declared columns; None where there is none, so that only clocks and units
            are checked.
        schema: the other tables that are known.
        project: the index of the files that it is one of.
    """

    def __init__(
        self,
        source: Source,
        contract: Contract | None = None,
        schema: Schema | None = None,
        project: Project | None = None,
    ) -> None:
        self.source = source
        self.contract = contract
        self.schema = schema
        self.project = Project() if project is None else project
        self._parts: dict[Callable[[File], Any], Any] = {}

    @cached_property
    def epoch_columns(self) -> frozenset[str]:
        """The names of the contract's epoch columns, in lower case."""
        columns = self.contract.columns() if self.contract else ()
        return frozenset(column.epoch.lower() for _, column in columns)

    @cached_property
    def legacy_columns(self) -> frozenset[str]:
        """The names of the contract's legacy columns, in lower case."""
        columns = self.contract.columns() if self.contract else ()
        return frozenset(column.legacy.lower() for _, column in columns)

    def part(self, find: Callable[[File], T]) -> T:
        """Return what a function finds in this file; each function is asked once.

        Args:
            find: a function of a file, such as `find_queries`.
        """
        if find not in self._parts:
            self._parts[find] = find(self)
        found: T = self._parts[find]
        return found
