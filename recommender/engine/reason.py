"""The one line that says why a configuration is proposed."""

from __future__ import annotations

from collections.abc import Iterable

from recommender.engine.batch import Pick
from recommender.engine.evidence import Evidence
from recommender.engine.rounding import round_significant
from recommender.number import format_value
from recommender.run import Objective, Params, Value

UNLIKELY = 0.05  # chance of an improvement, below which a pick is there to learn from


def reason_for(pick: Pick, objective: Objective, evidence: Evidence, held: Params) -> str:
    """Return why this pick is in the batch, in one line without line breaks.

    `held` are the context parameters that the caller holds; the batch covers the others.
    """
    if pick.role == "start":
        assert pick.reference is not None
        other = [name for name, value in pick.params.items() if value != pick.reference[name]]
        but = f" but for {_values(pick.params, other)}" if other else ""
        return f"the job template's own values{but}, not tried yet"
    if pick.role == "space-filling":
        if not len(evidence.known):
            return "the first look: nothing is known yet"
        known = len(evidence.known)
        runs = "the 1 known run" if known == 1 else f"the {known} known runs"
        return f"far from {runs}; there is no model yet"
    if pick.role == "replicate":
        return "nothing new is left within the allowed values, so one is repeated"
    assert pick.reference is not None and pick.reference_index is not None
    reference, best = pick.reference, evidence.measured[pick.reference_index]
    context = {name: pick.params[name] for name in objective.context}
    changes = ", ".join(
        f"{name} {_short(reference[name])} to {_short(value)}"
        for name, value in pick.params.items()
        if name not in context and value != reference[name]
    )
    verb = "holds" if held else "covers"
    prefix = f"{verb} {_values(context, context)}; " if context else ""
    if not changes:
        return f"{prefix}the best known settings ({best.id}), not run there yet"
    run_there = all(best.params[name] == value for name, value in context.items())
    against = "the incumbent" if run_there else "the best known settings, not run there yet"
    there = " there" if context and run_there else ""
    return f"{prefix}{changes}: {_hope(pick)} {against}{there} ({best.id})"


def _hope(pick: Pick) -> str:
    if pick.role == "exploit":
        return "likely better than"
    unlikely = (pick.probability_of_improvement or 0.0) < UNLIKELY
    return "unlikely to beat" if unlikely else "uncertain against"


def _values(params: Params, names: Iterable[str]) -> str:
    return ", ".join(f"{name} {_short(params[name])}" for name in names)


def _short(value: Value) -> str:
    """Return a value as a sentence wants it; the exact one stands in the job."""
    return format_value(round_significant(value, 4) if isinstance(value, float) else value)
