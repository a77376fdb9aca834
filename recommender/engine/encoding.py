"""The one door between parameters in the user's units and points of the unit cube.

A real or integer parameter takes one column, linear or logarithmic from its low bound at 0 to
its high bound at 1. A categorical parameter takes one column a choice, scaled so that two
different choices lie at squared distance 1. A value out of bounds lands outside the cube, which
is how runs from before a narrowing of the bounds stay in use; so does a choice that is no longer
declared, which has a column of its own where it is among those that were tried.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from recommender.errors import SpaceError
from recommender.run import Params, Value
from recommender.space import Categorical, Integer, Parameter, Real, SearchSpace, levels

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Region:
    """The part of the search space that a batch may use.

    `fixed` holds parameters at one value; `within` narrows numeric ones to (low, high), in the
    user's units.
    """

    fixed: Mapping[str, Value] = field(default_factory=dict)
    within: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def checked(
        cls,
        space: SearchSpace,
        fixed: Mapping[str, object] | None = None,
        within: Mapping[str, tuple[object, object]] | None = None,
    ) -> Region:
        """Return the region, each value checked against the declared bounds.

        Raises:
            SpaceError: an unknown name, a value out of bounds, an empty range, or a parameter
                both fixed and narrowed.
        """
        fixed_values = {name: space.check(name, value) for name, value in (fixed or {}).items()}
        ranges: dict[str, tuple[float, float]] = {}
        for name, given in (within or {}).items():
            if isinstance(space[name], Categorical):
                raise SpaceError("it is categorical; fix it to one of its choices", parameter=name)
            if name in fixed_values:
                raise SpaceError("it is both fixed and narrowed; choose one", parameter=name)
            try:
                low, high = given
            except (TypeError, ValueError):
                raise SpaceError(
                    f"the range is {given!r}; give (low, high)", parameter=name
                ) from None
            ends = float(space.check(name, low)), float(space.check(name, high))
            if ends[0] > ends[1]:
                raise SpaceError(f"the range {low}:{high} is the wrong way round", parameter=name)
            ranges[name] = ends
        return cls(fixed_values, ranges)

    def admits(self, parameter: Parameter, value: Value) -> bool:
        """Whether `value` is declared for the parameter and lies in its range here."""
        low, high = self.within.get(parameter.name, (-math.inf, math.inf))
        return parameter.contains(value) and (isinstance(value, str) or low <= value <= high)

    def fixing(self, values: Params) -> Region:
        """Return this region with further parameters held."""
        within = {name: ends for name, ends in self.within.items() if name not in values}
        return Region({**self.fixed, **values}, within)


FEW_LEVELS = 6  # a parameter with no more is coarse


class Encoding:
    """Maps the parameters of one search space to the unit cube and back.

    `columns` are those of each parameter, `groups` (D,) the index of the parameter of each column,
    and `coarse` the indices of the parameters that take only a few values.

    Args:
        space: the search space.
        tried: by parameter, the choices that were run and are not declared.
    """

    def __init__(
        self, space: SearchSpace, tried: Mapping[str, Sequence[Value]] | None = None
    ) -> None:
        self.space = space
        self.columns: dict[str, slice] = {}
        self._choices = {
            parameter.name: (*parameter.choices, *(tried or {}).get(parameter.name, ()))
            for parameter in space
            if isinstance(parameter, Categorical)
        }
        start = 0
        for parameter in space:
            width = len(self._choices.get(parameter.name, "1"))
            self.columns[parameter.name] = slice(start, start + width)
            start += width
        self.width = start
        self.groups: npt.NDArray[np.intp] = np.concatenate(
            [
                np.full(columns.stop - columns.start, index)
                for index, columns in enumerate(self.columns.values())
            ]
        )
        self.coarse = frozenset(
            index for index, parameter in enumerate(space) if levels(parameter) <= FEW_LEVELS
        )

    def covering(self, params: Params) -> Encoding:
        """Return the encoding that has a column for each choice of a run: this one if it does."""
        choices = {
            name: (*known, params[name]) if params[name] not in known else known
            for name, known in self._choices.items()
        }
        if choices == self._choices:
            return self
        declared = {p.name: len(p.choices) for p in self.space if isinstance(p, Categorical)}
        return Encoding(self.space, {name: choices[name][n:] for name, n in declared.items()})

    def encode(self, runs: Sequence[Params]) -> Array:
        """Return the (n, D) points of n runs, whose values the search space has coerced."""
        X = np.zeros((len(runs), self.width))
        for parameter in self.space:
            columns = self.columns[parameter.name]
            for row, params in enumerate(runs):
                X[row, columns] = self._encoded(parameter, params[parameter.name])
        return X

    def encode_values(self, name: str, values: Sequence[Value]) -> Array:
        """Return the (k, width) columns of one parameter for k of its values."""
        parameter = self.space[name]
        if isinstance(parameter, Categorical):
            return np.array([self._encoded(parameter, value) for value in values])
        return _to_unit(parameter, np.array(values, dtype=float))[:, None]

    def decode(self, x: Array, region: Region | None = None) -> dict[str, Value]:
        """Return the parameters at one (D,) point as plain Python.

        They are clipped to the bounds, and in a region to its ranges and fixed values: converting
        there and back can be off by the last digit.
        """
        params = {
            parameter.name: _decode(parameter, x[self.columns[parameter.name]])
            for parameter in self.space
        }
        if region is None:
            return params
        for name, (low, high) in region.within.items():
            clipped = min(max(float(params[name]), low), high)
            params[name] = self.space[name].coerce(clipped)
        return {**params, **region.fixed}

    def columns_of(self, names: Sequence[str]) -> npt.NDArray[np.intp]:
        """Return the indices of the columns that belong to these parameters."""
        return np.flatnonzero(np.isin(self.groups, [self.space.names.index(n) for n in names]))

    def names_where(self, mask: npt.NDArray[np.bool_]) -> list[str]:
        """Return the names of the parameters that a (p,) mask marks."""
        return [name for name, marked in zip(self.space.names, mask, strict=True) if marked]

    def unit(self, name: str, value: float) -> float:
        """Return the place of a numeric parameter's value between its bounds."""
        parameter = self.space[name]
        assert not isinstance(parameter, Categorical)
        return float(_to_unit(parameter, np.array(value)))

    def value(self, name: str, unit: float) -> float:
        """Return the value of a numeric parameter at a place between its bounds."""
        parameter = self.space[name]
        assert not isinstance(parameter, Categorical)
        value = float(_from_unit(parameter, np.array(unit)))
        return min(max(value, parameter.low), parameter.high) if 0.0 <= unit <= 1.0 else value

    def snap(self, X: Array) -> Array:
        """Return (n, D) points moved to the nearest ones that integers and choices can take."""
        X = X.copy()
        for parameter in self.space:
            columns = self.columns[parameter.name]
            if isinstance(parameter, Categorical):
                best = np.argmax(X[:, columns][:, : len(parameter.choices)], axis=1)
                X[:, columns] = np.eye(columns.stop - columns.start)[best] * math.sqrt(0.5)
            elif isinstance(parameter, Integer):
                whole = np.rint(_from_unit(parameter, X[:, columns.start]))
                whole = np.clip(whole, parameter.low, parameter.high)
                X[:, columns.start] = _to_unit(parameter, whole)
        return X

    def bounds(self, region: Region) -> tuple[Array, Array]:
        """Return the (D,) lower and upper corner of the region."""
        lower, upper = np.zeros(self.width), np.ones(self.width)
        for name, columns in self.columns.items():
            parameter = self.space[name]
            if isinstance(parameter, Categorical):
                upper[columns.start : columns.start + len(parameter.choices)] = math.sqrt(0.5)
            if name in region.fixed:
                lower[columns] = upper[columns] = self._encoded(parameter, region.fixed[name])
            elif name in region.within and not isinstance(parameter, Categorical):
                lower[columns], upper[columns] = (
                    _to_unit(parameter, np.array(end)) for end in region.within[name]
                )
        return lower, upper

    def spread(self, U: Array, region: Region) -> Array:
        """Return (n, D) points of the region from (n, p) uniform numbers, one a parameter."""
        lower, upper = self.bounds(region)
        X = np.empty((len(U), self.width))
        for index, (name, columns) in enumerate(self.columns.items()):
            parameter = self.space[name]
            if isinstance(parameter, Categorical) and name not in region.fixed:
                count = len(parameter.choices)
                choice = np.minimum((U[:, index] * count).astype(int), count - 1)
                X[:, columns] = np.eye(columns.stop - columns.start)[choice] * math.sqrt(0.5)
            else:
                low, high = lower[columns], upper[columns]
                X[:, columns] = low + U[:, index : index + 1] * (high - low)
        return np.clip(self.snap(X), lower, upper)

    def every(self, region: Region, at_most: int) -> Array:
        """Return the (n, D) points of all configurations of a region; none if there are more."""
        columns: list[Array] = []
        for parameter in self.space:
            values = _values_in(region, parameter)
            if values is None or len(values) > at_most:
                return np.empty((0, self.width))
            columns.append(self.encode_values(parameter.name, values))
        if math.prod(map(len, columns)) > at_most:
            return np.empty((0, self.width))
        return np.array([np.concatenate(rows) for rows in itertools.product(*columns)])

    def _encoded(self, parameter: Parameter, value: Value) -> Array | float:
        if isinstance(parameter, Categorical):
            choices = self._choices[parameter.name]
            return np.array([math.sqrt(0.5) if value == choice else 0.0 for choice in choices])
        return float(_to_unit(parameter, np.array(float(value))))

    @property
    def discrete(self) -> tuple[str, ...]:
        """The names of the integer and categorical parameters."""
        return tuple(p.name for p in self.space if not isinstance(p, Real))


def _values_in(region: Region, parameter: Parameter) -> Sequence[Value] | None:
    """Return the values that a parameter may take in a region, None where they are not counted."""
    if parameter.name in region.fixed:
        return (region.fixed[parameter.name],)
    if isinstance(parameter, Categorical):
        return parameter.choices
    if isinstance(parameter, Real):
        return None
    low, high = region.within.get(parameter.name, (parameter.low, parameter.high))
    return range(math.ceil(low), math.floor(high) + 1)


def _to_unit(parameter: Real | Integer, value: Array) -> Array:
    low, high = float(parameter.low), float(parameter.high)
    if parameter.scale == "log":
        return np.asarray(np.log(value / low) / math.log(high / low))
    return np.asarray((value - low) / (high - low))


def _from_unit(parameter: Real | Integer, unit: Array) -> Array:
    low, high = float(parameter.low), float(parameter.high)
    if parameter.scale == "log":
        return np.asarray(low * np.exp(unit * math.log(high / low)))
    return np.asarray(low + unit * (high - low))


def _decode(parameter: Parameter, x: Array) -> Value:
    if isinstance(parameter, Categorical):
        return parameter.choices[int(np.argmax(x[: len(parameter.choices)]))]
    value = float(_from_unit(parameter, x[0]))
    whole = round(value) if isinstance(parameter, Integer) else value
    return min(max(whole, parameter.low), parameter.high)
