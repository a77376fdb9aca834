"""The known runs as arrays: what was measured, what is pending, what diverged.

Everything is minimised: a maximised objective enters with its sign changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.engine.encoding import Encoding
from recommender.run import Params, Status

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One run as the engine is told of it.

    `loss` is the objective with the sign under which smaller is better, and None for a run that
    is pending, crashed or diverged, or whose metric was never computed.
    """

    id: str
    params: Params
    status: Status
    loss: float | None = None
    excluded: bool = False

    @property
    def measured(self) -> bool:
        """Whether the run takes part in the fit with a value of its own."""
        return self.status is Status.COMPLETED and self.loss is not None and not self.excluded


@dataclass(frozen=True, slots=True)
class Evidence:
    """The runs in the unit cube.

    `measured` and `unmeasured` are the runs behind `X` (n, D), `y` (n,) and the finished ones
    without a value; `finished` (m, D) are the points of both. `pending` (k, D) holds the points
    whose results are outstanding, whether the training still runs or only the metric is missing;
    `diverged` (q, D) those that failed because of where they lie; `known` (r, D) every point that
    must not be proposed again, and `known_params` the same in the user's units.
    """

    measured: tuple[Observation, ...]
    unmeasured: tuple[Observation, ...]
    X: Array
    y: Array
    finished: Array
    pending: Array
    diverged: Array
    known: Array
    known_params: tuple[Params, ...]

    @classmethod
    def gather(cls, observations: Sequence[Observation], encoding: Encoding) -> Evidence:
        """Return the evidence in these observations."""
        measured = tuple(o for o in observations if o.measured)
        usable = [o for o in observations if not o.excluded]
        unmeasured = tuple(o for o in usable if o.status is Status.COMPLETED and o.loss is None)
        pending = [o for o in usable if o.status is Status.PENDING]
        diverged = [o for o in usable if o.status is Status.DIVERGED]
        known = [o for o in observations if o.status not in (Status.CRASHED, Status.DROPPED)]

        def points(runs: Sequence[Observation]) -> Array:
            return encoding.encode([run.params for run in runs])

        X, without_value = points(measured), points(unmeasured)
        return cls(
            measured=measured,
            unmeasured=unmeasured,
            X=X,
            y=np.array([o.loss for o in measured], dtype=float),
            finished=np.vstack([X, without_value]),
            pending=np.vstack([points(pending), without_value]),
            diverged=points(diverged),
            known=points(known),
            known_params=tuple(run.params for run in known),
        )

    @property
    def distinct(self) -> int:
        """The number of different configurations that were measured."""
        return len(np.unique(self.X, axis=0)) if len(self.X) else 0
