"""`recommend init`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.importing import Encoding
from recommender.cli.session import DryRun, Json, Quiet, print_json, say


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


def init(
    context: typer.Context,
    table: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="TABLE", help="Infer parameters, scales and bounds from past runs."
        ),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="The column to optimise, if not the one inferred.")
    ] = None,
    encoding: Encoding = None,
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Start a project here: configs/sweep.yaml and configs/base.yaml. Overwrites nothing."""
    from recommender.campaign.setup import start

    started = start(
        context.obj.folder, table=table, metric=metric, encoding=encoding, dry_run=dry_run
    )
    if as_json:
        files = [{"path": path, "state": state} for path, state in started.files.items()]
        print_json({"dry_run": dry_run, "files": files, "notes": list(started.notes)})
        return
    for path, state in started.files.items():
        print(path if quiet else f"{path}  {state}")
    for note in started.notes:
        say(note, quiet=quiet)
    following = f"recommend import {shlex.quote(str(table))}, and then " if table else ""
    say(f"Look through configs/sweep.yaml; then {following}recommend next --n 4", quiet=quiet)
