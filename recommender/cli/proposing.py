"""`recommend next` and `recommend jobs`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from recommender.cli.session import (
    DryRun,
    Json,
    Quiet,
    Session,
    now,
    pairs,
    print_json,
    reachable,
    say,
    working,
)
from recommender.errors import UsageError

if TYPE_CHECKING:
    from recommender.campaign.project import Project
    from recommender.campaign.proposing import NextBatch
    from recommender.run import Proposal


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("next")(next_batch)
    app.command("jobs")(jobs)


def next_batch(
    context: typer.Context,
    n: Annotated[int, typer.Option("--n", "-n", help="How many runs to propose.")] = 4,
    fix: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Hold a parameter at a value. Repeatable."),
    ] = None,
    within: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW:HIGH", help="Keep a parameter within a narrower range. Repeatable."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives another batch.")] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Propose the next runs, and write a job file for each."""
    session: Session = context.obj
    fixed, ranges = pairs(fix or [], "--fix"), pairs(within or [], "--within")
    narrowed = {name: _ends(name, text) for name, text in ranges.items()}
    project = session.project()
    with working("fitting the runs so far and choosing the next ones", quiet=quiet or as_json):
        from recommender.campaign.proposing import propose

        batch = propose(
            project,
            n,
            fix=fixed,
            within=narrowed,
            seed=seed,
            now=now(),
            dry_run=dry_run,
            waiting=lambda: say("waiting for another `recommend next`", quiet=quiet),
        )
    if as_json:
        print_json(_document(project, batch))
    elif quiet:
        for config in batch.configs:
            print(reachable(project, config))
    else:
        from recommender.cli.batch_table import print_batch

        print_batch(project, batch)
    for notice in batch.history_notices:
        say(f"! {notice}", quiet=quiet)
    if dry_run:
        say("dry run: nothing was written", quiet=quiet)


def jobs(
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="The runs; else all pending.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that differ; a backup is kept.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Make lost job files anew from the proposals."""
    from recommender.campaign.job_files import remake, require_none_differs

    project = context.obj.project()
    files = remake(project, ids or [], force=force, dry_run=dry_run)
    if as_json:
        rows = [
            {
                "id": file.id,
                "config": project.shown(file.path),
                "state": file.state,
                "backup": project.shown(file.backup) if file.backup else None,
            }
            for file in files
        ]
        print_json({"dry_run": dry_run, "jobs": rows})
        require_none_differs(project, files)
        return
    for file in files:
        kept = f" (before: {project.shown(file.backup)})" if file.backup and not quiet else ""
        state = "" if quiet else f"  {file.state}{kept}"
        print(f"{reachable(project, project.shown(file.path))}{state}")
    if not files:
        say("no run is pending, so there is no job file to make", quiet=quiet)
    if dry_run:
        say("dry run: nothing was written", quiet=quiet)
    require_none_differs(project, files)


def _ends(name: str, text: str) -> tuple[str, str]:
    low, colon, high = text.partition(":")
    if not colon:
        raise UsageError(f"--within {name}={text}: write it as NAME=LOW:HIGH")
    return low, high


def _document(project: Project, batch: NextBatch) -> dict[str, Any]:
    objective = project.config.objective
    noise = batch.answer.noise
    return {
        "objective": {
            "metric": objective.metric,
            "direction": str(objective.direction),
            "context": list(objective.context),
        },
        "history": {
            "runs": batch.finished,
            "fitted": batch.answer.fitted,
            "pending": list(batch.pending),
        },
        "exploratory": batch.answer.exploratory,
        "context_variance_share": batch.answer.context_share,
        "noise": None
        if noise is None
        else {
            "sd": noise.sd,
            "interval": [noise.low, noise.high],
            "degrees_of_freedom": noise.degrees_of_freedom,
        },
        "batch": [
            _proposal(proposal, config)
            for proposal, config in zip(batch.proposals, batch.configs, strict=True)
        ],
        "evaluate": [
            {
                "id": id,
                "metric": objective.metric,
                "reason": f"finished without {objective.metric}; its value would teach most"
                if rank == 1
                else f"finished without {objective.metric}; number {rank} in what it would teach",
            }
            for rank, id in enumerate(batch.answer.evaluate, 1)
        ],
        "warnings": [
            {"code": notice.code, "message": notice.message, "runs": list(notice.runs)}
            for notice in batch.answer.notices
        ],
    }


def _proposal(proposal: Proposal, config: str) -> dict[str, Any]:
    return {
        "id": proposal.id,
        "config": config,
        "params": dict(proposal.params),
        "predicted": {"mean": proposal.mean, "sd": proposal.sd},
        "expected_improvement": proposal.expected_improvement,
        "probability_of_improvement": proposal.probability_of_improvement,
        "role": proposal.role,
        "reason": proposal.reason,
    }
