"""What a person may have mistyped in one row: which cell, from what, and how likely at all.

A slip is a guess of how a row came to be wrong: a decimal point, two digits or two cells
exchanged, a value that belongs to another run, or a result that says nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from recommender.errors import SpaceError
from recommender.number import format_value
from recommender.run import Params, Value
from recommender.space import Categorical, Parameter, SearchSpace

RESULT = ""  # the name of the cell that holds the result


class Kind(StrEnum):
    """How a row went wrong."""

    DECIMAL = "decimal"
    DIGITS = "digits"
    SWAP = "swap"
    VALUE = "value"
    RESULT = "result"


# How the slips of one row share the belief that it is wrong. Guesses: what leaves no trace of
# what was meant is believed least, so that a trace is followed where there is one.
SHARES = {
    Kind.DECIMAL: 0.5,
    Kind.DIGITS: 0.05,
    Kind.SWAP: 0.3,
    Kind.VALUE: 0.1,
    Kind.RESULT: 0.05,
}
POWERS = {-1: 0.4, 1: 0.4, -2: 0.1, 2: 0.1}  # of ten, by which a decimal point moves
FARTHEST = 10.0  # nats at most that speak against a value because it lies out of bounds
MOST_VALUES = 5  # of other runs that a cell is tried with


@dataclass(frozen=True, slots=True)
class Slip:
    """One row as it may have been meant.

    `cells` are the parameters that change, and RESULT for the result. `params` and `value` are
    the row as repaired; a value of None is a result that is not known. `log_prior` is the
    logarithm of how likely this slip is, of all slips in all rows; `log_scale` that of the factor
    by which the result's decimal point moved, which a density of what was written needs.
    """

    row: int
    kind: Kind
    cells: tuple[str, ...]
    params: Params
    value: float | None
    log_prior: float
    log_scale: float = 0.0


@dataclass(frozen=True, slots=True)
class _Guess:
    """What cells of a row may have been meant to say, by name, None for what is not known."""

    kind: Kind
    meant: Mapping[str, Value | None]
    weight: float
    log_scale: float = 0.0


def slips(space: SearchSpace, runs: Sequence[Params], values: Sequence[float]) -> list[Slip]:
    """Return every slip that may explain one of the n rows.

    Args:
        space: the declared parameters; a value out of bounds is more likely a slip.
        runs: the n parameters as written.
        values: the n results as written.
    """
    columns = {p.name: _Column(p, [run[p.name] for run in runs]) for p in space}
    found = []
    for row, (params, value) in enumerate(zip(runs, values, strict=True)):
        guesses = list(_guesses(columns, {**params, RESULT: value}))
        totals = dict.fromkeys(Kind, 0.0)
        for guess in guesses:
            totals[guess.kind] += guess.weight
        for guess in guesses:
            kind, meant = guess.kind, guess.meant
            prior = math.log(SHARES[kind] * guess.weight / (totals[kind] * len(runs)))
            others: dict[str, Value] = {}
            for name, other in meant.items():
                if name != RESULT and other is not None:
                    others[name] = other
                    prior += columns[name].credit(params[name], other)
            result = meant.get(RESULT, value)
            found.append(
                Slip(
                    row=row,
                    kind=kind,
                    cells=tuple(meant),
                    params={**params, **others},
                    value=None if result is None else float(result),
                    log_prior=prior,
                    log_scale=guess.log_scale,
                )
            )
    return found


class _Column:
    """One parameter's values in all rows."""

    def __init__(self, parameter: Parameter, values: Sequence[Value]) -> None:
        self.parameter = parameter
        self.seen = Counter(values)
        self.outside = sum(not parameter.contains(value) for value in values)
        self._strangeness: dict[Value, float] = {}

    @property
    def usual(self) -> list[Value]:
        """The values, the most frequent first."""
        return [value for value, _ in self.seen.most_common(MOST_VALUES + 1)]

    def credit(self, was: Value, meant: Value) -> float:
        """Return the nats by which the other rows favour one value of a row over another."""
        usual = 0.5 * math.log((self.seen[meant] + 1.0) / self.seen[was])
        return usual + self._strange(was) - self._strange(meant)

    def _strange(self, value: Value) -> float:
        """Return the nats that speak against a value because it lies out of bounds.

        They grow with the distance, and shrink with the number of other rows that lie outside.
        """
        if value not in self._strangeness:
            nats = 0.0
            if not self.parameter.contains(value):
                others = self.outside - self.seen[value]
                rarity = math.log(self.seen.total() / (others + 0.3))
                nats = min(rarity + 2.0 * math.log1p(_beyond(self.parameter, value)), FARTHEST)
            self._strangeness[value] = nats
        return self._strangeness[value]

    def coerced(self, value: float) -> Value | None:
        """Return a number as the parameter can have it, or None."""
        if isinstance(self.parameter, Categorical):
            return None
        try:
            return self.parameter.coerce(value)
        except SpaceError:
            return None


def _beyond(parameter: Parameter, value: Value) -> float:
    """Return how far a value lies out of bounds, in widths of the declared range."""
    if isinstance(parameter, Categorical) or isinstance(value, str):
        return 0.0
    low, high, at = float(parameter.low), float(parameter.high), float(value)
    if parameter.scale == "log":
        low, high, at = math.log(low), math.log(high), math.log(at)
    return max(low - at, at - high, 0.0) / (high - low)


def _guesses(columns: Mapping[str, _Column], cells: Mapping[str, Value]) -> Iterator[_Guess]:
    """Yield what one row may have been meant to say."""
    value, p = float(cells[RESULT]), len(columns)
    yield _Guess(Kind.RESULT, {RESULT: None}, 1.0)
    for power, weight in POWERS.items():
        moved = _moved(value, power)
        if moved != value:
            yield _Guess(Kind.DECIMAL, {RESULT: moved}, weight, power * math.log(10.0))
    for other in _transposed(value):
        yield _Guess(Kind.DIGITS, {RESULT: other}, 1.0)
    for name, column in columns.items():
        now = cells[name]
        tried: set[Value | None] = {now, None}
        if not isinstance(now, str):
            for power, weight in POWERS.items():
                meant = column.coerced(_moved(now, power))
                if meant not in tried:
                    tried.add(meant)
                    yield _Guess(Kind.DECIMAL, {name: meant}, weight / p)
            for other in _transposed(now):
                meant = column.coerced(other)
                if meant not in tried:
                    tried.add(meant)
                    yield _Guess(Kind.DIGITS, {name: meant}, 1.0 / p)
        others = [other for other in column.usual if other not in tried][:MOST_VALUES]
        for meant in others:
            yield _Guess(Kind.VALUE, {name: meant}, 1.0 / (p * len(others)))
    for one, two in combinations((*columns, RESULT), 2):
        swapped = {one: _fitting(columns, one, cells[two]), two: _fitting(columns, two, cells[one])}
        if cells[one] != cells[two] and None not in swapped.values():
            yield _Guess(Kind.SWAP, swapped, 1.0)


def _fitting(columns: Mapping[str, _Column], name: str, value: Value) -> Value | None:
    """Return a value as another cell of the row can have it, or None."""
    if isinstance(value, str):
        return None
    return value if name == RESULT else columns[name].coerced(value)


def _moved(value: float, power: int) -> float:
    """Return a number with its decimal point moved, without digits that nobody wrote."""
    return float(f"{value * 10.0**power:.12g}")


def _transposed(value: float) -> list[float]:
    """Return the numbers that two neighbouring digits of this one make when they change places."""
    mantissa, e, exponent = format_value(value).partition("e")
    found = []
    for index in range(len(mantissa) - 1):
        a, b = mantissa[index], mantissa[index + 1]
        if a.isdigit() and b.isdigit() and a != b:
            other = mantissa[:index] + b + a + mantissa[index + 2 :] + e + exponent
            found.append(float(other))
    return found
