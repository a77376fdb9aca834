"""`recommend next` and `recommend jobs`."""

from __future__ import annotations

from typing import Annotated

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
    seed: Annotated[int, typer.Option(min=0, help="Another seed may give another batch.")] = 0,
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
        from recommender.cli.batch_output import batch_document, print_batch

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
        print_json(batch_document(project, batch))
    elif quiet:
        for config in batch.configs:
            print(reachable(project, config))
    else:
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
