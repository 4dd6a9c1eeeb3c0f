"""Templates as the state holds them, in JSON, and what of it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from ..contract import Ticks
from .numbers import DAYS_SINCE, scale_of
from .templates import DIRECTIVES, MOST_DIGITS, DateTemplate, Fraction, NumberTemplate, Template

__all__ = ["from_record", "is_record", "to_record"]

_DAY: Final = 86_400


def to_record(template: Template) -> dict[str, Any]:
    """Return a template as JSON can hold it."""
    record = asdict(template)
    if isinstance(template, NumberTemplate) and isinstance(template.storage, Ticks):
        record["storage"] = {"unit": template.storage.unit, "epoch": str(template.storage.epoch)}
    return record


def from_record(record: Mapping[str, Any]) -> Template:
    """Return the template that `to_record` made a record of."""
    fraction = Fraction(**record["fraction"])
    if "format" in record:
        return DateTemplate(record["format"], fraction, record["offset"], record["kind"])
    storage = record["storage"]
    if isinstance(storage, dict):
        storage = Ticks(storage["unit"], date.fromisoformat(storage["epoch"]))
    return NumberTemplate(storage, record["kind"], fraction)


def is_record(value: Any) -> bool:
    """Return whether `to_record` can have made this."""
    try:
        template = from_record(value)
        return to_record(template) == value and _is_sound(template)
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _is_sound(template: Template) -> bool:
    fraction = template.fraction
    if not (
        type(fraction.digits) is int
        and 0 <= fraction.digits <= MOST_DIGITS
        and fraction.zeros in ("kept", "trimmed", "unless-whole")
        and fraction.point in ("", ".", ",")
        and template.kind in ("text", "integer", "real")
    ):
        return False
    if isinstance(template, NumberTemplate):
        return template.storage in DAYS_SINCE or scale_of(template.storage) is not None
    offset, wanted = template.offset, {d for d in template.directives if d[0] == "%"}
    is_offset = offset is None or (type(offset) is int and abs(offset) < _DAY)
    return is_offset and "\0" not in template.format and wanted <= set(DIRECTIVES)
