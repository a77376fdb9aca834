"""Brings in past runs from a table, and only those that are new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recommender.campaign.project import Project
from recommender.errors import ConflictError, SpaceError
from recommender.records import Event, EventKind, check_event
from recommender.run import Run, Status, Value, next_number, run_id
from recommender.tables import Finding, TableReading, TableRun, read_runs

_STATUS_WORDS = {
    "completed": Status.COMPLETED,
    "done": Status.COMPLETED,
    "finished": Status.COMPLETED,
    "crashed": Status.CRASHED,
    "failed": Status.CRASHED,
    "diverged": Status.DIVERGED,
    "nan": Status.DIVERGED,
}

Key = tuple[str, tuple[tuple[str, Value], ...], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did: the rows added, the runs known already, those given more metrics."""

    reading: TableReading
    added: tuple[str, ...]
    known: tuple[str, ...]
    filled: tuple[str, ...]
    findings: tuple[Finding, ...]


def import_table(
    project: Project, path: Path, *, encoding: str | None, now: str, dry_run: bool = False
) -> Imported:
    """Import the runs of a table that the history does not know yet.

    A run is recognised by its label and parameters and, where several rows agree on those, by its
    place among them.

    Raises:
        TableError: the table cannot be read.
        ConflictError: a known label comes with other parameters, or a known run with other
            results; nothing is imported.
        HistoryError: the history cannot be read or written.
    """
    space = project.config.space
    reading = read_runs(
        path, space.names, metrics=[project.config.objective.metric], encoding=encoding
    )
    findings = list(reading.findings)
    rows: list[tuple[TableRun, dict[str, Value], Status]] = []
    for row in reading.runs:
        try:
            params = space.coerce(row.params)
            status = _status(row)
        except SpaceError as error:
            findings.append(Finding(row.line, "left-out", f"the row is left out: {error}"))
        else:
            rows.append((row, params, status))

    with project.records.writing() as writer:
        folded = writer.folded
        runs = folded.history.runs
        by_key = _by_key([(run.label, run.first_params) for run in runs])
        by_label = _unique_labels([(run.label, run) for run in runs])
        number = next_number([run.id for run in runs])
        events: list[Event] = []
        added: list[str] = []
        known: list[str] = []
        filled: list[str] = []
        table_labels = Counter(row.label for row, _, _ in rows)
        keys = _by_key([(row.label, params) for row, params, _ in rows])
        for key, index in keys.items():
            row, params, status = rows[index]
            if key in by_key:
                run = runs[by_key[key]]
                event = check_event(folded, _event(run.id, row, run.first_params, status, now))
                known.append(run.id)
                if event is not None:
                    filled.append(run.id)
                    events.append(event)
                continue
            namesake = by_label.get(row.label) if table_labels[row.label] == 1 else None
            if namesake is not None:
                raise ConflictError(_question(path, row, params, namesake))
            id = run_id(number, params)
            number += 1
            added.append(id)
            events.append(_event(id, row, params, status, now))
        if events and not dry_run:
            writer.append_events(events)
    return Imported(
        reading=reading,
        added=tuple(added),
        known=tuple(known),
        filled=tuple(filled),
        findings=tuple(sorted(findings, key=lambda finding: finding.line)),
    )


def _event(id: str, row: TableRun, params: Mapping[str, Value], status: Status, now: str) -> Event:
    return Event(
        id=id,
        kind=EventKind.RESULT,
        status=status,
        recorded_at=now,
        label=row.label,
        hours=row.hours,
        params=dict(params),
        metrics=dict(row.metrics),
        note=row.note,
        extras=dict(row.extras),
    )


def _status(row: TableRun) -> Status:
    if not row.status:
        return Status.COMPLETED
    status = _STATUS_WORDS.get(row.status.strip().lower())
    if status is None:
        raise SpaceError(
            f"status is {row.status!r}; allowed: {', '.join(sorted(_STATUS_WORDS))} or blank"
        )
    return status


def _by_key(rows: Sequence[tuple[str, Mapping[str, Value]]]) -> dict[Key, int]:
    """Return the index of each row by label, parameters, and occurrence among such rows."""
    seen: Counter[tuple[str, tuple[tuple[str, Value], ...]]] = Counter()
    keys: dict[Key, int] = {}
    for index, (label, params) in enumerate(rows):
        pair = (label, tuple(sorted(params.items())))
        keys[(*pair, seen[pair])] = index
        seen[pair] += 1
    return keys


def _unique_labels(rows: Sequence[tuple[str, Run]]) -> dict[str, Run]:
    count = Counter(label for label, _ in rows)
    return {label: run for label, run in rows if label and count[label] == 1}


def _question(path: Path, row: TableRun, params: Mapping[str, Value], run: Run) -> str:
    differing = ", ".join(
        f"{name} is {value} in the table and {run.first_params[name]} in the history"
        for name, value in params.items()
        if value != run.first_params[name]
    )
    return (
        f"{path}:{row.line}: the label {row.label!r} is known as {run.id} ({run.source}), but "
        f"{differing}. Is it the same run? Then correct the table, or the history with: recommend "
        f"record {run.id} --amend REASON --param NAME=VALUE. Is it another one? Then give it a "
        "label of its own. Nothing was imported"
    )
