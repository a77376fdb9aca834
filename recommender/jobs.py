"""Parameters to a job file: the user's own template, with only those scalars replaced."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import re
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from recommender.errors import ConfigError, JobError, did_you_mean
from recommender.run import Value
from recommender.yaml_document import Document, construct, kind_of, parse, read_text, shown

_BYTE_ORDER_MARK = "\ufeff"
_PLAIN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_RESERVED_WORDS = frozenset(
    {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"}
)


def read_template(
    path: Path, advice: str = "jobs.template in the sweep file names the config to start from"
) -> str:
    """Return the text of a job template, exactly as it is.

    Raises:
        ConfigError: it cannot be read; where it is missing, with that advice.
    """
    return read_text(path, advice)


def render_job(
    template: str,
    assignments: Mapping[str, Value],
    *,
    comments: Sequence[str] = (),
    source: str = "template",
) -> str:
    """Return the template with some scalars replaced and all other text as it was.

    Args:
        template: the text of the training config that each job starts from.
        assignments: dotted path in the template -> the value that goes there.
        comments: lines that go on top, without their `#`.
        source: what to call the template in messages, usually its path.

    Raises:
        ConfigError: the template cannot be read, or has no replaceable scalar at a path.
        JobError: a value has no YAML form, or the result does not read back as meant.
    """
    document, places, _ = _parsed(template, source)
    edits: dict[int, tuple[int, str]] = {}
    for key, value in assignments.items():
        node = _target(document, places, key)
        start, end = node.start_mark.index, node.end_mark.index
        blank = " " if start == end else ""
        edits[start] = (end, blank + format_scalar(value))
    text = template
    for start in sorted(edits, reverse=True):
        end, new = edits[start]
        text = text[:start] + new + text[end:]
    text = _with_comments(text, comments)
    _check(template, text, assignments, set(edits), source)
    return text


def template_scalars(
    template: str, keys: Iterable[str], *, source: str = "template"
) -> dict[str, object]:
    """Return the template's own values at those dotted paths where it has a scalar.

    Raises:
        ConfigError: the template cannot be read.
    """
    places = _parsed(template, source).places
    return {
        key: construct(places[key]) for key in keys if isinstance(places.get(key), yaml.ScalarNode)
    }


def format_scalar(value: Value) -> str:
    """Return `value` as a YAML scalar in which readers of YAML 1.1 and 1.2 see the same.

    Raises:
        JobError: it is not a number, a text or a boolean.
    """
    value = _plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
        mantissa, e, exponent = repr(value).partition("e")
        return mantissa + (".0" if "." not in mantissa else "") + e + exponent
    if _PLAIN_TEXT.fullmatch(value) and value.lower() not in _RESERVED_WORDS:
        return value
    quoted: str = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=math.inf)
    return quoted.removesuffix("\n")


def comment_line(text: str) -> str:
    """Return `text` as one line of YAML comment."""
    return ("# " + "".join(c if c.isprintable() else " " for c in text)).rstrip()


def same_data(one: str, other: str) -> bool:
    """Whether two job files give a training the same: comments and layout do not count."""
    try:
        return repr(construct(parse(one, "").root)) == repr(construct(parse(other, "").root))
    except ConfigError:
        return False


def require_writable(folder: Path) -> None:
    """Make sure that job files can be made in that folder, which need not exist yet.

    Raises:
        JobError: they cannot.
    """
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()


def write_job(path: Path, text: str) -> None:
    """Write a new job file, make sure that it is on the disk, and read it back.

    At every moment there is either the whole file or none.

    Raises:
        JobError: the file exists already, or it cannot be written.
    """
    data = text.encode()
    draft = path.with_name(f".{path.name}.draft-{os.getpid()}")
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if draft.read_bytes() != data:
                raise OSError(errno.EIO, "it does not read back as written")
            _place(draft, path)
        finally:
            draft.unlink(missing_ok=True)


def _place(draft: Path, path: Path) -> None:
    """Give a file its name, unless another has it."""
    try:
        path.hardlink_to(draft)
    except OSError as error:
        if os.path.lexists(path):
            raise OSError(errno.EEXIST, "it exists, and a job is never overwritten") from None
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        draft.rename(path)  # this file system has no hard links


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise JobError(f"{shown(path)}: cannot be written ({error.strerror})") from None


def _plain(value: object) -> Value:
    """Return a Python scalar for one of NumPy's or of an enumeration."""
    item = getattr(value, "item", None)
    value = item() if callable(item) else value
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    raise JobError(
        f"{value!r} ({type(value).__name__}) cannot stand in a job file; allowed: numbers, texts, "
        "true and false"
    )


class _Parsed(NamedTuple):
    document: Document
    places: Mapping[str, yaml.Node]
    events: Sequence[Any]


@lru_cache(maxsize=1)  # the jobs of a batch have one template
def _parsed(template: str, source: str) -> _Parsed:
    document = parse(template, source)
    return _Parsed(document, _places(document), tuple(yaml.parse(template)))


def _places(document: Document) -> dict[str, yaml.Node]:
    """Return each node by its dotted path, outer ones first: a key with a dot in it wins."""
    places: dict[str, yaml.Node] = {}
    seen: set[yaml.Node] = set()
    queue: deque[tuple[str, yaml.Node]] = deque([("", document.root)])
    while queue:
        prefix, node = queue.popleft()
        if node in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(node)
        pairs = (
            [(key.value, child) for key, child in node.value]
            if isinstance(node, yaml.MappingNode)
            else [(str(index), child) for index, child in enumerate(node.value)]
        )
        for name, child in pairs:
            places.setdefault(prefix + name, child)
            queue.append((f"{prefix}{name}.", child))
    return places


def _target(document: Document, places: Mapping[str, yaml.Node], key: str) -> yaml.ScalarNode:
    """Return the scalar at `key`, if it can be replaced without a change anywhere else."""
    parts = key.split(".")
    prefixes = (".".join(parts[:n]) for n in range(1, len(parts) + 1))
    way = [prefix for prefix in prefixes if prefix in places]
    for prefix in way:
        if places[prefix] in document.aliases:
            line = document.aliases[places[prefix]]
            raise document.error(
                places[prefix],
                f"{key}: the alias in line {line} shares {prefix}, and would change with it; "
                "write the value out in both places",
            )
    if key not in places:
        raise _missing(document, places, key, way[-1] if way else "")
    node = places[key]
    if not isinstance(node, yaml.ScalarNode):
        inner = next((name for name in places if name.startswith(f"{key}.")), f"{key}.name")
        raise document.error(
            node, f"{key}: is {kind_of(node)}; name one value in it, like {inner!r}"
        )
    if node.style in ("|", ">"):
        raise document.error(node, f"{key}: is a text block; write it on one line, `{key}: value`")
    start = node.start_mark.index
    if start == node.end_mark.index and document.text[start - 1] != ":":
        raise document.error(node, f"{key}: has no value to replace; write `{key}: value`")
    return node


def _missing(
    document: Document, places: Mapping[str, yaml.Node], key: str, parent: str
) -> ConfigError:
    node = places.get(parent, document.root)
    if f"{parent}.<<".removeprefix(".") in places:
        advice = "what `<<` merges in cannot differ between jobs, so write the key out here"
    else:
        inner = [name for name in places if name.endswith(f".{key}")]
        hint = f"; did you mean {inner[0]!r}?" if inner else did_you_mean(key, places)
        advice = f"add it, or say under jobs.keys in the sweep file where it goes{hint}"
    return document.error(node, f"there is no key {key!r}; {advice}")


def _with_comments(text: str, comments: Sequence[str]) -> str:
    """Put comments on top, without a blank line: some readers take a header from there."""
    mark = _BYTE_ORDER_MARK if text.startswith(_BYTE_ORDER_MARK) else ""
    line_break = "\r\n" if "\r\n" in text else "\n"
    head = "".join(comment_line(comment) + line_break for comment in comments)
    return mark + head + text.removeprefix(mark)


def _check(
    template: str, text: str, assignments: Mapping[str, Value], starts: set[int], source: str
) -> None:
    """Parse `text` again: the values must be there, and nothing else may have changed."""
    try:
        places = _places(parse(text, source))
        before = _parsed(template, source).events
        after = tuple(yaml.parse(text))
        intact = len(before) == len(after) and all(
            repr(old) == repr(new)
            or (isinstance(old, yaml.ScalarEvent) and old.start_mark.index in starts)  # type: ignore[union-attr]
            for old, new in zip(before, after, strict=True)
        )
        wrong = [
            key
            for key, value in assignments.items()
            if repr(construct(places[key])) != repr(_plain(value))
        ]
    except (ConfigError, LookupError, yaml.YAMLError):
        intact, wrong = False, []
    if wrong or not intact:
        raise JobError(
            f"{source}: the job does not read back as meant ({', '.join(wrong or assignments)}); "
            "write these values in the template as plain `key: value` lines"
        )
