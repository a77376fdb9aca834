"""The columns of the two ledgers: rows of text to events and proposals, and back.

The last column of our own is text in both (`note`, `proposed_by`), and every column that holds a
number stands before it; `ledger` relies on that. In the ledger of results the columns before
`note` that are neither ours nor parameters are metrics; in both ledgers, those after our last
one are a person's own, kept as text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeVar

from recommender.errors import HistoryError, UsageError, did_you_mean
from recommender.number import format_value, parse_number, parse_value
from recommender.records.event import Event, EventKind, same
from recommender.records.ledger import Row, Table, clean
from recommender.run import RESULTS, Params, Proposal, Status, Value, params_hash

RUN_COLUMNS: tuple[str, ...] = ("id", "event", "status", "recorded_at", "label", "hours", "note")
PROPOSAL_COLUMNS: tuple[str, ...] = (
    "id",
    "batch",
    "proposed_at",
    "predicted_metric",
    "predicted_mean",
    "predicted_sd",
    "expected_improvement",
    "probability_of_improvement",
    "role",
    "reason",
    "engine_seed",
    "history_digest",
    "proposed_by",
)
RESERVED = frozenset((*RUN_COLUMNS, *PROPOSAL_COLUMNS))
"""The names that no parameter may have, because parameters stand in both ledgers."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ALLOWED_ID = "an id has 1 to 100 letters, digits, dots, dashes or underlines (no spaces)"
_BY_HAND = "hand-"
_NOTHING: Params = {}
_Word = TypeVar("_Word", bound=StrEnum)
_KINDS = {kind.value: kind for kind in EventKind}
_STATUSES = {status.value: status for status in RESULTS}


class _Layout(NamedTuple):
    """Which columns of the ledger of results are metrics, and which a person's own."""

    metrics: tuple[str, ...]
    extras: tuple[str, ...]


@lru_cache
def _layout(header: tuple[str, ...], parameters: tuple[str, ...]) -> _Layout:
    note = header.index("note")
    ours = {*RUN_COLUMNS, *parameters}
    return _Layout(tuple(name for name in header[:note] if name not in ours), header[note + 1 :])


def _check_place(ledger: Table, parameters: Sequence[str], last: str) -> None:
    for header in ledger.headers:
        misplaced = [name for name in parameters if name in header[header.index(last) :]]
        if misplaced:
            raise HistoryError(
                f"{ledger.where}: {', '.join(misplaced)} is a parameter; move its column before "
                f"{last}"
            )


def read_events(
    ledger: Table, parameters: Sequence[str], backfill: Params = _NOTHING
) -> list[Event]:
    """Return the rows of the ledger of results.

    A row without an id, which a person added, gets one that its parameters give. A result that
    states parameters has, of those it leaves blank, the values in `backfill`.

    Raises:
        HistoryError: a cell makes no sense, or a parameter has no column.
    """
    _check_place(ledger, parameters, "note")
    parameters = tuple(parameters)
    events: list[Event] = []
    by_hand: dict[frozenset[tuple[str, str]], str] = {}
    for row in ledger.rows():
        event = _read_event(row, parameters, backfill)
        if not event.id:
            # The same line twice is what a merge leaves; anything else is a further run.
            line = frozenset((name, cell) for name, cell in row.cells.items() if cell)
            if line not in by_hand:
                by_hand[line] = _hand_id(event, by_hand.values())
            event = replace(event, id=by_hand[line])
        if backfill and event.params and event.kind is EventKind.RESULT:
            event = replace(event, params=_backfilled(event.params, parameters, backfill))
        events.append(event)
    return events


def metric_names(ledger: Table, parameters: Sequence[str]) -> tuple[str, ...]:
    """Return the metrics that have a column in the ledger of results, blank ones too."""
    layouts = [_layout(header, tuple(parameters)) for header in ledger.headers]
    return tuple(dict.fromkeys(name for layout in layouts for name in layout.metrics))


def is_by_hand(id: str) -> bool:
    """Whether an id is like those that rows without one get."""
    return id.startswith(_BY_HAND)


def _hand_id(event: Event, used: Iterable[str]) -> str:
    first = f"{_BY_HAND}{params_hash(event.params)}"
    count = sum(id.startswith(first) for id in used)
    return f"{first}-{count + 1}" if count else first


def _backfilled(params: Params, parameters: Sequence[str], backfill: Params) -> Params:
    known = {**backfill, **params}
    return {name: known[name] for name in parameters if name in known}


def _read_event(row: Row, parameters: tuple[str, ...], backfill: Params) -> Event:
    cells = row.cells
    metrics, extras = _layout(row.header, parameters)
    kind = _word(row, "event", _KINDS) or EventKind.RESULT
    status = _word(row, "status", _STATUSES)
    if kind is EventKind.RESULT and status is None:
        status = Status.COMPLETED
    numbers = [(name, _number(row, name)) for name in metrics if cells[name]]
    return Event(
        id=_id(row) if cells["id"].strip() else "",
        kind=kind,
        status=status,
        recorded_at=cells["recorded_at"],
        label=cells["label"],
        hours=_number(row, "hours"),
        params=_params(row, parameters, backfill),
        metrics={name: number for name, number in numbers if number is not None},
        note=cells["note"],
        extras={name: cells[name] for name in extras if cells[name]},
        source=row.where,
    )


def read_proposals(
    ledger: Table, parameters: Sequence[str], backfill: Params = _NOTHING
) -> list[Proposal]:
    """Return the rows of the ledger of proposals, the blank parameters as in `backfill`.

    Raises:
        HistoryError: a cell makes no sense, or a parameter has no column or no value.
    """
    _check_place(ledger, parameters, "proposed_by")
    return [_read_proposal(row, parameters, backfill) for row in ledger.rows()]


def _read_proposal(row: Row, parameters: Sequence[str], backfill: Params) -> Proposal:
    params = _backfilled(_params(row, parameters, backfill), parameters, backfill)
    missing = [name for name in parameters if name not in params]
    if missing:
        raise HistoryError(f"{row.where}: {', '.join(missing)} is blank; a proposal has them all")
    return Proposal(
        id=_id(row),
        batch=_integer(row, "batch"),
        proposed_at=row.cells["proposed_at"],
        params=params,
        metric=row.cells["predicted_metric"],
        mean=_number(row, "predicted_mean"),
        sd=_number(row, "predicted_sd"),
        expected_improvement=_number(row, "expected_improvement"),
        probability_of_improvement=_number(row, "probability_of_improvement"),
        role=row.cells["role"],
        reason=row.cells["reason"],
        seed=_integer(row, "engine_seed"),
        history_digest=row.cells["history_digest"],
        proposed_by=row.cells["proposed_by"],
        source=row.where,
    )


def _id(row: Row) -> str:
    id = row.cells["id"].strip()
    if not _ID.fullmatch(id):
        raise HistoryError(f"{row.where}: the id is {id!r}; {_ALLOWED_ID}")
    return id


def _params(row: Row, parameters: Sequence[str], backfill: Params) -> Params:
    cells = row.cells
    try:
        return {name: parse_value(cells[name]) for name in parameters if cells[name].strip()}
    except KeyError:
        lacking = [name for name in parameters if name not in cells and name not in backfill]
        if not lacking:
            return _params(row, [name for name in parameters if name in cells], backfill)
        raise HistoryError(
            f"{row.where}: there is no column for the parameter {', '.join(lacking)}"
            f"{did_you_mean(lacking[0], cells) or '.'} If it is a new one, say under its name in "
            "the sweep file what the past runs had: `backfill: VALUE`"
        ) from None


def _number(row: Row, name: str) -> float | None:
    text = row.cells[name].strip()
    if not text:
        return None
    number = parse_number(text)
    if number is None:
        raise HistoryError(
            f"{row.where}: {name} is {text!r}, not a number; write it like 0.0005, or leave it "
            "blank (text goes into note, or into columns after it)"
        )
    return number


def _integer(row: Row, name: str) -> int:
    value = parse_value(row.cells[name])
    if not isinstance(value, int):
        raise HistoryError(f"{row.where}: {name} is {value!r}; it must be a whole number")
    return value


def _word(row: Row, name: str, allowed: Mapping[str, _Word]) -> _Word | None:
    text = row.cells[name].strip()
    word = allowed.get(text)
    if text and word is None:
        words = list(allowed)
        raise HistoryError(
            f"{row.where}: {name} is {text!r}; allowed: {', '.join(words)} or blank"
            f"{did_you_mean(text, words)}"
        )
    return word


def event_cells(event: Event) -> dict[str, str]:
    """Return an event as text by column.

    Raises:
        UsageError: it holds what a cell cannot keep.
    """
    _check_id(event.id)
    cells = {
        "id": event.id,
        "event": event.kind.value,
        "status": event.status.value if event.status else "",
        "recorded_at": event.recorded_at,
        "label": event.label,
        "hours": _text(event.id, "hours", event.hours),
        **{name: _text(event.id, name, value) for name, value in event.params.items()},
        **{name: _text(event.id, name, float(value)) for name, value in event.metrics.items()},
        "note": event.note,
        **event.extras,
    }
    return {name: clean(cell) for name, cell in cells.items()}


def proposal_cells(proposal: Proposal) -> dict[str, str]:
    """Return a proposal as text by column.

    Raises:
        UsageError: it holds what a cell cannot keep.
    """
    id = proposal.id
    _check_id(id)
    cells = {
        "id": id,
        "batch": str(proposal.batch),
        "proposed_at": proposal.proposed_at,
        **{name: _text(id, name, value) for name, value in proposal.params.items()},
        "predicted_metric": proposal.metric,
        "predicted_mean": _text(id, "mean", proposal.mean),
        "predicted_sd": _text(id, "sd", proposal.sd),
        "expected_improvement": _text(id, "expected_improvement", proposal.expected_improvement),
        "probability_of_improvement": _text(
            id, "probability_of_improvement", proposal.probability_of_improvement
        ),
        "role": proposal.role,
        "reason": proposal.reason,
        "engine_seed": str(proposal.seed),
        "history_digest": proposal.history_digest,
        "proposed_by": proposal.proposed_by,
    }
    return {name: clean(cell) for name, cell in cells.items()}


def _check_id(id: str) -> None:
    if not _ID.fullmatch(id):
        raise UsageError(f"the id {id!r} is not allowed; {_ALLOWED_ID}")


def _text(id: str, name: str, value: Value | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"{id}: {name} is {value}; a ledger keeps finite numbers only")
    text = format_value(value)
    if not text or not same(parse_value(clean(text)), value):
        raise UsageError(
            f"{id}: {name} is {text!r}, which would be read back as {parse_value(text)!r}; choose "
            "a value that is not blank, has no blanks around it and is not a number written oddly"
        )
    return text
