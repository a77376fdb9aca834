"""`recommend history copy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.session import DryRun, Json, Quiet, print_json, say
from recommender.history_url import redacted
from recommender.wording import counted

_HELP = "A folder that holds runs.csv, or the URL of a database."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    history = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    history.command("copy")(copy)
    app.add_typer(history, name="history", help="Move the history between files and a database.")


def copy(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FROM", help=_HELP, show_default=False)],
    target: Annotated[str, typer.Argument(metavar="TO", help=_HELP, show_default=False)],
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Add to the history TO all that FROM has and TO lacks; copying again adds nothing."""
    from recommender.campaign.copying import copy_history

    copied = copy_history(context.obj.project(), source, target, here=Path.cwd(), dry_run=dry_run)
    if as_json:
        print_json(
            {
                "from": redacted(source),
                "to": redacted(target),
                "dry_run": dry_run,
                "added": {"results": copied.results, "proposals": copied.proposals},
                "known": copied.known,
            }
        )
    for notice in copied.notices:
        say(f"! {notice}", quiet=quiet)
    if as_json:
        return
    print(
        f"{redacted(target)}: {counted(copied.results, 'result')} and "
        f"{counted(copied.proposals, 'proposal')} added, {copied.known} known already"
    )
    if dry_run:
        say("dry run: nothing was written", quiet=quiet)
