"""What every writer does alike: it checks what is appended before a ledger sees it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from recommender.errors import UsageError, did_you_mean
from recommender.records.columns import event_cells, proposal_cells
from recommender.records.event import Event
from recommender.records.header import PROPOSALS, RESULTS, Layout
from recommender.run import Proposal

Cells = Mapping[str, str]


class CheckingWriter(ABC):
    """Appends to ledgers whose rows give the `parameters`, or in a dry run only checks."""

    def __init__(self, parameters: Sequence[str], dry_run: bool) -> None:
        self._parameters = tuple(parameters)
        self._dry_run = dry_run

    def append_events(self, events: Sequence[Event], metrics: Iterable[str] = ()) -> None:
        """Append rows of results, all or none; they are safe when the lock is let go.

        `metrics` are names that get a column with the rows, even if it stays blank.

        Raises:
            UsageError: a row holds what a ledger cannot keep.
            HistoryError: the rows could not be written; the ledger is as before.
        """
        metrics = dict.fromkeys((*metrics, *(name for event in events for name in event.metrics)))
        for event in events:
            self._check_names(event.id, event.params)
        for name in metrics:
            if name in self._parameters:
                raise UsageError(f"{name} is a parameter, so it cannot be a metric; rename one")
        extras = dict.fromkeys(name for event in events for name in event.extras)
        self._append(RESULTS, [event_cells(event) for event in events], metrics, extras)

    def append_proposals(self, proposals: Sequence[Proposal]) -> None:
        """Append proposals, all or none; they are safe when the lock is let go.

        Raises:
            UsageError: a proposal holds what a ledger cannot keep.
            HistoryError: the rows could not be written; the ledger is as before.
        """
        for proposal in proposals:
            self._check_names(proposal.id, proposal.params)
            missing = [name for name in self._parameters if name not in proposal.params]
            if missing:
                raise UsageError(f"{proposal.id} has no value for {', '.join(missing)}")
        self._append(PROPOSALS, [proposal_cells(proposal) for proposal in proposals], (), ())

    @abstractmethod
    def _append(
        self, layout: Layout, rows: Sequence[Cells], metrics: Iterable[str], extras: Iterable[str]
    ) -> None:
        """Append rows of text to one ledger, with the columns that are new."""

    def _check_names(self, id: str, params: Mapping[str, object]) -> None:
        for name in params:
            if name not in self._parameters:
                raise UsageError(
                    f"{id}: there is no parameter {name}; allowed: {', '.join(self._parameters)}"
                    f"{did_you_mean(name, self._parameters)}"
                )
