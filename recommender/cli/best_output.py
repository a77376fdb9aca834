"""The incumbents as a person reads them, and as a program does."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from recommender.campaign.best import Best, BestRun, advice
from recommender.campaign.project import Project
from recommender.cli.layout import (
    cells,
    print_line,
    print_runs,
    print_title,
    run_document,
)
from recommender.cli.session import answers
from recommender.number import format_value
from recommender.wording import percent, with_sd


def print_best(project: Project, found: Best) -> None:
    """Print the incumbents as a table, what to repeat, and whether to go on."""
    objective = found.objective
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
    for text in advice(found):
        print_line(console, "-", text)


def best_document(found: Best) -> dict[str, Any]:
    """Return the incumbents as the document of `best --json`."""
    return {
        "best": _best(found.best) if found.best else None,
        "best_by_context": [_best(each) for each in found.by_context],
        "outlook": _outlook(found),
    }


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
        "hours": found.hours_left,
    }


def _best(best: BestRun) -> dict[str, Any]:
    belief = best.incumbent
    return {
        **run_document(best.run),
        "predicted": {"mean": belief.mean, "sd": belief.sd},
        "probability_best": belief.probability_best,
        "compared": belief.compared,
        "doubted": belief.doubted,
        "replicate": {"rival": belief.rival.id, "lead": belief.rival.lead, "sd": belief.rival.sd}
        if belief.rival is not None and belief.worth_repeating
        else None,
    }
