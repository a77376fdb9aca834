"""`recommend effects`, `recommend why`, `recommend scorecard` and `recommend check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.session import Json, Metric, Quiet, print_json, say, working


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("effects")(effects)
    app.command("why")(why)
    app.command("scorecard")(scorecard)
    app.command("check")(check)


def effects(
    context: typer.Context,
    parameter: Annotated[
        str | None, typer.Argument(help="One parameter, in every detail; else all.")
    ] = None,
    metric: Metric = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what each parameter does: in the runs, in the model, and how sure that is."""
    project = context.obj.project()
    with working("fitting the runs so far and averaging over them", quiet=quiet or as_json):
        from recommender.campaign.explaining import effects as found_effects
        from recommender.cli.effects_output import effects_document, print_effects

        found = found_effects(project, metric, parameter)
    if as_json:
        print_json(effects_document(found))
    elif quiet:
        for one in found.parameters:
            print(f"{one.name}: {one.sentence}")
    else:
        print_effects(found, whole=parameter is not None)


def why(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="The proposals; else all pending.")
    ] = None,
    metric: Metric = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say why each pending run was proposed, what is predicted, and what it would teach."""
    project = context.obj.project()
    with working("asking what each run would teach", quiet=quiet or as_json):
        from recommender.campaign.explaining import why as explained
        from recommender.cli.why_output import print_why, why_document

        found = explained(project, ids or [], metric)
    name = metric or project.config.objective.metric
    if as_json:
        print_json(why_document(found, name))
        return
    if not found:
        say("no run is pending; propose some with: recommend next", quiet=quiet)
        return
    if quiet:
        for one in found:
            print(f"{one.proposal.id}: {one.proposal.reason}")
        return
    print_why(found, name)


def scorecard(
    context: typer.Context, metric: Metric = None, as_json: Json = False, quiet: Quiet = False
) -> None:
    """Show whether past predictions were right, and what random search would have found."""
    project = context.obj.project()
    with working("comparing the proposals with their results", quiet=quiet or as_json):
        from recommender.campaign.explaining import scorecard as compared
        from recommender.cli.scorecard_output import (
            print_scorecard,
            scorecard_document,
            sentences,
        )

        found = compared(project, metric)
    if as_json:
        print_json(scorecard_document(found))
    elif not found.scored:
        say(
            f"no proposal has a value of {found.metric} yet ({found.waiting} waiting), so there is "
            "nothing to compare; when a run has finished: recommend record ID --metric "
            f"{found.metric}=VALUE",
            quiet=quiet,
        )
    elif quiet:
        for sentence in sentences(found):
            print(sentence)
    else:
        print_scorecard(found)


def check(
    context: typer.Context,
    job: Annotated[Path, typer.Argument(metavar="JOB.yaml", help="A config of your own.")],
    metric: Metric = None,
    n: Annotated[int, typer.Option("--n", "-n", help="How many proposals to rank it among.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="That of `recommend next`.")] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Say what is predicted of a config that you wrote, and how it compares. Proposes nothing."""
    project = context.obj.project()
    with working("comparing it with what would be proposed", quiet=quiet or as_json):
        from recommender.campaign.reviewing import review
        from recommender.cli.check_output import check_document, print_check, warnings

        found = review(project, job, metric, n=n, seed=seed)
    if as_json:
        print_json(check_document(project, job, found))
    elif quiet:
        for code, message, _ in warnings(project, found):
            print(f"{message} [{code}]")
    else:
        print_check(project, job, found)
