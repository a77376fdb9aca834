"""A curve in one line of text."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.-:=+*#"  # for a terminal without Unicode


def sparkline(values: Sequence[float], least: float = 0.0, *, ascii_only: bool = False) -> str:
    """Return a character for each value, as high as it lies between the lowest and the highest.

    Args:
        values: the curve.
        least: the range that the whole height stands for at least, so that noise looks flat.
        ascii_only: use no Unicode.
    """
    if not values:
        return ""
    marks = ASCII if ascii_only else BLOCKS
    low, high = min(values), max(values)
    middle, height = 0.5 * (low + high), max(high - low, least)
    if height == 0.0:
        return marks[0] * len(values)
    places = (((value - middle) / height + 0.5) * (len(marks) - 1) for value in values)
    return "".join(marks[round(place)] for place in places)
