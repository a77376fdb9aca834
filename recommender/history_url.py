"""The URL of a history in a database, and how it is shown: never with a password."""

from __future__ import annotations

import re
from urllib.parse import unquote

EXAMPLES = "postgresql+psycopg://USER@HOST/DATABASE or sqlite:///history/runs.db"

# Up to the last @: a password that was not quoted may hold anything, an @ too.
_LOGIN = re.compile(r"(?<=://)([^:/?#@]*):(.*)@", re.DOTALL)
_OPTION = re.compile(r"(?<=[?&])([^=&]*passw[^=&]*=)([^&]*)", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Return whether a text means a database, not a folder."""
    return "://" in text


def passwords(url: str) -> list[str]:
    """Return the passwords in a URL, as written and as meant."""
    written = [match[2] for pattern in (_LOGIN, _OPTION) for match in pattern.finditer(url)]
    return [text for text in dict.fromkeys(p for w in written for p in (w, unquote(w))) if text]


def redacted(url: str) -> str:
    """Return a URL as it may be shown and kept."""
    return _OPTION.sub(r"\1***", _LOGIN.sub(r"\1:***@", url))


def scrubbed(text: str, secrets: list[str]) -> str:
    """Return `text`, which another program wrote, without any of the secrets or half of one."""
    pieces = {piece for secret in secrets for piece in (secret, *re.split(r"[@:/?#]", secret))}
    for piece in sorted(pieces, key=len, reverse=True):
        if piece in secrets or len(piece) > 2:
            text = text.replace(piece, "***")
    return text
