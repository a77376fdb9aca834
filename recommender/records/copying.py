"""Copies one history into another: what is there already is not written twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from recommender.errors import ConflictError
from recommender.records.event import Event
from recommender.records.fold import fold
from recommender.records.protocol import Content, Records
from recommender.run import Proposal

_Read = TypeVar("_Read", Event, Proposal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """How many rows a copy added to each ledger, and how many the target had already.

    `notices` say what was passed over in reading.
    """

    results: int
    proposals: int
    known: int
    notices: tuple[str, ...]


def copy(source: Records, target: Records, *, dry_run: bool = False) -> Copied:
    """Add to `target` the rows and columns of `source` that it lacks, as they stand and in order.

    Raises:
        ConflictError: together the two histories contradict each other; nothing is written.
        UsageError: a column stands on the other side of our last one.
        HistoryError: a history cannot be read or written.
    """
    given = source.contents()
    with target.writing(dry_run=dry_run) as writer:
        had = writer.contents()
        results, events = _further(had.results, given.results, given.folded.events)
        asked, proposals = _further(had.proposals, given.proposals, given.folded.proposals)
        both = fold(
            [*had.folded.events, *events],
            [*had.folded.proposals, *proposals],
            given.folded.parameters,
        )
        if both.conflicts:
            messages = "\n".join(conflict.message for conflict in both.conflicts)
            raise ConflictError(
                f"the histories contradict each other; nothing was copied\n{messages}"
            )
        writer.append_contents(results, asked)
    every = len(given.results.rows) + len(given.proposals.rows)
    added = len(results.rows) + len(asked.rows)
    return Copied(
        results=len(results.rows),
        proposals=len(asked.rows),
        known=every - added,
        notices=(*given.folded.notices, *had.folded.notices),
    )


def _further(had: Content, given: Content, read: Sequence[_Read]) -> tuple[Content, list[_Read]]:
    """Return what `given` has and `had` lacks, no columns if it is nothing, and what it says."""
    known = Counter(map(_key, had.rows))
    rows, said = [], []
    for row, one in zip(given.rows, read, strict=True):
        if known[_key(row)]:
            known[_key(row)] -= 1
        else:
            rows.append(row)
            said.append(one)
    new = bool(rows or {*given.columns} - {*had.columns})
    return Content(given.columns if new else (), tuple(rows)), said


def _key(row: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, cell) for name, cell in row.items() if cell)
