"""Inputs that nobody meant: valid files, of which a few places were changed at random."""

from __future__ import annotations

import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress

TOKENS = (
    *("../../etc/passwd", "C:\\NUL", "~root", "-rf", "--", "=1+1", "=cmd|' /C calc'!A0", "@SUM(1)"),
    *("'; DROP TABLE runs; --", '" OR ""="', "<script>alert(1)</script>", "<!--", "&lt;", "]]>"),
    *("\x00", "\x1b[31m", "\x07", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff", "\ufffd", "日本"),
    *("１２", "٣.٥", "½", "1e999", "1e-999", "nan", "-inf", "0x1F", "1_000", "0613_205042", "0005"),
    *("1,5", "5%", "~0.5", "0.74~0.76", "1e-05", "−1", "3.4.5", "1e", ".5", "5.", "+1", "-0.0"),
    *("&a ", "*a", "<<: *a", "!!python/object/apply:os.system [ls]", "!!int ''", "!x ", "? "),
    *("%YAML 1.1\n---\n", "---\n", "...\n", "{", "}", "[", "]", "[" * 60, "{a: " * 60, ">\n"),
    *('"', "'", ",", ";", "\t", "\n", "\r\n", "\r", "|", "| -- |", "#", "# ", ": ", ":", "\\", " "),
    *("null", "true", "~", "2026-99-99", "1:30", "id", "lr", "loss", "run-1", "result", "- "),
)  # fmt: skip
_NUMBER = re.compile(r"[0-9.eE+-]*[0-9][0-9.eE+-]*")


def mutated(data: bytes, draw: random.Random) -> bytes:
    """Return the data with one to five changes."""
    for _ in range(draw.choice((1, 1, 2, 3, 5))):
        data = draw.choice(_CHANGES)(data, draw)
    return data


def mutated_workbook(data: bytes, draw: random.Random) -> bytes:
    """Return a workbook with changes in one of its parts or, now and then, in its archive."""
    if draw.random() < 0.1:
        return mutated(data, draw)
    parts = _parts(data)
    # Where the cells stand, most of the time.
    named = [name for name in parts if "sheet1" in name or "sharedStrings" in name]
    changed = draw.choice(named if draw.random() < 0.8 else [*parts])
    parts[changed] = mutated(parts[changed], draw)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def numbers_in_workbook(data: bytes) -> set[float]:
    """Return every number that is spelled in a part of a workbook."""
    return set().union(*map(numbers_in, _parts(data).values()))


def _parts(data: bytes) -> dict[str, bytes]:
    parts = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            with suppress(zipfile.BadZipFile, zlib.error, RuntimeError, ValueError):
                parts[name] = archive.read(name)  # unless just this one is damaged
    return parts


def numbers_in(data: bytes) -> set[float]:
    """Return every number that is spelled in a file, whatever its encoding."""
    text = data.replace(b"\x00", b"").decode("latin-1")
    found = set()
    for token in _NUMBER.findall(text):
        # What surrounds a number may be signs and letters that are none of it: `e5`, `1-2`, `- 1`.
        for part in (token, token.strip("eE+-."), token.strip("eE-."), *re.split("[-+eE]", token)):
            try:
                found.add(float(part))
            except ValueError:
                continue
    return found


def _place(data: bytes, draw: random.Random) -> int:
    return draw.randrange(len(data) + 1)


def _span(data: bytes, draw: random.Random) -> tuple[int, int]:
    start = _place(data, draw)
    return start, min(len(data), start + draw.choice((1, 2, 5, 20, 100)))


def _insert_token(data: bytes, draw: random.Random) -> bytes:
    at = _place(data, draw)
    return data[:at] + draw.choice(TOKENS).encode("utf-8", "surrogatepass") + data[at:]


def _replace_cell(data: bytes, draw: random.Random) -> bytes:
    cells = [*re.finditer(rb"[^\s,|:;\t]+", data)]
    if not cells:
        return data
    cell = draw.choice(cells)
    token = draw.choice(TOKENS).encode("utf-8", "surrogatepass")
    return data[: cell.start()] + token + data[cell.end() :]


def _random_bytes(data: bytes, draw: random.Random) -> bytes:
    start, end = _span(data, draw)
    return data[:start] + draw.randbytes(draw.randrange(4)) + data[end:]


def _flip_bit(data: bytes, draw: random.Random) -> bytes:
    if not data:
        return data
    at = draw.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << draw.randrange(8))]) + data[at + 1 :]


def _delete(data: bytes, draw: random.Random) -> bytes:
    start, end = _span(data, draw)
    return data[:start] + data[end:]


def _copy(data: bytes, draw: random.Random) -> bytes:
    start, end = _span(data, draw)
    at = _place(data, draw)
    return data[:at] + data[start:end] * draw.choice((1, 1, 1, 50)) + data[at:]


def _cut(data: bytes, draw: random.Random) -> bytes:
    return data[: _place(data, draw)]


def _shuffle_lines(data: bytes, draw: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    one, other = (draw.randrange(len(lines)) for _ in range(2)) if lines else (0, 0)
    if lines:
        lines[one], lines[other] = lines[other], lines[one]
    return b"".join(lines)


def _repeat_line(data: bytes, draw: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if lines:
        at = draw.randrange(len(lines))
        lines[at:at] = [lines[at]] * draw.choice((1, 2, 200))
    return b"".join(lines)


def _windows(data: bytes, draw: random.Random) -> bytes:
    return (b"\xef\xbb\xbf" if draw.random() < 0.5 else b"") + data.replace(b"\n", b"\r\n")


def _encode_anew(data: bytes, draw: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    return text.encode(draw.choice(("utf-16", "utf-16-le", "utf-32", "gb18030")), "replace")


_CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_insert_token, _insert_token, _replace_cell, _replace_cell, _replace_cell, _random_bytes),
    *(_flip_bit, _delete, _copy, _cut, _shuffle_lines, _repeat_line, _windows, _encode_anew),
)
