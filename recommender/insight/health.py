"""Whether the model can be trusted: how it predicts runs it does not know, and the noise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recommender.engine.notices import competing, of_the_parameters
from recommender.engine.replicates import replicate_noise
from recommender.engine.surrogate import Surrogate
from recommender.insight.calibration import LEVEL, Calibration, calibration, means_of_the_others
from recommender.insight.check import Check, Level
from recommender.insight.contrasts import single_runs
from recommender.insight.rows import named
from recommender.insight.view import View

WEAK = 0.5  # R2 below which predictions are called guesses
UNLIKELY = 0.01  # the chance of so few results inside their intervals

_ADVICE = {
    "flat-parameter": "; do not tune it on what they seem to show, and try wider values to find out"
}


def health(view: View) -> Iterator[Check]:
    """Say how well the model predicts each run from the others, and what it cannot tell."""
    surrogate, evidence = view.belief.surrogate, view.belief.evidence
    if surrogate is None:
        metric = view.objective.metric
        message = (
            f"there is no model of {metric} yet: {evidence.distinct} different configurations have "
            "a value of it, or all have the same; recommend next fills the space until then"
        )
        yield Check("few-runs", Level.WARNING, message)
        return
    yield Check("few-runs", Level.PASS, f"{len(evidence.y)} runs are modelled")
    yield _fit(view, surrogate)
    told = list(of_the_parameters(view.objective, evidence, surrogate, view.belief.encoding))
    for notice in told:
        advice = _ADVICE.get(notice.code, "")
        yield Check(notice.code, Level.WARNING, f"{notice.message}{advice}", notice.runs)
    codes = {notice.code for notice in told}
    inside = "what looks best lies inside the declared bounds of what has an effect"
    if not competing(view.objective, evidence):
        context = " and ".join(view.objective.context)
        inside = (
            f"no two runs of equal {context} compete, so no best run is known to lie at a bound"
        )
    for code, message in (
        ("flat-parameter", "every parameter has an effect that the runs can tell from none"),
        ("boundary-optimum", inside),
    ):
        if code not in codes:
            yield Check(code, Level.PASS, message)
    yield from single_runs(view, surrogate)


def _fit(view: View, surrogate: Surrogate) -> Check:
    found = _leave_one_out(view, surrogate)
    context = " and ".join(view.objective.context)
    rival = f"the mean of the other runs{f' of equal {context}' if context else ''}"
    message = (
        f"each run predicted from the others: R2 {found.r2:.2f} against {rival}, log density "
        f"{found.log_density:+.2f} nats a run, {found.inside} of {found.n} results inside their "
        f"{LEVEL:.0%} interval"
    )
    odd = [run for run, sound in zip(view.measured, surrogate.believed, strict=True) if not sound]
    if odd:
        named_ones = named(view.folded, odd, view.objective.metric)
        message += f"; the model does not take the result of {named_ones} at its word"
    if not surrogate.informative:
        message += (
            "; the runs cannot be told from a constant with noise: take predictions as guesses"
        )
    elif found.r2 < WEAK:
        message += "; the model knows little beyond that mean, so take its predictions as guesses"
    elif found.chance < UNLIKELY:
        message += "; the intervals are too narrow, so double them in your mind"
    else:
        return Check("poor-fit", Level.PASS, message)
    return Check("poor-fit", Level.WARNING, message)


def _leave_one_out(view: View, surrogate: Surrogate) -> Calibration:
    y = view.belief.evidence.y
    believed = surrogate.believed
    groups = np.zeros(len(y), dtype=np.intp)
    runs = [run.params for run in view.measured]
    for index, members in enumerate(view.objective.by_context(runs)):
        groups[members] = index
    _, kept = np.unique(groups[believed], return_inverse=True)
    return calibration(
        y[believed],
        surrogate.leave_one_out_mean[believed],
        surrogate.leave_one_out_sd[believed],
        means_of_the_others(y[believed], kept),
    )


def noise(view: View) -> Iterator[Check]:
    """Say whether the noise of the metric is known from replicates, or only assumed."""
    evidence, metric = view.belief.evidence, view.objective.metric
    surrogate = view.belief.surrogate
    kept = np.ones(len(evidence.y), dtype=bool)
    assumed = ""
    if surrogate is not None:
        kept = surrogate.believed
        sd = float(surrogate.losses(np.median(evidence.y, keepdims=True),
                                    np.array([surrogate.posterior.noise**0.5]))[1][0])  # fmt: skip
        assumed = f"; the model fits {sd:.2g}"
    found = replicate_noise(evidence.X[kept], evidence.y[kept])
    if found is None:
        twice = replicate_noise(evidence.X, evidence.y) is not None
        results = "results that can be believed" if twice else "results"
        message = (
            f"the noise of {metric} is only assumed: no configuration was run twice with different "
            f"{results}{assumed}. Repeat one run to know how much of a difference is chance"
        )
        yield Check("noise", Level.WARNING, message)
        return
    message = (
        f"noise of {metric} from replicates: sd {found.sd:.2g}, 95 % interval {found.low:.2g} to "
        f"{found.high:.2g} ({found.degrees_of_freedom} degrees of freedom){assumed}"
    )
    yield Check("noise", Level.PASS, message)
