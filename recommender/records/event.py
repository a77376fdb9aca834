"""One row of the ledger of results: something that was said about a run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from recommender.number import format_value, parse_value
from recommender.run import Params, Run, Status, Value


class EventKind(StrEnum):
    """What a row does to its run."""

    RESULT = "result"
    AMEND = "amend"
    DROP = "drop"
    EXCLUDE = "exclude"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One row about one run. What it leaves blank, it says nothing about.

    `recorded_at` is a label: nothing is ordered by it. `extras` are kept as text and never
    interpreted. `source` says where the row stands (`history/runs.csv:12`); it is not part of
    what the row says.
    """

    id: str
    kind: EventKind = EventKind.RESULT
    status: Status | None = None
    recorded_at: str = ""
    label: str = ""
    hours: float | None = None
    params: Params = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)
    source: str = field(default="", compare=False)


def same(one: Value, other: Value) -> bool:
    """Whether two cells say the same: equal as numbers, or written alike (True and "true")."""
    return one == other or format_value(one) == format_value(other)


def cells(of: Event | Run) -> dict[str, Value]:
    """Return what an event says, or what is known of a run, by column; blanks are left out.

    A run that has no result yet has no status in this sense.
    """
    named: dict[str, Value] = {}
    if of.status is not None and of.status.has_result:
        named["status"] = str(of.status)
    if of.label:
        named["label"] = of.label
    if of.hours is not None:
        named["hours"] = of.hours
    return {**named, **of.params, **of.metrics}


_PLAIN = r'[^\s",;=](?:[^",;=]*[^\s",;=])?'
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PAIR = re.compile(rf"({_QUOTED}|{_PLAIN})=({_QUOTED}|{_PLAIN})")
_PREFIX = re.compile(rf"replaces (nothing|{_PAIR.pattern}(?:, {_PAIR.pattern})*);(?: |$)")


def _spell(value: Value) -> str:
    """Return `value` as it stands in a prefix: quoted where the plain text would mislead."""
    text = format_value(value)
    misleads = isinstance(value, str) and not isinstance(parse_value(text), str)
    plain = re.fullmatch(_PLAIN, text) is not None and not misleads
    return text if plain else json.dumps(text, ensure_ascii=False)


def _unspell(text: str) -> Value:
    return str(json.loads(text, strict=False)) if text.startswith('"') else parse_value(text)


def amend_note(replaced: Mapping[str, Sequence[Value]], reason: str) -> str:
    """Return the note of an amendment: `replaces loss=0.77, learning_rate=0.001; REASON`.

    A column that contradicted itself is named once for each of the values it had. A column
    that was blank is not named; if all were blank, the note says `replaces nothing; REASON`.
    """
    pairs = [f"{_spell(name)}={_spell(value)}" for name in replaced for value in replaced[name]]
    return f"replaces {', '.join(pairs) or 'nothing'}; {reason}"


def replaced_values(note: str) -> dict[str, tuple[Value, ...]] | None:
    """Return the values that an amendment's note says it replaces, by column.

    None means that the note does not say: a person wrote the row.
    """
    prefix = _PREFIX.match(note)
    if prefix is None:
        return None
    replaced: dict[str, tuple[Value, ...]] = {}
    for name, value in _PAIR.findall(prefix.group(1)):
        column = str(_unspell(name)) if name.startswith('"') else name
        replaced[column] = (*replaced.get(column, ()), _unspell(value))
    return replaced
