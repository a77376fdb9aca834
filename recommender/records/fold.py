"""What the rows of the ledgers say together: the history, and what contradicts itself.

The state of a run does not depend on the order of its rows, because a git merge may change
it: results come first, then the amendments, each after the one whose value it replaces. Only
`exclude` and `restore` count in the order of the file, which a merge keeps within a branch.
No time is compared, because clocks differ.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from recommender.errors import HistoryError
from recommender.number import format_value
from recommender.records.event import Event, EventKind, cells, replaced_values, same
from recommender.run import History, Params, Proposal, Run, Status, Value


@dataclass(frozen=True, slots=True)
class Conflict:
    """A cell of a run for which the ledgers hold more than one value; a person must decide.

    `values` are the values, each with the place where it stands; the history has the first.
    """

    id: str
    name: str
    values: tuple[tuple[Value, str], ...]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Everything that one reading of the ledgers gives.

    Attributes:
        history: the runs.
        conflicts: the contradictions among the rows; nothing should be proposed while any stands.
        notices: what was passed over in reading, one sentence each.
        events: the rows of results, as read.
        proposals: the rows of proposals, as read.
        parameters: the names of which every run has a value.
        metrics: the names of the metrics that have a column, blank ones too.
        digest: 12 hex digits that stand for the content of both ledgers.
    """

    history: History = field(default_factory=History)
    conflicts: tuple[Conflict, ...] = ()
    notices: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    parameters: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A value for a cell. An amendment's claim names what it replaces; None: it does not say.

    `of_crash` marks what one crashed attempt reported, which does not bind another.
    """

    value: Value
    source: str
    replaces: tuple[Value, ...] | None = ()
    of_crash: bool = False


def command(id: str, name: str, value: Value, params: Iterable[str]) -> str:
    """Return the command line that amends one cell of a run to `value`."""
    text = format_value(value)
    if name in ("status", "hours", "label"):
        option = f"--{name} {shlex.quote(text)}"
    else:
        kind = "--param" if name in params else "--metric"
        option = f"{kind} {shlex.quote(f'{name}={text}')}"
    return f'recommend record {id} --amend "why" {option}'


def fold(
    events: Sequence[Event], proposals: Sequence[Proposal], parameters: Sequence[str] = ()
) -> Folded:
    """Fold the rows of both ledgers into runs, in the order in which the rows name them.

    A run is pending until a row gives it a result or drops it. Rows of results fill each
    other's blanks; where two give different values for a cell, the first is kept and the
    contradiction reported. A crashed attempt yields to one that finished: of its cells only the
    parameters still count. A run may crash more than once, and of what the attempts reported the
    largest values stand. A drop counts only where there is no result. An amendment takes the place
    of the values it names, and settles a contradiction that way.

    Raises:
        HistoryError: a run lacks a value for one of the `parameters`, or a row speaks of a run
            that was neither proposed nor has a result.
    """
    rows: dict[str, list[Event]] = {event.id: [] for event in events}
    for event in events:
        # A merge may repeat a row. Without a time, it may as well be a person's second thought.
        if not (event.recorded_at and event in rows[event.id]):
            rows[event.id].append(event)
    proposed: dict[str, list[Proposal]] = {proposal.id: [] for proposal in proposals}
    for proposal in proposals:
        proposed[proposal.id].append(proposal)
    runs: list[Run] = []
    conflicts: list[Conflict] = []
    for id in dict.fromkeys((*rows, *proposed)):
        said, asked = rows.get(id, []), proposed.get(id, [])
        run = _plain_run(said, asked, parameters)
        if run is None:
            run, contradictions = _fold_run(said, asked, parameters)
            conflicts.extend(contradictions)
        runs.append(run)
    return Folded(
        history=History(tuple(runs)),
        conflicts=tuple(conflicts),
        events=tuple(events),
        proposals=tuple(proposals),
        parameters=tuple(parameters),
    )


def _plain_run(
    rows: list[Event], proposals: list[Proposal], parameters: Sequence[str]
) -> Run | None:
    """Return at once what `_fold_run` makes of a proposal, one result, or both; else None."""
    if len(rows) > 1 or len(proposals) > 1:
        return None
    proposal = proposals[0] if proposals else None
    first = proposal or rows[0]
    params = first.params
    if not params or any(name not in params for name in parameters):
        return None
    if not rows:
        return Run(
            id=first.id,
            params=params,
            status=Status.PENDING,
            first_params=params,
            proposal=proposal,
            source=first.source,
        )
    row = rows[0]
    if row.kind is not EventKind.RESULT or row.params != params:
        return None
    return Run(
        id=first.id,
        params=params,
        status=row.status or Status.COMPLETED,
        metrics=row.metrics,
        label=row.label,
        hours=row.hours,
        note=row.note,
        first_params=params,
        proposal=proposal,
        source=first.source,
    )


def _fold_run(
    rows: list[Event], proposals: list[Proposal], parameters: Sequence[str]
) -> tuple[Run, list[Conflict]]:
    results = [row for row in rows if row.kind is EventKind.RESULT]
    amends = [row for row in rows if row.kind is EventKind.AMEND]
    kinds = [row.kind for row in rows]
    origins: list[Event | Proposal] = [*proposals, *results]
    first = [*origins, *rows][0]
    named = {name for row in [*origins, *amends] for name in row.params}

    replaced = [replaced_values(row.note) for row in amends]
    # An amendment to or from a crash speaks of the same attempt.
    corrected = any(
        Status.CRASHED in (row.status, *named_old["status"])
        for row, named_old in zip(amends, replaced, strict=True)
        if named_old is not None and "status" in named_old
    )
    retried = not corrected and any(row.status is not Status.CRASHED for row in results)
    claims: dict[str, list[_Claim]] = {}
    for statement in origins:
        crashed = isinstance(statement, Event) and statement.status is Status.CRASHED
        for name, value in _stated(statement, retried).items():
            of_crash = crashed and name not in statement.params
            claim = _Claim(value, statement.source, of_crash=of_crash)
            _add(claims.setdefault(name, []), claim)
    first_params = {name: claims[name][0].value for name in claims if name in named}
    missing = [name for name in parameters if name not in first_params]
    if missing or not first_params:
        raise HistoryError(
            f"{first.source}: {first.id} has no value for {', '.join(missing) or 'any parameter'}; "
            "a run that was never proposed needs a result row with all its parameters, a new "
            "parameter `backfill: VALUE` in the sweep file"
        )

    replacing: dict[str, list[_Claim]] = {}
    for row, named_old in zip(amends, replaced, strict=True):
        of_crash = named_old is not None and "status" not in named_old
        for name, value in _stated(row, retried and of_crash).items():
            old = None if named_old is None else named_old.get(name, ())
            replacing.setdefault(name, []).append(_Claim(value, row.source, old))
    settled = {
        name: _binding(_settle(claims.get(name, []), replacing.get(name, [])))
        for name in (*claims, *(name for name in replacing if name not in claims))
    }

    known = {name: stated[0].value for name, stated in settled.items()}
    otherwise = Status.DROPPED if EventKind.DROP in kinds else Status.PENDING
    toggles = [kind for kind in kinds if kind in (EventKind.EXCLUDE, EventKind.RESTORE)]
    hours = known.get("hours")
    apart = named | {"status", "label", "hours"}
    run = Run(
        id=first.id,
        params={name: value for name, value in known.items() if name in named},
        status=Status(str(known.get("status", otherwise))),
        metrics={name: float(value) for name, value in known.items() if name not in apart},
        label=str(known.get("label", "")),
        hours=None if hours is None else float(hours),
        note="; ".join(dict.fromkeys(row.note for row in rows if row.note)),
        excluded=toggles[-1:] == [EventKind.EXCLUDE],
        first_params=first_params,
        proposal=proposals[0] if proposals else None,
        source=first.source,
    )
    conflicts = [
        _conflict(run.id, name, stated, run.params)
        for name, stated in settled.items()
        if len(stated) > 1
    ]
    return run, conflicts


def _stated(row: Event | Proposal, retried: bool) -> dict[str, Value]:
    """Return the cells of a row that count; of an attempt that was retried, the parameters."""
    if isinstance(row, Proposal) or (retried and row.status is Status.CRASHED):
        return dict(row.params)
    completed = row.kind is EventKind.RESULT and row.status is None
    return cells(replace(row, status=Status.COMPLETED) if completed else row)


def _add(stated: list[_Claim], claim: _Claim, at: int | None = None) -> None:
    if not any(
        same(claim.value, other.value) and claim.of_crash is other.of_crash for other in stated
    ):
        stated.insert(len(stated) if at is None else at, claim)


def _settle(claims: list[_Claim], amends: list[_Claim]) -> list[_Claim]:
    """Return the claims that still stand after the amendments; more than one is a conflict.

    An amendment waits until all the values it replaces stand. One that waits in vain
    contradicts what stands.
    """
    standing = list(claims)
    for amend in amends:
        if amend.replaces == ():  # it filled a blank, so it is a claim like that of a result
            _add(standing, amend)
    waiting = [amend for amend in amends if amend.replaces]
    while waiting:
        amend = next((one for one in waiting if _stand(one, standing)), waiting[0])
        waiting.remove(amend)
        replaced = [
            index
            for index, claim in enumerate(standing)
            if any(same(claim.value, value) for value in amend.replaces or ())
        ]
        standing = [claim for index, claim in enumerate(standing) if index not in replaced]
        _add(standing, amend, at=min(replaced, default=None))
    for amend in amends:
        if amend.replaces is None:
            standing = [amend]
    return standing


def _binding(standing: list[_Claim]) -> list[_Claim]:
    """Return the claims that bind the run; where only crashed attempts said something, one."""
    binding = [claim for claim in standing if not claim.of_crash]
    return binding or [max(standing, key=lambda claim: (isinstance(claim.value, str), claim.value))]


def _stand(amend: _Claim, claims: list[_Claim]) -> bool:
    return all(any(same(claim.value, value) for claim in claims) for value in amend.replaces or ())


def _conflict(id: str, name: str, stated: list[_Claim], params: Params) -> Conflict:
    values = " and ".join(f"{format_value(claim.value)} ({claim.source})" for claim in stated)
    return Conflict(
        id=id,
        name=name,
        values=tuple((claim.value, claim.source) for claim in stated),
        message=f"{id}: {name} is {values}; keep one of them with: "
        f"{command(id, name, stated[0].value, params)}",
    )
