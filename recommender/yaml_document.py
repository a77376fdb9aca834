"""Hand-written YAML with positions, so that every mistake can be shown by file and line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from recommender.errors import ConfigError

MAX_BYTES = 1 << 20
MAX_DEPTH = 50

# PyYAML raises these, bare, for texts such as `!!int ''`, `2026-99-99` and "\UFFFFFFFF".
_PARSE_ERRORS = (yaml.YAMLError, ArithmeticError, AttributeError, LookupError, ValueError)
_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which also refuses what would be misread later."""

    def __init__(self, text: str, source: str) -> None:
        super().__init__(text)
        self.source = source
        self.depth = 0
        self.aliases: dict[yaml.Node, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.problem(f"nested more than {MAX_DEPTH} levels deep", event)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        if node is None or isinstance(event, yaml.AliasEvent):
            if node is not None:
                self.aliases.setdefault(node, line_of(event))
        elif isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            self.require_keys(node)
        elif isinstance(node, yaml.ScalarNode):
            is_key = parent is not None and index is None
            if not (is_key and node.tag == _MERGE):
                self.require_readable(node)
        elif node.tag != _TAG + "seq":
            raise self.problem(f"the tag {node.tag!r} is not allowed; remove it", node)
        return node

    def require_keys(self, node: yaml.MappingNode) -> None:
        seen: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.problem("a key must be a plain name", key)
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            if key.tag == _MERGE and not all(isinstance(each, yaml.MappingNode) for each in merged):
                raise self.problem("`<<` can only merge mappings", key)
            if key.value in seen:
                first = seen[key.value]
                raise self.problem(
                    f"the key {key.value!r} stands twice, first in line {first}", key
                )
            seen[key.value] = line_of(key)

    def require_readable(self, node: yaml.ScalarNode) -> None:
        if node.tag not in self.yaml_constructors:
            raise self.problem(f"the tag {node.tag!r} is not allowed; remove it", node)
        try:
            self.construct_object(node, deep=True)
        except _PARSE_ERRORS:
            raise self.problem(f"{node.value!r} cannot be read", node) from None

    def problem(self, message: str, where: Any) -> ConfigError:
        return ConfigError(f"{self.source}:{line_of(where)}: {message}")


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML mapping as PyYAML's nodes, which know where in the text they stand.

    `aliases` has the nodes that an alias refers to, each with the line of the first alias.
    """

    source: str
    text: str
    root: yaml.MappingNode
    aliases: dict[yaml.Node, int]

    def error(self, node: yaml.Node, message: str) -> ConfigError:
        """Return an error that says where `node` stands."""
        return ConfigError(f"{self.source}:{line_of(node)}: {message}")


def line_of(node: Any) -> int:
    """Return the line on which a node or an event starts, from 1."""
    return int(node.start_mark.line) + 1


def kind_of(node: yaml.Node) -> str:
    """Return what `node` is, in words."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else "a single value"


def shown(path: Path) -> str:
    """Return `path` as a message should show it: relative where it lies in the current folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)


def read_text(path: Path, advice: str) -> str:
    """Return the text of a UTF-8 file, newlines and byte order mark as they are.

    Args:
        path: the file.
        advice: what to do when it cannot be read, for the message.

    Raises:
        ConfigError: it is missing, unreadable, too large or not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ConfigError(f"{shown(path)}: larger than {MAX_BYTES} bytes; {advice}")
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{shown(path)}:{line}: not UTF-8 text; save it as UTF-8") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{shown(path)}: cannot be read ({reason}); {advice}") from None


def parse(text: str, source: str) -> Document:
    """Return the one mapping that `text` holds.

    Args:
        text: the YAML text.
        source: what to call it in messages, usually its path.

    Raises:
        ConfigError: it is no YAML, not exactly one mapping, nested too deep, or it has unsafe
            tags, values that cannot be read, or a key twice.
    """
    try:
        loader = _Loader(text, source)
        root = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"{source}:{line}: the character {text[error.position]!r} is not allowed; delete it"
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        parts = " ".join(part for part in (error.context, error.problem) if part)
        raise ConfigError(f"{source}:{line}: not readable as YAML: {parts}") from None
    except _PARSE_ERRORS as error:
        line = loader.line + 1
        raise ConfigError(f"{source}:{line}: not readable as YAML: {error}") from None
    if not isinstance(root, yaml.MappingNode):
        found = "empty" if root is None else kind_of(root)
        line = 1 if root is None else line_of(root)
        raise ConfigError(f"{source}:{line}: the file is {found}; it must be `key: value` lines")
    return Document(source, text, root, loader.aliases)


def construct(node: yaml.Node) -> object:
    """Return the value that PyYAML's safe loader reads from a node of a parsed document."""
    return yaml.SafeLoader("").construct_object(node, deep=True)
