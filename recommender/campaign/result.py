"""What a person or a result file says of one run, checked."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recommender.errors import UsageError, did_you_mean
from recommender.number import parse_number
from recommender.run import RESULTS, Status

_RESULT_KEYS = ("id", "status", "hours", "note")
_NO_NUMBERS = ("nan", "inf", "infinity")
_EXAMPLE = '{"loss": 0.47, "NMI": 0.61}'
_MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a person or a result file says of one run; None is nothing said.

    `id` is the run that a result file names, if it names one.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    status: Status | None = None
    hours: float | None = None
    label: str = ""
    note: str = ""
    id: str = ""


def read_result(path: Path) -> Result:
    """Read a result file: a JSON object of metrics, flat or under `metrics`.

    It may also hold `id`, `status`, `hours` and `note`.

    Raises:
        UsageError: it cannot be read, or says something else.
    """
    data = _parsed(path)
    if not isinstance(data.get("metrics"), dict):
        data = {
            "metrics": {k: v for k, v in data.items() if k not in _RESULT_KEYS},
            **{k: v for k, v in data.items() if k in _RESULT_KEYS},
        }
    unknown = next((key for key in data if key not in ("metrics", *_RESULT_KEYS)), None)
    if unknown is not None:
        allowed = ("metrics", *_RESULT_KEYS)
        raise UsageError(
            f"{path}: unknown key {unknown!r}; allowed: {', '.join(allowed)}"
            f"{did_you_mean(unknown, allowed)}"
        )
    status, hours = data.get("status"), data.get("hours")
    try:
        return Result(
            metrics={name: finite(name, value) for name, value in data["metrics"].items()},
            status=None if status is None else checked_status(status),
            hours=None if hours is None else checked_hours(hours),
            note=str(data.get("note") or ""),
            id=str(data.get("id") or ""),
        )
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def _parsed(path: Path) -> dict[str, Any]:
    from recommender.tables.jsonlines import unique_keys  # only result files need it

    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES + 1)
        if len(text) > _MAX_BYTES:
            raise ValueError(f"it is larger than {_MAX_BYTES} bytes")
        data = json.loads(
            text.decode("utf-8-sig"), object_pairs_hook=unique_keys, parse_float=_not_rounded_off
        )
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON as is needed ({error}); write {_EXAMPLE}") from None
    if not isinstance(data, dict):
        raise UsageError(f"{path}: must be a JSON object, like {_EXAMPLE}")
    return data


def _not_rounded_off(text: str) -> float:
    number = float(text)
    if number == 0 and parse_number(text) is None:
        raise ValueError(f"{text[:40]} is too small for a number, and would become 0")
    return number


def combined(file: Result, typed: Result) -> Result:
    """Return what a result file and a person say together; of two notes the person's.

    Raises:
        UsageError: they contradict each other.
    """
    in_file = {**file.metrics, "status": file.status, "hours": file.hours}
    stated = {**typed.metrics, "status": typed.status, "hours": typed.hours}
    for name, value in stated.items():
        other = in_file.get(name)
        if value is not None and other is not None and value != other:
            raise UsageError(
                f"{name} is {value} as typed, but {other} in the result file; give one value"
            )
    return replace(
        typed,
        metrics={**file.metrics, **typed.metrics},
        status=typed.status or file.status,
        hours=file.hours if typed.hours is None else typed.hours,
        note=typed.note or file.note,
        id=file.id,
    )


def finite(name: str, value: object) -> float:
    """Return a metric's value as a float.

    Raises:
        UsageError: it is not a finite number.
    """
    number = _float(value)
    if isinstance(value, str) and value.strip("+-").lower() not in _NO_NUMBERS:
        raise UsageError(
            f"{name} is the text {value[:40]!r}; a metric must be a finite number, like 0.47: in a "
            "file without quotes, and without a unit or ± (those may go into the note)"
        )
    if not math.isfinite(number):
        raise UsageError(
            f"{name} is {str(value)[:40]}; a metric must be a finite number, like 0.47. For a "
            "training that failed: --status diverged (evidence against that place) or crashed (no "
            "evidence)"
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
    number = _float(value)
    if not (math.isfinite(number) and number >= 0):
        raise UsageError(f"hours is {str(value)[:40]}; allowed: a number from 0 up, like 3.5")
    return number


def _float(value: object) -> float:
    """Return a number as a float, and NaN for anything that is none or too large for one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan
