"""Bytes become text, and wrongly decoded text is put right where that is certain."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path

from recommender.errors import TableError

_NON_ASCII = re.compile(r"[^\x00-\x7f]+")


def _byte_of(codec: str) -> dict[str, int]:
    # Decoders that follow the WHATWG standard pass the undefined bytes through as C1 controls.
    pairs = ((bytes([byte]).decode(codec, "ignore") or chr(byte), byte) for byte in range(128, 256))
    return dict(pairs)


_CODECS = tuple(_byte_of(codec) for codec in ("cp1254", "cp1252"))

# UTF-8 read in the wrong code page is an accented letter (the lead byte) followed by signs
# (the continuation bytes). Clean text has some of these pairs too: CAFÉ…, «ÉTÉ», 5 Å±1, VÍŠ.
# So the text is only called damaged where a sign follows that clean text never has there.
_LEAD = "À-ïðĞğİıŞş"
_CLEAN = "‘’“”…•–—‹›«»\u00a0·™©®°±²³¹¼½¾ŠšŒœŽžŸ"
_SIGNS = "".join(c for table in _CODECS for c, byte in table.items() if byte < 0xC0)
_NEVER_CLEAN = "".join(sorted(set(_SIGNS) - set(_CLEAN)))
_DAMAGE = re.compile(
    rf"\ufffd|[\x80-\x9f]|[{_LEAD}][{_CLEAN}]{{0,2}}[{re.escape(_NEVER_CLEAN)}]"
    r"|[ÂÃ][«·™©®°±²³¹¼½¾ŠšŒœŽžŸ]"
)


def decode(data: bytes, encoding: str | None, path: Path) -> str:
    """Return the text of a file: UTF-8, UTF-16 with a byte order mark, or `encoding` if given.

    Raises:
        TableError: it is not text, or not in that encoding; the message names line and byte.
    """
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    codec = encoding or ("utf-16" if utf16 else "utf-8")
    if b"\0" in data and codec == "utf-8":
        raise _not_text(path, data.count(b"\n", 0, data.index(b"\0")) + 1)
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        remedy = (
            "pass the right --encoding"
            if encoding
            else "pass its encoding with --encoding (e.g. gb18030, cp1254), or save it as UTF-8"
        )
        raise TableError(
            f"{path}:{line}: byte {error.start + 1} of the file (0x{data[error.start]:02x}) is "
            f"not {codec.upper()} text; {remedy}"
        ) from error
    except (LookupError, ValueError) as error:
        raise TableError(
            f"{path}: cannot be read in the encoding {codec!r} ({error}); "
            "allowed are the encodings that Python knows, e.g. utf-8, gb18030, cp1254"
        ) from error
    if "\0" in text:
        raise _not_text(path, text.count("\n", 0, text.index("\0")) + 1)
    return text.removeprefix("\ufeff")


def _not_text(path: Path, line: int) -> TableError:
    return TableError(
        f"{path}:{line}: holds a NUL byte, so it is not a text table; "
        "give a Markdown, CSV, TSV, XLSX or JSON lines file"
    )


def looks_damaged(text: str) -> bool:
    """Whether the text shows signs of UTF-8 that was decoded in a wrong code page."""
    return not text.isascii() and _DAMAGE.search(text) is not None


def _decoded_again(text: str, byte_of: Mapping[str, int]) -> str:
    return _NON_ASCII.sub(lambda found: bytes(byte_of[c] for c in found[0]).decode(), text)


def repair(text: str) -> str | None:
    """Return what UTF-8 text was before it was decoded as Windows-1254 or -1252, if certain.

    Certain means that every sequence of non-ASCII characters, encoded back, is strict UTF-8. A
    lost byte is never guessed: then, and for clean text, the answer is None.
    """
    if not looks_damaged(text):
        return None
    for byte_of in _CODECS:
        try:
            repaired = _decoded_again(text, byte_of)
        except (KeyError, UnicodeDecodeError):
            continue
        if not any(unicodedata.category(c) in {"Cc", "Cn", "Co"} for c in repaired if c > "\x7f"):
            return repaired
    return None
