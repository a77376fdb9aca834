"""What came back: results, corrections, and what to do with a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recommender.campaign.project import Project
from recommender.campaign.result import RESULTS, Result
from recommender.errors import ConflictError, UsageError, did_you_mean
from recommender.records import RESERVED, Event, EventKind, Folded, check_event
from recommender.run import Run, Status, Value, next_number, run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a statement: the row written, or None because it said nothing new."""

    id: str
    event: Event | None


def record(
    project: Project,
    id: str | None,
    result: Result,
    *,
    amend: str | None = None,
    new_metric: bool = False,
    now: str,
    dry_run: bool = False,
) -> Recorded:
    """Record the result of a run, or correct one.

    Args:
        project: where.
        id: the run; None for one that was never proposed, which gets a new id.
        result: what came back.
        amend: the reason, if values that are known are to be replaced.
        new_metric: accept a metric whose name looks like another's.
        now: the time, a label.
        dry_run: check only.

    Raises:
        UsageError: an unknown id, metric or parameter, a value that is not allowed, or no
            statement at all.
        ConflictError: the result contradicts what is known.
        HistoryError: the history cannot be read or written.
    """
    if result == Result(id=result.id):
        raise UsageError(
            "nothing to record; give --metric NAME=VALUE, --result FILE, --status or --param"
        )
    if result.id and id not in (None, result.id):
        raise UsageError(f"the result file is of {result.id}, not of {id}; name the one it is of")
    id = id or result.id or None
    if result.status in (Status.CRASHED, Status.DIVERGED):
        metric = project.config.objective.metric
        if metric in result.metrics:
            raise UsageError(
                f"a {result.status} run has no {metric} to learn from; leave out one of the two"
            )
    # A value out of bounds is welcome: a run that was made is evidence wherever it lies.
    space = project.config.space
    params = {name: space[name].coerce(text) for name, text in result.params.items()}
    with project.writing(dry_run=dry_run) as writer:
        folded = writer.folded
        _check_metrics(project, folded, result.metrics, new_metric=new_metric)
        if id is None:
            id = _new_id(project, folded, params)
        if amend is None:
            _check_outcome(project, folded.history.get(id), result)
        event = check_event(
            folded,
            Event(
                id=id,
                kind=EventKind.RESULT if amend is None else EventKind.AMEND,
                status=result.status,
                recorded_at=now,
                label=result.label,
                hours=result.hours,
                params=params,
                metrics=dict(result.metrics),
                note=result.note if amend is None else amend,
            ),
        )
        if event is not None:
            writer.append_events([_complete(folded, event)])
    return Recorded(id=id, event=event)


def mark(
    project: Project,
    ids: Sequence[str],
    kind: EventKind,
    *,
    note: str = "",
    now: str,
    dry_run: bool = False,
) -> list[Recorded]:
    """Drop, exclude or restore runs, all or none.

    Raises:
        UsageError: an id is unknown.
        ConflictError: a run that has a result is to be dropped.
        HistoryError: the history cannot be read or written.
    """
    with project.writing(dry_run=dry_run) as writer:
        events = [
            (id, check_event(writer.folded, Event(id=id, kind=kind, recorded_at=now, note=note)))
            for id in dict.fromkeys(ids)
        ]
        writer.append_events([event for _, event in events if event is not None])
    return [Recorded(id=id, event=event) for id, event in events]


def pending_of_batch(project: Project, batch: int) -> list[str]:
    """Return the ids of a batch's runs that are still pending.

    Raises:
        UsageError: there is no such batch.
    """
    folded = project.records.read()
    batches = sorted({proposal.batch for proposal in folded.proposals})
    if batch not in batches:
        known = f"{batches[0]} to {batches[-1]}" if batches else "none yet"
        raise UsageError(f"there is no batch {batch}; batches: {known}")
    members = {proposal.id for proposal in folded.proposals if proposal.batch == batch}
    return [run.id for run in folded.history.pending if run.id in members]


def _check_metrics(
    project: Project, folded: Folded, metrics: Mapping[str, float], *, new_metric: bool
) -> None:
    known = {project.config.objective.metric}
    known |= {name for run in folded.history.runs for name in run.metrics}
    for name in metrics:
        if name in project.config.space.names or name in RESERVED or not name.strip():
            raise UsageError(f"{name!r} is a parameter or a column of the history, not a metric")
        hint = did_you_mean(name, known)
        if name not in known and hint and not new_metric:
            raise UsageError(
                f"there is no metric {name!r} so far{hint} If it is a new one, add --new-metric"
            )


def _check_outcome(project: Project, run: Run | None, result: Result) -> None:
    """A run that came to nothing so far does not become a completed one by a note alone."""
    metric = project.config.objective.metric
    if run is None or result.status is not None:
        return
    if run.status is Status.DIVERGED and metric in result.metrics:
        raise ConflictError(
            f"{run.id} is diverged ({run.source}), so it has no {metric}; nothing was written. If "
            f"it did not diverge: recommend record {run.id} --amend REASON --status completed "
            f"--metric {metric}=VALUE"
        )
    if run.status not in (Status.COMPLETED, Status.DIVERGED) and not result.metrics:
        raise UsageError(
            f"{run.id} is {run.status}; say what became of it with --metric {metric}=VALUE or "
            f"--status {'|'.join(RESULTS)}"
        )


def _new_id(project: Project, folded: Folded, params: Mapping[str, Value]) -> str:
    missing = [name for name in project.config.space.names if name not in params]
    if missing:
        raise UsageError(
            f"name the run by its id, or give every parameter of a run that was never proposed: "
            f"--param NAME=VALUE is missing for {', '.join(missing)}"
        )
    return run_id(next_number([run.id for run in folded.history.runs]), params)


def _complete(folded: Folded, event: Event) -> Event:
    """Return the row with the run's parameters, so that the table reads without its partner."""
    run = folded.history.get(event.id)
    if event.kind is not EventKind.RESULT or run is None:
        return event
    return Event(
        id=event.id,
        kind=event.kind,
        status=event.status,
        recorded_at=event.recorded_at,
        label=event.label,
        hours=event.hours,
        params={**run.first_params, **event.params},
        metrics=event.metrics,
        note=event.note,
        extras=event.extras,
    )
