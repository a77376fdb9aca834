"""JSON lines: one object a line, one column a key."""

from __future__ import annotations

import json
import re

from recommender.tables.table import Document, Finding, Row, Table, shown

_UNPRINTABLE = re.compile("[\0\ud800-\udfff]")


def unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the pairs of a JSON object, for `json.loads`.

    Raises:
        ValueError: a key stands twice.
    """
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the key {shown(name)} stands twice")
        found[name] = value
    return found


def _parse(line: str) -> dict[str, object]:
    """Return the object on a line, its numbers as they are written."""
    found = json.loads(
        line, object_pairs_hook=unique_keys, parse_float=str, parse_int=str, parse_constant=str
    )
    if not isinstance(found, dict):
        raise ValueError("it is not an object")
    texts = [*found, *(value for value in found.values() if isinstance(value, str))]
    if any(_UNPRINTABLE.search(text) for text in texts):
        raise ValueError("it holds a NUL or half a surrogate pair")
    return found


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.strip(" \t\r\n") if isinstance(value, str) else ""


def read_json_lines(text: str) -> Document:
    """Return the objects as one table; the header is every key, in the order first seen.

    Lines that are no object, and nested values, are left out with a finding.
    """
    objects: dict[int, dict[str, object]] = {}
    nested: dict[str, list[int]] = {}
    findings = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        if not line.strip():
            continue
        try:
            found = _parse(line)
        except (ValueError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            message = f"not one JSON object on one line: {reason}"
            findings.append(Finding(number, "left-out", message))
            continue
        objects[number] = found
        for key, value in found.items():
            if isinstance(value, dict | list):
                nested.setdefault(key, []).append(number)
    for key, numbers in nested.items():
        message = (
            f"the key {shown(key)} holds lists or objects ({len(numbers)} line(s)), which a "
            "table cannot hold; write their values under keys of their own"
        )
        findings.append(Finding(numbers[0], "left-out", message))
    if not objects:
        return Document((), tuple(findings))
    header = tuple(dict.fromkeys(key for found in objects.values() for key in found))
    rows = tuple(
        Row(number, tuple(_text(found.get(key)) for key in header))
        for number, found in objects.items()
    )
    return Document((Table(min(objects), header, rows),), tuple(findings))
