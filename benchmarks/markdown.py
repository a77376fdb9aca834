"""Tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], lines: Iterable[Sequence[str]], words: int = 1) -> str:
    """Return a table whose first columns hold words, and whose others hold figures."""
    rule = [*["---"] * words, *["--:"] * (len(header) - words)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *lines))
