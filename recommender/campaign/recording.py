"""What came back: results, corrections, and what to do with a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from recommender.campaign.project import Project
from recommender.campaign.result import Result
from recommender.errors import ConflictError, UsageError, did_you_mean
from recommender.records import (
    RUN_COLUMNS,
    Event,
    EventKind,
    Folded,
    Writer,
    check_event,
    same,
)
from recommender.run import RESULTS, Params, Run, Status, Value, run_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a statement: the row written, or None because it said nothing new.

    `notices` say what is odd about it all the same.
    """

    id: str
    event: Event | None
    notices: tuple[str, ...] = ()


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
        id: the run; None for one that was never proposed: a known one with this label and these
            parameters, else a new one.
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
    with project.records.writing(dry_run=dry_run) as writer:
        folded = _about(writer, id, result.label, params)
        _check_metrics(project, folded, result.metrics, new_metric=new_metric)
        known = None if id else _recorded_before(folded, result.label, params)
        if known is not None:
            id, params = known.id, {}
        notices = folded.notices if id else (*folded.notices, *_repeats(folded, params))
        id = id or _new_id(project, writer, params, amend)
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
                note="; ".join(text for text in (amend, result.note) if text),
            ),
        )
        if event is not None:
            writer.append_events([_complete(folded, event)])
    outside = space.outside(event.params) if event else ()
    return Recorded(id=id, event=event, notices=notices + outside)


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
    with project.records.writing(dry_run=dry_run) as writer:
        return _marked(writer, ids, kind, note=note, now=now)


def drop_batch(project: Project, batch: int, *, now: str, dry_run: bool = False) -> list[Recorded]:
    """Drop the runs of a batch that are still pending.

    Raises:
        UsageError: there is no such batch.
        HistoryError: the history cannot be read or written.
    """
    with project.records.writing(dry_run=dry_run) as writer:
        ids = _pending_of_batch(writer.folded, batch)
        return _marked(writer, ids, EventKind.DROP, note="", now=now)


def _marked(
    writer: Writer, ids: Sequence[str], kind: EventKind, *, note: str, now: str
) -> list[Recorded]:
    marked: list[Recorded] = []
    for id in dict.fromkeys(ids):
        event = Event(id=id, kind=kind, recorded_at=now, note=note)
        known = _about(writer, id)
        notices = () if marked else known.notices
        marked.append(Recorded(id=id, event=check_event(known, event), notices=notices))
    writer.append_events([each.event for each in marked if each.event is not None])
    return marked


def _about(writer: Writer, id: str | None, label: str = "", params: Params | None = None) -> Folded:
    """Return what is known of a run, or of those of that label or these parameters.

    A run that neither is known nor could be a new one is looked for among all: an error then
    names the nearest.
    """
    if not id:
        return writer.find(label=label, params=params)
    folded = writer.find(id=id)
    complete = params is not None and all(name in params for name in folded.parameters)
    return folded if complete or folded.history.get(id) else writer.folded


def _pending_of_batch(folded: Folded, batch: int) -> list[str]:
    batches = sorted({proposal.batch for proposal in folded.proposals})
    if batch not in batches:
        known = f"{batches[0]} to {batches[-1]}" if batches else "none yet"
        raise UsageError(f"there is no batch {batch}; batches: {known}")
    members = {proposal.id for proposal in folded.proposals if proposal.batch == batch}
    return [run.id for run in folded.history.pending if run.id in members]


def _check_metrics(
    project: Project, folded: Folded, metrics: Mapping[str, float], *, new_metric: bool
) -> None:
    known = {project.config.objective.metric, *folded.metrics}
    for name in metrics:
        if not name.strip() or not name.isprintable():
            raise UsageError(
                f"{name!r} cannot be the name of a metric; use letters, digits, _ . or -"
            )
        if name in project.config.space.names or name in RUN_COLUMNS:
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
    if run.status.is_open and not result.metrics:
        raise UsageError(
            f"{run.id} is {run.status}; say what became of it with --metric {metric}=VALUE or "
            f"--status {'|'.join(RESULTS)}"
        )


def _repeats(folded: Folded, params: Params) -> tuple[str, ...]:
    """Say which runs have the parameters of one that is recorded without an id or a label."""
    same_params = [run.id for run in folded.history.runs if run.params == params]
    if not same_params:
        return ()
    have = "has" if len(same_params) == 1 else "have"
    return (
        f"{' and '.join(same_params)} {have} the same parameters; this counts as another training. "
        "If it is the same one, exclude it, and give its id or a --label the next time",
    )


def _recorded_before(folded: Folded, label: str, params: Params) -> Run | None:
    """Return the run of that label and these parameters, as they are or as first written down."""
    for run in folded.history.runs:
        for known in (run.first_params, run.params):
            same_params = all(name in params and same(params[name], known[name]) for name in known)
            if label and run.label == label and same_params:
                return run
    return None


def _new_id(
    project: Project, writer: Writer, params: Mapping[str, Value], amend: str | None
) -> str:
    if amend is not None:
        raise UsageError("name the run to amend by its id: recommend record ID --amend REASON ...")
    missing = [name for name in project.config.space.names if name not in params]
    if missing:
        raise UsageError(
            f"name the run by its id, or give every parameter of a run that was never proposed: "
            f"--param NAME=VALUE is missing for {', '.join(missing)}"
        )
    return run_id(writer.next_number(), params)


def _complete(folded: Folded, event: Event) -> Event:
    """Return the row with the run's parameters, so that the table reads without its partner."""
    run = folded.history.get(event.id)
    if event.kind is not EventKind.RESULT or run is None:
        return event
    return replace(event, params={**run.first_params, **event.params})
