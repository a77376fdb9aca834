"""Whether a new row may be appended: it must add something and contradict nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recommender.errors import ConflictError, UsageError, did_you_mean
from recommender.number import format_value
from recommender.records.event import Event, EventKind, amend_note, cells, same
from recommender.records.fold import Folded, command
from recommender.run import Proposal, Run, Status, Value, run_number


def nearest_id(id: str, ids: Sequence[str]) -> str:
    """Return `"; did you mean 'x'?"` for the id of that number, else for the nearest, or ""."""
    number = run_number(id)
    return did_you_mean(id, [other for other in ids if number == run_number(other) > 0] or ids)


def check_event(folded: Folded, event: Event) -> Event | None:
    """Return the row to append for `event`, reduced to what it adds, or None if it adds nothing.

    A result without a status completes the run, or leaves it as finished as it was. An
    amendment comes back with a note that names the values it replaces.

    Raises:
        UsageError: the run is unknown, and the event does not give all that a new one needs.
        ConflictError: the event contradicts what is known of the run.
    """
    run = folded.history.get(event.id)
    if run is None:
        return _new_run(folded, event)
    if event.kind is EventKind.RESULT:
        return _result(folded, run, event)
    if event.kind is EventKind.AMEND:
        return _amend(folded, run, event)
    if event.kind is EventKind.DROP:
        if not run.status.is_open:
            raise ConflictError(
                f"{run.id} is {run.status} ({run.source}), so it cannot be dropped; to keep it "
                f'out of the fit: recommend exclude {run.id} --reason "why"'
            )
        return _bare(event) if run.status is Status.PENDING else None
    return _bare(event) if run.excluded is (event.kind is EventKind.RESTORE) else None


def _new_run(folded: Folded, event: Event) -> Event:
    missing = [name for name in folded.parameters if name not in event.params]
    if event.kind is EventKind.RESULT and event.params and not missing:
        return replace(event, status=event.status or Status.COMPLETED)
    hint = nearest_id(event.id, [run.id for run in folded.history.runs])
    if event.kind is not EventKind.RESULT:
        raise UsageError(f"there is no run {event.id}{hint}")
    raise UsageError(
        f"there is no run {event.id}{hint or '.'} To record one that was never proposed, give "
        f"--param NAME=VALUE for {', '.join(missing) or 'its parameters'}"
    )


def _bare(event: Event) -> Event:
    return Event(id=event.id, kind=event.kind, recorded_at=event.recorded_at, note=event.note)


def _only(event: Event, names: set[str]) -> Event:
    """Return `event` with only those of its cells; the status and the note stay."""
    return replace(
        event,
        label=event.label if "label" in names else "",
        hours=event.hours if "hours" in names else None,
        params={name: value for name, value in event.params.items() if name in names},
        metrics={name: value for name, value in event.metrics.items() if name in names},
    )


def _result(folded: Folded, run: Run, event: Event) -> Event | None:
    status = event.status or (Status.COMPLETED if run.status.is_open else run.status)
    event = replace(event, status=status)
    # What a crashed attempt reported says nothing about another attempt.
    crashed = run.status is Status.CRASHED
    rows = [row for row in folded.events if row.id == run.id]
    if (
        crashed
        and status is not Status.CRASHED
        and any(row.status and not row.status.is_open for row in rows)
    ):
        raise ConflictError(
            f"{run.id} was amended to crashed ({_sources(folded, run.id)}); nothing was written. "
            f"If it finished after all: recommend record {run.id} --amend REASON --status {status} "
            "with its metrics"
        )
    known = dict(run.params) if crashed else cells(run)
    stated = cells(event)
    different = {n: v for n, v in stated.items() if n in known and not same(v, known[n])}
    if different:
        raise ConflictError(_contradiction(folded, run, different))
    new = {name: value for name, value in stated.items() if name not in known}
    repeated = crashed and any(new.items() <= cells(row).items() for row in rows)
    if (repeated or not new) and (not event.note or event.note in run.note):
        return None
    return _only(event, set(new))


def _contradiction(folded: Folded, run: Run, different: dict[str, Value]) -> str:
    known = cells(run)
    stated = " and ".join(
        f"{name} is {format_value(known[name])}, not {format_value(value)}"
        for name, value in different.items()
    )
    name, value = next(iter(different.items()))
    return (
        f"{run.id} ({_sources(folded, run.id)}): {stated}; nothing was written. If the new value "
        f"is right, give the reason with --amend REASON: {command(run.id, name, value, run.params)}"
    )


def _sources(folded: Folded, id: str) -> str:
    rows: list[Proposal | Event] = [*folded.proposals, *folded.events]
    return ", ".join(row.source for row in rows if row.id == id and row.source)


def _amend(folded: Folded, run: Run, event: Event) -> Event | None:
    reports = event.metrics or event.hours is not None or event.label
    if event.status is None and reports and not run.status.has_result:
        event = replace(event, status=Status.COMPLETED)
    known: dict[str, tuple[Value, ...]] = {name: (value,) for name, value in cells(run).items()}
    for conflict in folded.conflicts:
        if conflict.id == run.id:
            known[conflict.name] = tuple(value for value, _ in conflict.values)
    changed = {
        name
        for name, value in cells(event).items()
        if len(known.get(name, ())) != 1 or not same(value, known[name][0])
    }
    if not changed:
        return None
    replaced = {name: values for name, values in known.items() if name in changed}
    amended = _only(event, changed)
    # The amendment of a crashed attempt says so, because it ends with that attempt.
    unchanged = Status.CRASHED if run.status is Status.CRASHED else None
    status = event.status if "status" in changed else unchanged
    return replace(amended, status=status, note=amend_note(replaced, event.note))
