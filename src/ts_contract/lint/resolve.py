"""Which table each column of the embedded SQL belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..contract import Contract
from .schema import Schema
from .source import Source

__all__ = ["Analysis", "analyse"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """The SQL of one file."""

    def parts(self, kind: type) -> Iterator[object]:
        """Yield the parts of one class, in the order of the file."""
        yield from ()


def analyse(source: Source, contract: Contract | None, schema: Schema | None) -> Analysis:
    """Find and resolve the SQL of a file."""
    return Analysis()
