"""A run, what was predicted for it, and the number that the sweep optimises."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from recommender.number import format_value

Value = float | int | str
Params = Mapping[str, Value]


class Direction(StrEnum):
    """Whether a smaller or a larger value of the objective's metric is better."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """The metric to optimise.

    `context` names the parameters that change the scale of the metric, so that its values
    are comparable only between runs that agree on them.
    """

    metric: str
    direction: Direction = Direction.MINIMIZE
    context: tuple[str, ...] = ()

    def to_loss(self, value: float) -> float:
        """Return `value` with the sign under which smaller is better."""
        return value if self.direction is Direction.MINIMIZE else -value

    def from_loss(self, loss: float) -> float:
        """Undo `to_loss`."""
        return loss if self.direction is Direction.MINIMIZE else -loss

    def by_context(self, runs: Sequence[Params]) -> list[list[int]]:
        """Return the indices of the runs that agree on the context, group by group in its order."""
        groups: dict[tuple[Value, ...], list[int]] = {}
        for index, params in enumerate(runs):
            groups.setdefault(tuple(params[name] for name in self.context), []).append(index)
        # Words cannot be compared with numbers, so they come after them.
        return [
            groups[key]
            for key in sorted(groups, key=lambda key: [(isinstance(v, str), v) for v in key])
        ]


class Status(StrEnum):
    """Where a run stands. Crashed says nothing about the space; diverged is evidence."""

    PENDING = "pending"
    COMPLETED = "completed"
    CRASHED = "crashed"
    DIVERGED = "diverged"
    DROPPED = "dropped"

    @property
    def has_result(self) -> bool:
        """Whether the training was made, however it ended."""
        return self in RESULTS

    @property
    def is_open(self) -> bool:
        """Whether a result is still welcome: a crashed or a dropped run may be made after all."""
        return self not in (Status.COMPLETED, Status.DIVERGED)


RESULTS = (Status.COMPLETED, Status.CRASHED, Status.DIVERGED)
"""What may become of a training."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A run that was recommended, with what was believed of it at that moment.

    `mean`, `sd` and the two improvement figures are in the units of `metric`, and None where
    no model stood behind the proposal. `proposed_at` is an ISO 8601 time in UTC, a label only:
    nothing is ordered by it. `source` says where the proposal stands
    (`history/proposals.csv:3`); it is not part of what was proposed.
    """

    id: str
    batch: int
    proposed_at: str
    params: Params
    metric: str
    role: str
    reason: str
    mean: float | None = None
    sd: float | None = None
    expected_improvement: float | None = None
    probability_of_improvement: float | None = None
    seed: int = 0
    history_digest: str = ""
    proposed_by: str = ""
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training, past or proposed: everything the history knows of it.

    `first_params` are the parameters as first written down, before any amendment; `source` says
    where the first statement stands (`history/runs.csv:12`).
    """

    id: str
    params: Params
    status: Status
    metrics: Mapping[str, float] = field(default_factory=dict)
    label: str = ""
    hours: float | None = None
    note: str = ""
    excluded: bool = False
    first_params: Params = field(default_factory=dict)
    proposal: Proposal | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Every run, past and proposed, in the order in which the history first names them."""

    runs: tuple[Run, ...] = ()

    def get(self, id: str) -> Run | None:
        """Return the run of that id, or None."""
        return next((run for run in self.runs if run.id == id), None)

    def with_status(self, status: Status) -> tuple[Run, ...]:
        """Return the runs that stand at `status`, excluded ones too."""
        return tuple(run for run in self.runs if run.status is status)

    @property
    def pending(self) -> tuple[Run, ...]:
        """The proposals without a result or a drop."""
        return self.with_status(Status.PENDING)


def params_hash(params: Params) -> str:
    """Return four hex digits that depend on the parameters' names and values alone."""
    text = ";".join(f"{name}={format_value(params[name])}" for name in sorted(params))
    return hashlib.sha256(text.encode()).hexdigest()[:4]


def run_id(number: int, params: Params) -> str:
    """Return the id of the `number`-th run: two branches that propose the same agree on it."""
    return f"run-{number:04d}-{params_hash(params)}"


def run_number(id: str) -> int:
    """Return the running number in an id that `run_id` made, or 0 for any other id."""
    prefix, _, rest = id.partition("-")
    digits = rest.partition("-")[0]
    return int(digits) if prefix == "run" and digits.isascii() and digits.isdigit() else 0


def next_number(ids: Sequence[str]) -> int:
    """Return the number after the highest in use; a number is never used again."""
    return max((run_number(id) for id in ids), default=0) + 1
