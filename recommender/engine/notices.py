"""What a person should know before trusting a batch: the warnings and their codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommender.engine.confounding import looks_confounded, variance_share
from recommender.engine.encoding import Encoding
from recommender.engine.evidence import Evidence, Observation
from recommender.engine.metric_range import out_of_range
from recommender.engine.surrogate import Surrogate
from recommender.number import format_value
from recommender.run import Objective, Params
from recommender.space import Categorical
from recommender.vocabulary import is_loss_like

Array = npt.NDArray[np.float64]

EDGE = 0.01  # of a parameter's range
NAMED = 5  # runs at most that a sentence names
HALF = 0.5  # of the variance: a context that explains less is believed rather than shown


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning: a code for programs, a message for people, and what it is about."""

    code: str
    message: str
    runs: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


def no_model(evidence: Evidence, needed: int, metric: str) -> Notice:
    """Say why there is no model (yet)."""
    runs = tuple(run.id for run in evidence.measured)
    if evidence.distinct >= needed:
        return Notice(
            "poor-fit",
            f"every run has the same {metric}; nothing can be learnt from it, and the batch fills "
            "the space instead",
            runs,
        )
    found = {0: "no configuration has", 1: "1 configuration has"}.get(
        evidence.distinct, f"{evidence.distinct} different configurations have"
    )
    return Notice(
        "few-runs",
        f"{found} a value of {metric}; a model needs {needed}, so the batch fills the space "
        "instead",
        runs,
    )


def of_the_objective(
    objective: Objective,
    evidence: Evidence,
    encoding: Encoding,
    held: Params,
    surrogate: Surrogate | None,
) -> tuple[float | None, list[Notice]]:
    """Return what a context explains of the objective's variance, and what that means.

    The share is None without a declared context, and of fewer than three results or equal ones.
    Without a context the notices name the parameters that seem to rescale the objective all the
    same. `held` are the context parameters that the caller holds, with their values. Results that a
    `surrogate` cannot believe do not count.
    """
    kept = np.ones(len(evidence.y), dtype=bool)
    if surrogate is not None:
        kept = surrogate.believed
    y = evidence.y[kept]
    if not objective.context:
        return None, _suspected_context(objective, evidence, encoding, kept)
    if len(y) < 3 or np.ptp(y) == 0:
        return None, []
    values = [_values(name, evidence, encoding)[kept] for name in objective.context]
    share = max(variance_share(values, y), 0.0)
    names, metric = " and ".join(objective.context), objective.metric
    explains = "explains" if len(objective.context) == 1 else "explain"
    consequence = "therefore" if share >= HALF else "by the sweep file's word"
    open_names = " and ".join(name for name in objective.context if name not in held)
    coverage = (
        f"the batch covers the range of {open_names} by design"
        if open_names
        else f"the batch holds {', '.join(f'{k} {format_value(v)}' for k, v in held.items())}"
    )
    return share, [
        Notice(
            "confounded-objective",
            f"{names} alone {explains} {share:.0%} of the variance of {metric}, which "
            f"{consequence} never ranks it: {coverage}. {_outcome(metric)}, recorded even for a "
            f"few of the finished runs, is worth more than any proposal made from {metric}",
        )
    ]


def _outcome(metric: str) -> str:
    if is_loss_like(metric):
        return "An outcome metric such as NMI"
    return "A metric whose scale does not depend on it"


def _suspected_context(
    objective: Objective, evidence: Evidence, encoding: Encoding, kept: npt.NDArray[np.bool_]
) -> list[Notice]:
    notices = []
    for parameter in encoding.space:
        if isinstance(parameter, Categorical):
            continue
        values = _values(parameter.name, evidence, encoding)[kept]
        found = looks_confounded(objective.metric, parameter.name, values, evidence.y[kept])
        if found is None:
            continue
        effect = (
            f"{objective.metric} follows the order of {parameter.name} (rank correlation "
            f"{found.strength:.2f})"
            if found.by_rank
            else f"{parameter.name} alone explains {found.strength:.0%} of the variance of "
            f"{objective.metric}"
        )
        notices.append(
            Notice(
                "confounded-objective",
                f"{effect}; a temperature rescales a contrastive loss whether or not the result "
                f"is better. If so, declare objective.context: [{parameter.name}], or optimise "
                "an outcome metric such as NMI",
                parameters=(parameter.name,),
            )
        )
    return notices


def duplicates(measured: Sequence[Observation]) -> list[Notice]:
    """Say which runs repeat another in every parameter and in the objective."""
    groups: dict[tuple[object, ...], list[str]] = {}
    for run in measured:
        groups.setdefault((*run.params.values(), run.loss), []).append(run.id)
    return [
        Notice(
            "duplicate-run",
            f"{_several(ids, ' and ')} agree in every parameter and in the result; if they are one "
            f"training written down twice, exclude one",
            tuple(ids),
        )
        for ids in groups.values()
        if len(ids) > 1
    ]


def _several(ids: Sequence[str], joint: str = ", ") -> str:
    if len(ids) > NAMED:
        return f"{', '.join(ids[:NAMED])} and {len(ids) - NAMED} more"
    return joint.join(ids)


def of_the_range(objective: Objective, evidence: Evidence) -> list[Notice]:
    """Say which results a metric of that name cannot have, and which are in another unit."""
    values = [objective.from_loss(float(loss)) for loss in evidence.y]
    found = out_of_range(objective.metric, values)
    if found is None:
        return []
    unit = "a fraction among percents" if found.percent else "in percent among fractions"
    notices = []
    for wrong, why in (
        (found.rescaled, f"looks like {unit}"),
        (found.beyond, f"cannot be ({found.allowed})"),
    ):
        if wrong:
            ids = tuple(evidence.measured[index].id for index in wrong)
            message = (
                f"{_several(ids)}: {objective.metric} "
                f"{format_value(values[wrong[0]])} {why}; check the entry before you train on "
                "what it leads to"
            )
            notices.append(Notice("suspect-run", message, ids))
    return notices


def model_notices(
    objective: Objective, evidence: Evidence, surrogate: Surrogate, encoding: Encoding
) -> list[Notice]:
    """Return what the fitted surrogate says of the runs and of itself."""
    notices = _suspects(objective, evidence, surrogate)
    if not surrogate.informative:
        notices.append(
            Notice(
                "poor-fit",
                "the runs cannot be told from a constant with noise; take the predictions as "
                "guesses",
            )
        )
    return notices + of_the_parameters(objective, evidence, surrogate, encoding)


def of_the_parameters(
    objective: Objective, evidence: Evidence, surrogate: Surrogate, encoding: Encoding
) -> list[Notice]:
    """Return which parameters show no effect, and at which bounds the best runs lie."""
    flat = _flat(evidence, surrogate, encoding)
    notices = [Notice("flat-parameter", message) for message in flat.values()]
    return notices + _at_the_edge(objective, evidence, surrogate, encoding, set(flat))


def _suspects(objective: Objective, evidence: Evidence, surrogate: Surrogate) -> list[Notice]:
    notices = []
    for flags, judgement, consequence in (
        (surrogate.discounted, "worse", "it is discounted; check the entry, or repeat the run"),
        (
            surrogate.too_good,
            "better",
            "it is not taken as the best until confirmed; check the entry, or repeat the run",
        ),
    ):
        for index in np.flatnonzero(flags):
            run = evidence.measured[index]
            expected = objective.from_loss(float(surrogate.leave_one_out_mean[index]))
            sd = float(surrogate.leave_one_out_sd[index])
            value = objective.from_loss(float(evidence.y[index]))
            params = ", ".join(f"{k} {format_value(v)}" for k, v in run.params.items())
            notices.append(
                Notice(
                    "suspect-run",
                    f"{run.id} ({params}) has {objective.metric} {value:.4g}, where the other runs "
                    f"predict {expected:.3g} ± {sd:.2g}: {judgement} than can be believed; "
                    f"{consequence}",
                    (run.id,),
                )
            )
    return notices


def _flat(evidence: Evidence, surrogate: Surrogate, encoding: Encoding) -> dict[str, str]:
    messages = {}
    for index, (name, columns) in enumerate(encoding.columns.items()):
        if np.ptp(evidence.X[:, columns], axis=0).max() == 0:
            messages[name] = f"{name} never varied, so the runs say nothing of it"
        elif surrogate.flat[index]:
            messages[name] = f"{name} cannot be told from flat in the runs so far"
    return messages


def _at_the_edge(
    objective: Objective,
    evidence: Evidence,
    surrogate: Surrogate,
    encoding: Encoding,
    flat: set[str],
) -> list[Notice]:
    """Say at which bounds the best run lies, or that of most contexts in which runs compete."""
    bests = [
        int(members[surrogate.best_among(evidence.X[members])])
        for members in map(surrogate.believable, competing(objective, evidence))
    ]
    notices = []
    for parameter in encoding.space:
        if isinstance(parameter, Categorical) or parameter.name in flat | {*objective.context}:
            continue
        x = evidence.X[bests][:, encoding.columns[parameter.name]][:, 0]
        for bound, there in (("low", x <= EDGE), ("high", x >= 1.0 - EDGE)):
            if 2 * there.sum() <= len(bests):
                continue
            runs = tuple(evidence.measured[bests[index]].id for index in np.flatnonzero(there))
            what = f"the best run, {runs[0]}, lies"
            if objective.context:
                what = f"the best runs at {len(runs)} of {len(bests)} values of "
                what += f"{' and '.join(objective.context)} lie"
            beyond = np.abs(x[there] - 0.5) > 0.5 + EDGE
            at = "beyond" if beyond.all() else "at or beyond" if beyond.any() else "at"
            message = f"{what} {at} the {bound} bound of {parameter.name}; consider widening it"
            notices.append(Notice("boundary-optimum", message, runs))
    return notices


def competing(objective: Objective, evidence: Evidence) -> list[npt.NDArray[np.intp]]:
    """Return the indices of the measured runs that compete with each other, a context at a time."""
    groups = objective.by_context([run.params for run in evidence.measured])
    members = [np.array(group) for group in groups]
    return [group for group in members if len(np.unique(evidence.X[group], axis=0)) > 1]


def _values(name: str, evidence: Evidence, encoding: Encoding) -> Array:
    columns = evidence.X[:, encoding.columns[name]]
    if columns.shape[1] == 1:
        return np.asarray(columns[:, 0])
    return np.asarray(np.argmax(columns, axis=1), dtype=float)
