"""The incumbents as a person reads them, and as a program does."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from recommender.campaign.best import Best, BestRun
from recommender.campaign.project import Project
from recommender.cli.layout import (
    cells,
    percent,
    print_line,
    print_runs,
    print_title,
    run_document,
    with_sd,
)
from recommender.cli.session import answers
from recommender.engine.outlook import LOOKED_AHEAD, SURE, Outlook
from recommender.number import format_value


def print_best(project: Project, found: Best) -> None:
    """Print the incumbents as a table, what to repeat, and whether to go on."""
    objective = project.config.objective
    names = ", ".join(objective.context)
    rows = []
    for each in found.runs:
        belief, value = each.incumbent, each.run.metrics.get(objective.metric)
        recorded = "" if value is None else format_value(value)
        mean = "–"
        if belief.mean is not None and belief.sd is not None:
            mean = with_sd(belief.mean, belief.sd)
        chance = percent(belief.probability_best)
        rows.append([*cells(each.run), recorded, mean, chance, str(belief.compared)])
    console = answers()
    print_title(console, f"believed best at each {names}" if names else "believed best")
    headings = ["run", *project.config.space.names, objective.metric, "believed", "P(best)", "of"]
    print_runs(console, headings, rows)
    note = f" of equal {names}" if names else ""
    console.print()
    text = f"P(best): the chance that its true value is the best of that many configurations{note}."
    console.print(Text(text, style="dim"))
    for each in found.runs:
        rival = each.incumbent.rival
        if rival is not None and each.incumbent.worth_repeating:
            lead = f"{rival.lead:.2g} ± {rival.sd:.2g}"
            text = (
                f"repeat {each.run.id} first: it leads {rival.id} by {lead} of {objective.metric}"
            )
            print_line(console, "-", text)
    if found.outlook is not None:
        print_line(console, "-", _words(found, found.outlook, objective.metric))


def best_document(found: Best) -> dict[str, Any]:
    """Return the incumbents as the document of `best --json`."""
    return {
        "best": _best(found.best) if found.best else None,
        "best_by_context": [_best(each) for each in found.by_context],
        "outlook": _outlook(found),
    }


def _words(found: Best, outlook: Outlook, metric: str) -> str:
    """Return the stop advice as a sentence."""
    chance = f"{outlook.chance:.0%}"
    left = (
        f"The chance that no run within reach is better by more than {outlook.tolerance:.2g} of "
        f"{metric}: {chance}"
    )
    if outlook.stop:
        before = f"{outlook.chance_before:.0%}"
        return f"{left}, and {before} a batch ago: more runs are hardly worth their hours"
    if outlook.runs is None:
        return f"{left}; more than {LOOKED_AHEAD} runs until it is {SURE:.0%}"
    hours = _hours(found, outlook)
    training = "" if hours is None else f" ({hours:.0f} hours of training)"
    return f"{left}; at least {outlook.runs} more runs{training} until it is {SURE:.0%}"


def _hours(found: Best, outlook: Outlook) -> float | None:
    if outlook.runs is None or found.hours_per_run is None:
        return None
    return outlook.runs * found.hours_per_run


def _outlook(found: Best) -> dict[str, Any] | None:
    outlook = found.outlook
    if outlook is None:
        return None
    return {
        "tolerance": outlook.tolerance,
        "chance": outlook.chance,
        "chance_before": outlook.chance_before,
        "stop": outlook.stop,
        "runs": outlook.runs,
        "hours": _hours(found, outlook),
    }


def _best(best: BestRun) -> dict[str, Any]:
    belief = best.incumbent
    return {
        **run_document(best.run),
        "predicted": {"mean": belief.mean, "sd": belief.sd},
        "probability_best": belief.probability_best,
        "compared": belief.compared,
        "replicate": {"rival": belief.rival.id, "lead": belief.rival.lead, "sd": belief.rival.sd}
        if belief.rival is not None and belief.worth_repeating
        else None,
    }
