"""Every run that was told of, each under one id: which of them a statement is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from recommender.engine.evidence import Observation
from recommender.errors import ConflictError
from recommender.number import format_value
from recommender.run import Objective, Params, Status


class Observations:
    """The runs of one recommender, in the order in which they were first told of."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._runs: dict[str, Observation] = {}
        self._waiting: dict[str, Observation] = {}  # the runs whose result may still come
        self._named = 0
        self._named_here: set[str] = set()  # the ids that the caller did not choose
        self._renamed: dict[str, str] = {}  # from a suggestion's id to the caller's
        self._ended: list[str] = []  # the ids of the runs that have ended, as they did

    def __iter__(self) -> Iterator[Observation]:
        return iter(self._runs.values())

    def new_id(self) -> str:
        """Return a name that no run has, nor had."""
        self._named += 1
        while (name := f"run-{self._named}") in self._runs:
            self._named += 1
        self._named_here.add(name)
        return name

    def latest(self, count: int) -> set[str]:
        """Return the ids of the runs, so many at most, that gave a result or diverged last."""
        told = [id for id in self._ended if not self._runs[id].excluded]
        return set(told[-count:])

    def tell(self, run: Observation, suggested: str = "") -> None:
        """Add a run, or replace what was known of it.

        Args:
            run: what is told; its id is the one that the caller gave, or empty.
            suggested: the id of the suggestion that is told, or empty.

        Raises:
            ConflictError: the run is known with another result or other parameters.
        """
        known = self._known(run, suggested)
        if known is None:
            id = run.id or (suggested if suggested not in self._runs else "") or self.new_id()
            self._runs[id] = replace(run, id=id)
            if _waits(run):
                self._waiting[id] = self._runs[id]
            if _has_ended(run):
                self._ended.append(id)
            return
        self._check_agreement(known, run)
        run = replace(run, id=run.id or known.id)
        self._renamed[suggested or known.id] = run.id
        if _has_ended(known):
            self._ended[self._ended.index(known.id)] = run.id
        elif _has_ended(run):
            self._ended.append(run.id)
        self._runs = {one.id: one for one in (run if o is known else o for o in self)}
        self._waiting = {one.id: one for one in self if _waits(one)}

    def _known(self, run: Observation, suggested: str) -> Observation | None:
        if run.id in self._runs:
            return self._runs[run.id]
        own = self._runs.get(self._renamed.get(suggested, suggested))
        # The suggestion of another recommender may have the name of some run here, and a run that
        # has come to its end is not renamed: its configuration was run once more.
        if own is not None and own.params == run.params and not (run.id and _has_ended(own)):
            return own
        if run.status is Status.PENDING:
            return None
        for other in self._waiting.values():
            awaited = run.loss is not None or other.status is Status.PENDING
            if awaited and other.params == run.params and not (run.id and self._is_named(other)):
                return other
        return None

    def _is_named(self, run: Observation) -> bool:
        """Whether the caller has given the run its name."""
        return run.id not in self._named_here

    def _check_agreement(self, known: Observation, run: Observation) -> None:
        if known.params != run.params:
            raise ConflictError(
                f"{known.id} is known with {_listed(known.params)}, not with "
                f"{_listed(run.params)}; tell another run under an id of its own"
            )
        if _has_ended(known) and (known.status, known.loss) != (run.status, run.loss):
            raise ConflictError(
                f"{known.id} is known as {self._outcome(known)}, not as {self._outcome(run)}; tell "
                "a replicate with dict(suggestion) or under another id. To correct a result, tell "
                "the wrong one with excluded=True, and the right one like a replicate"
            )

    def _outcome(self, run: Observation) -> str:
        if run.loss is None:
            return str(run.status)
        return f"{self._objective.metric} {format_value(self._objective.from_loss(run.loss))}"


def _waits(run: Observation) -> bool:
    """Whether a result may still come: of the training, or of the metric alone."""
    return run.loss is None and run.status in (Status.PENDING, Status.COMPLETED)


def _has_ended(run: Observation) -> bool:
    """Whether no later result is welcome."""
    return run.status is Status.DIVERGED or run.loss is not None


def _listed(params: Params) -> str:
    return ", ".join(f"{name} {format_value(value)}" for name, value in params.items())
