"""`recommend record`, `drop`, `exclude` and `restore`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from recommender.campaign.recording import Recorded, drop_batch, mark, record
from recommender.campaign.result import (
    Result,
    checked_hours,
    checked_status,
    combined,
    finite,
    read_result,
)
from recommender.cli.session import DryRun, Json, Quiet, now, pairs, print_json, printable, say
from recommender.errors import UsageError
from recommender.number import format_value, parse_number
from recommender.records import Event, EventKind

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="The runs.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("record")(record_result)
    app.command("drop")(drop)
    app.command("exclude")(exclude)
    app.command("restore")(restore)


def record_result(
    context: typer.Context,
    id: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="The run; none for one that was never proposed."),
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A metric. Repeatable.")
    ] = None,
    result: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='A JSON file of metrics: {"loss": 0.47, "NMI": 0.61}.'),
    ] = None,
    status: Annotated[
        str | None, typer.Option(help="completed (the default), crashed or diverged.")
    ] = None,
    hours: Annotated[float | None, typer.Option(help="How long the training took.")] = None,
    label: Annotated[str, typer.Option(help="What you call the run.")] = "",
    note: Annotated[str, typer.Option(help="Anything worth keeping.")] = "",
    param: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="A parameter of a run that was never proposed or, with --amend, its right value.",
        ),
    ] = None,
    amend: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Replace known values, and say why."),
    ] = None,
    new_metric: Annotated[
        bool, typer.Option("--new-metric", help="Accept a metric whose name is like another's.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Record the result of a run; a metric may come later, and the same again is a no-op."""
    if amend is not None and not amend.strip():
        raise UsageError("--amend needs a reason, like --amend 'typed one zero too few'")
    metrics = pairs(metric or [], "--metric")
    typed = Result(
        metrics={name: _number(name, text) for name, text in metrics.items()},
        params=pairs(param or [], "--param"),
        status=None if status is None else checked_status(status),
        hours=None if hours is None else checked_hours(hours),
        label=label,
        note=note,
    )
    recorded = record(
        context.obj.project(),
        id,
        typed if result is None else combined(read_result(result), typed),
        amend=amend,
        new_metric=new_metric,
        now=now(),
        dry_run=dry_run,
    )
    _report([recorded], "recorded", as_json=as_json, quiet=quiet, dry_run=dry_run)


def drop(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...")] = None,
    batch: Annotated[
        int | None, typer.Option(metavar="N", help="All runs of batch N that are still pending.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Give pending runs up. A late result is welcome all the same."""
    project = context.obj.project()
    if bool(ids) == (batch is not None):
        raise UsageError("name the runs to drop by their ids, or all of a batch with --batch N")
    if batch is None:
        dropped = mark(project, ids or [], EventKind.DROP, now=now(), dry_run=dry_run)
    else:
        dropped = drop_batch(project, batch, now=now(), dry_run=dry_run)
    _report(dropped, "dropped", as_json=as_json, quiet=quiet, dry_run=dry_run)
    if not dropped:
        say(f"no run of batch {batch} is pending, so nothing was written", quiet=quiet)


def exclude(
    context: typer.Context,
    ids: Ids,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the run.")],
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Keep runs out of every fit; they stay in the history."""
    if not reason.strip():
        raise UsageError("--reason is empty; say why the run must not be believed")
    project = context.obj.project()
    excluded = mark(project, ids, EventKind.EXCLUDE, note=reason, now=now(), dry_run=dry_run)
    _report(excluded, "excluded", as_json=as_json, quiet=quiet, dry_run=dry_run)


def restore(
    context: typer.Context,
    ids: Ids,
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Take an exclusion back."""
    restored = mark(context.obj.project(), ids, EventKind.RESTORE, now=now(), dry_run=dry_run)
    _report(restored, "restored", as_json=as_json, quiet=quiet, dry_run=dry_run)


def _number(name: str, text: str) -> float:
    number = parse_number(text)
    return finite(name, text if number is None else number)


def _answer(event: Event | None, verb: str) -> str:
    if event is None:
        already = "already recorded: " if verb == "recorded" else ""
        return f"{already}nothing new, so nothing was written"
    said = {**event.params, **event.metrics}
    values = [f"{name} {format_value(value)}" for name, value in said.items()]
    values += [] if event.hours is None else [f"{format_value(event.hours)} hours"]
    values += [f"label {event.label}"] if event.label else []
    values += [event.note] if event.note else []
    status = f" as {event.status}" if event.status else ""
    return f"{verb}{status}{': ' if values else ''}{', '.join(values)}"


def _report(
    recorded: Sequence[Recorded], verb: str, *, as_json: bool, quiet: bool, dry_run: bool
) -> None:
    for each in recorded:
        for notice in each.notices:
            say(f"! {each.id}: {notice}", quiet=quiet)
    if as_json:
        rows = [{"id": each.id, "changed": each.event is not None} for each in recorded]
        print_json({"action": verb, "dry_run": dry_run, "runs": rows})
        return
    for each in recorded:
        print(printable(each.id if quiet else f"{each.id}: {_answer(each.event, verb)}"))
    if dry_run:
        say("dry run: nothing was written", quiet=quiet)
