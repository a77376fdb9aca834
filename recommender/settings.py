"""A settings file as entries that know their line, and that say what is allowed of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from recommender.errors import ConfigError, did_you_mean
from recommender.number import parse_number, parse_value
from recommender.run import Value
from recommender.yaml_document import Document, construct, line_of, parse, read_text, shown


@dataclass(frozen=True, slots=True)
class Entry:
    """A value in a sweep file, with its dotted key and the line on which that stands.

    `value` is a mapping of entries, a list of entries, or a scalar.
    """

    source: str
    line: int
    key: str
    value: dict[str, Entry] | list[Entry] | Value | None

    def error(self, message: str) -> ConfigError:
        """Return an error that says where the entry stands."""
        key = self.key if self.key.isprintable() else repr(self.key)
        key += ": " if key else ""
        return ConfigError(f"{self.source}:{self.line}: {key}{message}")

    def wrong(self, allowed: str) -> ConfigError:
        """Return an error that says what the value is, and what is allowed."""
        kinds = {dict: "a mapping", list: "a list", type(None): "empty"}
        found = kinds.get(type(self.value), repr(self.value))
        return self.error(f"the value is {found}; it must be {allowed}")

    def fields(
        self, allowed: Collection[str] | None = None, required: Iterable[str] = ()
    ) -> dict[str, Entry]:
        """Return the entries of a mapping, of which an empty value is one.

        Raises:
            ConfigError: it is no mapping, a key is not among `allowed`, or a required one is
                missing.
        """
        if not isinstance(self.value, dict | None):
            raise self.wrong("a mapping, `key: value`")
        entries = self.value or {}
        for key, entry in entries.items():
            if allowed is not None and key not in allowed:
                raise entry.error(
                    f"unknown key {key!r}; allowed: {', '.join(allowed)}"
                    f"{did_you_mean(key, allowed)}"
                )
        for key in required:
            if key not in entries:
                raise self.error(f"the key {key!r} is missing")
        return entries

    def items(self) -> list[Entry]:
        """Return the entries of a list.

        Raises:
            ConfigError: it is no list.
        """
        if not isinstance(self.value, list):
            raise self.wrong("a list, like [a, b]")
        return self.value

    def text(self) -> str:
        """Return a text that is fit to be a name or a path.

        Raises:
            ConfigError: it is no text, or it is blank or has control characters or outer blanks.
        """
        text = self.value
        if not isinstance(text, str) or not text or text != text.strip() or not text.isprintable():
            raise self.wrong("a text, without control characters or blanks at its ends")
        return text

    def choice(self, allowed: Collection[str]) -> str:
        """Return a text that is one of `allowed`.

        Raises:
            ConfigError: it is none of them.
        """
        if self.value not in allowed:
            raise self.wrong(f"one of {', '.join(allowed)}{did_you_mean(self.value, allowed)}")
        return str(self.value)

    def number(self) -> float | int:
        """Return a number, also where it is written as a text.

        Raises:
            ConfigError: it is no number.
        """
        value = self.value
        if isinstance(value, str) and parse_number(value) is not None:
            value = parse_value(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong("a finite number, like 0.0005")
        return value


def load(path: Path, advice: str) -> Entry:
    """Read a YAML file of settings. Aliases are refused: each value has one place.

    Raises:
        ConfigError: as `read_text` and `parse`, or a value that YAML readers disagree about.
    """
    document = parse(read_text(path, advice), shown(path))
    for line in document.aliases.values():
        raise ConfigError(
            f"{document.source}:{line}: aliases are not allowed here; write the value out"
        )
    return _entry(document, document.root, 1, "")


def _entry(document: Document, node: yaml.Node, line: int, key: str) -> Entry:
    value: Any
    if isinstance(node, yaml.MappingNode):
        prefix = f"{key}." if key else ""
        value = {
            name.value: _entry(document, child, line_of(name), prefix + name.value)
            for name, child in node.value
        }
    elif isinstance(node, yaml.SequenceNode):
        value = [_entry(document, child, line_of(child), key) for child in node.value]
    else:
        value = _scalar(node)
        if value is NotImplemented:
            raise Entry(document.source, line, key, node.value).error(
                f"YAML readers do not agree on {node.value!r}; write a plain number or true or "
                "false, or put it in quotes if it is a text"
            )
    return Entry(document.source, line, key, value)


def _scalar(node: Any) -> object:
    """Return what every YAML reader should see, or NotImplemented where they differ."""
    kind = node.tag.rpartition(":")[2]
    if node.style is not None:
        return node.value
    if kind == "null":
        return None
    if kind == "bool":
        return {"true": True, "false": False}.get(node.value.lower(), NotImplemented)
    value, read = parse_value(node.value), construct(node)
    if isinstance(read, float) and not math.isfinite(read):
        return read
    # PyYAML reads 1e-5 as a text: there, the strict number is what was meant.
    return value if kind == "str" or value == read else NotImplemented
