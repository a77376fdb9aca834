"""Brings in past runs from a table, and only those that are new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recommender.campaign.project import Project
from recommender.errors import ConflictError, SpaceError
from recommender.records import RUN_COLUMNS, Event, EventKind, Folded, check_event
from recommender.run import Params, Run, Status, Value, next_number, run_id
from recommender.space import SearchSpace
from recommender.tables import Finding, TableRun, nothing_readable, read_runs
from recommender.vocabulary import is_metric_name

_STATUS_WORDS = {
    "completed": Status.COMPLETED,
    "done": Status.COMPLETED,
    "finished": Status.COMPLETED,
    "crashed": Status.CRASHED,
    "failed": Status.CRASHED,
    "diverged": Status.DIVERGED,
    "nan": Status.DIVERGED,
}

_OPEN = (Status.PENDING, Status.DROPPED, Status.CRASHED)  # a result is welcome

ParamsKey = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did: the runs added, those known already, those given more results.

    `left_out` counts the rows that hold something and are none of these.
    """

    added: tuple[str, ...]
    known: tuple[str, ...]
    filled: tuple[str, ...]
    left_out: int
    findings: tuple[Finding, ...]


def import_table(
    project: Project, path: Path, *, encoding: str | None, now: str, dry_run: bool = False
) -> Imported:
    """Import the runs of a table that the history does not know yet.

    A run is recognised by its label (or its id as the label) and its parameters and, where several
    rows agree on those, by its place among them. A proposed run that has no label yet is
    recognised by its parameters, unless it has other results.

    Raises:
        TableError: the table cannot be read, or none of its rows.
        ConflictError: a known label comes with other parameters, or a known run with other
            results; nothing is imported.
        HistoryError: the history cannot be read or written.
    """
    space = project.config.space
    reading = read_runs(
        path,
        space.names,
        backfill=project.config.backfill,
        metrics=[project.config.objective.metric],
        known_metrics=project.records.read().metrics,
        reserved=RUN_COLUMNS,
        encoding=encoding,
    )
    findings = list(reading.findings)
    rows: list[_Row] = []
    for read in reading.runs:
        try:
            row = _Row(read, space.coerce(read.params), _status(read))
            rows.append(row)
            findings += [Finding(read.line, "noticed", text) for text in space.outside(row.params)]
        except SpaceError as error:
            findings.append(Finding(read.line, "left-out", f"the row is left out: {error}"))
    findings += _repetitions(rows)
    findings.sort(key=lambda finding: finding.line)
    if reading.rows and not rows:
        raise nothing_readable(reading, findings)

    added: list[str] = []
    known: list[str] = []
    filled: list[str] = []
    events: list[Event] = []
    with project.records.writing(dry_run=dry_run) as writer:
        folded = writer.folded
        matcher = _Matcher(space, folded.history.runs)
        number = next_number([run.id for run in folded.history.runs])
        for row, run in matcher.match(path, rows):
            if run is None:
                id = run_id(number, row.params)
                number += 1
                added.append(id)
                events.append(_event(id, row, now))
                continue
            known.append(run.id)
            try:
                event = _further(folded, run, row, now)
            except ConflictError as error:
                raise ConflictError(f"{path}:{row.table.line}: {error}") from None
            if event is not None:
                filled.append(run.id)
                events.append(event)
        writer.append_events(events, filter(is_metric_name, reading.metrics))
    return Imported(
        added=tuple(added),
        known=tuple(known),
        filled=tuple(filled),
        left_out=reading.rows - len(rows),
        findings=tuple(findings),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table whose parameters and status were understood; None: it says no status."""

    table: TableRun
    params: dict[str, Value]
    status: Status | None


class _Matcher:
    """Finds the run that each row of a table is about."""

    def __init__(self, space: SearchSpace, runs: Sequence[Run]) -> None:
        self._runs = runs
        self._params = {run.id: _as_declared(space, run.first_params) for run in runs}
        self._taken: set[str] = set()

    def match(self, path: Path, rows: Sequence[_Row]) -> list[tuple[_Row, Run | None]]:
        """Return each row with its run, or None where it is new.

        Raises:
            ConflictError: a known label comes with other parameters.
        """
        params = [self._params[run.id] for run in self._runs]
        labels = [run.label for run in self._runs]
        keys = _keys(zip(labels, params, strict=True))
        by_key = dict(zip(keys, self._runs, strict=True))
        by_id = {run.id: run for run in self._runs}
        by_label = {
            run.label: run for run in self._runs if run.label and labels.count(run.label) < 2
        }
        table_labels = Counter(row.table.label for row in rows)
        found: dict[int, Run] = {}
        row_keys = _keys((row.table.label, row.params) for row in rows)
        for index, (row, key) in enumerate(zip(rows, row_keys, strict=True)):
            label = row.table.label
            run = by_key.get(key) or by_id.get(label)
            if run is None and table_labels[label] == 1:
                run = by_label.get(label)
            if run is not None:
                if row.params != self._params[run.id]:
                    raise ConflictError(_question(path, row, self._params[run.id], run))
                found[index] = run
                self._taken.add(run.id)
        return [(row, found.get(index) or self._proposed(row)) for index, row in enumerate(rows)]

    def _proposed(self, row: _Row) -> Run | None:
        """Return a proposal without a label whose result the row is, by all that it says."""
        for run in self._runs:
            if run.proposal is None or run.label or run.id in self._taken:
                continue
            shared = {
                name: value for name, value in row.table.metrics.items() if name in run.metrics
            }
            agrees = bool(shared) and all(run.metrics[name] == shared[name] for name in shared)
            if row.params == self._params[run.id] and (agrees or run.status in _OPEN):
                self._taken.add(run.id)
                return run
        return None


def _further(folded: Folded, run: Run, row: _Row, now: str) -> Event | None:
    """Return the row to append for a known run: what the table says and nobody said before.

    What was said and then amended is not said again by a table that was not corrected.
    """
    said = [event for event in folded.events if event.id == run.id]
    metrics = {
        name: value
        for name, value in row.table.metrics.items()
        if not any(event.metrics.get(name) == value for event in said)
    }
    status = None if any(event.status is row.status for event in said) else row.status
    hours = None if any(event.hours == row.table.hours for event in said) else row.table.hours
    if not metrics and status is None and hours is None:
        return None
    label = "" if row.table.label == run.id else row.table.label
    event = _event(run.id, row, now)
    event = replace(event, params=dict(run.params), metrics=metrics, status=status)
    return check_event(folded, replace(event, hours=hours, label=label))


def _event(id: str, row: _Row, now: str) -> Event:
    return Event(
        id=id,
        kind=EventKind.RESULT,
        status=row.status or Status.COMPLETED,
        recorded_at=now,
        label=row.table.label,
        hours=row.table.hours,
        params=row.params,
        metrics=dict(row.table.metrics),
        note=row.table.note,
        extras=dict(row.table.extras),
    )


def _as_declared(space: SearchSpace, params: Params) -> dict[str, Value]:
    try:
        return space.coerce(params)
    except SpaceError:  # the declaration has changed since
        return dict(params)


def _status(row: TableRun) -> Status | None:
    if not row.status:
        return None
    status = _STATUS_WORDS.get(row.status.strip().lower())
    if status is None:
        raise SpaceError(
            f"status is {row.status!r}; allowed: {', '.join(sorted(_STATUS_WORDS))} or blank"
        )
    return status


def _repetitions(rows: Sequence[_Row]) -> list[Finding]:
    """Return a finding for each row that repeats the label and the parameters of another."""
    lines: dict[tuple[str, ParamsKey], int] = {}
    findings = []
    for row in rows:
        label, line = row.table.label, row.table.line
        first = lines.setdefault((label, tuple(sorted(row.params.items()))), line)
        if label and first != line:
            message = (
                f"label {label!r} and parameters are those of line {first}; taken for a further "
                "run. If it is the same one, delete one of the two rows"
            )
            findings.append(Finding(line, "noticed", message))
    return findings


def _keys(rows: Iterable[tuple[str, Params]]) -> list[tuple[str, ParamsKey, int]]:
    """Return the key of each row: its label, its parameters, its place among such rows."""
    seen: Counter[tuple[str, ParamsKey]] = Counter()
    keys = []
    for label, params in rows:
        pair = (label, tuple(sorted(params.items())))
        keys.append((*pair, seen[pair]))
        seen[pair] += 1
    return keys


def _question(path: Path, row: _Row, known: Params, run: Run) -> str:
    differing = ", ".join(
        f"{name} is {value} in the table and {known[name]} in the history"
        for name, value in row.params.items()
        if value != known[name]
    )
    return (
        f"{path}:{row.table.line}: the label {row.table.label!r} is known as {run.id} "
        f"({run.source}), but {differing}. Is it the same run? Then correct the table, or the "
        f"history with: recommend record {run.id} --amend REASON --param NAME=VALUE. Is it another "
        "one? Then give it a label of its own. Nothing was imported"
    )
