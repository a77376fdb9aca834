"""What came back: results, corrections, and what to do with a run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recommender.campaign.project import Project
from recommender.errors import UsageError, did_you_mean
from recommender.records import RESERVED, Event, EventKind, Folded, check_event
from recommender.run import Status, Value, next_number, run_id

RESULTS = (Status.COMPLETED, Status.CRASHED, Status.DIVERGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a person or a result file says of one run; None is nothing said."""

    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    status: Status | None = None
    hours: float | None = None
    label: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a statement: the row written, or None because it said nothing new."""

    id: str
    event: Event | None


def read_result(path: Path) -> Result:
    """Read a result file: a JSON object of metrics, or with `metrics`, `status`, `hours`, `note`.

    Raises:
        UsageError: it cannot be read, or says something else.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON ({error}); write {{'loss': 0.47}}") from None
    if not isinstance(data, dict):
        raise UsageError(f'{path}: must be a JSON object, like {{"loss": 0.47, "NMI": 0.61}}')
    if not isinstance(data.get("metrics"), dict):
        data = {
            "metrics": {k: v for k, v in data.items() if k not in ("id", *_RESULT_KEYS)},
            **{k: v for k, v in data.items() if k in _RESULT_KEYS},
        }
    unknown = next((key for key in data if key not in ("id", "metrics", *_RESULT_KEYS)), None)
    if unknown is not None:
        allowed = ("metrics", *_RESULT_KEYS)
        raise UsageError(
            f"{path}: unknown key {unknown!r}; allowed: {', '.join(allowed)}"
            f"{did_you_mean(unknown, allowed)}"
        )
    return Result(
        metrics={name: finite(name, value) for name, value in data["metrics"].items()},
        status=checked_status(data["status"]) if data.get("status") is not None else None,
        hours=checked_hours(data["hours"]) if data.get("hours") is not None else None,
        note=str(data.get("note") or ""),
    )


_RESULT_KEYS = ("status", "hours", "note")


def finite(name: str, value: object) -> float:
    """Return a metric's value as a float.

    Raises:
        UsageError: it is not a finite number.
    """
    number = float(value) if isinstance(value, int | float) else math.nan
    if isinstance(value, bool) or not math.isfinite(number):
        raise UsageError(
            f"{name} is {value}; a metric must be a finite number, like 0.47. For a training that "
            "failed: --status diverged (evidence against that place) or crashed (no evidence)"
        )
    return number


def checked_status(text: object) -> Status:
    """Return the status of a result.

    Raises:
        UsageError: it is none of completed, crashed, diverged.
    """
    if text not in RESULTS:
        raise UsageError(
            f"status is {text!r}; allowed: {', '.join(RESULTS)}{did_you_mean(str(text), RESULTS)}"
        )
    return Status(str(text))


def checked_hours(value: object) -> float:
    """Return the hours that a training took.

    Raises:
        UsageError: they are not a finite number, or negative.
    """
    number = float(value) if isinstance(value, int | float) else math.nan
    if not (math.isfinite(number) and number >= 0):
        raise UsageError(f"hours is {value}; allowed: a number from 0 up, like 3.5")
    return number


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
    if not (result.metrics or result.status or result.params or result.hours or result.note):
        raise UsageError(
            "nothing to record; give --metric NAME=VALUE, --result FILE, --status or --param"
        )
    if result.status in (Status.CRASHED, Status.DIVERGED):
        metric = project.config.objective.metric
        if metric in result.metrics:
            raise UsageError(
                f"a {result.status} run has no {metric} to learn from; leave out one of the two"
            )
    # A value out of bounds is welcome: a run that was made is evidence wherever it lies.
    space = project.config.space
    params = {name: space[name].coerce(text) for name, text in result.params.items()}
    with project.records.writing() as writer:
        folded = writer.folded
        _check_metrics(project, folded, result.metrics, new_metric=new_metric)
        if id is None:
            id = _new_id(project, folded, params)
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
        if event is not None and not dry_run:
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
    with project.records.writing() as writer:
        events = [
            (id, check_event(writer.folded, Event(id=id, kind=kind, recorded_at=now, note=note)))
            for id in dict.fromkeys(ids)
        ]
        if not dry_run:
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
        hint = did_you_mean(name, known - {name})
        if name not in known and hint and not new_metric:
            raise UsageError(
                f"there is no metric {name!r} so far{hint} If it is a new one, add --new-metric"
                if hint.endswith("?")
                else f"there is no metric {name!r} so far"
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
