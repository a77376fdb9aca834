"""`recommend doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.cli.layout import print_line
from recommender.cli.session import (
    DryRun,
    Json,
    Metric,
    Quiet,
    answers,
    now,
    print_json,
    say,
    working,
)
from recommender.errors import UsageError

_STYLES = {"FAIL": "bold red", "PASS": "dim"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    metric: Metric = None,
    storage: Annotated[
        bool, typer.Option("--storage", help="Examine how safely the history is stored instead.")
    ] = False,
    fix: Annotated[
        bool,
        typer.Option(
            "--fix", help="Mend what is safe to mend: cut-off rows, leftovers, the inbox."
        ),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 where something does not pass.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Say what is suspicious, why, and what to do."""
    if fix and not storage:
        raise UsageError("--fix goes with --storage; what is suspicious in a run a person decides")
    if metric is not None and storage:
        raise UsageError("--metric goes without --storage, which asks how the history is stored")
    if dry_run and not fix:
        raise UsageError("--dry-run goes with --fix; without it nothing is changed anyway")
    project = context.obj.project()
    with working("examining the history", quiet=quiet or as_json):
        from recommender.campaign import examining

        mended = examining.mend_storage(project, dry_run=dry_run) if fix else []
        checks = (
            examining.examine_storage(project, now())
            if storage
            else examining.examine(project, metric, now())
        )
    if as_json:
        rows = [
            {"code": c.code, "level": c.level, "message": c.message, "runs": list(c.runs)}
            for c in checks
        ]
        print_json({"checks": rows, "mended": mended, "dry_run": dry_run})
    else:
        for sentence in mended:
            say(f"{'would mend' if dry_run else 'mended'}: {sentence}", quiet=quiet)
        console = answers()
        for check in checks:
            if not quiet or check.level != "PASS":
                style = _STYLES.get(check.level, "")
                print_line(console, f"{check.level:<7} ", f"{check.code}: {check.message}", style)
        if dry_run:
            say("dry run: nothing was written", quiet=quiet)
    if strict:
        examining.require_all_pass(checks)
