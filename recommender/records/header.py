"""The header of a ledger: our own columns, and where those of parameters and of others stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recommender.errors import UsageError
from recommender.records.columns import PROPOSAL_COLUMNS, RUN_COLUMNS
from recommender.records.ledger import clean


@dataclass(frozen=True, slots=True)
class Layout:
    """One of the two ledgers: our columns in `front` of the parameters, and the `rest`.

    New columns of numbers go before the `last` of ours, a person's own after it.
    """

    name: str
    front: tuple[str, ...]
    rest: tuple[str, ...]

    @property
    def ours(self) -> tuple[str, ...]:
        """Our own columns, in the order in which a new ledger has them."""
        return (*self.front, *self.rest)

    def header(
        self,
        headers: Sequence[tuple[str, ...]],
        parameters: Iterable[str],
        before: Iterable[str] = (),
        after: Iterable[str] = (),
    ) -> tuple[str, ...]:
        """Return the columns of all `headers` (none: of a new ledger), and the further ones.

        Raises:
            UsageError: a new name is not allowed, or stands on the other side of our last already.
        """
        parameters = tuple(parameters)
        headers = headers or ((*self.front, *parameters, *self.rest),)
        return _whole(headers, (*parameters, *before), tuple(after), self.ours)

    def sides(self, header: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the columns of a header that are not ours: before our last one, and after it."""
        at = header.index(self.ours[-1])
        before = tuple(name for name in header[:at] if name not in self.ours)
        return before, tuple(name for name in header[at:] if name not in self.ours)


RESULTS = Layout("runs", RUN_COLUMNS[:-1], RUN_COLUMNS[-1:])
PROPOSALS = Layout("proposals", PROPOSAL_COLUMNS[:3], PROPOSAL_COLUMNS[3:])


def _whole(
    headers: Sequence[tuple[str, ...]],
    before: Sequence[str],
    after: Sequence[str],
    ours: Sequence[str],
) -> tuple[str, ...]:
    last = ours[-1]
    for name in (*before, *after):
        if not name or name != clean(name).strip() or name in ours:
            raise UsageError(f"{name!r} is not allowed as the name of a column; rename it")
    halves = [(header[: header.index(last)], header[header.index(last) :]) for header in headers]
    left, right = list(halves[0][0]), list(halves[0][1])
    lefts = [*(name for half, _ in halves for name in half), *before]
    rights = [*(name for _, half in halves for name in half), *after]
    for side, names, other in ((left, lefts, right), (right, rights, left)):
        side.extend(name for name in dict.fromkeys(names) if name not in side)
        both = [name for name in side if name in other]
        if both:
            raise UsageError(
                f"the column {both[0]} stands on the other side of {last} (numbers stand before "
                "it, a person's own text after it); rename it or move the column"
            )
    return (*left, *right)
