"""What counts as a number in a text: strict ASCII, nothing guessed.

`float` alone is too generous for a hand-kept table: it reads `0613_205042` as 613205042
and `٣.٥` as 3.5, and turns `1e999` into infinity.
"""

from __future__ import annotations

import math
import re

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NONZERO_DIGIT = re.compile(r"[1-9]")


def parse_number(text: str) -> float | None:
    """Return the number that `text` spells, or None if it is not a strict ASCII number.

    A number that a double cannot hold (`1e999`, or `1e-999`, which would become 0) is
    not a number either.
    """
    text = text.strip(" \t")
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    if number == 0.0 and _NONZERO_DIGIT.search(re.split("[eE]", text)[0]):
        return None
    return None if math.isinf(number) else number


def parse_value(text: str) -> float | int | str:
    """Return a cell as an integer, a float, or else the text itself, stripped of blanks."""
    text = text.strip()
    number = parse_number(text)
    if number is None:
        return text
    return int(text) if number.is_integer() and _INTEGER.fullmatch(text) else number


def format_value(value: float | int | str) -> str:
    """Return the shortest text that `parse_value` reads back as the same value.

    A truth value is spelled as in YAML, true or false, and read back as that text.
    """
    if isinstance(value, bool):
        return str(value).lower()
    # Of a numpy float, which is a float as well, repr gives more than the number.
    return float.__repr__(value) if isinstance(value, float) else str(value)
