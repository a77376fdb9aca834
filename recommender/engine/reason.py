"""The one line that says why a configuration is proposed."""

from __future__ import annotations

from recommender.engine.batch import Pick
from recommender.engine.evidence import Evidence
from recommender.number import format_value
from recommender.run import Objective


def reason_for(pick: Pick, objective: Objective, evidence: Evidence) -> str:
    """Return why this pick is in the batch, in one line without line breaks."""
    if pick.role == "start":
        return "the job template's own values, not tried yet"
    if pick.role == "space-filling":
        if not len(evidence.known):
            return "the first look: nothing is known yet"
        return f"far from the {len(evidence.known)} known runs; too few results for a model"
    if pick.role == "replicate":
        return "nothing new is left within the allowed values, so a known run is repeated"
    assert pick.reference is not None and pick.reference_index is not None
    best = evidence.measured[pick.reference_index].id
    held = {name: pick.params[name] for name in objective.context}
    changes = ", ".join(
        f"{name} {format_value(pick.reference[name])} to {format_value(value)}"
        for name, value in pick.params.items()
        if name not in held and value != pick.reference[name]
    )
    where = ", ".join(f"{name} {format_value(value)}" for name, value in held.items())
    prefix = f"covers {where}; " if held else ""
    if not changes:
        return f"{prefix}the best known settings ({best}), not run there yet"
    verb = "likely better than" if pick.role == "exploit" else "uncertain against"
    run_there = all(evidence.measured[pick.reference_index].params[n] == v for n, v in held.items())
    against = "the incumbent" if run_there else "the best known settings, not run there yet"
    there = " there" if held and run_there else ""
    return f"{prefix}{changes}: {verb} {against}{there} ({best})"
