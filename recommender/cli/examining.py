"""`recommend doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from recommender.cli.session import DryRun, Json, Quiet, now, print_json, printable, say
from recommender.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    storage: Annotated[
        bool, typer.Option("--storage", help="Examine how safely the history is stored.")
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
    if not storage:
        raise UsageError("say what to examine: recommend doctor --storage")
    if dry_run and not fix:
        raise UsageError("--dry-run goes with --fix; without it nothing is changed anyway")
    from recommender.campaign.examining import examine_storage, mend_storage, require_all_pass

    project = context.obj.project()
    mended = mend_storage(project, dry_run=dry_run) if fix else []
    checks = examine_storage(project, now())
    if as_json:
        rows = [
            {"code": c.code, "level": c.level, "message": c.message, "runs": list(c.runs)}
            for c in checks
        ]
        print_json({"checks": rows, "mended": mended, "dry_run": dry_run})
    else:
        for sentence in mended:
            say(f"{'would mend' if dry_run else 'mended'}: {sentence}", quiet=quiet)
        for check in checks:
            if not quiet or check.level != "PASS":
                print(printable(f"{check.level:<7}  {check.code}: {check.message}"))
        if dry_run:
            say("dry run: nothing was written", quiet=quiet)
    if strict:
        require_all_pass(checks)
