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
    top = len(marks) - 1
    if high - low <= least:  # a small wave around a whole step, not around the edge between two
        places = [
            top // 2 + (value - 0.5 * (low + high)) / (least or 1.0) * top for value in values
        ]
    else:
        places = [(value / 2 - low / 2) / (high / 2 - low / 2) * top for value in values]
    return "".join(marks[max(0, round(place))] for place in places)
