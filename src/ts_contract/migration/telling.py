"""Tells the template of a column from its latest values, or from one example."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, NamedTuple

from ..contract import Storage
from ..text_forms import BLANKS, spelling_of, zero_zone
from .forms import Reading, convert
from .numbers import decimal_of
from .templates import (
    MOST_DIGITS,
    PLAIN,
    TRIMMED,
    DateTemplate,
    Fraction,
    Kind,
    NumberTemplate,
    Template,
)

__all__ = ["template_like", "template_of"]

_AGREE: Final = 3  # so many rows of one shape are no accident
_TRIMMING: Final = 50  # one in ten values ends in a zero, so that of fifty hardly none does


def template_of(values: Sequence[object], reading: Reading) -> Template | None:
    """Tell the template of a column from its latest values; None where none of them tells.

    Those count that have an instant, and of them those that agree in all but the fraction.

    Args:
        values: stored values, the latest first.
        reading: how the column is read.

    Example:
        >>> template_of(["2024-01-15 12:00:00.492095"], Reading()).fraction
        Fraction(digits=6, zeros='kept', point='.')
    """
    sketches = [s for s in (_sketch(value, reading) for value in values) if s is not None]
    if not sketches:
        return None
    agreeing = _agreeing(sketches)
    points = (s.point for s in agreeing if s.point)
    fraction = _fraction_of([s.fraction for s in agreeing], next(points, "."))
    first = agreeing[0]
    if first.storage is not None:
        return _number_template(agreeing, fraction)
    # EF Core trims zeros, and it alone writes seven digits and no T.
    is_ef_core = first.format == PLAIN.format and fraction.digits == 7 and len(agreeing) < _TRIMMING
    if is_ef_core or _is_go(first):
        fraction = replace(fraction, digits=0, zeros="trimmed")
    return _date_template(agreeing, fraction)


def template_like(value: object, reading: Reading) -> Template | None:
    """Return the template that a value is an example of, to the digit; None if it is of no form.

    Args:
        value: the example.
        reading: how the column is read.
    """
    sketch = _sketch(value, reading)
    if sketch is None:
        return None
    fraction = Fraction(len(sketch.fraction), "kept", sketch.point or ".")
    if sketch.storage is not None:
        return _number_template([sketch], fraction)
    if _is_go(sketch):
        fraction = TRIMMED
    return _date_template([sketch], fraction)


class _Sketch(NamedTuple):
    """What one value tells of its writer. Values of which the first three are alike agree."""

    format: str
    storage: Storage | None
    is_text: bool
    fraction: str = ""
    point: str = ""
    zone: str = ""
    offset: int | None = None
    day: str = ""
    kind: Kind = "text"


def _sketch(value: object, reading: Reading) -> _Sketch | None:
    """Return what a value tells; None if it has no instant."""
    conversion = convert(value, reading)
    if conversion.ms is None:
        return None
    if not isinstance(value, str):
        assert isinstance(value, int | float)
        if conversion.form == "packed":
            return _packed(str(int(value)), "integer")
        storage = _storage(conversion.form, reading)
        if isinstance(value, int):
            return _Sketch("", storage, False, kind="integer")
        fraction = "" if value == int(value) else "5"
        return _Sketch("", storage, False, fraction, kind="real")
    text = value.strip(BLANKS)
    if decimal_of(text) is not None:
        if conversion.form == "packed":
            return _packed(text, "text")
        _, point, fraction = text.partition(".") if "e" not in text.lower() else ("", "", "")
        fraction = fraction[:MOST_DIGITS]
        return _Sketch("", _storage(conversion.form, reading), True, fraction, point)
    spelling = spelling_of(text)
    assert spelling is not None
    zone = zero_zone(spelling.zone).replace("%", "%%")
    return _Sketch(
        spelling.format.replace("%z", zone) if zone else spelling.format,
        None,
        True,
        spelling.fraction[:MOST_DIGITS],
        spelling.point,
        spelling.zone,
        spelling.offset,
        spelling.day,
    )


def _storage(form: str, reading: Reading) -> Storage:
    if reading.storage != "auto":
        return reading.storage
    return next(storage for storage in _UNDECLARED if storage == form)


_UNDECLARED: Final[tuple[Storage, ...]] = ("seconds", "milliseconds", "microseconds")
_PACKED: Final[dict[int, str]] = {
    8: "%Y%m%d",
    10: "%Y%m%d%H",
    12: "%Y%m%d%H%M",
    14: "%Y%m%d%H%M%S",
    17: "%Y%m%d%H%M%S%f",
    20: "%Y%m%d%H%M%S%f",
}


def _packed(digits: str, kind: Kind) -> _Sketch:
    return _Sketch(_PACKED[len(digits)], None, kind == "text", digits[14:], kind=kind)


def _agreeing(sketches: list[_Sketch]) -> list[_Sketch]:
    """Return those of the shape that is first to have some rows, else has the most of them."""
    counts: Counter[tuple[object, ...]] = Counter()
    for sketch in sketches:
        counts[sketch[:3]] += 1
        if counts[sketch[:3]] == _AGREE:
            break
    best = max(counts, key=lambda shape: counts[shape])
    return [sketch for sketch in sketches if sketch[:3] == best]


def _fraction_of(fractions: list[str], point: str) -> Fraction:
    """Tell how fractions are written from those of the latest values, the latest first."""
    runs = [(size, len(list(run))) for size, run in groupby(map(len, fractions))]
    if len(runs) == 2 and runs[0][1] >= _AGREE:  # another writer began with these
        fractions = fractions[: runs[0][1]]
    sizes = {len(fraction) for fraction in fractions}
    some = sizes - {0}
    if not some:
        return Fraction(point=point)
    # A digit or two are what trimming has left of some, unless it is the same with all.
    is_fixed = len(fractions) >= _AGREE and set(fractions) != {"0"}
    if len(sizes) == 1 and (max(sizes) > 2 or is_fixed):
        return Fraction(max(sizes), "kept", point)
    if some <= {3, 6, 9}:
        return Fraction(max(some) if len(some) == 1 else 3, "unless-whole", point)
    return Fraction(1 if "0" in fractions else 0, "trimmed", point)


def _is_go(sketch: _Sketch) -> bool:
    """Return whether Go's `String` wrote a value; it trims zeros though no row may show it."""
    return sketch.format.endswith(" UTC") and sketch.zone.strip() != "UTC"


def _number_template(agreeing: list[_Sketch], fraction: Fraction) -> NumberTemplate:
    first = agreeing[0]
    assert first.storage is not None
    if first.is_text:
        return NumberTemplate(first.storage, "text", fraction)
    if all(sketch.kind == "integer" for sketch in agreeing):
        return NumberTemplate(first.storage, "integer")
    has_fraction = any(sketch.fraction for sketch in agreeing)
    return NumberTemplate(first.storage, "real", TRIMMED if has_fraction else Fraction())


def _date_template(agreeing: list[_Sketch], fraction: Fraction) -> DateTemplate:
    first = agreeing[0]
    if first.kind == "integer" or re.fullmatch(r"[%YmdHMSf]+", first.format):
        fraction = replace(fraction, point="")
    pattern, offset = first.format, first.offset
    if len({sketch.zone for sketch in agreeing}) > 1:
        offset = 0
    elif zero_zone(first.zone) != first.zone:
        pattern = pattern.replace(zero_zone(first.zone), first.zone)
    is_unix = pattern.startswith("%a %b %d %H") and not first.zone.startswith(("+", "-"))
    told = next((sketch.day for sketch in agreeing if sketch.day), "%e" if is_unix else "%d")
    return DateTemplate(pattern.replace("%d", told), fraction, offset, first.kind)
