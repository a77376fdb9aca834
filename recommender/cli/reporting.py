"""`recommend report`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from recommender.cli.session import DryRun, Json, Metric, Quiet, now, print_json, say, working
from recommender.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report")(report)


def report(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The page; else report.html in the project folder."),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw each figure for a paper too, into this folder."),
    ] = None,
    format: Annotated[
        Literal["png", "svg", "pdf"] | None,
        typer.Option(help="Of the figures for a paper; png if not given."),
    ] = None,
    metric: Metric = None,
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Write one HTML page: what is best, what is next and why, and whether to believe it."""
    if format is not None and figures is None:
        raise UsageError("--format goes with --figures DIR, the folder that the figures go to")
    project = context.obj.project()
    with working("fitting the runs so far and drawing", quiet=quiet or as_json):
        from recommender.campaign.reporting import write_report

        written = write_report(
            project,
            out=out,
            figures=figures,
            format=format or "png",
            metric=metric,
            now=now(),
            dry_run=dry_run,
        )
    paths = [os.path.relpath(path) for path in (written.path, *written.figures)]
    if as_json:
        print_json(
            {
                "report": paths[0],
                "bytes": written.size,
                "figures": paths[1:],
                "dry_run": dry_run,
            }
        )
    else:
        for path in paths:
            print(path)
    for notice in written.notices:
        say(f"! {notice}", quiet=quiet)
    if dry_run:
        say("dry run: nothing was written", quiet=quiet)
