"""`recommend status` and `recommend best`."""

from __future__ import annotations

from datetime import UTC, datetime

import typer
from rich.text import Text

from recommender.campaign.standing import standing
from recommender.cli.layout import cells, print_runs, print_title, run_document
from recommender.cli.session import Json, Metric, Quiet, answers, now, print_json, say, working
from recommender.number import format_value
from recommender.wording import counted


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("status")(status)
    app.command("best")(best)


def status(
    context: typer.Context, metric: Metric = None, as_json: Json = False, quiet: Quiet = False
) -> None:
    """Show how many runs there are, what is pending, and the best observed."""
    project = context.obj.project()
    state = standing(project, metric)
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
                "best_observed": run_document(state.best_observed) if state.best_observed else None,
                "best_by_context": [run_document(run) for run in state.best_by_context],
            }
        )
        return
    console = answers()
    judged = state.objective
    counts = [f"{state.completed} completed"]
    for number, word in (
        (state.unmeasured, f"without {judged.metric}"),
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
        print_title(console, "pending")
        rows = [
            [*cells(run), _age(run.proposal.proposed_at if run.proposal else "")]
            for run in state.pending
        ]
        print_runs(console, ["run", *names, "age"], rows)
    best_runs = [state.best_observed] if state.best_observed else list(state.best_by_context)
    if best_runs:
        context_names = ", ".join(judged.context)
        title = f"best observed at each {context_names}" if context_names else "best observed"
        print_title(console, title)
        rows = [[*cells(run), format_value(run.metrics[judged.metric])] for run in best_runs]
        print_runs(console, ["run", *names, judged.metric], rows)
    if best_runs and judged.context:
        console.print()
        console.print(
            Text(
                f"Values of {judged.metric} are compared at equal {context_names} only.",
                style="dim",
            )
        )


def best(
    context: typer.Context, metric: Metric = None, as_json: Json = False, quiet: Quiet = False
) -> None:
    """Show the run that the model believes to be the best, and how sure it is."""
    project = context.obj.project()
    with working("fitting the runs so far", quiet=quiet or as_json):
        from recommender.campaign.best import best as believed_best
        from recommender.cli.best_output import best_document, print_best

        found = believed_best(project, metric)
    if as_json:
        print_json(best_document(found))
    for notice in found.history_notices:
        say(f"! {notice}", quiet=quiet)
    if as_json:
        return
    if quiet:
        for each in found.runs:
            print(each.run.id)
    elif found.runs:
        print_best(project, found)
    else:
        say(f"no finished run has a value of {found.objective.metric} yet")


def _age(proposed_at: str) -> str:
    try:
        since = datetime.fromisoformat(now()) - datetime.fromisoformat(proposed_at).astimezone(UTC)
    except ValueError:
        return "?"
    hours = max(0.0, since.total_seconds() / 3600)  # another machine's clock may be ahead
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} d"
