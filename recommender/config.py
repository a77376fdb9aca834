"""The sweep file as checked objects: what is searched, what is optimised, where jobs come from."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from recommender.errors import ConfigError, SpaceError, did_you_mean
from recommender.history_url import EXAMPLES, is_url, passwords, redacted
from recommender.number import format_value, parse_value
from recommender.run import Direction, Objective, Value
from recommender.settings import Entry, load
from recommender.space import SCALES, Categorical, Integer, Parameter, Real, Scale, SearchSpace

SWEEP_FILE = Path("configs", "sweep.yaml")

_BOUNDED = ("type", "low", "high", "scale", "backfill")
_KEYS = {"real": _BOUNDED, "integer": _BOUNDED, "categorical": ("type", "choices", "backfill")}
_OPTIONAL = ("scale", "backfill")
_POLICIES = ("fixed", "per-run")
_NOT_IN_NAMES = ",;=#|<>\"'`"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedPolicy:
    """Where the training's random seed stands in the template, and whether jobs share it."""

    key: str
    policy: Literal["fixed", "per-run"] = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsConfig:
    """How jobs are written: the template's path, and each parameter's dotted path in it."""

    template: Path
    keys: Mapping[str, str] = field(default_factory=dict)
    seed: SeedPolicy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepConfig:
    """Everything that a sweep file says.

    `history` is the URL of a database, or empty. `backfill` has, for a parameter that was declared
    later than others, the value that the runs before had.
    """

    path: Path
    objective: Objective
    space: SearchSpace
    jobs: JobsConfig
    history: str = ""
    backfill: Mapping[str, Value] = field(default_factory=dict)


def find_project(start: Path) -> Path:
    """Return the nearest folder, from `start` upward, that holds `configs/sweep.yaml`.

    Raises:
        ConfigError: there is none.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        if os.access(folder / SWEEP_FILE, os.F_OK):
            return folder
    raise ConfigError(
        f"no {SWEEP_FILE} in {start} or above; run `recommend init`, or name the project with "
        "-C DIR or RECOMMEND_PROJECT"
    )


def load_sweep(path: Path, reserved: Collection[str] = ()) -> SweepConfig:
    """Read a sweep file.

    Args:
        path: the file.
        reserved: names that no parameter and no metric may have, such as a ledger's columns.

    Raises:
        ConfigError: the first mistake in it, with its line, its key and what is allowed.
    """
    sweep = load(path, "run `recommend init` to make one")
    allowed = ("objective", "parameters", "jobs", "history")
    entries = sweep.fields(allowed, ("objective", "parameters"))
    declared = entries["parameters"].fields()
    if not declared:
        raise entries["parameters"].wrong("a mapping with at least one parameter")
    space = SearchSpace([_parameter(name, entry, reserved) for name, entry in declared.items()])
    objective = _objective(entries["objective"], space, reserved)
    jobs = _jobs(entries.get("jobs"), space, path.absolute().parent)
    history = _history(entries["history"]) if "history" in entries else ""
    backfill = {
        parameter.name: _backfill(fields["backfill"], parameter)
        for parameter in space
        if "backfill" in (fields := declared[parameter.name].fields())
    }
    return SweepConfig(
        path=path,
        objective=objective,
        space=space,
        jobs=jobs,
        history=history,
        backfill=backfill,
    )


def _check_name(name: str, entry: Entry, reserved: Collection[str]) -> str:
    if not name or name != name.strip() or not name.isprintable() or set(name) & {*_NOT_IN_NAMES}:
        raise entry.error(
            f"the name {name!r} cannot head a column; use letters, digits, _ . or -, without "
            f"{' '.join(_NOT_IN_NAMES)}, control characters or blanks at the ends"
        )
    if name in reserved:
        raise entry.error(
            f"the name {name!r} is taken by a column of the history; choose another "
            f"(taken: {', '.join(sorted(reserved))})"
        )
    return name


def _parameter(name: str, entry: Entry, reserved: Collection[str]) -> Parameter:
    _check_name(name, entry, reserved)
    kind = entry.fields((*_BOUNDED, "choices"), ["type"])["type"].choice(_KEYS)
    needed = [key for key in _KEYS[kind] if key not in _OPTIONAL]
    for key, field_entry in entry.fields().items():
        if key not in _KEYS[kind]:
            raise field_entry.error(f"type {kind} has no {key}; allowed: {', '.join(_KEYS[kind])}")
    fields = entry.fields(_KEYS[kind], needed)
    try:
        if kind == "categorical":
            return Categorical(name, _choices(fields["choices"]))
        low, high = fields["low"].number(), fields["high"].number()
        scale = cast(Scale, fields["scale"].choice(SCALES) if "scale" in fields else "linear")
        if kind == "integer":
            return Integer(name, cast(int, low), cast(int, high), scale)
        return Real(name, low, high, scale)
    except SpaceError as error:
        raise fields.get(error.key, entry).error(error.problem) from None


def _backfill(entry: Entry, parameter: Parameter) -> Value:
    if not isinstance(entry.value, str | int | float):
        raise entry.wrong(f"what the runs before had of {parameter.name}")
    try:
        return parameter.coerce(entry.value)
    except SpaceError as error:
        raise entry.error(error.problem) from None


def _choices(entry: Entry) -> list[Value]:
    choices: list[Value] = []
    for item in entry.items():
        value = item.value
        finite = not isinstance(value, float) or math.isfinite(value)
        if not isinstance(value, str | int | float) or not finite:
            raise item.wrong("a text, a finite number, true or false")
        if isinstance(value, str) and format_value(parse_value(item.text())) != value:
            raise item.error(
                f"the text {value!r} would come back from the history as the number "
                f"{format_value(parse_value(value))}; write the number, or another text"
            )
        choices.append(value)
    return choices


def _objective(entry: Entry, space: SearchSpace, reserved: Collection[str]) -> Objective:
    fields = entry.fields(("metric", "direction", "context"), ["metric"])
    metric = _check_name(fields["metric"].text(), fields["metric"], reserved)
    if metric in space.names:
        raise fields["metric"].error(
            f"{metric!r} is also a parameter; a metric is what a run reports, so rename one"
        )
    direction = Direction.MINIMIZE
    if "direction" in fields:
        direction = Direction(fields["direction"].choice([str(each) for each in Direction]))
    context: list[str] = []
    for item in fields["context"].items() if "context" in fields else []:
        name = _known_parameter(item.text(), item, space)
        if name in context:
            raise item.error(f"{name!r} stands twice; name each parameter once")
        context.append(name)
    if len(context) == len(space):
        raise fields["context"].error(
            "every parameter is a context, so no two runs could be compared; leave one out"
        )
    return Objective(metric=metric, direction=direction, context=tuple(context))


def _jobs(entry: Entry | None, space: SearchSpace, folder: Path) -> JobsConfig:
    fields = entry.fields(("template", "keys", "seed")) if entry else {}
    template = fields["template"].text() if "template" in fields else "base.yaml"
    keys = {name: name for name in space.names}
    named = fields["keys"].fields() if "keys" in fields else {}
    for name, item in named.items():
        keys[_known_parameter(name, item, space)] = item.text()
    owners: dict[str, str] = {}
    for name, key in keys.items():
        if key in owners:
            at = named.get(name) or named[owners[key]]
            raise at.error(f"{owners[key]} and {name} both go to {key!r}; each needs its own key")
        owners[key] = name
    seed = None
    if "seed" in fields:
        parts = fields["seed"].fields(("key", "policy"), ["key"])
        key = parts["key"].text()
        if key in owners:
            raise parts["key"].error(f"the parameter {owners[key]} goes to {key!r} already")
        policy = parts["policy"].choice(_POLICIES) if "policy" in parts else "fixed"
        seed = SeedPolicy(key=key, policy=cast(Literal["fixed", "per-run"], policy))
    return JobsConfig(template=folder / template, keys=keys, seed=seed)


def _history(entry: Entry) -> str:
    if not isinstance(entry.value, str) or not is_url(entry.value):
        raise entry.error(f"this is not the URL of a database; write {EXAMPLES}, or leave it out")
    if passwords(entry.value):
        raise entry.error(
            f"{redacted(entry.value)} has a password in it, and this file is there to be shared; "
            "leave it out, and give the password in PGPASSWORD or ~/.pgpass, or the whole URL in "
            "RECOMMEND_HISTORY"
        )
    return entry.text()


def _known_parameter(name: str, entry: Entry, space: SearchSpace) -> str:
    if name not in space.names:
        raise entry.error(
            f"there is no parameter {name!r}; allowed: {', '.join(space.names)}"
            f"{did_you_mean(name, space.names)}"
        )
    return name
