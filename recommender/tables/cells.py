"""What one cell says: a number, nothing, or a text that was meant to be a number."""

from __future__ import annotations

import re
from collections.abc import Iterable

from recommender.number import parse_number
from recommender.tables.table import shown

_LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?(0?|[1-9][0-9]*),[0-9]+([eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+")
_EXPONENT = re.compile(r"[eE](?=[+-]?[0-9])")

_FAULTS = (
    (_NOT_FINITE, "is not a finite number; leave the cell blank, or state the run as diverged"),
    (re.compile(r".*%"), "is a percentage; write the plain number, like 0.91"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "is a date; write the number"),
    (re.compile(r".*[0-9.]\s*[~–—-]\s*[0-9.]"), "is a range; write this run's own number"),
    (re.compile(r"[~≈<>≤≥]|.*±"), "is not exact; write the number that was measured"),
    (re.compile(r".*[‐‑‒–—−]"), "has a dash that only looks like a minus sign; write -"),
    (_LEADING_ZERO, "starts with zeros, like half of a decimal comma; write it like 0.0005 or 5"),
    (
        re.compile(r"[+-]?[0-9]*,[0-9,]*[0-9]([eE][+-]?[0-9]+)?$"),
        "has a comma; write a decimal point, like 0.48",
    ),
)


def is_missing(text: str) -> bool:
    """Whether the cell says nothing: blank, or a dash."""
    return text.strip() in {"", "-", "–", "—"}


def number_in(text: str) -> float | None:
    """Return the cell's number, or None if it is not exactly one.

    Stricter than `parse_number` in one way: `0005` is what `0,0005` leaves behind when a comma
    separates the cells, so a number with leading zeros is none.
    """
    return None if _LEADING_ZERO.match(text) else parse_number(text)


def fault(text: str) -> str:
    """Return why a text is not a number, and what to write instead."""
    if parse_number(text) is None and re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", text):
        return "is too large or too small for a double; write a number within 1e-300 to 1e300"
    if any(character.isnumeric() and not character.isascii() for character in text):
        return "is not written in the digits 0 to 9; write it like 0.48"
    for pattern, why in _FAULTS:
        if pattern.match(text):
            return why
    return "is not a number; write it like 0.0005 or 5.0e-4"


def is_failed_number(text: str) -> bool:
    """Whether a text was meant as a number: digits and no letters, an exponent, or nan."""
    if number_in(text) is not None:
        return False
    has_digit = any(character.isnumeric() for character in text)
    has_letter = any(c.isalpha() and not c.isnumeric() for c in _EXPONENT.sub("", text))
    return (has_digit and not has_letter) or _NOT_FINITE.fullmatch(text) is not None


def decimal_commas(cells: Iterable[str]) -> str:
    """Return a sentence on the cells that hold a decimal comma; empty if there is none."""
    found = [
        cell for cell in cells if _DECIMAL_COMMA.fullmatch(cell) and not _THOUSANDS.fullmatch(cell)
    ]
    if not found:
        return ""
    return (
        f"{len(found)} cell(s), such as {shown(found[0])}, have a decimal comma and are not read; "
        f"write {found[0].replace(',', '.')}"
    )
