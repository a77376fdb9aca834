"""`recommend status` and `recommend best`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.text import Text

from recommender.campaign.standing import standing
from recommender.cli.layout import counted, percent, print_runs, with_sd
from recommender.cli.session import Json, Quiet, answers, now, print_json, say, working
from recommender.number import format_value
from recommender.run import Run

if TYPE_CHECKING:
    from recommender.campaign.best import BestRun


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status)
    app.command("best")(best)


def status(context: typer.Context, as_json: Json = False, quiet: Quiet = False) -> None:
    """Show how many runs there are, what is pending, and the best observed."""
    project = context.obj.project()
    state = standing(project)
    if as_json:
        print_json(
            {
                "runs": state.runs,
                "completed": state.completed,
                "crashed": state.crashed,
                "diverged": state.diverged,
                "dropped": state.dropped,
                "excluded": state.excluded,
                "unmeasured": state.unmeasured,
                "pending": [run.id for run in state.pending],
                "best_observed": _run(state.best_observed) if state.best_observed else None,
                "best_by_context": [_run(run) for run in state.best_by_context],
            }
        )
        return
    console = answers()
    metric = project.config.objective.metric
    counts = [f"{state.completed} completed"]
    for number, word in (
        (state.unmeasured, f"without {metric}"),
        (state.crashed, "crashed"),
        (state.diverged, "diverged"),
        (state.excluded, "excluded"),
        (state.dropped, "dropped"),
        (len(state.pending), "pending"),
    ):
        counts += [f"{number} {word}"] if number else []
    console.print(Text(f"{counted(state.runs, 'run')}: {', '.join(counts)}", style="bold"))
    for notice in state.notices:
        say(f"! {notice}", quiet=quiet)
    if quiet:
        return
    names = project.config.space.names
    if state.pending:
        _print_title(console, "pending")
        rows = [
            [*_cells(run), _age(run.proposal.proposed_at if run.proposal else "")]
            for run in state.pending
        ]
        print_runs(console, ["run", *names, "age"], rows)
    best_runs = [state.best_observed] if state.best_observed else list(state.best_by_context)
    if best_runs:
        context_names = ", ".join(project.config.objective.context)
        title = f"best observed at each {context_names}" if context_names else "best observed"
        _print_title(console, title)
        rows = [[*_cells(run), format_value(run.metrics[metric])] for run in best_runs]
        print_runs(console, ["run", *names, metric], rows)
    if best_runs and project.config.objective.context:
        console.print()
        console.print(
            Text(f"Values of {metric} are compared at equal {context_names} only.", style="dim")
        )


def best(context: typer.Context, as_json: Json = False, quiet: Quiet = False) -> None:
    """Show the run that the model believes to be the best, and how sure it is."""
    project = context.obj.project()
    with working("fitting the runs so far", quiet=quiet or as_json):
        from recommender.campaign.best import best as believed_best

        found = believed_best(project)
    if as_json:
        print_json(
            {
                "best": _best(found.best) if found.best else None,
                "best_by_context": [_best(each) for each in found.by_context],
            }
        )
    for notice in found.history_notices:
        say(f"! {notice}", quiet=quiet)
    if as_json:
        return
    runs = [found.best] if found.best else list(found.by_context)
    if quiet:
        for each in runs:
            print(each.run.id)
        return
    if not runs:
        metric = project.config.objective.metric
        say(f"no finished run has a value of {metric} yet")
        return
    objective = project.config.objective
    names = ", ".join(objective.context)
    rows = []
    for each in runs:
        belief, value = each.incumbent, each.run.metrics.get(objective.metric)
        recorded = "" if value is None else format_value(value)
        mean = "–"
        if belief.mean is not None and belief.sd is not None:
            mean = with_sd(belief.mean, belief.sd)
        chance = percent(belief.probability_best)
        rows.append([*_cells(each.run), recorded, mean, chance, str(belief.compared)])
    console = answers()
    _print_title(console, f"believed best at each {names}" if names else "believed best")
    headings = ["run", *project.config.space.names, objective.metric, "believed", "P(best)", "of"]
    print_runs(console, headings, rows)
    note = f" of equal {names}" if names else ""
    console.print()
    text = f"P(best): the chance that its true value is the best of that many configurations{note}."
    console.print(Text(text, style="dim"))


def _print_title(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, style="bold"))


def _cells(run: Run) -> list[str]:
    return [run.id, *(format_value(value) for value in run.params.values())]


def _age(proposed_at: str) -> str:
    try:
        since = datetime.fromisoformat(now()) - datetime.fromisoformat(proposed_at).astimezone(UTC)
    except ValueError:
        return "?"
    hours = max(0.0, since.total_seconds() / 3600)  # another machine's clock may be ahead
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} d"


def _run(run: Run) -> dict[str, Any]:
    return {"id": run.id, "params": dict(run.params), "metrics": dict(run.metrics)}


def _best(best: BestRun) -> dict[str, Any]:
    belief = best.incumbent
    return {
        **_run(best.run),
        "predicted": {"mean": belief.mean, "sd": belief.sd},
        "probability_best": belief.probability_best,
        "compared": belief.compared,
    }
