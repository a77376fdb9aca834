"""Which rows look wrong, which cell most likely slipped, and which rows stand twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recommender.engine.notices import duplicates
from recommender.engine.slips import RESULT, Kind, Slip
from recommender.engine.suspects import FEWEST, Suspect, find_suspects
from recommender.insight.check import Check, Level
from recommender.insight.rows import place, settings
from recommender.insight.view import View
from recommender.number import format_value
from recommender.records.fold import command
from recommender.run import Run

ALONE = 0.8  # share from which on a guess is given without its rival


def suspects(view: View) -> Iterator[Check]:
    """Say which rows the others contradict, and what they look like."""
    belief, runs = view.belief, view.measured
    found: list[Suspect] = []
    if belief.surrogate is not None:
        params = [known.params for known in belief.evidence.measured]
        values = belief.values.tolist()
        odd = np.abs(belief.surrogate.leave_one_out_z(belief.evidence.y)).tolist()
        found = find_suspects(belief.encoding, view.objective, params, values, odd)
    for suspect in found:
        run = runs[suspect.row]
        yield Check("suspect-run", Level.WARNING, _message(view, run, suspect), (run.id,))
    if not found:
        told = belief.surrogate is not None and len(runs) >= FEWEST
        reason = "no row contradicts the others"
        if not told:
            reason = "too few runs to tell, or all have the same result"
        yield Check("suspect-run", Level.PASS, reason)


def _message(view: View, run: Run, suspect: Suspect) -> str:
    metric, surrogate = view.objective.metric, view.belief.surrogate
    assert surrogate is not None, "without a model nothing is suspect"
    expected = view.objective.from_loss(float(surrogate.leave_one_out_mean[suspect.row]))
    sd = float(surrogate.leave_one_out_sd[suspect.row])
    likely, share = suspect.slips[0]
    guess = _guess(view, run, likely)
    if share < ALONE:
        others = (slip for slip, _ in suspect.slips if slip.cells != likely.cells)
        rival = next(others, None)
        if rival is not None:
            guess = f"{guess} ({share:.0%}); or else: {_guess(view, run, rival)}"
    return (
        f"{place(view.folded, run, metric)}: {run.id} ({settings(run)}) has {metric} "
        f"{format_value(run.metrics[metric])}, where the other runs predict {expected:.3g} ± "
        f"{sd:.2g}. {guess}. Look it up; if so: {_remedy(view, run, likely)}"
    )


def _guess(view: View, run: Run, slip: Slip) -> str:
    """Return in words what may have happened to a row."""
    metric = view.objective.metric
    if slip.kind is Kind.RESULT:
        return f"{metric} looks wrong, not a parameter"
    cells = [
        f"{name or metric} {_written(view, run, name)} looks like {_meant(slip, name)}"
        for name in slip.cells
    ]
    if slip.kind is Kind.SWAP:
        one, two = (name or metric for name in slip.cells)
        return f"{one} and {two} look swapped ({', '.join(cells)})"
    how = {Kind.DECIMAL: "a slipped decimal point", Kind.DIGITS: "two digits exchanged"}
    why = f", {how[slip.kind]}" if slip.kind in how else ""
    if slip.cells == (RESULT,):
        return f"{cells[0]}{why}"
    (name,) = slip.cells
    return f"{cells[0]}{why}: it has the {metric} of a run at {name} {_meant(slip, name)}"


def _remedy(view: View, run: Run, slip: Slip) -> str:
    metric = view.objective.metric
    if slip.kind is Kind.RESULT:
        return (
            f'recommend record {run.id} --amend "why" --metric {metric}=VALUE, or run it once '
            f"more and keep this one out: recommend exclude {run.id} --reason TEXT"
        )
    params = [name for name in slip.cells if name != RESULT]
    changes = [
        command(run.id, name, slip.params[name], view.space.names).partition(' --amend "why"')[2]
        for name in params
    ]
    if RESULT in slip.cells and slip.value is not None:
        changes.append(f" --metric {metric}={format_value(slip.value)}")
    return f'recommend record {run.id} --amend "why"{"".join(changes)}'


def _written(view: View, run: Run, name: str) -> str:
    metric = view.objective.metric
    return format_value(run.params[name] if name != RESULT else run.metrics[metric])


def _meant(slip: Slip, name: str) -> str:
    meant = slip.value if name == RESULT else slip.params[name]
    return "another value" if meant is None else format_value(meant)


def repeated(view: View) -> Iterator[Check]:
    """Say which rows repeat another in every parameter and in the result, for information."""
    notices = duplicates(view.belief.evidence.measured)
    for notice in notices:
        runs = [run for run in view.measured if run.id in notice.runs]
        rows = " and ".join(place(view.folded, run, view.objective.metric) for run in runs)
        yield Check("duplicate-run", Level.PASS, f"{rows}: {notice.message}", notice.runs)
    if not notices:
        yield Check("duplicate-run", Level.PASS, "no two runs agree in everything")
