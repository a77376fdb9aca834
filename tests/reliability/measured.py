"""What the tests of reliability measured: the table at the end of their output."""

from __future__ import annotations


class Measured:
    """Rows of a table, each with its figures."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def add(self, what: str, **figures: object) -> None:
        """Add a row: `add("append", kills=12)` shows as `append  12 kills`."""
        self.rows.append((what, ", ".join(f"{figures[name]} {name}" for name in figures)))


def percentile(values: list[float], share: float) -> float:
    """Return the value that a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
