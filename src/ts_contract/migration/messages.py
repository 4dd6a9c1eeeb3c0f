"""What is said in several places in the same words."""

from __future__ import annotations

from ..timestamps import from_epoch_ms

__all__ = ["named_range", "values"]


def values(count: int) -> str:
    """Return a number of values in words.

    Example:
        >>> values(1), values(2_000)
        ('1 value', '2,000 values')
    """
    return "1 value" if count == 1 else f"{count:,} values"


def named_range(valid_range: tuple[int, int]) -> str:
    """Return what a valid range is called, after its key in the contract and by its days.

    Example:
        >>> named_range((1577836800000, 1893456000000))
        'valid-range 2020-01-01 to 2030-01-01'
    """
    first, last = (from_epoch_ms(ms).date() for ms in valid_range)
    return f"valid-range {first} to {last}"
